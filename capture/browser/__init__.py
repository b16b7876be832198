"""A page as a browser shows it, and what the browser received while it did.

The browser is one that is on this computer. It reaches the network through `guard.py` alone, which asks the recorder's
address guard about every connection. What went over its sockets is read from its own log (`netlog.py`), kept on the way
(`keeping.py`), and marked as what it is: bytes as the browser logged them, and not what our recorder took off the wire.
"""
