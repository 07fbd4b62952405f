"""The verdicts on answers as text, as HTML that needs no network, and as data."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from html import escape
from typing import NamedTuple

from derive.judge import words
from derive.judge.verdict import GOOD, UNREADABLE, Line, whole
from derive.language import Text
from derive.page.formats.html.vendored import katex_style, text
from derive.page.sentences import one_after_another
from derive.page.terminal import GREEN, PLAIN, RED, Page

FORMATS = ("text", "html", "json")
_SCRIPT = (
    "document.querySelectorAll('code').forEach(c=>{try{katex.render(c.textContent,c,{throwOnError:false})}catch(e){}})"
)
_STYLE = (
    "body{font-family:sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;line-height:1.5}"
    "article{margin-bottom:2rem}li{margin:.5rem 0}.good{border-left:4px solid #2a7d3f;padding-left:.6rem}"
    ".bad{border-left:4px solid #b3261e;padding-left:.6rem}.open{border-left:4px solid #8a6d00;padding-left:.6rem}"
    "pre{background:#f4f4f4;padding:.4rem}"
)


class Answer(NamedTuple):
    """An answer by the name of its file, and what is said of its lines."""

    name: str
    lines: tuple[Line, ...]

    @property
    def verdict(self) -> str:
        """One word for all of it."""
        return whole(self.lines)


def status(answers: Sequence[Answer]) -> int:
    """The exit status: 2 if something cannot be read, else 1 if something is not right, else 0."""
    verdicts = {answer.verdict for answer in answers}
    if UNREADABLE in verdicts:
        return 2
    return 0 if verdicts <= {"right"} else 1


def written(answers: Sequence[Answer], format: str, lang: str, page: Page = PLAIN, first: bool = False) -> str:
    """The verdicts in one of the formats; with `first` a text begins with the first line that does not follow."""
    if format == "json":
        found = [
            {"answer": a.name, "verdict": a.verdict, "lines": [line.data(lang) for line in a.lines]} for a in answers
        ]
        return json.dumps({"answers": found}, ensure_ascii=False, indent=1) + "\n"
    if format == "html":
        return _html(answers, lang)
    return "\n".join("\n".join(_text(answer, lang, page, first)) for answer in answers) + "\n"


def _said(line: Line) -> Iterator[Text]:
    if line.reason is not None:
        yield line.reason
    if line.only is not None:
        yield line.only
    if line.example is not None:
        yield line.example


def _text(answer: Answer, lang: str, page: Page, first: bool) -> Iterator[str]:
    right = sum(line.verdict in GOOD for line in answer.lines)
    verdict = words.VERDICTS[answer.verdict].pick(lang)
    count = words.COUNT(right=right, all=len(answer.lines)).pick(lang)
    painted = page.paint(verdict, GREEN if answer.verdict == "right" else RED)
    yield words.HEAD(name=answer.name, verdict=painted, count=count).pick(lang)
    if first and len(answer.lines) > 1:
        bad = next((n for n, line in enumerate(answer.lines, 1) if line.verdict not in GOOD), None)
        yield (words.ALL_RIGHT if bad is None else words.FIRST(number=bad)).pick(lang)
    for line in answer.lines:
        mark = page.paint(words.VERDICTS[line.verdict].pick(lang), GREEN if line.verdict in GOOD else RED)
        yield f"  {words.LINE(number=line.number, text=' '.join(line.text.split())).pick(lang)}"
        yield f"    {mark}"
        yield from (f"    {said.pick(lang)}" for said in _said(line))
        if line.value:
            yield f"    {words.SHOULD(value=line.value).pick(lang)}"
        yield from (f"      {row}" for row in line.caret.splitlines())


def _html(answers: Sequence[Answer], lang: str) -> str:
    body = "".join(_article(answer, lang) for answer in answers)
    title = escape(words.TITLE.pick(lang))
    return (
        f'<!DOCTYPE html>\n<html lang="{lang}"><head><meta charset="utf-8"><title>{title}</title>'
        f"<style>{katex_style()}{_STYLE}</style></head>\n<body><h1>{title}</h1>{body}"
        f"<script>{text('katex/katex.min.js')}</script><script>{_SCRIPT}</script></body></html>\n"
    )


def _article(answer: Answer, lang: str) -> str:
    rows = "".join(_row(line, lang) for line in answer.lines)
    title = words.TITLED(name=answer.name, verdict=words.VERDICTS[answer.verdict]).pick(lang)
    return f"<article><h2>{escape(title)}</h2><ol>{rows}</ol></article>"


def _row(line: Line, lang: str) -> str:
    kind = "good" if line.verdict in GOOD else "open" if line.verdict in ("undecided", UNREADABLE) else "bad"
    told, said = words.VERDICTS[line.verdict], [*_said(line)]
    told = words.WITH(verdict=told, said=one_after_another(said)) if said else told
    found = f'<li class="{kind}"><code>{escape(line.text)}</code><br>{escape(told.pick(lang))}'
    if line.value:
        before, _, after = words.SHOULD.pick(lang).partition("{value}")
        found += f"<br>{escape(before)}<code>{escape(line.value)}</code>{escape(after)}"
    return found + (f"<pre>{escape(line.caret)}</pre>" if line.caret else "") + "</li>"
