"""temp."""
from dataclasses import dataclass


@dataclass(frozen=True)
class MediaType:
    kind: str
    mime: str
    extension: str
def media_type(head: bytes, declared: str | None) -> MediaType:
    if head.startswith(b"\xff\xd8\xff"): return MediaType("photo","image/jpeg",".jpg")
    if b"<html" in head.lower() or b"<!doctype" in head.lower(): return MediaType("page","text/html",".html")
    return MediaType("file","application/octet-stream",".bin")
