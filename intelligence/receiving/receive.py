"""Giving out links, having them served by a process apart, and taking what is handed in into the case."""

from __future__ import annotations

import ipaddress
import os
import secrets
import socket
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self
from urllib.parse import urlsplit

import msgspec

from capture.errors import BadSettings
from capture.recorder.stopping import Stop
from capture.run.run import CaptureResult
from hashing.case.capture_folder import capture_events
from hashing.case.case import Case
from hashing.case.events import CaptureFinished, CaptureStarted, Item
from hashing.case.facts import Fact
from hashing.case.kinds import CaptureStatus
from hashing.case.own_runs import named_after
from hashing.errors import InUse, Unreadable, WouldOverwrite
from hashing.files.lock import try_lock
from hashing.files.real_path import real_path
from hashing.files.storage import OWNER_FOLDER, OWNER_WRITES, storing
from hashing.files.user_folders import data_folder
from hashing.ledger.keys import SigningKey
from hashing.sandbox import NotRead, SandboxProcess
from hashing.times import Clock, system_clock, time_text
from intelligence.errors import NotServed
from intelligence.intake import IntakeRequest, take_in
from intelligence.intake.protection import Protection
from intelligence.intake.take_in import SenderClaim
from intelligence.receiving.hand_in import HandInFolder, HandInState, Upload, hand_ins, hashed, new_number
from intelligence.receiving.texts import built_in_texts

if TYPE_CHECKING:
    from intelligence.sources import SourceRegister

_TOKEN = 32  # Bytes of a link's token: 256 bits.
_SERVER = "intelligence.receiving.server:serve"
_LOAD = ("pyrage",)
_MEMORY = 1 << 30
_LOOK = 1.0  # Seconds after which it is looked whether a link's time is over.
_PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceiveRequest:
    """How links are given out."""

    listen: str = "127.0.0.1:8418"
    address: str = ""  # What people are given, where a proxy stands before `listen`: `https://hand-in.police.example`.
    links: int = 1
    seconds: float = 86_400  # How long a link is good.
    most_files: int = 100
    most_bytes: int = 20 << 30
    pseudonym: str = ""  # Of whoever gets the one link; made up where it is not given.
    texts: dict[str, dict[str, str]] = field(default_factory=built_in_texts)
    recipients: tuple[str, ...] = ()  # The source unit's; a contact is asked for where there are some.


@dataclass(frozen=True, slots=True)
class GivenLink:
    """A link that was given out just now; it is stored nowhere."""

    url: str
    number: str
    pseudonym: str
    until: str


def default_inbox(case: Case) -> Path:
    """Return where this user keeps what arrives for a case until the case has it."""
    return data_folder() / "received" / named_after(case.info.id)


