"""The running stack as its journey sees it: the commands of Seaway, and the target behind them."""

import asyncio
import contextlib
import json
import secrets
import ssl
import sys
from collections.abc import Sequence
from datetime import timedelta

from seaway import wiring
from seaway.cli.apply import wanted
from seaway.cli.place import Place, stack_file
from seaway.cli.settings import Settings
from seaway.cli.status import current
from seaway.engine.status import Status
from seaway.errors import UsageError
from seaway.journey import Both, Done, Failed, Found, Http, Instance
from seaway.plan.look import Look
from seaway.stores.clock import SystemClock

PATIENCE = timedelta(minutes=2)
"""For one command; a release that starts anew on a busy machine takes a quarter of it."""
SETTINGS = frozenset({
    "SEAWAY_FORMAT", "SEAWAY_QUIET", "SEAWAY_VERBOSE", "SEAWAY_DRY_RUN", "SEAWAY_TIMEOUT",
    "SEAWAY_SET", "SEAWAY_LANG", "SEAWAY_FILE", "SEAWAY_ENVIRONMENT",
})  # fmt: skip
"""Variables that would change what a command prints or does: it is told all it needs."""


class Running:
    """A stack that runs now."""

    def __init__(self, settings: Settings, here: Place, seen: Status) -> None:
        self._settings, self._here = settings, here
        self.stack, self.environment = here.stack, here.environment
        self.addresses = seen.addresses
        self.run = secrets.token_hex(4)

    def http(self, address: str = "") -> Http:
        return Http(address or self._first(), trust=self._trust())

    async def instances(self, part: str) -> tuple[Instance, ...]:
        release = wanted(self._here, self._here.ledger())
        workload = release.find(part)
        if workload is None:
            known = ", ".join(each.name for each in release.workloads)
            raise UsageError("SW502", name=part, known=known)
        found = [each for row in (await self._status()).workloads for each in row.instances]
        look = Look(release, found, SystemClock().now())
        live = sorted(look.live(part), key=lambda each: each.slot)
        return tuple(
            Instance(
                id=each.id, part=part, slot=each.slot, phase=each.phase, deaths=each.deaths,
                serving=look.available(workload, each),
            ) for each in live
        )  # fmt: skip

    async def health(self) -> str:
        return (await self._status()).health

    async def kill(self, instance: Instance, signal: str = "SIGKILL") -> None:
        target = wiring.open_target(self._here.state, self.stack)
        for each in await target.observe():
            if each.id == instance.id:
                await target.kill(each, signal)

    async def execute(self, part: str, *argv: str) -> Done:
        return await self.seaway("exec", part, "--", *argv)

    async def doctor(self) -> tuple[Found, ...]:
        done = await self.seaway("doctor", "--format", "json")
        checks = json.loads(done.stdout)["checks"]
        return tuple(
            Found(check=check["check"], **{name: each[name] for name in FOUND})
            for check in checks for each in check["findings"]
        )  # fmt: skip

    async def seaway(self, *words: str, stdin: str = "", limit: timedelta | None = None) -> Done:
        patience = limit or PATIENCE
        process = await asyncio.create_subprocess_exec(  # noqa: TID251 -- this program itself
            *self._command(words), stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE, start_new_session=True,  # Ctrl-C is for us, not for it
            env={name: text for name, text in wiring.ENVIRON.items() if name not in SETTINGS},
        )  # fmt: skip
        try:
            async with asyncio.timeout(patience.total_seconds()):
                out, err = await process.communicate(stdin.encode())
        except TimeoutError:
            raise Failed(_slow(words), limit_s=patience.total_seconds()) from None
        finally:
            await _hang_up(process)
        status = process.returncode or 0
        return Done(status=status, stdout=out.decode(errors="replace"), stderr=err.decode())

    def _command(self, words: Sequence[str]) -> tuple[str, ...]:
        sets = [word for each in self._settings.sets for word in ("--set", each)]
        return (
            sys.executable, "-m", "seaway", "-f", str(stack_file(self._settings)),
            "-e", self.environment, *sets, "-y", "--no-color", "--lang", "en", *words,
        )  # fmt: skip

    def _first(self) -> str:
        """Raises UsageError: nothing of this stack is public."""
        if not self.addresses:
            raise UsageError("SW904", stack=self.stack)
        return self.addresses[0]

    def _trust(self) -> ssl.SSLContext:
        """The usual authorities, and the one of this stack."""
        context = ssl.create_default_context()
        with contextlib.suppress(FileNotFoundError):
            context.load_verify_locations(self._here.state.certificates / "ca.pem")
        return context

    async def _status(self) -> Status:
        return await current(self._here, self._here.ledger())


FOUND = ("code", "severity", "path", "message", "fix")


def _slow(words: Sequence[str]) -> Both:
    said = " ".join(words)
    return Both(f"`seaway {said}` did not end in time", f"`seaway {said}` 没有按时结束")


async def _hang_up(process: asyncio.subprocess.Process) -> None:
    """Nothing that a journey began is left running."""
    if process.returncode is None:
        with contextlib.suppress(ProcessLookupError):
            process.terminate()
        await process.wait()
