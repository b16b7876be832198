"""What the tests of a store share: how `goldenhour store` is run, and a case to run it on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from click.testing import CliRunner

from cli import main
from hashing.ledger.keys import default_key_path, load_or_create_signing_key
from tests.exports.small_case import CaseMaker, Thing, photo

if TYPE_CHECKING:
    from pathlib import Path

    from tests.servers.object_store import ObjectStoreServer

LOCK = ("--lock", "governance", "--retain-until", "2999-12-31")


def run(*words: object) -> tuple[int, str]:
    """Run `goldenhour store`; return its exit code and all that it said."""
    found = CliRunner().invoke(main, ["store", *map(str, words), *([] if words[0] == "list" else ["--quiet"])])
    assert found.exit_code != 1, repr(found.exception)
    return found.exit_code, found.output


def own_case(folder: Path) -> CaseMaker:
    """Make a case of this user's own, with two exhibits and a text."""
    maker = CaseMaker(folder / "OP-ALDER", load_or_create_signing_key(default_key_path())[0])
    maker.capture([Thing("p.jpg", photo(), text="words")])
    maker.capture([Thing("q.jpg", photo(2))])
    return maker


def keys(object_store: ObjectStoreServer, place: str) -> list[str]:
    """Return the keys at a place, but those of scratch objects."""
    prefix = place.removeprefix("s3://evidence/") + "/"
    listed = object_store.client.list_objects_v2(Bucket="evidence", Prefix=prefix)
    return [each["Key"] for each in listed.get("Contents", []) if "/probe/" not in each["Key"]]
