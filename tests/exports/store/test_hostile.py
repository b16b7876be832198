"""What was changed or removed in a store is named, and nothing that a store answers is believed."""

from __future__ import annotations

import json
import resource
from hashlib import sha256
from itertools import count, repeat
from typing import TYPE_CHECKING

import pytest

from exports.errors import NotCheckable
from exports.store.head import HeadFile, HeadInfo, decode_head, encode_head
from tests.exports.store.reached import LOCK, keys, run
from tests.servers.meddler import Answered, Asked, Broken, Meddler

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.exports.small_case import CaseMaker
    from tests.servers.object_store import ObjectStoreServer

_LEDGER = HeadFile("ledger.jsonl", 1, "0" * 64)


@pytest.fixture
def pushed(own: CaseMaker, place: str) -> CaseMaker:
    """Put the case into the store."""
    assert run("push", own.path, place, *LOCK)[0] == 0
    return own


def _body(pushed: CaseMaker, place: str) -> tuple[str, str]:
    """Return the path of a photo below the case, and the key of its object."""
    item = next(pushed.path.glob("captures/*/items/*p.jpg"))
    digest = sha256(item.read_bytes()).hexdigest()
    return item.relative_to(pushed.path).as_posix(), f"{place.removeprefix('s3://evidence/')}/sha256/{digest}"


def test_a_body_that_is_hidden_is_named(
    pushed: CaseMaker, place: str, object_store: ObjectStoreServer, tmp_path: Path
) -> None:
    """Bytes put over an object, or a delete marker, are named (5); `pull` gets the locked version all the same."""
    path, key = _body(pushed, place)
    client = object_store.client
    client.put_object(Bucket="evidence", Key=key, Body=b"forged")
    code, said = run("verify", pushed.path, place)
    assert (code, f"altered  {path}" in said, "hides it" in said) == (5, True, True), said
    assert run("push", pushed.path, place, *LOCK)[0] == 5
    client.delete_object(Bucket="evidence", Key=key)
    code, said = run("verify", pushed.path, place, "--json")
    [altered] = json.loads(said)["altered"]
    assert (code, altered["path"], "hides it" in altered["found"]) == (5, path, True)
    assert run("pull", tmp_path / "BACK", place)[0] == 0
    assert run("push", pushed.path, place, *LOCK)[0] == 0  # puts it there again
    assert run("verify", pushed.path, place)[0] == 0


def test_a_head_that_is_hidden_is_named(
    pushed: CaseMaker, place: str, object_store: ObjectStoreServer, tmp_path: Path
) -> None:
    """A head under a delete marker or other bytes is named (5): nobody takes the state before for the newest."""
    assert run("push", pushed.path, place, *LOCK)[0] == 0
    *_, newest = sorted(key for key in keys(object_store, place) if "/heads/" in key)
    for number in range(2):
        if number:
            object_store.client.put_object(Bucket="evidence", Key=newest, Body=b"forged")
        else:
            object_store.client.delete_object(Bucket="evidence", Key=newest)
        code, said = run("verify", pushed.path, place)
        assert (code, f"altered  heads/{newest.rpartition('/')[2]}" in said) == (5, True), said
        assert run("pull", tmp_path / f"BACK-{number}", place)[0] == 0
        ledger = (tmp_path / f"BACK-{number}/ledger.jsonl").read_bytes()
        assert ledger == (pushed.path / "ledger.jsonl").read_bytes()


def test_a_body_that_is_gone_is_named(
    pushed: CaseMaker, place: str, object_store: ObjectStoreServer, tmp_path: Path
) -> None:
    """An object whose only version was deleted, by whoever may pass governance, is missing (5), and not pulled."""
    path, key = _body(pushed, place)
    version = object_store.client.head_object(Bucket="evidence", Key=key)["VersionId"]
    object_store.client.delete_object(Bucket="evidence", Key=key, VersionId=version, BypassGovernanceRetention=True)
    for read in ((), ("--read",)):
        code, said = run("verify", pushed.path, place, *read)
        assert (code, f"missing  {path}" in said) == (5, True), said
    code, said = run("pull", tmp_path / "BACK", place)
    assert (code, path in said) == (5, True)
    assert not (tmp_path / "BACK").exists()
    assert list(tmp_path.glob(".BACK*")) == []


