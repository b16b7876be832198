from __future__ import annotations

import base64
import json
import re
from urllib.parse import quote

import pytest

from capture.extractors.child.placeholders import Placeholders

CT0 = "0f" * 80


@pytest.mark.parametrize(
    ("value", "form"),
    [
        (CT0, r"[0-9a-f]{160}"),
        ("Zx9_kQ-4" * 4, r"([A-Z][a-z][0-9]_[a-z][A-Z]-[0-9]){4}"),
        ("8812345678%3AeZqDh4zxRpQvLk7Wab%3A24", r"8812345678%3A[A-Za-z0-9]{18}%3A24"),
        ("550e8400-e29b-41d4-a716-446655440000", r"[0-9a-z]{8}-[0-9a-z]{4}-[0-9a-z]{4}-[0-9a-z]{4}-[0-9]{12}"),
        ("SECRET-X", r"[A-Z]{6}-[A-Z]"),
    ],
)
def test_a_placeholder_has_the_form_of_what_it_stands_for(value: str, form: str) -> None:
    """Its length, its kinds of characters, its numbers and its punctuation; and it says nothing of the value."""
    hidden = Placeholders().hide(value)
    assert re.fullmatch(form, hidden)
    assert hidden != value
    assert Placeholders().hide(value) != hidden


def test_a_cookie_that_nests_very_deeply_is_hidden_as_any_other() -> None:
    """A site that sends one ends no capture."""
    claims = '{"a":' + "[" * 900 + "]" * 900 + "}"
    value = base64.urlsafe_b64encode(claims.encode()).decode().rstrip("=")
    assert Placeholders().hide(value) != value


@pytest.mark.parametrize("value", ["", "1", "en-GB", "u%3D1234567890123456789", "12345678901234567890"])
def test_what_opens_nothing_stays(value: str) -> None:
    """Short words and numbers: sites' code reads a language or the number of an account in them."""
    assert Placeholders().hide(value) == value


def test_what_was_meant_is_filled_in_wherever_the_code_of_a_site_puts_it() -> None:
    """In a field, an address, a body; the whole value or a part of it; and one value has one placeholder."""
    held = Placeholders()
    secret, auth = "hL3kQpZ0aVb7Nn2R", '{"accessToken":"Aa1Bb2Cc3Dd4Ee5Ff6","expiresAt":17}'
    hidden, packed = held.hide(secret), held.hide(quote(auth))
    assert held.hide(secret) == hidden
    assert packed.startswith("%7B%22accessToken%22%3A%22")
    part = re.findall(r"%22([A-Za-z0-9]{18})%22", packed)[0]
    assert held.meant(f"Bearer {part}") == "Bearer Aa1Bb2Cc3Dd4Ee5Ff6"
    assert held.meant(f"/a?csrf={hidden}&b={hidden}") == f"/a?csrf={secret}&b={secret}"
    assert held.hidden(f"https://x.example/?t={secret}") == f"https://x.example/?t={hidden}"


def test_a_token_can_be_read_and_opens_nothing() -> None:
    """Code reads in a token (RFC 7519) when it ends; its texts and its signature are other ones."""
    meant: dict[str, object] = {"exp": 1_790_000_000, "sid": "hL3kQpZ0aVb7Nn2R", "in": [{"it": "hL3kQpZ0aVb7Nn2R"}]}
    parts: list[dict[str, object]] = [{"alg": "HS256"}, meant]
    packed = [base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=") for part in parts]
    token = ".".join([*packed, "Zx9_kQ-4" * 5])
    held = Placeholders()
    hidden = held.hide(token)
    _, claims, signature = hidden.split(".")
    told = json.loads(base64.urlsafe_b64decode(claims + "=="))
    assert told["exp"] == meant["exp"]
    assert "hL3kQpZ0aVb7Nn2R" not in json.dumps(told)
    assert signature != "Zx9_kQ-4" * 5
    assert held.meant(f"Bearer {hidden}") == f"Bearer {token}"
