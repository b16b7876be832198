"""Where in a store a case or a bundle is: a bucket, and what the names of its objects begin with."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Self

_ADDRESS = re.compile(r"s3://([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])(?:/([A-Za-z0-9!_.*'()/=+@, -]{0,700}))?")


@dataclass(frozen=True, slots=True)
class Location:
    """`s3://BUCKET/PREFIX`; one prefix holds one case or bundle."""

    bucket: str
    prefix: str

    @classmethod
    def parse(cls, text: str) -> Self | None:
        """Read an address; None where it is none."""
        found = _ADDRESS.fullmatch(text)
        if found is None:
            return None
        prefix = (found[2] or "").strip("/")
        return None if prefix and set(prefix.split("/")) & {"", ".", ".."} else cls(found[1], prefix)

    def key(self, *parts: str) -> str:
        """Return the key of an object below the prefix."""
        return "/".join((*filter(None, [self.prefix]), *parts))

    def below(self, name: str) -> Location:
        """Return the place one level deeper."""
        return Location(self.bucket, self.key(name))

    def named(self, key: str) -> str:
        """Return an object's address, for messages."""
        return f"s3://{self.bucket}/{key}"

    def __str__(self) -> str:
        return self.named(self.prefix).rstrip("/")
