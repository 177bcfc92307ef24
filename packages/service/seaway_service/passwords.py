"""Hashes and checks passwords with bcrypt, away from the event loop."""

import asyncio
from concurrent.futures import ThreadPoolExecutor

import bcrypt

SHORTEST = 10
LONGEST_BYTES = 72  # bcrypt does not look further
DECOY = b"$2b$12$HWsvY9B4KvxMqIYAtVd3c.CbE6w5bFNuhOqLG3eTLzB4h9Mi9V01K"


class Passwords:
    """Two hashes at once at most: each takes a core for a quarter of a second."""

    def __init__(self, rounds: int) -> None:
        self._rounds = rounds
        self._threads = ThreadPoolExecutor(max_workers=2, thread_name_prefix="bcrypt")

    async def hashed(self, password: str) -> str:
        """Return a hash to keep."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._threads, hash_now, password, self._rounds)

    async def right(self, password: str, kept: str | None) -> bool:
        """Tell whether the password fits; takes as long where there is no account."""
        loop = asyncio.get_running_loop()
        known = kept.encode() if kept else DECOY
        fits = await loop.run_in_executor(self._threads, fits_now, password, known)
        return fits and kept is not None

    def close(self) -> None:
        """Take no more work."""
        self._threads.shutdown(wait=False, cancel_futures=True)


def hash_now(password: str, rounds: int) -> str:
    """Hash in this thread."""
    return bcrypt.hashpw(password.encode(), bcrypt.gensalt(rounds)).decode()


def fits_now(password: str, kept: bytes) -> bool:
    """Check in this thread; a password that is too long cannot have been set."""
    encoded = password.encode()
    return len(encoded) <= LONGEST_BYTES and bcrypt.checkpw(encoded, kept)
