"""Traffic: what the local target says to its running proxy, and asks it."""

import asyncio
import contextlib
import json
from collections.abc import AsyncGenerator, Awaitable, Callable, Collection, Mapping, Sequence
from functools import partial
from pathlib import Path

from seaway.durable import make_folder, write_whole
from seaway.errors import StepFailed
from seaway.model.instance import FULL, Address, Instance, Traffic
from seaway.model.names import Digest, InstanceId, Name
from seaway.model.release import routing_digest
from seaway.model.route import Acme, Routing, Upstream
from seaway.ports.clock import Clock
from seaway.proxies.engine import Member
from seaway.proxies.haproxy import CONFIGURATION, HAProxy
from seaway.proxies.haproxy.calls import spot
from seaway.proxies.haproxy.inner import ONCE, once
from seaway.targets.local.control import Control, Server
from seaway.targets.local.part import NotReady, Placement
from seaway.targets.local.proxy_files import MASTER, VOLUME, ProxyFiles, Sealed
from seaway.targets.local.public_certificates import PublicCertificates
from seaway.targets.local.running import run_tool

TAKEN_UP_WITHIN = 30.0
"""Seconds a new worker may take to serve."""
CHECKED_WITHIN = 20.0
"""Seconds the engine may take to read its files."""
PAUSE = 0.05
"""Seconds between two questions whether it does."""
TRIES_TO_REMOVE = 20
REGISTERED = ("New server registered", "Already exists a server with the same name")
"""The second where a slow proxy was asked again, and had done it the first time."""
BY_SOCKET = "-:0"
"""The address of a server that HAProxy reaches through itself."""
PUBLIC = "public"
"""Folder of what others have signed, among the certificates."""


def _signed(folder: Path, clock: Clock, names: Sequence[str]) -> str:
    """By the stack's own authority. Loaded when needed: it is slow, and many serve without."""
    from seaway.targets.local.certificates import Authority  # noqa: PLC0415 -- see above

    return Authority(folder, clock).certificate(names)


class ServicePorts:
    """Loopback addresses under which the proxy serves balanced workloads to the others.

    Given out at the first question, kept in a file, never changed afterwards: other processes carry
    them in their environment. Good for `Host` and `Port` holes before any proxy runs.
    """

    def __init__(self, file: Path, host: str, free_port: Callable[[], int]) -> None:
        self._file, self._host, self._free_port = file, host, free_port

    def address(self, workload: Name, port: str) -> Address:
        """The same for the same question, for ever."""
        key = f"{workload}.{port}"
        try:
            given: dict[str, int] = json.loads(self._file.read_text())
        except FileNotFoundError:
            given = {}
        if key not in given:
            given[key] = self._fresh(given)
            make_folder(self._file.parent)
            write_whole(self._file, json.dumps(given, indent=1), durable=True)
        return Address(host=self._host, port=given[key])

    def _fresh(self, given: Mapping[str, int]) -> int:
        while (port := self._free_port()) in given.values():
            pass
        return port


