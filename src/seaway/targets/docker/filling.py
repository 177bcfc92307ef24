"""Filling: turns a Text into a string, in the terms of one container."""

from dataclasses import dataclass

from seaway.errors import StepFailed
from seaway.model.release import Release
from seaway.model.text import Host, Port
from seaway.model.workload import Role
from seaway.targets.docker.edges import member, proxy_of
from seaway.targets.docker.premises import ANYWHERE
from seaway.targets.local.fill import Holes
from seaway.targets.local.traffic import ServicePorts


@dataclass(frozen=True, slots=True, kw_only=True)
class Filler(Holes):
    """In a container, by names and by the ports that the workloads have there."""

    release: Release
    services: ServicePorts

    @property
    def _listening(self) -> str:
        return ANYWHERE

    def _host(self, hole: Host) -> str:
        """Its own for each member of a store."""
        workload = self.release.find(hole.workload)
        if workload and workload.role is Role.STORE and workload.replicas > 1:
            return member(hole.workload, hole.slot)
        return hole.workload

    def _port(self, hole: Port) -> str:
        """Of the proxy for what it balances; else the workload's own."""
        workload = self.release.find(hole.workload)
        if workload and workload.balanced and proxy_of(self.release):
            return str(self.services.address(hole.workload, hole.port).port)
        if workload and hole.port in workload.ports:
            return str(workload.ports[hole.port])
        raise StepFailed("SW254", workload=hole.workload, port=hole.port)
