"""PostgreSQL as members of one store: copies that stream from the leader, and follow another."""

import asyncio
import shutil
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path

from seaway.durable import sync_folder, write_whole
from seaway.errors import DataRefused, StepFailed
from seaway.model.standing import Lead, Post, Standing
from seaway.plan.steps import Order, Promote, Trust
from seaway.targets.leading.leads import read_mark, write_mark
from seaway.targets.local.part import Placement, Runner
from seaway.wire.postgres import Connection, Login, Row, connected

REPLICATOR = "replicator"
PASSWORD = "REPLICATOR_PASSWORD"  # noqa: S105 -- the name of a variable
POST, PASSFILE = "post.conf", "passfile"
SIGNAL = "standby.signal"
UNPROVEN = "unproven"
VAIN_STARTS = 3
"""After so many a copy that does not catch up is made anew."""
COPY_LIMIT = 12 * 3600.0
"""Seconds for a new copy of all data."""
REWIND_LIMIT = 600.0
PROMOTED_WITHIN = 10
TAKEN_UP_WITHIN = 3.0
CAUGHT_UP_WITHIN = 10.0
SETTLING = 0.3
"""Seconds in which every sender of the leader has taken up whom to wait for."""
PAUSE = 0.02

ASKED = """
SELECT pg_is_in_recovery(), coalesce(current_setting('seaway.post', true), ''),
  (SELECT count(*) FROM pg_stat_wal_receiver),
  CASE WHEN pg_is_in_recovery() THEN
    greatest(coalesce(pg_last_wal_receive_lsn(), '0/0'), coalesce(pg_last_wal_replay_lsn(), '0/0'))
  ELSE pg_current_wal_lsn() END - '0/0'::pg_lsn,
  CASE WHEN pg_last_wal_receive_lsn() = pg_last_wal_replay_lsn() THEN 0
  ELSE coalesce(extract(epoch FROM now() - pg_last_xact_replay_timestamp()), 0) END
"""
"""What anyone may know of a member; with a receiver it streams, with all replayed it has no lag."""


def is_member(place: Placement) -> bool:
    """Whether it is one of several."""
    return place.workload.following is not None


def name_of(slot: int) -> str:
    """As the leader knows a member, and its slot."""
    return f"member_{slot}"


# ------------------------------------------------------------------------------- before it starts


async def prepared(
    place: Placement, run: Runner, cluster: Path, make: Callable[[], Awaitable[None]]
) -> None:  # fmt: skip
    """Have the data of what it is to be: made by `make`, copied, or brought to the leader's.

    Raises:
        DataRefused: it is to lead, and its data is not that of the leader.
        StepFailed: the leader's data cannot be had now.
    """
    lead, data = place.lead(), place.volumes["data"]
    if lead.slot != place.slot:
        await _as_follower(place, run, cluster, lead)
        return
    if _new(place, cluster, lead):
        await make()
    if not _begins_to_lead(cluster) and read_mark(data) != (lead.epoch, True):
        write_mark(data, lead.epoch, led=True)


def _new(place: Placement, cluster: Path, lead: Lead) -> bool:
    """Whether the leader is still without data, which only the very first may be."""
    there, (epoch, led) = cluster.exists(), read_mark(place.volumes["data"])
    if not there and (epoch or lead.epoch > 1):
        raise _refused(place, epoch, lead)
    right = (epoch, led) == (lead.epoch, True) or _begins_to_lead(cluster)
    if there and not right and lead.epoch > 1:
        raise _refused(place, epoch, lead)
    return not there


def _begins_to_lead(cluster: Path) -> bool:
    """Whether it was told to lead while it followed, and had not yet begun."""
    return (cluster / SIGNAL).exists()


def _refused(place: Placement, epoch: int, lead: Lead) -> DataRefused:
    facts = {"member": place.instance, "epoch": epoch, "wanted": lead.epoch}
    return DataRefused("SW352", **facts, folder=str(place.volumes["data"]))


async def _as_follower(place: Placement, run: Runner, cluster: Path, lead: Lead) -> None:
    """As it is, where it has followed that leader; else, or after starts in vain, anew."""
    data = place.volumes["data"]
    same, vain = read_mark(data) == (lead.epoch, False), _vain_starts(data)
    if not (cluster / "PG_VERSION").exists() or vain >= VAIN_STARTS:
        await _copied(place, run, cluster, lead)
    elif not same:
        try:
            await _rewound(place, run, cluster, lead)
        except StepFailed:
            await _copied(place, run, cluster, lead)
    (cluster / SIGNAL).touch()
    sync_folder(cluster)
    if not same:
        write_mark(data, lead.epoch, led=False)
    (data / UNPROVEN).write_text("0" if vain >= VAIN_STARTS else f"{vain + 1}")


def _vain_starts(data: Path) -> int:
    """How often in a row it has been started and never got as far as the leader."""
    try:
        return int((data / UNPROVEN).read_text())
    except (FileNotFoundError, ValueError):
        return 0


