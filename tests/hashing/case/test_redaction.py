from __future__ import annotations

import base64
import hmac
import json
from hashlib import sha256
from typing import Any, get_args

import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from hashing.case.events import (
    CaptureEvent,
    Exchange,
    Failed,
    Item,
    ItemFacts,
    PostRead,
    Salted,
    Skipped,
    Tls,
    WarcPlace,
    encode,
)
from hashing.case.facts import Fact
from hashing.case.post import Account, Edit, Post, PostMedia
from hashing.case.redaction import WORDS, commitments, digest, mask, open_form, read_disclosure
from hashing.errors import BadFormat
from hashing.ledger.merkle import MerkleTree

SALT = "00112233445566778899aabbccddeeff"

texts = st.text(st.characters(codec="utf-8"), max_size=12)
salts = st.binary(min_size=16, max_size=16).map(bytes.hex)
whole = st.integers(0, 2**53 - 1)
numbers = st.floats(-1e9, 1e9)
places = st.builds(WarcPlace, file=texts, offset=whole, record=texts, block_sha256=texts)
tls = st.builds(Tls, version=texts, cipher=texts, verified=st.booleans(), chain=st.tuples(texts))
names = st.sampled_from(["GPS latitude", "camera make", "author", "title", "canonical address"]) | texts
facts = st.builds(Fact, names, texts | whole | numbers | st.booleans(), texts)
media = st.builds(PostMedia, url=texts, kind=texts, alt=texts)
posts = st.builds(
    Post,
    platform=texts,
    server=texts,
    id=texts,
    author=st.builds(Account, handle=texts),
    text=texts,
    location=texts,
    edits=st.lists(st.builds(Edit, time=texts, text=texts), max_size=2).map(tuple),
    media=st.lists(media, max_size=2).map(tuple),
    counts=st.dictionaries(texts, whole, max_size=2),
)
EVENTS: st.SearchStrategy[Salted] = st.one_of(
    st.builds(
        Item,
        **dict.fromkeys(("time", "ref", "kind", "url", "path", "sha256", "mime", "found_in", "extractor"), texts),
        **dict.fromkeys(("alt", "claimed_name", "final_url"), texts),
        size=whole,
        exchange=whole,
        salt=salts,
    ),
    st.builds(
        Exchange,
        **dict.fromkeys(("time", "url", "method", "started", "sha256", "ip", "location", "server_date"), texts),
        exchange=whole,
        seconds=numbers,
        status=whole,
        size=whole,
        warc=st.none() | places,
        tls=st.none() | tls,
        port=whole,
        salt=salts,
    ),
    st.builds(ItemFacts, time=texts, ref=texts, facts=st.lists(facts, max_size=6).map(tuple), salt=salts),
    st.builds(PostRead, time=texts, ref=texts, post=posts, salt=salts),
    st.builds(Failed, **dict.fromkeys(("time", "url", "reason", "found_in", "ref"), texts), salt=salts),
)


def item(**words: str) -> bytes:
    """Return the line of an item."""
    given: dict[str, Any] = {"time": "t", "ref": "MP/1-0001", "kind": "photo", "url": "https://a.example/b.jpg"}
    given |= {
        "path": "items/b.jpg",
        "size": 1,
        "sha256": "00",
        "mime": "image/jpeg",
        "exchange": 1,
        "found_in": "img",
        "extractor": "web",
    }
    return encode(Item(**{**given, "salt": SALT, **words}))


@given(EVENTS)
def test_opening_everything_gives_the_line_back(event: Salted) -> None:
    """The masked form of any line, with all its disclosures, is the line without its salt."""
    line = encode(event)
    masked = mask(line)
    opened = open_form(masked.form, masked.disclosures.values())
    assert rfc8785.dumps({**opened, "salt": event.salt}) == line


@given(EVENTS)
def test_the_masked_form_is_canonical(event: Salted) -> None:
    """A masked form is canonical JSON, and holds a digest for each word and nothing that the word withholds."""
    masked = mask(encode(event))
    form = json.loads(masked.form)
    assert rfc8785.dumps(form) == masked.form
    assert form["_sd"] == sorted(digest(each).decode() for each in masked.disclosures.values())
    assert set(masked.disclosures) <= set(WORDS)
    assert "salt" not in form


@given(st.lists(EVENTS, max_size=9))
def test_the_root_is_that_of_the_masked_forms(events: list[Salted]) -> None:
    """The root is a Merkle root over the masked forms, with nothing stored but the lines."""
    lines = [encode(event) for event in events]
    tree = MerkleTree()
    for line in lines:
        tree.append(mask(line).form)
    assert commitments(lines) == (tree.root(), len(lines))
    assert commitments(lines) == commitments(iter(lines))


