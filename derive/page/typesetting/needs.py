"""The packages that a page needs of TeX, read from the page itself so that the two cannot differ."""

from __future__ import annotations

import re
from typing import NamedTuple

LOADS = re.compile(r"\\(documentclass|usepackage)(?:\[[^\]]*\])?\{([\w,-]+)\}")
FONTS = {
    "lmodern": ("ec-lmr10.tfm", "lmr10.pfb", "lmsy10.tfm"),
    "fontspec": ("lmroman10-regular.otf",),
    "ctexart": ("FandolSong-Regular.otf", "FandolHei-Regular.otf", "lmroman10-regular.otf"),
}
# the class of every page with Chinese characters, and the package of other alphabets; only XeTeX sets them well
CHINESE, OTHERS = ("documentclass", "ctexart"), ("usepackage", "fontspec")


class Needs(NamedTuple):
    """An engine by the name of its program, and the files that the page asks for."""

    program: str
    files: tuple[str, ...]


def needs(page: str) -> Needs:
    """The engine, classes, packages and fonts of a page."""
    head = page.split(r"\begin{document}")[0]
    loaded = [(kind, name) for kind, names in LOADS.findall(head) for name in names.split(",")]
    files = [f"{name}.{'cls' if kind == 'documentclass' else 'sty'}" for kind, name in loaded]
    files += [font for _, name in loaded for font in FONTS.get(name, ())]
    program = "xelatex" if CHINESE in loaded or OTHERS in loaded else "pdflatex"
    return Needs(program, tuple(dict.fromkeys(files)))
