from __future__ import annotations

import base64
import gzip
from http.cookiejar import Cookie, CookieJar
from typing import TYPE_CHECKING

import pytest
import trustme

from capture.recorder.exchange import OpenExchange
from capture.recorder.urls import referrer
from tests.capture.recorder.conftest import Recording, block, request_record, response_record
from tests.servers import (
    Body,
    Certificate,
    ForwardProxy,
    MisbehavingServer,
    RawServer,
    SceneServer,
    TlsServer,
    redirect,
)

if TYPE_CHECKING:
    from collections.abc import Callable
    from http.cookiejar import CookieJar as Jar

    from tests.servers import Connection, Seen

PHOTO = bytes(range(256)) * 700


@pytest.mark.parametrize("body", [Body(data=PHOTO), Body(data=PHOTO, chunk=5000), Body(data=PHOTO, gzip=True), Body()])
def test_the_record_is_the_wire_byte_for_byte(body: Body, recording: Callable[..., Recording]) -> None:
    """Request and response stand in the records exactly as they went over the wire, chunk framing included."""
    with SceneServer({"/a.jpg": body}) as server:
        exchange = recording().fetch(server.url("/a.jpg")).exchange
        assert exchange is not None
        [sent], [seen] = server.sent["/a.jpg"], server.requests
        assert block(response_record(exchange)) == sent.data
        assert block(request_record(exchange)) == seen.raw


@pytest.mark.parametrize("path", ["/odd-headers", "/too-long", "/no-length", "/chunk-trailers", "/404", "/garbage"])
def test_oddities_stand_in_the_record_as_they_came(path: str, recording: Callable[..., Recording]) -> None:
    """What a parser would tidy up is kept untidy."""
    with MisbehavingServer() as server:
        exchange = recording(attempts=1).fetch(server.url(path)).exchange
        assert exchange is not None
        assert block(response_record(exchange)) == server.sent[path][-1].data


def test_a_coded_body_is_hashed_and_kept_as_served(recording: Callable[..., Recording]) -> None:
    """Content coding belongs to the original: what is on disk is what came, not what it unpacks to."""
    with SceneServer({"/page.html": Body(data=b"<p>hello", gzip=True)}) as server:
        exchange = recording().fetch(server.url("/page.html")).exchange
        assert exchange is not None
        assert gzip.decompress(exchange.body.read_bytes()) == b"<p>hello"
        assert exchange.header("content-encoding") == "gzip"


def test_we_ask_for_plain_bodies(recording: Callable[..., Recording]) -> None:
    """The request says `identity`, so that originals can be opened by anyone, and names its user agent."""
    with SceneServer({"/": b"x"}) as server:
        recording(user_agent="Example/1").fetch(server.url("/"))
        [seen] = server.requests
        assert seen.header("Accept-Encoding") == "identity"
        assert seen.header("User-Agent") == "Example/1"


