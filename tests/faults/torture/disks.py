"""Disks: real file systems of a test's own, whose power can be cut and whose room can end."""

import asyncio
import contextlib
import fcntl
import os
import struct
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

SHUTDOWN = 0x8004587D
"""EXT4_IOC_SHUTDOWN, `_IOR('X', 125, __u32)` (linux/fs/ext4/ext4.h)."""
NO_LOG_FLUSH = 2
"""What is not in the journal on the disk by now is lost, as when the power fails."""


def command(*words: str) -> str:
    """Run a system command; what it says is in the error where it fails."""
    done = subprocess.run(words, capture_output=True, text=True, check=False, timeout=60)
    if done.returncode:
        raise OSError(f"{' '.join(words)}: {done.stderr.strip()}")
    return done.stdout.strip()


@dataclass
class Disk:
    """An ext4 file system in a file."""

    image: Path
    place: Path
    device: str

    def cut(self) -> None:
        """From now on nothing reaches the disk, and everything that would fails."""
        handle = os.open(self.place, os.O_RDONLY | os.O_DIRECTORY)
        try:
            fcntl.ioctl(handle, SHUTDOWN, struct.pack("I", NO_LOG_FLUSH))
        finally:
            os.close(handle)

    async def start_again(self) -> None:
        """Take it away and bring it back: the journal is replayed. Nobody may use it any more."""
        async with asyncio.timeout(20):
            while True:
                try:
                    command("umount", str(self.place))
                    break
                except OSError:  # the kernel needs a moment to close what the dead had open
                    await asyncio.sleep(0.02)
        # Another device: somebody who copied all mounts meanwhile would keep the dead one alive.
        self._let_go()
        self.device = command("losetup", "--find", "--show", str(self.image))
        command("mount", self.device, str(self.place))

    def remove(self) -> None:
        """Leave no mount and no device behind."""
        command("umount", "-l", str(self.place))
        self._let_go()

    def _let_go(self) -> None:
        with contextlib.suppress(OSError):  # it goes with its last user
            command("losetup", "--detach", self.device)


@contextmanager
def ext4(folder: Path, size: int = 64, *, errors: str = "continue") -> Iterator[Disk]:
    """One of `size` MiB, mounted at `folder/disk`."""
    image, place = folder / "image", folder / "disk"
    with image.open("wb") as file:
        file.truncate(size << 20)
    command("mkfs.ext4", "-q", "-e", errors, "-m", "0", "-E", "nodiscard", str(image))
    command("mount", "--bind", str(folder), str(folder))
    command("mount", "--make-shared", str(folder))  # what is mounted in it is so everywhere
    try:
        place.mkdir()
        disk = Disk(image, place, command("losetup", "--find", "--show", str(image)))
        command("mount", disk.device, str(place))
        place.chmod(0o755)
        try:
            yield disk
        finally:
            disk.remove()
    finally:
        command("umount", "-l", str(folder))


@contextmanager
def memory(place: Path, size: str, inodes: int = 0) -> Iterator[Path]:
    """A tmpfs of that size, and with so many inodes where it matters."""
    place.mkdir(parents=True, exist_ok=True)
    limits = f"size={size},mode=755" + (f",nr_inodes={inodes}" if inodes else "")
    command("mount", "-t", "tmpfs", "-o", limits, "seaway-torture", str(place))
    try:
        yield place
    finally:
        command("umount", "-l", str(place))
