"""The three kinds of scene on a server: a post, an account, a hashtag."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from dataclasses import replace

from capture.extractors.fediverse.account import AccountRead
from capture.extractors.fediverse.activity_copy import find_activity
from capture.extractors.fediverse.address import FediverseAddress
from capture.extractors.fediverse.copy import Copy
from capture.extractors.fediverse.home import find_home_copy
from capture.extractors.fediverse.post_list import Answered, PostList
from capture.extractors.fediverse.server import Server, is_as_before
from capture.extractors.fediverse.status import Status
from capture.extractors.fediverse.stored_answer import accounts_in_sample, accounts_of, not_read, refusal
from capture.extractors.fediverse.thread import StatusThread
from capture.extractors.fediverse.timeline import PAGE_SIZE, Timeline
from capture.extractors.served_json import NotJson
from capture.extractors.wanted_posts import Allowance, without_tag
from capture.extractors.web import Web
from capture.request.extractor import Fetch, FetchRequest, Finding, ItemReading, NotFollowed, Unavailable
from capture.request.scene import Scene
from hashing.case.kinds import ItemKind


def find_post(scene: Scene, address: FediverseAddress, server: Server, fetch: Fetch) -> Iterator[Finding]:
    """Yield a post, its thread if that was asked for, its author, and its home server's copy."""
    posts = PostList(server, fetch)
    copy = Copy(address, server, fetch, posts, found_in=f"scene {address.url}")
    # 1. By the number in the address; else by the server's search; else as ActivityPub; else its page. Each way gives
    # less than the one before, and why those failed is told with the last.
    located = yield from copy.by_number()
    if located is None and not copy.as_before:
        located = yield from copy.by_search()
    if located is not None:
        yield from copy.read(located)
        if not (located.listed.public or server.has_token):
            return
        # 2. What stands around it, from the same server; the author's own server last, since it may be slow or gone.
        status = located.listed.status
        if fetch.options.thread and status.number:
            root = Answered(status.number, status.post.id, address.url, status.replies)
            yield from StatusThread(root, server, fetch, posts).find()
            yield from posts.histories()
        yield from _author(status, server, fetch)
        yield from find_home_copy(status.post, server, fetch)
    elif copy.as_before:
        if fetch.options.thread:
            yield from StatusThread(Answered(copy.as_before, "", address.url, 0), server, fetch, posts).find()
            yield from posts.histories()
    else:
        refused = yield from find_activity(
            address.url, fetch, found_in=f"scene {address.url}", has_token=server.has_token
        )
        if refused:
            reason = "; ".join([*copy.refusals, refused, "its page is taken instead"])
            yield Unavailable(url=address.url, reason=reason, found_in="scene")
            yield from Web().find(scene, fetch)
        else:
            yield from _not_by_activity(address, copy.refusals, fetch)


def _not_by_activity(address: FediverseAddress, refusals: list[str], fetch: Fetch) -> Iterator[Finding]:
    """Say what the API alone could have given of a post that came as ActivityPub."""
    because = f"the post came as ActivityPub alone: {'; '.join(dict.fromkeys(refusals))}"
    yield NotFollowed(url=address.url, reason=f"edit history: {because}")
    if fetch.options.thread:
        yield Unavailable(url=address.url, reason=f"thread: {because}", found_in="scene")


def find_account(scene: Scene, address: FediverseAddress, server: Server, fetch: Fetch) -> Iterator[Finding]:
    """Yield an account and its posts: replies, boosts and pinned ones included."""
    refusals: list[str] = []
    # 1. The account itself: its number is what lists are asked by.
    found = yield from _account(address, server, fetch, refusals)
    if found is None:
        reason = "; ".join([*dict.fromkeys(refusals), "its page is taken instead"])
        yield Unavailable(url=address.url, reason=reason, found_in="scene")
        yield from Web().find(scene, fetch)
        return
    number, acct = found
    name = f"@{acct}" if acct else "the account"
    own = "@" not in acct or acct.partition("@")[2] == server.domain
    if not own:
        yield NotFollowed(
            url=address.url,
            reason=f"{server.host} shows only those posts of {name} that it knows: capture its own server as well",
        )
    # 2. Its timeline, newest first; then the pinned posts, which a server may show where it cuts the timeline short.
    posts, allowance = PostList(server, fetch), Allowance(fetch.options.limit)
    url = server.api("v1", "accounts", number, "statuses", limit=str(PAGE_SIZE))
    yield from Timeline(url, f"timeline of {name}", server, fetch, posts, grows_above=own).find(allowance)
    if not allowance.used_up:
        pinned = server.api("v1", "accounts", number, "statuses", pinned="true", limit=str(PAGE_SIZE))
        yield from Timeline(pinned, f"pinned posts of {name}", server, fetch, posts, first_page_only=True).find(
            allowance
        )
    yield from _threads(server, fetch, posts)


