"""Redaction that can be proven: what a ledger line commits to, so that parts of it can be withheld and opened later.

A line is hashed whole, so nothing can be left out of it. But each line that tells of an item has a random `salt`, and
stands for a *masked form* as well: the line without what can be withheld, and in its place the digests of disclosures
as in SD-JWT (RFC 9901, section 4.2). There is one disclosure for each word of WORDS that the line has anything of:

    disclosure = base64url(JSON [salt of the word, word, {"field": value, …}])
    digest     = base64url(SHA-256(disclosure))
    salt of the word = base64url(first 16 bytes of HMAC-SHA256(salt of the line, word))

The Merkle root over the masked forms of all lines is sealed with the capture. Masked forms are computed when they are
needed and never stored. A digest alone tells nothing: whoever guesses a value would have to guess the salt as well.
"""

from __future__ import annotations

import re
from base64 import urlsafe_b64decode
from binascii import b2a_base64
from collections.abc import Iterable, Mapping
from hashlib import sha256
from typing import Any

import msgspec

from hashing.errors import BadFormat
from hashing.ledger.merkle import MerkleTree

URL, AUTHOR, TEXT, DESCRIPTION, FACTS = "url", "author", "text", "description", "facts"
PLACE, NETWORK, OFFICER, CONTENT = "place", "network", "officer", "content"

# What can be withheld, in a lawyer's words.
WORDS = {
    URL: "addresses, and the file names that are made of them",
    AUTHOR: "who posted, and whom a post names",
    TEXT: "what a post or page says: title, text, tags, earlier wordings",
    DESCRIPTION: "how a page describes a photo (alt text)",
    FACTS: "what a file states about itself: camera, dates, place",
    PLACE: "where a photo or post says that it was made",
    NETWORK: "the server's address, certificates and clock",
    OFFICER: "the name and initials of the officer who captured",
    CONTENT: "the file itself: only its size and SHA-256 are shown; of a protected source not even these",
}

IMPLIED = {FACTS: {PLACE}}  # A word that says all that another says.

# The word for each field that can be withheld, by event.
_FIELDS: dict[str, dict[str, str]] = {
    "capture-started": {"scene": URL, "officer": OFFICER, "initials": OFFICER},
    "intake": {"given": URL, "received_from": AUTHOR, "consent": AUTHOR},
    "exchange": {
        **dict.fromkeys(("url", "location"), URL),
        **dict.fromkeys(("ip", "port", "proxy", "tls", "server_date", "warc", "request_warc"), NETWORK),
    },
    "item": {**dict.fromkeys(("url", "final_url", "found_in", "path", "claimed_name"), URL), "alt": DESCRIPTION},
    "facts": {},
    "post": {},
    "proof": {**dict.fromkeys(("collection", "rkey", "record_cid", "rev"), URL), "did": AUTHOR, "key": AUTHOR},
    "post-changed": {"id": URL},
    "verdict": {**dict.fromkeys(("url", "final_url", "leads_to"), URL), **dict.fromkeys(("title", "reasons"), TEXT)},
    "rendering": {"url": URL},
    "rendered": {**dict.fromkeys(("final_url", "actions", "unrecorded", "refused", "problem"), URL), "title": TEXT},
    "working-copy": {"path": URL},
    "failed": {"url": URL, "found_in": URL},
    "skipped": {"url": URL, "found_in": URL},
    "server-dates": {"hosts": URL},
    "recovered": {"found": URL, "officer": OFFICER},
}
# The same for the parts of a post.
_POST = {
    **dict.fromkeys(("server", "id", "permalink", "links", "reply_to", "quotes", "media"), URL),
    **dict.fromkeys(("author", "mentions"), AUTHOR),
    **dict.fromkeys(("title", "text", "warning", "tags", "edits"), TEXT),
    "location": PLACE,
}
# The word for a fact, by its name; for every other it is FACTS, or PLACE where the name begins with GPS.
_CLAIMED = {
    **dict.fromkeys(("author", "author address", "author mail", "artist", "camera owner", "copyright"), AUTHOR),
    **dict.fromkeys(("title", "description", "text", "comment", "user comment", "subject", "keywords"), TEXT),
    "canonical address": URL,
}
# What is withheld with the content of an item of a protected source: whoever guesses a name could try it on a hash.
_OF_CONTENT = ("excerpt", "sha256", "size")

