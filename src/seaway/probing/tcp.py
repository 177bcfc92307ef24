"""Asks whether a port accepts connections."""

import asyncio
import contextlib

from seaway.probing.trouble import seconds, trouble


async def ask_tcp(host: str, port: int, limit: float) -> str:
    """Empty when a connection is accepted within `limit` seconds, else why not."""
    try:
        async with asyncio.timeout(limit):
            _, writer = await asyncio.open_connection(host, port)
    except TimeoutError:
        return f"no connection in {seconds(limit)}"
    except OSError as error:
        return trouble(error)
    writer.close()
    with contextlib.suppress(OSError):
        await writer.wait_closed()
    return ""
