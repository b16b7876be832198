from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from exports.bundle.opened_bundle import OpenedBundle, open_bundle
from exports.errors import NotCheckable
from exports.forms.case_uco import case_uco_pieces
from exports.forms.case_uco.literal import date_time, decimal
from exports.forms.conversion import convert
from hashing.case.custody import Handling, record_custody
from hashing.case.facts import Fact
from hashing.case.kinds import ItemKind
from hashing.case.post import Account, Edit, Post, PostMedia
from tests.exports.bundles import bundle_of
from tests.exports.listed import entries_of
from tests.exports.small_case import OFFICER, Thing, make_case, photo
from tests.exports.social_case import PHOTO, POST, social_case

if TYPE_CHECKING:
    from collections.abc import Iterator

HOSTILE = (
    '"}]}, {"@id": "kb:x"',
    "@id",
    "https://ontology.unifiedcyberontology.org/uco/core/name",
    "_:b0 \x00\x07\x1b[31m\u202e\ufeff\u2028 <script>alert(1)</script> & \\ \\u0041 \U0001f525",
    " \n\t ",
)
ODD_TIMES = ("yesterday", "2026-02-30T10:00:00Z", "2026-11-24T24:00:00Z", "2016-12-31T23:59:60Z", "٢٠٢٦")


def judged(path: Path) -> subprocess.CompletedProcess[str]:
    """Have a document judged by case_validate, which knows the ontology and needs no network."""
    judge = Path(sys.executable).with_name("case_validate")
    return subprocess.run([judge, path], capture_output=True, text=True, check=False)


def nodes_of(path: Path) -> dict[str, dict[str, Any]]:
    """Return the nodes of the document by their names."""
    graph = json.loads(path.read_bytes())["@graph"]
    assert len({node["@id"] for node in graph}) == len(graph)
    return {node["@id"]: node for node in graph}


def of_type(path: Path, kind: str) -> list[dict[str, Any]]:
    """Return the nodes of one type."""
    return [node for node in nodes_of(path).values() if node["@type"] == kind]


def facet(node: dict[str, Any], kind: str) -> dict[str, Any]:
    """Return a node's facet of this kind."""
    (found,) = [each for each in node["uco-core:hasFacet"] if each["@type"] == f"uco-observable:{kind}"]
    return found  # type: ignore[no-any-return]  # read from JSON


def strings(value: object) -> Iterator[str]:
    """Yield every string within a document."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for each in value.values():
            yield from strings(each)
    elif isinstance(value, list):
        for each in value:
            yield from strings(each)


@pytest.fixture(scope="module")
def social(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Write the social case as CASE/UCO."""
    tmp_path = tmp_path_factory.mktemp("social")
    return convert(bundle_of(social_case(tmp_path), tmp_path / "bundle"), "case-uco").path


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Write a case in which all that others can word is hostile, times are none, and facts are odd or missing."""
    tmp_path = tmp_path_factory.mktemp("hostile")
    maker = make_case(tmp_path)
    capture = maker.begin("#FireWatch", note=HOSTILE[0])
    for number, text in enumerate(HOSTILE):
        facts = (
            Fact("GPS latitude", 1e308, "EXIF GPSLatitude"),
            Fact("GPS longitude", 151.2, "EXIF GPSLongitude"),
            Fact("width", True, "Pillow"),
            Fact(text, text, f"EXIF {text}"),
            Fact(text, text, text),
            Fact("empty", "", "EXIF UserComment"),
        )
        listing = capture.add(Thing(f"{number}.jpg", photo(number), alt=text, claimed_name=text, facts=facts))
        post = Post(
            platform=text,
            server=text,
            id=text,
            permalink=text,
            author=Account(name=text),
            published=ODD_TIMES[number],
            edited=text,
            title=text,
            text=text,
            warning=text,
            tags=(text, text),
            edits=(Edit(time="then", text=text),),
            media=(PostMedia(url=text, kind=ItemKind.PHOTO), PostMedia(url=listing.url, kind=ItemKind.PHOTO)),
        )
        capture.excerpt(listing, post, b"\xff", offset=0)
        capture.fail(text, text)
        capture.fail(text, text)
        capture.skip(text, text)
    capture.add(Thing("empty", b"", mime=""))
    capture.excerpt(listing, Post(platform="", server="", id=""), b"\xd8", offset=1)
    capture.seal()
    maker.begin("https://news.example/nothing").seal("nothing")
    return convert(bundle_of(maker, tmp_path / "bundle"), "case-uco").path


def test_case_validate_accepts_a_social_case(social: Path) -> None:
    """The ontology's own judge finds nothing to say, not even a suggestion."""
    found = judged(social)
    assert (found.returncode, found.stdout) == (0, "Validation Report\nConforms: True\n"), found.stderr


