from __future__ import annotations

import base64
import io
import json
import os
import tracemalloc

import pytest

from capture.browser import poured
from capture.browser.poured import Messages, Pour
from capture.errors import NotRendered

PICTURE = bytes(range(256)) * 3 + b"x"
SAVED = 'From: <Saved>\r\nA "word" \\ and \t \u00e9 \U0001f525, \\\\'


def answer(number: int, text: str) -> bytes:
    """Return a message in which the browser answers with a string, written as it writes."""
    return (
        json.dumps({"id": number, "result": {"data": text}, "sessionId": "A"}, separators=(",", ":")).encode() + b"\0"
    )


@pytest.mark.parametrize("size", [1, 2, 3, 5, 7, 64, 1 << 20])
def test_a_string_is_taken_out_of_its_message_wherever_the_pieces_end(size: int) -> None:
    """A picture and a saved page come to their files byte for byte; what comes before, between and after is whole."""
    other = b'{"method":"Page.loadEventFired","params":{"data":"\\""}}\0'
    said = other + answer(4, base64.b64encode(PICTURE).decode()) + other + answer(5, SAVED) + answer(6, "kept") + other
    pictures, saved = io.BytesIO(), io.BytesIO()
    messages = Messages({4: Pour(pictures, packed=True), 5: Pour(saved, packed=False)})
    found = [each for at in range(0, len(said), size) for each in messages.fed(said[at : at + size])]
    assert (pictures.getvalue(), saved.getvalue()) == (PICTURE, SAVED.encode())
    assert [json.loads(each).get("id", 0) for each in found] == [0, 4, 0, 5, 6, 0]
    assert [json.loads(each)["result"]["data"] for each in found if b"result" in each] == ["", "", "kept"]


@pytest.mark.parametrize("text", ["\U0001f525" * 40, "\\" * 41, "", '"', "\ud83d"])
def test_strings_of_escapes_alone(text: str) -> None:
    """No escape is read by half: not a pair of surrogates, not a row of backslashes."""
    for size in range(1, 13):
        file, said = io.BytesIO(), answer(1, text)
        messages = Messages({1: Pour(file, packed=False)})
        assert len([each for at in range(0, len(said), size) for each in messages.fed(said[at : at + size])]) == 1
        assert file.getvalue() == text.encode("utf-8", "surrogatepass")


def test_what_is_no_base64_is_refused() -> None:
    """No byte of a picture is left out in silence."""
    with pytest.raises(ValueError, match="base64"):
        list(Messages({1: Pour(io.BytesIO(), packed=True)}).fed(answer(1, "iVBO Rw0K" * 20)))


def test_nothing_is_written_once_nobody_waits() -> None:
    """What comes after that is taken in all the same, and the next message is whole."""
    file = io.BytesIO()
    pour = Pour(file, packed=True)
    messages = Messages({1: pour})
    said = answer(1, base64.b64encode(PICTURE).decode()) + answer(2, "next")
    assert list(messages.fed(said[:400])) == []
    pour.close()
    before = file.getvalue()
    assert [json.loads(each)["id"] for each in messages.fed(said[400:])] == [1, 2]
    assert file.getvalue() == before == PICTURE[: len(before)]


def test_a_disk_that_is_full_is_told() -> None:
    """The first error is kept, and the message is read to its end."""
    with open("/dev/full", "wb", buffering=0) as full:  # noqa: PTH123
        pour = Pour(full, packed=True)
        (message,) = Messages({1: pour}).fed(answer(1, base64.b64encode(PICTURE).decode()))
    assert pour.error is not None
    assert json.loads(message)["result"] == {"data": ""}


def test_a_page_that_goes_on_for_ever_fills_no_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is larger than may be kept is told and no longer written, and the messages behind it are heard."""
    monkeypatch.setattr(poured, "LARGEST", 200)
    file = io.BytesIO()
    pour = Pour(file, packed=True)
    said = answer(1, base64.b64encode(PICTURE).decode()) + answer(2, "next")
    messages = Messages({1: pour})
    found = [each for at in range(0, len(said), 40) for each in messages.fed(said[at : at + 40])]
    assert isinstance(pour.error, NotRendered)
    assert len(file.getvalue()) <= 200
    assert [json.loads(each)["id"] for each in found] == [1, 2]


def test_a_picture_of_64_mib_costs_the_memory_of_a_piece() -> None:
    """Neither the message nor the picture is ever held as a whole."""
    piece = base64.b64encode(os.urandom(3 << 18))
    with open(os.devnull, "wb") as nothing:  # noqa: PTH123
        messages = Messages({1: Pour(nothing, packed=True)})
        tracemalloc.start()
        try:
            list(messages.fed(b'{"id":1,"result":{"data":"'))
            for _ in range(85):
                list(messages.fed(piece))
            assert [json.loads(each)["id"] for each in messages.fed(b'"}}\0')] == [1]
            assert tracemalloc.get_traced_memory()[1] < 12 << 20
        finally:
            tracemalloc.stop()
