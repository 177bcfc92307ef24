"""The generated code is that of the contract."""

from pathlib import Path

import generate

FILES = ("writer_pb2.py", "writer_pb2.pyi", "writer_pb2_grpc.py", "writer_pb2_grpc.pyi")


def test_the_generated_code_is_current(tmp_path: Path) -> None:
    """Mend it with: just protos."""
    generate.generate(tmp_path)

    made, kept = tmp_path / "qingyu_contract", generate.HERE / "qingyu_contract"
    old = [each for each in FILES if (made / each).read_text() != (kept / each).read_text()]
    assert old == []
