"""Typst: a complete document, which the typesetter in a wheel makes a PDF of; see `derive/page/typesetting`."""

from __future__ import annotations

from derive.page.formats.formats import Document
from derive.page.formats.typst.design import preamble
from derive.page.formats.typst.writer import Writer


def render(document: Document) -> str:
    """The document as one string."""
    writer = Writer(document.formulas, document.lang, document.paper)
    body = writer.document(document.blocks)
    return f"{preamble(document.lang, document.paper, writer.deepest)}\n{body}\n"
