"""The table of formats. A new format is a module whose `render` writes a `Document`, and a row in `FORMATS`."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from importlib import import_module
from typing import TYPE_CHECKING, Any, NamedTuple

from derive.page.terminal import PLAIN, Page

if TYPE_CHECKING:
    from derive.page.blocks import Block
    from derive.page.print.formulas import Formulas


class Document(NamedTuple):
    """A sheet as a format sees it: each format reads what it needs, and only that is computed.

    `sheet(detail)` gives the blocks in one of `DETAILS`, `data()` the derivation as a tree of dictionaries,
    lists, strings and numbers, with sentences in `lang`. `formulas` prints mathematics in the notation of the format,
    and `page` is the terminal or file that text is set for. `engine`, one of `ENGINES`, sets a PDF;
    `paper`, a key of `PAPERS` in `derive/page/look.py`, is None where nothing is wished. `blank`
    is the number of lines that each step of an exercise leaves out, 0 for all answers, None for a solution. `reread`
    is given the name of the format, the finished page and the document, and refuses a page that says anything else.
    """

    sheet: Callable[[str], Iterable[Block]]
    formulas: Formulas
    lang: str = "en"
    detail: str = "brief"
    page: Page = PLAIN
    data: Callable[[], dict[str, Any]] = dict
    engine: str = "typst"
    paper: str | None = None
    blank: int | None = None
    reread: Callable[[str, str, Document], None] | None = None

    @property
    def blocks(self) -> Iterable[Block]:
        """The blocks in the detail that was asked for."""
        return self.sheet(self.detail)


class Format(NamedTuple):
    """The module that writes a format, the notation of its formulas (a key of `STYLES`), whether it is bytes, and
    whether it has exercise and solution in one, with the answers marked."""

    module: str
    notation: str = "latex"
    binary: bool = False
    both: bool = False

    def render(self, document: Document) -> str | bytes:
        """The document in this format; its module is imported now, so that no command waits for another format.

        Errors: VerificationError of `reread`.
        """
        written: str | bytes = import_module(self.module).render(document)
        if document.reread is not None and isinstance(written, str):
            document.reread(self.module.rpartition(".")[2], written, document)
        return written


DETAILS = ("answer", "brief", "full")
ENGINES = ("typst", "tex")
ON_PAPER = ("tex", "typst", "pdf", "html")  # where the size of the paper matters
FORMATS = {
    "tex": Format("derive.page.formats.tex"),
    "typst": Format("derive.page.formats.typst"),
    "pdf": Format("derive.page.formats.pdf", binary=True),
    "text": Format("derive.page.formats.text", notation="text"),
    "json": Format("derive.page.formats.json"),
    "html": Format("derive.page.formats.html", both=True),
    "markdown": Format("derive.page.formats.markdown"),
}