def test_case_validate_accepts_hostile_texts_odd_times_failures_and_missing_facts(hostile: Path) -> None:
    """Nothing that a stranger words makes the document one that is not valid."""
    found = judged(hostile)
    assert (found.returncode, found.stdout) == (0, "Validation Report\nConforms: True\n"), found.stderr


def test_case_validate_refuses_a_document_that_is_broken(tmp_path: Path) -> None:
    """The judge does judge: a hash without its value, a time that is none and an unknown term are named."""
    maker = make_case(tmp_path)
    maker.capture([Thing("a.jpg", photo())])
    whole = convert(bundle_of(maker, tmp_path / "bundle"), "case-uco").path
    document = json.loads(whole.read_bytes())
    file = next(node for node in document["@graph"] if node["@type"] == "uco-observable:File")
    del facet(file, "ContentDataFacet")["uco-observable:hash"][0]["uco-types:hashValue"]
    action = next(node for node in document["@graph"] if "uco-action:endTime" in node)
    action["uco-action:endTime"]["@value"] = "yesterday"
    file["uco-core:nickname"] = "x"
    broken = tmp_path / "broken.case.jsonld"
    broken.write_text(json.dumps(document))
    found = judged(broken)
    assert found.returncode == 1
    assert "Less than 1 values" in found.stdout
    assert "Value is not Literal with datatype xsd:dateTime" in found.stdout
    assert "uco/core/nickname" in found.stderr


def test_sizes_and_digests_are_those_of_the_manifest(social: Path) -> None:
    """Every item and working copy is a file with its path, size and SHA-256; nothing else is."""
    items = entries_of(social.parent / "bundle")
    files = [*items, *(copy for item in items for copy in item.get("working_copies", []))]
    expected = {(file["path"], file["size"], file["sha256"]) for file in files}
    written = set()
    for file in of_type(social, "uco-observable:File"):
        content, place = facet(file, "ContentDataFacet"), facet(file, "FileFacet")
        assert content["uco-observable:sizeInBytes"] == place["uco-observable:sizeInBytes"]
        (digest,) = content["uco-observable:hash"]
        assert digest["uco-types:hashMethod"] == "SHA256"
        sha256 = digest["uco-types:hashValue"]["@value"]
        written.add((place["uco-observable:filePath"], content["uco-observable:sizeInBytes"], sha256))
    assert written == expected


def test_who_captured_what_with_which_tool_and_when(social: Path) -> None:
    """A capture is an action with performer, tool and version, times, the scene, its record and its files."""
    nodes = nodes_of(social)
    action = next(node for node in nodes.values() if node.get("uco-core:name") == "capture")
    assert nodes[action["uco-action:performer"]["@id"]]["uco-core:name"] == OFFICER
    instrument = nodes[action["uco-action:instrument"]["@id"]]
    assert instrument["uco-core:name"] == "goldenhour"
    assert instrument["uco-tool:version"]
    scene = nodes[action["uco-action:object"]["@id"]]
    assert facet(scene, "URLFacet")["uco-observable:fullValue"] == "https://social.example/tags/fire"
    record, *files = (nodes[each["@id"]] for each in action["uco-action:result"])
    assert (record["@type"], record["case-investigation:exhibitNumber"]) == (
        "case-investigation:ProvenanceRecord",
        "MP/1",
    )
    assert [{"@id": file["@id"]} for file in files] == record["uco-core:object"]
    assert action["uco-action:startTime"]["@value"] <= action["uco-action:endTime"]["@value"]