async def _rewound(place: Placement, run: Runner, cluster: Path, lead: Lead) -> None:
    """What it has and the leader has not is undone; only what differs is fetched."""
    (cluster / SIGNAL).unlink(missing_ok=True)
    host, port = _reached(place, lead)
    source = f"host={host} port={port} user={REPLICATOR} dbname=postgres"
    program = str(place.found.programs["pg_rewind"])
    await run(
        (program, f"--target-pgdata={cluster}", f"--source-server={source}"),
        env={"PGPASSWORD": place.env[PASSWORD]}, limit=REWIND_LIMIT,
    )  # fmt: skip


async def _copied(place: Placement, run: Runner, cluster: Path, lead: Lead) -> None:
    """All of the leader's data, under another name until it is there whole and on the disk."""
    fresh, old = cluster.with_name(f"{cluster.name}.new"), cluster.with_name(f"{cluster.name}.old")
    for left in (fresh, old):
        await asyncio.to_thread(shutil.rmtree, left, ignore_errors=True)
    host, port = _reached(place, lead)
    await run(
        (str(place.found.programs["pg_basebackup"]), f"--host={host}", f"--port={port}",
         f"--username={REPLICATOR}", "--no-password", f"--pgdata={fresh}", "--wal-method=stream",
         f"--slot={name_of(place.slot)}", "--checkpoint=fast"),
        env={"PGPASSWORD": place.env[PASSWORD]}, limit=COPY_LIMIT,
    )  # fmt: skip
    _exchange(cluster, fresh, old)
    await asyncio.to_thread(shutil.rmtree, old, ignore_errors=True)


def _exchange(cluster: Path, fresh: Path, old: Path) -> None:
    if cluster.exists():
        cluster.rename(old)
    fresh.rename(cluster)
    sync_folder(cluster.parent)


def _reached(place: Placement, lead: Lead) -> tuple[str, int]:
    address = place.members[lead.slot]["sql"]
    return address.host, address.port


# ------------------------------------------------------------------------------------ its files


def files(place: Placement, cluster: Path) -> Mapping[str, str]:
    """Of the run folder, beside those of every server: what it works by from its first moment.

    Raises:
        StepFailed: another member leads since its data was prepared.
    """
    lead, rules = place.lead(), place.workload.following
    if lead.slot != place.slot and not (cluster / SIGNAL).exists():
        raise StepFailed("SW347", member=place.instance, left="-")
    leads = lead.slot == place.slot
    waits = lead.safe if leads and rules and rules.synchronous else ()
    post = Post(epoch=lead.epoch, leader=lead.slot, waits=waits)
    return {POST: _written(place, post), PASSFILE: f"*:*:*:{REPLICATOR}:{place.env[PASSWORD]}\n"}


def rules(place: Placement) -> str:
    """Who may copy and stream, for pg_hba.conf."""
    return f"host replication {REPLICATOR} {place.callers} scram-sha-256\n"


def _written(place: Placement, post: Post) -> str:
    """The settings by which a member leads, or follows."""
    leads, names = post.leader == place.slot, ", ".join(map(name_of, post.waits))
    source = ""
    if not leads:
        address = place.members[post.leader]["sql"]
        source = (
            f"host={address.host} port={address.port} user={REPLICATOR}"
            f" passfile={place.folder}/{PASSFILE} application_name={name_of(place.slot)}"
        )
    waits = f"FIRST {len(post.waits)} ({names})" if names else ""
    return (
        f"primary_conninfo = '{source}'\n"
        f"primary_slot_name = '{'' if leads else name_of(place.slot)}'\n"
        f"synchronous_standby_names = '{waits}'\n"
        f"seaway.post = '{_shown(post)}'\n"
    )


def _shown(post: Post) -> str:
    return f"{post.epoch} {post.leader} {','.join(map(str, post.waits))}".rstrip()


def _post(shown: str) -> Post | None:
    words = shown.split(" ")
    if len(words) < 2:  # noqa: PLR2004 -- epoch and leader
        return None
    waits = tuple(map(int, words[2].split(","))) if words[2:] else ()
    return Post(epoch=int(words[0]), leader=int(words[1]), waits=waits)


# -------------------------------------------------------------------------------- while it runs


def standing(place: Placement, row: Row) -> Standing:
    """From what `ASKED` has answered."""
    recovers, shown, receivers, position, lag = (each or "" for each in row)
    rules, leads = place.workload.following, recovers == "f"
    most = rules.lag.total_seconds() if rules else 0.0
    post, abreast = _post(shown), receivers != "0" and float(lag) <= most
    if not leads and abreast and post and post.epoch == place.lead().epoch:
        _note_history(place.volumes["data"], post.epoch)
    return Standing(
        leads=leads, post=post, abreast=not leads and abreast, position=int(position)
    )  # fmt: skip


def _note_history(data: Path, epoch: int) -> None:
    """It streams: it has the history of that epoch."""
    if read_mark(data) != (epoch, False):
        write_mark(data, epoch, led=False)
    (data / UNPROVEN).unlink(missing_ok=True)


