"""T07: the power fails while state is written; nothing is unreadable, no answer was a lie (S10)."""

import asyncio
import json
import secrets
import time
import uuid
from contextlib import closing, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path

from seaway.model.release import Release
from seaway.stores.clock import SystemClock
from seaway.stores.ledger import SqliteLedger
from seaway.stores.vault import FileVault
from seaway.targets.local.certificates import Authority
from seaway.targets.local.state import StateFolder
from tests.faults.torture.calls import Calls, Running, forget, kill_all, zygote
from tests.faults.torture.disks import Disk, ext4
from tests.faults.torture.trial import Trial

CUTS, CUTS_SHORT = 100, 5
COMMANDS = 3
"""So many are acknowledged, at most, before the one that is cut."""
LONGEST = 1.5
"""Seconds of that one, at most, before the power fails."""
STACK = """\
seaway: 1
name: cut
secrets:
  TOKEN: {generate: 32}
services:
  web:
    run: sleep 3600
    secrets: [TOKEN]
  side:
    run: sleep 3600
data:
  cache: {kind: redis}
"""


@dataclass(frozen=True)
class World:
    """What was asked for and acknowledged."""

    up: bool = False
    web: int = 1
    revision: int = 0
    token: str = ""
    """Empty: made by Seaway."""
    version: int = 0
    """Of the token."""


@dataclass
class Story:
    """Commands one after the other; what is acknowledged, and what may or may not have happened."""

    calls: Calls
    trial: Trial
    world: World = World()
    maybe: World | None = None
    current: Running | None = None
    certificates: list[str] = field(default_factory=list[str])
    acknowledged: int = 0

    async def tell(self) -> None:
        """Random commands until the end of the world."""
        while True:
            words, then, stdin = self._next()
            self.maybe = then
            self.current = await self.calls.begin(*words, stdin=stdin)
            said = await self.current.ended()
            if said.status != 0:
                raise AssertionError(f"{words}: {said.status}: {said.err}")
            self.world, self.maybe = then, None
            self.acknowledged += 1

    def _next(self) -> tuple[tuple[str, ...], World, str]:
        world, chance = self.world, self.trial.chance
        if not world.up:
            then = replace(world, up=True, web=1, revision=0, version=max(world.version, 1))
            return ("up", "-d"), then, ""
        number = chance.randint(1, 4)
        value, version = secrets.token_hex(8), world.version + 1
        choices = (
            (("scale", f"web={number}"), replace(world, web=number), ""),
            (("restart", "side"), replace(world, revision=world.revision + 1), ""),
            (("secrets", "set", "TOKEN"), replace(world, token=value, version=version), value),
            (("secrets", "set", "TOKEN"), replace(world, token=value, version=version), value),
            (("secrets", "rotate", "TOKEN", "-y"), replace(world, token="", version=version), ""),
            (("down",), replace(world, up=False), ""),
            (("up", "-d"), replace(world, web=1), ""),
        )
        return chance.choice(choices)

    async def certify(self, folder: Path) -> None:
        """Make certificates meanwhile; each that was returned counts as acknowledged."""
        authority = Authority(folder, SystemClock())
        while True:
            name = f"n{secrets.token_hex(4)}.test"
            await asyncio.to_thread(authority.certificate, [name])
            self.certificates.append(name)
            await asyncio.sleep(0.01)


async def cut_power(trial: Trial) -> None:
    """Cut it again and again, each time at another moment of the story."""
    project = trial.folder / "project"
    project.mkdir()
    (project / "seaway.yaml").write_text(STACK)
    with ext4(trial.folder) as disk:
        state = disk.place / "state"
        boot = trial.folder / "boot"
        _reboot(boot)
        async with zygote(trial.folder, boot=boot) as door:
            calls = Calls(project, state, door)
            story = Story(calls, trial)
            try:
                for _ in range(trial.times(CUTS, CUTS_SHORT)):
                    await _round(story, disk, state, boot)
            finally:
                await kill_all(disk.place)
                forget("cut")
    trial.tally.more["acknowledged"] = story.acknowledged
    trial.tally.more["certificates"] = len(story.certificates)


