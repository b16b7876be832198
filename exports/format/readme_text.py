"""README.txt of a bundle: for a person who has the bundle, standard tools, and nothing of ours.

Every indented command in it is run by a test.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from shlex import quote
from typing import TYPE_CHECKING

from exports.format.phrases import exhibit_ranges
from hashing.case.redaction import OFFICER
from hashing.printable import printable

if TYPE_CHECKING:
    from exports.format.bundle_listing import BundleListing
    from exports.format.manifest import DisclosureRecord

_READERS = {"": "cat", "gzip": "gunzip -c <", "x-gzip": "gunzip -c <"}  # What undoes the content coding of a file.
_TEXT = """\
EVIDENCE BUNDLE {name}

Case       {title} ({case_id})
Exhibits   {exhibits}
Made       {time} (UTC) by {officer}
With       {tool}


WHAT THIS IS

Material that was published online, as it was received from the servers that
published it, with a record of how, when and by whom it was captured.
To look at it, open data/report.html in any web browser. It needs no network
and contacts none.

    data/report.html       everything, for people; further pages in data/report/
    data/manifest.json     the same, for programs; a line for each item, and for
    data/items.jsonl       what was not got, in items.jsonl
{case}    data/custody.json      what was done with each exhibit since its capture
    data/captures/         a folder for each capture (one exhibit each):
      items/                 the originals: the bytes as they were served or
                             handed in; pictures, as the browser made them
      working/               copies derived from originals; not evidence
{exchanges}{listing}      checkpoint             the capture's seal
      checkpoint.tsr         an authority's word on its time, where there is one
    seal/                  the seal of this bundle
    bagit.txt, bag-info.txt, manifest-sha256.txt, tagmanifest-sha256.txt
                           the list of all files (BagIt, RFC 8493)


WHAT IT PROVES

Whoever held the signing key sealed these files, with what the ledgers say of
each: from where it came, and when. Whether anything has changed since, the
checks below show. That the ledgers say what happened rests on that person,
and every time on the clock of the computer, unless an authority confirmed it.


WHAT IT DOES NOT PROVE

That a post is true, or who wrote it. Author, title and time of a post, and
what a photo says of its camera, place and time, are claims of whoever made
it. They are marked as claims.


HOW TO CHECK IT WITHOUT GOLDENHOUR

Work on a copy. If this came as a zip file, unpack it first. Open a terminal
in the folder that holds this README.txt and paste the indented commands, in
this order. They write nothing into this folder.

Needed: sha256sum (on macOS: shasum -a 256) and OpenSSL 3 or later.


1. No file is altered or missing

    sha256sum --quiet -c tagmanifest-sha256.txt
    sha256sum --quiet -c manifest-sha256.txt

Neither may print anything. (Leave --quiet out to see each file.)


2. No file was added

    work=$(mktemp -d)
    find data ! -type d | LC_ALL=C sort > "$work/found"
    cut -c 67- manifest-sha256.txt | LC_ALL=C sort | diff - "$work/found"

Nothing may be printed. A BagIt tool, such as the Python package bagit, checks
all of this too, and must end in "is valid":

    bagit.py --validate .


3. The seal was signed with the key in this bundle

The seal is a text of three lines, an empty line, and a signature.

    sed '/^$/,$d' seal/checkpoint > "$work/body"
    tail -n 1 seal/checkpoint | cut -d ' ' -f 3 | base64 -d | tail -c 64 > "$work/sig"
    openssl pkeyutl -verify -pubin -inkey seal/public-key.pem -rawin -in "$work/body" -sigfile "$work/sig"

It must say "Signature Verified Successfully".


4. The key and the seal are those that the officer wrote down

A bundle can be forged as a whole, with another key. What rules that out are
two numbers that the officer noted or read out when the bundle was made.
The fingerprint of the key is the first 40 digits of

    openssl pkey -pubin -in seal/public-key.pem -outform DER | sha256sum

and the fingerprint of the bundle's seal is the first 40 digits of

    sha256sum < "$work/body"

