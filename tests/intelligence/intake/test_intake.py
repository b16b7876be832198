from __future__ import annotations

import gzip
import hashlib
import io
import json
import os
import random
from email.message import EmailMessage
from typing import TYPE_CHECKING, Any

import pytest
from click.testing import CliRunner

from cli import main
from commands.exit import Exit
from exports.bundle import export_bundle
from exports.format.capture_view import CaptureView, read_capture
from exports.verification import verify
from hashing.case.case import Case
from hashing.case.events import CaptureFinished, CaptureRegistered, IntakeBegun
from hashing.ledger.keys import default_key_path, load_or_create_signing_key
from intelligence.intake import pieces
from intelligence.intake.archives import tar_pieces
from intelligence.intake.chats import whatsapp_pieces
from tests.exports.small_case import CaseMaker, Thing, photo
from tests.exports.tampering import rewrite
from tests.intelligence.intake import handed_in
from tests.tracing import Traced, strace, traced

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from click.testing import Result


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a folder for what is handed in."""
    made = tmp_path / "handed-in"
    made.mkdir()
    return made


def _intake(case: Path, *paths: Path, words: tuple[str, ...] = ()) -> Result:
    line = ["intake", *map(str, paths), "--case", str(case), "--officer", "Mary Price", *words]
    return CliRunner().invoke(main, line)


def _view(case: Path) -> CaptureView:
    """Return the capture that was begun last: folders of one second stand in no order."""
    begun = [event.capture for event in Case.open(case).events() if isinstance(event, CaptureRegistered)]
    return read_capture(case / "captures" / begun[-1])


def _claims(view: CaptureView, url: str) -> dict[str, Any]:
    entry = next(each for each in view.items if each.url == f"intake:/{url}")
    return {fact.name: fact.value for fact in reversed(entry.facts)}


def test_what_is_handed_in_is_sealed_and_handed_over(folder: Path, tmp_path: Path) -> None:
    """Files, a folder, archives, mails and chats become a sealed exhibit, which verifies, and so does its bundle."""
    (folder / "sub").mkdir()
    (folder / "sub/1.jpg").write_bytes(photo(1))
    (folder / "link").symlink_to("/etc/passwd")
    (folder / "mail.eml").write_bytes(handed_in.mail())
    (folder / "box.mbox").write_bytes(b"From a\n" + handed_in.mail() + b"\n\nFrom b\n" + handed_in.mail())
    chat = {"_chat.txt": handed_in.CHAT.encode(), "00000001-PHOTO.jpg": photo(9)}
    (folder / "phone.zip").write_bytes(handed_in.zipped(chat, {"link": "/etc/passwd"}))
    (folder / "result.json").write_text(handed_in.TELEGRAM)
    (folder / "some.tar.gz").write_bytes(handed_in.tarred({"a/1.jpg": photo(1)}))
    (folder / "page.mhtml").write_bytes(handed_in.saved_page())
    (folder / "old.warc").write_bytes(handed_in.warc())
    case = tmp_path / "OP-ALDER"
    ran = _intake(case, folder, words=("--received-from", "ALPHA-7", "--consent", "may be shown", "--note", "at desk"))
    assert ran.exit_code == Exit.OK, ran.output
    view = _view(case)
    kinds = {entry.url.removeprefix("intake:/handed-in/"): entry.kind for entry in view.items}
    assert kinds == {
        "box.mbox": "mailbox",
        "box.mbox/message-1.eml": "mail",
        "box.mbox/message-1.eml/f%C3%BCrst.jpg": "photo",
        "box.mbox/message-1.eml/part-2.eml": "mail",
        "box.mbox/message-1.eml/part-2.eml/x.pdf": "document",
        "box.mbox/message-2.eml": "mail",
        "box.mbox/message-2.eml/f%C3%BCrst.jpg": "photo",
        "box.mbox/message-2.eml/part-2.eml": "mail",
        "box.mbox/message-2.eml/part-2.eml/x.pdf": "document",
        "mail.eml": "mail",
        "mail.eml/f%C3%BCrst.jpg": "photo",
        "mail.eml/part-2.eml": "mail",
        "mail.eml/part-2.eml/x.pdf": "document",
        "old.warc": "web archive",
        "old.warc/news.example/fire": "page",
        "page.mhtml": "saved page",
        "page.mhtml/fire": "page",
        "page.mhtml/a.png": "photo",
        "phone.zip": "archive",
        "phone.zip/00000001-PHOTO.jpg": "photo",
        "phone.zip/_chat.txt": "chat",
        "phone.zip/_chat.txt/message-1.txt": "post",
        "phone.zip/_chat.txt/message-2.txt": "post",
        "phone.zip/_chat.txt/message-3.txt": "post",
        "result.json": "chat",
        "result.json/message-1.json": "post",
        "result.json/message-2.json": "post",
        "some.tar.gz": "archive",
        "some.tar.gz/a/1.jpg": "photo",
        "sub/1.jpg": "photo",
    }
    assert view.intake == IntakeBegun(
        time=view.intake.time if view.intake else "", salt=view.intake.salt if view.intake else "",
        given=("handed-in",), received_from="ALPHA-7", consent="may be shown",
    )  # fmt: skip
    assert [each.reason for each in view.skipped] == [
        "a symbolic link: not followed, and no file",
        "a link, which is not followed",
        "a link to '/etc/passwd', which is not followed",
        "a device or a pipe, and no file",
    ]
    assert verify(case).verdict == "ok"
    key, _ = load_or_create_signing_key(default_key_path())
    bundle = export_bundle(Case.open(case), key=key, officer="M", output=tmp_path / "out").path
    assert verify(bundle, report=True).verdict == "ok"
    assert (
        json.loads((bundle / "data/manifest.json").read_text())["captures"][0]["intake"]["received_from"] == "ALPHA-7"
    )
    assert "Handed in by" in (bundle / "data/report/capture-1.html").read_text()


def test_claims_of_mails_chats_and_archives(folder: Path, tmp_path: Path) -> None:
    """Names, times and words are kept as what the files claim; a chat's photo is found by its message."""
    (folder / "mail.eml").write_bytes(handed_in.mail())
    chat = {"_chat.txt": handed_in.CHAT.encode(), "00000001-PHOTO.jpg": photo(9)}
    (folder / "phone.zip").write_bytes(handed_in.zipped(chat))
    (folder / "result.json").write_text(handed_in.TELEGRAM)
    (folder / "some.tar.gz").write_bytes(handed_in.tarred({"../a.txt": b"x"}))
    (folder / "old.warc").write_bytes(handed_in.warc())
    case = tmp_path / "OP-ALDER"
    _intake(case, *sorted(folder.iterdir()))
    view = _view(case)
    told = _claims(view, "mail.eml")
    assert (told["title"], told["author"]) == ("The fire \u2013 tonight", "Zo\u00eb <zoe@example.org>")
    assert told["published"] == "2026-11-24T09:15:02.000Z"
    posts = {entry.url.rpartition("/")[2]: entry.post for entry in view.items if entry.post is not None}
    first, second, third = (posts[f"message-{number}.txt"] for number in (1, 2, 3))
    assert (first.author.name, first.text, first.published) == ("Alice", "hello\nsecond line", "2026-11-24T10:15:02")
    assert second.media[0].url == "intake:/phone.zip/00000001-PHOTO.jpg"
    assert (third.text, third.id) == ("b\u00fde", f"{_ref(view, 'phone.zip/_chat.txt')}#{third.id.partition('#')[2]}")
    assert posts["message-1.json"].text == 'see "messages": [http://x'
    assert posts["message-1.json"].published == "2026-11-24T10:00:00.000Z"
    assert posts["message-2.json"].author.name == "\u00c1l"
    assert posts["message-2.json"].reply_to == posts["message-1.json"].id
    assert _claims(view, "some.tar.gz/../a.txt")["name leads out of the archive"] == "../a.txt"
    assert _claims(view, "old.warc/news.example/fire")["archived address"] == "https://news.example/fire"
    body = next(each for each in view.items if each.url.endswith("news.example/fire"))
    assert (view.path / body.path).read_bytes() == b"<p>hi"
    found = CliRunner().invoke(main, ["show", str(case), "--find", "van"]).stdout
    assert "1 item with 'van'" in found


