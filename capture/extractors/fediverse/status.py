"""A post as Mastodon's API states it (https://docs.joinmastodon.org/entities/Status/)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from capture.extractors.fediverse.account import handle, read_account
from capture.extractors.fediverse.attachment import NONE_MISSING, MissingMedia, missing_media, read_attachments
from capture.extractors.fediverse.content import poll_counts, poll_facts, poll_text, read_content, read_place, read_tags
from capture.extractors.fediverse.errors import UnreadableAnswer
from capture.extractors.fediverse.server import Server
from capture.extractors.json_value import Json, as_sent, count, line, mapping, name_of, sequence, text, time, web_url
from hashing.case.facts import Fact
from hashing.case.post import Post

# What anyone may see (https://docs.joinmastodon.org/entities/Status/#visibility); "" where a server says nothing.
PUBLIC = frozenset({"", "public", "unlisted"})

_COUNTS = {
    "replies_count": "replies",
    "reblogs_count": "reposts",
    "favourites_count": "likes",
    "quotes_count": "quotes",
}
_MOST_MENTIONS = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Status:
    """A post, and what belongs to it on the server that showed it."""

    number: str  # The server's own name of the post: opaque, and meaningless anywhere else.
    post: Post
    answers: str  # The number of the post that it answers, or "".
    author: str  # The number of its author's account.
    user: str  # The `acct` of its author's account.
    replies: int
    facts: tuple[Fact, ...]
    missing: MissingMedia = NONE_MISSING

    @property
    def public(self) -> bool:
        """Whether anyone may see it."""
        return self.post.visibility in PUBLIC


def read_status(value: object, server: Server, names: Mapping[str, str] | None = None) -> Status:
    """Read a post; `names` are the lasting names of posts nearby, by their number. Raises Unreadable.

    A boost is read as itself: what it shares is in its `reblog`.
    """
    fields = mapping(value)
    number, uri, url = name_of(fields.get("id")), web_url(fields.get("uri")), web_url(fields.get("url"))
    # An ActivityPub id need not be a web address; some servers give a tag: URI (RFC 4151).
    lasting = uri or line(fields.get("uri"), 2000) or url
    if not lasting and not number:
        raise UnreadableAnswer("not a post: it has neither id nor address")
    answers, account = name_of(fields.get("in_reply_to_id")), fields.get("account")
    # Texts come as HTML that the author's server made: read in the sandbox as a page is.
    content = read_content(fields.get("content"))
    spelled = read_tags(fields.get("tags"), content)
    post = Post(
        platform="fediverse",
        server=server.host,
        id=lasting or server.api("v1", "statuses", number),
        permalink=url or uri,
        author=read_account(account, server),
        published=time(fields.get("created_at")),
        edited=time(fields.get("edited_at")),
        title=line(fields.get("title")),
        text=poll_text(content.text, fields.get("poll")),
        warning=text(fields.get("spoiler_text"), 5000),
        language=line(fields.get("language"), 35),
        tags=spelled,
        mentions=_mentions(fields, server),
        links=_links(fields, content.links),
        reply_to=(names or {}).get(answers, answers),
        quotes=_quoted(fields),
        visibility=line(fields.get("visibility"), 50),
        counts=_counts(fields),
        location=read_place(fields),
        media=read_attachments(fields.get("media_attachments"), server.api()),
    )
    return Status(
        number=number,
        post=post,
        answers=answers,
        author=name_of(mapping(account).get("id")),
        user=line(mapping(account).get("acct") or mapping(account).get("username"), 500),
        replies=post.counts.get("replies", 0),
        facts=_facts(fields),
        missing=missing_media(fields.get("media_attachments"), server.api()),
    )


def quoted_status(fields: Json) -> object:
    """Return the post that a post quotes, where the server shows it: Mastodon in a wrapper, others as it is."""
    quote = mapping(fields.get("quote") or mapping(fields.get("pleroma")).get("quote"))
    return quote.get("quoted_status") if "quoted_status" in quote else (quote if "content" in quote else None)


def _quoted(fields: Json) -> str:
    shown = mapping(quoted_status(fields))
    quote, pleroma = mapping(fields.get("quote")), mapping(fields.get("pleroma"))
    # The id of the quoted post itself before its page, and both before a server's own number for it, which says nothing
    # elsewhere: Mastodon's `quote` (4.4 on), Pleroma's and Akkoma's, then bare numbers.
    return (
        web_url(shown.get("uri"))
        or web_url(shown.get("url"))
        or web_url(pleroma.get("quote_url"))
        or name_of(quote.get("quoted_status_id"))
        or name_of(shown.get("id"))
        or name_of(fields.get("quote_id"))
    )


def _mentions(fields: Json, server: Server) -> tuple[str, ...]:
    names = (
        handle(mapping(each).get("acct") or mapping(each).get("username"), server)
        for each in sequence(fields.get("mentions"), _MOST_MENTIONS)
    )
    return tuple(dict.fromkeys(filter(None, names)))


def _links(fields: Json, in_text: tuple[str, ...]) -> tuple[str, ...]:
    card = web_url(mapping(fields.get("card")).get("url"))
    return tuple(dict.fromkeys((*in_text, card) if card else in_text))


def _counts(fields: Json) -> dict[str, int]:
    found = {name: number for key, name in _COUNTS.items() if (number := count(fields.get(key))) is not None}
    return found | poll_counts(fields.get("poll"))


def _facts(fields: Json) -> tuple[Fact, ...]:
    # What is known beside the post's own words; a time that could not be read is told, since an empty one would look as
    # if none was stated.
    card, quote = mapping(fields.get("card")), mapping(fields.get("quote"))
    facts = [
        Fact("link preview", line(card.get("title")), "card"),
        Fact("link preview description", line(card.get("description")), "card"),
        Fact("state of the quote", line(quote.get("state"), 50), "quote"),
        Fact("posted with", line(mapping(fields.get("application")).get("name"), 200), "application"),
    ]
    if fields.get("sensitive") is True:
        facts.append(Fact("sensitive", True, "sensitive"))
    facts += [
        Fact("could not be read", f"the time {as_sent(fields.get(key))}", key)
        for key in ("created_at", "edited_at")
        if fields.get(key) and not time(fields.get(key))
    ]
    return (*(fact for fact in facts if fact.value != ""), *poll_facts(fields.get("poll")))