SALT_BYTES = 16
_SALT_DIGITS, _DIGEST_DIGITS = 22, 43  # Digits of 16 and of 32 bytes in base64, without padding.
# HMAC (RFC 2104) written out: the two padded keys are hashed once a line, and not once for each of its words.
_BLOCK = 64
_INNER = bytes(byte ^ 0x36 for byte in range(256))
_OUTER = bytes(byte ^ 0x5C for byte in range(256))
_SALT = b'"salt":'
_DIGESTS = "_sd"
# A place in a list, in the one way of writing it: two spellings of a place would be two values for one fact.
_NUMBER = re.compile(r"0|[1-9][0-9]{0,8}", re.ASCII)
_URL_SAFE = bytes.maketrans(b"+/", b"-_")


class _Named(msgspec.Struct, gc=False):
    name: str


_line = msgspec.json.Decoder(dict[str, msgspec.Raw])
_list = msgspec.json.Decoder(list[msgspec.Raw])
_names = msgspec.json.Decoder(list[_Named])
_text = msgspec.json.Decoder(str)
_fields = msgspec.json.Decoder(dict[str, Any])
_disclosed = msgspec.json.Decoder(tuple[str, str, dict[str, Any]])
_encode = msgspec.json.Encoder().encode
_FIELDS_IN_ORDER = {event: sorted(words.items()) for event, words in _FIELDS.items()}
_POST_IN_ORDER = sorted(_POST.items())  # As members stand in a canonical line.
# Members of a JSON object: each value as the bytes of the line, or an object of such members again.
_Members = dict[str, Any]


class Masked(msgspec.Struct, frozen=True):
    """A masked form, and the disclosure for each word that the line has anything of."""

    form: bytes
    disclosures: Mapping[str, bytes]


def mask(line: bytes) -> Masked:
    """Return the masked form of a ledger line and its disclosures; a line without a salt stands for itself.

    Every value is taken from the line as it is, and members keep their order, so a canonical line has a canonical
    masked form. Raises BadFormat.
    """
    return Masked(*_mask(line))


def masked_form(line: bytes) -> bytes:
    """Return the masked form alone. Raises BadFormat."""
    return _mask(line)[0]


def _mask(line: bytes) -> tuple[bytes, dict[str, bytes]]:
    # Most lines have nothing to withhold, and looking for these bytes costs far less than decoding. Lines that hold
    # them in a text only are sorted out below.
    if _SALT not in line:
        return line, {}
    try:
        fields = _line.decode(line)
        if "salt" not in fields:
            return line, {}
        # The salt itself never stands in the masked form: with it, anyone could guess short values and compare digests.
        salt = bytes.fromhex(_text.decode(fields.pop("salt")))
        if len(salt) != SALT_BYTES:
            raise BadFormat(f"a salt has {SALT_BYTES} bytes, not {len(salt)}")
        disclosures = _disclosures(salt, _withheld(fields))
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError, KeyError, ValueError) as error:
        raise BadFormat(f"a line that has no masked form: {error}") from error
    # Sorted, so that their order does not tell which word is which (RFC 9901, section 4.2.4.1).
    digests = b'","'.join(sorted([digest(each) for each in disclosures.values()]))
    sealed = b'{"_sd":["%b"],' % digests if digests else b'{"_sd":[],'
    return sealed + _encode(fields)[1:], disclosures


def _withheld(fields: _Members) -> dict[str, _Members]:
    """Take out of a line what can be withheld; return it by the word that it is withheld with."""
    event = _text.decode(fields["event"])
    parts: dict[str, _Members] = {}
    for name, word in _FIELDS_IN_ORDER.get(event, ()):
        if name in fields:
            parts.setdefault(word, {})[name] = fields.pop(name)
    if event == "item" and "protected" in fields:
        parts[CONTENT] = {name: fields.pop(name) for name in _OF_CONTENT if name in fields}
    elif event == "facts" and event in fields:
        _sort_facts(fields.pop(event), parts)
    elif event == "post" and event in fields:
        _sort_post(fields, parts)
    return parts


def _sort_post(fields: _Members, parts: dict[str, _Members]) -> None:
    shown = _line.decode(fields["post"])
    for name, word in _POST_IN_ORDER:
        if name in shown:
            parts.setdefault(word, {}).setdefault("post", {})[name] = shown.pop(name)
    if shown:
        fields["post"] = shown
    else:
        del fields["post"]


