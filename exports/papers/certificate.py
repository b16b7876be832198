"""A certificate in the manner of rule 902(13) and (14) of the US Federal Rules of Evidence.

A qualified person certifies a process that gives an accurate result (13), and that copies were authenticated by a
process of digital identification (14): here each file by its SHA-256. The declaration is that of 28 U.S.C. 1746.
"""

from __future__ import annotations

from collections.abc import Iterator

from exports.format.bundle_listing import CaptureListing
from exports.format.disclosure_form import WITHHELD
from exports.format.moment import second
from exports.format.phrases import exhibit_ranges
from exports.papers.paper import (
    Blank,
    Numbering,
    Paper,
    PaperBlock,
    PaperHeading,
    PaperParagraph,
    PaperTable,
    Words,
    stated,
)
from exports.papers.source import PaperSource
from hashing.tool import tool

_PROCESS = (
    (
        "For each address that it asks for itself, the tool records the request and the server's answer as they go "
        "over the connection (WARC/1.1), and computes the SHA-256 of the body while its bytes arrive, before anything "
        "else reads them. The body is stored as it was sent, without the marks that parted it for the transfer "
        "(chunks), under a name that is never written again."
    ),
    (
        "When a body is on disk, a line in the ledger of the capture says so: its address, times, size and SHA-256, "
        "as canonical JSON (RFC 8785). At the end of the capture the lines are hashed as a Merkle tree (RFC 6962), and "
        "the number of lines and the root are signed with Ed25519: the seal. A change of any line, or of any byte that "
        "a line speaks of, no longer matches the seal."
    ),
    (
        "The bundle is a copy of those files with lists of their SHA-256 (BagIt, RFC 8493) and a seal of its own. "
        "Before the tool calls it done, it reads it back and compares it with the ledgers."
    ),
)


_CUT_OUT = (
    "An item that is cut out of another (a post in the list that a server sent, a message of a chat) holds exactly the "
    "bytes that stand there, once a coding such as gzip is undone. Its SHA-256 was computed when it was cut out; the "
    "other is an item of its own."
)
_TAKEN_IN = (
    "Of the exhibits that were handed in, no server was asked for anything: the tool copies each file as it finds it, "
    "and computes its SHA-256 while it reads it; their ledgers are kept and sealed in the same way."
)


def certificate(source: PaperSource) -> Paper:
    """Draft the certificate."""
    numbered = Numbering()
    return Paper(
        title="Certification of electronic records",
        subtitle="in the manner of Federal Rules of Evidence 902(11), 902(13) and 902(14)",
        running=source.running,
        blocks=(
            *_opening(source, numbered),
            *_process(source, numbered),
            *_digests(source, numbered),
            PaperHeading("Declaration"),
            PaperParagraph((
                ("I declare under penalty of perjury under the laws of the United States of America that the foregoing "
                "is true and correct (28 U.S.C. § 1746). Executed on "), Blank("date"), " at ", Blank("place"), ".",
            )),
            PaperParagraph(("Signature: ", Blank("signature"), "   Name: ", Blank("name of the person who certifies"))),
            *source.notes(),
        ),
    )  # fmt: skip


def _opening(source: PaperSource, numbered: Numbering) -> Iterator[PaperBlock]:
    case = source.listing.case
    # Who certifies is not filled in: that need not be who captured, and whoever signs must have put their own name
    # there.
    names = {capture.started.officer: None for capture in source.listing.captures}
    known = ", ".join(stated(name) for name in names if name != WITHHELD) or "nobody"
    rows: tuple[tuple[str, str | Blank], ...] = (
        ("Court and case", Blank("court, parties and docket number")),
        ("Case of the tool", stated(f"{case.reference} {case.title}")),
        ("Bundle", stated(source.name)),
        ("Captured by, as the ledgers say", known),
        ("Seal of the bundle", source.fingerprint),
    )
    yield PaperTable((30, 70), (), tuple(((label,), (content,)) for label, content in rows))
    yield numbered(
        "I, ", Blank(f"name of the person who certifies; the ledgers name as officer: {known}"), ", certify as follows."
    )
    yield numbered(
        "I am qualified to make this certification: ", Blank("post, training, experience with the tool"), "."
    )
    yield numbered("The notice and the copies that rule 902(11) asks for were given: ", Blank("to whom and when"), ".")


