"""Pages: what is in a book, for people."""

import html
from collections.abc import Iterable
from datetime import datetime
from urllib.parse import quote

from seaway.external.book import CHINA, Callback, Message, Note, Payment, Recording, State
from seaway.external.wire import Answer

_PAGE = """<!doctype html>
<html lang="zh"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>{title}</title>
<style>
body {{ font: 15px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 62rem; padding: 0 1rem;
  color: #1c2430; background: #f6f7f9 }}
table {{ border-collapse: collapse; width: 100%; background: #fff }}
th, td {{ text-align: left; padding: .5rem .7rem; border-bottom: 1px solid #e3e6ea;
  vertical-align: top; white-space: pre-line }}
th, td:first-child {{ white-space: nowrap }}
th {{ font-weight: 600; color: #5a6472 }}
button {{ font: inherit; padding: .3rem 1rem; border: 0; border-radius: .3rem; color: #fff;
  background: #07793f; cursor: pointer }}
input {{ font: inherit; padding: .3rem .5rem; border: 1px solid #b9c0c9; border-radius: .3rem }}
small {{ color: #5a6472 }}
tr:target {{ outline: 2px solid #07793f }}
</style>
<h1>{title}</h1>
<p>模拟服务，没有真实的付款或发送。<small>A simulator: nothing was really paid or sent.</small></p>
{content}
</html>
"""
_POLICY = "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'"


def page(title: str, content: str) -> Answer:
    """A whole page; `content` is HTML."""
    return Answer(
        body=_PAGE.format(title=html.escape(title), content=content).encode(),
        kind="text/html; charset=utf-8",
        headers={"content-security-policy": _POLICY, "cache-control": "no-store",
                 "x-frame-options": "DENY"},
    )  # fmt: skip


def table(head: Iterable[str], rows: Iterable[str], nothing: str) -> str:
    """Rows of HTML under headings; `nothing` where there are none."""
    body = "".join(rows)
    named = "".join(f"<th>{html.escape(each)}</th>" for each in head)
    return f"<table><tr>{named}</tr>{body}</table>" if body else f"<p>{html.escape(nothing)}</p>"


def row(cells: Iterable[str]) -> str:
    """One row of plain texts."""
    return f"<tr>{''.join(f'<td>{html.escape(each)}</td>' for each in cells)}</tr>"


def payments(found: Iterable[Payment]) -> str:
    """Orders, each with a button as long as it is open."""
    head = ("订单 Order", "金额 Amount", "状态 State", "回调 Callbacks")
    return table(head, (_payment(each) for each in found), "还没有订单。No orders yet.")


def messages(found: Iterable[Message | Note]) -> str:
    """What was sent."""
    head = ("时间 Time", "收件人 To", "内容 Message")
    rows = (row((shown_time(each.at), each.to, whole(each))) for each in found)
    return table(head, rows, "还没有发送任何内容。Nothing was sent yet.")


def recordings(found: Iterable[Recording]) -> str:
    """What meetings left behind, and a button that makes another."""
    head = ("会议 Meeting", "录制 Recording", "事件 Events")
    rows = (
        f"<tr><td>{html.escape(each.subject)}<br><small>{each.code}</small></td>"
        f"<td>{each.file}<br><small>{html.escape(each.media_type)}, {len(each.content)} B</small>"
        f"</td><td>{''.join(_callback(one) for one in each.callbacks)}</td></tr>"
        for each in found
    )
    form = (
        '<form method="post" action="/inbox/recordings"><p>'
        '<input name="subject" value="周会 Weekly" aria-label="会议主题 Subject"> '
        '<input name="said" size="60" value="李伟：三点发布新版。王芳：我写公告。" '
        'aria-label="会上说的话 What was said"> '
        "<button>结束一场录制 Finish a recording</button></p></form>"
    )
    return form + table(head, rows, "还没有录制。No recordings yet.")


def whole(message: Message | Note) -> str:
    """Subject and text."""
    subject = message.subject if isinstance(message, Note) else ""
    return f"{subject}\n{message.text}".strip()


def shown_time(moment: datetime) -> str:
    """As it is in China."""
    return moment.astimezone(CHINA).isoformat()


def _payment(payment: Payment) -> str:
    order, subject = html.escape(payment.order), html.escape(payment.subject)
    action = f"/inbox/payments/{quote(payment.order, safe='')}/pay"
    button = f'<form method="post" action="{html.escape(action)}"><button>付款 Pay</button></form>'
    callbacks = "".join(_callback(each) for each in payment.callbacks)
    shown = payment.state if payment.state is not State.OPEN else button
    return (
        f'<tr id="{order}"><td>{order}<br><small>{subject} · {html.escape(payment.kind)}</small>'
        f"</td><td>¥{payment.amount / 100:.2f}</td><td>{shown}</td><td>{callbacks}</td></tr>"
    )


def _callback(callback: Callback) -> str:
    said = f"{callback.about}: {callback.state} ({len(callback.tries)} ×)"
    if callback.tries and callback.state != "answered":
        said += f", {callback.tries[-1].outcome}"
    return f"<div>{html.escape(said)}<br><small>{html.escape(callback.url)}</small></div>"
