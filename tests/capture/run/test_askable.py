"""Whether anything of a scene can be asked for is found out without connecting, and can be broken off."""

from __future__ import annotations

import socket
import threading

import pytest

from capture.errors import NotAsked
from capture.recorder.stopping import BY_THE_OFFICER, Stop
from capture.request.options import CaptureOptions
from capture.run.askable import demand_askable
from tests.patience import PATIENCE

OPTIONS = CaptureOptions(officer="Mary Price", initials="MP")


def test_a_look_up_that_goes_on_is_broken_off(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ctrl-C while a name server is silent ends the question at once; nothing is said of the scene."""
    asked, answers, stop = threading.Event(), threading.Event(), Stop()

    def _silent(*_: object, **__: object) -> list[object]:
        asked.set()
        answers.wait(PATIENCE)
        raise socket.gaierror(socket.EAI_NONAME, "no such name")

    def _interrupt() -> None:
        assert asked.wait(PATIENCE)
        stop.ask(BY_THE_OFFICER)

    monkeypatch.setattr(socket, "getaddrinfo", _silent)
    threading.Thread(target=_interrupt).start()
    demand_askable("https://news.example/", OPTIONS, stop)
    assert stop.reason == BY_THE_OFFICER
    assert not answers.is_set()
    answers.set()


def test_a_name_that_does_not_resolve() -> None:
    """A host without an address makes no capture."""
    with pytest.raises(NotAsked, match="no such host"):
        demand_askable("https://a..b/", OPTIONS, Stop())
