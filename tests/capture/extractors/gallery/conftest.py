"""The stand-ins of the sites, and captures of them."""

from __future__ import annotations

from http.cookiejar import CookieJar
from typing import TYPE_CHECKING, Any

import pytest
import requests

from tests.servers.sites import SocialSites

if TYPE_CHECKING:
    from collections.abc import Callable

    from capture.run.run import CaptureResult
    from exports.format.capture_view import CaptureView

    Captured = Callable[..., tuple[CaptureResult, CaptureView]]


def session(domain: str, **values: str) -> CookieJar:
    """Return a session with a site, as a cookies file gives it."""
    jar = CookieJar()
    for name, value in values.items():
        cookie = requests.cookies.create_cookie(name, value, domain=domain, secure=True)  # type: ignore[no-untyped-call]  # its stubs have no types
        jar.set_cookie(cookie)
    return jar


@pytest.fixture
def of_sites(captured: Captured, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Any]:
    """Return a function that captures scenes of stand-ins, without pauses and second attempts."""

    def _capture(sites: SocialSites, scene: str, **changed: Any) -> tuple[CaptureResult, CaptureView]:  # noqa: ANN401 - any option
        monkeypatch.setenv("SSL_CERT_FILE", str(sites.ca_file))
        return captured(scene, **{"site_delay": 0.0, "attempts": 1, **changed})

    return _capture
