from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner
from lxml import etree

from cli import main
from commands.exit import Exit
from exports.verification import verify
from hashing.case.case import Case
from hashing.case.events import Appealed, encode
from intelligence.appeals import add_appeal
from tests.servers.scene import Body, SceneServer

if TYPE_CHECKING:
    from click.testing import Result

    from hashing.ledger.keys import SigningKey

ATOM = {"a": "http://www.w3.org/2005/Atom"}
URL = "https://police.example/appeals.xml?a=1&b=2"


def _typed(*words: object) -> Result:
    return CliRunner().invoke(main, [str(word) for word in words])


@pytest.fixture
def case(tmp_path: Path) -> Path:
    """Make a case with two appeals."""
    case = tmp_path / "OP-ALDER"
    assert _typed("init", case, "--officer", "Mary Price", "--title", "Secret title").exit_code == Exit.OK
    assert _add(case, "Were you on <the> bridge & saw it?\nSend us your film.").exit_code == Exit.OK
    assert _add(case, "Have you seen\x0b this car? 🚗", "--headline", "A red car").exit_code == Exit.OK
    return case


def _add(case: Path, text: str, *words: str, link: str = "https://police.example/7?x=1&y=2") -> Result:
    return _typed("appeal", "add", "--case", case, "--officer", "Mary Price", "--text", text, "--link", link, *words)


def _feed(path: Path, *cases: Path, url: str = URL) -> Result:
    named = [word for case in cases for word in ("--case", case)]
    return _typed("appeals", path, *named, "--published", url, "--by", "Alder Police")


def _faults(feed: bytes) -> list[str]:
    """Return what is wrong with a feed by RFC 4287: its grammar, and its rules beyond that."""
    tree = etree.fromstring(feed)
    schema = etree.RelaxNG(etree.parse(Path(__file__).with_name("atom.rng")))
    faults = [] if schema.validate(tree) else [str(schema.error_log)]
    if tree.find("a:author", ATOM) is None:
        faults.append("no author")
    ids = [each.text for each in tree.iterfind(".//a:id", ATOM)]
    if len(ids) != len(set(ids)):
        faults.append("an id twice")
    faults += ["no link and no content" for each in tree.iterfind("a:entry", ATOM) if len(each) < 2]
    return faults


def test_a_feed_of_what_is_asked(case: Path, tmp_path: Path) -> None:
    """The feed is valid, says what the appeals say, and nothing else of the case."""
    made = _feed(tmp_path / "appeals.xml", case)
    assert (made.exit_code, "2 appeals" in made.stdout) == (Exit.OK, True), made.output
    feed = (tmp_path / "appeals.xml").read_bytes()
    assert _faults(feed) == []
    for word in ("Secret title", "OP-ALDER", "Mary", Case.open(case).info.id):
        assert word.encode() not in feed
    entries = etree.fromstring(feed).findall("a:entry", ATOM)
    assert [entry.findtext("a:title", namespaces=ATOM) for entry in entries] == [
        "A red car", "Were you on <the> bridge & saw it?",
    ]  # fmt: skip
    assert entries[1].findtext("a:content", namespaces=ATOM) == "Were you on <the> bridge & saw it?\nSend us your film."
    assert entries[0].findtext("a:content", namespaces=ATOM) == "Have you seen\ufffd this car? 🚗"


def test_the_grammar_sees_faults(case: Path, tmp_path: Path) -> None:
    """What is missing or wrong in a feed is seen: the test above can fail."""
    _feed(tmp_path / "appeals.xml", case)
    feed = (tmp_path / "appeals.xml").read_bytes()
    for pattern, instead in (
        (rb"<id>urn:[^<]*</id>", b""), (rb"<updated>[^<]*", b"<updated>today"), (rb"<author>.*?</author>", b""),
        (rb' href="https://police.example/7[^"]*"', b""), (rb"<title>A red car</title>", b""),
    ):  # fmt: skip
        assert _faults(re.sub(pattern, instead, feed, count=1, flags=re.DOTALL)), pattern


def test_feedparser_reads_it(case: Path, tmp_path: Path) -> None:
    """Feedparser has no complaint, and reads what the appeals say."""
    feedparser = pytest.importorskip("feedparser", reason="feedparser is not installed")
    _feed(tmp_path / "appeals.xml", case)
    read = feedparser.parse((tmp_path / "appeals.xml").read_bytes())
    assert (read.bozo, read.version) == (False, "atom10")
    assert [(entry.title, entry.link) for entry in read.entries] == [
        ("A red car", "https://police.example/7?x=1&y=2"),
        ("Were you on <the> bridge & saw it?", "https://police.example/7?x=1&y=2"),
    ]


