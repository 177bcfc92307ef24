"""Dressing: puts together what one instance is started, prepared and asked with."""

import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, partial
from pathlib import Path

from seaway.model.instance import Address
from seaway.model.release import Release
from seaway.model.workload import Command, Role, Server
from seaway.targets.leading.leads import LeadFile
from seaway.targets.local import package_files
from seaway.targets.local.builds import Builds
from seaway.targets.local.fill import Filler
from seaway.targets.local.helping import run_as
from seaway.targets.local.identity import identity_for
from seaway.targets.local.outfit import Built, Outfit, command_outfit, secret_variables, server_env
from seaway.targets.local.part import Found, Output, Part, Placement, Runner
from seaway.targets.local.path_sources import path_sources
from seaway.targets.local.ports import HOST, Ports
from seaway.targets.local.premises import Premises
from seaway.targets.local.process import Identity
from seaway.targets.local.record import Record, records
from seaway.targets.local.traffic import ServicePorts
from seaway.targets.local.volumes import Volumes


@dataclass(frozen=True, slots=True, kw_only=True)
class Wardrobe:
    """What is shared by all instances of a stack."""

    premises: Premises
    ports: Ports
    services: ServicePorts
    volumes: Volumes
    builds: Builds

    def dressing(self, record: Record, release: Release | None = None) -> "Dressing":
        """For one instance; `release` is None when it is not at hand."""
        return Dressing(self, record, partial(records, self.premises.state), release)


class Dressing:
    """One instance. Everything is found out when first asked for."""

    def __init__(
        self, wardrobe: Wardrobe, record: Record, others: Callable[[], Sequence[Record]],
        release: Release | None,
    ) -> None:  # fmt: skip
        self._wardrobe, self._premises = wardrobe, wardrobe.premises
        self._record, self._workload = record, record.workload
        self._filler = Filler(
            vault=self._premises.vault, outside=self._premises.outside, record=record,
            volumes=wardrobe.volumes.folders(record.workload, record.slot),
            run_folder=self.run_folder, state=self._premises.state, ports=wardrobe.ports,
            others=others, release=release, services=wardrobe.services,
        )  # fmt: skip

    @property
    def record(self) -> Record:
        """What was written down of it."""
        return self._record

    @property
    def run_folder(self) -> Path:
        return self._premises.state.run(self._record.id)

    @property
    def part(self) -> Part | None:
        """The part of a server; None for the user's own program."""
        program = self._workload.program
        return self._premises.shelf.part(program.part) if isinstance(program, Server) else None

    @cached_property
    def identity(self) -> Identity | None:
        """As whom it runs: nothing is given the rights of root (R183)."""
        return identity_for([*self._needed, *self._volumes.values()])

    @property
    def _needed(self) -> list[Path]:
        """Files and folders without which it cannot run."""
        if isinstance(self._workload.program, Server):
            output = self.built.output
            return [*self._found.programs.values(), *([output] if output else [])]
        built, build = self.built, self._workload.program.build
        interpreter = built.bin / "python" if built.bin else Path(sys.executable)
        if built.folder is None or build is None:
            return [interpreter, *self._files]
        beside = [each.folder / "pyproject.toml" for each in path_sources(Path(build.folder))]
        return [interpreter, built.folder, *beside]

    @property
    def _files(self) -> list[Path]:
        """Out of packages."""
        program = self._workload.program
        there = package_files.folder(self._premises.outside)
        return [there / each.name for each in program.files] if isinstance(program, Command) else []

    @property
    def built(self) -> Built:
        """What was built for this instance."""
        build, record = self._workload.program.build, self._record
        return Built(
            folder=Path(record.source or build.folder) if build else None,
            bin=Path(record.environment, "bin") if record.environment else None,
            output=Path(record.output) if record.output else None,
        )

    @cached_property
    def settled_placement(self) -> Placement:
        """The same as `placement`, put together once: for many questions."""
        return self.placement()

    def placement(self, *, early: bool = False) -> Placement:
        """What its part must know; `early`, before what it uses has to be there.

        Raises:
            StepFailed: an address it needs is not there.
        """
        program = self._workload.program
        if not isinstance(program, Server):
            raise TypeError(self._workload.name)
        return Placement(
            instance=self._record.id, workload=self._workload, server=program,
            folder=self.run_folder, volumes=self._volumes, host=HOST, ports=self._record.ports,
            env=replace(self._filler, lenient=early).env(), found=self._found,
            built=self.built.output, slot=self._record.slot, members=self._members,
            lead=partial(LeadFile(self._premises.state.root).of, self._workload.name),
        )  # fmt: skip

    @property
    def _members(self) -> Mapping[int, Mapping[str, Address]]:
        """Their ports are the same for ever."""
        ports, workload = self._wardrobe.ports, self._workload
        if workload.role is not Role.STORE:
            return {}
        slots = {*range(workload.replicas), self._record.slot}
        return {
            slot: {
                name: Address(host=HOST, port=ports.lasting(workload.name, name, slot))
                for name in workload.ports
            }
            for slot in sorted(slots)
        }

    def runner(self) -> Runner:
        """Runs helper commands of its part as the part itself."""
        surroundings = server_env({}, self._home, list(self._found.programs.values()))

        async def run(
            argv: Sequence[str], *, env: Mapping[str, str] | None = None,
            stdin: str = "", limit: float = 60.0,
        ) -> Output:  # fmt: skip
            whole = {**surroundings, **(env or {})}
            return await run_as(
                self.identity, argv, env=whole, stdin=stdin, limit=limit, cwd=self._home
            )

        return run

    def outfit(self, instead: Sequence[str] = ()) -> Outfit:
        """What to execute; `instead` is another command in the same surroundings."""
        match self._workload.program:
            case Server():
                return self._of_server(tuple(instead))
            case Command() as command:
                return self._of_command(command, tuple(instead))

    def _of_server(self, instead: tuple[str, ...]) -> Outfit:
        part = self.part
        if part is None:
            raise TypeError(self._workload.name)
        launch = part.launch(self.placement())
        given = {**self._filler.env(), **launch.env} if instead else launch.env
        env = server_env(given, self._home, list(self._found.programs.values()))
        return Outfit(
            argv=instead or launch.argv, env=env, cwd=self._home, identity=self.identity,
            files={**launch.files, **self._filler.files},
        )  # fmt: skip

    def _of_command(self, command: Command, instead: tuple[str, ...]) -> Outfit:
        outfit = command_outfit(
            instead or command.argv, self._filler.env(), secret=secret_variables(self._workload),
            built=self.built, home=self._home, outside=self._premises.outside,
        )  # fmt: skip
        return replace(outfit, files=self._filler.files, identity=self.identity)

    @property
    def _found(self) -> Found:
        program = self._workload.program
        if not isinstance(program, Server):
            raise TypeError(self._workload.name)
        return self._premises.shelf.found(program)

    @property
    def _volumes(self) -> dict[str, Path]:
        return self._wardrobe.volumes.folders(self._workload, self._record.slot)

    @property
    def _home(self) -> Path:
        """A volume where there is one, for what the program keeps of its own accord."""
        return next(iter(self._volumes.values()), self.run_folder)