def _ref(view: CaptureView, url: str) -> str:
    return next(each.ref for each in view.items if each.url == f"intake:/{url}")


def test_bytes_that_the_case_has_already(tmp_path: Path, folder: Path) -> None:
    """A file that was captured before is taken in all the same, and names the item with the same bytes."""
    maker = CaseMaker(tmp_path / "OP-ALDER", load_or_create_signing_key(default_key_path())[0])
    maker.capture([Thing("p.jpg", photo())])
    (folder / "again.jpg").write_bytes(photo())
    ran = _intake(maker.path, folder / "again.jpg")
    assert ran.exit_code == Exit.OK, ran.output
    assert _claims(_view(maker.path), "again.jpg")["same bytes as"] == "MP/1-0001"
    assert "1 item has bytes that the case had already" in ran.stdout


def _million() -> bytes:
    """Return a zip whose end says that it lists 60,000 files."""
    made = bytearray(handed_in.zipped({"a": b"x"}))
    end = made.rindex(b"PK\5\6")
    made[end + 8 : end + 12] = (60_000).to_bytes(2, "little") * 2
    return bytes(made)


@pytest.mark.parametrize(
    ("name", "make", "said"),
    [
        ("bomb.zip", lambda: handed_in.zipped({"zeros": bytes(90 << 20)}), "it unpacks to more than"),
        ("bomb.tar.gz", lambda: handed_in.tarred({"zeros": bytes(90 << 20)}), "it unpacks to more than"),
        ("locked.zip", lambda: handed_in.encrypted(handed_in.zipped({"a": b"x"})), "encrypted: without its password"),
        ("many.zip", _million, "it lists 60,000 files, more than 50,000"),
        ("cut.zip", lambda: handed_in.zipped({"a": b"x" * 999})[:-30], "not a zip that can be read to its end"),
        ("cut.tar.gz", lambda: handed_in.tarred({"a": os.urandom(9999)})[:5000], "be read to its end"),
        ("a.rar", lambda: b"Rar!\x1a\x07\x01\x00", "a RAR archive, which goldenhour does not open"),
        ("a.7z", lambda: b"7z\xbc\xaf\x27\x1c", "a 7z archive, which goldenhour does not open"),
        ("cut.warc", lambda: handed_in.warc()[:-30], "not a WARC that can be read to its end"),
    ],
)
def test_hostile_archives(folder: Path, tmp_path: Path, name: str, make: Callable[[], bytes], said: str) -> None:
    """An archive that cannot be opened ends in a clear word; it is kept whole, and the case verifies."""
    (folder / name).write_bytes(make())
    case = tmp_path / "OP-ALDER"
    ran = _intake(case, folder / name)
    view = _view(case)
    assert (ran.exit_code, view.status) == (Exit.IN_PART, "partial"), ran.output
    assert any(said in each.reason for each in view.failed), view.failed
    assert (view.path / view.items[0].path).read_bytes() == (folder / name).read_bytes()
    assert verify(case).verdict == "ok"


