"""Files that are there whole or not at all."""

import errno
import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from seaway.durable import make_folder, sync_disk, write_whole


def test_a_file_is_replaced_as_a_whole_and_nothing_is_left_beside_it(tmp_path):
    """Whoever reads meanwhile has the old one open."""
    file = tmp_path / "state.json"
    write_whole(file, "old")
    with file.open() as reader:
        write_whole(file, "new", durable=True)

        assert (reader.read(), file.read_text()) == ("old", "new")
    assert [each.name for each in tmp_path.iterdir()] == ["state.json"]
    assert file.stat().st_mode & 0o777 == 0o600


def test_a_try_that_fails_leaves_the_old_content_and_no_draft(tmp_path):
    """Nobody knows of the draft: it would stay for ever."""
    file = tmp_path / "state.json"
    write_whole(file, "old")
    folder = tmp_path / "as a folder"
    folder.mkdir()

    with pytest.raises(IsADirectoryError):
        write_whole(folder, "new", durable=True)

    assert [each.name for each in sorted(tmp_path.iterdir())] == ["as a folder", "state.json"]


def test_the_draft_of_a_process_that_was_killed_is_in_nobodys_way(tmp_path):
    """Its number may be given to another process, that of root to one that is not."""
    file = tmp_path / "state.json"
    draft = tmp_path / f".state.json.{os.getpid()}"
    draft.write_text("half of a ver")

    write_whole(file, "whole")

    assert file.read_text() == "whole"
    assert not draft.exists()


def test_threads_that_write_the_same_file_are_in_nobodys_way(tmp_path):
    """Each has a draft of its own: what is read is what one of them wrote, and none fails."""
    file, texts = tmp_path / "state.json", ["a" * 100_000, "b" * 100_000]

    def write(text: str) -> None:
        for _ in range(200):
            write_whole(file, text)
            assert file.read_text() in texts

    with ThreadPoolExecutor(2) as threads:
        list(threads.map(write, texts))

    assert [each.name for each in tmp_path.iterdir()] == ["state.json"]


def test_folders_are_made_down_to_the_last_one(tmp_path):
    """As `mkdir -p`, and each name is synced."""
    make_folder(tmp_path / "a" / "b" / "c", 0o711)
    make_folder(tmp_path / "a" / "b" / "c", 0o711)

    assert (tmp_path / "a/b/c").stat().st_mode & 0o777 == 0o711


def test_a_disk_that_cannot_be_synced_says_so(tmp_path):
    """What is not on the disk must not pass for complete."""
    sync_disk(tmp_path)

    with pytest.raises(OSError, match="nowhere") as caught:
        sync_disk(Path(tmp_path, "nowhere"))
    assert caught.value.errno == errno.ENOENT