class Receiving:
    """Links while they are served. A context manager; entering raises NotServed, InUse, Unwritable.

    Links of an earlier run, and what arrived through them, are gone on with.
    """

    def __init__(
        self, request: ReceiveRequest, case: Case, inbox: Path, register: SourceRegister, clock: Clock = system_clock
    ) -> None:
        self.links: list[GivenLink] = []
        self.kept: list[HandInState] = []  # Hand-ins of earlier runs that are not sealed.
        self.port = 0
        self._request = request
        self._case = case
        self._inbox = inbox.absolute()  # the process that serves is elsewhere
        self._register = register
        self._clock = clock
        self._process: SandboxProcess | None = None
        self._lock = -1
        self._ready = set[str]()  # Numbers of hand-ins that were said to be ready: each is, once a run.

    def __enter__(self) -> Self:
        request = self._request
        # 1. Refuse what would show senders to others, or put unsealed files into the case.
        host, port = _split(request.listen)
        if not ipaddress.ip_address(host).is_loopback and not request.address.startswith("https://"):
            raise NotServed(
                f"{request.listen}: others could read what is sent on the way",
                hint="listen on 127.0.0.1 behind a proxy with TLS, and name its address with --address https://…",
            )
        if real_path(self._inbox).is_relative_to(real_path(self._case.path)):
            raise NotServed(f"{self._inbox}: is inside the case", hint="what is not sealed yet is kept outside of it")
        if request.pseudonym:
            self._register.demand_pseudonym(request.pseudonym)
        # 2. Take the inbox, listen, and go on with links of an earlier run; new links are written down before they are
        # served.
        self._take_inbox()
        try:
            with _listening(host, port) as listening:
                self.port = listening.getsockname()[1]
                at = f"[{host}]:{self.port}" if ":" in host else f"{host}:{self.port}"
                self._forget_old()
                self._give_links(request.address or f"http://{at}")
                self._serve(listening, at)
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """End the process that serves. What arrived stays, and its links are gone on with by the next run."""
        if self._process is not None:
            self._process.close()
            self._process = None
        if self._lock >= 0:
            os.close(self._lock)
            self._lock = -1

    def changes(self, stop: Stop) -> Iterator[HandInState]:
        """Yield each hand-in as it changes, and once it is ready; until `stop`, or until the links' time is over.

        A receipt may be asked for until then. Raises NotServed, Unreadable.
        """
        while not stop.reason:
            states = self._states()
            for state in states:
                # Ready ones from an earlier run first, then whatever the serving process tells.
                if self.ready(state) and state.number not in self._ready:
                    self._ready.add(state.number)
                    yield state
            if all(self.over(state) for state in states):
                return
            with suppress(_Nothing):
                yield self._folder(self._next_message()).state()

    def ready(self, state: HandInState) -> bool:
        """Say whether it is to be taken in: handed in, or its time is over with something there; not sealed yet."""
        ended = state.finished or (self.over(state) and self.arrived(state) > 0)
        return bool(ended) and not self._folder(state.number).sealed

    def left(self) -> list[HandInState]:
        """Return what somebody began and the case does not have."""
        return [
            state
            for state in self._states()
            if state.session and not self._folder(state.number).sealed and (self.arrived(state) or not self.over(state))
        ]

    def over(self, state: HandInState) -> bool:
        """Say whether the time of a link is over."""
        return time_text(self._clock()) > state.until

    def arrived(self, state: HandInState) -> int:
        """Return how many bytes of a hand-in are here."""
        return sum(self._folder(state.number).arrived(upload) for upload in state.kept())

    def take_in(
        self, state: HandInState, *, key: SigningKey, officer: str, initials: str, stop: Stop
    ) -> CaptureResult | None:
        """Take a hand-in into the case; return None where the case has it already, of a run that died after that.

        The bytes leave the inbox once the case's ledger names each of them. Raises what `take_in` of an intake does.
        """
        folder, result = self._folder(state.number), None
        # 1. How to reach the sender goes to the register first, and never into the case.
        self._keep_contact(state)
        # 2. Take the files in, unless a run that died here did.
        if not (exhibit := self._held(state)):
            uploads = [upload for upload in state.kept() if folder.arrived(upload) or upload.sha256]
            request = IntakeRequest(
                paths=tuple(folder.file(upload) for upload in uploads),
                officer=officer,
                initials=initials,
                received_from=state.pseudonym,
                consent=state.consent,
                note=_note(state),
                claims={folder.file(each): _claim(each, folder.arrived(each)) for each in uploads},
            )
            keep = self._register.protection(state.pseudonym)
            protection = Protection(keep) if keep is not None else None
            result = take_in(request, self._case, key=key, stop=stop, protection=protection, clock=self._clock)
            exhibit = self._held(state)
        # 3. The case has them: the inbox lets go of them.
        if exhibit:
            folder.mark_sealed(exhibit)
        return result

    def _keep_contact(self, state: HandInState) -> None:
        """Put an encrypted contact into the register of sources; one that is there already stays as it is."""
        folder = self._folder(state.number)
        if (data := folder.contact()) is None:
            return
        try:
            self._register.add_sealed(state.pseudonym, data, self._request.recipients)
        except WouldOverwrite:
            if self._register.sealed(state.pseudonym) != data:  # as after a run that died here
                self._register.add_sealed(f"{state.pseudonym[:30]}-{state.number}", data, self._request.recipients)
        folder.forget_contact()

    def _held(self, state: HandInState) -> str:
        """Return the exhibit that has all of a hand-in; "" where none has."""
        # By the note in its first line and the digests of its items: no other record of a hand-in survives a run that
        # dies between the case and the inbox.
        wanted = {upload.sha256 for upload in state.kept() if upload.sha256}
        for path in self._case.captures():
            begun, held, ended = "", set[str](), False
            with suppress(Unreadable):
                for event in capture_events(path):
                    if isinstance(event, CaptureStarted):
                        if event.note != _note(state):
                            break
                        begun = event.exhibit
                    elif isinstance(event, Item):
                        held.add(event.sha256)
                    elif isinstance(event, CaptureFinished):
                        ended = event.status != CaptureStatus.INTERRUPTED
            if begun and ended and wanted <= held:
                return begun
        return ""

    def _take_inbox(self) -> None:
        with storing(self._inbox):
            self._inbox.mkdir(mode=OWNER_FOLDER, parents=True, exist_ok=True)
            self._lock = os.open(self._inbox / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, OWNER_WRITES)
        # Two runs over one inbox would take each hand-in twice.
        if not try_lock(self._lock):
            os.close(self._lock)
            self._lock = -1
            raise InUse(
                f"{self._case.path}: another goldenhour receive is at work for this case",
                hint="one run serves as many people as it is given --links",
            )

    def _forget_old(self) -> None:
        """Let go of what is sealed and over; note what is not."""
        for folder in hand_ins(self._inbox):
            state = folder.state()
            if self.over(state) and (folder.sealed or not state.kept()):
                folder.forget()
            elif not folder.sealed:
                self.kept.append(state)

    def _give_links(self, address: str) -> None:
        request = self._request
        until = time_text(self._clock() + timedelta(seconds=request.seconds))
        for _ in range(request.links):
            # The token leaves this process in the link alone; what is kept is its hash.
            token, number = secrets.token_urlsafe(_TOKEN), new_number()
            state = HandInState(
                number=number,
                pseudonym=request.pseudonym or f"W-{number}",
                token=hashed(token),
                until=until,
                most_files=request.most_files,
                most_bytes=request.most_bytes,
            )
            self._folder(number).made(state)
            self.links.append(GivenLink(f"{address.rstrip('/')}/{token}/", number, state.pseudonym, until))

    def _serve(self, listening: socket.socket, at: str) -> None:
        from intelligence.receiving.server import Served

        request = self._request
        outside = urlsplit(request.address or f"http://{at}")
        # The names under which the page answers: a request under any other Host comes through a trick (DNS rebinding).
        names = {at, outside.netloc.lower(), f"{outside.hostname}:{outside.port or _PORTS[outside.scheme]}"}
        served = Served(
            inbox=str(self._inbox),
            hosts=sorted(names),
            origins=sorted({f"http://{at}", f"{outside.scheme}://{outside.netloc.lower()}"}),
            prefix=outside.path.rstrip("/"),
            secure=outside.scheme == "https",
            texts=request.texts,
            recipients=list(request.recipients),
        )
        try:
            self._process = SandboxProcess(
                _SERVER, "the page for the public", memory=_MEMORY, load=_LOAD, below=str(self._inbox)
            )
            # Confined first, and only then given the open socket: it could neither open one itself nor reach anything
            # else.
            self._process.receive(1 << 16)  # what holds it
            self._process.send(msgspec.msgpack.encode(served), [listening.fileno()])
            self._process.receive(1 << 10)  # that it serves
        except (NotRead, OSError) as error:
            raise NotServed(f"the page cannot be served: {error}") from error

    def _next_message(self) -> str:
        """Wait a moment for what the page says; return the number of a hand-in. Raises _Nothing, NotServed."""
        assert self._process is not None  # noqa: S101 - tells the type: it is entered
        try:
            said = self._process.receive(1 << 10, _LOOK).decode("ascii", "replace")
        except NotRead as error:
            if self._process.dead:
                raise NotServed(
                    f"the page is no longer served: {self._process.fate()}",
                    hint="what arrived is kept: run the command again, and the links that are open go on",
                ) from error
            raise _Nothing from error
        if not any(said == state.number for state in self._states()):
            raise _Nothing
        return said

    def _states(self) -> list[HandInState]:
        return [folder.state() for folder in hand_ins(self._inbox)]

    def _folder(self, number: str) -> HandInFolder:
        return HandInFolder(self._inbox / number)


