"""Logs of instances that are forgotten."""

import os

from seaway.targets.local.removing import LOGS_KEPT, remove_old_logs


def test_the_logs_of_the_last_instances_are_kept(tmp_path):
    """A stack that is deployed every day must not fill the disk with what nobody reads."""
    for number in range(LOGS_KEPT + 5):
        for ending in ("jsonl", "jsonl.1.gz"):
            file = tmp_path / f"api-{number}.{ending}"
            file.touch()
            os.utime(file, (number, number))

    remove_old_logs(tmp_path, frozenset({"api-0"}))

    kept = {file.name.partition(".")[0] for file in tmp_path.iterdir()}
    assert kept == {"api-0", *(f"api-{number}" for number in range(5, LOGS_KEPT + 5))}
    assert len(list(tmp_path.iterdir())) == 2 * len(kept)


def test_a_workload_that_said_nothing_has_no_logs(tmp_path):
    remove_old_logs(tmp_path / "nowhere", frozenset())
