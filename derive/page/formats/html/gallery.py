"""The list of problems of a site: a page of links by groups, with a search that also works on the statements."""

from __future__ import annotations

import base64
from collections.abc import Iterable, Mapping
from hashlib import sha256
from html import escape
from typing import NamedTuple
from urllib.parse import quote

from derive.language import Text
from derive.page.formats.html.site import OTHER, named, other
from derive.page.formats.html.vendored import text

TITLE = Text("Derivations for deep learning", "深度学习中的推导")
ABOUT = Text(
    "Each solution was derived by derive, and each of its lines was compared with torch.autograd.",
    "每份解答均由 derive 推导，每一行都与 torch.autograd 作过比较。",
)
UNCHECKED = Text(
    "Each solution was derived by derive, and was not compared with torch.autograd.",
    "每份解答均由 derive 推导，未与 torch.autograd 比较。",
)
SEARCH = Text("Search", "搜索")
HITS = Text("# found", "找到 # 项")  # the script puts the number there; for who does not see the list change
NONE = Text("No problem has these words.", "没有题目含有这些词。")
LINKS = (
    ("{page}", Text("Page", "网页")),
    ("solution.{lang}.pdf", Text("Solution", "解答")),
    ("{page}#answers=hidden", Text("Exercise", "练习")),
    ("exercise.{lang}.pdf", Text("Exercise on paper", "练习（打印）")),
    ("graph.svg", Text("Graph", "计算图")),
    ("numpy_passes.py", Text("Code for numpy", "numpy 代码")),
    ("torch_passes.py", Text("Code for torch", "torch 代码")),
)

PAGE = """<!DOCTYPE html>
<html lang="{lang}">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; script-src '{hash}'; style-src 'unsafe-inline'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="generator" content="derive">
<title>{title}</title>
<style>{style}</style>
</head>
<body>
<main class="gallery">
<header>
<h1>{title}</h1>
<p>{about}</p>
<p><a href="{other_page}" lang="{other_lang}" hreflang="{other_lang}">{other}</a></p>
</header>
<p class="search"><label for="search">{search}</label> <input id="search" type="search" autocomplete="off"></p>
<p id="none" role="status" hidden>{none}</p>
<p id="hits" class="hidden" role="status" data-said="{hits}"></p>
{groups}
</main>
<script>{script}</script>
</body>
</html>
"""


class Entry(NamedTuple):
    """A problem in the list; its files stand in a folder of its name."""

    name: str
    group: str
    title: Text
    statement: Text
    files: frozenset[str]


def index(entries: Iterable[Entry], groups: Mapping[str, str], lang: str, checked: bool = True) -> str:
    """The list in one language, with the groups in the order of the table; it says whether they were checked."""
    found = list(entries)
    sections = [
        _section(title, [e for e in found if e.group == group], lang)
        for group, title in groups.items()
        if any(e.group == group for e in found)
    ]
    script, to = text("gallery.js"), other(lang)
    return PAGE.format(
        lang=lang, title=escape(TITLE.pick(lang)), about=escape((ABOUT if checked else UNCHECKED).pick(lang)),
        style=text("gallery.css"), search=escape(SEARCH.pick(lang)),
        none=escape(NONE.pick(lang)), hits=escape(HITS.pick(lang)), groups="\n".join(sections), script=script,
        other=escape(OTHER[lang]), other_lang=to, other_page=named(to),
        hash="sha256-" + base64.b64encode(sha256(script.encode()).digest()).decode(),
    )  # fmt: skip


def _section(title: str, entries: Iterable[Entry], lang: str) -> str:
    items = "\n".join(_item(entry, lang) for entry in entries)
    return f"<section>\n<h2>{escape(title)}</h2>\n<ul>\n{items}\n</ul>\n</section>"


def _item(entry: Entry, lang: str) -> str:
    links = " ".join(
        f'<a href="{quote(entry.name)}/{escape(file)}">{escape(label.pick(lang))}'
        f'<span class="hidden"> {escape(entry.title.pick(lang))}</span></a>'
        for file, label in ((file.format(lang=lang, page=named(lang)), label) for file, label in LINKS)
        if file.split("#")[0] in entry.files
    )
    title, statement = escape(entry.title.pick(lang)), escape(entry.statement.pick(lang))
    words = escape(f"{entry.name} {entry.title.pick(other(lang))}")  # what the search finds besides
    said = f"<p>{statement}</p>" if statement else ""
    return f'<li data-words="{words}"><h3>{title}</h3>{said}<p class="links">{links}</p></li>'
