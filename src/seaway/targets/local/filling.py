"""Filling: the volume of a store before its server starts on it, for data that is given back."""

import asyncio
import os
from pathlib import Path

from seaway.durable import sync_folder
from seaway.errors import DataRefused
from seaway.model.names import InstanceId
from seaway.model.workload import Workload
from seaway.targets.local.dressing import Wardrobe
from seaway.targets.local.process import Identity
from seaway.targets.local.record import Record
from seaway.targets.local.uptime import this_run
from seaway.targets.local.volumes import Volumes


async def empty(workload: Workload, volumes: Volumes, owner: Identity | None) -> Path:
    """The folder of its first volume, made for the user that its server runs as.

    Raises:
        DataRefused: there is data in it.
    """
    folder = volumes.provide(workload, 0, owner)[workload.volumes[0].name]
    if any(folder.iterdir()):
        raise DataRefused("SW839", store=workload.name, folder=str(folder))
    return folder


async def filled(workload: Workload, volumes: Volumes, owner: Identity | None) -> None:
    """Give all of it to the user the server runs as."""
    data = volumes.folders(workload, 0)[workload.volumes[0].name]
    if owner and not owner.namespace:
        await asyncio.to_thread(_hand_over, data, owner.uid, owner.gid)
    sync_folder(data)
    volumes.note_filled(workload, 0)


def _hand_over(data: Path, uid: int, gid: int) -> None:
    for folder, _, files in os.walk(data):
        os.chown(folder, uid, gid)
        for name in files:
            os.chown(Path(folder, name), uid, gid, follow_symlinks=False)


def owner_of(workload: Workload, wardrobe: Wardrobe) -> Identity | None:
    """As whom an instance will run that is not there yet."""
    record = Record(
        id=InstanceId(f"{workload.name}-filling"), workload=workload, digest=workload.digest,
        slot=0, deaths=0, created=wardrobe.premises.clock.now(), release=0, run=this_run(),
    )  # fmt: skip
    return wardrobe.dressing(record).identity
