"""The mails and texts of this machine as their recipients would see them: a list beside the one that is open."""

from __future__ import annotations

import json
from email import message_from_string, policy
from email.message import EmailMessage
from html import escape
from typing import Any
from urllib.parse import urlencode

from infra.local.ses_events import BY_PEOPLE
from infra.local.sink import Sink
from infra.local.wire import Answer, Request

PAGE_ENTRIES = 50
SANDBOX = "allow-popups allow-popups-to-escape-sandbox"
NEW_PAGE = "<base target=_blank>"

WORDS = {
    "en": {
        "title": "Local mailbox",
        "filter": "Recipient",
        "search": "Show",
        "empty": "Nothing has been sent yet.",
        "nothing": "Choose a message.",
        "from": "From",
        "to": "To",
        "date": "Date",
        "plain": "Plain text",
        "html": "As shown",
        "headers": "Headers",
        "older": "Older",
        "newest": "Newest",
        "all": "All",
        "mail": "Mail",
        "sms": "Texts",
        "push": "Pushes",
        "note": "Messages of this machine. None of them has left it.",
        "other": "中文",
        "no_html": "This mail has no HTML part.",
        "no_plain": "This mail has no plain part.",
        "real": "Handed over",
        "chain": "Chain",
        "delivery": "Delivery",
        "missing": "There is no such message.",
        "Open": "Tell that it was opened",
        "Click": "Tell that a link was followed",
        "answer": "Answer as the guest",
        "words": "Words",
        "files": "Pictures and files",
        "send": "Send the answer",
        "stop": "Stop such mails by mail",
        "answered": "The mail has come in. It is in the guest's thread in a moment.",
    },
    "zh": {
        "title": "本机邮箱",
        "filter": "收件人",
        "search": "查看",
        "empty": "还没有发送任何消息。",
        "nothing": "请选择一条消息。",
        "from": "发件人",
        "to": "收件人",
        "date": "日期",
        "plain": "纯文本",
        "html": "显示效果",
        "headers": "邮件头",
        "older": "更早",
        "newest": "最新",
        "all": "全部",
        "mail": "邮件",
        "sms": "短信",
        "push": "推送",
        "note": "这些是本机上的消息，均未真正发出。",
        "other": "English",
        "no_html": "这封邮件没有 HTML 部分。",
        "no_plain": "这封邮件没有纯文本部分。",
        "real": "实际提交时间",
        "chain": "集团",
        "delivery": "投递编号",
        "missing": "没有这条消息。",
        "Open": "告知已打开",
        "Click": "告知已点击链接",
        "answer": "以客人身份回复",
        "words": "正文",
        "files": "照片和文件",
        "send": "发送回复",
        "stop": "以邮件退订此类邮件",
        "answered": "邮件已收到，稍后会出现在客人的往来消息中。",
    },
}

