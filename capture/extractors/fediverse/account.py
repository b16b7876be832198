"""Accounts (https://docs.joinmastodon.org/entities/Account/)."""

from __future__ import annotations

import msgspec

from capture.extractors.fediverse.content import read_content
from capture.extractors.fediverse.errors import UnreadableAnswer
from capture.extractors.fediverse.server import Server
from capture.extractors.json_value import count, line, mapping, name_of, sequence, time, web_url
from hashing.case.facts import Fact
from hashing.case.post import Account

_COUNTS = {"followers_count": "followers", "following_count": "following", "statuses_count": "posts"}
# Mastodon has 4 fields of a profile, forks some more; a search of accounts answers 40.
_MOST_FIELDS = 20
_MOST_FOUND = 40


def read_account(value: object, server: Server) -> Account:
    """Return who an account is. Never fails: what is not said is ""."""
    fields = mapping(value)
    return Account(
        handle=handle(fields.get("acct") or fields.get("username"), server),
        name=line(fields.get("display_name"), 500),
        id=web_url(fields.get("uri")),
        url=web_url(fields.get("url")),
    )


class AccountRead(msgspec.Struct, frozen=True, kw_only=True):
    """An account: the server's own name of it ("" for what is no account), its `acct` and user name, what it says."""

    number: str = ""
    acct: str = ""
    username: str = ""
    facts: tuple[Fact, ...] = ()


def read_accounts(value: object, server: Server, *, searched: bool, facts: bool = True) -> tuple[AccountRead, ...]:
    """Return the account that a value is, or those that a search found; with what they say, if `facts` are wanted."""
    values = sequence(mapping(value).get("accounts"), _MOST_FOUND) if searched else [value]
    return tuple(_read(each, server, facts=facts) for each in values)


def _read(value: object, server: Server, *, facts: bool) -> AccountRead:
    fields = mapping(value)
    try:
        number = account_number(value)
    except UnreadableAnswer:
        return AccountRead()
    return AccountRead(
        number=number,
        acct=line(fields.get("acct"), 500),
        username=line(fields.get("username"), 500),
        facts=account_facts(value, server) if facts else (),
    )


def account_number(value: object) -> str:
    """Return the server's own name of an account. Raises Unreadable where this is no account."""
    fields = mapping(value)
    number = name_of(fields.get("id"))
    if not number or not isinstance(fields.get("acct") or fields.get("username"), str):
        raise UnreadableAnswer("not an account: it has no id or no name")
    return number


def account_facts(value: object, server: Server) -> tuple[Fact, ...]:
    """Return what an account's page says about it."""
    fields, account = mapping(value), read_account(value, server)
    facts = [
        Fact("handle", account.handle, "acct"),
        Fact("name", account.name, "display_name"),
        Fact("id", account.id, "uri"),
        Fact("url", account.url, "url"),
        Fact("number on this server", name_of(fields.get("id")), "id"),
        Fact("created", time(fields.get("created_at")), "created_at"),
        Fact("description", read_content(fields.get("note")).text, "note"),
        Fact("moved to", line(mapping(fields.get("moved")).get("acct")), "moved"),
    ]
    # Fields that the owner fills in, such as links to their other accounts.
    for each in sequence(fields.get("fields"), _MOST_FIELDS):
        name, value = line(mapping(each).get("name"), 200), read_content(mapping(each).get("value")).text
        facts.append(Fact(f"profile field: {name}" if name else "", value[:2000], "fields"))
    facts += [Fact(name, found, key) for key, name in _COUNTS.items() if (found := count(fields.get(key))) is not None]
    facts += [Fact(key, value, key) for key in ("bot", "locked", "suspended") if (value := fields.get(key)) is True]
    return tuple(fact for fact in facts if fact.name and fact.value != "")


def handle(acct: object, server: Server) -> str:
    """Return `alice@example.org` for the `acct` of an account, which on its own server is `alice`."""
    name = line(acct, 500).lstrip("@")
    return f"{name}@{server.domain}" if name and "@" not in name else name
