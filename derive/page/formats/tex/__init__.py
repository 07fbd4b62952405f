"""LaTeX: a complete document that compiles with pdflatex, or with xelatex and ctex where it has Chinese characters."""

from __future__ import annotations

from itertools import zip_longest

from derive.page import blocks
from derive.page.formats.formats import Document
from derive.page.formats.tex.design import END, LANG, preamble, utf16
from derive.page.formats.tex.outline import bookmarks
from derive.page.formats.tex.writer import Writer


def render(document: Document) -> str:
    """The document as one string."""
    lang = document.lang
    writer = Writer(document.formulas, lang)
    page = list(document.blocks)
    each = zip_longest(page, page[1:])
    body = "\n".join(writer.held(block) if _boxed(after) else writer.block(block) for block, after in each)
    about = f"\\described{{{utf16(writer.name)}}}{{{LANG[lang]}}}\n"
    head = f"{preamble(body, lang, document.paper)}{about}"
    return f"{head}\\begin{{document}}\n{body}\n{writer.end()}{bookmarks(writer.entries)}{END}"


def _boxed(block: blocks.Block | None) -> bool:
    """True for a result in a box, which must not begin a page."""
    return isinstance(block, blocks.Equations) and block.boxed
