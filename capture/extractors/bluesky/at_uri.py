"""at:// URIs (https://atproto.com/specs/at-uri-scheme): the lasting names of records."""

from __future__ import annotations

import re

import msgspec

POST = "app.bsky.feed.post"  # The collection of an account's posts.

# https://atproto.com/specs/at-uri-scheme: as in `hashing/atproto/record_proof.py`, which proves what these name.
_COLLECTION = re.compile(r"(?=.{1,317}\Z)[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+){2,}", re.ASCII)
_RECORD_KEY = re.compile(r"(?!\.{1,2}\Z)[A-Za-z0-9._:~-]{1,512}", re.ASCII)
_PARTS = 3


class AtUri(msgspec.Struct, frozen=True, kw_only=True):
    """A record: whose, of which collection, under which key."""

    did: str
    collection: str
    rkey: str

    def __str__(self) -> str:
        return f"at://{self.did}/{self.collection}/{self.rkey}"

    @property
    def permalink(self) -> str:
        """Where bsky.app shows it; "" for anything but a post."""
        return f"https://bsky.app/profile/{self.did}/post/{self.rkey}" if self.collection == POST else ""


def read_at_uri(value: object) -> AtUri | None:
    """Return the record that a text names by its account's DID, or None for anything else."""
    if not isinstance(value, str) or not value.startswith("at://"):
        return None
    parts = value.removeprefix("at://").split("/")
    if len(parts) != _PARTS or not (is_did(parts[0]) and is_collection(parts[1]) and is_record_key(parts[2])):
        return None
    return AtUri(did=parts[0], collection=parts[1], rkey=parts[2])


def is_did(text: str) -> bool:
    """Whether a text is a DID of the two kinds that the AT Protocol uses."""
    from hashing.atproto import AtprotoError, check_plc_did, did_web_url

    try:
        check_plc_did(text) if text.startswith("did:plc:") else did_web_url(text)
    except AtprotoError:
        return False
    return True


def is_account(text: str) -> bool:
    """Whether a text has the form of an account's name: a DID or a handle."""
    from hashing.atproto import is_handle

    return is_did(text) or is_handle(text.lower())


def is_collection(text: str) -> bool:
    """Whether a text is the name of a collection (https://atproto.com/specs/nsid)."""
    return _COLLECTION.fullmatch(text) is not None


def is_record_key(text: str) -> bool:
    """Whether a text is a record key (https://atproto.com/specs/record-key)."""
    return _RECORD_KEY.fullmatch(text) is not None
