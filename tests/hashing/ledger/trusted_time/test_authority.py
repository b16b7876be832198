from __future__ import annotations

import datetime as dt
import socket
import subprocess
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from rfc3161_client import HashAlgorithm, TimestampRequestBuilder

from hashing.ledger.trusted_time import (
    NotHad,
    NotTrusted,
    NotValid,
    OfSomethingElse,
    ask,
    is_authority,
    load_roots,
    read_token,
)
from tests.servers import Body, RawServer, SceneServer, redirect
from tests.servers.head import head, whole
from tests.servers.time_authority import POLICY, TimeAuthority

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.servers import Connection, Seen

DATA = b"what was sealed\n"


def _query(data: bytes) -> bytes:
    return TimestampRequestBuilder(data=data, hash_algorithm=HashAlgorithm.SHA256).build().as_bytes()


def test_a_token_is_had_and_openssl_accepts_it(authority: TimeAuthority, tmp_path: Path) -> None:
    """The token is of these bytes, of this minute, under the authority's root, and an outside judge agrees."""
    token = ask(authority.url(), DATA, roots=load_roots(authority.root), policy=POLICY)
    assert abs((token.time - dt.datetime.now(dt.UTC)).total_seconds()) < 60
    assert token.authority == "CN=Test Authority"
    token.demand_of(DATA)
    (tmp_path / "data").write_bytes(DATA)
    (tmp_path / "token").write_bytes(token.data)
    command = ["openssl", "ts", "-verify", "-data", "data", "-in", "token", "-CAfile", str(authority.root)]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert "Verification: OK" in done.stdout + done.stderr


def test_only_a_hash_leaves_the_computer(authority: TimeAuthority) -> None:
    """The bytes that are time-stamped are not in the request."""
    ask(authority.url(), DATA)
    assert DATA not in authority.requests[0].raw


def test_a_token_is_read_again_offline(authority: TimeAuthority) -> None:
    """What was kept says the same as what was received, without any network."""
    token = ask(authority.url(), DATA)
    assert read_token(token.data) == token


def test_another_root_is_not_trusted(authority: TimeAuthority, tmp_path: Path) -> None:
    """A token under a root that was not given is sound, and not trusted."""
    stranger = TimeAuthority(tmp_path / "stranger")
    with pytest.raises(NotTrusted, match="CN=Test Authority"):
        ask(authority.url(), DATA, roots=load_roots(stranger.root))
    ask(authority.url(), DATA, roots=[*load_roots(stranger.root), *load_roots(authority.root)])


@pytest.mark.parametrize("intermediate", ["I", "I" * 60])
def test_an_intermediate_certificate_leads_to_the_root(
    tmp_path: Path,
    needs_openssl: None,  # noqa: ARG001 - asked for its effect
    intermediate: str,
) -> None:
    """A chain that an authority sends along is followed, whether or not it stands in the order that DER demands."""
    with TimeAuthority(tmp_path / "below", intermediate=intermediate) as below:
        token = ask(below.url(), DATA, roots=load_roots(below.root))
    assert read_token(token.data) == token


def test_another_policy_is_refused(authority: TimeAuthority) -> None:
    """A token under another policy than demanded is not taken."""
    with pytest.raises(OfSomethingElse, match="policy"):
        ask(authority.url(), DATA, policy="1.2.3")


def test_a_token_for_other_bytes_is_refused(authority: TimeAuthority) -> None:
    """Neither an answer to another query nor a token held against other bytes passes."""
    token = ask(authority.url(), DATA)
    with pytest.raises(OfSomethingElse, match="other bytes"):
        token.demand_of(DATA + b"x")
    authority.answer = lambda _: authority.reply(_query(b"something else"))
    with pytest.raises(OfSomethingElse):
        ask(authority.url(), DATA)


def test_an_old_answer_is_refused(authority: TimeAuthority) -> None:
    """An answer that was recorded and is played again is noticed by its number, though it is of the same bytes."""
    old = ask(authority.url(), DATA).data
    authority.answer = lambda _: old
    with pytest.raises(OfSomethingElse, match="another request"):
        ask(authority.url(), DATA)


