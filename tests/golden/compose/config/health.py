"""Health: asks one server in the same container; status 0 for a yes. Needs Python, and no package.

health.py http PORT PATH SECONDS | tcp PORT SECONDS | part SOCKET
"""

import http.client
import json
import os
import socket
import sys

SETTLED = "settled"
"""Beside the socket of a part: it has made its users, databases or buckets."""


def asked_http(port: str, path: str, limit: str) -> str:
    """A redirect is an answer, and is not followed."""
    connection = http.client.HTTPConnection("127.0.0.1", int(port), timeout=float(limit))
    connection.request("GET", path)
    status = connection.getresponse().status
    return "" if 200 <= status < 400 else f"status {status}"  # noqa: PLR2004 -- RFC 9110, 15


def asked_tcp(port: str, limit: str) -> str:
    """It accepts a connection."""
    socket.create_connection(("127.0.0.1", int(port)), float(limit)).close()
    return ""


def asked_part(path: str) -> str:
    """The first program in the container knows its part."""
    if not os.path.exists(f"{os.path.dirname(path)}/{SETTLED}"):  # noqa: PTH110, PTH120 -- quick
        return "it is being prepared"
    with socket.socket(socket.AF_UNIX) as there:
        there.connect(path)
        there.sendall(b"ready\n")
        answer = there.makefile().read()
    return str(json.loads(answer)) if answer else "it has ended"


def main() -> int:
    """The question of the command line."""
    what, *more = sys.argv[1:]
    try:
        match what:
            case "http":
                problem = asked_http(*more)
            case "tcp":
                problem = asked_tcp(*more)
            case _:
                problem = asked_part(*more)
    except (OSError, http.client.HTTPException) as error:
        problem = str(error) or type(error).__name__
    if problem:
        sys.stderr.write(f"{problem}\n")
    return 1 if problem else 0


if __name__ == "__main__":
    sys.exit(main())