def _process(source: PaperSource, numbered: Numbering) -> Iterator[PaperBlock]:
    yield PaperHeading("The process, and the tool (rule 902(13))")
    # The order of the rule: first how the result is made (13), then by what, then that these are its copies (14).
    for text in _PROCESS:
        yield numbered(text)
    if any(item.excerpt is not None for item in source.listing.items):
        yield numbered(_CUT_OUT)
    browsers = dict.fromkeys(stated(each.browser) for capture in source.listing.captures for each in capture.renderings)
    if browsers:
        yield numbered(
            f"Pages were also shown in a browser on that computer ({', '.join(browsers)}). Pictures, documents and "
            "prints of them were made by the browser, and sent by no server; their SHA-256 was computed when they were "
            "stored. What the browser asked for and received is recorded as it logged it."
        )
    if any(capture.intake is not None for capture in source.listing.captures):
        yield numbered(_TAKEN_IN)
    yield numbered(
        "That the process gives an accurate result I know from ",
        Blank("tests of this version: the record of goldenhour validate, its date and who ran it"), ".",
    )  # fmt: skip
    # One row for all exhibits of one version: fifty of the same would hide the one that is another.
    groups: dict[tuple[str, str], list[CaptureListing]] = {}
    for capture in source.listing.captures:
        versions = ", ".join(f"{name} {version}" for name, version in capture.started.versions.items())
        groups.setdefault((capture.started.tool, versions), []).append(capture)
    yield PaperTable(
        (25, 25, 50),
        ("Exhibits", "Tool", "Versions of what it stands on"),
        tuple(
            ((stated(exhibit_ranges([each.exhibit for each in captures])),), (stated(made),), (stated(versions),))
            for (made, versions), captures in groups.items()
        ),
    )
    yield PaperTable(
        (15, 35, 20, 30),
        ("Exhibit", "Captured from, or handed in by", "Began and ended", "Clock, certificates of servers, outcome"),
        tuple(_capture_row(capture) for capture in source.listing.captures),
    )


def _capture_row(capture: CaptureListing) -> tuple[Words, ...]:
    tls, place = _certificates(capture), stated(capture.scene)
    if (intake := capture.intake) is not None:
        tls, place = "no server was asked", f"handed in by {stated(intake.received_from) or 'somebody not named'}"
    clock = stated(capture.clock_says)
    return (
        (stated(capture.exhibit),),
        (place,),
        (f"{second(capture.started.time)} to {second(capture.finished.time)}",),
        (
            clock or Blank("how the clock was compared"),
            (f"; {tls}; {stated(capture.finished.status)}, {len(capture.failed):,} not received or not whole"),
        ),
    )


def _certificates(capture: CaptureListing) -> str:
    """Say whether certificates were verified, where there were any, or that the ledger does not say."""
    verified = capture.started.settings.get("tls_verified")
    if verified is None:
        return "certificates: not recorded"
    answers = [item.response for item in capture.items if item.response is not None]
    plain = sum(answer.url.startswith("http://") for answer in answers)
    if answers and plain == len(answers):
        return "not encrypted, so there were no certificates"
    said = "certificates verified" if verified else "certificates NOT verified"
    return f"{said}, but {plain:,} of {len(answers):,} items came unencrypted" if plain else said


def _digests(source: PaperSource, numbered: Numbering) -> Iterator[PaperBlock]:
    yield PaperHeading("The files, by their SHA-256 (rule 902(14))")
    yield numbered(
        f"On {second(source.time)} {tool()} read every file of the bundle anew and compared its SHA-256 with the "
        f"lists, the ledgers and the seal. All match. The SHA-256 of manifest.json is {source.manifest_sha256}."
    )
    yield PaperTable(
        (15, 30, 55),
        ("Exhibit", "Lines of its ledger", "Merkle root and fingerprint of its seal"),
        tuple(
            (
                (stated(capture.exhibit),),
                (f"{capture.seal.size:,}",),
                (f"{capture.seal.root}; {capture.seal.fingerprint}",),
            )
            for capture in source.listing.captures
        ),
    )
    yield PaperTable(
        (14, 30, 12, 44),
        ("Item", "File in the bundle", "Bytes", "SHA-256"),
        tuple(
            (
                (stated(item.ref),),
                (stated(item.path),),
                (f"{item.size:,}" if item.sha256 != WITHHELD else WITHHELD,),
                (item.sha256,),
            )
            for item in source.listing.items
        ),
    )
