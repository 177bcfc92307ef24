"""`simulate` replays a load against the rules, and tells a bad trace with its line."""

import json

import pytest

STACK = """\
seaway: 1
name: day
services:
  api:
    run: python3 -m http.server $PORT
    port: 8000
    replicas: 2..10
    scale: {cpu: 70%, rps: 150}
    resources: {cpu: 1}
"""
HOUR = "seconds,rps\n0,100\n600,1200\n1800,100\n3600,100\n"


def test_numbers_follow_the_load_and_come_back(seaway, write, here):
    write(STACK)
    (here / "hour.csv").write_text(HOUR)

    said = json.loads(seaway("simulate", "hour.csv", "--cost", "5ms", "--format", "json").out)

    copies = {each["at"]: each["copies"] for each in said["moments"]}
    assert (copies[0.0], copies[625.0], copies[660.0], copies[3600.0]) == (2, 2, 8, 2)
    assert said["most"] == 8  # 1,200 a second, 150 for each copy
    assert said["changes"] == 7  # out at once, and in by one


def test_a_table_shows_each_change_and_what_for(seaway, write, here):
    write(STACK)
    (here / "hour.csv").write_text(HOUR)

    said = seaway("simulate", "hour.csv", "api", "--cost", "5ms")

    assert said.status == 0
    assert "rps" in said.out or "cpu" in said.out
    assert len(said.out.splitlines()) == 1 + 2 + 7  # head, first and last, changes
    assert "most copies: 8" in said.err


@pytest.mark.parametrize(
    ("trace", "code"),
    [("0,1\n5,many\n", "SW594"), ("5,1\n0,1\n", "SW594"), ("0,-1\n", "SW594"), ("0\n1\n", "SW594")],
)
def test_a_bad_trace_is_told_with_its_line(seaway, write, here, trace, code):
    write(STACK)
    (here / "bad.csv").write_text(trace)

    said = seaway("simulate", "bad.csv")

    assert said.status == 2
    assert code in said.err


def test_a_service_that_does_not_scale_cannot_be_simulated(seaway, write, here):
    write(STACK.replace("2..10", "2"))
    (here / "hour.csv").write_text(HOUR)

    said = seaway("simulate", "hour.csv")

    assert said.status == 2
    assert "SW592" in said.err