def test_a_body_that_the_store_changed_is_named(
    pushed: CaseMaker, place: str, object_store: ObjectStoreServer, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """A changed byte is found by reading, whatever checksum the store states; one that it states is found without."""
    path, key = _body(pushed, place)

    def _changed(asked: Asked, forward: Callable[[], Answered]) -> Answered:
        answer = forward()
        if asked.method == "GET" and key in asked.path and isinstance(answer.body, bytes):
            return Answered(answer.status, answer.headers, b"\0" + answer.body[1:])
        return answer

    def _stated(asked: Asked, forward: Callable[[], Answered]) -> Answered:
        answer = forward()
        if asked.method == "HEAD" and key in asked.path:
            other = ("x-amz-checksum-sha256", "A" * 43 + "=")
            kept = [pair for pair in answer.headers if pair[0].lower() != other[0]]
            return Answered(answer.status, (*kept, other))
        return answer

    for meddle, words in ((_changed, ("--read",)), (_stated, ())):
        with Meddler(object_store.origin, meddle) as proxy, monkeypatch.context() as patch:
            patch.setenv("AWS_ENDPOINT_URL_S3", proxy.origin)
            code, said = run("verify", pushed.path, place, *words)
            assert (code, f"altered  {path}" in said) == (5, True), said
    with Meddler(object_store.origin, _changed) as proxy, monkeypatch.context() as patch:
        patch.setenv("AWS_ENDPOINT_URL_S3", proxy.origin)
        code, said = run("pull", tmp_path / "BACK", place)
        assert (code, path in said) == (5, True)


def test_a_store_without_checksums_is_read(
    pushed: CaseMaker, place: str, object_store: ObjectStoreServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where the store gives no SHA-256, nothing is proven but by reading: that is said (6), and `--read` does it."""

    def _silent(_: Asked, forward: Callable[[], Answered]) -> Answered:
        answer = forward()
        kept = [pair for pair in answer.headers if not pair[0].lower().startswith("x-amz-checksum")]
        return Answered(answer.status, tuple(kept), answer.body)

    with Meddler(object_store.origin, _silent) as proxy:
        monkeypatch.setenv("AWS_ENDPOINT_URL_S3", proxy.origin)
        code, said = run("verify", pushed.path, place)
        assert (code, "add --read" in said) == (6, True)
        assert run("verify", pushed.path, place, "--read")[0] == 0


def test_a_head_that_says_something_else(pushed: CaseMaker, place: str, object_store: ObjectStoreServer) -> None:
    """A newer head that leaves a file out, adds one, swaps two or is of no state of the case is found out (5)."""
    [key] = [key for key in keys(object_store, place) if "/heads/" in key]
    data = object_store.client.get_object(Bucket="evidence", Key=key)["Body"].read()
    head = decode_head("", data, "")
    one, two = (file for file in head.files if file.path.endswith(".jpg"))
    others = tuple(file for file in head.files if file not in {one, two})
    swapped = (HeadFile(one.path, two.size, two.sha256), HeadFile(two.path, one.size, one.sha256))
    extra = HeadFile("captures/evil.html", one.size, one.sha256)
    forgeries = {
        f"missing  {one.path}": ((*others, two), head.info.lines),
        f"altered  {one.path}": ((*others, *swapped), head.info.lines),
        "added    captures/evil.html": ((*head.files, extra), head.info.lines),
        "no state of this case": (head.files, head.info.lines + 1000),
    }
    for number, (words, (files, lines)) in enumerate(forgeries.items()):
        _put_head(object_store, place, head.info, files, lines, f"2999010{number + 1}T000000Z")
        code, said = run("verify", pushed.path, place)
        assert (code, words in said) == (5, True), said


def _put_head(
    object_store: ObjectStoreServer,
    place: str,
    info: HeadInfo,
    files: tuple[HeadFile, ...],
    lines: int,
    time: str,
) -> None:
    said = HeadInfo(
        format=info.format, what=info.what, name=info.name, id=info.id, lines=lines, files=len(files),
        bytes=sum(file.size for file in files), pushed=info.pushed, tool=info.tool,
    )  # fmt: skip
    data = encode_head(said, files)
    name = f"{lines:012d}-{time}-{sha256(data).hexdigest()}"
    object_store.client.put_object(
        Bucket="evidence", Key=f"{place.removeprefix('s3://evidence/')}/heads/{name}", Body=data
    )


@pytest.mark.parametrize(
    "path",
    [
        "a/" * 3000 + "a", "a" * 256, "ledger.jsonl/a", "../evil", "/etc/passwd", "a/../../evil", "a//b", "a\\b",
        "a\nb",
        "a\x1b[2Jb", "", ".", "a/./b", "c:x",
    ],
)  # fmt: skip
def test_a_head_whose_paths_lead_out(place: str, object_store: ObjectStoreServer, tmp_path: Path, path: str) -> None:
    """A head with such a path is no head: nothing of it is written, and it commands no terminal."""
    info = HeadInfo(
        format="goldenhour-store/1", what="case", name="x\x1b[2J", id="i", lines=1, files=1, bytes=1, pushed="", tool=""
    )
    _put_head(object_store, place, info, (_LEDGER, HeadFile(path, 1, "0" * 64)), 1, "20261130T000000Z")
    code, said = run("pull", tmp_path / "BACK", place)
    assert (code, "\x1b" in said) == (6, False), said
    assert list(tmp_path.iterdir()) == []
    code, said = run("list", place)
    assert (code, "\x1b" in said) == (0, False)
    client, prefix = object_store.client, place.removeprefix("s3://evidence/")
    name = f"{0:012d}-20261130T000000Z-{sha256(b'none').hexdigest()}"
    client.put_object(Bucket="evidence", Key=f"{prefix}/heads/{name}", Body=b"none")
    client.put_object(Bucket="evidence", Key=f"{prefix}/heads/\x1b[2J", Body=b"none")
    code, said = run("list", place)
    assert (code, f"{place}  case x" in said, "not the head of anything" in said) == (6, True, True)


def _head(*files: HeadFile) -> bytes:
    size = sum(file.size for file in files)
    info = HeadInfo(
        format="goldenhour-store/1", what="case", name="", id="", lines=0, files=len(files), bytes=size, pushed="",
        tool="",
    )  # fmt: skip
    return encode_head(info, files)


@pytest.mark.parametrize(
    "raw",
    [
        b"", b"\n", b"{}", b"[]", b"\xff\xfe", b'{"format":"goldenhour-store/2"}', b'"' * (1 << 20),
        _head(HeadFile("a", 1, "0" * 64)),
        _head(_LEDGER, _LEDGER),
        _head(_LEDGER, HeadFile("a", -1, "0" * 64)),
        _head(_LEDGER, HeadFile("a", 1, "../../" + "0" * 58)),
        _head(_LEDGER).partition(b"\n")[0],
        _head(_LEDGER).replace(b'"case"', b'"else"'),
        _head(_LEDGER).replace(b'"bytes":1', b'"bytes":' + b"9" * 40),
    ],
)  # fmt: skip
def test_what_is_no_head(raw: bytes) -> None:
    """Other bytes, another form, two files of one name and values that goldenhour never writes are refused."""
    with pytest.raises(NotCheckable):
        decode_head("", raw, "s3://x")


def test_answers_that_are_none(
    pushed: CaseMaker, place: str, object_store: ObjectStoreServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Answers without end, of other forms, with odd values, or cut off could not be checked (6): none is believed."""

    def _endless(*_: object) -> Answered:
        return Answered(200, (), repeat(b"<a>" * 10_000))

    def _broken(*_: object) -> Answered:
        raise Broken

    answers: list[Callable[..., Answered]] = [
        _endless,
        _broken,
        lambda *_: Answered(200, (), b"<html>not S3</html>"),
        lambda *_: Answered(200, (), b"\xff\0"),
        lambda *_: Answered(403, (), b"<Error><Code>\x1b[2J</Code></Error>"),
        lambda *_: Answered(403, (), b"<Error><Code>&#27;[2J</Code></Error>"),
        lambda asked, forward: (
            Answered(200, (("Content-Length", "many"), ("x-amz-object-lock-retain-until-date", "never")))
            if asked.method == "HEAD"
            else forward()
        ),
    ]
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    for answer in answers:
        with Meddler(object_store.origin, answer) as proxy, monkeypatch.context() as patch:
            patch.setenv("AWS_ENDPOINT_URL_S3", proxy.origin)
            patch.setenv("AWS_MAX_ATTEMPTS", "2")
            code, said = run("verify", pushed.path, place)
        assert (code, "\x1b" in said) == (6, False), said
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 300 << 10


def test_lists_and_redirects_that_never_end(
    pushed: CaseMaker, place: str, object_store: ObjectStoreServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A list whose pages never end, one of a million tags, and redirects end each command (6); none is followed."""
    monkeypatch.setattr("exports.store.connection._MOST_PAGES", 4)
    monkeypatch.setattr("exports.store.heads._HEAD_PAGES", 3)
    numbers = count()

    def _pages(asked: Asked, forward: Callable[[], Answered]) -> Answered:
        if asked.query.keys() & {"versions", "list-type"}:
            number = next(numbers)
            key = f"{place.removeprefix('s3://evidence/')}/{'sha256' if 'list-type' in asked.query else 'heads'}"
            each = f"<Key>{key}/{number:064x}</Key><VersionId>1</VersionId>"
            words = f"<Version>{each}</Version><Contents>{each}</Contents><NextKeyMarker>{number}</NextKeyMarker>"
            return Answered(200, (), f"<List><IsTruncated>true</IsTruncated>{words}</List>".encode())
        return forward()

    elsewhere = (("Location", "http://127.0.0.1:1/"),)
    answers: list[Callable[..., Answered]] = [
        _pages,
        lambda *_: Answered(200, (), b"<List>" + b"<a>" * 1_000_000),
        lambda *_: Answered(301, elsewhere, b"<Error><Code>PermanentRedirect</Code></Error>"),
        lambda *_: Answered(307, elsewhere),
    ]
    words = [("verify", pushed.path, place), ("pull", tmp_path / "BACK", place), ("push", pushed.path, place, *LOCK)]
    for answer in answers:
        for each in [*words, ("list", place)]:
            with Meddler(object_store.origin, answer) as proxy, monkeypatch.context() as patch:
                patch.setenv("AWS_ENDPOINT_URL_S3", proxy.origin)
                code, said = run(*each)
            assert (code, "could not be asked" in said, len(proxy.asked) < 50) == (6, True, True), (each, said)
