"""One thing that a check found: a fact, with the items that it rests on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from exports.format.found_words import WORDS

SAME_BYTES, SAME_PICTURE, SAME_TEXT = "same bytes", "same picture", "same text"
TIME, ADDRESS, ACCOUNT, CAMERA, SOFTWARE = "time", "address", "account", "camera", "software"
PLACE, SUN, EDITED, SIGNED = "place", "sun", "edited", "signed"
VERSIONS = "versions"
NOT_CHECKED = "not checked"
# The kinds in the order in which they are told, each with its heading.
KINDS = {
    SAME_BYTES: "Items with the same bytes",
    SAME_PICTURE: "Photos and videos that show the same picture, or nearly",
    SIGNED: "Signatures and content credentials that files bring along",
    SAME_TEXT: "Texts that say nearly the same",
    WORDS: "Words that programs read in photos, and hear in recordings",
    TIME: "Times that do not fit together",
    PLACE: "Places that do not fit together",
    SUN: "Where the sun stood, by the claimed place and time",
    EDITED: "Photos whose thumbnail has another shape",
    ADDRESS: "Addresses that were captured more than once",
    VERSIONS: "Posts that were captured more than once and do not say the same",
    ACCOUNT: "Accounts under several names",
    CAMERA: "Cameras, as the photos claim",
    SOFTWARE: "Programs, as the files claim",
    NOT_CHECKED: "What could not be checked",
}


@dataclass(frozen=True, slots=True)
class CheckFinding:
    """A fact over one or more items. `says` is a sentence; `rests_on` has for each item what it contributes."""

    kind: str
    says: str
    # Reference, and what is known of that item, in the order in which it is to be read.
    rests_on: tuple[tuple[str, str], ...] = ()

    def to_json(self) -> dict[str, Any]:
        """Return the same as plain values, for `check --json`."""
        items = [{"ref": ref, "known": known} for ref, known in self.rests_on]
        return {"finding": self.kind, "says": self.says, "items": items}