def test_a_post_has_author_text_and_time_as_claimed(social: Path) -> None:
    """A post names the account that it claims, its words and its time; its photo is attached to it."""
    nodes = nodes_of(social)
    (post,) = of_type(social, "uco-observable:Post")
    message = facet(post, "MessageFacet")
    assert message["uco-observable:messageText"] == POST.text
    assert message["uco-observable:sentTime"] == {"@type": "xsd:dateTime", "@value": POST.published}
    author = nodes[message["uco-observable:from"]["@id"]]
    assert facet(author, "DigitalAccountFacet")["uco-observable:accountLogin"] == POST.author.handle
    assert "earlier wording, as claimed, of 2026-11-24T10:15:02+01:00: Smoke" in post["uco-core:description"]
    links = of_type(social, "uco-core:Relationship")
    (shown,) = [link for link in links if link["uco-core:kindOfRelationship"] == "Attachment_Of"]
    held = {
        link["uco-core:source"]["@id"]: link["uco-core:target"]["@id"] for link in links if "Downloaded" in str(link)
    }
    assert facet(nodes[held[shown["uco-core:source"]["@id"]]], "URLFacet")["uco-observable:fullValue"] == PHOTO


def test_a_post_of_a_list_is_not_said_to_be_downloaded(social: Path) -> None:
    """A post from a list stands within the list's file, which alone was fetched: its own address was not asked."""
    nodes = nodes_of(social)
    (post,) = of_type(social, "uco-observable:Post")
    links = [
        (link["uco-core:source"]["@id"], link["uco-core:kindOfRelationship"], link["uco-core:target"]["@id"])
        for link in of_type(social, "uco-core:Relationship")
    ]
    (file,) = [target for source, _, target in links if source == post["@id"]]
    ((word, listing),) = [(word, target) for source, word, target in links if source == file]
    assert word == "Contained_Within"
    assert [word for source, word, _ in links if source == listing] == ["Downloaded_From"]
    assert nodes[listing]["uco-core:name"] == "MP/1-0001"
    assert f"address, as claimed: {POST.permalink}" in nodes[file]["uco-core:description"]


def test_what_a_photo_claims_of_camera_and_place(tmp_path: Path) -> None:
    """EXIF tags stand in the photo's facet, and its coordinates in a place that was extracted from it."""
    maker = make_case(tmp_path)
    facts = (
        Fact("GPS latitude", -33.85, "EXIF GPSLatitude"),
        Fact("GPS longitude", 1e-05, "EXIF GPSLongitude"),
        Fact("camera model", "X1", "EXIF Model"),
        Fact("width", 320, "Pillow"),
        Fact("height", 240, "Pillow"),
    )
    maker.capture([Thing("a.jpg", photo(), facts=facts)])
    path = convert(bundle_of(maker, tmp_path / "bundle"), "case-uco").path
    (file,), (place,) = of_type(path, "uco-observable:File"), of_type(path, "uco-location:Location")
    (coordinates,) = place["uco-core:hasFacet"]
    assert coordinates["uco-location:latitude"] == {"@type": "xsd:decimal", "@value": "-33.85"}
    assert coordinates["uco-location:longitude"] == {"@type": "xsd:decimal", "@value": "0.00001"}
    (dictionary,) = facet(file, "EXIFFacet")["uco-observable:exifData"]
    entries = {entry["uco-types:key"]: entry["uco-types:value"] for entry in dictionary["uco-types:entry"]}
    assert entries["camera model (EXIF Model)"] == "X1"
    assert facet(file, "RasterPictureFacet")["uco-observable:pictureWidth"] == 320


def test_custody_events_are_actions_in_their_order(tmp_path: Path) -> None:
    """Each entry of the log is an action with who, when, on what and between whom, informed by the one before it."""
    maker = make_case(tmp_path)
    maker.capture([Thing("a.jpg", photo())])
    handling = Handling(action="handed-over", giver=OFFICER, receiver="John Hill", reason="for court")
    record_custody(maker.case, ["MP/1-0001"], handling, key=maker.key, officer=OFFICER)
    path = convert(bundle_of(maker, tmp_path / "bundle"), "case-uco").path
    nodes = nodes_of(path)
    links = nodes_of(path)[of_type(path, "case-investigation:Investigation")[0]["@id"]]["uco-core:object"]
    log = [nodes[link["@id"]] for link in links if link["@id"].startswith("kb:custody")]
    assert [action["uco-core:name"] for action in log] == ["seized", "sealed", "handed-over"]
    informed = [action.get("case-investigation:wasInformedBy") for action in log]
    assert informed == [None, *({"@id": action["@id"]} for action in log[:-1])]
    record, _, file = (nodes[action["uco-action:object"][0]["@id"]]["@type"] for action in log)
    assert (record, file) == ("case-investigation:ProvenanceRecord", "uco-observable:File")
    assert [nodes[each["@id"]]["uco-core:name"] for each in log[2]["uco-action:participant"]] == [OFFICER, "John Hill"]
    assert "reason: for court" in log[2]["uco-core:description"]
    assert log[2]["uco-action:startTime"] == log[2]["uco-action:endTime"]


