"""Help in both languages; every command has a page with an example."""

import pytest
from inline_snapshot import snapshot

from seaway.cli.jobs import TABLE as JOBS
from seaway.cli.main import COMMANDS, LATER
from seaway.cli.page import width, wrapped
from seaway.cli.secrets import TABLE

PAGES = [(name,) for name in COMMANDS if not name.startswith("_")]
PAGES += [("secrets", name) for name in TABLE] + [("jobs", name) for name in JOBS]


def test_the_first_page(seaway):
    assert str(seaway("--help")) == snapshot("""\
Usage: seaway [OPTIONS] COMMAND [ARGS]...

Run a system described in one file: on this machine, in containers, in a
cluster.

Commands:
  new         Write a small project that runs.
  check       Find mistakes in the stack file.
  explain     Show each setting and where it comes from.
  plan        Show what `up` would do.
  up          Start the stack, or bring it to what the file says now.
  deploy      Bring the stack to what the file says, and report what that cost.
  releases    List the releases that can be gone back to, the newest first.
  rollback    Go back to an earlier release: its code, routes, settings and
              versions of secrets.
  down        Stop everything, in reverse order of starting.
  status      Show what is running.
  wait        Wait until parts are ready.
  logs        Show what the parts wrote.
  exec        Run a command where a service runs.
  backup      Save the data of stores now, and check it by reading it back.
  backups     List the backups, the newest last.
  restore     Bring data back, exactly or not at all.
  drill       Try whether the backups restore.
  move        Take the data of the stack to another environment of this machine.
  upgrade     Bring the data of a store to the version of the server here.
  restart     Replace running instances by new ones of the same.
  scale       Change how many instances a service has.
  failover    Let a standby take over from the leader of a store.
  simulate    Replay a load against the scaling rules.
  secrets     Keep passwords and keys, encrypted.
  jobs        Look into the queues behind the workers.
  doctor      Find what is wrong, with cause and remedy.
  install     Have systemd keep the supervisor of this stack.
  host        Other machines that stacks run on.
  bundle      Write everything a stack runs from to one file.
  verify      Try the acceptance list of a stack on the running system.
  render      Write the files that another tool runs the stack by, without
              Seaway.
  eject       Hand a stack on the target docker over to Compose, to go on
              without Seaway.
  completion  Print a script that completes commands in a shell.

Options:
  --version  Show the version.

Common options, before or after the command, each also as SEAWAY_<NAME>:
  -f, --file FILE             The stack file. Default: seaway.yaml, here or in a
                              folder above.
  -e, --environment NAME      The environment of the file to use. Default:
                              local.
  --set PATH=VALUE            Override a setting: --set services.api.replicas=2.
                              May be repeated.
  -y, --yes                   Answer yes to every question.
  --dry-run                   Show what would be done and do nothing.
  --format table|json|ndjson  How data is shown.
  --timeout TIME              How long it may take: 30s, 5m.
  -v, --verbose               Tell more.
  -q, --quiet                 Tell only what went wrong.
  --lang en|zh                Language of what is said: en or zh. Default: from
                              LANG.
  --no-color                  No colours, as with the variable NO_COLOR.
  -h, --help                  Show this page.

Examples:
  seaway new shop
  seaway up
  seaway status --format json
  seaway logs api --follow
[0]\
""")