def test_address_and_chain_are_those_of_the_connection(
    recording: Callable[..., Recording], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Over TLS, the exchange has the peer's address, version, cipher, and the chain that this server sent."""
    with TlsServer(SceneServer({"/": b"secret"}), Certificate.INTERMEDIATE) as server:
        monkeypatch.setenv("SSL_CERT_FILE", str(server.ca_file))
        fetched = recording().fetch(server.url("/"))
        assert fetched.whole, fetched.reason
        assert fetched.exchange is not None
        peer = fetched.exchange.peer
        assert (peer.ip, peer.port) == ("127.0.0.1", server.inner.port)
        assert peer.chain == server.chain
        assert len(peer.chain) > 1
        assert peer.tls is not None
        assert peer.tls.version == "TLSv1.3"
        assert peer.tls.verified


BAD = [each for each in Certificate if each not in {Certificate.GOOD, Certificate.INTERMEDIATE}]


@pytest.mark.parametrize("certificate", BAD)
def test_a_bad_certificate_is_refused_unless_told_otherwise(
    certificate: Certificate, recording: Callable[..., Recording], monkeypatch: pytest.MonkeyPatch
) -> None:
    """TLS is verified; with `insecure` the exchange is made and says that nothing was verified."""
    with TlsServer(SceneServer({"/": b"x"}), certificate) as server:
        monkeypatch.setenv("SSL_CERT_FILE", str(server.ca_file))
        refused = recording().fetch(server.url("/"))
        assert "the server's certificate is not to be trusted" in refused.reason
        assert server.requests == []
        taken = recording(insecure=True).fetch(server.url("/"))
        assert taken.whole
        assert taken.exchange is not None
        assert taken.exchange.peer.tls is not None
        assert not taken.exchange.peer.tls.verified
        assert taken.exchange.peer.chain == server.chain


def test_a_stop_leaves_no_cipher_text_in_a_body(
    recording: Callable[..., Recording], monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is read over TLS just when a capture is stopped is deciphered, or is not read."""
    body = PHOTO * 50
    with TlsServer(SceneServer({"/": Body(data=body)})) as server:
        monkeypatch.setenv("SSL_CERT_FILE", str(server.ca_file))
        taken, before_read = recording(), OpenExchange.before_read

        def _then_stop(exchange: OpenExchange) -> None:
            before_read(exchange)
            if exchange.wire_size > len(PHOTO):
                taken.stop.ask("enough")

        monkeypatch.setattr(OpenExchange, "before_read", _then_stop)
        fetched = taken.fetch(server.url("/"))
        assert "enough" in fetched.reason
        assert fetched.exchange is not None
        kept = fetched.exchange.body.read_bytes()
        assert 0 < len(kept) < len(body)
        assert body.startswith(kept)


def test_plain_http_where_tls_is_expected_is_a_plain_sentence(recording: Callable[..., Recording]) -> None:
    """Speaking TLS to a server that does not is a failure that says so."""
    with SceneServer({"/": b"x"}) as server:
        fetched = recording(attempts=1, timeout=5.0).fetch(server.url("/").replace("http://", "https://"))
        assert "TLS" in fetched.reason


def _jar(name: str, value: str) -> Jar:
    jar = CookieJar()
    jar.set_cookie(
        Cookie(0, name, value, None, False, "127.0.0.1", True, False, "/", True, False, None, False, None, None, {})
    )
    return jar


def test_the_users_cookies_open_the_door_and_are_not_kept(recording: Callable[..., Recording]) -> None:
    """A cookie given by the user is sent, and neither it nor what the server sets anew stands in a record."""
    files = {"/": Body(data=b"members", needs_cookie="session=s3cret", cookies=("session=renewed-s3cret; Path=/",))}
    with SceneServer(files) as server:
        fetched = recording(cookies=_jar("session", "s3cret")).fetch(server.url("/"))
        assert fetched.whole, fetched.reason
        exchange = fetched.exchange
        assert exchange is not None
        kept = block(request_record(exchange)) + block(response_record(exchange))
        kept += b"".join(path.read_bytes() for path in exchange.body.parent.iterdir())
        assert b"s3cret" not in kept
        assert b"Cookie: [replaced: credential of the user]" in kept
        assert set(exchange.replaced) == {"cookie", "set-cookie"}


def test_a_strangers_cookies_are_kept(recording: Callable[..., Recording]) -> None:
    """Where the user lent no identity, what a server sets is evidence like everything else."""
    with SceneServer({"/": Body(data=b"x", cookies=("visitor=42",))}) as server:
        exchange = recording().fetch(server.url("/")).exchange
        assert exchange is not None
        assert b"visitor=42" in block(response_record(exchange))
        assert exchange.replaced == ()


def test_a_login_goes_to_its_own_host_alone(recording: Callable[..., Recording]) -> None:
    """A user name and password are sent to the host they are for, not to where it redirects, and never kept."""
    secret = base64.b64encode(b"mary:s3cret").decode()
    with SceneServer({"/": b"elsewhere"}) as other:
        files = {"/": Body(data=b"x", needs_authorization=f"Basic {secret}"), "/away": redirect(other.url("/"))}
        with SceneServer(files) as server:
            taken = recording(credentials={f"http://127.0.0.1:{server.port}": ("mary", "s3cret")})
            exchange = taken.fetch(server.url("/")).exchange
            assert exchange is not None
            assert exchange.status == 200
            assert secret.encode() not in block(request_record(exchange))
            assert exchange.replaced == ("authorization",)
            assert taken.fetch(server.url("/away")).whole
            assert other.requests[0].header("Authorization") == ""


def test_what_a_caller_adds_for_one_host_goes_to_no_other(recording: Callable[..., Recording]) -> None:
    """A Cookie or Authorization among a request's headers follows a redirect within its host, and no further."""
    with SceneServer({"/end": b"x"}) as other, SceneServer({}) as server:
        server.files = {"/": redirect("/next"), "/next": redirect(other.url("/end"))}
        headers = {"Cookie": "a=1", "Authorization": "Bearer b", "Accept": "text/html"}
        recording().recorder.fetch(server.url("/"), headers=headers)
        assert [(seen.header("Cookie"), seen.header("Authorization")) for seen in server.requests] == [
            ("a=1", "Bearer b"),
            ("a=1", "Bearer b"),
        ]
        [seen] = other.requests
        assert (seen.header("Cookie"), seen.header("Authorization")) == ("", "")
        assert seen.header("Accept") == "text/html"


def test_a_cookie_that_a_redirect_sets_replaces_the_callers(recording: Callable[..., Recording]) -> None:
    """A site that renews its cookie on the way sees the new one."""
    first = Body(status=302, headers=(("Location", "/next"),), cookies=("a=2; Path=/",))
    with SceneServer({"/": first, "/next": b"x"}) as server:
        recording().recorder.fetch(server.url("/"), headers={"Cookie": "a=1"})
        assert [seen.header("Cookie") for seen in server.requests] == ["a=1", "a=2"]


def test_a_proxy_is_used_and_named_without_its_password(recording: Callable[..., Recording]) -> None:
    """Through a proxy the exchange names the proxy, and the record holds no credential of it."""
    with SceneServer({"/": b"x"}) as server, ForwardProxy(user="mary", password="s3cret") as proxy:  # noqa: S106 - a test
        given = proxy.url("").replace("http://", "http://mary:s3cret@")
        fetched = recording(proxy=given).fetch(server.url("/"))
        assert fetched.whole, fetched.reason
        exchange = fetched.exchange
        assert exchange is not None
        assert exchange.proxy == proxy.url("")
        assert b"s3cret" not in block(request_record(exchange))
        assert base64.b64encode(b"mary:s3cret") not in block(request_record(exchange))
        assert len(proxy.requests) == 1


def test_a_tunnel_through_a_proxy_still_sees_the_servers_chain(
    recording: Callable[..., Recording], monkeypatch: pytest.MonkeyPatch
) -> None:
    """With https through a proxy the certificate chain is the far server's, and CONNECT is not part of the request."""
    with TlsServer(SceneServer({"/": b"x"})) as server, ForwardProxy() as proxy:
        monkeypatch.setenv("SSL_CERT_FILE", str(server.ca_file))
        fetched = recording(proxy=proxy.url("")).fetch(server.url("/"))
        assert fetched.whole, fetched.reason
        assert fetched.exchange is not None
        assert fetched.exchange.peer.chain == server.chain
        assert block(request_record(fetched.exchange)).startswith(b"GET / HTTP/1.1\r\n")


@pytest.mark.parametrize("far", [False, True])
def test_a_proxy_may_be_reached_over_tls(
    far: bool, recording: Callable[..., Recording], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A proxy's own TLS is another than the server's, whose chain alone is recorded."""
    authority, scene = trustme.CA(), SceneServer({"/": b"x"})
    server = TlsServer(scene, authority=authority) if far else scene
    with server, TlsServer(ForwardProxy(), authority=authority) as proxy:
        monkeypatch.setenv("SSL_CERT_FILE", str(proxy.ca_file))
        taken = recording(proxy=proxy.url(""), attempts=1)
        fetched = taken.fetch(server.url("/"))
        assert fetched.whole, fetched.reason
        assert fetched.exchange is not None
        assert fetched.exchange.peer.chain == (server.chain if isinstance(server, TlsServer) else ())
        if far:  # the proxy's TLS hands over what it has, which may be more than was asked for
            [kept] = taken.recorder._connections._idle
            assert kept.quiet
            kept._way.incoming.write(b"x")  # type: ignore[union-attr]
            assert not kept.quiet


def test_a_proxy_that_refuses_is_quoted(recording: Callable[..., Recording]) -> None:
    """A tunnel that a proxy does not give is told in the proxy's words, and is no exchange with the server."""
    with ForwardProxy(user="mary", password="s3cret") as proxy:  # noqa: S106 - a test
        fetched = recording(proxy=proxy.url(""), attempts=1).fetch("https://scene.example/")
        assert fetched.reason.startswith("scene.example: the proxy refused: 407")
        assert fetched.exchange is None


def test_a_proxy_that_speaks_no_http_is_not_taken_for_the_server(recording: Callable[..., Recording]) -> None:
    """What goes wrong on the way through a proxy is told of the proxy."""
    with RawServer(lambda connection, _: connection.send(b"HELLO\n")) as proxy:
        fetched = recording(proxy=proxy.url(""), attempts=1).fetch("https://scene.example/")
        assert fetched.reason.startswith("scene.example: no way through the proxy (")


def test_tls_within_tls_is_not_waited_for_byte_by_byte(
    recording: Callable[..., Recording], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Behind a proxy with TLS too, the time allowed is that of the whole handshake and not of each of its bytes."""

    def _drip(connection: Connection, _: Seen) -> None:
        connection.send(b"HTTP/1.1 200 OK\r\n\r\n")
        connection.send(b"\x16\x03\x03\x40\x00")  # a record of 16 KiB follows
        for _byte in range(200):
            connection.wait(0.1)
            connection.send(b"\2")
        connection.close()

    with TlsServer(RawServer(_drip)) as proxy:
        monkeypatch.setenv("SSL_CERT_FILE", str(proxy.ca_file))
        fetched = recording(proxy=proxy.url(""), attempts=1, timeout=3.0).fetch("https://scene.example/")
        assert fetched.reason == "no complete answer within 3 s"


def test_no_environment_variable_leads_round_the_door(
    recording: Callable[..., Recording], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A proxy named in the environment is not used: what is used is what the user said and the record states."""
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    with SceneServer({"/": b"x"}) as server:
        assert recording().fetch(server.url("/")).whole


def test_a_token_for_https_is_not_sent_in_the_clear(recording: Callable[..., Recording]) -> None:
    """A link to the token's own host and port by http:// does not bring it out where anyone on the way can read it."""
    with SceneServer({"/": b"x"}) as server:
        host = f"127.0.0.1:{server.port}"
        assert recording(tokens={host: "s3cret"}).fetch(server.url("/")).whole
        assert recording(tokens={f"http://{host}": "s3cret"}).fetch(server.url("/")).whole
        assert [seen.header("Authorization") for seen in server.requests] == ["", "Bearer s3cret"]


@pytest.mark.parametrize(
    ("page", "url", "named"),
    [
        ("https://a.example/post?key=1#top", "https://a.example/one.jpg", "https://a.example/post?key=1"),
        ("https://a.example/post?key=1", "https://cdn.example/one.jpg", "https://a.example/"),
        ("https://a.example/post?key=1", "https://a.example:8443/one.jpg", "https://a.example/"),
        ("https://a.example/post?key=1", "http://a.example/one.jpg", ""),
        ("https://a.example/post?key=1", "http://a.example:443/one.jpg", ""),
        ("http://a.example/post?key=1", "https://cdn.example/one.jpg", "http://a.example/"),
    ],
)
def test_what_others_learn_of_the_page(page: str, url: str, named: str) -> None:
    """The address of a page, which may hold a key to it, is told to its own site and to nobody else."""
    assert referrer(page, url) == named


def test_a_redirect_does_not_tell_more_of_the_page(recording: Callable[..., Recording]) -> None:
    """Led on to another host, a request names the site that it came from and not the page."""
    with SceneServer({"/end": b"x"}) as other, SceneServer({}) as server:
        server.files["/"] = redirect(other.url("/end"))
        recording().recorder.fetch(server.url("/"), headers={"Referer": server.url("/post?key=1")})
        assert [seen.header("Referer") for seen in server.requests] == [server.url("/post?key=1")]
        assert [seen.header("Referer") for seen in other.requests] == [server.url("/")]
