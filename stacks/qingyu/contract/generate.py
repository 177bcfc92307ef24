"""Makes the Python code of the contract: `just protos`, or for a test into another folder."""

import sys
from importlib.resources import files
from pathlib import Path

from grpc_tools import protoc

HERE = Path(__file__).parent
CONTRACT = "qingyu_contract/writer.proto"


def generate(into: Path) -> None:
    """Write the code, and the types of it.

    Raises:
        ValueError: the contract has a mistake; the compiler has said which.
    """
    wellknown = files("grpc_tools") / "_proto"
    kinds = ("python", "grpc_python", "mypy", "mypy_grpc")
    options = [f"-I{HERE}", f"-I{wellknown}", *(f"--{kind}_out={into}" for kind in kinds)]
    # beside this interpreter, wherever the PATH leads
    beside = Path(sys.executable).parent
    options += [f"--plugin={beside / name}" for name in ("protoc-gen-mypy", "protoc-gen-mypy_grpc")]
    if protoc.main(["protoc", *options, CONTRACT]):
        raise ValueError(CONTRACT)


if __name__ == "__main__":
    generate(Path(sys.argv[1]) if sys.argv[1:] else HERE)
