"""The one module that speaks with a store: S3 over HTTP by boto3, with credentials by the usual AWS chain alone.

The chain is boto3's: environment, shared files, profile, single sign-on, the machine's role. An endpoint other than
AWS's is named there too (`AWS_ENDPOINT_URL_S3`, or `endpoint_url` of a profile). All that the store answers is hostile:
answers have a bound, and of its errors only the code is told.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterator
from copy import copy
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Self

from exports.errors import NotAnswered, StoreRefused
from exports.store.location import Location
from hashing.printable import printable
from hashing.tool import installs

WORKERS = 8  # Requests at the same time.
COMPLIANCE, GOVERNANCE = "COMPLIANCE", "GOVERNANCE"
# Bytes of an answer that is not a body: a page of 1,000 names of 1,024 bytes is far smaller.
_LARGEST_ANSWER = 16 << 20
_MOST_TAGS = 100_000  # Tags in such an answer: 1,000 versions of objects have 24,000.
_MOST_PAGES = 10_000  # Pages of a list: ten million objects.
_PIECE = 1 << 20
_REDIRECTS = {301, 302, 303, 307, 308}
_ATTEMPTS = 5
_CONNECT_SECONDS, _READ_SECONDS = 20, 60
# What a store says of an object that is not there, or of which a delete marker is the newest version.
_NOT_THERE = {"404", "NoSuchKey", "NoSuchVersion", "MethodNotAllowed", "405"}
_OWN_FAULT = 500
_FAILED = "the store failed (it may be full): run the command again, it goes on where it was"
_HINTS = {
    "NoSuchBucket": "make the bucket with object lock, or check its name",
    "AccessDenied": "these credentials may not do it: ask whoever runs the store",
    "403": "these credentials may not do it: ask whoever runs the store",
    "InvalidAccessKeyId": "check the credentials",
    "SignatureDoesNotMatch": "check the credentials",
    "ExpiredToken": "log in again",
}
_WORDS = {
    "EndpointConnection": "nothing answers at its address",
    "ConnectTimeout": "nothing answers at its address",
    "ConnectionClosed": "it closed the connection",
    "ReadTimeout": "it stopped answering",
    "HTTPClient": "the connection broke off",
    "IncompleteRead": "the connection broke off",
    "ResponseStreaming": "the connection broke off",
    "SSL": "its certificate is not trusted",
    "InvalidEndpoint": "its address is none",
    "Elsewhere": "it says that it is somewhere else; set AWS_ENDPOINT_URL_S3 to where it is",
    "Endless": "its list has no end",
    "Value": "its address is none, or what it answered is not S3",
}


class _Elsewhere(ValueError):
    """A redirect that names no region of AWS: botocore would ask where to without end."""


class _Endless(ValueError):
    """A list with more pages than any."""


@dataclass(frozen=True, slots=True)
class StoredObject:
    """What a store says of a version of an object. `sha256` is of all bytes, "" where it gives none.

    `composite` is what it gives of an object that came in parts: the SHA-256 of the SHA-256 of the parts, and their
    number, as S3 writes it.
    """

    size: int
    sha256: str
    composite: str
    version: str
    mode: str
    until: datetime | None
    hold: bool

    @property
    def locked(self) -> bool:
        """Whether it has a lock of any kind."""
        return bool(self.mode) or self.hold


class ObjectStore:
    """A connection to the store that a location is in; a context manager. Raises NotAnswered."""

    def __init__(self, location: Location) -> None:
        try:
            import boto3
            from botocore import exceptions
            from botocore.config import Config
            from botocore.parsers import ResponseParserError
            from urllib3.exceptions import HTTPError
        except ImportError as error:
            raise NotAnswered(
                f"{location}: the library boto3 is not installed", hint=f"install it with: {installs('boto3>=1.40')}"
            ) from error
        self.location = location
        self._failures = (exceptions.BotoCoreError, ResponseParserError, HTTPError, ValueError)
        self._refusal = exceptions.ClientError
        self._cut_off, self._broken = HTTPError, exceptions.HTTPClientError
        config = Config(
            retries={"mode": "standard"},
            connect_timeout=_CONNECT_SECONDS,
            read_timeout=_READ_SECONDS,
            max_pool_connections=2 * WORKERS,
        )
        try:
            session = boto3.Session()
            self._client = session.client("s3", config=config)
            host = self._client.meta.endpoint_url.partition("//")[2].partition("/")[0]
            if not host.partition(":")[0].endswith((".amazonaws.com", ".amazonaws.com.cn")):
                # Others seldom have a name in the DNS for each bucket.
                paths = config.merge(Config(s3={"addressing_style": "path"}))
                self._client = session.client("s3", config=paths, region_name=session.region_name or "us-east-1")
        except self._failures as error:
            raise self._not_answered(error) from error
        self._client.meta.events.register("before-send.s3", self._send)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._client.close()

    def at(self, location: Location) -> Self:
        """Return the same connection for another place in the bucket."""
        other = copy(self)
        other.location = location
        return other

    def call(self, operation: str, **parameters: Any) -> dict[str, Any]:  # noqa: ANN401 - those of S3's own operations
        """Do one of S3's operations on the bucket, and return the answer. Raises StoreRefused, NotAnswered."""
        try:
            answer: dict[str, Any] = getattr(self._client, operation)(Bucket=self.location.bucket, **parameters)
        except self._refusal as error:
            status = int(error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0))
            code = printable(str(error.response.get("Error", {}).get("Code", "")), 60)
            what = self.location.named(str(parameters.get("Key", parameters.get("Prefix", ""))))
            raise StoreRefused(
                f"{what.rstrip('/')}: the store answered {code} ({status}) to {operation.replace('_', ' ')}",
                hint=_HINTS.get(code, "" if status < _OWN_FAULT else _FAILED),
                code=code,
                status=status,
            ) from error
        except self._failures as error:
            raise self._not_answered(error) from error
        return answer

    def found(self, key: str, version: str = "") -> StoredObject | None:
        """Return what the store says of an object, or of one version; None where it is not there."""
        try:
            said = self.call("head_object", Key=key, ChecksumMode="ENABLED", **_of_version(version))
        except StoreRefused as error:
            if error.code in _NOT_THERE or (version and error.code in {"400", "InvalidArgument"}):
                return None
            raise
        sha256, composite = _checksum(said.get("ChecksumSHA256", ""))
        until = said.get("ObjectLockRetainUntilDate")
        return StoredObject(
            size=said.get("ContentLength", -1),
            sha256=sha256,
            composite=composite,
            version=said.get("VersionId", ""),
            mode=said.get("ObjectLockMode", ""),
            until=until if isinstance(until, datetime) and until.tzinfo else None,
            hold=said.get("ObjectLockLegalHoldStatus") == "ON",
        )

    def keys(self, prefix: str) -> Iterator[str]:
        """Yield the keys that begin with a prefix, in their order; one that does not is not listed."""
        after = ""
        for _ in range(_MOST_PAGES):
            page = self.call("list_objects_v2", Prefix=prefix, **({"StartAfter": after} if after else {}))
            keys = sorted({str(entry.get("Key", "")) for entry in page.get("Contents", [])})
            keys = [key for key in keys if key > after and key.startswith(prefix)]
            yield from keys
            if not page.get("IsTruncated") or not keys:
                return
            after = keys[-1]
        raise self._not_answered(_Endless())

    def versions(self, prefix: str, most_pages: int = _MOST_PAGES) -> Iterator[tuple[str, list[str]]]:
        """Yield each object whose key begins so with its versions, the oldest first; "" stands for a delete marker."""
        found: dict[str, list[tuple[bool, str]]] = {}
        after: dict[str, str] = {}
        for _ in range(most_pages):
            page = self.call("list_object_versions", Prefix=prefix, **after)
            for kind in ("Versions", "DeleteMarkers"):
                for each in page.get(kind, []):
                    version = str(each.get("VersionId", "")) if kind == "Versions" else ""
                    found.setdefault(str(each.get("Key", "")), []).append((bool(each.get("IsLatest")), version))
            further = {
                "KeyMarker": page.get("NextKeyMarker", ""),
                "VersionIdMarker": page.get("NextVersionIdMarker", ""),
            }
            further = {name: str(value) for name, value in further.items() if value}
            ended = not page.get("IsTruncated") or not further or further == after
            going_on = "" if ended else max(found, default="")  # of the last key the next page may have more
            for key in [key for key in found if ended or key != going_on]:
                versions = found.pop(key)[::-1]  # a store lists the newest of a kind first
                yield key, [version for _, version in sorted(versions, key=lambda each: each[0])]
            if ended:
                return
            after = further
        raise self._not_answered(_Endless())

    def folders(self, prefix: str) -> list[str]:
        """Return the names that stand one level below a prefix, of the first thousand."""
        page = self.call("list_objects_v2", Prefix=prefix, Delimiter="/")
        found = (str(each.get("Prefix", "")) for each in page.get("CommonPrefixes", []))
        return sorted(each.removeprefix(prefix).rstrip("/") for each in found if each.startswith(prefix))

    def read(self, key: str, version: str = "", begin: int = 0) -> Iterator[bytes]:
        """Yield an object's bytes in pieces; goes on where the connection broke off, as long as some bytes come.

        Whoever takes them stops when there are too many. Raises StoreRefused, NotAnswered.
        """
        done, fruitless = begin, 0
        while True:
            came = done
            try:
                byte_range = {"Range": f"bytes={done}-"} if done else {}
                with self.call("get_object", Key=key, **_of_version(version), **byte_range)["Body"] as body:
                    while piece := body.read(_PIECE):
                        done += len(piece)
                        yield piece
            except self._failures as error:
                fruitless = 0 if done > came else fruitless + 1
                if fruitless == _ATTEMPTS:
                    raise self._not_answered(error) from error
            else:
                return

    def _send(self, request: Any, **_: Any) -> Any:  # noqa: ANN401 - botocore's own types
        """Send a request in botocore's stead, to read no more of an answer than any answer has. A hook of botocore."""
        streamed, request.stream_output = request.stream_output, True
        response = self._client._endpoint.http_session.send(request)  # noqa: SLF001 - with the chain's proxies and certificates
        if response.status_code in _REDIRECTS and "x-amz-bucket-region" not in response.headers:
            response.raw.close()
            raise _Elsewhere
        if not streamed or response.status_code >= 300:  # noqa: PLR2004 - an error's text
            try:
                said = response.raw.read(_LARGEST_ANSWER + 1)
                if len(said) > _LARGEST_ANSWER or said.count(b"<") > _MOST_TAGS:
                    raise ValueError("an answer that is longer than any of a store")
            except self._cut_off as error:
                raise self._broken(error=error) from error
            finally:
                response.raw.close()
            response._content = said  # noqa: SLF001 - where botocore keeps it
        return response

    def _not_answered(self, error: Exception) -> NotAnswered:
        """Say in plain words what happened; the library's own words could hold what is nobody's business."""
        kind = type(error).__name__.strip("_").removesuffix("Error")
        if "Credential" in kind or kind in {"ProfileNotFound", "NoAuthToken", "SSOToken", "UnauthorizedSSOToken"}:
            hint = "set AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or run: aws configure"
            return NotAnswered(f"{self.location}: no credentials for the store ({kind})", hint=hint)
        words = _WORDS.get(kind, "what it answered is not S3")
        hint = "check the network and AWS_ENDPOINT_URL_S3, then run the command again: it goes on where it was"
        return NotAnswered(f"{self.location}: the store could not be asked ({words})", hint=hint)


def _of_version(version: str) -> dict[str, str]:
    return {"VersionId": version} if version else {}


def encoded(sha256: str) -> str:
    """Return a SHA-256 as S3 writes it."""
    return base64.b64encode(bytes.fromhex(sha256)).decode()


def _checksum(said: str) -> tuple[str, str]:
    """Return a checksum of the store as SHA-256 in hexadecimal, or as it is where it is of parts."""
    if "-" in said:
        return "", said
    try:
        return base64.b64decode(said, validate=True).hex(), ""
    except (binascii.Error, ValueError):
        return "", ""
