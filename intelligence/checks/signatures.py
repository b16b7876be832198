"""Signatures and content credentials that files bring along: whether they hold, which is not whether they are true."""

from __future__ import annotations

import re
from array import array
from collections.abc import Container, Iterator, Mapping, Sequence
from contextlib import ExitStack
from importlib.util import find_spec
from typing import TypeVar

from exports.errors import NotCheckable
from exports.format.kept import Picked
from exports.format.lookup import Lookup
from exports.report.words import counted, proven
from hashing.sandbox import NotRead, Readers, descriptor_of
from hashing.tool import installs
from intelligence.checks.finding import SIGNED, CheckFinding
from intelligence.checks.groups import UnreadItems, first_of_each, grouped
from intelligence.checks.material import CheckedItem
from intelligence.checks.signed_claims import LARGEST, SignedClaim
from intelligence.checks.signed_words import may_carry_credentials
from intelligence.checks.trust_list import TrustList

_MODULE = "intelligence.checks.signed_claims"
_SHOWN = ("photo", "video", "audio", "document")
_KEY = "pubkey.asc"
# ProofMode names each file of a bundle by the SHA-256 of what it is about.
_PROOF = re.compile(r"([0-9a-f]{64})(?:\.proof\.(?:csv|json))?(?:\.asc)?")
# What of a ProofMode bundle is signed: the file itself, named by its SHA-256, and what its sensors said.
_PROOFS = ("", ".proof.csv", ".proof.json")
_NO_TRUST = "whom to trust is not judged: no list of trusted signers was named"
_NOT_TOLD = "what they say is not told: it was handed in by a protected source"
_OF_X509 = ("cryptography.x509", "cryptography.hazmat.primitives.asymmetric.ec")
T = TypeVar("T")


def signature_findings(
    items: Sequence[CheckedItem], trust: TrustList | None = None, bare: Container[str] = ()
) -> Iterator[CheckFinding]:
    """Yield of each file with content credentials or ProofMode's signatures whether they hold, and by whose key.

    Of content credentials that hold, also whether their signer is on the list `trust`. Files whose SHA-256 are `bare`
    are known to have none, and not read again.
    """
    # Loaded before the process is confined, and only where they are installed: they are an optional extra.
    libraries = [name for name in ("c2pa", "pysequoia") if find_spec(name) is not None]
    with Readers(
        load=(_MODULE, "cryptography.x509", "cryptography.hazmat.primitives.asymmetric.ec", *libraries)
    ) as readers:
        yield from _credentials(items, bare, readers, trust, judged="c2pa" in libraries)
        yield from _proof_mode(items, readers, judged="pysequoia" in libraries)
        yield from _web_archives(items, readers)
    yield from _signed_posts(items)


def _credentials(
    items: Sequence[CheckedItem], bare: Container[str], readers: Readers, trust: TrustList | None, *, judged: bool
) -> Iterator[CheckFinding]:
    certificates, unread = trust.certificates if trust is not None else "", UnreadItems()

    def _may_have_some(item: CheckedItem) -> bool:
        return item.kind in _SHOWN and bool(item.size) and item.sha256 not in bare

    for item in Picked(items, array("I", first_of_each(items, _may_have_some))):
        try:
            if not _may_carry(item):
                continue
            if not judged:
                unread.add(item, f"c2pa-python is not installed: {installs('c2pa-python>=0.38')}")
                continue
            claim = _ask(readers, "content_credentials", SignedClaim, item, said=(item.mime, certificates))
        except (NotCheckable, OSError, NotRead) as error:
            unread.add(item, str(error))
            continue
        if claim.found:
            why = _NOT_TOLD if item.protected else claim.reason
            holds = "hold: it is as it was signed" if claim.holds else f"DO NOT HOLD: {why}"
            by = f" by {claim.by}" if claim.by and not item.protected else ""
            content = _NOT_TOLD if item.protected else claim.said
            known = "; ".join(filter(None, (content, _trusted(claim, trust))))
            yield CheckFinding(SIGNED, f"{item.ref}: its content credentials{by} {holds}", ((item.ref, known),))
    yield from unread.told(f"{counted(unread.count, 'file')} whose content credentials were not checked")


def _trusted(found: SignedClaim, trust: TrustList | None) -> str:
    """Say whether a signer is to be trusted, by the list; of a file that is not as it was signed, nothing."""
    if trust is None:
        return _NO_TRUST
    if not found.holds:
        return ""
    return f"its signer is {'trusted' if found.trusted else 'NOT trusted'} by {trust.title}"


def _may_carry(item: CheckedItem) -> bool:
    with item.open() as file:
        return may_carry_credentials(file)


