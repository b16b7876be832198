from __future__ import annotations

import json
import re
import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
import pytest
from click.testing import CliRunner

from cli import main
from commands.display.tables import capture_to_json, case_json
from commands.exit import Exit
from exports.bundle import export_bundle
from exports.format.capture_view import read_capture
from exports.format.case_view import read_case
from exports.format.result import Added, Altered, Missing, Problem, SealFound, Since, Unchecked
from exports.verification import verify
from hashing.case.post import Account, Edit, Post, PostMedia
from tests.capture.conftest import jpeg
from tests.exports.small_case import Thing
from tests.exports.social_case import social_case
from tests.intelligence.intake.handed_in import CHAT, mail, zipped
from tests.servers import Body, SceneServer
from tests.test_cli import typed
from tests.test_hints import parsed

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.exports.small_case import CaseMaker

ROOT = Path(__file__).parents[1]
Json = dict[str, Any]


def named(command: str) -> set[str]:
    """Return what docs/json.md names in the part on a command."""
    text = (ROOT / "docs/json.md").read_text("utf-8").partition(f"## `goldenhour {command}")[2].partition("\n## ")[0]
    return set(re.findall(r"`([a-z0-9_]+)`", text))


def fields(value: object) -> Iterator[str]:
    """Yield the name of every field in a value, except those that a post's or a file's own words are."""
    if isinstance(value, dict):
        yield from value
        for name, each in value.items():
            if name not in {"counts", "post"}:
                yield from fields(each)
    elif isinstance(value, list):
        for each in value:
            yield from fields(each)


@pytest.fixture
def maker(tmp_path: Path) -> CaseMaker:
    """Make a case of all that there is to print."""
    maker = social_case(tmp_path)
    capture = maker.begin("https://social.example/tags/fire")
    capture.add(Thing("half.jpg", b"\xff\xd8", partial="cut off"))
    capture.fail("https://social.example/gone.jpg", "404 Not Found")
    capture.seal()
    return maker


def test_every_field_of_a_capture_is_documented(maker: CaseMaker) -> None:
    """`capture --json` and `watch --json` print no field that docs/json.md does not name."""
    printed = [capture_to_json(read_capture(path), maker.path) for path in maker.case.captures()]
    records = (Post, Account, PostMedia, Edit)
    said = {*fields(printed), *(name for record in records for name in record.__struct_fields__)}
    assert {"working_copies", "excerpt", "identity", "change", "fingerprint", "warning"} <= said
    assert said <= named("capture --json")


def test_every_field_of_a_case_is_documented(maker: CaseMaker, tmp_path: Path) -> None:
    """`show --json` prints no field that docs/json.md does not name."""
    export_bundle(maker.case, key=maker.key, officer="M", output=tmp_path / "out")
    printed = json.loads("".join(case_json(read_case(maker.path))))
    assert {*printed, *fields(printed["bundles"])} <= named("show --json")
    assert printed["bundles"]
    assert set(printed["seal"]) == {"root", "size", "fingerprint"}


def test_every_field_of_a_verification_is_documented(maker: CaseMaker) -> None:
    """`verify --json` prints no field that docs/json.md does not name."""
    printed = verify(maker.path).to_json()
    faults = (Altered, Missing, Added, Problem, Unchecked, SealFound, Since)
    assert {*fields(printed), *(name for fault in faults for name in fault.__struct_fields__)} <= named("verify --json")
    assert printed["signers"]


def test_every_field_of_a_bundle_is_documented(maker: CaseMaker, tmp_path: Path) -> None:
    """`export --json` prints no field that docs/json.md does not name."""
    printed = export_bundle(maker.case, key=maker.key, officer="M", output=tmp_path / "out").to_json()
    assert {*printed, "derived", "pdf", "sha256"} == named("export --json")


def test_every_field_of_a_key_is_documented() -> None:
    """`key --json` prints no field that docs/json.md does not name."""
    printed = json.loads(CliRunner().invoke(main, ["key", "--json"]).stdout)
    assert set(printed) == named("key --json")


DOCUMENTS = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", ROOT / "SECURITY.md", *sorted((ROOT / "docs").glob("*.md"))]


