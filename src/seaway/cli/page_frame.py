"""Frame: what all reports as HTML have: both languages and a switch, no scripts, one look."""

from html import escape

from seaway.messages import Language, say


def framed(title: str, language: Language, main: str, style: str = "") -> str:
    """The whole page; it opens in `language`, and a switch shows the other.

    `title` is plain text, `main` HTML, and `style` comes after that of all pages.
    """
    chosen = {each: " checked" if each is language else "" for each in Language}
    return f"""<!doctype html>
<html lang="{language}">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{escape(title)}</title>
<style>{STYLE}{style}</style>
<input type="radio" name="language" id="en"{chosen[Language.EN]}>
<input type="radio" name="language" id="zh"{chosen[Language.ZH]}>
<nav><label for="en">English</label><label for="zh">中文</label></nav>
<main>
{main}
</main>
</html>
"""


def both(code: str, /, **facts: object) -> str:
    """Words of the catalogue."""
    return spans(*(say(code, facts, each).text for each in Language))


def spans(en: str, zh: str) -> str:
    """Plain text, in both languages; one is seen."""
    return f'<span lang="en">{escape(en)}</span><span lang="zh">{escape(zh)}</span>'


STYLE = """
:root { color-scheme: light dark; --text: #1d2329; --soft: #5a6570; --page: #f6f7f8;
  --card: #fff; --edge: #dde2e6; --passed: #157347; --failed: #b3261e; --later: #6b7680; }
@media (prefers-color-scheme: dark) { :root { --text: #e6e9ec; --soft: #9aa5af; --page: #15181b;
  --card: #1d2125; --edge: #343a40; --passed: #54c08a; --failed: #ff8a80; --later: #8f9aa4; } }
* { box-sizing: border-box; margin: 0; padding: 0; }
body { background: var(--page); color: var(--text); line-height: 1.5;
  font: 16px/1.5 system-ui, "PingFang SC", "Microsoft YaHei", "Noto Sans CJK SC", sans-serif; }
input { position: absolute; opacity: 0; }
#en:checked ~ main [lang=zh], #zh:checked ~ main [lang=en] { display: none; }
nav { display: flex; justify-content: flex-end; gap: 1rem; max-width: 52rem; margin: 0 auto;
  padding: 1rem 1.25rem 0; }
nav label { cursor: pointer; color: var(--soft); }
#en:checked ~ nav [for=en], #zh:checked ~ nav [for=zh] { color: var(--text); font-weight: 600; }
#en:focus-visible ~ nav [for=en], #zh:focus-visible ~ nav [for=zh] { outline: 2px solid; }
main { max-width: 52rem; margin: 0 auto; padding: 1rem 1.25rem 3rem; }
h1 { font-size: 1.75rem; line-height: 1.25; }
.verdict { font-size: 1.125rem; font-weight: 600; margin: .25rem 0 1rem; }
.good, .passed .sign, .passed .outcome > span, .counts .passed b { color: var(--passed); }
.bad, .failed .sign, .failed .outcome > span, .counts .failed b, .not-tried .sign,
.not-tried .outcome > span, .counts .not-tried b { color: var(--failed); }
.not-yet .sign, .not-yet .outcome > span, .counts .not-yet b { color: var(--later); }
.counts { display: flex; flex-wrap: wrap; gap: .5rem 1.5rem; list-style: none; }
.counts b { font-size: 1.25rem; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: 0 1rem; margin: 1rem 0 1.5rem;
  font-size: .875rem; }
dt { color: var(--soft); }
dd { overflow-wrap: anywhere; }
ol { list-style: none; }
.line { display: flex; gap: .75rem; background: var(--card); border: 1px solid var(--edge);
  border-radius: 8px; padding: .75rem 1rem; margin-bottom: .5rem; break-inside: avoid; }
.line.failed, .line.not-tried { border-color: var(--failed); }
.sign { font-weight: 700; width: 1.25rem; text-align: center; flex: none; }
h2 { font-size: 1rem; font-weight: 600; }
.not-yet h2 { font-weight: 400; color: var(--soft); }
.outcome { font-size: .8125rem; color: var(--soft); }
.outcome i { font-style: normal; margin-left: .75rem; }
.seen { margin-top: .25rem; overflow-wrap: anywhere; }
.not-yet .seen { color: var(--soft); }
.figures { display: flex; flex-wrap: wrap; gap: .25rem .5rem; list-style: none;
  margin-top: .375rem; font-size: .8125rem; }
.figures li { background: var(--page); border-radius: 4px; padding: .0625rem .5rem;
  color: var(--soft); }
.figures b { color: var(--text); font-variant-numeric: tabular-nums; }
footer { color: var(--soft); font-size: .8125rem; margin-top: 1.5rem; }
@media print { nav { display: none; } .line { border-width: 0 0 1px; border-radius: 0; } }
"""
