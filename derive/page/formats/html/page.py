"""The page around the blocks: its head, its switches, its sections, the scripts and styles within it."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from hashlib import sha256
from html import escape

from derive.language import Text
from derive.page.blocks import Answer, Block, Heading, Notation, Title
from derive.page.formats.formats import Document
from derive.page.formats.html.outline import Item, Section, merged, outline
from derive.page.formats.html.switches import CONTENTS, LINK, label, switches
from derive.page.formats.html.vendored import katex_style, text
from derive.page.formats.html.writer import Writer, math, pieces
from derive.page.look import PAPERS

HEAD = """<!DOCTYPE html>
<html lang="{lang}" data-detail="{detail}" data-answers="{answers}">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="generator" content="derive">
<title data-en="{english}" data-zh="{chinese}">{title}</title>
<style>{katex}</style>
<style>{style}</style>
{scripts}
</head>
<body>
"""


def render(document: Document) -> str:
    """The document as one string, opened in one language and detail; it holds the others as well."""
    writer = Writer(document.formulas, document.lang)
    known: dict[int, str] = {}
    levels = [list(document.sheet(detail)) for detail in ("brief", "full")]  # kept: an id stays that of its block
    items = list(merged(*([_item(b, writer, known) for b in blocks] for blocks in levels)))
    front, sections = outline(items)
    title = next((i.block.title for i in front if isinstance(i.block, Title)), Text("derive", "derive"))
    body = Body(writer)
    inside = "".join(body.section(s, 2) for s in sections)
    return "".join([
        _head(title, document),
        switches(writer, any(i.detail for i in items), 'class="step"' in inside, bool(document.blank)),
        "<main>",
        f"<header>{''.join(map(body.item, front))}</header>",
        body.contents(sections),
        inside,
        "</main>\n</body>\n</html>\n",
    ])  # fmt: skip


def _item(block: Block, writer: Writer, known: dict[int, str]) -> Item:
    shown = block.block if isinstance(block, Answer) and block.block is not None else block
    heading = isinstance(shown, Heading)
    if isinstance(shown, Notation) or id(shown) not in known:  # a notation is no text: it holds for what follows
        known[id(shown)] = writer.block(shown if heading else block)
    return Item(shown, known[id(shown)], hidden=heading and shown is not block)


def _head(title: Text, document: Document) -> str:
    size = f"\n@page {{ size: {PAPERS[document.paper].css}; }}" if document.paper is not None else ""
    scripts = [text("katex/katex.min.js"), text("script.js")]
    answers = "shown" if document.blank is None else "hidden"
    return HEAD.format(
        lang=document.lang, detail=document.detail, answers=answers, policy=_policy(scripts),
        katex=katex_style(), style=text("style.css") + size,
        english=escape(title.pick("en")), chinese=escape(title.pick("zh")), title=escape(title.pick(document.lang)),
        scripts="\n".join(f"<script>{script}</script>" for script in scripts),
    )  # fmt: skip


def _policy(scripts: Sequence[str]) -> str:
    """What the page may do: run these two scripts, use its own styles and fonts; nothing from anywhere else."""
    hashes = " ".join(f"'sha256-{base64.b64encode(sha256(s.encode()).digest()).decode()}'" for s in scripts)
    return (
        f"default-src 'none'; script-src {hashes}; style-src 'unsafe-inline'; font-src data:; img-src data:; "
        "base-uri 'none'; form-action 'none'"
    )


def _marked(section: Section) -> str:
    """When a section is seen, and its line in the contents: in which detail, and whether an exercise hides it."""
    detail = f' data-detail="{section.item.detail}"' if section.item.detail else ""
    return detail + (' class="answer"' if section.item.hidden else "")


class Body:
    """The sections of a page."""

    def __init__(self, writer: Writer):
        self.writer = writer

    def item(self, item: Item) -> str:
        """A block, marked with its detail if it belongs to one; what is printed behind it is in its notation."""
        if isinstance(item.block, Notation):
            self.writer.notation(item.block)
            return ""
        return f'<div data-detail="{item.detail}">{item.html}</div>' if item.detail else item.html

    def section(self, section: Section, depth: int) -> str:
        """A section; what is below a second level folds into its result."""
        inside = "".join(self._part(p, depth + 1) for p in section.parts)
        link = self._link(section.name)
        if section.heading.level < 2:
            # By its words alone: the name of the link is not read with every heading of a list.
            words = f'<span id="{section.name}-title">{section.item.html}</span>'
            heading = f'<h{depth} aria-labelledby="{section.name}-title">{words}{link}</h{depth}>'
            return f'<section id="{section.name}"{_marked(section)}>{heading}{inside}</section>\n'
        summary = f"<summary><h{depth}>{section.item.html}</h{depth}>{self._result(section)}</summary>"
        # The link stands beside the summary: a button must not hold another one.
        step = f'<details class="step" id="{section.name}" open>{summary}{inside}</details>'
        return f'<div class="place"{_marked(section)}>{step}{link}</div>\n'

    def _part(self, part: Item | Section, depth: int) -> str:
        return self.section(part, depth) if isinstance(part, Section) else self.item(part)

    def _result(self, section: Section) -> str:
        """What a folded step arrives at."""
        if section.result is None:
            return ""
        (left, _, _), (_, right, row) = self.writer.formulas.rows(section.result)
        return f'<span class="result">{math(left, display=True)}{pieces(self.writer.signs[row.sign], right)}</span>'

    def _link(self, name: str) -> str:
        return f'<a class="link" href="#{name}"{label(LINK)}>§</a>'

    def contents(self, sections: Sequence[Section]) -> str:
        """One link for each section, readings with their sections inside."""
        return f'<nav class="contents"{label(CONTENTS)}>{self._listed(sections)}</nav>\n'

    def _listed(self, sections: Sequence[Section]) -> str:
        lines = []
        for s in (s for s in sections if s.heading.level < 2):
            deeper = [p for p in s.parts if isinstance(p, Section)] if s.heading.level <= 0 else []
            lines.append(
                f'<li{_marked(s)}><a href="#{s.name}">{s.item.html}</a>{self._listed(deeper) if deeper else ""}</li>'
            )
        return f"<ul>{''.join(lines)}</ul>"
