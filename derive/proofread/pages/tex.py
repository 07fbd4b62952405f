r"""The formulas of a finished page of LaTeX or of Markdown, as rows of signs.

A line of a display is its formula with its layout: `&` before the sign, `\cell{14em}{...}` for a column,
`\narrowed{...}` for what may be too wide, `\why{...}` and `\said{...}` for the reason beside it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from derive.memo import memo
from derive.proofread.pages import latex
from derive.proofread.pages.found import Found

UNREAD = re.compile(r"\\begin\{(tikzpicture|pgfpicture|verbatim)\}.*?\\end\{\1\}|^```.*?^```", re.DOTALL | re.MULTILINE)
BODY = r"\begin{document}"
DISPLAY = (
    r"\\begin\{(?P<kind>align\*|alignat\*)\}(?P<rows>.*?)\\end\{(?P=kind)\}|\\\[(?P<one>.*?)\\\]|\$\$(?P<two>.*?)\$\$"
)
FORMULA = re.compile(rf"{DISPLAY}|(?<!\\)\$(?P<words>(?:[^$\\]|\\.)*)\$", re.DOTALL)
REASON = re.compile(r"\\(?:why|said)\{|\\quad \{\\color\{gray\}\{\\small (?=\S)")
WITHIN = re.compile(r"\\text\{(?:[^{}\\]|\\.)*\}")  # the words of a reason within a formula
LAYOUT = re.compile(
    r"\\(?:cell|narrowed)\{[\d.]+em\}|\\results?(?=\{)|\\boxed(?=\{)|\\\\(?:\*(?:\[\dpt\])?|\[\dpt\])"
    r"|\\(?:begin|end)\{aligned\}|^\{\d+\}"
)
INNERMOST = re.compile(r"\\begin\{(cases|pmatrix)\}(?:(?!\\begin\{).)*?\\end\{\1\}", re.DOTALL)
PLACE = re.compile(
    r"(?:[\s{}]|\\quad|\\qquad|\\[,;])*(?:$|[-+=<>]|\\(?:approx|leftarrow|le|ge|lt|gt|mathrel|vdots|pm)\b)"
)


def found(page: str) -> Found:
    """The displays of a page, and the formulas in its words."""
    wrong = ""
    displays: list[str] = []
    words: list[str] = []
    for match in FORMULA.finditer(UNREAD.sub("", page[page.find(BODY) + 1 :])):
        if (formula := match["words"]) is not None:
            words.append(latex.signs(formula))
            continue
        text, said = _parted(match["rows"] or match["one"] or match["two"] or "")
        wrong = wrong or _misplaced(text)
        displays.append(_display(text))
        words += said
    return Found("".join(displays), tuple(words), wrong)


@memo
def _display(text: str) -> str:
    return latex.signs(LAYOUT.sub("", text))


@memo
def _parted(display: str) -> tuple[str, tuple[str, ...]]:
    """A display without its reasons, and the formulas in these."""
    text, at = "", 0
    words: list[str] = []
    for match in REASON.finditer(display):
        if match.start() < at:
            continue
        depth = match[0].count("{") - match[0].count("}")
        end = _closing(display, match.end(), depth)
        words += _said(display[match.end() : end - depth], depth > 1)
        text, at = text + display[at : match.start()], end
    return text + display[at:], tuple(words)


def _said(reason: str, within: bool) -> Iterator[str]:
    if within:
        formulas = (each for part in WITHIN.split(reason) for each in part.split(r";\; "))
        yield from (latex.signs(each) for each in formulas if each.strip())
    else:
        yield from (latex.signs(m["words"]) for m in FORMULA.finditer(reason) if m["words"] is not None)


def _closing(text: str, at: int, depth: int = 1) -> int:
    """The place behind the brace that closes what is open."""
    while depth and at < len(text):
        at += 1 + (text[at] == "\\")
        depth += {"{": 1, "}": -1}.get(text[at - 1], 0) if text[at - 2] != "\\" else 0
    return at


def _misplaced(display: str) -> str:
    """Where a sign of alignment is missing, or does not stand in front of a relation or of a line that goes on."""
    rows = re.split(r"\\\\", _bare(display))
    return next((row for row in rows if not _placed(row.split("&"), aligned="&" in rows[0])), "")


def _placed(cells: list[str], aligned: bool) -> bool:
    """Whether the cells of a row are left sides and what follows them, in turn."""
    if len(cells) == 1:
        return not (aligned and LAYOUT.sub("", cells[0]).strip("[]{} \n"))
    whole = all(cell.count("{") == cell.count("}") for cell in map(_escaped, cells[1:-1]))
    return whole and len(cells) % 2 == 0 and all(PLACE.match(LAYOUT.sub("", cell)) for cell in cells[1::2])


def _bare(display: str) -> str:
    """A display without cases and matrices, whose cells and rows are their own; those within others go first."""
    while (bare := INNERMOST.sub("x", display)) != display:
        display = bare
    return display


def _escaped(text: str) -> str:
    return re.sub(r"\\.", "", text)
