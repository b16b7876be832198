"""A post in the manifest: what the ledger says of it, with its media as references to items of the bundle."""

from __future__ import annotations

from typing import TYPE_CHECKING

from exports.format.manifest import AccountRecord, EditRecord, PostMediaRecord, PostRecord

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hashing.case.post import Account, Post, PostMedia


def post_record(post: Post, refs: Mapping[str, str]) -> PostRecord:
    """Return a post as the manifest tells it; `refs` are the references of the capture's items by their URL."""
    return PostRecord(
        platform=post.platform,
        server=post.server,
        id=post.id,
        permalink=post.permalink,
        author=_account(post.author),
        published=post.published,
        edited=post.edited,
        title=post.title,
        text=post.text,
        warning=post.warning,
        language=post.language,
        tags=post.tags,
        mentions=post.mentions,
        links=post.links,
        reply_to=post.reply_to,
        quotes=post.quotes,
        visibility=post.visibility,
        counts=post.counts,
        edits=tuple(EditRecord(time=each.time, text=each.text, warning=each.warning) for each in post.edits),
        location=post.location,
        media=tuple(_media(each, refs) for each in post.media),
    )


def _account(account: Account) -> AccountRecord:
    return AccountRecord(handle=account.handle, name=account.name, id=account.id, url=account.url)


def _media(media: PostMedia, refs: Mapping[str, str]) -> PostMediaRecord:
    return PostMediaRecord(
        url=media.url,
        kind=media.kind,
        ref=refs.get(media.url) or refs.get(media.origin, ""),
        alt=media.alt,
        cid=media.cid,
        origin=media.origin,
    )
