"""Checkpoint: arrays out of a file that torch wrote, without torch, and without running anything.

The old format of torch.save: three small pickles, the names with their places, the keys of the
storages, then the storages themselves. Only the four names below may be called by a pickle.
"""

import pickle
from collections import OrderedDict
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import BinaryIO, NamedTuple

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float32]
_MAGIC = 0x1950A86A20F9469CFC6C
_TYPES = {"FloatStorage": "<f4", "LongStorage": "<i8"}


class Broken(ValueError):  # noqa: N818 -- said as it is
    """It is no such file, or it wants more than arrays."""


class _Tensor(NamedTuple):
    """As the pickle describes it."""

    storage: tuple[str, str, str, str, int]
    offset: int
    shape: tuple[int, ...]
    strides: tuple[int, ...]


class _Unpickler(pickle.Unpickler):
    """Calls nothing but what is listed."""

    def find_class(self, module: str, name: str) -> object:
        known: Mapping[str, Callable[..., object] | str] = {
            "collections.OrderedDict": OrderedDict,
            "torch._utils._rebuild_tensor_v2": lambda *told: _Tensor(*told[:4]),
            **{f"torch.{each}": each for each in _TYPES},
        }
        if f"{module}.{name}" not in known:
            raise Broken(f"the checkpoint asks for {module}.{name}")
        return known[f"{module}.{name}"]

    def persistent_load(self, pid: object) -> object:
        return pid


def arrays(path: Path) -> dict[str, Array]:
    """Every array by its name.

    Raises:
        Broken: something else than arrays is in it.
    """
    with path.open("rb") as file:
        magic, _, _ = (_Unpickler(file).load() for _ in range(3))
        if magic != _MAGIC:
            raise Broken(f"{path} is no checkpoint")
        found: OrderedDict[str, object] = _Unpickler(file).load()
        keys: list[str] = _Unpickler(file).load()
        tensors = _tensors(found)
        kinds = {each.storage[2]: _TYPES[each.storage[1]] for each in tensors.values()}
        storages = {key: _storage(file, kinds[key]) for key in keys}
    return {name: _array(each, storages[each.storage[2]]) for name, each in tensors.items()}


def _tensors(found: Mapping[str, object]) -> dict[str, _Tensor]:
    tensors = {name: each for name, each in found.items() if isinstance(each, _Tensor)}
    if len(tensors) < len(found):
        raise Broken("the checkpoint holds something else than arrays")
    return tensors


def _storage(file: BinaryIO, kind: str) -> Array:
    count, width = int.from_bytes(file.read(8), "little"), np.dtype(kind).itemsize
    return np.frombuffer(file.read(count * width), dtype=kind).astype(np.float32)


def _array(tensor: _Tensor, storage: Array) -> Array:
    """With the strides it was kept with: weights that came from elsewhere lie turned around."""
    own = storage[tensor.offset :]
    reach = sum(
        (length - 1) * step for length, step in zip(tensor.shape, tensor.strides, strict=True)
    )
    if reach >= len(own):
        raise Broken("an array reaches beyond its storage")
    steps = tuple(step * own.itemsize for step in tensor.strides)
    view = np.lib.stride_tricks.as_strided(own, tensor.shape, steps, writeable=False)
    return np.ascontiguousarray(view)
