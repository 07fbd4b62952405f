"""LaTeX: a complete document that compiles with pdflatex, or with xelatex and ctex where it has Chinese characters."""

from __future__ import annotations

from derive.page import blocks
from derive.page.formats.formats import Document
from derive.page.formats.tex.design import END, LANG, authored, preamble, utf16
from derive.page.formats.tex.outline import bookmarks
from derive.page.formats.tex.writer import Writer
from derive.page.formats.writer import with_sentences


def render(document: Document) -> str:
    """The document as one string."""
    lang = document.lang
    writer = Writer(document.formulas, lang)
    each = with_sentences(list(document.blocks))
    body = "\n".join(
        writer.opened(block, said) if said is not None else writer.held(block) if _boxed(after) else writer.block(block)
        for block, said, after in each
    )
    about = f"\\described{{{utf16(writer.name)}}}{{{LANG[lang]}}}{{{authored(writer.author)}}}\n"
    head = f"{preamble(body, lang, document.paper)}{about}"
    return f"{head}\\begin{{document}}\n{body}\n{writer.end()}{bookmarks(writer.entries)}{END}"


def _boxed(block: blocks.Block | None) -> bool:
    """True for a result in a box, which must not begin a page."""
    return isinstance(block, blocks.Equations) and block.boxed