Compare them with the officer's notebook. Each capture has a seal of its own,
data/captures/*/checkpoint, which is checked in the same way; its fingerprint
stands in the report, and was shown when the capture was made.


5. The seal covers this bundle

seal/export.json is the line of the case's ledger that records the making of
this bundle. It holds the SHA-256 of the files that list all others:

    cat seal/export.json; echo
    sha256sum bagit.txt bag-info.txt manifest-sha256.txt README.txt

The four digests must stand in that line.
That this line is in the sealed ledger is shown by seal/export.proof. Its
first line is the line's position in the ledger, counted from 0; its second
the ledger's number of lines, which is also the second line of seal/checkpoint;
each further line is a hash in base64. To compute the ledger's root from them
(RFC 9162, section 2.1.3.2):

- Begin with r, the SHA-256 of a zero byte followed by the line:

    (printf '\\0'; cat seal/export.json) | sha256sum

- Let f be the position and s the number of lines less 1.
- For each hash p of the proof in turn: where f is odd, or f equals s, r becomes
  the SHA-256 of the byte 01, then p, then r; after that, while f is even and
  not 0, f and s are both halved. Otherwise r becomes the SHA-256 of the byte
  01, then r, then p. In both cases f and s are then halved once, without
  remainder.
- At the end s must be 0, and r in base64 must be the third line of
  seal/checkpoint.

seal/captures/ holds, in the same form, the line that records the seal of each
capture, with its proof. That line holds the SHA-256 of the capture's
checkpoint, and the size and root of the capture's ledger, which in turn holds
the SHA-256 of every item and exchange file of the capture.

seal/consistency shows, in further proofs (RFC 9162, section 2.1.4.2), that the
sealed ledger only adds to what earlier bundles of the case were sealed over.
Each line after the first holds the number of lines and the root that such a
ledger had, as they stand in the seal/checkpoint of the earlier bundle.
"""

_WHOLE = """\
      ledger.jsonl           what was done, line by line
"""
_SINGLE = """\
      disclosed.jsonl        the lines of the ledger that tell of these items
      disclosed.proofs       for each, where it stands in the ledger, and the proof
"""

_WARC = """\
      exchanges-*.warc.gz    {which} request and answer as they went over the wire
                             (WARC, ISO 28500), but for the bodies in items/
"""
_CASE = """\
    data/case.json         what case this is
"""
_MASKED = """\
      redacted.*             those of which parts are withheld, with what is shown
"""

_REDACTED = """

{number}. What is withheld of these items

Withheld: {words}.
redacted.jsonl holds lines without these parts, and in "_sd" a digest of each
part (SD-JWT, RFC 9901). The same line of redacted.shown holds the parts that are
shown, each with a random salt, in base64url; a part that is opened later looks
the same. Its digest must stand in the line. Of the first line of each capture:

    for file in data/captures/*/redacted.jsonl; do
      for part in $(sed -n 1p "${{file%.jsonl}}.shown"); do
        printf %s "$part" | openssl dgst -sha256 -binary | base64 | tr '/+' '_-' | tr -d '='
      done
      sed -n 1p "$file"
      (printf '\\0'; sed -n 1p "$file" | tr -d '\\n') | sha256sum
      sed -n 1p "${{file%.jsonl}}.proofs" | tr ' ' '\\n'
    done

The last part of what is printed is the line's proof, in the form of the step
before. It leads to the "root", here in hexadecimal, of the line "commitments" in
disclosed.jsonl, which is itself proven to be sealed.
"""

_DISCLOSURE = """

{number}. These items belong to a sealed whole

This is a disclosure: single items of {captures}, and not
the others. Of {items} items {withheld} are withheld.
Each line of disclosed.jsonl is a line of the capture's ledger exactly as it was
sealed; the same line of disclosed.proofs holds its position, the ledger's number
of lines, and the hashes of its proof. This shows both for the first line, in the
form that step 5 begins with:

    for folder in data/captures/*; do
      (printf '\\0'; sed -n 1p "$folder/disclosed.jsonl" | tr -d '\\n') | sha256sum
      sed -n 1p "$folder/disclosed.proofs" | tr ' ' '\\n'
    done

Computed as in step 5, the result must be the third line of the checkpoint in the
same folder. Another number than 1 shows another line. The last line is the last
of the ledger: it counts the items of the whole capture ("items"), and so proves
how many are withheld.

    for folder in data/captures/*; do tail -n 1 "$folder/disclosed.jsonl"; done

The line of an item holds the SHA-256 of its file, the line of an exchange those
of its records ("block_sha256"). Whether more lines tell of the same item, and
what an item was cut out of, only the whole capture shows.
"""

_EXCHANGES = """

{number}. What the servers sent

The exchange files can be read with any WARC tool, such as warcio:

    for file in data/captures/*/exchanges-*.warc.gz; do warcio index "$file"; done
    for file in data/captures/*/exchanges-*.warc.gz; do warcio check "$file"; done

or without one:

    for file in data/captures/*/exchanges-*.warc.gz; do gunzip -c "$file" | head -n 5; done

The body of an item stands in items/ and nowhere else: the record of its answer
holds the headers only, and names the file ("Goldenhour-Body-File") and its
SHA-256 ("Goldenhour-Body-Digest"). goldenhour convert BUNDLE --to warc writes
them together.
One with "WARC-Truncated: disconnect" is as much as arrived before the
connection broke off.
"""

_EXCERPTS = """

{number}. Posts that came in a list

Servers answer with lists of posts. The list is an item as it was served; each
post in it is an item of its own, with exactly the bytes that stand in the list.
data/items.jsonl says under "excerpt" of which item ("of") and from which byte
on ("offset", counted from 0). Of this bundle, for example:

    {command}

Nothing may be printed. Where the list has a "content_encoding", that is undone
first. Doing this for every post takes a program: `goldenhour verify` does.
"""

_PROOFS = """