STYLE = """
:root{color-scheme:light dark;--line:#d5d9de;--soft:#f3f5f7;--ink:#1b2026;--dim:#5b6570;--accent:#0b57d0;--page:#fff}
@media(prefers-color-scheme:dark){:root{--line:#3a424b;--soft:#20262c;--ink:#e8ebee;--dim:#a3adb8;--accent:#8ab4f8;
--page:#14181c}}
*{box-sizing:border-box}body{margin:0;font:15px/1.5 system-ui,"PingFang SC","Microsoft YaHei",sans-serif;
color:var(--ink);background:var(--page)}a{color:var(--accent)}
header{display:flex;flex-wrap:wrap;gap:.5rem 1rem;align-items:center;padding:.7rem 1rem;
border-bottom:1px solid var(--line)}
h1{font-size:1.1rem;margin:0}.note{color:var(--dim);font-size:.85rem}form{display:flex;gap:.4rem;margin-left:auto}
input,button{font:inherit;padding:.3rem .6rem;border:1px solid var(--line);border-radius:.4rem;background:var(--page);
color:inherit}nav a{margin-right:.7rem}nav a[aria-current]{font-weight:600;color:var(--ink);text-decoration:none}
main{display:grid;grid-template-columns:minmax(16rem,24rem) 1fr;min-height:calc(100vh - 4rem)}
@media(max-width:52rem){main{grid-template-columns:1fr}}
.list{border-right:1px solid var(--line);margin:0;padding:0;list-style:none}
.list a{display:block;padding:.6rem 1rem;border-bottom:1px solid var(--line);color:inherit;text-decoration:none}
.list a[aria-current]{background:var(--soft);box-shadow:inset 3px 0 var(--accent)}
.list span{display:block;overflow:hidden;text-overflow:ellipsis;white-space:nowrap}
.dim{color:var(--dim);font-size:.85rem}article{padding:1rem;min-width:0}
article h2{margin:.2rem 0 .6rem;font-size:1.2rem}
dl{display:grid;grid-template-columns:max-content 1fr;gap:.1rem .8rem;margin:0 0 1rem;overflow-wrap:anywhere}
dt{color:var(--dim)}dd{margin:0}iframe{width:100%;height:60vh;border:1px solid var(--line);border-radius:.5rem;
background:#fff}details{margin-top:1rem}summary{cursor:pointer;font-weight:600}
.answer{display:grid;gap:.6rem;margin:.6rem 0;max-width:36rem}label{display:grid;gap:.2rem}textarea{font:inherit;
width:100%;padding:.4rem .6rem;border:1px solid var(--line);border-radius:.4rem;background:var(--page);color:inherit}
pre{white-space:pre-wrap;overflow-wrap:anywhere;background:var(--soft);padding:.8rem;border-radius:.5rem}
.phone{max-width:24rem;background:var(--soft);border:1px solid var(--line);border-radius:1.6rem;padding:1.4rem 1rem}
.bubble{background:var(--page);border:1px solid var(--line);border-radius:1rem 1rem 1rem .2rem;padding:.6rem .9rem;
white-space:pre-wrap;overflow-wrap:anywhere}
"""


def page(sink: Sink, request: Request) -> Answer:
    """The list of messages, newest first, and the one that is open."""
    language = "zh" if request.parameter("lang") == "zh" else "en"
    words = WORDS[language]
    kept = {name: request.parameter(name) for name in ("recipient", "kind", "cursor") if request.parameter(name)}
    cursor = kept.get("cursor", "0")
    filters = {name: value for name, value in kept.items() if name != "cursor"}
    entries, has_more = sink.page(filters, PAGE_ENTRIES, int(cursor) if cursor.isdigit() else 0, newest_first=True)
    wanted = request.parameter("id")
    shown = sink.one(int(wanted)) if wanted.isdigit() else None

    def link(**changed: str) -> str:
        return escape("?" + urlencode({**kept, "lang": language, **changed}), quote=True)

    nothing = f"<p class=dim>{words['missing' if wanted else 'nothing']}</p>"
    content = entry_html(shown, words, language) if shown else nothing
    if shown and request.parameter("answered"):
        content = f"<p role=status><strong>{words['answered']}</strong></p>{content}"
    rows = "".join(row_html(entry, words, link, wanted) for entry in entries)
    older = ""
    if has_more:
        older = f"<li><a href='{link(cursor=str(int(entries[-1]['id'][4:])))}'>{words['older']}</a></li>"
    elif not entries:
        rows = f"<li><p style='padding:0 1rem' class=dim>{words['empty']}</p></li>"
    kinds = "".join(
        f"<a href='{link(kind=kind, cursor='')}'{' aria-current=true' if kept.get('kind', '') == kind else ''}>"
        f"{words[word]}</a>"
        for kind, word in (("", "all"), ("mail", "mail"), ("sms", "sms"), ("push", "push"))
    )
    text = (
        f"<!doctype html><html lang={'zh-CN' if language == 'zh' else 'en'}><meta charset=utf-8>"
        "<meta name=viewport content='width=device-width,initial-scale=1'>"
        f"<title>{words['title']}</title><style>{STYLE}</style>"
        f"<header><h1>{words['title']}</h1><nav>{kinds}</nav><span class=note>{words['note']}</span>"
        f"<form><input type=hidden name=lang value={language}>"
        f"<input name=recipient type=search aria-label='{words['filter']}' placeholder='{words['filter']}'"
        f" value='{escape(kept.get('recipient', ''), quote=True)}'><button>{words['search']}</button></form>"
        f"<a href='{link(lang='en' if language == 'zh' else 'zh', id=wanted)}'>{words['other']}</a></header>"
        f"<main><ul class=list>{rows}{older}</ul><article>{content}</article></main></html>"
    )
    headers = {
        "Content-Type": "text/html; charset=utf-8",
        "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-src 'self'; "
        "form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
        "Referrer-Policy": "no-referrer",
        "Cache-Control": "no-store",
    }
    return Answer(200, headers, text.encode())


