from __future__ import annotations

import base64
import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hashing.atproto import AtprotoError, Malformed, NotProven
from hashing.atproto.plc_log import LARGEST_LOG, verify_plc_log
from tests.hashing.atproto.plc import Log, cid_of, create, regular, sign, tombstone
from tests.hashing.atproto.signer import ORDERS, Signer
from tests.hashing.atproto.vectors import DIDS, FOLDER, key_of

HIGH, LOW, THIRD = Signer("k256", 1), Signer("p256", 2), Signer("k256", 3)
KEYS = [HIGH, LOW, THIRD]
KEY_A, KEY_B, KEY_C = Signer("k256", 11), Signer("p256", 12), Signer("k256", 13)
UNSIGNED = "not signed by any key that may sign it"


def _rotated() -> Log:
    """Make the log of an account whose key and whose rotation keys changed."""
    log = Log()
    first = log.add(regular(None, KEYS, KEY_A), LOW)
    second = log.add(regular(first, [THIRD], KEY_B, "alice.example.com"), HIGH, hours=100)
    log.add(regular(second, [THIRD, HIGH], KEY_A), THIRD, hours=200)
    return log


def _disputed(
    signer: Signer, *, hours: float = 72, undone_by: Signer = LOW, marked: tuple[bool, ...] = (False, True, True, False)
) -> Log:
    """Make a log in which the last operation names the first, and so nullifies the two between."""
    log = Log()
    first = log.add(regular(None, KEYS, KEY_A), LOW, nullified=marked[0])
    second = log.add(regular(first, [LOW], KEY_B), undone_by, hours=1, nullified=marked[1])
    log.add(regular(second, [LOW], KEY_B), LOW, hours=2, nullified=marked[2])
    log.add(regular(first, [HIGH], KEY_C), signer, hours=1 + hours, nullified=marked[3])
    return log


@pytest.mark.parametrize("name", DIDS)
def test_recorded_logs(name: str) -> None:
    """A recorded log proves the key that the recorded DID document states."""
    log = verify_plc_log((FOLDER / f"{name}.plc-audit.json").read_bytes(), did=DIDS[name])
    (operation,) = log.operations
    assert log.signing_key == operation.signing_key == key_of(DIDS[name])
    assert (operation.type, operation.handles, operation.pds) == (
        "plc_operation",
        (f"{name}.test",),
        "http://localhost:2583",
    )
    assert operation.signed_by in operation.rotation_keys
    assert (log.did, log.nullified, log.tombstoned) == (DIDS[name], (), False)


def test_rotation() -> None:
    """Every operation is shown with the key that signed it, and every signing key is named, the last one as current."""
    made = _rotated()
    log = verify_plc_log(made.json(), did=made.did)
    assert [operation.signed_by for operation in log.operations] == [LOW.did_key, HIGH.did_key, THIRD.did_key]
    assert [operation.cid for operation in log.operations] == [entry["cid"] for entry in made.entries]
    assert [operation.created_at for operation in log.operations] == [entry["createdAt"] for entry in made.entries]
    handles = [operation.handles for operation in log.operations]
    assert handles == [("alice.test",), ("alice.example.com",), ("alice.test",)]
    assert [operation.signing_key for operation in log.operations] == [KEY_A.did_key, KEY_B.did_key, KEY_A.did_key]
    assert log.signing_key == KEY_A.did_key


@pytest.mark.parametrize("signer", [KEY_A, HIGH])
def test_older_form(signer: Signer) -> None:
    """The older form of a first operation is read: its recovery key and its signing key may both sign the next."""
    made = Log()
    first = made.add(create(KEY_A, HIGH), KEY_A)
    made.add(regular(first, [LOW], KEY_B), signer, hours=1)
    log = verify_plc_log(made.json(), did=made.did)
    assert log.operations[0].rotation_keys == (HIGH.did_key, KEY_A.did_key)
    assert (log.operations[0].type, log.operations[0].handles, log.operations[0].pds) == (
        "create",
        ("alice.test",),
        "https://pds.test",
    )
    assert [operation.signing_key for operation in log.operations] == [KEY_A.did_key, KEY_B.did_key]


