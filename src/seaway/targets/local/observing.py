"""Observing: sees all instances of the stack, and keeps an eye on those that run."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta

from seaway.model.instance import Instance, Phase, Traffic
from seaway.model.names import Digest, InstanceId
from seaway.model.probe import PartProbe, Probe
from seaway.targets.leading.leads import LeadFile
from seaway.targets.local import launch
from seaway.targets.local.asking import Asking
from seaway.targets.local.balancing import Balancing
from seaway.targets.local.marks import Happened, Health, Mark, read_health, write_mark
from seaway.targets.local.premises import Premises
from seaway.targets.local.prober import FIRST_LOOK, QUIET, Prober
from seaway.targets.local.process import Life, ProcessState
from seaway.targets.local.record import (
    Record,
    instance_names,
    read_record,
    remove_abandoned,
    remove_folder,
)
from seaway.targets.local.remembering import Remembered, last_change
from seaway.targets.local.sighting import Sighting, instance_of, sight

FEW = 4
"""Instances that are looked at between two steps of the loop."""
_Made = tuple[Sighting, tuple[Health, Traffic, int, Digest], Instance]
"""A value, and before it what it was made of."""


class Observing:
    """Looks once, or keeps: then each running instance has a probe task and a watch on its end."""

    def __init__(
        self, premises: Premises, asking: Asking, balancing: Balancing, prober: Prober,
        wake: Callable[[], None],
    ) -> None:  # fmt: skip
        self._premises, self._asking, self._balancing = premises, asking, balancing
        self._prober, self._wake = prober, wake
        self._watches: dict[InstanceId, launch.Watch] = {}
        self._remembered = Remembered()
        self._made: dict[InstanceId, _Made] = {}
        """What was seen last, and what it was made of."""
        self.keeping = False

    async def observe(self) -> tuple[Instance, ...]:
        """All instances, in order of id."""
        names = instance_names(self._premises.state)
        self._remembered.forget_others(frozenset(names))
        known = {name: self._recall(name) for name in names}
        if sum(each is None for each in known.values()) <= FEW:
            sightings = self._sight(known)  # a thread would take longer than the look
        else:
            sightings = await asyncio.to_thread(self._sight, known)
        sightings = [await self._swept(each) for each in sightings]
        await self._balancing.look(sightings)
        await self._heard_out(sightings)
        healths = await (self._kept(sightings) if self.keeping else self._looked(sightings))
        now = self._premises.clock.now()
        seen = zip(sightings, healths, strict=True)
        before, self._made = self._made, {}
        return tuple([self._instance(each, health, now, before) for each, health in seen])

    async def _heard_out(self, sightings: Sequence[Sighting]) -> None:
        """Where nobody leads any more, hear how far each of the others has come."""
        if not self.keeping:
            return
        leads = LeadFile(self._premises.state.root).all()
        for name, lead in leads.items():
            mine = [each for each in sightings if each.record.workload.name == name and each.up]
            if all(each.record.slot != lead.slot for each in mine):
                await asyncio.gather(*(self._asking.hear(each.record) for each in mine))

    def attend(self, record: Record) -> None:
        """Ask one that has just been started how it does, and be told when it ends."""
        if self.keeping:
            folder, now = self._premises.state.instance(record.id), self._premises.clock.now()
            running = ProcessState(life=Life.RUNNING, started=now)
            self._watch(Sighting(record=record, folder=folder, process=running))

    async def close(self) -> None:
        """Leave no task and no watch behind."""
        self.keeping = False
        for watch in self._watches.values():
            watch.close()
        self._watches.clear()
        await self._prober.close()

    def leave(self, name: InstanceId) -> None:
        """Ask it no more: it is about to stop, or gone."""
        self._prober.leave(name)
        self._asking.forget(name)

    def _instance(
        self, sighting: Sighting, health: Health, now: datetime, before: Mapping[InstanceId, _Made]
    ) -> Instance:  # fmt: skip
        """The value of the look before, where nothing it is made of has changed."""
        name = sighting.record.id
        traffic, config = self._balancing.traffic(name), self._balancing.config(name)
        facts = (health, traffic, self._balancing.weight(name), config)
        said, kept = self._asking.said(name), before.get(name)
        same = kept is not None and kept[0] is sighting and kept[1] == facts
        if kept is None or not same or kept[2].said is not said or _on_trial(kept[2]):
            instance = instance_of(
                sighting, self._premises.stack, health, now=now, traffic=traffic, weight=facts[2],
                config=config, said=said,
            )  # fmt: skip
            kept = (sighting, facts, instance)
        self._made[name] = kept
        return kept[2]

    def _recall(self, name: InstanceId) -> Sighting | None:
        watch = self._watches.get(name)
        return self._remembered.recall(name, watched=bool(watch and watch.waits))

    def _sight(self, known: Mapping[InstanceId, Sighting | None]) -> list[Sighting]:
        """All of them; what is not known yet is looked at."""
        state, found = self._premises.state, list[Sighting]()
        for name, remembered in known.items():
            if remembered:
                found.append(remembered)
                continue
            folder = state.instance(name)
            changed = last_change(folder)
            process = launch.state(folder)
            record = read_record(folder)
            if record is not None:
                sighting = sight(record, folder, process)
                if not folder.exists():  # forgotten meanwhile: half of it may have been seen
                    continue
                if not sighting.abandoned:
                    self._remembered.keep(sighting, changed)
                    found.append(sighting)
                    continue
            if process.life is not Life.RUNNING:
                remove_folder(state, name)
        remove_abandoned(state)
        return found

    async def _swept(self, sighting: Sighting) -> Sighting:
        """Kill what a killed shim left, and note when that was found out."""
        if sighting.process.life is not Life.LOST or Mark.LOST in sighting.marks:
            return sighting
        await launch.sweep(sighting.folder)
        lost = Happened(self._premises.clock.now())
        with suppress(OSError):  # it is swept again at the next look, which does no harm
            write_mark(sighting.folder, Mark.LOST, lost)
        return replace(sighting, marks={**sighting.marks, Mark.LOST: lost})

    async def _kept(self, sightings: Sequence[Sighting]) -> list[Health]:
        running = {each.record.id for each in sightings if each.runs}
        for each in sightings:
            if each.runs:
                self._watch(each)
        for name in self._watches.keys() - running:
            self._watches.pop(name).close()
            self.leave(name)
        await self._prober.first_answers()
        return [
            self._prober.watch(each.record, each.folder, each.started).health
            if each.up and each.record.id in self._watches else _starting(each)
            for each in sightings
        ]  # fmt: skip

    def _watch(self, sighting: Sighting) -> None:
        name = sighting.record.id
        if sighting.up:
            self._prober.watch(sighting.record, sighting.folder, sighting.started)
        if name in self._watches:
            return
        if watch := launch.wake_when_ended(sighting.folder, self._wake):
            self._watches[name] = watch
        else:  # it has ended between two looks
            self.leave(name)
            self._wake()

    async def _looked(self, sightings: Sequence[Sighting]) -> list[Health]:
        async def known(sighting: Sighting) -> Health:
            return _starting(sighting)

        asked: list[Awaitable[Health]] = [
            self._look(each) if each.runs and not each.stopping else known(each)
            for each in sightings
        ]
        return list(await asyncio.gather(*asked))

    async def _look(self, sighting: Sighting) -> Health:
        """Ask, and change nothing: somebody else may be keeping the stack.

        One that was ready is asked as often as a keeper would before it says otherwise.
        """
        health = read_health(sighting.folder) or _starting(sighting)
        checks, now = sighting.record.workload.checks, self._premises.clock.now()
        if health.phase is Phase.SICK:
            return health
        if checks.ready is None:
            quiet = sighting.started + QUIET
            young = health.phase is Phase.STARTING and now < quiet
            return health if young else replace(health, phase=Phase.READY)
        limit = min(checks.timeout, FIRST_LOOK)
        tries = checks.failures if health.phase is Phase.READY else 1
        reason = await self._insisted(sighting.record, checks.ready, limit, tries)
        if health.phase is Phase.STARTING and isinstance(checks.ready, PartProbe):
            return health  # whether its users and databases are made is known to the keeper only
        if reason:
            failing = Phase.STARTING if health.phase is Phase.STARTING else Phase.UNREADY
            since = now if health.phase is Phase.READY else health.since
            return Health(phase=failing, since=since, reason=reason)
        since = health.since if health.phase is Phase.READY else now
        return Health(phase=Phase.READY, since=since)

    async def _insisted(
        self, record: Record, probe: Probe, limit: timedelta, tries: int
    ) -> str:  # fmt: skip
        reason = await self._asking.ask(record, probe, limit)
        for _ in range(tries - 1):
            if not reason:
                break
            reason = await self._asking.ask(record, probe, limit)
        return reason


def _on_trial(instance: Instance) -> bool:
    """Whether time alone changes it: having lived long enough ends a row of deaths."""
    return bool(instance.deaths) and not instance.phase.over


def _starting(sighting: Sighting) -> Health:
    return Health(phase=Phase.STARTING, since=sighting.started)