class ProxyTraffic:
    """One running proxy. Keep one object for each; it does one thing at a time.

    All it remembers is in the proxy and in the volume `config` of its workload, so a new one may be
    made at any moment. Order for a new proxy: `prepare(routing)`, then `part.launch(place)`.

    After a change of routing the old worker serves on those who were connected to it: sockets to
    their end, idle clients for one more request. It takes no orders; therefore an instance that it
    knows counts as busy until it has no such client any more.
    """

    def __init__(  # noqa: PLR0913 -- each a different thing, given once
        self, place: Placement, *, stack: Name, services: ServicePorts, certificates: Path,
        clock: Clock, check: Callable[[Path], Awaitable[tuple[int, str]]] | None = None,
    ) -> None:  # fmt: skip
        """`check` has the engine read a file of its own, where that is not on this machine."""
        sealed = Sealed(
            partial(_signed, certificates, clock), PublicCertificates(certificates / PUBLIC, clock)
        )
        self._files = ProxyFiles(place, stack, services.address, sealed, HAProxy())
        self._place, self._control = place, Control(place.folder / MASTER)
        self._check = check or self._read_here
        self._one_at_a_time = asyncio.Lock()
        self.weights: Mapping[InstanceId, int] = {}
        """How many requests each gets beside the others, as last observed."""

    async def prepare(self, routing: Routing, alive: Collection[InstanceId] = ()) -> None:
        """Write its files. Before every start.

        Of the instances that were admitted last it starts with those that are still alive: the
        others' ports may belong to somebody else by now.
        """
        async with self._one_at_a_time:
            self._files.keep_members(
                each for each in self._files.members() if each.instance in alive
            )
            self._files.write(routing)

    async def observe(self) -> Mapping[InstanceId, Traffic]:
        """What it does with each instance; those it does not know are not named (`NONE`).

        Raises:
            NotReady: it cannot be asked now; what was seen last still counts.
        """
        async with self._one_at_a_time:
            workers = await self._control.workers()
            servers = await self._finished(workers.current)
            self.weights = {InstanceId(each.name): each.weight for each in servers}
            load = await self._control.load(workers.current)
            busy = {name for name, count in load.busy.items() if count}
            for worker in workers.old:
                load = await self._control.load(worker)
                busy |= {name for name, count in load.busy.items() if count or load.idle}
        return _traffic(servers, busy)

    async def config(self) -> Digest:
        """The digest of the routing it works by, from the process itself; raises NotReady."""
        async with self._one_at_a_time:
            return await self._config((await self._control.workers()).current)

    async def admit(self, instance: Instance, weight: int = FULL) -> None:
        """Send it requests. Returns when the proxy does."""
        member = Member(
            instance=instance.id, workload=instance.workload, weight=weight,
            addresses=dict(instance.addresses),
        )  # fmt: skip
        async with self._ordering():
            others = [each for each in self._files.members() if each.instance != instance.id]
            self._files.keep_members([*others, member])
            worker = await self._worker()
            for upstream in self._upstreams(instance.workload):
                for backend in (upstream.name, once(upstream.name)):
                    if upstream.port in member.addresses:
                        await self._let_in(worker, backend, member, upstream)

    async def drain(self, instance: Instance) -> None:
        """Send it nothing new; what it has in hand goes on."""
        async with self._ordering():
            self._leave(instance.id)
            worker = await self._worker()
            for server in await self._known(worker, instance.id):
                await self._shut(worker, server)

    async def remove(self, instance: Instance) -> None:
        """Forget an instance that is over; nothing where it is not known."""
        async with self._ordering():
            self._leave(instance.id)
            worker = await self._worker()
            for server in await self._known(worker, instance.id):
                await self._take_out(worker, f"{server.backend}/{server.name}")

    async def configure(self, routing: Routing) -> None:
        """Change to a new routing without losing a request.

        Raises:
            StepFailed: the engine refuses the routing, or did not take it up; the old one serves.
        """
        async with self._ordering():
            before = await self._worker()
            old = self._files.routing()
            try:
                self._files.write(routing)
                await self._checked()
                await self._control.reload()
                await self._taken_up(before, routing_digest(routing))
            except (StepFailed, NotReady):
                self._files.write(old)  # a restart must find what served
                raise

    async def renew(self) -> None:
        """Replace local certificates that end soon, in the running proxy. Ask once an hour."""
        async with self._ordering():
            for file, pem in self._files.renewed():
                await self.replace_certificate(file, pem)
                self._files.seal(file, pem)

    async def replace_certificate(self, file: Path, pem: str) -> None:
        """Serve another certificate from now on; the file is for those who start later.

        Raises:
            StepFailed: the proxy refuses it; the old one is served.
        """
        worker = await self._worker()
        body = "\n".join(line for line in pem.splitlines() if line)
        await self._control.ask(worker, f"set ssl cert {file} <<\n{body}\n")
        answer = await self._control.ask(worker, f"commit ssl cert {file}")
        if "Success" not in answer:
            raise StepFailed("SW452", file=file.name, detail=answer)

    def sites(self) -> Mapping[str, Acme]:
        """Hosts whose certificates come from an authority of the world, and from which."""
        return {each.host: each.acme for each in self._files.routing().sites if each.acme}

    async def answer(self, answers: Mapping[str, str]) -> None:
        """Answer an authority under these paths, and under no other any more.

        Raises:
            StepFailed: the proxy does not.
        """
        async with self._ordering():
            self._files.answer(answers)
            worker, file = await self._worker(), self._files.challenges
            said = [await self._control.ask(worker, f"clear map {file}")]
            for path, text in answers.items():
                said.append(await self._control.ask(worker, f"add map {file} {path} {text}"))
            if detail := "".join(said):
                raise StepFailed("SW458", detail=detail)

    # ------------------------------------------------------------------ one worker, one server

    async def _finished(self, worker: int) -> Sequence[Server]:
        """All of them, once no order to drain is half done any more.

        One that was broken off, as its supervisor was killed, left an instance open in one place:
        called drained, it would be stopped, and lose what came to it there.
        """
        servers = await self._control.servers(worker)
        half = _half(servers)
        left = [each for each in servers if each.name in half and each.admitted]
        if not left:
            return servers
        let_in = {each.instance for each in self._files.members()}
        for each in left:
            if each.name not in let_in:
                await self._shut(worker, each)
        return await self._control.servers(worker)

    async def _shut(self, worker: int, server: Server) -> None:
        where = f"{server.backend}/{server.name}"
        await self._control.ask(worker, f"set server {where} state drain")

    async def _let_in(self, worker: int, backend: str, member: Member, upstream: Upstream) -> None:
        address, where = member.addresses[upstream.port], f"{backend}/{member.instance}"
        known = {each.backend: each for each in await self._known(worker, member.instance)}
        if backend not in known:
            words = f"{where} {spot(backend, upstream, member, str(self._place.folder))}"
            answer = await self._control.ask(worker, f"add server {words}")
            if not any(word in answer for word in REGISTERED):
                raise StepFailed("SW454", instance=member.instance, detail=answer)
            await self._control.ask(worker, f"enable health {where}")
        elif known[backend].address not in {f"{address.host}:{address.port}", BY_SOCKET}:
            order = f"set server {where} addr {address.host} port {address.port}"
            await self._control.ask(worker, order)
        if backend in known and known[backend].weight != member.weight:
            await self._control.ask(worker, f"set server {where} weight {member.weight}")
        await self._control.ask(worker, f"set server {where} state ready")

    async def _take_out(self, worker: int, where: str) -> None:
        """What is still connected to a dead instance ends first; then the name can go.

        If it does not, the server stays in maintenance and goes with the next change of routing.
        """
        await self._control.ask(worker, f"set server {where} state maint")
        await self._control.ask(worker, f"shutdown sessions server {where}")
        for _ in range(TRIES_TO_REMOVE):
            answer = await self._control.ask(worker, f"del server {where}")
            if "Server deleted" in answer or "No such" in answer or not answer:
                return
            await asyncio.sleep(PAUSE)

    async def _known(self, worker: int, name: InstanceId) -> list[Server]:
        return [each for each in await self._control.servers(worker) if each.name == name]

    @contextlib.asynccontextmanager
    async def _ordering(self) -> AsyncGenerator[None]:
        """One order at a time; a proxy that does not answer makes it fail."""
        async with self._one_at_a_time:
            try:
                yield
            except NotReady as error:
                raise StepFailed("SW450", detail=str(error)) from error

    async def _worker(self) -> int:
        """The one that takes orders."""
        return (await self._control.workers()).current

    def _leave(self, name: InstanceId) -> None:
        self._files.keep_members(each for each in self._files.members() if each.instance != name)

    def _upstreams(self, workload: Name) -> Sequence[Upstream]:
        routing = self._files.routing()
        return [each for each in routing.upstreams if each.workload == workload]

    # ------------------------------------------------------------------------ change of routing

    async def _config(self, worker: int) -> Digest:
        answer = await self._control.ask(worker, "get var proc.routing")
        return Digest(answer.partition("value=<")[2].rstrip(">"))

    async def _checked(self) -> None:
        """Ask the engine itself whether it can work by the files."""
        status, said = await self._check(self._place.volumes[VOLUME] / CONFIGURATION)
        if status:
            raise StepFailed("SW453", detail=said)

    async def _read_here(self, file: Path) -> tuple[int, str]:
        program = self._place.found.programs["haproxy"]
        argv = (str(program), "-c", "-q", "-f", str(file))
        return await run_tool(argv, {}, file.parent, CHECKED_WITHIN)

    async def _taken_up(self, before: int, wanted: Digest) -> None:
        """Wait for a worker that is another one and works by the wanted routing."""
        try:
            async with asyncio.timeout(TAKEN_UP_WITHIN):
                while not await self._is_taken_up(before, wanted):  # noqa: ASYNC110 -- asked
                    await asyncio.sleep(PAUSE)
        except TimeoutError:
            raise StepFailed("SW451", limit=round(TAKEN_UP_WITHIN)) from None

    async def _is_taken_up(self, before: int, wanted: Digest) -> bool:
        try:
            workers = await self._control.workers()
            return workers.current != before and await self._config(workers.current) == wanted
        except NotReady:
            return False


def _traffic(servers: Sequence[Server], busy: Collection[str]) -> Mapping[InstanceId, Traffic]:
    """Of the current worker's servers, and of those that only an old one has in hand.

    It is in when it is so everywhere: an order that was broken off is given again.
    """
    half = _half(servers)
    found = {name: Traffic.DRAINING if name in busy else Traffic.DRAINED for name in {*busy, *half}}
    whole = {each.name: Traffic.IN for each in servers if not each.out and each.name not in half}
    return {InstanceId(name): traffic for name, traffic in {**found, **whole}.items()}


def _half(servers: Sequence[Server]) -> Collection[str]:
    """The instances that are not let in everywhere."""
    here = [each for each in servers if not each.out]
    places = {(each.backend.removesuffix(ONCE), each.name) for each in here}
    open_ = {(each.backend, each.name) for each in here if each.admitted}
    return {
        name for upstream, name in places
        if not {(upstream, name), (once(upstream), name)} <= open_
    }  # fmt: skip
