"""The one door: a requests adapter whose connections are recorded.

Anything that speaks through requests can be given this adapter and is then recorded, whoever it is.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import requests
import requests.adapters
import requests.cookies

from capture.errors import NotFetched
from capture.recorder.connection import POOLS
from capture.recorder.exchange import OpenExchange, current

if TYPE_CHECKING:
    from collections.abc import Callable

    from urllib3 import ProxyManager


class RecordingAdapter(requests.adapters.HTTPAdapter):
    """Sends each request as an exchange that `begin` opens."""

    def __init__(self, begin: Callable[[requests.PreparedRequest], OpenExchange], connections: int) -> None:
        self._begin = begin
        super().__init__(pool_connections=32, pool_maxsize=connections, max_retries=0)

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401 - handed through
        """Make the pools, of recorded connections."""
        super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = POOLS

    def proxy_manager_for(self, proxy: str, **kwargs: Any) -> ProxyManager:  # noqa: ANN401 - handed through
        """Make the pools that go through a proxy, of recorded connections as well."""
        manager: ProxyManager = super().proxy_manager_for(proxy, **kwargs)
        manager.pool_classes_by_scheme = POOLS
        return manager

    def cert_verify(self, *_: object) -> None:
        """Leave trust to the TLS context of the recorder; requests would set certifi's store instead."""

    def send(self, request: requests.PreparedRequest, *args: Any, **kwargs: Any) -> requests.Response:  # noqa: ANN401 - handed through
        """Send a request. Raises NotFetched, with what came before the failure kept in the exchange."""
        exchange = self._begin(request)
        kwargs["timeout"] = exchange.shared.settings.timeout
        token = current.set(exchange)
        try:
            return super().send(request, *args, **kwargs)
        except requests.RequestException as error:
            again = isinstance(error, requests.ConnectionError | requests.Timeout)
            raise NotFetched(f"the request failed ({_innermost(error)})", again=again) from error
        finally:
            current.reset(token)


class RecordedSession(requests.Session):
    """A session that sends everything through its adapter, and reads only what is asked for."""

    def __init__(self, adapter: RecordingAdapter) -> None:
        super().__init__()
        self.trust_env = False  # neither .netrc passwords nor proxies from the environment
        self.adapters.clear()
        self.mount("http://", adapter)
        self.mount("https://", adapter)

    def prepare_request(self, request: requests.Request) -> requests.PreparedRequest:
        """Prepare a request with what this session has, header fields and cookies; requests would merge nine settings.

        Raises requests.RequestException for what is no address.
        """
        # Without proxies, netrc and parameters from the environment: what is sent must follow from the recorded
        # settings.
        prepared = requests.PreparedRequest()
        prepared.prepare(
            method=request.method,
            url=request.url,
            headers={**self.headers, **request.headers},
            data=request.data,
            auth=request.auth,
            cookies=self.cookies,
        )
        return prepared

    def get_redirect_target(self, resp: requests.Response) -> None:
        """Follow nothing: requests would read and decode the body of a redirect, which may be a bomb."""


def _innermost(error: BaseException) -> str:
    while (cause := error.__cause__ or error.__context__) is not None:
        error = cause
    return str(error)[:200] or type(error).__name__
