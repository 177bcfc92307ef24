"""Inside: the first program in the container of a part; prepares, starts and asks its server."""

import asyncio
import contextlib
import json
import os
import signal
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from seaway.errors import SeawayError
from seaway.model.names import InstanceId
from seaway.model.workload import Server, Workload
from seaway.targets.local.asking import in_words
from seaway.targets.local.belongings import write_private
from seaway.targets.local.helping import run_as
from seaway.targets.local.outfit import server_env
from seaway.targets.local.part import NotReady, Output, Part, Placement, Runner
from seaway.targets.local.premises import Shelf
from seaway.values import loaded

PLACE, SOCKET, WHY, MORE = "place.json", "part.sock", "why", "more.sh"
"""In the run folder: what it is told, where it is asked, why it could not begin, and what other
commands in this container find in their environment beside what the stack gives them."""
READY, SETTLE = "ready", "settle"
"""What it can be asked."""
FORWARDED = (
    signal.SIGTERM, signal.SIGINT, signal.SIGQUIT, signal.SIGHUP, signal.SIGUSR1, signal.SIGUSR2,
)  # fmt: skip
LONGEST = 1 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What the target knows of the instance."""

    instance: InstanceId
    workload: Workload
    ports: Mapping[str, int]
    env: Mapping[str, str]
    volumes: Mapping[str, str]
    output: str = ""


def program_of(workload: Workload) -> Server:
    """The server that a workload is."""
    if not isinstance(workload.program, Server):
        raise TypeError(workload.name)
    return workload.program


class Inside:
    """One part in its container."""

    def __init__(self, run_folder: Path) -> None:
        self._folder = run_folder
        told = loaded(Told, (run_folder / PLACE).read_bytes())
        program = replace(program_of(told.workload), choice="")  # of the image, which has it
        shelf = Shelf()
        self._part: Part = shelf.part(program.part)
        self._place = Placement(
            instance=told.instance, workload=told.workload, server=program, folder=run_folder,
            volumes={name: Path(each) for name, each in told.volumes.items()},
            host="127.0.0.1", listening="0.0.0.0",  # noqa: S104 -- its networks say who comes
            ports=told.ports, env=told.env, found=shelf.found(program),
            built=Path(told.output) if told.output else None,
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
        await self._part.prepare(self._place, self.runner())
        launch = self._part.launch(self._place)
        env = server_env(launch.env, self._home, list(self._place.found.programs.values()))
        for name, content in {**launch.files, MORE: exports(env)}.items():
            (self._folder / name).unlink(missing_ok=True)
            write_private(str(self._folder / name), content, (os.getuid(), os.getgid()))
        process = await asyncio.create_subprocess_exec(*launch.argv, env=env, cwd=self._home)
        for each in FORWARDED:
            asyncio.get_running_loop().add_signal_handler(each, _forward, process, each)
        socket = self._folder / SOCKET
        socket.unlink(missing_ok=True)
        server = await asyncio.start_unix_server(self._asked, socket, limit=LONGEST)
        async with server:
            code = await process.wait()
        return 128 - code if code < 0 else code

    async def _asked(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One question, one answer: empty for a yes."""
        try:
            question = (await reader.readline()).decode().strip()
            writer.write(json.dumps(await self._answer(question)).encode())
            await writer.drain()
        except ConnectionError:
            return
        finally:
            writer.close()

    async def _answer(self, question: str) -> str:
        try:
            if question == SETTLE:
                await self._part.settle(self._place, self.runner())
            else:
                await self._part.ready(self._place)
        except SeawayError as error:
            return in_words(error)
        except (NotReady, OSError, EOFError) as no:
            return str(no) or type(no).__name__
        return ""


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
