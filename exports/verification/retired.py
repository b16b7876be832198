"""What it means for a seal that its key is retired, as far as this user knows."""

from __future__ import annotations

from collections.abc import Iterable

from exports.format.result import Findings, Unchecked
from hashing.case.case import token_path
from hashing.case.retirement import Retirement


def check_retired(findings: Findings, retirements: Iterable[Retirement]) -> None:
    """Say which seals were made with a key that is retired.

    Where the key was stolen, a seal may have been made since by somebody else: it could not be checked, unless a
    trusted time shows that it is older. Such a time counts only under a root that was demanded, for anybody can be an
    authority. A key that was only laid down leaves what it signed as it is.
    """
    known = {each.fingerprint: each for each in retirements}
    if not known:
        return
    times = {each.path: each.time for each in findings.timestamps if each.confirmed}
    for signer in findings.signers:
        retired = known.get(signer.fingerprint)
        if retired is None:
            continue
        reason = f" ({retired.reason})" if retired.reason else ""
        word = "stolen" if retired.stolen else "retired"
        said = f"signed with the key {signer.fingerprint}, which is stated to be {word} since {retired.time}{reason}"
        before = times.get(token_path(signer.covers), "")
        if before and before < retired.time:
            findings.notes.append(f"{signer.covers}: {said}; its trusted time is {before}, before that")
        elif retired.stolen:
            findings.unchecked.append(Unchecked(signer.covers, f"{said}; no trusted time shows that the seal is older"))
        else:
            findings.notes.append(f"{signer.covers}: {said}")