def test_an_appeal_that_is_over(case: Path, tmp_path: Path) -> None:
    """It stands in the ledger, and not in the next feed, which replaces the last one; the others keep their ids."""
    feed = tmp_path / "appeals.xml"
    _feed(feed, case)
    before = re.findall(rb"urn:uuid:[0-9a-f-]+", feed.read_bytes())
    ended = _typed("appeal", "end", "1", "--case", case, "--officer", "Mary Price", "--reason", "found")
    assert ended.exit_code == Exit.OK
    assert _feed(feed, case).exit_code == Exit.OK
    assert re.findall(rb"urn:uuid:[0-9a-f-]+", feed.read_bytes()) == before[:1]
    assert _typed("appeal", "end", "1", "--case", case, "--officer", "M").exit_code == Exit.USAGE
    assert _typed("appeal", "list", "--case", case).stdout.startswith("2  A red car  https://police.example/7")
    assert _add(case, "Another").stdout.startswith("3  Another")
    _typed("appeal", "end", "2", "--case", case, "--officer", "M")
    _typed("appeal", "end", "3", "--case", case, "--officer", "M")
    assert _feed(feed, case).exit_code == Exit.OK
    assert _faults(feed.read_bytes()) == []
    assert verify(case).verdict == "ok"


def test_several_cases(case: Path, tmp_path: Path) -> None:
    """The appeals of several cases stand in one feed, each with an id of its own."""
    other = tmp_path / "OP-OTHER"
    _typed("init", other, "--officer", "Mary Price")
    _add(other, "Who was there?")
    assert "3 appeals" in _feed(tmp_path / "appeals.xml", case, other).stdout
    assert _faults((tmp_path / "appeals.xml").read_bytes()) == []


def test_what_is_refused(case: Path, tmp_path: Path) -> None:
    """What is no address of the web, an empty text, a file that is no feed, and a place in a case are refused."""
    for link in (
        "javascript:alert(1)",
        "https://",
        "police.example",
        "https://police.example/ x",
        "file:///etc/passwd",
    ):
        assert _add(case, "x", link=link).exit_code == Exit.USAGE, link
    assert _add(case, "  ").exit_code == Exit.USAGE
    (tmp_path / "notes.xml").write_text("mine")
    assert _feed(tmp_path / "notes.xml", case).exit_code == Exit.REFUSED
    assert (tmp_path / "notes.xml").read_text() == "mine"
    assert _feed(case / "appeals.xml", case).exit_code == Exit.REFUSED
    assert _feed(tmp_path / "f.xml", case, url="ftp://x").exit_code == Exit.USAGE
    _feed(tmp_path / "f.xml", case)
    assert _feed(tmp_path / "f.xml", case, url="https://other.example/").exit_code == Exit.REFUSED


def test_what_nobody_signed_is_told_to_nobody(case: Path, tmp_path: Path) -> None:
    """A line behind the newest checkpoint, or one with a link that is none, makes no feed."""
    ledger = case / "ledger.jsonl"
    event = Appealed(
        time="2026-11-30T10:00:00.000Z",
        number=9,
        title="x",
        text="x",
        link="javascript:x",
        officer="x",
        signer="00" * 32,
    )
    ledger.write_bytes(ledger.read_bytes() + encode(event) + b"\n")
    made = _feed(tmp_path / "f.xml", case)
    assert (made.exit_code, (tmp_path / "f.xml").exists()) == (Exit.MISMATCH, False)
    assert _typed("appeal", "list", "--case", case).exit_code == Exit.UNCHECKED


def test_the_appeals_of_another_force(case: Path, tmp_path: Path) -> None:
    """A feed of ours is a scene elsewhere: its appeals are captured; one that is down is an answer, and no crash."""
    _feed(tmp_path / "appeals.xml", case)
    body = Body(data=(tmp_path / "appeals.xml").read_bytes(), type="application/atom+xml")
    with SceneServer({"/appeals.xml": body}) as server:
        words = (
            "--case",
            tmp_path / "OP-TWO",
            "--officer",
            "Mary Price",
            "--allow-private",
            "--quiet",
            "--timeout",
            "5",
        )
        got = _typed("capture", server.url("/appeals.xml"), *words, "--json")
        assert "A red car" in got.output, got.output
        gone = _typed("capture", server.url("/nothing.xml"), *words)
        assert gone.exit_code in {Exit.IN_PART, Exit.NOTHING}
    down = _typed("capture", server.url("/appeals.xml"), *words)
    assert (down.exit_code, "Traceback" in down.output) == (Exit.NOTHING, False), down.output


def test_appeals_made_at_once_have_numbers_of_their_own(case: Path, key: SigningKey) -> None:
    """Officers who make appeals in the same moment never get the same number."""
    with ThreadPoolExecutor(4) as pool:  # each with a case of its own, as each process has
        made = pool.map(
            lambda text: add_appeal(Case.open(case), text=text, link=URL, key=key, officer="John Hill"), "abcdefgh"
        )
    assert sorted(each.number for each in made) == list(range(3, 11))