{number}. Signed proofs of Bluesky posts

An item of the kind "proof" is a CAR file: the signed commit of the account's
repository, and the path in its search tree to the record, or to the place where
it would be (atproto.com/specs/repository). To check one takes a tool for the AT
Protocol: `goldenhour verify` checks every one, offline, against the account's
keys in the item of the kind "identity"; what was found when it was captured
stands in the report. It proves that the account's key signed a repository that
holds, or lacks, this record. It proves no time, and not who held the key: as a
rule the account's server does.
"""


_TRUSTED_TIME = """

{number}. The trusted time

A file that ends in .tsr is a token: an authority confirms in it that the
checkpoint of the same name existed at the token's time (RFC 3161).

{times}Get the certificate of the authority's root from the authority itself, or from
whoever you trust, and save it beside this folder as tsa-root.pem. Then

    find data seal -name '*.tsr' | while read -r token; do
      openssl ts -verify -data "${{token%.tsr}}" -in "$token" -CAfile ../tsa-root.pem
    done

must say "Verification: OK" for each token, and

    find data seal -name '*.tsr' -exec openssl ts -reply -text -in '{{}}' ';'

shows the times. Once the authority's own certificate has expired, give openssl
the option -attime with a time at which it was valid. The line of the case's
ledger that records each token stands in seal/timestamps/, with its proof.
seal/timestamped.checkpoint is an earlier checkpoint of the case, the last that has
a token; seal/timestamped.consistency shows that seal/checkpoint only adds to it
(RFC 9162, section 2.1.4.2).
"""


def readme_text(name: str, listing: BundleListing, *, tokens: bool, exchanges: bool, masked: bool) -> bytes:
    """Return README.txt for the bundle `name`.

    `tokens` says whether there is a trusted time to check, `exchanges` whether there is an exchange file,
    `masked` whether parts of any line are withheld.

    Text from outside stands in it as one printable line each.
    """
    disclosure = listing.disclosure
    redacted = disclosure.redacted if disclosure else ()
    text = _TEXT.format(
        case="" if OFFICER in redacted else _CASE,
        exchanges=_WARC.format(which="each item's" if disclosure else "every") if exchanges else "",
        listing=(_SINGLE + (_MASKED if masked else "")) if disclosure else _WHOLE,
        name=_line(name),
        title=_line(f"{listing.case.reference} {listing.case.title}".strip()),
        case_id=_line(listing.case.id),
        exhibits=_line(exhibit_ranges([capture.exhibit for capture in listing.captures])),
        time=listing.exported.time,
        officer=_line(listing.exported.officer),
        tool=_line(listing.exported.tool),
    )
    # Five sections stand in every bundle; what this one has besides is numbered from 6 on, so that no number is left
    # out.
    sections: list[Callable[..., str]] = [_EXCHANGES.format] if exchanges else []
    if disclosure:
        sections.append(partial(_DISCLOSURE.format, **_counts(disclosure)))
    if masked:
        sections.append(partial(_REDACTED.format, words=", ".join(redacted)))
    if example := next(_excerpts(listing), ""):
        sections.append(partial(_EXCERPTS.format, command=example))
    if any(item.proof is not None for item in listing.items):
        sections.append(_PROOFS.format)
    if tokens:
        sections.append(partial(_TRUSTED_TIME.format, times=_times(listing)))
    text += "".join(section(number=number) for number, section in enumerate(sections, start=6))
    return text.encode()


def _counts(disclosure: DisclosureRecord) -> dict[str, str]:
    exhibits = exhibit_ranges([each.exhibit for each in disclosure.captures])
    return {
        "captures": _line(exhibits),
        "items": f"{sum(each.items for each in disclosure.captures):,}",
        "withheld": f"{sum(each.withheld for each in disclosure.captures):,}",
    }


def _times(listing: BundleListing) -> str:
    """Return the trusted times of the captures, a line each, and an empty line where there are any."""
    timestamped = [
        (capture.exhibit, capture.timestamp) for capture in listing.captures if capture.timestamp is not None
    ]
    times = "".join(
        f"- {_line(exhibit)}: {timestamp.token_time} (UTC), {_line(timestamp.authority)}\n"
        for exhibit, timestamp in timestamped
    )
    return times + "\n" if times else ""


def _excerpts(listing: BundleListing) -> Iterator[str]:
    """Yield, for each post out of a list whose coding a standard tool undoes, the command that compares the two."""
    for capture in listing.captures:
        for item in capture.items:
            of = capture.item(item.excerpt.of) if item.excerpt is not None else None
            if item.excerpt is not None and of is not None and of.content_encoding in _READERS:
                reader = f"{_READERS[of.content_encoding]} {quote(of.path)}"
                yield f"{reader} | tail -c +{item.excerpt.offset + 1} | head -c {item.size} | cmp - {quote(item.path)}"


def _line(text: str) -> str:
    return printable(" ".join(text.split()), longest=400)
