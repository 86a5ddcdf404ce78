"""On Python's path, this ends a client's process as soon as it asks for a host beyond this machine:
what `gyre env` exports has to carry it with no network at all."""

import os
import socket
import sys

_HERE = {None, "", "localhost", "127.0.0.1", "::1", "0.0.0.0", socket.gethostname()}
_ask = socket.getaddrinfo


def getaddrinfo(host, *rest, **more):
    name = host.decode() if isinstance(host, bytes) else host
    if name not in _HERE:
        print(f"the client asked for {name}, beyond this machine", file=sys.stderr, flush=True)
        os._exit(97)
    return _ask(host, *rest, **more)


socket.getaddrinfo = getaddrinfo