def _proof_mode(items: Sequence[CheckedItem], readers: Readers, *, judged: bool) -> Iterator[CheckFinding]:
    """Yield of each ProofMode bundle whether its signatures hold: a file that was altered is none of its name's."""
    # A ProofMode bundle is a folder of files that name each other by SHA-256.
    proven, unread = Lookup[str, str](str), UnreadItems()
    for item in items:
        folder, _, name = item.url.rpartition("/")
        if _PROOF.fullmatch(name):
            proven[folder] = ""

    def _folder(item: CheckedItem) -> str:
        folder = item.url.rpartition("/")[0]
        return f"{folder}/" if folder in proven else ""

    for folder, group in grouped(items, _folder, 1):
        named = {item.url.removeprefix(folder): item for item in group}
        by_sha256 = {item.sha256: item for item in named.values()}
        for sha256 in dict.fromkeys(match[1] for match in map(_PROOF.fullmatch, named) if match):
            signed = {ending: named.get(f"{sha256}{ending}") for ending in _PROOFS} | {"": by_sha256.get(sha256)}
            signatures = {ending: named.get(f"{sha256}{ending}.asc") for ending in _PROOFS}
            first = next(item for item in (*signed.values(), *signatures.values()) if item is not None)
            if judged:
                yield _proven(first, signed, signatures, named.get(_KEY), readers)
            else:
                unread.add(first, f"pysequoia is not installed: {installs('pysequoia>=0.1.35')}")
    yield from unread.told(f"{counted(unread.count, 'file')} whose ProofMode signatures were not checked")


def _proven(
    first: CheckedItem,
    signed: Mapping[str, CheckedItem | None],
    signatures: Mapping[str, CheckedItem | None],
    key: CheckedItem | None,
    readers: Readers,
) -> CheckFinding:
    """Return what came of the three signatures of one bundle; `first` stands for it."""
    rests_on, missing, keys = list[tuple[str, str]](), list[str](), dict[str, None]()
    whole = True
    for ending in _PROOFS:
        what = ending.removeprefix(".") or "the file"
        item, signature = signed[ending], signatures[ending]
        # A missing signature is no lesser fault than a false one: otherwise removing it would be the way to alter a
        # file.
        if item is None or signature is None or key is None:
            missing.append(what)
            continue
        try:
            claim = _ask(readers, "openpgp_signature", SignedClaim, item, signature, key)
        except (NotCheckable, OSError, NotRead) as error:
            claim = SignedClaim(found=True, reason=str(error))
        whole = whole and claim.holds
        keys |= {claim.by: None} if claim.by and not item.protected else {}
        holds = f"holds; {claim.said}" if claim.holds else f"DOES NOT HOLD: {claim.reason}"
        rests_on.append((item.ref, f"signature of {what} {holds}"))
    # The file, and what the sensors said of it twice: all three or the bundle is not as it was made.
    if missing:
        rests_on.append((first.ref, f"not here as it was signed, or without signature or key: {', '.join(missing)}"))
    says = "all three signatures of ProofMode hold" if whole and not missing else "NOT ALL signatures of ProofMode hold"
    by = f", by key {', '.join(keys)}, which came along with it" if keys else ""
    return CheckFinding(SIGNED, f"{first.ref}: {says}{by}", tuple(rests_on))


def _web_archives(items: Sequence[CheckedItem], readers: Readers) -> Iterator[CheckFinding]:
    """Yield of each WACZ that is signed whether its signature holds over its list of files."""
    # The signature is over the digest of datapackage.json, which lists the digests of all others.
    by_url: Lookup[str, int] = Lookup(str)
    for number, item in enumerate(items):
        if item.url.endswith("/datapackage.json"):
            by_url.setdefault(item.url, number)
    for item in items if by_url else ():
        folder, _, name = item.url.rpartition("/")
        number = by_url.get(f"{folder}/datapackage.json", -1)
        if name != "datapackage-digest.json" or number < 0:
            continue
        package = items[number]
        try:
            claim = _ask(readers, "wacz_signature", SignedClaim, item, package)
        except (NotCheckable, OSError, NotRead) as error:
            claim = SignedClaim(found=True, reason=str(error))
        if claim.found:
            holds = "holds over its list of files" if claim.holds else f"DOES NOT HOLD: {claim.reason}"
            by = f" by {claim.by}" if claim.by and not item.protected else ""
            content = _NOT_TOLD if item.protected else claim.said
            known = "; ".join(filter(None, (content, "whose key or domain it is, is not judged")))
            yield CheckFinding(SIGNED, f"{item.ref}: the signature of the WACZ{by} {holds}", ((item.ref, known),))


def _signed_posts(items: Sequence[CheckedItem]) -> Iterator[CheckFinding]:
    """Yield of each signed proof of a post whether it holds, as it was found when it was captured."""
    for item in items:
        if (proof := item.proof) is not None:
            told = [(item.ref, f"signed by {proof.key}" if proof.key else "")]
            told += [(proof.post, "the post, which says the same")] if proof.post and not proof.problem else []
            yield CheckFinding(SIGNED, f"{item.ref}: {proven(proof)}", tuple(told))


def _ask(readers: Readers, function: str, answer: type[T], *items: CheckedItem, said: tuple[str, ...] = ()) -> T:
    """Ask the sandbox about these items' files. Raises NotCheckable, OSError, NotRead."""
    if (size := sum(item.size for item in items)) > LARGEST:
        raise NotCheckable(f"a file of {size:,} bytes is not checked here")
    with ExitStack() as stack:
        files = [stack.enter_context(descriptor_of(stack.enter_context(item.open()))) for item in items]
        return readers.ask(f"{_MODULE}:{function}", *said, files=files, answer=answer)
