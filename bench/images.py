"""Images a second of the image service, beside Pillow alone doing the same work.

    python bench/images.py [SECONDS] [ROUNDS]

On two processors. A photo of 12 million pixels and one of a million, as JPEG, are sent by four
clients over loopback; the service decodes in two processes and keeps picture and result in a real
SeaweedFS. Pillow alone decodes, scales and encodes the same files in two processes, without HTTP,
checks, or a store: no service of this shape can be faster. They take turns; medians are printed.
The steady figure is processor time: of the service with its decoders, without store and clients.
Nobody is asked what is on the pictures: bench of the models is models' own.
"""

import asyncio
import io
import multiprocessing
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Iterable
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "src")]

from PIL import Image  # noqa: E402 -- found by the line above

from tests.ai.conftest import Program  # noqa: E402
from tests.ai.pictures import encoded, picture  # noqa: E402
from tests.ai.seeing import memory, picture_store, seeing, send  # noqa: E402

SIDE = 1024
CLIENTS, PROCESSES = 4, 2
Figure = tuple[float, float]
"""Images a second, and milliseconds of processor time for each."""
PHOTOS = {
    "12 MP": encoded(picture(4000, 3000), quality=92),
    "1 MP": encoded(picture(1200, 900), quality=92),
}


def plain(name: str, over: float) -> tuple[int, float]:
    """How many are done by Pillow alone until then, and the processor time that took."""
    done, begin = 0, time.process_time()
    while time.time() < over:
        with Image.open(io.BytesIO(PHOTOS[name])) as image:
            image.draft("RGB", (int(1.5 * SIDE), int(1.125 * SIDE)))
            image.thumbnail((SIDE, SIDE), Image.Resampling.LANCZOS, reducing_gap=3.0)
            image.save(io.BytesIO(), "JPEG", quality=85, optimize=True)
        done += 1
    return done, time.process_time() - begin


def rival(name: str, seconds: float) -> Figure:
    over = time.time() + seconds
    with multiprocessing.Pool(PROCESSES) as pool:
        rows = pool.starmap(plain, [(name, over)] * PROCESSES)
    done = sum(count for count, _ in rows)
    return done / seconds, sum(cpu for _, cpu in rows) / done * 1000


def spent(pids: Iterable[int]) -> float:
    """Seconds of processor time of these processes so far."""
    rows = [Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split() for pid in pids]
    return sum(int(row[11]) + int(row[12]) for row in rows) / os.sysconf("SC_CLK_TCK")


async def ours(vision: Program, name: str, seconds: float) -> Figure:
    over, done, pids = time.monotonic() + seconds, 0, memory(vision.process.pid)
    before = spent(pids)

    async def client() -> None:
        nonlocal done
        while time.monotonic() < over:
            assert (await send(vision, PHOTOS[name])).is_success
            done += 1

    begin = time.monotonic()
    await asyncio.gather(*(client() for _ in range(CLIENTS)))
    return done / (time.monotonic() - begin), (spent(pids) - before) / done * 1000


async def measured(seconds: float, rounds: int) -> None:
    found: dict[tuple[str, str], list[Figure]] = {}
    with tempfile.TemporaryDirectory() as folder:
        async with picture_store(Path(folder)) as store, seeing(store) as vision:
            await ours(vision, "1 MP", 1)
            for _ in range(rounds):
                for name in PHOTOS:
                    found.setdefault((name, "seaway"), []).append(await ours(vision, name, seconds))
                    bare = await asyncio.to_thread(rival, name, seconds)
                    found.setdefault((name, "Pillow"), []).append(bare)
            most = max(memory(vision.process.pid).values()) / 2**20
    for (name, who), rows in found.items():
        rate, cost = (statistics.median(each) for each in zip(*rows, strict=True))
        all_rates = ", ".join(f"{each:.1f}" for each, _ in rows)
        print(
            f"{name:6} {who:7} {rate:6.1f} images/s ({all_rates}), {cost:6.1f} ms of processor each"
        )
    print(f"largest process: {most:.0f} MB")


if __name__ == "__main__":
    given = [float(each) for each in sys.argv[1:]]
    asyncio.run(measured(given[0] if given else 6, int(given[1]) if len(given) > 1 else 3))
