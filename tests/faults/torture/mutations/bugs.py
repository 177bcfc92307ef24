"""Bugs: mistakes that others have made, to be put into a copy of Seaway. Each must be caught."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Bug:
    """One mistake: some text of one file replaced, and the torture test that must fail by it."""

    title: str
    file: str
    old: str
    new: str
    test: str


BUGS: tuple[Bug, ...] = (
    Bug(
        title="a process is signalled by its number alone",
        file="src/seaway/targets/local/launch.py",
        old='            if sweeping.born(known["pid"]) == known["born"]:\n',
        new="            if fd:\n",
        test="T05",
    ),
    Bug(
        title="what a lost shim left is known by the number of its session alone",
        file="src/seaway/targets/local/sweep.py",
        old="    return leader is None or leader.born == traces.born\n",
        new="    return True or leader is None\n",
        test="T05",
    ),
    Bug(
        title="a shim takes no lock",
        file="src/seaway/targets/local/opening.py",
        old="        fcntl.lockf(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)\n",
        new="        fcntl.lockf(fd, fcntl.LOCK_UN)\n",
        test="T01",
    ),
    Bug(
        title="a stop ends the main process only",
        file="src/seaway/targets/local/keeper.py",
        old="        if self._main or self._children():\n            return True\n",
        new="        return bool(self._main)\n",
        test="T04",
    ),
    Bug(
        title="each start begins a new row of deaths",
        file="src/seaway/plan/restart.py",
        old="    return 1 if lived >= workload.restarting.stable.total_seconds() else before + 1\n",
        new="    return 1 if lived >= 0 else before + 1\n",
        test="S07",
    ),
    Bug(
        title="a new supervisor starts everything anew",
        file="src/seaway/targets/local/target.py",
        old="        self._observing.keeping = True\n",
        new=(
            "        for each in await self._observing.observe():\n"
            '            launch.kill(self._premises.state.instance(each.id), "SIGKILL")\n'
            "        self._observing.keeping = True\n"
        ),
        test="T02",
    ),
    Bug(
        title="nobody waits for what it uses",
        file="src/seaway/plan/look.py",
        old="        return all(self.satisfied(name) for name in workload.uses)\n",
        new="        return all(self.satisfied(name) for name in workload.uses[:1])\n",
        test="S12",
    ),
    Bug(
        title="nobody asks whether memory was the reason",
        file="src/seaway/targets/local/keeper.py",
        old="        if code and not self._reason and self._groups.out_of_memory():\n",
        new="        if code and not self._reason and not self._groups:\n",
        test="S08",
    ),
    Bug(
        title="lines count as written before they are",
        file="src/seaway/targets/local/pump.py",
        old="        unwritten = batch if done.lost else self._written(1 + stream, batch)\n",
        new=(
            "        done.taken[stream] += size\n"
            "        self._spool.commit(done)\n"
            "        done.taken[stream] -= size\n"
            "        unwritten = batch if done.lost else self._written(1 + stream, batch)\n"
        ),
        test="T03",
    ),
    Bug(
        title="the ledger answers before it is on the disk",
        file="src/seaway/stores/ledger.py",
        old="'FULL' if durable else 'NORMAL'",
        new="'OFF' if durable else 'OFF'",
        test="T07",
    ),
    Bug(
        title="an old instance is stopped with requests in hand",
        file="src/seaway/plan/leaving.py",
        old="    if each.traffic is Traffic.IN and look.proxy_ready:\n",
        new="    if each.traffic is Traffic.NONE and look.proxy_ready:\n",
        test="T09",
    ),
    Bug(
        title="streams are cut when the last short request is answered",
        file="src/seaway/plan/leaving.py",
        old="    if each.traffic is Traffic.DRAINING and look.now < deadline:\n",
        new="    if each.traffic is Traffic.NONE and look.now < deadline:\n",
        test="T11",
    ),
    Bug(
        title="a release that does not get ready is tried again and again",
        file="src/seaway/engine/narrate.py",
        old="hopeless(release, seen, self._late if self._trial.before else ())",
        new="hopeless(release, seen)",
        test="T10",
    ),
    Bug(
        title="payments go over kept connections",
        file="src/seaway/proxies/haproxy/inner.py",
        old='        yield "  option http-server-close"\n        yield "  http-reuse never"\n',
        new='        yield "  http-reuse always"\n',
        test="T13",
    ),
)