def _blocks(path: Path) -> list[list[str]]:
    """Return the lines of each block of commands in a document that begins with one of ours."""
    blocks = re.findall(r"^```sh\n(.*?)^```", path.read_text("utf-8"), re.MULTILINE | re.DOTALL)
    return [block.splitlines() for block in blocks if block.startswith("goldenhour ")]


def _lines_of_blocks() -> list[Any]:
    lines = [(path, line) for path in DOCUMENTS for block in _blocks(path) for line in block]
    return [pytest.param(line, id=f"{path.name} {line}") for path, line in lines if line.startswith("goldenhour ")]


@pytest.mark.parametrize("line", _lines_of_blocks())
def test_every_command_of_a_block_can_be_typed(line: str) -> None:
    """Each is one that there is, with options that it has and all that it needs."""
    try:
        parsed(" ".join(map(shlex.quote, shlex.split(line, comments=True)[1:])))
    except click.UsageError as error:
        pytest.fail(f"{line}: {error.format_message()}")


def _mentioned() -> list[Any]:
    found = [
        (path, line)
        for path in DOCUMENTS
        for line in re.findall(r"`goldenhour ([a-z]+ [^`]+)`", path.read_text("utf-8"))
    ]
    return [pytest.param(line, id=f"{path.name} {line}") for path, line in dict.fromkeys(found)]


@pytest.mark.parametrize("line", _mentioned())
def test_every_command_that_a_text_mentions_is_one(line: str) -> None:
    """What stands between backticks names a command, and options that this command has."""
    words = line.split()
    commands = dict(_commands(main))
    command = (
        commands.get(" ".join(words[:2])) or commands.get(words[0]) or main.get_command(click.Context(main), words[0])
    )
    assert command is not None, line
    options = {name for each in command.params for name in each.opts}
    assert {word.rstrip(",") for word in words if word.startswith("--")} <= options | {"--help"}, line


def test_the_blocks_of_the_documents_run(tmp_path: Path) -> None:
    """README's commands of a day, then the guide's, are typed one after the other in one folder, and all end well."""
    names = [f"/{number}.jpg" for number in range(1, 9)]
    page = b"<title>Fire</title>" + b"".join(b'<img src="%s">' % name.encode() for name in names)
    photos: dict[str, Body | bytes] = {name: jpeg(10 + number) for number, name in enumerate(names)}
    with SceneServer({"/": page, **photos}) as server:
        elsewhere = ("--allow-private", "--quiet", "--officer", "John Hill")
        for case, initials in (("UNIT-2", "U"), ("UNIT-3", "JH")):
            ran = typed(
                "capture", server.url("/1.jpg"), "--case", case, "--initials", initials, *elsewhere, cwd=tmp_path
            )
            assert ran.returncode == Exit.OK, ran.stderr
        assert typed("export", "UNIT-3", "--zip", "--output", "JH-1.zip", cwd=tmp_path).returncode == Exit.OK
        (tmp_path / "phone.zip").write_bytes(zipped({"_chat.txt": CHAT.encode()}))
        (tmp_path / "statement.eml").write_bytes(mail())
        (tmp_path / "mary-price.pem").write_text(typed("key", cwd=tmp_path).stdout)
        replaced = {"https://example.org/post/1": f"{server.url('/')} --allow-private", "/media/stick/": ""}
        day, *_ = _blocks(ROOT / "README.md")
        guide = _blocks(ROOT / "docs/guide.md")
        assert len(day) == 5
        assert len(guide) >= 3
        for line in [*day, *(line for block in guide for line in block)]:
            command = line
            for before, after in replaced.items():
                command = command.replace(before, after)
            ran = typed(*shlex.split(command, comments=True)[1:], cwd=tmp_path)
            assert ran.returncode == Exit.OK, (line, ran.stdout, ran.stderr)


