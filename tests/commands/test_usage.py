"""Mistakes on the command line: told in the reader's language, with what to do, and status 2."""
# ruff: noqa: E501 -- what is said is shown as it is said

import pytest
from inline_snapshot import snapshot


def test_an_unknown_command_names_the_nearest(seaway):
    assert str(seaway("statsu")) == snapshot("""\
error[SW602]
  there is no command 'statsu'
  fix: did you mean status? There are: new, check, explain, plan, up, deploy, releases, rollback, down, status, wait, logs, exec, backup, backups, restore, drill, move, upgrade, restart, scale, failover, simulate, secrets, jobs, doctor, install, host, bundle, verify, render, eject, completion
[2]\
""")


def test_a_command_like_no_other_gets_the_list(seaway):
    assert str(seaway("xyzzy")) == snapshot("""\
error[SW636]
  there is no command 'xyzzy'
  fix: there are: new, check, explain, plan, up, deploy, releases, rollback, down, status, wait, logs, exec, backup, backups, restore, drill, move, upgrade, restart, scale, failover, simulate, secrets, jobs, doctor, install, host, bundle, verify, render, eject, completion
[2]\
""")


def test_an_unknown_option_names_the_nearest(seaway):
    assert str(seaway("up", "--detatch")) == snapshot("""\
error[SW601]
  `seaway up` has no option --detatch
  fix: did you mean --detach? See: seaway up --help
[2]\
""")


def test_an_option_like_no_other_leads_to_the_help(seaway):
    assert str(seaway("up", "--xyzzy")) == snapshot("""\
error[SW635]
  `seaway up` has no option --xyzzy
  fix: seaway up --help
[2]\
""")


def test_a_missing_argument_is_named(seaway):
    assert str(seaway("new")) == snapshot("""\
error[SW603]
  NAME is missing
  fix: seaway new --help
[2]\
""")


def test_too_many_arguments_are_refused(seaway):
    assert str(seaway("up", "api", "db")) == snapshot("""\
error[SW604]
  `seaway up` does not know what to do with: api db
  fix: leave it out, or see: seaway up --help
[2]\
""")


def test_an_option_without_its_value_is_told(seaway):
    assert str(seaway("logs", "--tail")) == snapshot("""\
error[SW605]
  option --tail needs a value
  fix: seaway logs --help
[2]\
""")


def test_a_flag_takes_no_value(seaway):
    assert str(seaway("up", "--detach=yes")) == snapshot("""\
error[SW606]
  option --detach takes no value
  fix: write just --detach
[2]\
""")


def test_a_choice_lists_what_there_is(seaway):
    assert str(seaway("status", "--format", "xml")) == snapshot("""\
error[SW607]
  --format cannot be 'xml'
  fix: use one of: table, json, ndjson
[2]\
""")


def test_a_bare_number_is_no_time(seaway):
    """30 could be seconds, minutes or milliseconds."""
    assert str(seaway("wait", "--timeout", "30")) == snapshot("""\
error[SW608]
  --timeout is a time with its unit, not '30'
  fix: write it as 30s, 5m or 1h30m
[2]\
""")


def test_what_is_not_built_yet_says_so(seaway):
    """A command that pretends would be worse than none."""
    assert str(seaway("dashboard")) == snapshot("""\
error[SW610]
  `seaway dashboard` is not built yet
  fix: see what works today: seaway --help
[2]\
""")


def test_mistakes_are_told_in_chinese_too(seaway):
    assert str(seaway("--lang", "zh", "wait", "--timeout", "30")) == snapshot("""\
错误[SW608]
  --timeout 应为带单位的时间，而不是 '30'
  解决：写成 30s、5m 或 1h30m
[2]\
""")


@pytest.mark.parametrize(
    ("variable", "value"), [("LANG", "zh_CN.UTF-8"), ("LC_ALL", "zh_TW"), ("SEAWAY_LANG", "zh")]
)
def test_the_language_comes_from_the_environment(seaway, monkeypatch, variable, value):
    monkeypatch.setenv(variable, value)

    assert "没有名为" in seaway("statsu").err


def test_a_flag_wins_over_the_environment(seaway, monkeypatch):
    monkeypatch.setenv("LC_ALL", "zh_CN.UTF-8")

    assert "there is no command" in seaway("statsu", "--lang=en").err


def test_common_flags_work_before_and_after_the_command(seaway, write):
    write("seaway: 1\nname: shop\n")

    before = seaway("--format", "json", "check")
    after = seaway("check", "--format", "json")

    assert before == after
    assert before.out.startswith("{")


def test_common_flags_work_as_variables(seaway, write, monkeypatch):
    write("seaway: 1\nname: shop\n")
    flag = seaway("check", "--format", "json")

    monkeypatch.setenv("SEAWAY_FORMAT", "json")

    assert seaway("check") == flag


def test_no_stack_file_is_told_with_the_folder(seaway, here):
    said = seaway("check")

    assert said.status == 2
    assert said.err == (
        f"error[SW612]\n  there is no seaway.yaml in {here} or above it\n"
        "  fix: name the file with -f FILE, or begin with: seaway new NAME\n"
    )


def test_a_stack_file_is_found_in_a_folder_above(seaway, write, here, monkeypatch):
    write("seaway: 1\nname: shop\n")
    below = here / "a" / "b"
    below.mkdir(parents=True)

    monkeypatch.chdir(below)

    assert "SW612" not in seaway("check").err


def test_a_file_that_is_not_there_is_told(seaway):
    assert str(seaway("check", "-f", "nowhere.yaml")) == snapshot("""\
error[SW613]
  there is no file nowhere.yaml
  fix: check the path after -f, or in SEAWAY_FILE
[2]\
""")