def find_tag(tag: str, server: Server, fetch: Fetch) -> Iterator[Finding]:
    """Yield the posts with a hashtag; whether they have it is looked at again here."""
    posts = PostList(server, fetch)
    url = server.api("v1", "timelines", "tag", tag, limit=str(PAGE_SIZE))
    name = f"#{tag} on {server.host}"
    timeline = Timeline(url, name, server, fetch, posts)
    yield from timeline.find(Allowance(fetch.options.limit), without_tag(tag, server.host))
    if timeline.is_empty:
        reason = f"no post found under #{tag} at {server.host}"
        alone = len(fetch.options.on) == 1 and not fetch.options.known.posts
        yield Unavailable(url=url, reason=reason, found_in="scene") if alone else NotFollowed(url=url, reason=reason)
    yield from _threads(server, fetch, posts)


def _threads(server: Server, fetch: Fetch, posts: PostList) -> Iterator[Finding]:
    """Yield the threads of the posts that were taken, if that was asked for, and the earlier wordings of all."""
    covered: set[str] = set()
    for root in tuple(posts.threads):
        if root.number not in covered:
            thread = StatusThread(root, server, fetch, posts)
            yield from thread.find()
            covered |= thread.covered
    yield from posts.histories()


def _author(status: Status, server: Server, fetch: Fetch) -> Iterator[Finding]:
    if not status.author:
        return
    url = server.api("v1", "accounts", status.author)
    answer = fetch.get(FetchRequest(url=url, kind=ItemKind.ACCOUNT, found_in="author of the post", optional=True))
    if answer.stored is None:
        if not is_as_before(answer):
            yield NotFollowed(url=url, reason=refusal(fetch.readers, server, answer, "account"))
        return
    try:
        # One account was asked for, so one is what the reader returns, be it without a number.
        [account] = accounts_of(fetch.readers, answer.stored, server, searched=False)
    except NotJson as error:
        yield not_read(url, answer, error)
        return
    if account.number:
        yield ItemReading(ref=answer.stored.item.ref, facts=account.facts)
    else:
        yield NotFollowed(url=url, reason="stored, but could not be read: not an account: it has no id or no name")


def _account(
    address: FediverseAddress, server: Server, fetch: Fetch, refusals: list[str]
) -> Generator[Finding, None, tuple[str, str] | None]:
    """Ask for an account in every way there is; return its number and its `acct`, and note why it was not given."""
    # 1. By number where it is known; else by three questions of which each kind of server answers one.
    ways = (
        [server.api("v1", "accounts", address.number)]
        if address.number
        else [
            server.api("v1", "accounts", "lookup", acct=address.user),
            server.api("v1", "accounts", address.user),
            server.api("v2", "search", q=f"@{address.user}", type="accounts", resolve="true"),
        ]
    )
    # 2. The first answer with the account that is meant counts; all refusals are kept, for whoever has to say why there
    # is none.
    for url in ways:
        searched = "/search?" in url
        kind = ItemKind.LISTING if searched else ItemKind.ACCOUNT
        answer = fetch.get(FetchRequest(url=url, kind=kind, found_in=f"scene {address.url}", optional=True))
        if answer.stored is None and not is_as_before(answer):
            what = "search" if searched else "account"
            refusals.append(refusal(fetch.readers, server, answer, what))
            continue
        try:
            accounts = (
                accounts_of(fetch.readers, answer.stored, server, searched=searched)
                if answer.stored
                else accounts_in_sample(fetch.readers, answer, server, searched=searched)
            )
        except NotJson as error:
            finding = not_read(url, answer, error)
            refusals.append(finding.reason)
            if isinstance(finding, Unavailable):
                yield finding
            continue
        for account in accounts:
            if not _is_meant(account, address, server):
                continue
            if searched:
                return (yield from _account(replace(address, number=account.number), server, fetch, refusals))
            if answer.stored is not None:
                yield ItemReading(ref=answer.stored.item.ref, facts=account.facts)
            return account.number, account.acct
        refusals.append(f"{server.host} answered with something that is not this account")
    return None


def _is_meant(account: AccountRead, address: FediverseAddress, server: Server) -> bool:
    if not account.number or address.number:
        return bool(account.number)
    names = {account.acct.casefold(), account.username.casefold()}
    user = address.user.casefold()
    return bool(names & {user, user.removesuffix(f"@{server.domain.casefold()}")})
