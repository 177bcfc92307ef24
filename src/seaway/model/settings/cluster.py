"""A cluster of Redis: how many nodes, and when one counts as lost (R84)."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Annotated

from pydantic import BaseModel, Field

from seaway.model.quantity import Duration
from seaway.model.settings.form import FORM, Count


class Cluster(BaseModel):
    """Servers that share the keys of one store, each part kept by a primary and its replicas."""

    model_config = FORM

    masters: Annotated[Count, Field(ge=3, le=50)] = 3
    """How many parts the keys are shared out into. Fewer than three cannot decide by majority."""
    replicas: Annotated[Count, Field(ge=0, le=5)] = 1
    """How many copies there are of each part."""
    node_timeout: Duration = timedelta(seconds=5)
    """After so long without an answer a node counts as lost, and a replica takes over."""
    full_coverage: bool = True
    """Whether the whole cluster refuses when a part is lost; else that part only."""
    validity_factor: Annotated[Count, Field(ge=0, le=100)] = 10
    """A replica that is older than so many times `node_timeout` does not take over."""
    migration_barrier: Annotated[Count, Field(ge=0, le=5)] = 1
    """How many replicas a primary keeps before one moves to a primary that has none."""

    @property
    def nodes(self) -> int:
        """All of them."""
        return self.masters * (1 + self.replicas)

    @property
    def directives(self) -> Mapping[str, str]:
        """The lines of redis.conf."""
        return {
            "cluster-enabled": "yes",
            "cluster-node-timeout": str(self.node_timeout // timedelta(milliseconds=1)),
            "cluster-require-full-coverage": "yes" if self.full_coverage else "no",
            "cluster-replica-validity-factor": str(self.validity_factor),
            "cluster-migration-barrier": str(self.migration_barrier),
            # one that has not made its first copy never takes over: do not wait for others to copy
            "repl-diskless-sync-delay": "0",
        }
