"""The bytes of SNTP (RFC 4330, section 4; RFC 5905, section 7.3): the request, and an answer that is not believed.

    0   leap indicator (2 bits), version (3), mode (3)      16  reference timestamp
    1   stratum                                             24  originate timestamp: the request's transmit timestamp
    2   poll interval                                       32  receive timestamp
    3   precision                                           40  transmit timestamp
    4   root delay, root dispersion, reference identifier

A request says nothing of this computer: all is zero but the mode, the version and a random number in the place of its
time (as draft-ietf-ntp-data-minimization has it). Only who saw the request can answer with that number.
"""

from __future__ import annotations

import struct

import msgspec

LENGTH = 48
_FORM = struct.Struct(">BBbbII4sQQQQ")
# RFC 5905, figures 9 to 11: version, mode, leap indicator 3 (unknown), strata above 15 (unsynchronised).
_VERSION, _OLDER_VERSION = 4, 3
_CLIENT, _SERVER = 3, 4
_UNSYNCHRONISED, _HIGHEST_STRATUM = 3, 15
_LEAPS = {0: "", 1: "61", 2: "59"}
_SHORT = 1 << 16  # Units of a second in root delay and root dispersion.


class SntpError(Exception):
    """An answer that cannot be used.

    SntpError
    ├── NotOurs         not the answer to this request: anybody may send such, and it is passed over
    ├── BadReply        an answer to this request that no sound server gives
    └── KissOfDeath     the server does not want to be asked
    """


class NotOurs(SntpError):
    """Not the answer to this request."""


class BadReply(SntpError):
    """An answer to this request that no sound server gives."""


class KissOfDeath(SntpError):
    """The server does not want to be asked (RFC 5905, section 7.4)."""


class TimeReply(msgspec.Struct, frozen=True, kw_only=True):
    """A server's answer. Timestamps are as they stand in the packet: 2⁻³² s since the beginning of an unnamed era."""

    leap: str
    stratum: int
    reference: str
    # Seconds by which the server may be wrong, as it says: half its way to the source of its time, and its drift.
    root_distance: float
    received: int
    sent: int


def request(cookie: int) -> bytes:
    """Return a request with a random number of 64 bits in the place of the time."""
    return _FORM.pack(_VERSION << 3 | _CLIENT, 0, 0, 0, 0, 0, bytes(4), 0, 0, 0, cookie)


def read_reply(data: bytes, cookie: int) -> TimeReply:
    """Read the answer to the request with this number. Raises NotOurs, BadReply, KissOfDeath.

    That it comes from the address that was asked is for the socket to see to.
    """
    if len(data) < LENGTH:
        raise NotOurs(f"{len(data)} bytes, which is no answer of a time server")
    first, stratum, _, _, root_delay, root_dispersion, reference, _, originate, received, sent = _FORM.unpack_from(data)
    leap, version, mode = first >> 6, first >> 3 & 7, first & 7
    # 1. Is it an answer to us at all? Others are passed over, so that a stranger's packet cannot end the measuring.
    if mode != _SERVER:
        raise NotOurs(f"a packet of mode {mode}, which is no server's answer")
    if originate != cookie:
        raise NotOurs("an answer to another request")
    # 2. Is it usable? From here on it is the server's word, and a refusal counts.
    if version not in {_OLDER_VERSION, _VERSION}:
        raise BadReply(f"answered in version {version} of the protocol")
    if stratum == 0:
        raise KissOfDeath(f"does not want to be asked ({_characters(reference) or 'it does not say why'})")
    if leap == _UNSYNCHRONISED or stratum > _HIGHEST_STRATUM:
        raise BadReply("says that it does not know the time itself (not synchronised)")
    if not received or not sent:
        raise BadReply("answered without a time")
    return TimeReply(
        leap=_LEAPS[leap],
        stratum=stratum,
        reference=_characters(reference) if stratum == 1 else ".".join(map(str, reference)),
        root_distance=root_delay / _SHORT / 2 + root_dispersion / _SHORT,
        received=received,
        sent=sent,
    )


def _characters(reference: bytes) -> str:
    """Return an identifier of four characters, those that are no printable ASCII left out."""
    return "".join(chr(byte) for byte in reference if 0x20 < byte < 0x7F)  # noqa: PLR2004 - ASCII