def test_archives_in_archives(folder: Path, tmp_path: Path) -> None:
    """Four are opened one in the other; the fifth is an item that says so, and nothing below it is lost."""
    data = handed_in.zipped({"deep.txt": b"x"})
    for _ in range(5):
        data = handed_in.zipped({"in.zip": data})
    (folder / "a.zip").write_bytes(data)
    case = tmp_path / "OP-ALDER"
    _intake(case, folder / "a.zip")
    view = _view(case)
    assert [each.kind for each in view.items] == ["archive"] * 5
    assert [each.reason for each in view.skipped] == ["not opened: it stands in 4 archives"]


def test_too_many_files(monkeypatch: pytest.MonkeyPatch) -> None:
    """An archive of more files than are taken out of one gives the first of them, and says so."""
    monkeypatch.setattr(pieces, "MOST_MEMBERS", 3)
    budget = pieces.Budget(0)
    for _ in range(3):
        budget.member()
    with pytest.raises(pieces.PastBounds, match="more than 3 files"):
        budget.member()


def test_a_packed_file_that_begins_with_zeros() -> None:
    """A disk's image, packed, is taken out whole: it is no empty tar, which its zeros look like."""
    image = bytes(1 << 15) + b"disk"
    packed = gzip.compress(image)
    told = list(tar_pieces(io.BytesIO(packed), len(packed), "intake:/disk.img.gz"))
    assert told[0].begins is not None
    assert (told[0].begins.name, b"".join(each.data for each in told)) == ("disk.img", image)