def test_older_form_is_only_first() -> None:
    """An operation of the older form cannot come later: it names none before it."""
    made = Log()
    made.add(regular(None, KEYS, KEY_A), LOW)
    made.add(create(KEY_A, HIGH), KEY_A)
    with pytest.raises(NotProven, match="does not follow one that stands"):
        verify_plc_log(made.json(), did=made.did)


def test_recovery_key_of_the_older_form_is_higher() -> None:
    """In the older form the recovery key is above the signing key: it can undo what that signed."""
    made = Log()
    first = made.add(create(KEY_A, HIGH), KEY_A)
    made.add(regular(first, [LOW], KEY_B), KEY_A, hours=1, nullified=True)
    made.add(regular(first, [HIGH], KEY_C), HIGH, hours=2)
    assert verify_plc_log(made.json(), did=made.did).signing_key == KEY_C.did_key


def test_tombstone() -> None:
    """After a tombstone there is no current key, but those from before stay known."""
    made = _rotated()
    made.add(tombstone(made.entries[-1]["cid"]), HIGH, hours=300)
    log = verify_plc_log(made.json(), did=made.did)
    assert (log.tombstoned, log.signing_key) == (True, "")
    assert [operation.signing_key for operation in log.operations] == [KEY_A.did_key, KEY_B.did_key, KEY_A.did_key, ""]


def test_nothing_follows_a_tombstone() -> None:
    """An operation that names a tombstone is refused, whoever signed it."""
    made = _rotated()
    last = made.add(tombstone(made.entries[-1]["cid"]), HIGH, hours=300)
    made.add(regular(last, KEYS, KEY_A), HIGH, hours=301)
    with pytest.raises(NotProven, match="follows a tombstone"):
        verify_plc_log(made.json(), did=made.did)


def test_tombstone_undone() -> None:
    """A tombstone, too, can be nullified by a key of higher authority."""
    made = Log()
    first = made.add(regular(None, KEYS, KEY_A), LOW)
    made.add(tombstone(first), LOW, hours=1, nullified=True)
    made.add(regular(first, KEYS, KEY_B), HIGH, hours=73)
    log = verify_plc_log(made.json(), did=made.did)
    assert (log.tombstoned, log.signing_key, [operation.type for operation in log.nullified]) == (
        False,
        KEY_B.did_key,
        ["plc_tombstone"],
    )


@pytest.mark.parametrize("hours", [1.5, 72])
def test_nullified(hours: float) -> None:
    """A key of higher authority undoes all that came after what it names, up to 72 hours after the first of it."""
    made = _disputed(HIGH, hours=hours)
    log = verify_plc_log(made.json(), did=made.did)
    assert [operation.cid for operation in log.operations] == [made.entries[0]["cid"], made.entries[3]["cid"]]
    assert [operation.cid for operation in log.nullified] == [made.entries[1]["cid"], made.entries[2]["cid"]]
    assert [operation.signing_key for operation in log.operations] == [KEY_A.did_key, KEY_C.did_key]


def test_undone_more_than_once() -> None:
    """What undid an operation can be undone by a still higher key, and what came between by one more."""
    made = Log()
    first = made.add(regular(None, KEYS, KEY_A), HIGH)
    second = made.add(regular(first, KEYS, KEY_A), THIRD, hours=1)
    third = made.add(regular(second, KEYS, KEY_B), THIRD, hours=2, nullified=True)
    made.add(regular(third, KEYS, KEY_B), THIRD, hours=3, nullified=True)
    made.add(regular(third, KEYS, KEY_B), LOW, hours=4, nullified=True)
    made.add(regular(second, KEYS, KEY_C), HIGH, hours=5)
    log = verify_plc_log(made.json(), did=made.did)
    assert [operation.cid for operation in log.operations] == [made.entries[index]["cid"] for index in (0, 1, 5)]
    assert [operation.cid for operation in log.nullified] == [made.entries[index]["cid"] for index in (2, 3, 4)]


