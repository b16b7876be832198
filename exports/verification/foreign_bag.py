"""A bag that goldenhour did not make, judged by the standard alone: RFC 8493, and its drafts from 0.93 to 0.97.

That it is intact says that nothing was damaged on the way. It does not say who made it and when: whoever alters a bag
can write its lists anew.
"""

from __future__ import annotations

import codecs
import hashlib
import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

from exports.errors import NotCheckable, TooMuch
from exports.format.bag import BAG_INFO, BAGIT, PAYLOAD
from exports.format.result import Added, Altered, Missing
from exports.format.tree import FILE, demand_inside
from exports.verification.check import MOST, Check, explain_added
from hashing.printable import printable

_LIST = re.compile(r"(tag)?manifest-([A-Za-z0-9_-]{1,20})\.txt")
_DECLARATION = re.compile(
    r"BagIt-Version: (?P<major>[0-9]+)\.(?P<minor>[0-9]+)[ \t]*(?:\r\n|\r|\n)"
    r"Tag-File-Character-Encoding: (?P<encoding>[A-Za-z0-9_.:-]{1,40})[ \t]*(?:\r\n|\r|\n)?"
)
_LINE = re.compile(r"([0-9A-Fa-f]+)[ \t]+(\*?)(.+)")
_FETCH = re.compile(r"(\S+)[ \t]+(\S+)[ \t]+(.+)")
_OXUM = re.compile(r"(?im)^Payload-Oxum[ \t]*:[ \t]*([0-9]{1,18})\.([0-9]{1,18})[ \t]*$")
_LINE_END = re.compile(r"\r\n|\r|\n")
_CODED, _NOT_CODED = re.compile(r"%(0[aA]|0[dD]|25)"), re.compile(r"%(?!0[aA]|0[dD]|25)")
_FETCH_LIST = "fetch.txt"
# Bytes of a list that are read, whatever is here, and for each file that is here.
_LEAST, _MORE_A_FILE = 32 << 20, 1 << 10
# Encodings of single names, whose reading takes time with the square of the length.
_SLOW = frozenset({"idna", "punycode"})
_CHUNK = 1 << 20
_MOST_FILES = 250_000  # Files of a bag of others that are checked at once: what its lists say of them is in memory.
_NEWEST, _STRICT = (1, 0), (1, 0)
_WEAK = {"md5", "sha1"}
_NOT_SEALED = "not sealed by goldenhour: nothing says who made it and when"


class _Listed(NamedTuple):
    """A file in a list, as its name is on disk, with a digest in hexadecimal by algorithm."""

    name: str
    digests: dict[str, str]


@dataclass(slots=True)
class _Bag:
    version: tuple[int, int]
    encoding: str
    names: dict[str, str]  # Paths that are here, by their form NFC.
    lists: dict[str, set[str]] = field(default_factory=dict)  # Which payload files each list names.
    listed: dict[str, _Listed] = field(default_factory=dict)
    fetched: set[str] = field(default_factory=set)
    algorithms: set[str] = field(default_factory=set)
    # Whether the list that is read writes `%` as the standard demands, which not every program does.
    coded: bool = True


def is_hash_list(name: str) -> bool:
    """Say whether a path is that of a bag's list of the payload's hashes, by whatever algorithm."""
    match = _LIST.fullmatch(name)
    return match is not None and match[1] is None


def check_foreign_bag(check: Check) -> None:
    """Check a bag of others; its bytes are compared when `check` compares. Raises NotCheckable."""
    if len(check.kinds) > _MOST_FILES:
        raise TooMuch(f"a bag of others, of more than {_MOST_FILES:,} files: check it with the program that made it")
    bag = _declared(check)
    names = [name for name in check.kinds if _LIST.fullmatch(name)]
    if not any(name.startswith("manifest-") for name in names):
        check.findings.missing.append(Missing("manifest-sha256.txt", "a list of the payload's hashes"))
    for name in sorted(names):
        _read_list(check, bag, name)
    _read_fetch(check, bag)
    _compare_lists(check, bag)
    check.comparing = lambda progress: _compare(check, bag, progress)


