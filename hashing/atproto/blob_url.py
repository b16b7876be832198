"""The address of a blob (https://docs.bsky.app/docs/api/com-atproto-sync-get-blob), which says what must be there."""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

_GET_BLOB = "/xrpc/com.atproto.sync.getBlob"


def promised_sha256(url: str) -> str:
    """Return the SHA-256 in hexadecimal of the only file that may be at an address; "" where it promises none."""
    if _GET_BLOB not in url:
        return ""
    from hashing.atproto import Cid, Malformed

    try:
        parts = urlsplit(url)
        cid = parse_qs(parts.query, max_num_fields=20).get("cid", [""])[0]
        return Cid.parse(cid).digest.hex() if parts.path.endswith(_GET_BLOB) else ""
    except (ValueError, Malformed):
        return ""