@pytest.mark.parametrize(
    ("log", "reason"),
    [
        (_disputed(HIGH, hours=72.001), "stood for more than 3 days"),
        (_disputed(LOW), UNSIGNED),
        (_disputed(THIRD), UNSIGNED),
        (_disputed(KEY_A), UNSIGNED),
        (_disputed(HIGH, undone_by=HIGH), UNSIGNED),
        (_disputed(HIGH, marked=(False, False, True, False)), "nullified or not"),
        (_disputed(HIGH, marked=(False, True, False, False)), "nullified or not"),
        (_disputed(HIGH, marked=(False, True, True, True)), "nullified or not"),
        (_disputed(HIGH, marked=(True, True, True, False)), "nullified or not"),
    ],
    ids=["too late", "equal", "lower", "none", "highest undone", "first not", "second not", "last too", "genesis too"],
)
def test_forged_nullification(log: Log, reason: str) -> None:
    """An operation undone too late, by a key of equal or lower authority, or only by its mark is refused."""
    with pytest.raises(NotProven, match=reason):
        verify_plc_log(log.json(), did=log.did)


def test_mark_without_cause() -> None:
    """Operations marked as nullified that nothing undid are refused: so a directory would hide a key."""
    made = _rotated()
    made.entries[-1]["nullified"] = True
    with pytest.raises(NotProven, match="nullified or not"):
        verify_plc_log(made.json(), did=made.did)


def test_following_what_was_undone() -> None:
    """An operation cannot follow one that was nullified."""
    made = _disputed(HIGH)
    made.add(regular(made.entries[2]["cid"], [LOW], KEY_A), LOW, hours=80)
    with pytest.raises(NotProven, match="does not follow one that stands"):
        verify_plc_log(made.json(), did=made.did)


@pytest.mark.parametrize("left_out", [0, 1])
def test_gap(left_out: int) -> None:
    """A log with an operation left out at its start or in the middle is refused."""
    made = _rotated()
    did = made.did
    del made.entries[left_out]
    with pytest.raises(NotProven, match=r"does not hash to the DID|does not follow"):
        verify_plc_log(made.json(), did=did)


def test_twice() -> None:
    """An operation that stands twice in a log is refused."""
    made = _rotated()
    made.entries.append(made.entries[-1])
    with pytest.raises(NotProven, match=UNSIGNED):
        verify_plc_log(made.json(), did=made.did)


def test_order() -> None:
    """Operations whose times run backwards are refused: the 72 hours would mean nothing."""
    made = _rotated()
    made.entries[2]["createdAt"] = made.entries[0]["createdAt"]
    with pytest.raises(NotProven, match="older than the one before"):
        verify_plc_log(made.json(), did=made.did)


def test_stranger() -> None:
    """An operation signed by a key that never had a say is refused, first or later."""
    made = Log()
    first = made.add(regular(None, [LOW], KEY_A), LOW)
    made.add(regular(first, [HIGH], KEY_A), KEY_A)
    with pytest.raises(NotProven, match=UNSIGNED):
        verify_plc_log(made.json(), did=made.did)
    alone = Log()
    alone.add(regular(None, [LOW], KEY_A), HIGH)
    with pytest.raises(NotProven, match=UNSIGNED):
        verify_plc_log(alone.json(), did=alone.did)


def test_beginning_before_the_first() -> None:
    """A first operation that names one before it is refused, though it hashes to the DID: nothing allowed its keys."""
    made = Log()
    made.add(regular(cid_of(sign(regular(None, KEYS, KEY_A), LOW)), [LOW], KEY_A), LOW)
    with pytest.raises(NotProven, match="the first operation"):
        verify_plc_log(made.json(), did=made.did)


def test_another_account() -> None:
    """A log does not prove another DID, and no operation of another DID is taken."""
    made, other = _rotated(), _disputed(HIGH)
    with pytest.raises(NotProven, match="holds an operation of"):
        verify_plc_log(made.json(), did=other.did)
    for entry in made.entries:
        entry["did"] = other.did
    with pytest.raises(NotProven, match="does not hash to the DID"):
        verify_plc_log(json.dumps(made.entries).encode(), did=other.did)


