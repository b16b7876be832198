"""XRPC (https://atproto.com/specs/xrpc): how a server of the AT Protocol is asked, and what its answers hold."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import quote, urlencode, urlsplit

from capture.extractors.json_value import line, mapping
from capture.extractors.served_json import NotJson, ServedJson
from capture.recorder.decoding import NotDecoded, read_decoded

if TYPE_CHECKING:
    from capture.extractors.json_value import Json
    from capture.request.extractor import Answer, StoredItem

_LOGIN = frozenset({401, 403})


@dataclass(frozen=True, slots=True, kw_only=True)
class Body:
    """What an answer holds, without its content coding, and the item that it is."""

    data: bytes
    stored: StoredItem

    @property
    def ref(self) -> str:
        """The item's reference."""
        return self.stored.item.ref


def query(origin: str, method: str, **parameters: str | int) -> str:
    """Return the URL of a query."""
    return f"{origin}/xrpc/{method}?{urlencode(parameters, safe=':/', quote_via=quote, errors='replace')}"


def host_of(url: str) -> str:
    """Return the host of a URL, with the port where one is named."""
    return urlsplit(url).netloc


def body_of(answer: Answer) -> Body | None:
    """Return what came, or None where it is not what was asked for, or cannot be decoded. Raises Unreadable."""
    if answer.stored is None or answer.reason:
        return None
    try:
        data = read_decoded(answer.stored.body, answer.stored.item.content_encoding)
    except NotDecoded:
        return None
    return Body(data=data, stored=answer.stored)


def object_of(data: bytes) -> Json:
    """Return the object that an answer is; an empty one for anything else."""
    try:
        return mapping(ServedJson(data).whole().value)
    except NotJson:
        return {}


def xrpc_error(answer: Answer) -> tuple[str, str]:
    """Return the name of the error that a server answers, such as `RecordNotFound`, and its message; "" for neither."""
    said = object_of(answer.sample)
    return line(said.get("error"), 100), line(said.get("message"), 200)


def refusal(answer: Answer) -> str:
    """Say in words why an answer is not what was asked for."""
    words = ": ".join(filter(None, xrpc_error(answer)))
    reason = answer.reason or "what it answered is stored, but could not be decoded"
    return f"{reason} ({words})" if words else reason


def demands_login(answer: Answer) -> bool:
    """Whether a server answers those alone who log in."""
    return answer.status in _LOGIN
