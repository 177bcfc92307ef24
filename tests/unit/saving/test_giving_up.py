"""What is given up by hand is only what cannot be had, and only there."""

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest

from seaway.cli import backups
from seaway.errors import UsageError
from seaway.model.backup import Backup
from seaway.saving.repository import BACKUPS
from tests.fakes.place import kept

NOW = datetime(2026, 11, 30, 3, tzinfo=UTC)
SHOW = SimpleNamespace(settings=SimpleNamespace(yes=True), note=lambda *_, **__: None)


def backup(number: int) -> Backup:
    at = NOW + timedelta(days=number)
    return Backup(
        name=f"shop_backup_{at:%Y%m%d_%H%M%S}", stack="shop", environment="local", began=at,
        ended=at, stores=(),
    )  # fmt: skip


@pytest.fixture
def forget(monkeypatch, tmp_path):
    """Give up backups of these repositories."""

    async def forgotten(*repositories, names):
        async def opened(*_):
            return list(repositories)

        monkeypatch.setattr(backups, "_opened", opened)
        here = SimpleNamespace(state=SimpleNamespace(root=tmp_path))
        await backups._forget(SHOW, here, frozenset(names))

    return forgotten


async def test_of_two_places_the_one_that_has_it_whole_keeps_it(forget):
    broken, whole = kept(backup(1), backup(2)), kept(backup(1), backup(2))
    broken.place.files[f"{BACKUPS}{backup(1).name}"] += b"x"

    await forget(broken, whole, names=[backup(1).name])

    assert broken.names() == [backup(2).name]
    assert whole.names() == [backup(1).name, backup(2).name]
    assert [each.name for each in whole.backups()] == whole.names()


@pytest.mark.parametrize(("name", "code"), [(backup(1).name, "SW881"), ("nonsense", "SW832")])
async def test_nothing_is_given_up_where_one_name_is_sound_or_unknown(forget, name, code):
    one = kept(backup(1), backup(2), backup(3))
    one.place.remove(f"{BACKUPS}{backup(2).name}")

    with pytest.raises(UsageError, match=code):
        await forget(one, names=[backup(2).name, name])
    assert one.missing() == [backup(2).name]

    await forget(one, names=[backup(2).name])
    assert one.missing() == []