def _sort_facts(raw: msgspec.Raw, parts: dict[str, _Members]) -> None:
    """Sort facts; each keeps its place in the list as its name, so that the list can be put together again."""
    for number, (fact, value) in enumerate(zip(_names.decode(raw), _list.decode(raw), strict=True)):
        word = _CLAIMED.get(fact.name) or (PLACE if fact.name.startswith("GPS") else FACTS)
        parts.setdefault(word, {}).setdefault("facts", {})[str(number)] = value


def _disclosures(salt: bytes, parts: Mapping[str, _Members]) -> dict[str, bytes]:
    # HMAC (RFC 2104) by its two hashes: a large capture has a million words, and hmac.digest takes three times as long.
    key = salt.ljust(_BLOCK, b"\0")
    inner, outer = key.translate(_INNER), key.translate(_OUTER)
    disclosures = {}
    for word, members in parts.items():
        name = word.encode()
        own = b2a_base64(sha256(outer + sha256(inner + name).digest()).digest()[:SALT_BYTES]).translate(_URL_SAFE)
        text = b'["%b","%b",%b]' % (own[:_SALT_DIGITS], name, _encode(members))
        disclosures[word] = b2a_base64(text).translate(_URL_SAFE).rstrip(b"=\n")
    return disclosures


def commitments(lines: Iterable[bytes]) -> tuple[bytes, int]:
    """Return the Merkle root over the masked forms of these lines (32 bytes), and their number. Raises BadFormat."""
    tree = MerkleTree()
    for line in lines:
        tree.append(masked_form(line))
    return tree.root(), tree.size


def digest(disclosure: bytes) -> bytes:
    """Return the digest of a disclosure as it stands in a masked form: base64url, without padding."""
    return b2a_base64(sha256(disclosure).digest()).translate(_URL_SAFE)[:_DIGEST_DIGITS]


def open_form(form: bytes, disclosures: Iterable[bytes]) -> dict[str, Any]:
    """Return the fields of a line from its masked form and disclosures of it: all but the salt and what stays withheld.

    Raises BadFormat for a disclosure that the form does not hold the digest of, and for what is no masked form.
    """
    try:
        fields = _fields.decode(form)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise BadFormat(f"not a masked form: {error}") from error
    digests = fields.pop(_DIGESTS, None)
    if not isinstance(digests, list):
        raise BadFormat("not a masked form: it holds no digests")
    for disclosure in disclosures:
        # A field is put back only under a digest that the form holds, so that no statement can be added to a line.
        opening = read_disclosure(disclosure)
        if digest(disclosure).decode() not in digests:
            raise BadFormat(f"a disclosure ({opening.word[:40]}) that the line does not commit to")
        _put_back(fields, opening.members)
    # Facts are a list, of which a part may be withheld: each is disclosed under its place, and the list is closed up
    # again here.
    if fields.get("event") == "facts":
        facts = fields.get("facts", {})
        if not isinstance(facts, dict) or not all(map(_NUMBER.fullmatch, facts)):
            raise BadFormat("a fact without its place in the list")
        fields["facts"] = [facts[number] for number in sorted(facts, key=int)]
    return fields


class Opening(msgspec.Struct, frozen=True):
    """What a disclosure says: its word, and the fields of the line that it gives back."""

    word: str
    members: Mapping[str, Any]


def read_disclosure(disclosure: bytes) -> Opening:
    """Read a disclosure; nothing in it can be trusted before a masked form is found to hold its digest.

    Raises BadFormat.
    """
    try:
        _, word, members = _disclosed.decode(urlsafe_b64decode(disclosure + b"=" * (-len(disclosure) % 4)))
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError, ValueError) as error:
        raise BadFormat(f"not a disclosure: {error}") from error
    return Opening(word, members)


def _put_back(fields: dict[str, Any], members: Mapping[str, Any]) -> None:
    """Put members back; of an object that is there in part, those that are missing."""
    for name, value in members.items():
        there = fields.setdefault(name, {} if isinstance(value, dict) else value)
        if isinstance(value, dict) and isinstance(there, dict) and not value.keys() & there.keys():
            there |= value
        elif there is not value:
            raise BadFormat(f"two disclosures give back {name[:40]}")
