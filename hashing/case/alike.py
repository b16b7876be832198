"""Exhibit references that a reader cannot tell apart: `MP/1` in Latin and in Cyrillic letters, wide or small."""

from __future__ import annotations

import re
import unicodedata

# Capitals of other scripts that look like a Latin one (Unicode Technical Standard 39, confusables).
_LOOKS = str.maketrans(
    "\u0410\u0412\u0415\u041a\u041c\u041d\u041e\u0420\u0421\u0422\u0423\u0425\u0405\u0406\u0408\u04ae\u04c0\u051a\u051c"
    "\u0391\u0392\u0395\u0396\u0397\u0399\u039a\u039c\u039d\u039f\u03a1\u03a4\u03a5\u03a7",
    "ABEKMHOPCTYXSIJYIQW" + "ABEZHIKMNOPTYX",
)
# What shows nothing (Default_Ignorable_Code_Point) and is no format character: joiners, fillers, variation selectors.
_UNSEEN = re.compile("[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\ufe00-\ufe0f\U000e0100-\U000e01ef]")


def as_read(reference: str) -> str:
    """Return one form of all references that look the same."""
    if reference.isascii():
        return reference.upper()
    shown = _UNSEEN.sub("", unicodedata.normalize("NFKC", reference)).upper()
    return "".join(char for char in shown if unicodedata.category(char) != "Cf").translate(_LOOKS)