@settings(deadline=None, max_examples=60)
@given(data=st.data())
def test_any_letter_changed(data: st.DataObject) -> None:
    """With any text in it changed a log is refused, but for its times, which nothing proves."""
    made = _rotated()
    entries = json.loads(made.json())
    entry = data.draw(st.sampled_from(entries))
    holder, name = data.draw(st.sampled_from(list(_texts({key: entry[key] for key in entry if key != "createdAt"}))))
    if name in ("did", "cid"):
        holder = entry
    letter = data.draw(st.integers(0, len(holder[name]) - 1))
    holder[name] = holder[name][:letter] + "~" + holder[name][letter + 1 :]
    with pytest.raises(AtprotoError):
        verify_plc_log(json.dumps(entries).encode(), did=made.did)


def _texts(value: object) -> Any:  # noqa: ANN401 (places in JSON of any shape)
    if isinstance(value, dict | list):
        for name, item in value.items() if isinstance(value, dict) else enumerate(value):
            if isinstance(item, str):
                yield value, name
            yield from _texts(item)


def test_fields_of_a_later_time() -> None:
    """A field that is not known yet is hashed and signed like the others, and does no harm."""
    made = Log()
    made.add(regular(None, [LOW], KEY_A) | {"later": {"x": [1, None, True]}}, LOW)
    assert verify_plc_log(made.json(), did=made.did).signing_key == KEY_A.did_key


def test_account_without_key_or_server() -> None:
    """An account that states neither key nor server, and has no rotation key any more, is read as that."""
    made = Log()
    first = made.add(regular(None, [LOW, LOW], KEY_A), LOW)
    empty: dict[str, Any] = {"verificationMethods": {}, "services": {}, "alsoKnownAs": [], "rotationKeys": []}
    made.add(regular(first, [], KEY_A) | empty, LOW)
    last = verify_plc_log(made.json(), did=made.did).operations[-1]
    assert (last.signing_key, last.pds, last.handles, last.rotation_keys) == ("", "", (), ())


def _high_s(text: str) -> str:
    raw = base64.urlsafe_b64decode(text + "==")
    return base64.urlsafe_b64encode(raw[:32] + (ORDERS["p256"] - int.from_bytes(raw[32:])).to_bytes(32)).decode()[:86]


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda text: text + "==", "canonical"),
        (lambda text: text[:-1] + chr(ord(text[-1]) + 1), "canonical"),
        (lambda text: text + "\n", "base64url"),
        (lambda text: text.replace("_", "/").replace("-", "+") + "+", "base64url"),
        (lambda text: text[:85], "base64url|canonical"),
        (lambda _: "", UNSIGNED),
        (_high_s, UNSIGNED),
        (lambda _: "é" * 86, "base64url"),
    ],
    ids=["padded", "spare bits", "newline", "other letters", "cut", "none", "high s", "not ascii"],
)
def test_signature_in_another_form(change: Any, reason: str) -> None:  # noqa: ANN401 (any change of a text)
    """A signature written in another form is refused, even where it would be the same numbers."""
    operation = sign(regular(None, [LOW], KEY_A), LOW)
    operation["sig"] = change(operation["sig"])
    made = Log([{"operation": operation, "cid": cid_of(operation), "nullified": False}])
    made.entries[0] |= {"did": made.did, "createdAt": "2026-11-24T10:15:02.123Z"}
    with pytest.raises(AtprotoError, match=reason):
        verify_plc_log(made.json(), did=made.did)


@pytest.mark.parametrize(
    "time",
    ["", "now", "2026-11-24T10:15:02.123", "2026-11-24T10:15:02+01:00", "2026-13-24T10:15:02Z", "٢026-11-24T10:15:02Z"],
)
def test_no_time(time: str) -> None:
    """A time that is none, or has another zone than UTC, is refused."""
    made = _rotated()
    made.entries[0]["createdAt"] = time
    with pytest.raises(Malformed, match="not a time"):
        verify_plc_log(made.json(), did=made.did)