async def settle_replicator(session: Connection, place: Placement, hashed: str) -> None:
    """The one by whom members copy, stream and rewind (documentation of pg_rewind)."""
    roles = await session.run("SELECT rolname FROM pg_roles")
    word = "ALTER" if (REPLICATOR,) in roles else "CREATE"
    rights = ", ".join(
        f"pg_catalog.{each}" for each in (
            "pg_ls_dir(text, boolean, boolean)", "pg_stat_file(text, boolean)",
            "pg_read_binary_file(text)", "pg_read_binary_file(text, bigint, bigint, boolean)",
        )
    )  # fmt: skip
    await session.run(
        f"{word} ROLE {REPLICATOR} LOGIN REPLICATION PASSWORD '{hashed}';"
        f"GRANT EXECUTE ON FUNCTION {rights} TO {REPLICATOR};"
        f"GRANT CONNECT ON DATABASE postgres TO {REPLICATOR}"
    )
    await keep_slots(session, place)


async def keep_slots(session: Connection, place: Placement) -> None:
    """A leader keeps for each member what it has not got yet; a follower keeps nothing."""
    leads = await session.run("SELECT 1 WHERE NOT pg_is_in_recovery()")
    wanted = [name_of(slot) for slot in place.members if leads and slot != place.slot]
    rows = await session.run(
        "SELECT slot_name, active FROM pg_replication_slots WHERE slot_name LIKE 'member\\_%'"
    )
    there = {row[0] or "": row[1] == "t" for row in rows}
    for name in wanted:
        if name not in there:
            await session.run(f"SELECT pg_create_physical_replication_slot('{name}', true)")
    for name, active in there.items():
        if name not in wanted and not active:
            await session.run(f"SELECT pg_drop_replication_slot('{name}')")


async def arranged(place: Placement, order: Order, login: Login) -> None:
    """Carry out an order.

    Raises:
        StepFailed: it has not been taken up.
    """
    match order:
        case Promote():
            await _promoted(place, order.lead, login)
        case Post():
            await _works_by(place, order, login)
            async with connected(login) as session:
                await keep_slots(session, place)
        case Trust():
            await _has_all(place, order.lead, login)
        case _:
            raise StepFailed("SW348", member=place.instance, problem="it is no gate")


async def _promoted(place: Placement, lead: Lead, login: Login) -> None:
    """Its data is marked first: whatever happens from now on, it may lead in this epoch."""
    write_mark(place.volumes["data"], lead.epoch, led=True)
    await _works_by(place, Post(epoch=lead.epoch, leader=lead.slot), login)
    async with connected(login) as session:
        if await session.run("SELECT 1 WHERE pg_is_in_recovery()"):
            [row] = await session.run(f"SELECT pg_promote(true, {PROMOTED_WITHIN})")
            if row[0] != "t":
                raise StepFailed("SW348", member=place.instance, problem="it does not lead yet")
        await keep_slots(session, place)


async def _works_by(place: Placement, post: Post, login: Login) -> None:
    """Write it down and have it read; the answer of a new session shows that the server has."""
    write_whole(place.folder / POST, _written(place, post), mode=0o444)
    async with connected(login) as session:
        await session.run("SELECT pg_reload_conf()")
    deadline = asyncio.get_running_loop().time() + TAKEN_UP_WITHIN
    while True:
        async with connected(login) as session:
            [row] = await session.run("SELECT coalesce(current_setting('seaway.post', true), '')")
        if row[0] == _shown(post):
            return
        if asyncio.get_running_loop().time() > deadline:
            raise StepFailed("SW348", member=place.instance, problem="its settings are not read")
        await asyncio.sleep(PAUSE)


async def _has_all(place: Placement, lead: Lead, login: Login) -> None:
    """Return when all who are to be safe have what has been acknowledged, and will have the rest.

    From here on: the checkpointer is the one who lets commits wait (syncrep.c), and has taken up
    the settings when it has made a checkpoint that was asked for after them.
    """
    rules = place.workload.following
    async with connected(login) as session:
        if rules and rules.synchronous:
            [row] = await session.run("SELECT coalesce(current_setting('seaway.post', true), '')")
            post = _post(row[0] or "")
            if post is None or not set(lead.safe) <= set(post.waits):
                raise StepFailed("SW347", member=place.instance, left="-")
            await session.run("CHECKPOINT")
            await asyncio.sleep(SETTLING)
        [row] = await session.run("SELECT pg_current_wal_insert_lsn()")
        names = ", ".join(f"'{name_of(slot)}'" for slot in lead.safe)
        caught_up = (
            "SELECT count(*) FROM pg_stat_replication WHERE state = 'streaming'"  # noqa: S608 -- ours
            f" AND application_name IN ({names}) AND flush_lsn >= '{row[0]}'"
        )
        deadline = asyncio.get_running_loop().time() + CAUGHT_UP_WITHIN
        while [(str(len(lead.safe)),)] != await session.run(caught_up):
            if asyncio.get_running_loop().time() > deadline:
                raise StepFailed("SW348", member=place.instance, problem="one lags behind")
            await session.run("SELECT pg_log_standby_snapshot()")  # an idle stream moves on
            await asyncio.sleep(PAUSE * 5)
