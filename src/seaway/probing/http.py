"""Asks a path of a server by one plain HTTP/1.1 request."""

import asyncio
import contextlib
import re

from seaway.probing.trouble import seconds, trouble

LONGEST_HEAD = 65536
"""Bytes; a longer head of an answer is no answer."""
GOOD = range(200, 400)
ANY = range(100, 600)
_STATUS = re.compile(rb"HTTP/1\.[01] (\d{3})\b")


async def ask_http(
    host: str, port: int, path: str, limit: float, good: range = GOOD
) -> str:  # fmt: skip
    """Empty when GET answers with a good status within `limit` seconds, else why not.

    Only the head is read: a stream that never ends is an answer too.
    """
    try:
        async with asyncio.timeout(limit):
            head = await _head(host, port, path)
    except TimeoutError:
        return f"no answer in {seconds(limit)}"
    except OSError as error:
        return trouble(error)
    except asyncio.LimitOverrunError:
        return "answered a head without end"
    except asyncio.IncompleteReadError:
        return "closed the connection without an answer"
    return _verdict(head, good)


async def _head(host: str, port: int, path: str) -> bytes:
    reader, writer = await asyncio.open_connection(host, port, limit=LONGEST_HEAD)
    try:
        lines = (
            f"GET {path} HTTP/1.1", f"Host: {host}:{port}", "User-Agent: seaway-probe",
            "Accept: */*", "Connection: close", "", "",
        )  # fmt: skip
        writer.write("\r\n".join(lines).encode())
        return await reader.readuntil(b"\r\n\r\n")
    finally:
        writer.close()
        with contextlib.suppress(OSError):
            await writer.wait_closed()


def _verdict(head: bytes, good: range) -> str:
    status = _STATUS.match(head)
    if status is None:
        return "answered something that is not HTTP"
    return "" if int(status[1]) in good else f"answered {int(status[1])}"
