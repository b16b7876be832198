"""Recording in a case's ledger that its exhibits were copied to a store: once for each exhibit, store and lock."""

from __future__ import annotations

from exports.store.location import Location
from exports.store.push import Pushed
from hashing.case.case import Case
from hashing.case.custody import Handling, record_custody
from hashing.case.events import CaptureSealed, Custody
from hashing.ledger.keys import SigningKey

COPIED = "copied"


def record_copies(case: Case, pushed: Pushed, location: Location, *, key: SigningKey, officer: str) -> tuple[str, ...]:
    """Record as a custody event that the exhibits which were pushed are in a store; return their references.

    Raises NotRecordable, InUse, Unwritable, NotAsSigned.
    """
    handling = Handling(action=COPIED, receiver=str(location), reason=f"object lock: {pushed.lock}")
    told, exhibits = set[str](), list[str]()
    for number, event in enumerate(case.events()):
        if isinstance(event, CaptureSealed) and number < pushed.head.info.lines:
            exhibits.append(event.exhibit)
        elif isinstance(event, Custody):
            said = (event.action, event.receiver, event.reason)
            if said == (handling.action, handling.receiver, handling.reason):
                told.add(event.ref)
    refs = [exhibit for exhibit in exhibits if exhibit not in told]
    if refs:
        record_custody(case, refs, handling, key=key, officer=officer)
    return tuple(refs)
