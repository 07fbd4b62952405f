"""One run of TeX over one page, in an empty folder that is gone afterwards."""

from __future__ import annotations

import re
import shutil
import tempfile
from pathlib import Path
from typing import NamedTuple

from derive.errors import UsageError
from derive.page.typesetting.confinement import SECONDS, run
from derive.page.typesetting.engines import Engine
from derive.page.typesetting.specials import forbidden

UNSET = "derive: no font has "  # a line of the log, which a page asks for
SAFE = ("-no-shell-escape", "-halt-on-error", "-interaction=nonstopmode")


class Typeset(NamedTuple):
    """A PDF and TeX's account of it."""

    pdf: bytes
    log: str

    @property
    def unset(self) -> list[str]:
        """The code points, as U+0416, that no font of the system has, each once."""
        found = re.findall(rf"^{UNSET}([0-9A-F,]+)", self.log, re.MULTILINE)
        return list(dict.fromkeys(f"U+{code}" for codes in found for code in codes.split(",")))


def typeset(page: str, engine: Engine, seconds: float = SECONDS) -> Typeset:
    """The page as a PDF. One run is enough: a page refers to nothing that TeX would have to see first.

    Errors: UsageError with TeX's own complaint, or where the page takes too long or would read files.
    """
    with tempfile.TemporaryDirectory(prefix="derive-") as name:
        folder = Path(name).resolve()
        (folder / "sheet.tex").write_text(page, encoding="utf-8", newline="")
        produce = _driven if engine.program == "xelatex" else _direct
        done = produce(engine, folder, seconds)
        log = _read(folder / "sheet.log").decode(errors="replace")
        pdf = _read(folder / "sheet.pdf")
    if not done or not pdf.startswith(b"%PDF"):
        raise UsageError(f"TeX stopped: {complaint(log)}; the page itself is what --format tex writes")
    return Typeset(pdf, log)


def _direct(engine: Engine, folder: Path, seconds: float) -> bool:
    """pdfTeX writes the PDF itself, and openin_any holds for all it reads."""
    return run([engine.path, *SAFE, "sheet.tex"], folder, seconds) == 0


def _driven(engine: Engine, folder: Path, seconds: float) -> bool:
    """XeTeX's driver reads whatever file a special names, openin_any or not: its input is looked through first."""
    if run([engine.path, "-no-pdf", *SAFE, "sheet.tex"], folder, seconds) != 0:
        return False
    found = forbidden(_read(folder / "sheet.xdv"))
    if found is not None:
        raise UsageError(f"the page was refused: it asks the PDF driver for {found!r}")
    driver = shutil.which("xdvipdfmx") or "xdvipdfmx"
    return run([driver, "-q", "-o", "sheet.pdf", "sheet.xdv"], folder, seconds) == 0


def complaint(log: str) -> str:
    """The first error of a log and its line, as one line."""
    error = re.search(r"^! ?(.+)", log, re.MULTILINE)
    line = re.search(r"^l\.(\d+)", log, re.MULTILINE)
    where = f" (line {line[1]})" if line is not None else ""
    return (error[1].strip()[:200] if error is not None else "it ended without a word") + where


def _read(path: Path) -> bytes:
    return path.read_bytes() if path.is_file() and not path.is_symlink() else b""