def _declared(check: Check) -> _Bag:
    """Read bagit.txt, which is in UTF-8 and has two lines of a set form (RFC 8493 section 2.1.1)."""
    bag = _Bag(_NEWEST, "utf-8", {unicodedata.normalize("NFC", name): name for name in check.kinds})
    if not check.is_file(BAGIT):
        check.findings.missing.append(Missing(BAGIT, "the declaration of a bag"))
        return bag
    data = check.small(BAGIT)
    match = _DECLARATION.fullmatch(data.decode("utf-8", "replace"))
    if match is None:
        check.problem(BAGIT, f"not the declaration of a bag: {_fault_of_declaration(data)}")
        return bag
    bag.version = int(match["major"]), int(match["minor"])
    if bag.version > _NEWEST:
        check.unchecked(BAGIT, f"version {bag.version[0]}.{bag.version[1]}, which is later than RFC 8493")
    try:
        "".encode(match["encoding"])
        if codecs.lookup(match["encoding"]).name in _SLOW:
            raise LookupError
        bag.encoding = match["encoding"]
    except (LookupError, ValueError):
        check.unchecked(BAGIT, f"its tag files are in {match['encoding']}, an encoding that is not known here")
    return bag


def _fault_of_declaration(data: bytes) -> str:
    text = data.decode("utf-8", "replace")
    if data.startswith((b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff")):
        return "it begins with a byte order mark"
    if re.match(r"\S+[ \t]+:", text):
        return "there is a blank before a colon"
    if not re.match(r"BagIt-Version: [0-9]+\.[0-9]+[ \t]*[\r\n]", text):
        return "its version is not a number such as 1.0"
    if "Tag-File-Character-Encoding:" not in text:
        return "it does not name the encoding of the tag files"
    return "it has other lines than the two of the standard"


def _text(check: Check, bag: _Bag, name: str) -> str:
    """Return a tag file's text. Raises NotCheckable."""
    most = _LEAST + _MORE_A_FILE * len(check.kinds)
    with check.tree.open(name) as file:
        data = file.read(most + 1)
    if len(data) > most:
        raise NotCheckable(f"{name}: larger than any file of its kind")
    try:
        return data.decode(bag.encoding)
    except (UnicodeError, LookupError):
        check.problem(name, f"not in {bag.encoding}, the encoding that {BAGIT} names")
        return data.decode("utf-8", "replace")


def _read_list(check: Check, bag: _Bag, list_name: str) -> None:
    match = _LIST.fullmatch(list_name)
    if match is None or not check.is_file(list_name):
        return
    of_tags, algorithm = match[1] is not None, _algorithm(match[2])
    known = _hasher(algorithm) is not None
    if not known:
        check.unchecked(list_name, f"{algorithm} is an algorithm that is not known here")
    named = bag.lists.setdefault(list_name, set())
    text = _text(check, bag, list_name)
    bag.coded = _NOT_CODED.search(text) is None
    for number, line in enumerate(_LINE_END.split(text), 1):
        if not line.strip("\ufeff \t"):
            continue
        entry = _LINE.fullmatch(line.lstrip("\ufeff"))
        if entry is None:
            check.problem(list_name, f"line {number} is not a line of a hash list")
            continue
        name = _name_on_disk(check, bag, list_name, entry[3], starred=bool(entry[2]))
        if name.startswith(PAYLOAD) == of_tags or (of_tags and name.startswith("tagmanifest-")):
            check.problem(list_name, f"line {number} lists {printable(name, 200)}, which belongs elsewhere")
            continue
        before = bag.listed.setdefault(name, _Listed(name, {}))
        if name in named:
            _listed_twice(check, bag, list_name, before, (algorithm, entry[1].lower()))
        named.add(name)
        if known:
            before.digests.setdefault(algorithm, entry[1].lower())
            bag.algorithms.add(algorithm)


def _listed_twice(check: Check, bag: _Bag, list_name: str, before: _Listed, said: tuple[str, str]) -> None:
    name = printable(before.name, 200)
    if before.digests.get(said[0]) != said[1]:
        check.problem(list_name, f"lists {name} twice, with different hashes")
    elif bag.version >= _STRICT:
        check.problem(list_name, f"lists {name} twice: RFC 8493 allows it once")
    else:
        check.findings.notes.append(f"{list_name} lists {name} twice, with the same hash")


def _name_on_disk(check: Check, bag: _Bag, list_name: str, written: str, *, starred: bool) -> str:
    """Return the path that a list means: as written, with `%0A`, `%0D` and `%25` undone, or in another Unicode form."""
    notes = check.findings.notes
    name = written
    while name.startswith("./"):
        name = name[2:]
    if "\\" in name and (of_windows := name.replace("\\", "/").removeprefix("./")) in check.kinds:
        name = of_windows
        _note_once(notes, f"{list_name} writes its paths as Windows does, with \\: read all the same")
    demand_inside(name)
    decoded = _CODED.sub(lambda match: chr(int(match[1], 16)), name)
    if starred and f"*{name}" not in check.kinds:
        _note_once(notes, f"{list_name} marks its files with *, as md5sum does: read all the same")
    elif starred:
        name = decoded = f"*{name}"
    if name != written and written.startswith("./"):
        _note_once(notes, f"{list_name} writes its paths with ./ in front: read all the same")
    for tried in (decoded, name) if bag.coded else (name, decoded):
        if tried in check.kinds:
            return tried
    demand_inside(decoded)
    other = bag.names.get(unicodedata.normalize("NFC", decoded))
    if other is None:
        return decoded
    shown = printable(decoded, 200)
    if len(notes) < MOST:
        notes.append(f"{shown}: its name is written in two Unicode forms (NFC and NFD), in {list_name} and on disk")
    return other


def _note_once(notes: list[str], note: str) -> None:
    if note not in notes:
        notes.append(note)


def _read_fetch(check: Check, bag: _Bag) -> None:
    """Read which files are to be fetched from elsewhere (RFC 8493 section 2.2.3); nothing is fetched."""
    if not check.is_file(_FETCH_LIST):
        return
    for number, line in enumerate(_LINE_END.split(_text(check, bag, _FETCH_LIST)), 1):
        if not line.strip():
            continue
        entry = _FETCH.fullmatch(line)
        if entry is None:
            check.problem(_FETCH_LIST, f"line {number} is not an address, a length and a path")
            continue
        name = _name_on_disk(check, bag, _FETCH_LIST, entry[3], starred=False)
        if not name.startswith(PAYLOAD):
            check.problem(_FETCH_LIST, f"line {number} leads to {printable(name, 200)}, outside of {PAYLOAD}")
        elif name not in bag.listed:
            check.problem(_FETCH_LIST, f"line {number} names {printable(name, 200)}, which no list of hashes names")
        else:
            bag.fetched.add(name)


def _compare_lists(check: Check, bag: _Bag) -> None:
    """Check that each payload file stands in every list of the payload, which version 1.0 demands."""
    payload = {name for name in bag.listed if name.startswith(PAYLOAD)}
    for list_name, named in bag.lists.items():
        if list_name.startswith("manifest-") and bag.version >= _STRICT:
            for name in sorted(payload - named):
                check.problem(list_name, f"does not list {printable(name, 200)}, which another list names")


def _compare(check: Check, bag: _Bag, progress: Callable[[int], None]) -> None:
    """Hash every file once with all that its lists name, and say what came of the whole."""
    findings = check.findings
    payload: list[int] = []
    for name, kind in check.kinds.pairs():
        listed = bag.listed.get(name)
        if kind != FILE:
            findings.added.append(Added(name, kind))
            continue
        if listed is None and not name.startswith(PAYLOAD):
            continue  # tag files may stand there unlisted (section 2.2.4)
        wanted = listed.digests if listed is not None else {"sha256": ""}
        try:
            size, digests = _digests(check, name, wanted or {"sha256": ""}, progress)
        except (NotCheckable, OSError) as error:
            check.unchecked(name, str(error))
            continue
        findings.files, findings.bytes = findings.files + 1, findings.bytes + size
        payload += [size] if name.startswith(PAYLOAD) else []
        _judge(check, name, listed, digests)
    said = {missing.path for missing in findings.missing}
    for name in sorted(name for name in bag.listed if name not in check.kinds and name not in said):
        if name in bag.fetched:
            check.unchecked(name, f"not here: {_FETCH_LIST} says where it is to be fetched from")
        else:
            findings.missing.append(Missing(name, next(_written(bag.listed[name].digests.items()), "")))
    _check_oxum(check, bag, payload)
    _conclude(check, bag)


def _judge(check: Check, name: str, listed: _Listed | None, digests: dict[str, str]) -> None:
    findings = check.findings
    if listed is None:
        explain_added(findings, name)
        findings.added.append(Added(name, f"sha256:{digests['sha256']}"))
    elif not listed.digests:
        check.unchecked(name, "only a list with an unknown algorithm names it")
    else:
        wrong = {each: said for each, said in listed.digests.items() if digests[each] != said}
        for expected, found in zip(_written(wrong.items()), _written((e, digests[e]) for e in wrong), strict=True):
            findings.altered.append(Altered(name, expected, found))


def _written(digests: Iterable[tuple[str, str]]) -> Iterator[str]:
    return (f"{algorithm}:{digest}" for algorithm, digest in digests)


def _digests(
    check: Check, name: str, algorithms: Iterable[str], progress: Callable[[int], None]
) -> tuple[int, dict[str, str]]:
    """Return a file's size and digests, read once. Raises NotCheckable, OSError."""
    hashers = {algorithm: hasher for algorithm in algorithms if (hasher := _hasher(algorithm)) is not None}
    size = 0
    with check.tree.open(name) as file:
        while chunk := file.read(_CHUNK):
            size += len(chunk)
            progress(len(chunk))
            for hasher in hashers.values():
                hasher.update(chunk)
    return size, {algorithm: hasher.hexdigest() for algorithm, hasher in hashers.items()}


def _algorithm(written: str) -> str:
    """Return an algorithm as it is called here: `SHA-256` is `sha256` (RFC 8493 section 2.4)."""
    bare = re.sub("[^a-z0-9]", "", written.lower())
    return next((each for each in sorted(hashlib.algorithms_available) if re.sub("[^a-z0-9]", "", each) == bare), bare)


def _hasher(algorithm: str) -> hashlib._Hash | None:
    try:
        hasher = hashlib.new(algorithm, usedforsecurity=False)
    except ValueError:
        return None
    return hasher if hasher.digest_size else None


def _check_oxum(check: Check, bag: _Bag, payload: list[int]) -> None:
    """Compare the number of bytes and files that bag-info.txt states; what is yet to be fetched is part of these."""
    if not check.is_file(BAG_INFO) or any(name not in check.kinds for name in bag.fetched):
        return
    stated = _OXUM.search(_text(check, bag, BAG_INFO))
    here = (sum(payload), len(payload))
    if stated is not None and (int(stated[1]), int(stated[2])) != here:
        reason = f"states {stated[1]} bytes in {stated[2]} files of payload, and there are {here[0]} in {here[1]}"
        check.problem(BAG_INFO, reason)


def _conclude(check: Check, bag: _Bag) -> None:
    """Say what an intact bag of others is worth. Where a key, a root or an earlier state is demanded, it is not met."""
    findings = check.findings
    if bag.algorithms and bag.algorithms <= _WEAK:
        names = " and ".join(sorted(bag.algorithms))
        findings.notes.append(
            f"checked by {names} alone: that shows damage, and no alteration by somebody who meant it"
        )
    whole = not (findings.altered or findings.missing or findings.added or findings.problems or findings.unchecked)
    sentence = f"{'intact by RFC 8493, ' if whole else 'a bag of others, '}{_NOT_SEALED}"
    if whole and check.accept_bag and not check.demanded and not check.roots:
        findings.notes.append(sentence)
    elif whole and not (check.demanded or check.roots):
        check.unchecked(".", f"{sentence} (accept it with --bag)")
    else:
        check.unchecked(".", sentence)
