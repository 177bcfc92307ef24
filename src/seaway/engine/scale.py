"""Scale: another number of equal instances."""

from collections.abc import Mapping
from dataclasses import replace

from seaway.errors import UsageError
from seaway.model.release import Release
from seaway.model.settings.resources import MOST_REPLICAS
from seaway.model.workload import Role


def scaled(release: Release, numbers: Mapping[str, int]) -> Release:
    """The release with other numbers of replicas.

    Raises:
        UsageError: no such workload, one that cannot be scaled, or no sensible number: one that
            scales by itself must be left its range.
    """
    for name, number in numbers.items():
        workload = release.find(name)
        if workload is None:
            known = ", ".join(each.name for each in release.workloads)
            raise UsageError("SW502", name=name, known=known)
        if workload.role is not Role.SERVICE:
            raise UsageError("SW503", name=name, role=workload.role)
        if not 0 <= number <= MOST_REPLICAS:
            raise UsageError("SW504", name=name, number=number, most=MOST_REPLICAS)
        limits = workload.scaling
        if limits and not limits.least <= number <= limits.most:
            facts = {"least": limits.least, "most": limits.most}
            raise UsageError("SW590", name=name, number=number, **facts)
        release = release.with_workload(replace(workload, replicas=number))
    asked = " ".join(f"{name}={number}" for name, number in numbers.items())
    return replace(release, why=f"scale {asked}")
