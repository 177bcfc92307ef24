"""Session: one network in ONNX, on one thread of a processor."""

# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false
# pyright: reportUnknownArgumentType=false
# onnxruntime has no types; what goes in and what comes out is said here.

import numpy as np
import onnxruntime  # type: ignore[import-untyped]  # it has none
import onnxruntime_extensions  # type: ignore[import-untyped]  # likewise
from numpy.typing import NDArray

Rows = NDArray[np.float32]


class Session:
    """Loaded once; `run` may be called by one thread at a time."""

    def __init__(self, network: str | bytes, *, extended: bool = False) -> None:
        """From a file or from its bytes; `extended` for one that reads texts itself."""
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        if extended:
            options.register_custom_ops_library(onnxruntime_extensions.get_library_path())
        self._session = onnxruntime.InferenceSession(
            network, options, providers=["CPUExecutionProvider"]
        )

    def run(self, name: str, given: NDArray[np.object_] | Rows) -> Rows:
        """The first output for this input."""
        [made, *_] = self._session.run(None, {name: given})
        return np.asarray(made, dtype=np.float32)
