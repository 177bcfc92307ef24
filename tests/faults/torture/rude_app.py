"""An application with manners to order, for rollouts under load. Standard library only.

GET / says its version; POST /pay notes the id in the body and says it; GET /events sends an event
every 200 ms for as long as asked; /socket echoes. MANNERS says how it misbehaves.
"""

import asyncio
import base64
import hashlib
import os
import random
import signal
import socket
import struct

VERSION = os.environ.get("VERSION", "0")
MANNERS = set(os.environ.get("MANNERS", "").split(","))
EFFECTS = os.environ.get("EFFECTS", "")
"""A file, or HOST:PORT where nothing can be written that outlives the process."""
FAILING = float(os.environ.get("FAILING", "0"))
"""The share of requests that it answers with 500."""
GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
SLOW = 0.05
"""Seconds that a payment takes."""
ENDING = asyncio.Event()
SOCKETS: set[asyncio.StreamWriter] = set()
IN_HAND: set[asyncio.StreamWriter] = set()
HEARER = None if EFFECTS.startswith("/") else socket.create_connection(EFFECTS.split(":"))
ASKED = 0


async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while head := await reader.readuntil(b"\r\n\r\n"):
            lines = head.decode("latin-1").split("\r\n")
            fields = {
                name.lower(): text.strip()
                for name, _, text in (line.partition(":") for line in lines[1:] if line)
            }
            body = await reader.readexactly(int(fields.get("content-length", "0")))
            path = lines[0].split()[1]
            IN_HAND.add(writer)
            goes_on = await answered(path, fields, body, reader, writer)
            await writer.drain()
            IN_HAND.discard(writer)
            if not goes_on or (ENDING.is_set() and "finish" in MANNERS):
                break
    except (ConnectionError, asyncio.IncompleteReadError):
        pass
    finally:
        IN_HAND.discard(writer)
        SOCKETS.discard(writer)
        writer.close()


async def answered(path, fields, body, reader, writer) -> bool:
    global ASKED  # noqa: PLW0603
    if path.startswith("/events"):
        await events(float(path.partition("=")[2] or 1), writer)
        return False
    if path == "/socket":
        await echo(fields["sec-websocket-key"], reader, writer)
        return False
    if path == "/readyz":
        ASKED += 1
        flaps = "flap" in MANNERS and ASKED > 5 and ASKED % 3 == 0
        say(writer, 503 if "never" in MANNERS or flaps else 200, b"")
        return True
    if path == "/livez":
        say(writer, 200, b"")
        return True
    if body:
        await asyncio.sleep(0 if "adversary" in MANNERS else SLOW)
        note(body)
    if FAILING and random.random() < FAILING:  # noqa: S311
        say(writer, 500, b"broken")
    else:
        say(writer, 200, body or VERSION.encode())
    return "adversary" not in MANNERS or await stayed(writer)


async def stayed(writer: asyncio.StreamWriter) -> bool:
    """Ends a kept connection just when the next request may come, by FIN or by RST."""
    await writer.drain()
    if random.random() < 0.5:  # noqa: S311
        return True
    await asyncio.sleep(random.uniform(0, 0.005))  # noqa: S311
    note(b"ended")
    if random.random() < 0.5:  # noqa: S311
        linger = struct.pack("ii", 1, 0)
        writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
    return False


def note(body: bytes) -> None:
    """One write of a few bytes: whole, whoever writes beside it."""
    if HEARER:
        HEARER.sendall(body + b"\n")  # the kernel has it, and hands it over whatever comes
        return
    handle = os.open(EFFECTS, os.O_WRONLY | os.O_APPEND)
    os.write(handle, body + b"\n")
    os.close(handle)


def say(writer: asyncio.StreamWriter, status: int, body: bytes) -> None:
    head = f"HTTP/1.1 {status} Said\r\nContent-Length: {len(body)}\r\nX-Version: {VERSION}\r\n"
    last = "Connection: close\r\n" if ENDING.is_set() else ""
    writer.write(f"{head}{last}\r\n".encode() + body)


async def events(seconds: float, writer: asyncio.StreamWriter) -> None:
    writer.write(
        b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"
    )
    for number in range(int(seconds / 0.2)):
        piece = f"data: {number}\n\n".encode()
        writer.write(f"{len(piece):x}\r\n".encode() + piece + b"\r\n")
        await writer.drain()
        await asyncio.sleep(0.2)
    last = b"event: end\ndata: end\n\n"
    writer.write(f"{len(last):x}\r\n".encode() + last + b"\r\n0\r\n\r\n")
    await writer.drain()


async def echo(key, reader, writer) -> None:
    accept = base64.b64encode(hashlib.sha1(key.encode() + GUID).digest())  # noqa: S324
    writer.write(
        b"HTTP/1.1 101 Up\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        b"Sec-WebSocket-Accept: " + accept + b"\r\n\r\n"
    )
    IN_HAND.discard(writer)
    SOCKETS.add(writer)
    while True:
        first, second = await reader.readexactly(2)
        mask, length = await reader.readexactly(4), second & 0x7F
        data = bytes(b ^ mask[i % 4] for i, b in enumerate(await reader.readexactly(length)))
        writer.write(bytes([first, length]) + data)
        await writer.drain()
        if first & 0xF == 8:
            return


async def main() -> None:
    loop = asyncio.get_running_loop()
    if "ignore" in MANNERS:
        loop.add_signal_handler(signal.SIGTERM, lambda: None)
    elif "exit" in MANNERS:
        loop.add_signal_handler(signal.SIGTERM, lambda: os._exit(0))
    else:
        loop.add_signal_handler(signal.SIGTERM, ENDING.set)
    if "crash" in MANNERS:
        os._exit(3)
    if "late" in MANNERS:
        await asyncio.sleep(1.5)
    server = await asyncio.start_server(
        serve, os.environ["HOST"], int(os.environ["PORT"]), backlog=512
    )
    await ENDING.wait()
    server.close()
    for writer in list(SOCKETS):
        writer.write(bytes([0x88, 2]) + struct.pack("!H", 1001))
        await writer.drain()
    await asyncio.sleep(0.1 if SOCKETS else 0)
    while "finish" in MANNERS and IN_HAND:  # noqa: ASYNC110 -- it has nothing else to do
        await asyncio.sleep(0.01)
    os._exit(0)


asyncio.run(main())
