"""Network: EfficientNet-Lite0 as an ONNX graph, built from its weights.

The layers are those of the paper's B0 without squeeze and excitation, with ReLU6, as the authors of
EfficientNet-Lite describe them; each normalisation is folded into the convolution before it.
"""

from collections.abc import Iterator, Mapping, Sequence

import numpy as np
from numpy.typing import ArrayLike
from onnx import NodeProto, TensorProto, helper, numpy_helper

from seaway.ai.models.checkpoint import Array

SIDE = 224
"""Pixels of the picture that goes in."""
CLASSES = 1000
_EPSILON = 1e-3
_STAGES = ((1, 1), (2, 2), (2, 2), (3, 2), (3, 1), (4, 2), (1, 1))
"""How many blocks, and the stride of the first of them."""
_OPSET, _IR = 17, 9


class _Graph:
    """Nodes and weights, in the order of the flow."""

    def __init__(self, weights: Mapping[str, Array]) -> None:
        self._weights = weights
        self.nodes: list[NodeProto] = []
        self.kept: list[TensorProto] = []

    def keep(self, name: str, array: ArrayLike) -> str:
        exact = np.asarray(array, dtype=np.float32)
        self.kept.append(numpy_helper.from_array(exact, name))
        return name

    def node(self, kind: str, inputs: Sequence[str], name: str, **more: object) -> str:
        made = helper.make_node(kind, [*inputs], [name], name=name)
        made.attribute.extend(helper.make_attribute(key, each) for key, each in more.items())
        self.nodes.append(made)
        return name

    def convolved(
        self, flow: str, conv: str, norm: str, *, stride: int = 1, bounded: bool = True
    ) -> str:
        """Convolution, normalisation, and ReLU6 where `bounded`; `SAME` as TensorFlow has it."""
        weight = self._weights[f"{conv}.weight"]
        parts = ("weight", "bias", "running_mean", "running_var")
        gamma, beta, mean, variance = (self._weights[f"{norm}.{each}"] for each in parts)
        scale = gamma / np.sqrt(variance + _EPSILON)
        groups = weight.shape[0] if weight.shape[1] == 1 else 1
        inputs = (
            flow,
            self.keep(f"{conv}.w", weight * scale[:, None, None, None]),
            self.keep(f"{conv}.b", beta - mean * scale),
        )
        made = self.node("Conv", inputs, conv, strides=[stride, stride], group=groups,
                         auto_pad="SAME_UPPER", kernel_shape=[*weight.shape[2:]])  # fmt: skip
        return self.node("Clip", (made, "zero", "six"), f"{conv}.relu6") if bounded else made

    def block(self, flow: str, name: str, stride: int) -> str:
        """An inverted bottleneck; what comes in is added where it has the same shape."""
        start = flow
        expand = f"{name}._expand_conv"
        if f"{expand}.weight" in self._weights:
            flow = self.convolved(flow, expand, f"{name}._bn0")
        flow = self.convolved(flow, f"{name}._depthwise_conv", f"{name}._bn1", stride=stride)
        project = self._weights[f"{name}._project_conv.weight"]
        flow = self.convolved(flow, f"{name}._project_conv", f"{name}._bn2", bounded=False)
        outside = self._weights.get(f"{expand}.weight")
        width = outside.shape[1] if outside is not None else project.shape[1]
        if stride == 1 and width == project.shape[0]:
            return self.node("Add", (start, flow), f"{name}.sum")
        return flow


def _strides() -> Iterator[int]:
    for count, first in _STAGES:
        yield first
        yield from [1] * (count - 1)


def lite0(weights: Mapping[str, Array]) -> bytes:
    """The graph: `picture`, 1 x 3 x SIDE x SIDE, to `likely`, 1 x CLASSES that sum up to one."""
    graph = _Graph(weights)
    graph.keep("zero", 0)
    graph.keep("six", 6)
    flow = graph.convolved("picture", "_conv_stem", "_bn0", stride=2)
    for number, stride in enumerate(_strides()):
        flow = graph.block(flow, f"_blocks.{number}", stride)
    flow = graph.convolved(flow, "_conv_head", "_bn1")
    flow = graph.node("GlobalAveragePool", (flow,), "pooled")
    flow = graph.node("Flatten", (flow,), "features")
    last = (graph.keep("_fc.w", weights["_fc.weight"]), graph.keep("_fc.b", weights["_fc.bias"]))
    flow = graph.node("Gemm", (flow, *last), "logits", transB=1)
    graph.node("Softmax", (flow,), "likely", axis=1)
    whole = helper.make_graph(
        graph.nodes, "efficientnet-lite0",
        [helper.make_tensor_value_info("picture", TensorProto.FLOAT, [1, 3, SIDE, SIDE])],
        [helper.make_tensor_value_info("likely", TensorProto.FLOAT, [1, CLASSES])], graph.kept,
    )  # fmt: skip
    opset = [helper.make_opsetid("", _OPSET)]
    made = helper.make_model(whole, opset_imports=opset, ir_version=_IR)
    return bytes(made.SerializeToString())