def test_a_node_has_one_name_in_all_bundles_of_a_case(tmp_path: Path) -> None:
    """A bundle made later names its items as the first did, and no item of another case is named so."""
    maker, other = make_case(tmp_path), make_case(tmp_path, "OP-BIRCH")
    for each in (maker, other):
        each.capture([Thing("a.jpg", photo())])
    paths = [bundle_of(each, tmp_path / name) for name, each in (("1", maker), ("2", maker), ("3", other))]
    first, second, foreign = (
        {node["@id"] for node in of_type(convert(path, "case-uco").path, "uco-observable:File")} for path in paths
    )
    assert first == second
    assert not first & foreign


def test_hostile_texts_come_back_as_they_were(hostile: Path) -> None:
    """Every text is a plain string in the document, whole, and where it says nothing it is not there."""
    messages = {
        facet(post, "MessageFacet").get("uco-observable:messageText")
        for post in of_type(hostile, "uco-observable:Post")
    }
    assert messages == {*HOSTILE, None}
    entries = [text for file in of_type(hostile, "uco-observable:File") for text in strings(file)]
    assert set(HOSTILE) <= set(entries)
    assert {node["@id"].partition(":")[0] for node in nodes_of(hostile).values()} == {"kb"}


def test_times_that_are_none_stand_in_a_description(hostile: Path) -> None:
    """What a platform claims as a time is not lost where it is no time."""
    described = " ".join(
        strings([post.get("uco-core:description") for post in of_type(hostile, "uco-observable:Post")])
    )
    assert all(f"published, as claimed: {time}" in described for time in ODD_TIMES)
    assert not any("uco-observable:sentTime" in str(post) for post in of_type(hostile, "uco-observable:Post"))


def test_what_failed_is_an_action_that_failed(hostile: Path) -> None:
    """All that was sought and not got is there, each with its reason; what was not sought is told of the capture."""
    actions = of_type(hostile, "case-investigation:InvestigativeAction")
    failed = [action for action in actions if action.get("uco-action:actionStatus") == "Fail"]
    assert len(failed) == 2 * len(HOSTILE)
    assert {text for action in failed for text in action["uco-core:description"]} >= set(HOSTILE)
    capture = next(action for action in actions if action["uco-core:name"] == "capture")
    assert [each["@id"] for each in capture["uco-action:subaction"]] == [action["@id"] for action in failed]
    assert f"not sought: {HOSTILE[1]}: {HOSTILE[1]} (1)" in capture["uco-core:description"]


def test_a_name_that_stands_twice_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A manifest that gives two items one reference is not written as if they were one."""
    maker = make_case(tmp_path)
    maker.capture([Thing("a.jpg", photo(1)), Thing("b.jpg", photo(2))])
    with open_bundle(bundle_of(maker, tmp_path / "bundle")) as bundle:
        entries = [msgspec.structs.replace(entry, ref="MP/1-0001") for entry in bundle.entries()]
        monkeypatch.setattr(OpenedBundle, "entries", lambda _bundle: iter(entries))
        with pytest.raises(NotCheckable, match=r"bundle: MP/1-0001 is listed twice"):
            list(case_uco_pieces(bundle))


@given(
    st.one_of(
        st.text(),
        st.datetimes().map(lambda each: each.isoformat()),
        st.from_regex(
            r"[0-9]{4}-[01][0-9]-[0-3][0-9]T[0-2][0-9]:[0-6][0-9]:[0-6][0-9](\.[0-9]+)?(Z|[+-][0-2][0-9]:[0-9]{2})?",
            fullmatch=True,
        ),
    )
)
def test_a_time_is_one_for_others_too_or_is_left_out(text: str) -> None:
    """What is written as xsd:dateTime is one for an RDF library, unchanged."""
    from rdflib import XSD, Literal

    if written := date_time(text):
        assert written["@value"] == text
        assert not Literal(text, datatype=XSD.dateTime).ill_typed


@given(st.floats())
def test_a_number_keeps_its_value_without_an_exponent(number: float) -> None:
    """A finite number is a decimal of the same value; infinity and what is no number are left out."""
    written = decimal(number)
    assert (written is None) == (number - number != 0)
    if written:
        assert float(written["@value"]) == number
        assert "e" not in written["@value"].lower()