def test_the_first_page_in_chinese(seaway):
    assert str(seaway("--help", "--lang", "zh")) == snapshot("""\
用法：seaway [选项] COMMAND [ARGS]...

用一个文件描述整个系统，并在本机、容器或集群中运行它。

命令：
  new         生成一个可以直接运行的小项目。
  check       检查栈文件中的错误。
  explain     显示每项设置的值及其来源。
  plan        显示 up 将要做什么。
  up          启动整个应用栈，或让它变成文件现在描述的样子。
  deploy      让应用栈变成文件现在描述的样子，并报告这次部署的代价。
  releases    列出可以回滚到的版本，最新的在前。
  rollback    回到更早的版本：包括其代码、路由、设置和密钥版本。
  down        按启动的相反顺序停止所有服务。
  status      显示正在运行的内容。
  wait        等待服务就绪。
  logs        查看日志。
  exec        在服务的运行环境中执行命令。
  backup      立即保存存储的数据，并读回核对。
  backups     列出备份，最新的在后。
  restore     恢复数据，要么完全一致，要么拒绝。
  drill       检验备份能否恢复。
  move        把应用栈的数据迁移到本机的另一个环境。
  upgrade     把存储的数据升级到这里的服务器版本。
  restart     用同样的新实例替换正在运行的实例。
  scale       调整服务的实例数量。
  failover    让备库接替主库。
  simulate    用一段负载演练伸缩规则。
  secrets     加密保存密码和密钥。
  jobs        查看 worker 背后的任务队列。
  doctor      查找问题，给出原因和解决办法。
  install     让 systemd 看护该应用栈的守护进程。
  host        运行应用栈的其他机器。
  bundle      把应用栈运行所需的一切写入一个文件。
  verify      在正在运行的系统上逐项执行验收清单。
  render      生成其他工具运行此应用栈所需的文件，不再依赖 Seaway。
  eject       把 docker 目标上的应用栈移交给 Compose，之后不再依赖 Seaway。
  completion  输出用于命令行补全的脚本。

选项：
  --version  显示版本号。

通用选项，写在命令之前或之后均可，也可用 SEAWAY_<名称> 变量设置：
  -f, --file FILE             栈文件。默认：当前目录或上级目录中的 seaway.yaml。
  -e, --environment NAME      使用文件中的哪个环境。默认：local。
  --set PATH=VALUE            覆盖一项设置：--set services.api.replicas=2。可重
                              复使用。
  -y, --yes                   对所有询问回答“是”。
  --dry-run                   只显示将要做什么，不实际执行。
  --format table|json|ndjson  数据的显示格式。
  --timeout TIME              最长等待时间：30s、5m。
  -v, --verbose               显示更多信息。
  -q, --quiet                 只显示错误。
  --lang en|zh                显示语言：en 或 zh。默认取自 LANG。
  --no-color                  不使用颜色，与变量 NO_COLOR 相同。
  -h, --help                  显示本页。

示例：
  seaway new shop
  seaway up
  seaway status --format json
  seaway logs api --follow
[0]\
""")


def test_the_page_of_a_command(seaway):
    assert str(seaway("up", "--help")) == snapshot("""\
Usage: seaway up [OPTIONS]

Start the stack, or bring it to what the file says now.

Returns when everything is ready with -d; otherwise stays, shows what happens,
and Ctrl-C takes the stack down (its data is kept).

Options:
  -d, --detach  Return when everything is ready; the stack goes on.

Also, as described by seaway --help: -f, -e, --set, -y, --dry-run, --format,
--timeout, -v, -q, --lang, --no-color, -h

Examples:
  seaway up
  seaway up -d --timeout 5m
  seaway up --dry-run
[0]\
""")


def test_the_page_of_a_command_in_chinese(seaway):
    assert str(seaway("up", "--help", "--lang", "zh")) == snapshot("""\
用法：seaway up [选项]

启动整个应用栈，或让它变成文件现在描述的样子。

使用 -d 时，全部就绪后返回；否则留在前台显示进展，按 Ctrl-C 停止应用栈（数据会保
留）。

选项：
  -d, --detach  全部就绪后返回，应用栈在后台继续运行。

还可使用（说明见 seaway --help）：-f, -e, --set, -y, --dry-run, --format,
--timeout, -v, -q, --lang, --no-color, -h

示例：
  seaway up
  seaway up -d --timeout 5m
  seaway up --dry-run
[0]\
""")


def test_no_command_shows_the_first_page(seaway):
    assert seaway() == seaway("--help")


@pytest.mark.parametrize("lang", ["en", "zh"])
@pytest.mark.parametrize("page", PAGES, ids=" ".join)
def test_every_command_has_a_page_with_an_example(seaway, page, lang):
    said = seaway(*page, "--help", "--lang", lang)

    assert said.status == 0
    assert f"\n  seaway {' '.join(page)}" in said.out.replace("pass show smtp | ", "")
    assert all(width(line) <= 80 for line in said.out.splitlines())


def test_what_is_not_built_is_not_offered(seaway):
    listed = {line.split()[0] for line in seaway("--help").out.splitlines() if line[:2] == "  "}

    assert not listed & LATER


@pytest.mark.parametrize(
    "text", ["one two three four", "一二三四五六，七八。", "混合 mixed 文字 text。"]
)
@pytest.mark.parametrize("columns", [7, 10, 23])
def test_wrapped_lines_fit_and_lose_nothing(text, columns):
    lines = wrapped(text, columns)

    assert all(width(line) <= columns for line in lines)
    assert "".join(lines).replace(" ", "") == text.replace(" ", "")


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_knows_the_program(seaway, shell):
    said = seaway("completion", shell)

    assert said.status == 0
    assert "_SEAWAY_COMPLETE" in said.out
    assert said.err == ""