def test_the_digests_are_those_of_the_standard() -> None:
    """The example of RFC 9901, section 4.2.3, has the digest that stands there."""
    example = b"WyJfMjZiYzRMVC1hYzZxMktJNmNCVzVlcyIsICJmYW1pbHlfbmFtZSIsICJNw7ZiaXVzIl0"
    assert digest(example) == b"X9yH0Ajrdm1Oij4tWso9UzzKJvPoDxwmuEcO3XAdRC0"


def test_the_salt_of_a_word_is_an_hmac() -> None:
    """A disclosure is JSON in base64url: a salt by HMAC-SHA256 with the word, the word, and the fields."""
    disclosure = mask(item()).disclosures["url"]
    salt, word, members = json.loads(base64.urlsafe_b64decode(disclosure + b"=="))
    expected = hmac.digest(bytes.fromhex(SALT), b"url", sha256)[:16]
    assert base64.urlsafe_b64decode(salt + "==") == expected
    assert (word, members["url"], members["path"]) == ("url", "https://a.example/b.jpg", "items/b.jpg")


def test_a_guess_without_the_salt() -> None:
    """Who guesses the value, and not the salt, does not arrive at the digest; nor does the same value in two lines."""
    first, second = mask(item()), mask(item(salt="ff" * 16))
    _, _, members = json.loads(base64.urlsafe_b64decode(first.disclosures["url"] + b"=="))
    for salt in ("", "AAAAAAAAAAAAAAAAAAAAAA", SALT):
        guess = base64.urlsafe_b64encode(json.dumps([salt, "url", members], separators=(",", ":")).encode()).rstrip(
            b"="
        )
        assert digest(guess) not in first.form
    assert digest(first.disclosures["url"]) not in second.form


def test_a_disclosure_of_another_line() -> None:
    """A disclosure opens the line that holds its digest and no other."""
    first, second = mask(item(alt="a")), mask(item(alt="b", salt="ff" * 16))
    with pytest.raises(BadFormat, match=r"\(description\) that the line does not commit to"):
        open_form(first.form, [second.disclosures["description"]])


def test_a_disclosure_twice() -> None:
    """What is given back twice is refused."""
    masked = mask(item(alt="a"))
    with pytest.raises(BadFormat, match="two disclosures give back"):
        open_form(masked.form, [masked.disclosures["url"], masked.disclosures["url"]])


def test_lines_without_a_salt() -> None:
    """A line without a salt stands for itself, so nothing can be withheld of it."""
    line = item(salt="")
    skipped = encode(Skipped(time="t", url="https://a.example", reason='"salt":'))
    assert (mask(line).form, mask(line).disclosures) == (line, {})
    assert mask(skipped).form == skipped
    with pytest.raises(BadFormat, match="holds no digests"):
        open_form(line, [])


@pytest.mark.parametrize(
    "line",
    [
        b'{"salt":"00"}',
        b'{"event":"item","salt":"x"}',
        b'{"event":"item","salt":7}',
        b'{"salt":"' + b"0" * 32 + b'"}',
        b'{"event":"facts","facts":7,"salt":"' + b"0" * 32 + b'"}',
        b'{"event":"post","post":[],"salt":"' + b"0" * 32 + b'"}',
        b'{"event":[],"salt":"' + b"0" * 32 + b'"}',
        b'{"salt":',
        b'"salt":\xff',
    ],
)
def test_hostile_lines(line: bytes) -> None:
    """A line that is no event of ours has no masked form."""
    with pytest.raises(BadFormat):
        mask(line)


@given(st.binary(max_size=60), st.lists(st.binary(max_size=60), max_size=2))
def test_any_bytes(form: bytes, disclosures: list[bytes]) -> None:
    """Any bytes are a masked form or a disclosure, or not one: never a traceback."""
    for each in disclosures:
        with_error = False
        try:
            read_disclosure(each)
        except BadFormat:
            with_error = True
        assert with_error or each
    with pytest.raises(BadFormat):
        open_form(form, disclosures)


@pytest.mark.parametrize(
    "disclosure",
    [
        b"",
        b"!",
        b"bnVsbA",
        b"W10",
        base64.urlsafe_b64encode(b"[" * 100_000),
        base64.urlsafe_b64encode(b'["s","url",7]'),
    ],
)
def test_hostile_disclosures(disclosure: bytes) -> None:
    """What is no disclosure, or is nested without end, is refused."""
    with pytest.raises(BadFormat):
        read_disclosure(disclosure)


def test_which_lines_have_no_salt() -> None:
    """Only lines that name nothing captured, sought or seen go without a salt: any other could be guessed."""
    plain = {kind.__name__ for kind in get_args(CaptureEvent) if not issubclass(kind, Salted)}
    assert plain == {"WarcClosed", "ClockMeasured", "Commitments", "CaptureFinished"}