@pytest.mark.parametrize(
    "said",
    [
        "\u200e<attached: a.jpg>",
        "<Anhang: a.jpg>",
        "<pi\u00e8ce jointe : a.jpg>",
        "\u200ea.jpg (file attached)\nlook",
        "a.jpg (Datei angeh\u00e4ngt)",
        "a.jpg (archivo adjunto)",
    ],
)
def test_a_chats_photo_in_any_language(said: str) -> None:
    """WhatsApp names what a message holds in the phone's language; a name in a sentence is none."""
    chat = f"[24.11.26, 21:03:11] Al: {said}\n[24.11.26, 21:04:00] Al: see a.jpg (mine)\n".encode()
    posts = [each.begins.post for each in whatsapp_pieces(io.BytesIO(chat), len(chat), "intake:/c") if each.begins]
    assert [[media.url for media in post.media] for post in posts if post] == [["intake:/c/a.jpg"], []]


def test_what_cannot_be_handed_in(folder: Path, tmp_path: Path) -> None:
    """A path that is not there makes no case; a file of the case itself is refused; an unreadable file is named."""
    case = tmp_path / "OP-ALDER"
    absent = _intake(case, folder / "nothing.zip")
    assert (absent.exit_code, case.exists()) == (Exit.UNCHECKED, False)
    assert "nothing.zip: no such file or folder" in absent.stderr
    (folder / "a.txt").write_text("x")
    assert _intake(case, folder / "a.txt").exit_code == Exit.OK
    itself = _intake(case, case / "case.json")
    assert (itself.exit_code, len(Case.open(case).captures())) == (Exit.USAGE, 1)
    assert "stands in the case itself" in itself.stderr
    os.mkfifo(folder / "pipe")
    (folder / "a.txt").unlink()
    nothing = _intake(case, folder)
    assert (nothing.exit_code, _view(case).status) == (Exit.NOTHING, "nothing"), nothing.output
    assert verify(case).verdict == "ok"


def test_a_consent_in_a_file(folder: Path, tmp_path: Path) -> None:
    """A consent may stand in a file, of which the text is kept; one that is no text is refused."""
    (folder / "a.txt").write_text("x")
    form, case = tmp_path / "consent.txt", tmp_path / "OP-ALDER"
    form.write_bytes(b"\xff\xfe")
    assert _intake(case, folder / "a.txt", words=("--consent", str(form))).exit_code == Exit.USAGE
    assert not case.exists()
    form.write_text("version 3: may be shown in court\n")
    assert _intake(case, folder / "a.txt", words=("--consent", str(form))).exit_code == Exit.OK
    intake = _view(case).intake
    assert intake is not None
    assert intake.consent == "version 3: may be shown in court"


