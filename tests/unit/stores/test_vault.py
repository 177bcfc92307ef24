"""The vault gives back what it was given, to those who may."""

import json
from multiprocessing import get_context
from pathlib import Path

import pytest

from seaway.engine.secrets import ensure, make, weakness
from seaway.errors import SeawayError, UsageError
from seaway.external.signing import Signer, Verifier
from seaway.ports.component import SecretNeed
from seaway.stores.vault import VERSIONS_KEPT, FileVault


def test_a_secret_comes_back_in_every_kept_version(tmp_path):
    """Rotation keeps old versions readable for those that still use them."""
    vault = FileVault(tmp_path / "vault")
    for value in ("one", "two", "三"):
        vault.write("JWT_SECRET", value)

    again = FileVault(tmp_path / "vault")

    assert again.read("JWT_SECRET") == "三"
    assert again.read("JWT_SECRET", 1) == "one"
    assert again.versions() == {"JWT_SECRET": 3}


def test_no_value_is_readable_in_any_file(tmp_path):
    """X2: no plaintext at rest."""
    vault = FileVault(tmp_path / "vault")
    vault.write("A", "canary-value-1234")

    for path in tmp_path.iterdir():
        assert b"canary-value" not in path.read_bytes()
        assert path.stat().st_mode & 0o077 == 0


def test_a_change_of_one_byte_is_noticed(tmp_path):
    """A damaged vault must not hand out rubbish as a password."""
    path = tmp_path / "vault"
    FileVault(path).write("A", "x")
    body = bytearray(path.read_bytes())
    body[20] ^= 1
    path.write_bytes(body)

    with pytest.raises(SeawayError) as caught:
        FileVault(path).read("A")
    assert caught.value.code == "SW703"


def test_unknown_names_and_pruned_versions_are_told_apart(tmp_path):
    """The fix differs."""
    vault = FileVault(tmp_path / "vault")
    for number in range(VERSIONS_KEPT + 2):
        vault.write("A", str(number))

    with pytest.raises(UsageError, match="SW701"):
        vault.read("B")
    with pytest.raises(UsageError, match="SW702"):
        vault.read("A", 1)


def _write(path: str, name: str) -> None:
    for number in range(20):
        FileVault(Path(path)).write(name, json.dumps(number))


def test_writers_side_by_side_lose_nothing(tmp_path):
    """Two commands may set secrets at the same time."""
    context = get_context("spawn")
    path = str(tmp_path / "vault")
    writers = [context.Process(target=_write, args=(path, name)) for name in ("A", "B")]
    for each in writers:
        each.start()
    for each in writers:
        each.join(60)

    assert FileVault(tmp_path / "vault").versions() == {"A": 20, "B": 20}


def test_a_pair_is_kept_whole_and_its_halves_belong_together(tmp_path):
    """One half of another pair would make every signature wrong."""
    vault = FileVault(tmp_path / "vault")
    versions = [vault.write_pair("pay.own-key", "pay.own-public", 2048) for _ in range(2)]

    assert versions == [1, 2]
    assert vault.versions() == {"pay.own-key": 2, "pay.own-public": 2}
    for version in versions:
        signer = Signer(vault.read("pay.own-key", version))
        verifier = Verifier(vault.read("pay.own-public", version))
        assert verifier.good(b"text", signer.sign(b"text"))
        assert not verifier.good(b"other", signer.sign(b"text"))


def test_a_pair_that_is_needed_is_made_once_and_anew_when_that_is_asked_for(tmp_path):
    vault = FileVault(tmp_path / "vault")
    need = SecretNeed(name="pay.own-key", generate=2048, form="rsa", public="pay.own-public")

    assert ensure([need], vault) == ("pay.own-key",)
    first = vault.read("pay.own-public")
    assert ensure([need], vault) == ()
    assert not tuple(weakness(need, vault.read("pay.own-key"), "production"))
    assert make(need, vault) == 2
    assert vault.read("pay.own-public") != first
