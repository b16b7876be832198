"""Signatures and content credentials that files bring along: whether they hold, which is not whether they are true."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from importlib.util import find_spec
from typing import TypeVar

from exports.errors import NotCheckable
from exports.report.words import counted
from hashing.sandbox import NotRead, Readers, descriptor_of
from intelligence.checks.finding import NOT_CHECKED, SIGNED, CheckFinding
from intelligence.checks.material import CheckedItem
from intelligence.checks.signed_claims import LARGEST, SignedClaim

_MODULE = "intelligence.checks.signed_claims"
_SHOWN = ("photo", "video", "audio", "document")
_KEY = "pubkey.asc"
_PROOFS = ("", ".proof.csv", ".proof.json")
"""What of a ProofMode bundle is signed: the file itself, named by its SHA-256, and what its sensors said."""
_NO_TRUST = "whom to trust is not judged: no list of trusted signers is at hand"
_NAMED = 20

T = TypeVar("T")


def signature_findings(items: Sequence[CheckedItem]) -> Iterator[CheckFinding]:
    """Yield of each file with content credentials or ProofMode's signatures whether they hold, and by whose key."""
    libraries = [name for name in ("c2pa", "pysequoia") if find_spec(name) is not None]
    with Readers(load=(_MODULE, *libraries)) as readers:
        yield from _credentials(items, readers, judged="c2pa" in libraries)
        yield from _proof_mode(items, readers, judged="pysequoia" in libraries)


def _credentials(items: Sequence[CheckedItem], readers: Readers, *, judged: bool) -> Iterator[CheckFinding]:
    unread = list[tuple[str, str]]()
    for item in {item.sha256: item for item in reversed(items) if item.kind in _SHOWN and item.size}.values():
        try:
            if not judged:
                if _ask(readers, "has_credentials", bool, item):
                    unread.append((item.ref, "c2pa-python is not installed: pip install 'goldenhour[proofs]'"))
                continue
            found = _ask(readers, "content_credentials", SignedClaim, item, said=(item.mime,))
        except (NotCheckable, OSError, NotRead) as error:
            unread.append((item.ref, str(error)))
            continue
        if found.found:
            holds = "hold: it is as it was signed" if found.holds else f"DO NOT HOLD: {found.reason}"
            by = f" by {found.by}" if found.by else ""
            known = "; ".join(filter(None, (found.said, _NO_TRUST)))
            yield CheckFinding(SIGNED, f"{item.ref}: its content credentials{by} {holds}", ((item.ref, known),))
    if unread:
        said = f"{counted(len(unread), 'file')} whose content credentials were not checked"
        yield CheckFinding(NOT_CHECKED, said, tuple(unread[:_NAMED]))


def _proof_mode(items: Sequence[CheckedItem], readers: Readers, *, judged: bool) -> Iterator[CheckFinding]:
    """Yield of each file whose SHA-256 names a signature beside it whether that and those of its proofs hold."""
    by_url = {item.url: item for item in reversed(items)}
    unread = list[tuple[str, str]]()
    for item in items:
        folder = item.url.rpartition("/")[0]
        if f"{folder}/{item.sha256}.asc" not in by_url and f"{folder}/{item.sha256}.proof.csv" not in by_url:
            continue
        if not judged:
            unread.append((item.ref, "pysequoia is not installed: pip install 'goldenhour[proofs]'"))
            continue
        told, missing, keys = list[tuple[str, str]](), list[str](), dict[str, None]()
        whole = True
        for ending in _PROOFS:
            signed = item if not ending else by_url.get(f"{folder}/{item.sha256}{ending}")
            parts = (signed, by_url.get(f"{folder}/{item.sha256}{ending}.asc"), by_url.get(f"{folder}/{_KEY}"))
            what = ending.removeprefix(".") or "the file"
            if signed is None or None in parts:
                missing.append(what)
                continue
            try:
                found = _ask(readers, "openpgp_signature", SignedClaim, *(each for each in parts if each is not None))
            except (NotCheckable, OSError, NotRead) as error:
                found = SignedClaim(found=True, reason=str(error))
            whole = whole and found.holds
            keys |= {found.by: None} if found.by else {}
            holds = f"holds; {found.said}" if found.holds else f"DOES NOT HOLD: {found.reason}"
            told.append((signed.ref, f"signature of {what} {holds}"))
        if missing:
            told.append((item.ref, f"without what is needed to check {', '.join(missing)}"))
        says = (
            "all three signatures of ProofMode hold"
            if whole and not missing
            else "NOT ALL signatures of ProofMode hold"
        )
        by = f", by key {', '.join(keys)}, which came along with it" if keys else ""
        yield CheckFinding(SIGNED, f"{item.ref}: {says}{by}", tuple(told))
    if unread:
        said = f"{counted(len(unread), 'file')} whose ProofMode signatures were not checked"
        yield CheckFinding(NOT_CHECKED, said, tuple(unread[:_NAMED]))


def _ask(readers: Readers, function: str, answer: type[T], *items: CheckedItem, said: tuple[str, ...] = ()) -> T:
    """Ask the sandbox about these items' files. Raises NotCheckable, OSError, NotRead."""
    if (size := sum(item.size for item in items)) > LARGEST:
        raise NotCheckable(f"a file of {size:,} bytes is not checked here")
    with ExitStack() as stack:
        files = [stack.enter_context(descriptor_of(stack.enter_context(item.open()))) for item in items]
        return readers.ask(f"{_MODULE}:{function}", *said, files=files, answer=answer)
