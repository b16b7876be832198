"""Scenes that may be of the AT Protocol, told by their form alone: at:// URIs, and web addresses of any client."""

from __future__ import annotations

import re
from urllib.parse import unquote, urlsplit

import msgspec

from capture.errors import BadScene
from capture.extractors.bluesky.at_uri import POST, is_account, is_collection, is_did, is_record_key

# Other web clients use the paths of bsky.app, too.
_CLIENT = re.compile(r"/profile/(?P<account>[^/]+)(?:/post/(?P<rkey>[^/]+))?/?")
_PLACES = {
    "feeds": "list of feeds",
    "lists": "list",
    "starter-pack": "starter pack",
    "hashtag": "hashtag of one account",
}
_AT = re.compile(r"at://(?P<account>[^/]+)(?:/(?P<collection>[^/]+)/(?P<rkey>[^/]+))?/?")
# https://atproto.com/specs/tid, by which the key of a post is told from other words in a path.
_TID = re.compile(r"[2-7a-j][2-7a-z]{12}", re.ASCII)
_APP = frozenset({"bsky.app", "www.bsky.app"})
_APP_TAG = re.compile(r"/hashtag/(?P<tag>[^/]+)/?")
_APP_PLACES = re.compile(
    r"/(?P<place>search|hashtag|feeds|lists|starter-pack|profile/[^/]+/(?:feed|lists|followers|follows))(?:/.*)?"
)
_BARE_HOST = re.compile(r"(?:[A-Za-z0-9-]+\.)+[A-Za-z0-9-]+(?::[0-9]{1,5})?", re.ASCII)


DEFAULT = "bsky"  # The short name of the AppView that the settings name.


class BlueskyAddress(msgspec.Struct, frozen=True, kw_only=True):
    """An account, or one of its records."""

    account: str  # A DID, or a handle in small letters.
    collection: str = ""
    rkey: str = ""
    certain: bool  # Whether the form alone shows that it is the AT Protocol's: then no other source is left to try.


def read_address(url: str) -> BlueskyAddress | None:
    """Return what an address names, or None where it has none of these forms."""
    if match := _AT.fullmatch(url):
        account, collection, rkey = match["account"], match["collection"] or "", match["rkey"] or ""
        # `at://` is the protocol's own scheme: whatever has this form is a place in it.
        certain = True
    elif match := _CLIENT.fullmatch(_path(url)):
        account, rkey = match["account"], match["rkey"] or ""
        collection = POST if rkey else ""
        # `/profile/NAME/post/KEY` is anybody's path, and only a DID or a timestamp identifier (TID) is none by chance:
        # without one the host is asked first whether it speaks the protocol.
        certain = is_did(account) or bool(_TID.fullmatch(rkey))
    else:
        return None
    # Handles are the same in any case (https://atproto.com/specs/handle), DIDs are not.
    account = account if is_did(account) else account.lower()
    if not is_account(account) or (rkey and not (is_collection(collection) and is_record_key(rkey))):
        return None
    return BlueskyAddress(account=account, collection=collection, rkey=rkey, certain=certain)


def read_tag(url: str) -> str:
    """Return the hashtag whose posts an address of Bluesky's own app shows; "" for any other address."""
    match = _APP_TAG.fullmatch(_path(url)) if _is_app(url) else None
    return match["tag"] if match and "author=" not in urlsplit(url).query else ""


def demand_possible(url: str) -> None:
    """Raise BadScene for an address of Bluesky's own app that shows neither an account, a post nor a hashtag.

    Its page holds nothing without a browser, so a capture of it would look like one and be none.
    """
    if _is_app(url) and (match := _APP_PLACES.fullmatch(_path(url))) and not read_tag(url):
        place = match["place"].rpartition("/")[2]
        raise BadScene(
            f"{url}: a {_PLACES.get(place, place)} of Bluesky is not captured as a whole",
            hint="name a hashtag ('#FireWatch' --on bsky), an account (@alice.example.org), or the posts one by one",
        )


def service_of(place: str, default: str) -> str:
    """Return the address of the service that a hashtag is looked for at; "" where `place` is none.

    `bsky` is the default one; any other is named by its host or its URL.
    """
    if place == DEFAULT:
        return default
    url = f"https://{place}" if _BARE_HOST.fullmatch(place) else place
    try:
        parts = urlsplit(url)
        usable = parts.scheme in {"http", "https"} and parts.hostname and (parts.port or True)
    except ValueError:
        return ""
    # Without what stands before an @: a password would end in every address that is recorded.
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}" if usable else ""


def _is_app(url: str) -> bool:
    try:
        return urlsplit(url).hostname in _APP
    except ValueError:
        return False


def _path(url: str) -> str:
    try:
        parts = urlsplit(url)
    except ValueError:
        return ""
    return unquote(parts.path, errors="replace") if parts.scheme in {"http", "https"} and parts.netloc else ""
