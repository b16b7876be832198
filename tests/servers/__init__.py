"""Real servers on loopback, well-behaved and not, and host names that lead to them."""

from tests.servers.certificates import Certificate
from tests.servers.connection import Connection
from tests.servers.faults import FAULTS
from tests.servers.misbehaving import MisbehavingServer
from tests.servers.names import PUBLIC, NoAnswer, in_turn, resolving
from tests.servers.proxy import ForwardProxy
from tests.servers.raw import RawServer
from tests.servers.scene import Body, SceneServer, redirect
from tests.servers.seen import Seen
from tests.servers.sent import Sent
from tests.servers.tls import TlsServer

__all__ = [
    "FAULTS",
    "PUBLIC",
    "Body",
    "Certificate",
    "Connection",
    "ForwardProxy",
    "MisbehavingServer",
    "NoAnswer",
    "RawServer",
    "SceneServer",
    "Seen",
    "Sent",
    "TlsServer",
    "in_turn",
    "redirect",
    "resolving",
]