@pytest.mark.parametrize("time", ["2026-11-24T10:15:02Z", "2026-11-24T10:15:02.1Z", "2026-11-24T10:15:02.123456789Z"])
def test_times(time: str) -> None:
    """A time may have any number of digits after the second, and is handed on as it stands."""
    made = _rotated()
    made.entries[0]["createdAt"] = time
    assert verify_plc_log(made.json(), did=made.did).operations[0].created_at == time


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"type": "plc_merge"}, "not an operation"),
        ({"type": None}, "not an operation"),
        ({"rotationKeys": "did:key:z"}, "not an operation"),
        ({"rotationKeys": [1]}, "not an operation"),
        ({"rotationKeys": [LOW.did_key] * 11}, "11 rotation keys"),
        ({"verificationMethods": {"atproto": 1}}, "not an operation"),
        ({"verificationMethods": []}, "not an operation"),
        ({"services": {"atproto_pds": "https://pds.test"}}, "not an operation"),
        ({"alsoKnownAs": None}, "not an operation"),
        ({"prev": 0}, "not an operation"),
        ({"sig": None}, "not an operation"),
        ({"x": 1 << 64}, "more than 64 bits"),
        ({"x": "\ud800"}, "surrogate"),
        ({"x": json.loads("[" * 100 + "]" * 100)}, "nested deeper"),
    ],
)
def test_operation_of_another_shape(changes: dict[str, Any], reason: str) -> None:
    """An operation of another type, or with fields of other types, is refused."""
    made = _rotated()
    did = made.did
    made.entries[0]["operation"] |= changes
    with pytest.raises(Malformed, match=reason):
        verify_plc_log(made.json(), did=did)


def test_unreadable_rotation_key() -> None:
    """A rotation key that cannot be read is passed over: it cannot have signed."""
    made = Log()
    fields = regular(None, [LOW], KEY_A)
    made.add(fields | {"rotationKeys": ["did:key:z6Mk", "", LOW.did_key]}, LOW)
    assert verify_plc_log(made.json(), did=made.did).operations[0].signed_by == LOW.did_key


DID = _rotated().did


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "not JSON"),
        (b"[]", "the log is empty"),
        (b"{}", "not the log"),
        (b"[1]", "not the log"),
        (b'[{"did": "x"}]', "not the log"),
        (b'{"message": "DID not registered"}', "not the log"),
        (_rotated().json().replace(b"false", b"0"), "not the log"),
        (_rotated().json().replace(b'"did":', b'"did": "x", "did":'), "stands twice"),
        (b"[" * 100_000, "nested deeper than 100"),
        (b" " * (LARGEST_LOG + 1), "are more than"),
    ],
)
def test_no_log(data: bytes, reason: str) -> None:
    """What is no log of the directory is refused, and the DID named."""
    with pytest.raises(Malformed, match=rf"^{DID}: .*{reason}"):
        verify_plc_log(data, did=DID)


def test_no_did_plc() -> None:
    """Only a did:plc has such a log."""
    with pytest.raises(Malformed, match="not a did:plc"):
        verify_plc_log(_rotated().json(), did="did:web:alice.test")


@given(
    data=st.binary(max_size=60)
    | st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.fixed_dictionaries(
                {
                    "did": st.just(DID),
                    "operation": inner,
                    "cid": st.text(max_size=8),
                    "nullified": st.booleans(),
                    "createdAt": st.just("2026-11-24T10:15:02Z"),
                }
            )
            | st.dictionaries(st.sampled_from(["type", "prev", "sig", "rotationKeys", "services"]), inner, max_size=5)
        ),
        max_leaves=20,
    ).map(lambda value: json.dumps(value).encode())
)
def test_hostile_bytes(data: bytes) -> None:
    """Any bytes and any JSON give an error of ours: they cannot hash to the DID."""
    with pytest.raises(AtprotoError):
        verify_plc_log(data, did=DID)