def test_a_single_message_is_disclosed(folder: Path, tmp_path: Path) -> None:
    """One message of a chat is disclosed with its proof, and who handed it in can be withheld."""
    (folder / "_chat.txt").write_text(handed_in.CHAT)
    case, out = tmp_path / "OP-ALDER", tmp_path / "out"
    _intake(case, folder / "_chat.txt", words=("--received-from", "canary-7"))
    line = ["export", str(case), "--only", "MP/1-0004", "--output", str(out), "--officer", "M", "--quiet"]
    refused = CliRunner().invoke(main, [*line, "--redact", "author"])
    assert "MP/1-0004: its bytes say what is to be withheld" in refused.stderr
    ran = CliRunner().invoke(main, [*line, "--redact", "author,content"])
    assert ran.exit_code == Exit.OK, ran.output
    assert verify(out).verdict == "ok"
    assert not [path for path in out.rglob("*") if path.is_file() and b"canary-7" in path.read_bytes()]


def test_a_capture_that_calls_itself_an_intake(tmp_path: Path) -> None:
    """A line that says too late that a capture is an intake does not excuse items without an exchange."""
    maker = CaseMaker(tmp_path / "OP-ALDER", load_or_create_signing_key(default_key_path())[0])
    begun = maker.begin()
    begun.add(Thing("p.jpg", photo()))
    begun.events.append(IntakeBegun(time="2026-11-24T10:15:02.123Z"))
    begun.seal()
    assert any("says too late that this is an intake" in each.reason for each in verify(maker.path).problems)


def test_an_altered_item_of_an_intake(folder: Path, tmp_path: Path) -> None:
    """A changed byte of what was handed in is told, as of any capture."""
    (folder / "_chat.txt").write_text(handed_in.CHAT)
    case = tmp_path / "OP-ALDER"
    _intake(case, folder / "_chat.txt")
    view = _view(case)
    path = view.path / view.items[1].path
    rewrite(path, path.read_bytes().replace(b"hello", b"hallo"))
    found = verify(case)
    assert (found.verdict, len(found.altered)) == ("mismatch", 1)


def test_ctrl_c_seals_what_was_taken(folder: Path, tmp_path: Path) -> None:
    """An intake that is told to stop seals what it has, and says what it has not."""
    from capture.recorder.stopping import Stop
    from intelligence.intake import IntakeRequest, take_in

    for name in ("a.txt", "b.txt"):
        (folder / name).write_text(name)
    key, _ = load_or_create_signing_key(default_key_path())
    case, stop = Case.open_or_create(tmp_path / "OP-ALDER", key=key, officer="Mary Price", title=""), Stop()
    request = IntakeRequest(paths=(folder,), officer="Mary Price", initials="MP")
    stop.ask("interrupted by the officer")
    result = take_in(request, case, key=key, stop=stop)
    finished = read_capture(result.path).finished
    assert isinstance(finished, CaptureFinished)
    assert (result.status, finished.reason) == ("interrupted", "interrupted by the officer")
    assert verify(case.path).verdict == "ok"


def test_a_pipe_that_was_named(folder: Path, tmp_path: Path) -> None:
    """What is no regular file is named and not waited for, nor taken for an empty file."""
    os.mkfifo(folder / "pipe")
    ran = _intake(tmp_path / "OP-ALDER", folder / "pipe")
    assert ran.exit_code == Exit.NOTHING, ran.output
    assert [each.reason for each in _view(tmp_path / "OP-ALDER").failed] == ["a pipe or a device, and no file"]


def test_a_capture_of_the_case_that_cannot_be_read(folder: Path, tmp_path: Path) -> None:
    """What the case has is not known of a capture whose ledger is broken: the intake says so, and goes on."""
    (folder / "a.txt").write_text("a")
    case = tmp_path / "OP-ALDER"
    assert _intake(case, folder).exit_code == Exit.OK
    broken = _view(case).path
    rewrite(broken / "ledger.jsonl", b"{}\n")
    assert _intake(case, folder).exit_code == Exit.OK
    view = _view(case)
    assert [each.reason.partition(": ")[0] for each in view.skipped] == [
        f"not compared with {broken.name}, which cannot be read"
    ]
    assert [entry.sha256 for entry in view.items] == [hashlib.sha256(b"a").hexdigest()]