def row_html(entry: dict[str, Any], words: dict[str, str], link: Any, wanted: str) -> str:
    """One line of the list."""
    number = str(int(entry["id"][4:]))
    current = " aria-current=true" if number == wanted else ""
    title = entry["raw"] if entry["kind"] == "sms" else entry["subject"]
    return (
        f"<li><a href='{link(id=number)}'{current}><span>{escape(title) or '—'}</span>"
        f"<span class=dim>{escape(entry['recipient'])}</span>"
        f"<span class=dim>{words[entry['kind']]} · {escape(entry['chain_time'] or entry['accepted_at'])}</span>"
        "</a></li>"
    )


def entry_html(entry: dict[str, Any], words: dict[str, str], language: str) -> str:
    """One message as a person sees it, and what is behind it."""
    facts = {
        words["from"]: entry["sender"],
        words["to"]: entry["recipient"],
        words["date"]: entry["chain_time"],
        words["real"]: entry["accepted_at"],
        words["chain"]: entry["chain_id"],
        words["delivery"]: entry["delivery_id"],
    }
    listed = "".join(f"<dt>{name}</dt><dd>{escape(value)}</dd>" for name, value in facts.items() if value)
    if entry["kind"] == "push":
        body = escape(json.loads(entry["raw"])["default"])
        bubble = f"<div class=bubble><strong>{escape(entry['subject'])}</strong><br>{body}</div>"
        return f"<dl>{listed}</dl><div class=phone>{bubble}</div>"
    if entry["kind"] == "sms":
        return f"<dl>{listed}</dl><div class=phone><div class=bubble>{escape(entry['raw'])}</div></div>"
    mail = message_from_string(entry["raw"], policy=policy.default)
    html, plain = part(mail, "html"), part(mail, "plain")
    shown = (
        # No scripts and no forms, as in a mail program; a link opens a page of its own.
        f"<iframe sandbox='{SANDBOX}' title='{words['html']}' srcdoc='{escape(NEW_PAGE + html, quote=True)}'></iframe>"
        if html
        else f"<p class=dim>{words['no_html']}</p>"
    )
    behind = f"<pre>{escape(plain)}</pre>" if plain else f"<p class=dim>{words['no_plain']}</p>"
    headers = "\n".join(f"{name}: {value}" for name, value in entry["headers"].items())
    number = int(entry["id"][4:])
    told = "".join(f"<button name=event value={name}>{words[name]}</button>" for name in BY_PEOPLE)
    return (
        f"<h2>{escape(entry['subject'])}</h2><dl>{listed}</dl>{shown}"
        f"<form method=post action=/_hospes/mailbox style='margin:.6rem 0'><input type=hidden name=id value={number}>"
        f"<input type=hidden name=lang value={language}>{told}</form>{answer_form(entry, words, language)}"
        f"<details{'' if html else ' open'}><summary>{words['plain']}</summary>{behind}</details>"
        f"<details><summary>{words['headers']}</summary><pre>{escape(headers)}</pre></details>"
    )


def answer_form(entry: dict[str, Any], words: dict[str, str], language: str) -> str:
    """Where a person answers a mail as its recipient would, if it says where to."""
    if "Reply-To" not in entry["headers"]:
        return ""
    number = int(entry["id"][4:])
    stop = f"<button name=wish value=stop>{words['stop']}</button>" if "mailto:" in str(entry["headers"]) else ""
    return (
        f"<details><summary>{words['answer']}</summary>"
        "<form class=answer method=post action=/_hospes/mailbox enctype=multipart/form-data>"
        f"<input type=hidden name=id value={number}><input type=hidden name=lang value={language}>"
        f"<label>{words['words']}<textarea name=text rows=4></textarea></label>"
        f"<label>{words['files']}<input type=file name=file multiple></label>"
        f"<div><button name=wish value=answer>{words['send']}</button> {stop}</div></form></details>"
    )


def part(mail: EmailMessage, kind: str) -> str:
    """The text of a part, or nothing."""
    body = mail.get_body((kind,))
    if body is None:
        return ""
    try:
        return str(body.get_content())
    except (LookupError, ValueError):
        return ""