class _Nothing(Exception):
    """The page had nothing to say."""


def _note(state: HandInState) -> str:
    whole = "handed in" if state.finished else "the time of the link was over before it was handed in"
    return f"received through a link of goldenhour, number {state.number}: {whole}"


def _claim(upload: Upload, here: int) -> SenderClaim:
    said = (("file time", upload.changed, "the sender's browser"), ("caption", upload.caption, "the sender"))
    of = f"{upload.size:,}" if upload.size >= 0 else "an unknown number"
    cut = "" if upload.sha256 else f"did not arrive whole: {here:,} bytes of {of}"
    return SenderClaim(upload.name, tuple(Fact(*each) for each in said if each[1]), cut)


def _split(listen: str) -> tuple[str, int]:
    """Return host and port of `127.0.0.1:8418`. Raises NotServed."""
    host, _, port = listen.rpartition(":")
    host = host.removeprefix("[").removesuffix("]")
    with suppress(ValueError):
        ipaddress.ip_address(host)
        if 0 <= int(port) < 1 << 16:
            return host, int(port)
    raise NotServed(f"{listen[:100]}: no address and port to listen on", hint="such as 127.0.0.1:8418")


def _listening(host: str, port: int) -> socket.socket:
    try:
        return socket.create_server((host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET, backlog=64)
    except OSError as error:
        from hashing.files.storage import system_words

        raise NotServed(
            f"{host}:{port}: {system_words(error)}", hint="name another address with --listen, such as 127.0.0.1:8419"
        ) from error


def checked_address(address: str) -> str:
    """Return an address that people are given. Raises BadSettings."""
    with suppress(ValueError):  # of brackets that hold no address, and of a port that is none
        parts = urlsplit(address)
        if parts.scheme in _PORTS and parts.hostname and not (parts.query or parts.fragment or parts.username):
            _ = parts.port
            return address
    raise BadSettings(f"{address[:200]}: no address of a page", hint="such as https://hand-in.police.example")
