"""Access: as whom the stores of a stack are saved and filled, and what the stack says of them."""

from collections.abc import Mapping
from dataclasses import replace

from seaway.model.release import Release
from seaway.ports.target import Reached
from seaway.saving.dumping import Server
from seaway.wire.postgres import Login
from seaway.wire.redis import Access as RedisAccess
from seaway.wire.s3 import Access as S3Access

SUPERUSER = "postgres"


def superuser(where: Reached) -> Login:
    """As whom a database is saved."""
    return Login(
        user=SUPERUSER, database="postgres", host=where.host, port=where.ports["sql"],
        password=where.env["POSTGRES_PASSWORD"],
    )  # fmt: skip


def in_database(login: Login, release: Release, store: str) -> Login:
    """The same in the database of the application."""
    return replace(login, database=str(_settings(release, store).get("database", login.database)))


def redis_access(where: Reached) -> RedisAccess:
    """As whom a Redis is saved."""
    return RedisAccess(
        host=where.host, port=where.ports["redis"], password=where.env["REDIS_PASSWORD"]
    )  # fmt: skip


def s3_access(where: Reached, release: Release, store: str) -> S3Access:
    """As whom an object store is saved: its administrator."""
    return S3Access(
        endpoint=f"http://{where.host}:{where.ports['s3']}",
        region=str(_settings(release, store).get("region", "us-east-1")),
        access_key="seaway", secret_key=where.env["S3_ADMIN_KEY"],
    )  # fmt: skip


def dumped_server(where: Reached, release: Release, store: str) -> Server:
    """As whom a store is dumped: MongoDB by its administrator, Milvus has no logins."""
    port = where.ports["mongo"] if "mongo" in where.ports else where.ports["grpc"]
    return Server(
        host=where.host, port=port, password=where.env.get("MONGO_ROOT_PASSWORD", ""),
        database=str(_settings(release, store).get("database", "")), doors=where.doors,
    )  # fmt: skip


def bucket_names(release: Release, store: str) -> tuple[str, ...]:
    """The buckets that the stack declares."""
    told = _settings(release, store).get("buckets", {})
    return tuple(map(str, told)) if isinstance(told, Mapping) else ()  # pyright: ignore[reportUnknownArgumentType,reportUnknownVariableType] -- any JSON


def version_of(release: Release, store: str) -> str:
    """The version that the stack asks for."""
    workload = release.find(store)
    return getattr(workload.program, "version", "") if workload else ""


def _settings(release: Release, store: str) -> Mapping[str, object]:
    workload = release.find(store)
    told: Mapping[str, object] = getattr(workload.program, "settings", {}) if workload else {}
    return told
