"""The page of all commands: each with its live `--help`, and the table of exit statuses."""

# ruff: noqa: RUF001 -- Chinese punctuation is not a mistaken comma

import contextlib
import io
from collections.abc import Iterator, Mapping

from seaway.cli.main import COMMANDS, LATER, run
from seaway.cli.secrets import TABLE
from seaway.errors import SeawayError
from seaway.messages import Language, say
from tools.reference.markdown import code, slug, table

Texts = Mapping[Language, str]

TITLE: Texts = {Language.EN: "Commands", Language.ZH: "命令"}
MADE: Texts = {
    Language.EN: "*This page is generated from `--help`; `just docs` writes it.*\n",
    Language.ZH: "*本页由程序根据 `--help` 生成，用 `just docs` 更新。*\n",
}
INTRO: Texts = {
    Language.EN: "Data goes to standard output, everything else to standard error.\n"
    "Without a terminal and without `-y`, a command that needs a yes ends at once with 2; "
    "it never hangs.\n",
    Language.ZH: "数据写到标准输出，其余内容写到标准错误。\n"
    "没有终端、又没有加 `-y` 时，需要确认的命令会立即以退出码 2 结束，不会一直等待。\n",
}
NOT_BUILT: Texts = {
    Language.EN: "Not built yet, and each says so with [SW610](findings.md#SW610): ",
    Language.ZH: "以下命令尚未实现，执行时会提示 [SW610](findings.md#SW610)：",
}
HEADS: Mapping[Language, tuple[str, str]] = {
    Language.EN: ("command", "what it does"),
    Language.ZH: ("命令", "作用"),
}
STATUSES: Texts = {Language.EN: "Exit statuses", Language.ZH: "退出码"}
STATUS_HEADS: Mapping[Language, tuple[str, str]] = {
    Language.EN: ("status", "meaning"),
    Language.ZH: ("退出码", "含义"),
}
MEANINGS: Mapping[int, Mapping[Language, str]] = {
    0: {Language.EN: "Done.", Language.ZH: "完成。"},
    1: {Language.EN: "Failed; what failed is told.", Language.ZH: "失败，并说明原因。"},
    2: {Language.EN: "Asked for in a way that cannot be, or the stack file has errors.",
        Language.ZH: "用法有误，或栈文件有错误。"},
    3: {Language.EN: "`plan --exit-code`: something would change.",
        Language.ZH: "`plan --exit-code`：有改动。"},
    4: {Language.EN: "There are findings at or above the threshold.",
        Language.ZH: "有达到所设级别的问题。"},
    5: {Language.EN: "The new release did not get ready; the old one serves.",
        Language.ZH: "新版本未能就绪；旧版本仍在服务。"},
    6: {Language.EN: "The new release did not get ready, and the old one did not come back.",
        Language.ZH: "新版本未能就绪，旧版本也未能恢复。"},
    7: {Language.EN: "Nothing is running.", Language.ZH: "没有任何内容在运行。"},
    8: {Language.EN: "Another supervisor keeps this stack.",
        Language.ZH: "该应用栈已由另一个守护进程管理。"},
    17: {Language.EN: "What was awaited did not come in time.", Language.ZH: "等待超时。"},
    18: {Language.EN: "What was awaited has failed.", Language.ZH: "所等的部分失败了。"},
    130: {Language.EN: "Interrupted by Ctrl-C.", Language.ZH: "被 Ctrl-C 中断。"},
}  # fmt: skip
EXEC: Texts = {
    Language.EN: "`exec` ends with the status of the command that it ran.\n",
    Language.ZH: "`exec` 的退出码就是所执行命令的退出码。\n",
}


def names() -> tuple[str, ...]:
    """All commands that are listed, with those of `secrets` after it."""
    return tuple(_names())


def statuses(error: type[SeawayError] = SeawayError) -> frozenset[int]:
    """Every status an error can end with."""
    return frozenset({error.status}).union(*map(statuses, error.__subclasses__()))


def help_of(name: str, language: Language) -> str:
    """What `seaway NAME --help` prints; of the program itself for an empty name."""
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        run([*name.split(), "--help", "--lang", language])
    return printed.getvalue()


def page(language: Language) -> str:
    """The whole page in one language."""
    text = f"# {TITLE[language]}\n\n{MADE[language]}\n{INTRO[language]}\n"
    text += table(HEADS[language], [_row(name, language) for name in names()])
    text += f"\n{NOT_BUILT[language]}{', '.join(map(code, sorted(LATER)))}.\n"
    for name in ("", *names()):
        heading = f"seaway {name}".strip()
        text += f"\n## {heading}\n\n```text\n{help_of(name, language)}```\n"
    rows = [(str(status), words[language]) for status, words in MEANINGS.items()]
    text += f"\n## {STATUSES[language]}\n\n{table(STATUS_HEADS[language], rows)}"
    return f"{text}\n{EXEC[language]}"


def _row(name: str, language: Language) -> tuple[str, str]:
    summary = say(f"help {name}", {}, language).text.partition("\n")[0]
    return f"[`{name}`](#{slug(f'seaway {name}')})", summary


def _names() -> Iterator[str]:
    for name in COMMANDS:
        if not name.startswith("_"):
            yield name
        if name == "secrets":
            yield from (f"secrets {inner}" for inner in TABLE)
