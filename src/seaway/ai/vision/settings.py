"""Settings: what the image service is told by its environment."""

from collections.abc import Mapping
from dataclasses import dataclass

MEGABYTE = 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What a picture may be."""

    size: int = 10 * MEGABYTE
    """Bytes of a file (R60)."""
    side: int = 1024
    """Pixels of the longer side, as it is kept."""
    pixels: int = 36_000_000
    """Of a picture as it comes (R61): what cameras make whose files are not larger than `size`."""
    formats: frozenset[str] = frozenset({"jpeg", "png", "webp"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Bucket:
    """Where pictures are kept."""

    endpoint: str
    name: str
    region: str
    access_key: str
    secret_key: str
    days: int = 0
    """Age at which the bucket itself deletes; 0 for never."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """All of it."""

    bucket: Bucket
    host: str = "127.0.0.1"
    port: int = 8000
    key: str = ""
    """Of clients."""
    limits: Limits = Limits()
    workers: int = 2
    queue: int = 4
    """Pictures that may wait for a worker."""
    memory: int = 768 * 2**20
    """Bytes of address space for each worker."""
    patience: float = 10.0
    """Seconds of processor time that a worker may take for one picture."""
    waiting: float = 60.0
    """Seconds after which a worker counts as stuck, on the busiest machine."""
    gateway: str = ""
    """Base address of who knows food; empty for nobody."""
    gateway_key: str = ""
    model: str = "food"


def settings(environ: Mapping[str, str]) -> Settings:
    """From HOST, PORT and VISION_*.

    Raises:
        KeyError: something without a default is missing.
        ValueError: a number is none.
    """

    def told(name: str, otherwise: object = "") -> str:
        return environ.get(f"VISION_{name}") or str(otherwise)

    usual = Limits()
    names = told("FORMATS", "jpg jpeg png webp").replace("jpg", "jpeg").split()
    return Settings(
        host=environ.get("HOST") or "127.0.0.1",
        port=int(environ.get("PORT") or 8000),
        key=environ["VISION_KEY"],
        limits=Limits(
            size=int(told("MAX_SIZE", usual.size)), side=int(told("MAX_SIDE", usual.side)),
            pixels=int(told("MAX_PIXELS", usual.pixels)), formats=frozenset(names),
        ),
        workers=int(told("WORKERS", 2)), queue=int(told("QUEUE", 4)),
        memory=int(told("MEMORY", 768 * 2**20)), patience=float(told("PATIENCE", 10.0)),
        waiting=float(told("WAITING", 60.0)),
        gateway=told("GATEWAY_URL"), gateway_key=told("GATEWAY_KEY"), model=told("MODEL", "food"),
        bucket=Bucket(
            endpoint=environ["VISION_S3_ENDPOINT"], name=environ["VISION_S3_BUCKET"],
            region=told("S3_REGION", "us-east-1"), access_key=environ["VISION_S3_ACCESS_KEY"],
            secret_key=environ["VISION_S3_SECRET_KEY"], days=int(told("S3_DAYS", 0)),
        ),
    )  # fmt: skip
