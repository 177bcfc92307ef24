"""Leading: which member of a store takes writes, who follows it, and who may lead next.

Four rules make two leaders, and a leader that lacks what was acknowledged, impossible:

1. The target keeps who leads; only a member it names is ever told to lead.
2. Another is named only when nothing of the leader is left running.
3. Only one that is safe is named: one that has all the leader has acknowledged.
4. Who is safe is changed only while the leader answers its clients; one becomes safe only after
   the leader has begun to wait for it, and the leader stops waiting only after it is not safe.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from seaway.model.instance import Instance, Phase
from seaway.model.standing import Aim, Following, Lead, Post, Standing
from seaway.model.workload import Workload
from seaway.plan.look import Look
from seaway.plan.restart import deaths_under
from seaway.plan.slots import Found, created, started
from seaway.plan.steps import Arrange, Promote, Stop, Trust

FAILING = {Phase.UNREADY, Phase.SICK}
TRIED = 2
"""Deaths in a row after which nobody waits any more for a member of a new release."""


@dataclass(frozen=True, slots=True)
class Members:
    """The members of one store at one moment."""

    look: Look
    workload: Workload
    lead: Lead
    by_slot: Mapping[int, Instance]
    """Those that are not over."""

    @property
    def rules(self) -> Following:
        """How they follow; a store that has lost its standbys leads on by hand."""
        return self.workload.following or Following(automatic=False)

    @property
    def leader(self) -> Instance | None:
        """Of the member that is written down; whether it leads is another question."""
        return self.by_slot.get(self.lead.slot)

    @property
    def serving(self) -> Instance | None:
        """The leader, where it answers and takes writes."""
        leader = self.leader
        said = standing(leader) if leader and leader.phase is Phase.READY else None
        return leader if said and said.leads else None

    @property
    def others(self) -> tuple[Instance, ...]:
        return tuple(each for slot, each in self.by_slot.items() if slot != self.lead.slot)

    @property
    def handed_to(self) -> int | None:
        """The slot that somebody wants to lead from now on."""
        wish = self.rules.handover
        return wish.slot if wish and wish.epoch == self.lead.epoch else None

    @property
    def heirs(self) -> tuple[Instance, ...]:
        """Who may lead next, the best last: the one asked for, else who has most."""
        safe = [
            each for each in self.others
            if each.slot in self.lead.safe and each.phase is Phase.READY and standing(each)
        ]  # fmt: skip
        return tuple(sorted(safe, key=self._worth))

    def _worth(self, each: Instance) -> tuple[bool, bool, int, int]:
        said = standing(each)
        wished, fresh = each.slot == self.handed_to, each.digest == self.workload.digest
        return wished, fresh, said.position if said else 0, -each.slot


def standing(instance: Instance) -> Standing | None:
    """What a member said of itself, if it has been heard."""
    return instance.said if isinstance(instance.said, Standing) else None


def led(look: Look, workload: Workload) -> Iterator[Found]:
    """The leader first; the others when it serves, or cannot be had."""
    lead = look.leads.get(workload.name, Lead())
    live = look.live(workload.name)
    them = Members(look, workload, lead, {each.slot: each for each in live})
    if them.leader is None:
        yield from _succeeded(them)
    else:
        yield from _kept(them, them.leader)
    yield from _followers(them)
    yield from _posted(them)
    yield from _trusted(them)


def _succeeded(them: Members) -> Iterator[Found]:
    """Nothing of the leader runs: another one leads, or it is started again."""
    lead, heirs = them.lead, them.heirs
    if heirs and (them.rules.automatic or them.handed_to is not None):
        after = Lead(epoch=lead.epoch + 1, slot=heirs[-1].slot)
        yield Arrange(instance=heirs[-1], order=Promote(lead=after))
    else:
        yield from created(them.look, them.workload, lead.slot)


def _kept(them: Members, leader: Instance) -> Iterator[Found]:
    """Started, told to lead, ended for another; or killed, where it fails and another can lead."""
    yield from started(them.look, them.workload, [leader])
    if leader.phase is Phase.STOPPING:
        return
    if why := _gives_way(them, leader):
        yield Stop(instance=leader, why=why)
    elif leader.phase in FAILING and them.rules.automatic and them.heirs:
        yield Stop(instance=leader, why=leader.reason, failed=True, at_once=True)
    elif leader.phase is Phase.READY and (said := standing(leader)) and not said.leads:
        yield Arrange(instance=leader, order=Promote(lead=them.lead))


def _gives_way(them: Members, leader: Instance) -> str:
    """Why it ends while it is well; empty where it does not."""
    heir = them.heirs[-1] if them.heirs else None
    if heir and them.handed_to == heir.slot and _abreast(heir):
        return "hands over to another member"
    if leader.digest == them.workload.digest and leader.slot < them.workload.replicas:
        return ""
    if leader.digest == them.workload.digest and heir is None:
        return ""  # its slot is not wanted any more, but nobody else has its data
    return "" if _others_first(them) else "replaced by a new release"


def _others_first(them: Members) -> bool:
    """Whether a member may still become one of the new release while the old leader serves."""
    for slot in range(them.workload.replicas):
        each = them.by_slot.get(slot)
        if slot == them.lead.slot:
            continue
        fresh = each and each.digest == them.workload.digest and each.phase is Phase.READY
        if not (slot in them.lead.safe if fresh else _tried(them, slot)):
            return True
    return False


def _tried(them: Members, slot: int) -> bool:
    mine = [each for each in them.look.of(them.workload.name) if each.slot == slot]
    fresh = [each for each in mine if each.digest == them.workload.digest]
    return any(deaths_under(them.look.release, each) >= TRIED for each in fresh)


def _followers(them: Members) -> Iterator[Found]:
    """Made while there is somebody to follow; replaced one at a time; ended where it is lost."""
    if them.serving or _lost(them):
        for slot in range(them.workload.replicas):
            if slot != them.lead.slot and slot not in them.by_slot:
                yield from created(them.look, them.workload, slot)
    yield from started(them.look, them.workload, them.others)
    if not them.serving:
        return
    for each in them.others:
        if each.phase is Phase.READY and (said := standing(each)) and (said.adrift or said.leads):
            why = "it has lost the leader" if said.adrift else "another member leads"
            yield Stop(instance=each, why=why, failed=True, at_once=said.leads)
            return
    yield from _renewed(them)


def _lost(them: Members) -> bool:
    """Whether the leader has been tried, in vain."""
    if them.leader is not None:
        return False
    return any(
        each.slot == them.lead.slot and each.phase is Phase.DEAD
        for each in them.look.over(them.workload.name)
    )


def _renewed(them: Members) -> Iterator[Found]:
    """The next old one, once the one before follows again."""
    leaving = [each for each in them.others if _leaves(them, each)]
    busy = [
        each for each in them.others
        if each not in leaving and not (each.phase is Phase.READY and _abreast(each))
    ]  # fmt: skip
    ended = any(each.phase is Phase.STOPPING for each in leaving)
    if leaving and not busy and not ended:
        last = max(leaving, key=lambda each: (each.phase is not Phase.READY, each.slot))
        yield Stop(instance=last, why="replaced by a new release")


def _leaves(them: Members, each: Instance) -> bool:
    return each.digest != them.workload.digest or each.slot >= them.workload.replicas


def _posted(them: Members) -> Iterator[Found]:
    """Each works by who leads now; the leader waits for those that are safe, or about to be."""
    for each in them.by_slot.values():
        said = standing(each)
        if each.phase is not Phase.READY or said is None or said.leads != _is_leader(them, each):
            continue
        wanted = Post(epoch=them.lead.epoch, leader=them.lead.slot, waits=_waits(them, each))
        if said.post != wanted:
            yield Arrange(instance=each, order=wanted)


def _is_leader(them: Members, each: Instance) -> bool:
    return each.slot == them.lead.slot


def _waits(them: Members, each: Instance) -> tuple[int, ...]:
    if not _is_leader(them, each) or not them.rules.synchronous:
        return ()
    return tuple(sorted({*them.lead.safe, *_abreast_slots(them)}))


def _abreast_slots(them: Members) -> frozenset[int]:
    """Those that follow the leader of now, and are not far behind."""
    return frozenset(
        each.slot for each in them.others
        if each.phase is Phase.READY and _abreast(each) and _follows(them, each)
    )  # fmt: skip


def _abreast(each: Instance) -> bool:
    said = standing(each)
    return said is not None and said.abreast and not said.leads


def _follows(them: Members, each: Instance) -> bool:
    said = standing(each)
    return said is not None and said.post == Post(epoch=them.lead.epoch, leader=them.lead.slot)


def _trusted(them: Members) -> Iterator[Found]:
    """Who is safe, while the leader serves by what it is to work by."""
    leader, lead = them.serving, them.lead
    said = standing(leader) if leader else None
    post = said.post if said else None
    if leader is None or post is None or (post.epoch, post.leader) != (lead.epoch, lead.slot):
        return
    abreast = _abreast_slots(them)
    if lost := frozenset(lead.safe) - abreast:
        kept = tuple(slot for slot in lead.safe if slot not in lost)
        yield Arrange(instance=leader, order=Trust(lead=replace(lead, safe=kept)))
        return
    held = frozenset(post.waits) if them.rules.synchronous else abreast
    if gained := (abreast & held) - frozenset(lead.safe):
        grown = tuple(sorted({*lead.safe, *gained}))
        yield Arrange(instance=leader, order=Trust(lead=replace(lead, safe=grown)))


def aimed(look: Look, gate: Workload) -> Iterator[Found]:
    """The gate leads to who leads. While nobody does it stays as it is: nobody answers there."""
    wanted = aim(look, gate)
    for each in look.live(gate.name):
        listens = each.phase.running and each.phase is not Phase.STOPPING
        if wanted and listens and each.said != wanted:
            yield Arrange(instance=each, order=wanted)


def aim(look: Look, gate: Workload) -> Aim | None:
    """Where a gate is to lead now; None for no other place than before."""
    store = look.release.find(gate.uses[0]) if gate.uses else None
    if store is None:
        return None
    lead = look.leads.get(store.name, Lead())
    them = Members(look, store, lead, {each.slot: each for each in look.live(store.name)})
    if not them.serving:
        return None
    read = tuple(sorted(_abreast_slots(them)))
    return Aim(write=lead.slot, read=read or (lead.slot,))
