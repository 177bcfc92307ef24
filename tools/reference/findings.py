"""The page of all codes: what each says and how it is mended, from the catalogue of messages."""

# ruff: noqa: RUF001 -- Chinese punctuation is not a mistaken comma

import re
from collections.abc import Mapping

from seaway.messages import Language
from seaway.messages.say import CATALOGUE
from seaway.messages.words import Words
from tools.reference.markdown import table

Texts = Mapping[Language, str]

AREAS: Mapping[tuple[int, int], Texts] = {
    (100, 124): {Language.EN: "Reading the stack file", Language.ZH: "读取栈文件"},
    (125, 149): {Language.EN: "Values in the stack file", Language.ZH: "栈文件中的值"},
    (150, 199): {Language.EN: "What the stack file means", Language.ZH: "栈文件的含义"},
    (200, 299): {Language.EN: "This machine", Language.ZH: "本机"},
    (300, 399): {Language.EN: "Servers that Seaway brings", Language.ZH: "Seaway 自带的服务器"},
    (400, 499): {Language.EN: "Ingress", Language.ZH: "入口"},
    (500, 599): {Language.EN: "A running stack", Language.ZH: "运行中的应用栈"},
    (600, 639): {Language.EN: "Command line", Language.ZH: "命令行"},
    (640, 699): {Language.EN: "What doctor finds", Language.ZH: "doctor 的诊断"},
    (700, 799): {Language.EN: "Secrets", Language.ZH: "密钥"},
    (800, 899): {Language.EN: "Jobs", Language.ZH: "任务队列"},
    (900, 999): {Language.EN: "Verify", Language.ZH: "验收"},
}
"""By the first and the last number."""

TITLE: Texts = {Language.EN: "Findings", Language.ZH: "提示一览"}
INTRO: Texts = {
    Language.EN: "Everything Seaway reports has a code that stays the same.\n"
    "Names in braces are filled in when it is said.\n"
    "Where nothing stands under *fix*, nothing has to be done.\n",
    Language.ZH: "Seaway 的每条提示都有固定不变的编号。\n"
    "花括号中的名称在显示时会换成实际内容。\n"
    "“解决办法”一栏为空，表示无需处理。\n",
}
MADE: Texts = {
    Language.EN: "*This page is generated from the messages; `just docs` writes it.*\n",
    Language.ZH: "*本页由程序根据提示信息生成，用 `just docs` 更新。*\n",
}
HEADS: Mapping[Language, tuple[str, str, str]] = {
    Language.EN: ("code", "what it says", "fix"),
    Language.ZH: ("编号", "内容", "解决办法"),
}


def codes() -> tuple[str, ...]:
    """All codes of findings, errors and events, in order."""
    return tuple(sorted(code for code in CATALOGUE if re.fullmatch(r"SW\d{3}", code)))


def page(language: Language) -> str:
    """The whole page in one language."""
    text = f"# {TITLE[language]}\n\n{MADE[language]}\n{INTRO[language]}"
    for (first, last), title in AREAS.items():
        mine = [code for code in codes() if first <= int(code[2:]) <= last]
        rows = [_row(code, language) for code in mine]
        text += f"\n## {title[language]}\n\n{table(HEADS[language], rows)}"
    return text


def _row(code: str, language: Language) -> tuple[str, str, str]:
    said, fix = _said(CATALOGUE[code], language)
    return f'<a id="{code}"></a>{code}', _shown(said), _shown(fix)


def _said(words: Words, language: Language) -> tuple[str, str]:
    if language is Language.ZH:
        return words.zh, words.fix_zh
    return words.en, words.fix_en


def _shown(text: str) -> str:
    """As it reads, with doubled braces as they come out; HTML in it is text."""
    plain = text.replace("{{", "{").replace("}}", "}")
    return plain.replace("<", "&lt;").replace("*", "\\*")
