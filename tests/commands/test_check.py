"""`seaway check` shows all mistakes of a file, with line, mark and fix."""
# ruff: noqa: E501 -- what is said is shown as it is said

import json

from inline_snapshot import snapshot

WRONG = """\
seaway: 1
name: lantern
services:
  api:
    run: python main.py
    prot: 8000
    uses: [bd]
    health: {ready: /readyz, every: 10}
data:
  db:
    kind: postgers
"""


def shown(said, here) -> str:
    return str(said).replace(str(here), "HERE")


def test_all_mistakes_come_at_once(seaway, write, here):
    write(WRONG)

    assert shown(seaway("check"), here) == snapshot("""\
error[SW125] seaway.yaml:6:5 services.api.prot
  there is no setting `prot` here
    |
  6 |     prot: 8000
    |     ^^^^
  fix: did you mean `port`? Known here: build, env, health, image, logs, port, replicas, resources, rollout, run, scale, secrets, source, stop, uses, zone
error[SW152] seaway.yaml:7:12 services.api.uses.0
  there is no component `bd`
    |
  7 |     uses: [bd]
    |            ^^
  fix: did you mean `db`? Declared are: db
error[SW146] seaway.yaml:8:37 services.api.health.every
  `10` has no unit
    |
  8 |     health: {ready: /readyz, every: 10}
    |                                     ^^
  fix: write it with one of: ms, s, m, h, d, as in 30s
error[SW182] seaway.yaml:11:11 data.db.kind
  no component is called `postgers`
     |
  11 |     kind: postgers
     |           ^^^^^^^^
  fix: did you mean `postgres`? Use one of: milvus, mongo, postgres, redis, s3
error[SW622]
  found errors: 4, warnings: 0
[2]\
""")


def test_all_mistakes_come_at_once_in_chinese(seaway, write, here):
    write(WRONG)

    assert shown(seaway("check", "--lang", "zh"), here) == snapshot("""\
错误[SW125] seaway.yaml:6:5 services.api.prot
  此处没有名为 `prot` 的设置
    |
  6 |     prot: 8000
    |     ^^^^
  解决：是不是想写 `port`？可用的设置：build, env, health, image, logs, port, replicas, resources, rollout, run, scale, secrets, source, stop, uses, zone
错误[SW152] seaway.yaml:7:12 services.api.uses.0
  没有名为 `bd` 的组件
    |
  7 |     uses: [bd]
    |            ^^
  解决：是不是想写 `db`？已声明的有：db
错误[SW146] seaway.yaml:8:37 services.api.health.every
  `10` 缺少单位
    |
  8 |     health: {ready: /readyz, every: 10}
    |                                     ^^
  解决：请加上单位：ms, s, m, h, d，例如 30s
错误[SW182] seaway.yaml:11:11 data.db.kind
  没有名为 `postgers` 的组件种类
     |
  11 |     kind: postgers
     |           ^^^^^^^^
  解决：是不是想写 `postgres`？可用的种类：milvus, mongo, postgres, redis, s3
错误[SW622]
  发现的错误：4，警告：0
[2]\
""")


def test_text_that_is_not_yaml_is_shown_where_it_breaks(seaway, write, here):
    write("seaway: 1\nname: lantern\nservices: [api\n")

    assert shown(seaway("check"), here) == snapshot("""\
error[SW110] seaway.yaml:3:11
  what is opened here by `[` is never closed
    |
  3 | services: [api
    |           ^^^^
  fix: add what closes it
error[SW622]
  found errors: 1, warnings: 0
[2]\
""")


def test_a_mark_stands_under_its_word_behind_chinese_characters(seaway, write, here):
    """Chinese characters take two columns on a terminal."""
    write("seaway: 1\nname: lantern\nservices:\n  api: {run: sleep 1, env: {A: 你好}, prot: 1}\n")

    assert shown(seaway("check"), here) == snapshot("""\
error[SW125] seaway.yaml:4:37 services.api.prot
  there is no setting `prot` here
    |
  4 |   api: {run: sleep 1, env: {A: 你好}, prot: 1}
    |                                       ^^^^
  fix: did you mean `port`? Known here: build, env, health, image, logs, port, replicas, resources, rollout, run, scale, secrets, source, stop, uses, zone
error[SW622]
  found errors: 1, warnings: 0
[2]\
""")


def test_findings_are_data(seaway, write):
    write(WRONG)

    said = seaway("check", "--format", "json")

    found = json.loads(said.out)["findings"]
    assert said.status == 2
    assert {"code", "severity", "file", "line", "column", "path", "message", "fix"} == set(found[0])
    assert [each["path"] for each in found if each["line"] == 11] == ["data.db.kind"]


def test_one_finding_is_one_line_of_ndjson(seaway, write):
    write(WRONG)

    together = json.loads(seaway("check", "--format", "json").out)["findings"]
    apart = [json.loads(line) for line in seaway("check", "--format", "ndjson").out.splitlines()]

    assert apart == together


def test_a_good_file_says_so_on_stderr(seaway, write):
    """Nothing on stdout: findings are the data, and there are none."""
    write("seaway: 1\nname: lantern\nservices: {api: {run: sleep 60}}\n")

    said = seaway("check")

    assert (said.status, said.out) == (0, "")
    assert said.err == "the stack file is good; warnings: 0\n"


def test_quiet_says_nothing_where_nothing_is_wrong(seaway, write):
    write("seaway: 1\nname: lantern\nservices: {api: {run: sleep 60}}\n")

    assert str(seaway("check", "-q")) == "[0]"


def test_warnings_end_with_4_where_that_is_asked(seaway, write):
    write("seaway: 1\nname: lantern\nservices: {api: {run: sleep 60, replicas: 1..3}}\n")

    assert seaway("check").status == 0
    assert seaway("check", "--warnings-as-errors").status == 4


def test_a_setting_of_the_command_line_is_checked_too(seaway, write):
    write("seaway: 1\nname: lantern\nservices: {api: {run: sleep 60}}\n")

    said = seaway("check", "--set", "services.apo.replicas=2")

    assert said.status == 2
    assert "apo" in said.out
