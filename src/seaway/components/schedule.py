"""schedule: a program of the user's own that runs to its end whenever its time comes."""

from typing import ClassVar

from pydantic import Field

from seaway.model.names import Name
from seaway.model.settings.code import Uses, Zone, build, own_variables, unset
from seaway.model.settings.cron import Cron
from seaway.model.settings.environment import Environment, SecretsUsed, Wishes, composed
from seaway.model.settings.form import Word
from seaway.model.settings.program import Run
from seaway.model.settings.resources import Logs, LogsSetting, Resources
from seaway.model.settings.rollout import Stop, StopSetting
from seaway.model.stack import Section
from seaway.model.workload import Command, Restarting, Role, Stopping, Workload
from seaway.ports.component import Component, Expansion, Exports, Surroundings


class Schedule(Component):
    """A program of your own that runs at certain times."""

    kind: ClassVar[str] = "schedule"
    section: ClassVar[Section] = Section.SERVICES

    run: Run
    """The command: a list of arguments, or a line without shell operators."""
    schedule: Cron
    """When: five cron fields, or `hourly`, `daily`, `weekly`, `monthly`."""
    zone: Zone = "UTC"
    """The time zone of `schedule`, and of the program."""
    source: Word | None = None
    """Folder of the code. A Python project gets an environment of its own."""
    build: Word | None = None
    """A shell line run in `source` to make the code ready, for what is not Python."""
    image: Word | None = None
    """The image that it runs in; with `source`, the one that its own is built on. It counts only
    where programs run in containers."""
    uses: Uses = ()
    """Components it connects to."""
    env: Environment = Field(default_factory=dict[str, str])
    """Its own variables; values may be `env:NAME`, `secret:NAME` or `ref:db.url`."""
    secrets: SecretsUsed = Field(default_factory=dict)
    """Secrets it gets as variables; with `file`, as the path of a file in NAME_FILE."""
    resources: Resources = Resources()
    """Most it may use."""
    stop: StopSetting = Stop()
    """How it is asked to end."""
    logs: LogsSetting = Logs()
    """How its logs are kept."""

    @property
    def used(self) -> tuple[Name, ...]:
        return self.uses

    def expand(self, name: Name, around: Surroundings) -> Expansion:
        """One workload that starts when its time comes."""
        wishes = Wishes(
            uses=self.uses, given=around.exports, secrets=self.secrets, env=self.env,
            operator=around.env,
        )  # fmt: skip
        composed_env, findings = composed(wishes)
        env = own_variables(around.environment, self.zone, ()) | dict(composed_env)
        needed = {each for used in around.exports.values() for each in used.workloads}
        workload = Workload(
            name=name,
            component=name,
            program=Command(
                argv=self.run,
                build=build(around.folder, self.source, self.build),
                image=self.image or "",
            ),
            role=Role.SCHEDULE,
            env=env,
            uses=tuple(sorted(needed)),
            limits=self.resources.limits,
            stopping=self.stop.stopping(Stopping().grace),
            restarting=Restarting(tries=1),
            logs=self.logs.keeping,
            schedule=self.schedule,
            zone=self.zone,
        )
        return Expansion(
            workloads=(workload,),
            exports=Exports(),
            findings=(*findings, *unset(self.run, env)),
        )