def test_an_expired_authority_is_refused(tmp_path: Path, needs_openssl: None) -> None:  # noqa: ARG001 - asked for its effect
    """A token made after the certificate of its authority had expired is not valid."""
    with (
        TimeAuthority(tmp_path / "expired", until=dt.datetime(2002, 1, 1, tzinfo=dt.UTC)) as expired,
        pytest.raises(NotValid, match="not valid at the token's time"),
    ):
        ask(expired.url(), DATA)


def test_a_rejection_is_told_in_the_authoritys_words(tmp_path: Path, needs_openssl: None) -> None:  # noqa: ARG001 - asked for its effect
    """An authority that refuses is quoted."""
    with (
        TimeAuthority(tmp_path / "picky", digests="sha512") as picky,
        pytest.raises(NotHad, match="status 2 Message digest algorithm is not supported"),
    ):
        ask(picky.url(), DATA)


def test_a_cut_token_is_none(authority: TimeAuthority) -> None:
    """An answer that is cut off is no timestamp."""
    authority.answer = lambda query: authority.reply(query)[:-20]
    with pytest.raises(NotHad, match="no timestamp"):
        ask(authority.url(), DATA)


def test_an_altered_signature_does_not_hold(authority: TimeAuthority) -> None:
    """One flipped bit in the signature makes the token invalid, with and without a root."""
    data = bytearray(ask(authority.url(), DATA).data)
    data[-5] ^= 1
    with pytest.raises(NotValid):
        read_token(bytes(data))


def test_an_altered_content_does_not_hold(authority: TimeAuthority) -> None:
    """The time in a token cannot be changed."""
    data = ask(authority.url(), DATA).data
    year = str(dt.datetime.now(dt.UTC).year).encode()
    at = data.index(year + time.strftime("%m%d", time.gmtime()).encode())
    with pytest.raises(NotValid, match="other content"):
        read_token(data[:at] + b"2020" + data[at + 4 :])


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        (Body(data=b"<!doctype html><title>Sign in"), "405"),
        (redirect("https://elsewhere.example/tsr", 307), "405"),
    ],
)
def test_a_server_that_takes_no_queries(answer: Body, told: str) -> None:
    """A web server that is no authority is named with its status."""
    with SceneServer({"/": answer}) as server, pytest.raises(NotHad, match=f"HTTP status {told}"):
        ask(server.url(), DATA)


def _always(data: bytes) -> Callable[[Connection, Seen], None]:
    return lambda connection, _: connection.send(data)


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        (whole(200, "text/html", b"<!doctype html><title>Sign in"), "no timestamp"),
        (whole(200, "application/timestamp-reply", b""), "no timestamp"),
        (whole(200, "application/timestamp-reply", bytes(10 << 20)), "more than 1,048,576 bytes"),
        (head(307, [("Location", "file:///etc/passwd"), ("Content-Length", "0")]), "name that address itself"),
        (b"nonsense\r\n\r\n", "could not be reached"),
    ],
)
def test_answers_that_are_none(answer: bytes, told: str) -> None:
    """A page, nothing, ten megabytes, a redirect and what is not HTTP are errors of ours that name the authority."""
    with RawServer(_always(answer)) as server, pytest.raises(NotHad, match=told) as raised:
        ask(server.url(), DATA)
    assert str(raised.value).startswith(server.origin)


def test_an_authority_that_is_down() -> None:
    """A port on which nobody listens is said to be out of reach; a login in the address is not repeated."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with pytest.raises(NotHad, match=rf"^http://127.0.0.1:{port}/: could not be reached") as raised:
        ask(f"http://me:secret@127.0.0.1:{port}/?token=secret", DATA)
    assert "secret" not in str(raised.value)


def test_an_answer_that_drips_is_not_waited_for() -> None:
    """However slowly bytes arrive, the wait has an end."""

    def _drip(connection: Connection, _: Seen) -> None:
        connection.send(head(200, [("Content-Length", "1000")]))
        for _byte in range(1000):
            connection.send(b"0")
            connection.wait(0.1)

    with RawServer(_drip) as server, pytest.raises(NotHad, match="did not answer within 1 s"):
        ask(server.url(), DATA, whole=1.0)


@pytest.mark.parametrize("url", ["", "tsa.example", "ftp://tsa.example", "http://", "http://[", "http://h:99999999/"])
def test_what_cannot_be_an_authority(url: str) -> None:
    """Only web addresses with a host are."""
    assert not is_authority(url)
    assert is_authority("http://192.168.0.1:8080/tsr")
