"""Who leads the members of a store: whatever happens, never two, and never one that lacks rows."""

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from seaway.model.instance import Instance, Phase
from seaway.model.names import InstanceId, Name
from seaway.model.release import Release
from seaway.model.standing import Aim, Following, Handover, Lead, Post, Standing
from seaway.model.workload import Command, Role, Workload
from seaway.plan.rolling import rolling
from seaway.plan.steps import Arrange, Create, Forget, Promote, Start, Step, Stop, Trust

START = datetime(2026, 1, 1, tzinfo=UTC)
DB = Workload(
    name=Name("db"), component=Name("db"), program=Command(argv=("db",)), role=Role.STORE,
    replicas=3, following=Following(synchronous=True),
)  # fmt: skip
GATE = Workload(
    name=Name("db-gate"), component=Name("db"), program=Command(argv=("gate",)), role=Role.GATE,
    uses=(Name("db"),),
)  # fmt: skip


@dataclass
class Member:
    """One copy of the data, and the process that serves it, if any."""

    rows: set[int] = field(default_factory=set)
    instance: Instance | None = None
    leads: bool = False
    post: Post | None = None
    answers: bool = True
    linked: bool = True
    """Whether it gets what the leader writes."""


class Store(RuleBasedStateMachine):
    """A store of three as the world sees it, and a planner that is often interrupted.

    The world performs exactly what it is told, without any check of its own: so the rules of the
    planner alone are tried, not those that the target has beside them.
    """

    @initialize()
    def begin(self) -> None:
        self.workload = DB
        self.lead = Lead()
        self.members = [Member() for _ in range(DB.replicas)]
        self.over: list[Instance] = []
        self.acknowledged: set[int] = set()
        self.number = 0
        self.now = START

    # ------------------------------------------------------------------------------ the world

    @rule(slot=st.integers(0, 2))
    def dies(self, slot: int) -> None:
        self._end(slot, Phase.DEAD)

    @rule(slot=st.integers(0, 2))
    def freezes(self, slot: int) -> None:
        self.members[slot].answers = False
        self._phase(slot, Phase.UNREADY)

    @rule(slot=st.integers(0, 2))
    def thaws(self, slot: int) -> None:
        self.members[slot].answers = True
        self._phase(slot, Phase.READY)

    @rule(slot=st.integers(0, 2), linked=st.booleans())
    def cut_off(self, slot: int, *, linked: bool) -> None:
        self.members[slot].linked = linked

    @rule(slot=st.integers(0, 2))
    def asked_to_hand_over(self, slot: int) -> None:
        wish = Handover(slot=slot, epoch=self.lead.epoch)
        self.workload = replace(DB, following=replace(DB.following, handover=wish))

    @rule(argv=st.sampled_from(["db", "other"]))
    def released(self, argv: str) -> None:
        self.workload = replace(DB, program=Command(argv=(argv,)))

    @rule()
    def written(self) -> None:
        """A client writes; it is acknowledged when all that the leader waits for have it."""
        for member in self.members:
            if not (member.leads and member.instance and member.instance.phase.running):
                continue
            self.number += 1
            member.rows.add(self.number)
            waits = member.post.waits if member.post else ()
            for slot, other in enumerate(self.members):
                if other is not member and self._streams(slot, member):
                    other.rows |= member.rows
            if all(self.number in self.members[slot].rows for slot in waits):
                self.acknowledged.add(self.number)

    def _streams(self, slot: int, leader: Member) -> bool:
        other = self.members[slot]
        follows = other.post and leader.post and other.post.leader == leader.post.leader
        up = other.instance and other.instance.phase.running and other.answers
        return bool(follows and up and other.linked and leader.linked and not other.leads)

    # ---------------------------------------------------------------------------- the planner

    @rule()
    def looks(self) -> None:
        self._perform(self._plan(), 99)

    @rule(count=st.integers(0, 2))
    def looks_and_is_interrupted(self, count: int) -> None:
        self._perform(self._plan(), count)

    def _plan(self) -> tuple[Step, ...]:
        self.now += timedelta(seconds=40)
        wanted = Release(stack=Name("test"), workloads=(self.workload,), created=START)
        seen = (*self.over, *(each for each in map(self._seen, range(3)) if each))
        return rolling(wanted, seen, self.now, {"db": self.lead}).steps

    def _seen(self, slot: int) -> Instance | None:
        member = self.members[slot]
        if member.instance is None:
            return None
        leader = self.members[self.lead.slot]
        said = Standing(
            leads=member.leads, post=member.post, position=len(member.rows),
            abreast=leader.leads and self._streams(slot, leader),
        )  # fmt: skip
        return replace(member.instance, said=said)

    def _perform(self, steps: tuple[Step, ...], count: int) -> None:
        for step in steps[:count]:
            match step:
                case Create():
                    self._create(step)
                case Start():
                    self._start(step)
                case Stop():
                    self._stop(step)
                case Forget():
                    self.over = [each for each in self.over if each.id != step.instance.id]
                case Arrange():
                    self._arrange(step)
                case _:
                    raise AssertionError(step)

    def _create(self, step: Create) -> None:
        member = self.members[step.slot]
        if member.instance is not None:
            return
        self.number += 1
        phase = Phase.READY if step.start else Phase.PREPARED
        member.instance = Instance(
            id=InstanceId(f"db-{self.number}"), stack=Name("test"), workload=Name("db"),
            digest=step.workload.digest, phase=phase, since=self.now, created=self.now,
            slot=step.slot,
        )  # fmt: skip
        if step.start:
            self._runs(step.slot)

    def _start(self, step: Start) -> None:
        if self._phase(step.instance.slot, Phase.READY, of=step.instance):
            self._runs(step.instance.slot)

    def _runs(self, slot: int) -> None:
        """By what is written down: it leads, or has the leader's data."""
        member, leader = self.members[slot], self.members[self.lead.slot]
        member.answers = True
        member.leads = slot == self.lead.slot
        waits = self.lead.safe if member.leads else ()
        member.post = Post(epoch=self.lead.epoch, leader=self.lead.slot, waits=waits)
        if not member.leads and leader.leads and leader.instance:
            member.rows = set(leader.rows)

    def _stop(self, step: Stop) -> None:
        slot = step.instance.slot
        member = self.members[slot]
        if member.instance is None or member.instance.id != step.instance.id:
            return
        frozen = not member.answers and not step.at_once
        if not frozen:
            self._end(slot, Phase.DEAD if step.failed else Phase.DONE)

    def _arrange(self, step: Arrange) -> None:
        slot, order = step.instance.slot, step.order
        member = self.members[slot]
        here = member.instance is not None and member.instance.id == step.instance.id
        if not here or not member.answers:
            return
        match order:
            case Promote():
                self.lead = order.lead
                member.leads = True
                member.post = Post(epoch=order.lead.epoch, leader=slot)
            case Trust():
                self._trust(member, order.lead)
            case Post():
                member.post = order
            case Aim():
                raise AssertionError(order)

    def _trust(self, leader: Member, lead: Lead) -> None:
        """One becomes safe when it has caught up; this is what the part sees to."""
        for slot in set(lead.safe) - set(self.lead.safe):
            waits = leader.post.waits if leader.post else ()
            if slot not in waits or not self._streams(slot, leader):
                return
            self.members[slot].rows |= leader.rows
        self.lead = lead

    def _phase(self, slot: int, phase: Phase, of: Instance | None = None) -> bool:
        instance = self.members[slot].instance
        if instance is None or (of and of.id != instance.id):
            return False
        if instance.phase is Phase.PREPARED and of is None:
            return False
        self.members[slot].instance = replace(instance, phase=phase, since=self.now)
        return True

    def _end(self, slot: int, phase: Phase) -> None:
        member = self.members[slot]
        if member.instance is None:
            return
        deaths = 1 if phase is Phase.DEAD else 0
        self.over.append(replace(member.instance, phase=phase, since=self.now, deaths=deaths))
        member.instance, member.leads, member.post = None, False, None

    # ------------------------------------------------------------------------- what must hold

    @invariant()
    def one_leads(self) -> None:
        if hasattr(self, "members"):
            assert sum(each.leads for each in self.members) <= 1

    @invariant()
    def nothing_acknowledged_is_missing(self) -> None:
        """In whoever leads, and in whoever may lead next."""
        if not hasattr(self, "members"):
            return
        for slot, member in enumerate(self.members):
            if member.leads or slot in {self.lead.slot, *self.lead.safe}:
                assert self.acknowledged <= member.rows

    @precondition(lambda self: hasattr(self, "members"))
    @rule()
    def left_alone_it_serves(self) -> None:
        """Where nothing more happens, somebody leads in the end, and the others are safe."""
        for slot, member in enumerate(self.members):
            member.linked = True
            if member.instance and member.instance.phase is Phase.UNREADY:
                self.thaws(slot)
        for _ in range(40):
            self._perform(self._plan(), 99)
        [leader] = [slot for slot, each in enumerate(self.members) if each.leads]
        assert leader == self.lead.slot
        assert set(self.lead.safe) == {0, 1, 2} - {leader}


Store.TestCase.settings = settings(max_examples=30, stateful_step_count=40, deadline=None)
test_never_two_leaders_and_nothing_acknowledged_is_lost = Store.TestCase