def test_broken_files_of_every_form(folder: Path, tmp_path: Path) -> None:
    """Whatever is wrong with a mail, a chat or an archive, it is kept whole, and the case verifies."""
    sound = {
        "a.eml": handed_in.mail(),
        "a.mbox": b"From a\n" + handed_in.mail(),
        "a.zip": handed_in.zipped({"_chat.txt": handed_in.CHAT.encode(), "1.jpg": photo()}),
        "a.tar": handed_in.tarred({"1.jpg": photo()}, "w"),
        "result.json": handed_in.TELEGRAM.encode(),
        "_chat.txt": handed_in.CHAT.encode(),
        "a.mhtml": handed_in.saved_page(),
        "a.warc": handed_in.warc(),
    }
    chance = random.Random(17)  # noqa: S311 - faults, not keys
    for name, data in sound.items():
        for number in range(4):
            broken = bytearray(data)
            for _ in range(6):
                broken[chance.randrange(len(broken))] = chance.randrange(256)
            (folder / f"{number}-{name}").write_bytes(broken[: len(broken) - number * len(broken) // 9])
    case = tmp_path / "OP-ALDER"
    assert _intake(case, folder).exit_code in {Exit.OK, Exit.IN_PART}
    view = _view(case)
    kept = {entry.claimed_name.rpartition("/")[2]: entry for entry in view.items if not entry.found_in}
    assert {name: (view.path / item.path).read_bytes() for name, item in kept.items()} == {
        path.name: path.read_bytes() for path in folder.iterdir()
    }
    assert verify(case).verdict == "ok"


def test_a_mail_with_many_attachments(folder: Path, tmp_path: Path) -> None:
    """Fifty attachments, one name in bytes of no charset, and a part that is no base64: each is an item of its own."""
    message = EmailMessage()
    message["From"], message["Date"] = "a@example.org", "Tue, 24 Nov 2026 10:15:02 +0000"
    message.set_content("see below")
    for number in range(50):
        message.add_attachment(
            b"%d" % number, maintype="application", subtype="octet-stream", filename=f"n{number}.bin"
        )
    data = bytes(message).replace(b"n7.bin", b"n\xfc7.bin").replace(b"OA==", b"!!!!")
    (folder / "many.eml").write_bytes(data)
    case = tmp_path / "OP-ALDER"
    assert _intake(case, folder / "many.eml").exit_code == Exit.OK
    view = _view(case)
    bodies = [(view.path / entry.path).read_bytes() for entry in view.items[1:]]
    assert len(bodies) == 50
    assert bodies[:3] == [b"0", b"1", b"2"]
    assert verify(case).verdict == "ok"


@pytest.mark.skipif(not strace(), reason="strace is not installed, or may not trace here")
def test_nothing_is_fetched(folder: Path, tmp_path: Path) -> None:
    """Traced, an intake connects to nothing, whatever addresses stand in what is handed in."""
    (folder / "page.mhtml").write_bytes(handed_in.saved_page())
    (folder / "page.html").write_bytes(
        b'<img src="http://127.0.0.1:9/a.png"><link rel=stylesheet href="//127.0.0.1/b">'
    )
    (folder / "old.warc").write_bytes(handed_in.warc())
    line = ["intake", str(folder), "--case", str(tmp_path / "OP-ALDER"), "--officer", "M", "--initials", "M"]
    [touched], codes = traced([Traced(line)], tmp_path)
    assert codes == [0]
    assert touched
    assert not [each for each in touched if each.call == "connect"]  # urllib3, once imported, binds to try IPv6
