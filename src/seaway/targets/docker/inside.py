"""Inside: the first program in the container of a part; prepares, starts and asks its server."""

import asyncio
import contextlib
import json
import os
import signal
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from seaway.errors import SeawayError
from seaway.model.instance import Address
from seaway.model.names import InstanceId
from seaway.model.standing import Lead, Said
from seaway.model.workload import Server, Workload
from seaway.targets.docker.speaking import (
    ALIVE,
    ARRANGE,
    BEFORE,
    BEGUN,
    LONGEST,
    PREPARING,
    SETTLE,
    SOCKET,
    Answer,
    Question,
)
from seaway.targets.local.asking import in_words
from seaway.targets.local.belongings import write_private
from seaway.targets.local.helping import run_as
from seaway.targets.local.outfit import server_env
from seaway.targets.local.part import (
    Arranges,
    Lives,
    NotReady,
    Output,
    Part,
    Placement,
    Runner,
)
from seaway.targets.local.premises import Shelf
from seaway.values import dumped, loaded

PLACE, WHY, MORE = "place.json", "why", "more.sh"
"""In the run folder: what it is told, why it could not begin, and what other commands in this
container find in their environment beside what the stack gives them."""
FORWARDED = (
    signal.SIGTERM, signal.SIGINT, signal.SIGQUIT, signal.SIGHUP, signal.SIGUSR1, signal.SIGUSR2,
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What the target knows of the instance."""

    instance: InstanceId
    workload: Workload
    ports: Mapping[str, int]
    env: Mapping[str, str]
    volumes: Mapping[str, str]
    output: str = ""
    slot: int = 0
    members: Mapping[str, Mapping[str, Address]] = field(
        default_factory=dict[str, Mapping[str, Address]]
    )
    """Where all members of its store are reached, by slot."""
    lead: Lead = field(default_factory=Lead)
    """Who leads them as it starts."""


def program_of(workload: Workload) -> Server:
    """The server that a workload is."""
    if not isinstance(workload.program, Server):
        raise TypeError(workload.name)
    return workload.program


class Inside:
    """One part in its container."""

    def __init__(self, run_folder: Path) -> None:
        self._folder, self._launched = run_folder, False
        told = loaded(Told, (run_folder / PLACE).read_bytes())
        self._lead = told.lead
        program = replace(program_of(told.workload), choice="")  # of the image, which has it
        shelf = Shelf()
        self._part: Part = shelf.part(program.part)
        self._place = Placement(
            instance=told.instance, workload=told.workload, server=program, folder=run_folder,
            volumes={name: Path(each) for name, each in told.volumes.items()},
            host="127.0.0.1", listening="0.0.0.0",  # noqa: S104 -- its networks say who comes
            ports=told.ports, env=told.env, found=shelf.found(program),
            built=Path(told.output) if told.output else None, slot=told.slot,
            members={int(slot): each for slot, each in told.members.items()},
            lead=lambda: self._lead,
        )  # fmt: skip
        self._surroundings = server_env({}, self._home, list(self._place.found.programs.values()))

    @property
    def _home(self) -> Path:
        return next(iter(self._place.volumes.values()), self._folder)

    def runner(self) -> Runner:
        """Runs helper commands of the part."""

        async def run(
            argv: Sequence[str], *, env: Mapping[str, str] | None = None,
            stdin: str = "", limit: float = 60.0,
        ) -> Output:  # fmt: skip
            whole = {**self._surroundings, **(env or {})}
            return await run_as(None, argv, env=whole, stdin=stdin, limit=limit, cwd=self._home)

        return run

    async def run(self) -> int:
        """Prepare, start, answer questions; return how the server ended."""
        socket = self._folder / SOCKET
        socket.unlink(missing_ok=True)
        server = await asyncio.start_unix_server(self._asked, socket, limit=LONGEST)
        async with server:
            (self._folder / BEFORE).touch()
            await self._part.prepare(self._place, self.runner())
            (self._folder / BEGUN).touch()
            (self._folder / BEFORE).unlink()
            code = await (await self._started()).wait()
        return 128 - code if code < 0 else code

    async def _started(self) -> asyncio.subprocess.Process:
        launch = self._part.launch(self._place)
        env = server_env(launch.env, self._home, list(self._place.found.programs.values()))
        for name, content in {**launch.files, MORE: exports(env)}.items():
            (self._folder / name).unlink(missing_ok=True)
            write_private(str(self._folder / name), content, (os.getuid(), os.getgid()))
        process = await asyncio.create_subprocess_exec(*launch.argv, env=env, cwd=self._home)
        for each in FORWARDED:
            asyncio.get_running_loop().add_signal_handler(each, _forward, process, each)
        self._launched = True
        return process

    async def _asked(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One question, one answer; to a single word, only why not."""
        try:
            line = (await reader.readline()).strip()
            if line.startswith(b"{"):
                said = dumped(await self._answered(loaded(Question, line)))
            else:
                said = json.dumps(await self.answer(line.decode()))
            writer.write(said.encode())
            await writer.drain()
        except ConnectionError:
            return
        finally:
            writer.close()

    async def answer(self, question: str) -> str:
        """Empty for a yes, else why not."""
        return (await self._answered(Question(ask=question))).no

    async def _answered(self, question: Question) -> Answer:
        self._lead = question.lead or self._lead
        if not self._launched:
            return PREPARING
        try:
            return Answer.of(await self._done(question))
        except SeawayError as error:
            return Answer(no=in_words(error))
        except (NotReady, OSError, EOFError) as no:
            return Answer(no=str(no) or type(no).__name__)

    async def _done(self, question: Question) -> Said | None:
        """What it is among the others, where that was asked."""
        part, place = self._part, self._place
        if question.ask == SETTLE:
            await part.settle(place, self.runner())
        elif question.ask == ARRANGE:
            if isinstance(part, Arranges):
                await part.arrange(place, question.order)
        elif question.ask == ALIVE and isinstance(part, Lives):
            await part.alive(place)
        else:
            return await part.ready(place)
        return None


def exports(env: Mapping[str, str]) -> str:
    """An environment for a shell to read: each value one word, whatever is in it."""
    words = ((name, value.replace("'", "'\\''")) for name, value in env.items())
    return "".join(f"export {name}='{value}'\n" for name, value in words)


def _forward(process: asyncio.subprocess.Process, number: int) -> None:
    with contextlib.suppress(ProcessLookupError):
        process.send_signal(number)


def main() -> int:
    """Be the part whose run folder is named."""
    folder = Path(sys.argv[1])
    (folder / WHY).unlink(missing_ok=True)
    try:
        return asyncio.run(Inside(folder).run())
    except (SeawayError, OSError) as error:
        why = in_words(error) if isinstance(error, SeawayError) else str(error)
        (folder / WHY).write_text(why)
        sys.stderr.write(f"{why}\n")
        return 1


if __name__ == "__main__":
    sys.exit(main())