async def _round(story: Story, disk: Disk, state: Path, boot: Path) -> None:
    """Some commands, a cut, and what is there when the power is back."""
    telling = asyncio.create_task(story.tell())
    certifying = asyncio.create_task(story.certify(state / "cut" / "certificates"))
    enough = story.acknowledged + story.trial.chance.randint(0, COMMANDS)
    while story.acknowledged < enough and not telling.done():  # noqa: ASYNC110 -- a count
        await asyncio.sleep(0.005)
    await asyncio.wait({telling}, timeout=story.trial.chance.uniform(0.02, LONGEST))
    before = len(story.certificates)
    disk.cut()
    story.trial.tally.faults += 1
    wrong = telling.exception() if telling.done() else None
    telling.cancel()
    certifying.cancel()
    await asyncio.gather(telling, certifying, return_exceptions=True)
    if story.current:
        story.current.kill()
    await kill_all(disk.place)
    forget("cut")
    _reboot(boot)
    begun = time.monotonic()
    await disk.start_again()
    story.trial.tally.demand(wrong is None, f"before the cut: {wrong}")
    _read_everything(story, state / "cut", story.certificates[:before])
    await _go_on(story, state / "cut")
    story.trial.tally.mending.append(time.monotonic() - begun)


def _reboot(boot: Path) -> None:
    """The boot id changes with each start of the machine."""
    boot.write_text(f"{uuid.uuid4()}\n")


def _read_everything(story: Story, root: Path, certificates: list[str]) -> None:
    """Each file that must last can be read, and holds what was acknowledged."""
    tally, states = story.trial.tally, [story.world, *([story.maybe] if story.maybe else [])]
    tally.rows_acked = story.acknowledged
    if not root.exists():
        tally.demand(not story.acknowledged, "the whole state is gone")
        return
    for name in ("ports.json", "volumes.json", "services.json"):
        with suppress(FileNotFoundError):
            json.loads((root / name).read_text())
    wanted, token, version = _kept(StateFolder(root))
    fits = [each for each in states if each.version == version and _is(each, wanted, token)]
    if not fits:
        tally.rows_lost += 1
        seen = wanted and [(w.name, w.replicas, w.revision) for w in wanted.workloads]
        tally.wrong.append(f"lost: {states} but there is {seen}, token {token} ({version})")
    story.world, story.maybe = (fits or states)[-1], None
    authority = Authority(root / "certificates", SystemClock())
    for name in certificates[-20:]:
        file = root / "certificates" / f"{name}.pem"
        kept = file.read_text() if file.exists() else ""
        tally.demand(kept and authority.certificate([name]) == kept, f"certificate {name} is lost")


def _kept(state: StateFolder) -> tuple[Release | None, str, int]:
    wanted, token, version = None, "", 0
    if state.ledger.exists():
        with closing(SqliteLedger(state.ledger)) as ledger:
            [(sound,)] = ledger._rows("PRAGMA integrity_check")
            assert sound == "ok", sound
            wanted = ledger.wanted()
            ledger.events(0)
            ledger.seen()
    if state.vault.exists():
        vault = FileVault(state.vault)
        version, token = vault.versions()["TOKEN"], vault.read("TOKEN")
    return wanted, token, version


def _is(world: World, wanted: Release | None, token: str) -> bool:
    if world.token and token != world.token:
        return False
    if wanted is None or not world.up:
        return wanted is None and not world.up
    web, side = wanted.find("web"), wanted.find("side")
    return bool(web and side) and (web.replicas, side.revision) == (world.web, world.revision)


async def _go_on(story: Story, root: Path) -> None:
    """`status` tells the truth, and `up` works."""
    tally, calls, world = story.trial.tally, story.calls, story.world
    said = await calls("status", "--format", "json")
    right = said.status == (0 if world.up else 7)
    tally.demand(right, f"status after the cut: {said.status} {said.err}")
    up = await calls("up", "-d")
    tally.demand(up.status == 0, f"up after the cut: {up.status} {up.err}")
    revision = world.revision if world.up else 0
    version = max(world.version, 1)
    story.world = replace(world, up=True, web=1, revision=revision, version=version)
    said = await calls("status", "--format", "json")
    seen = json.loads(said.out) if said.status == 0 else {"health": said.err}
    tally.demand(seen["health"] == "healthy", f"not healthy after the cut: {seen}")