def test_every_event_of_a_ledger_is_documented(maker: CaseMaker) -> None:
    """docs/formats.md says of every kind of line in a ledger what it is."""
    text = (ROOT / "docs/formats.md").read_text("utf-8")
    lines = [maker.path / "ledger.jsonl", *maker.path.glob("captures/*/ledger.jsonl")]
    events = {json.loads(line)["event"] for path in lines for line in path.read_text("utf-8").splitlines()}
    assert {"post", "proof", "post-changed", "working-copy", "skipped"} <= events
    assert all(f"| `{event}`" in text or f", `{event}`" in text for event in events)


def _commands(group: click.Group, before: str = "") -> Iterator[tuple[str, click.Command]]:
    """Yield every command with its name, those of a group below it as well."""
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command is not None
        if isinstance(command, click.Group):
            yield from _commands(command, f"{before}{name} ")
        else:
            yield f"{before}{name}", command


def _options() -> list[Any]:
    found = [
        pytest.param(option, id=f"{name} {option.opts[0]}")
        for name, command in _commands(main)
        for option in command.params
        if isinstance(option, click.Option)
    ]
    assert len(found) > 40
    return found


@pytest.mark.parametrize("option", _options())
def test_every_option_says_what_it_is(option: click.Option) -> None:
    """Each option has a sentence of help, with a default where it is not shown by itself, and a word for its value."""
    assert option.help
    assert re.fullmatch(r".{8,100}[.](  \[default: .+\])?", option.help)
    assert option.is_flag or option.metavar or isinstance(option.type, click.Choice) or option.name in {"title", "note"}


def test_an_option_means_the_same_everywhere() -> None:
    """What two commands call by the same name has the same help, but for a few that each says for its own work."""
    said: dict[str, set[str]] = {}
    for _, command in _commands(main):
        for option in command.params:
            if isinstance(option, click.Option):
                said.setdefault(option.opts[0], set()).add(option.help or "")
    own = {
        "--case",
        "--key",
        "--every",
        "--for",
        "--note",
        "--output",
        "--format",
        "--place",
        "--receipt",
        "--record",
        "--session",
        "--since",
        "--store",
        "--pdf",
        "--to",
    }
    assert {name for name, helps in said.items() if len(helps) > 1} == own


ROOMS = ("capture", "commands", "exports", "fleet", "hashing", "intelligence", "validation")


@pytest.mark.parametrize("guide", ["docs/architecture.md", "CONTRIBUTING.md"])
def test_every_path_that_a_guide_names_is_there(guide: str) -> None:
    """A newcomer finds each file and folder that the guides name."""
    text = (ROOT / guide).read_text("utf-8")
    named = re.findall(r"`((?:[a-z0-9_]+/)+(?:[a-z0-9_]+\.(?:py|md))?|[a-z0-9_]+\.py)`", text)
    there = [path.relative_to(ROOT).as_posix() for room in ROOMS for path in (ROOT / room).rglob("*")]
    missing = [name for name in named if not (ROOT / name).exists()]
    assert len(named) > 15
    assert [name for name in missing if not any(f"/{each}".endswith(f"/{name.rstrip('/')}") for each in there)] == []


@pytest.mark.parametrize("guide", ["docs/architecture.md", "CONTRIBUTING.md"])
def test_what_a_guide_names_in_a_file_is_in_that_file(guide: str) -> None:
    """Where a guide says that something is decided in a file, the file has what the guide calls it."""
    text = (ROOT / guide).read_text("utf-8")
    named = re.findall(r"`([A-Za-z_.]+)`(?: and `([A-Za-z_.]+)`)? (?:in |\()`((?:[a-z0-9_]+/)+[a-z0-9_]+\.py)`", text)
    words = [(path, word) for *names, path in named for name in filter(None, names) for word in name.split(".")]
    assert len(words) >= 5
    assert [each for each in words if not re.search(rf"\b{each[1]}\b", (ROOT / each[0]).read_text("utf-8"))] == []


def test_the_map_names_every_room() -> None:
    """docs/architecture.md names each room of a package."""
    text = (ROOT / "docs/architecture.md").read_text("utf-8")
    rooms = [path.parent.name for package in ROOMS for path in (ROOT / package).glob("*/__init__.py")]
    assert [room for room in rooms if f"`{room}/`" not in text and f"/{room}/" not in text] == []
