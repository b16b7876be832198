"""What a redacted text does not say: the names that head it, in any spelling and script, addresses, long numbers."""

from __future__ import annotations

import unicodedata

import pytest

from intelligence.intake.redacted_text import BLACK, redacted, words_of

_NAMED = {
    "decomposed": ("José Núñez", unicodedata.normalize("NFD", "José"), BLACK),
    "without accents": ("José Núñez", "Jose NUNEZ", f"{BLACK} {BLACK}"),
    "as a handle": ("Zoe Quicksand", "zoe_quicksand84 zoequick realquicksand", f"{BLACK}_{BLACK}84 zoequick {BLACK}"),
    "inflected": ("Peter Müller", "Peters, Müllers", f"{BLACK}, {BLACK}"),
    "two letters": ("Bo Li", "I am Bo Li", f"I am {BLACK} {BLACK}"),
    "a hidden mark": ("Zoe", "Zo\u200be", BLACK),
    "full width": ("Zoe", "\uff3a\uff4f\uff45", BLACK),
    "a dotted capital": ("İpek", "ipek", BLACK),
    "chinese": ("王小明", "我是王小明。小明住在北京", f"我是{BLACK}。{BLACK}住在北京"),
    "korean": ("김민수", "저는 김민수입니다 민수가", f"저는 {BLACK}입니다 {BLACK}가"),
    "thai": ("สมชาย", "ฉันชื่อสมชายครับ", f"ฉันชื่อ{BLACK}ครับ"),
    "hindi": ("प्रिया", "मैं प्रिया हूँ", f"मैं {BLACK} हूँ"),
}
_ANYWHERE = {
    "a mention in WhatsApp": "@\u2068Zoe Quicksand\u2069",
    "a number as WhatsApp writes it": "\u202a+1\u00a0(202)\u00a0555\u20110123\u202c",
    "a French number": "06.12.34.56.78",
    "a French number with dashes": "06-12-34-56-78",
    "a number in other digits": "٠٧٧٠٠٩٠٠١٢٣",
    "with an en dash": "07700\u2013900123",
    "an address without a scheme": "t.me/zoe",
    "a host alone": "zoe-quicksand.example",
    "an address of the network": "192.0.2.7",
    "a long address of the network": "2001:db8:85a3:0:1:8a2e:370:7334",
    "the same, shortened": "2001:db8::8a2e:7334",
    "another scheme": "signal://zoe",
}


@pytest.mark.parametrize(("name", "text", "shown"), _NAMED.values(), ids=_NAMED)
def test_a_name_in_any_spelling(name: str, text: str, shown: str) -> None:
    """Whoever is named at the head of a text is not named within it, however that is written."""
    assert redacted(text, words_of(name)) == shown


@pytest.mark.parametrize("said", _ANYWHERE.values(), ids=_ANYWHERE)
def test_what_names_somebody_anywhere(said: str) -> None:
    """Mentions, numbers and addresses are blacked out also where they follow a colon, and nothing beside them is."""
    assert redacted(f"by:{said} it was", set()) == f"by:{BLACK} it was"


def test_dates_and_words_stay() -> None:
    """Dates, times and sentences are what a reader needs, and are left."""
    said = "On 24.11.2026 at 10:15:02, 2026-11-24T10:15:02, 24/11/26 10.15: to me e.g. a van. Red.It went in 2019."
    assert redacted(said, words_of("Zoe Quicksand <zoe@quicksand.me>")) == said


@pytest.mark.parametrize("part", ["a", "a.", "a@", "1 ", "a-", "@.", "1(", "王小"])
def test_a_text_of_any_length_is_read_through_once(part: str) -> None:
    """No text makes redaction go over it again and again: half a million characters come to their end."""
    assert redacted(part * 250_000, words_of("Zoe Quicksand"))
