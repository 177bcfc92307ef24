"""PostgreSQL settings that follow from memory, processors and connections; a pure calculation."""

import re
from collections.abc import Mapping

KI, MI, GI = 2**10, 2**20, 2**30

BASE = 24 * MI
"""What the server uses beside its shared buffers when nobody is connected (measured, 18.6)."""
BACKEND = 7 * MI // 4
"""Private memory of one connection that sorts nothing (measured, 18.6)."""
SMALLEST_WORK = 256 * KI
"""Less working memory than this for one sort makes every query spill to disk."""
LARGEST_WORK = 256 * MI
VACUUM_WORKERS = 4
"""R75."""
RESERVED = 3
"""Connections kept for the superuser (R73)."""

FIXED: Mapping[str, str] = {
    # R73: crash safety and planning for solid-state disks
    "wal_level": "replica",
    "max_wal_senders": "10",
    "checkpoint_completion_target": "0.9",
    "checkpoint_timeout": "10min",
    "random_page_cost": "1.1",
    "effective_io_concurrency": "200",
    "default_statistics_target": "100",
    # R74, to log what is slow or unusual
    "log_min_duration_statement": "1000ms",
    "log_checkpoints": "on",
    "log_connections": "on",
    "log_disconnections": "on",
    "log_lock_waits": "on",
    "log_file_mode": "0640",
    "log_line_prefix": "%m [%p] %q%u@%d ",
    "track_io_timing": "on",
    "track_functions": "all",
    # R75
    "autovacuum_max_workers": str(VACUUM_WORKERS),
    "autovacuum_naptime": "30s",
    "autovacuum_vacuum_scale_factor": "0.1",
    "autovacuum_analyze_scale_factor": "0.05",
    "deadlock_timeout": "1s",
    "lock_timeout": "30s",
    "datestyle": "iso, mdy",
    "default_text_search_config": "pg_catalog.english",
    # a client that vanished must not hold its locks for ever
    "idle_in_transaction_session_timeout": "10min",
    "client_connection_check_interval": "10s",
    "tcp_keepalives_idle": "60",
}


def derive(memory: int, cpu: float, connections: int) -> dict[str, str]:
    """The settings for so many bytes, processors (0: not limited) and connections.

    What `most_memory` says of the result never exceeds `memory`, given `least_memory` at least.
    """
    shared = memory // 4
    buffers = _bounded(shared // 32, 64 * KI, 16 * MI)
    maintenance = _bounded(memory // 16, MI, GI)
    vacuum = _bounded(memory // 64, MI, 256 * MI)
    fixed = shared + buffers + maintenance + VACUUM_WORKERS * vacuum + BASE
    work = (memory - fixed) // connections - BACKEND
    processors = max(1, round(cpu)) if cpu else 2
    return dict(FIXED) | {
        "max_connections": str(connections),
        "superuser_reserved_connections": str(RESERVED),
        "shared_buffers": _kilobytes(shared),
        "effective_cache_size": _kilobytes(memory // 4 * 3),
        "work_mem": _kilobytes(_bounded(work, 64 * KI, LARGEST_WORK)),
        "hash_mem_multiplier": "1.0",
        "maintenance_work_mem": _kilobytes(maintenance),
        "autovacuum_work_mem": _kilobytes(vacuum),
        "wal_buffers": _kilobytes(buffers),
        "min_wal_size": _kilobytes(_bounded(memory // 8, 80 * MI, 512 * MI)),
        "max_wal_size": _kilobytes(_bounded(memory // 2, 256 * MI, 2 * GI)),
        "max_worker_processes": str(max(8, processors + VACUUM_WORKERS)),
        "max_parallel_workers": str(processors),
        "max_parallel_workers_per_gather": str(processors // 2),
        "max_parallel_maintenance_workers": str(processors // 2),
    }


def least_memory(connections: int) -> int:
    """Bytes below which so many connections cannot each have `SMALLEST_WORK`."""
    per_connection = BACKEND + SMALLEST_WORK
    wanted = BASE + connections * per_connection
    share = 1 - 1 / 4 - 1 / 128 - 1 / 16 - VACUUM_WORKERS / 64  # what `derive` leaves to them
    return max(64 * MI, -(-int(wanted / share) // MI) * MI)


def most_memory(settings: Mapping[str, str]) -> int:
    """Bytes in use when every connection sorts and every vacuum worker works.

    Raises:
        ValueError: a number among them is not one that PostgreSQL reads.
    """
    connections = int(settings["max_connections"])
    hashes = float(settings["hash_mem_multiplier"])
    return round(
        BASE
        + parameter_size(settings["shared_buffers"])
        + parameter_size(settings["wal_buffers"])
        + parameter_size(settings["maintenance_work_mem"])
        + int(settings["autovacuum_max_workers"]) * parameter_size(settings["autovacuum_work_mem"])
        + connections * (BACKEND + parameter_size(settings["work_mem"]) * max(1.0, hashes))
    )


def parameter_size(text: str) -> int:
    """Bytes of a size as PostgreSQL writes it: `64MB`. A bare number is refused: its unit varies.

    Raises:
        ValueError: it is none.
    """
    found = _SIZE.fullmatch(text)
    if not found:
        raise ValueError(text)
    return int(found[1]) * _UNITS[found[2]]


def _bounded(wanted: int, least: int, most: int) -> int:
    return max(least, min(wanted, most))


def _kilobytes(count: int) -> str:
    return f"{count // KI}kB"


_UNITS = {"B": 1, "kB": KI, "MB": MI, "GB": GI, "TB": 2**40}
_SIZE = re.compile(r"([0-9]{1,12}) ?(B|kB|MB|GB|TB)")
