"""LaTeX: a complete document that compiles with pdflatex (English) or xelatex (Chinese, ctex)."""

from __future__ import annotations

import re
from collections.abc import Iterable
from itertools import pairwise
from typing import Any

from derive.derivation import Term
from derive.language import Text
from derive.memo import memo
from derive.rendering import blocks
from derive.rendering.formulas import Formulas
from derive.rendering.order import signed
from derive.rendering.template import Template, mark
from derive.rendering.width import width

PREAMBLE = {
    "en": r"\documentclass[11pt,fleqn]{article}" "\n" r"\usepackage[T1]{fontenc}" "\n" r"\usepackage{lmodern}",
    "zh": r"\documentclass[11pt,fleqn]{ctexart}"
    "\n"
    r"\ctexset{section={format=\Large\heiti\bfseries},subsection={format=\large\heiti\bfseries}}",
}
COMMON = r"""\usepackage{amsmath}
\usepackage{graphicx}
\usepackage{xcolor}
\usepackage[a4paper,margin=22mm]{geometry}
\definecolor{reason}{gray}{0.38}
\definecolor{rule}{rgb}{0.15,0.30,0.55}
\setlength{\mathindent}{1.2em}
\setlength{\parindent}{0pt}
\setlength{\parskip}{4pt plus 1pt}
\setlength{\jot}{5pt}
\AtBeginDocument{\setlength{\abovedisplayskip}{6pt plus 2pt}\setlength{\belowdisplayskip}{6pt plus 2pt}%
  \setlength{\abovedisplayshortskip}{4pt plus 2pt}\setlength{\belowdisplayshortskip}{6pt plus 2pt}}
\predisplaypenalty=10000
\setlength{\fboxsep}{6pt}
\setcounter{secnumdepth}{0}
\pagestyle{plain}
\allowdisplaybreaks[2]
\raggedbottom
\newcommand{\why}[1]{\tag*{\small\color{reason}#1}}
\newcommand{\result}[1]{\fcolorbox{rule}{white}{$\displaystyle #1$}}
\newcommand{\fitted}[1]{\sbox0{#1}\ifdim\wd0>\linewidth\resizebox{\linewidth}{!}{\usebox0}\else\usebox0\fi}
"""
LINE = 40.0  # em, what fits beside the indent
SPECIAL = {
    "\\": r"\textbackslash{}", "{": r"\{", "}": r"\}", "$": r"\$", "&": r"\&", "#": r"\#", "%": r"\%", "_": r"\_",
    "^": r"\textasciicircum{}", "~": r"\textasciitilde{}", "→": r"$\to$", "…": r"\dots{}",
}  # fmt: skip
COMMANDS = str.maketrans(SPECIAL)


def render(sheet: Iterable[blocks.Block], formulas: Formulas, lang: str) -> str:
    """The document as one string."""
    writer = Writer(formulas, lang)
    body = [writer.block(block) for block in sheet]
    drawing = "\\usepackage{tikz}\n" if writer.pictures else ""
    head = f"{PREAMBLE['zh' if lang == 'zh' else 'en']}\n{COMMON}{drawing}\\begin{{document}}"
    return "\n".join([head, *body, "\\end{document}\n"])


def escape(text: str) -> str:
    """Plain words for LaTeX: every special character by its own command."""
    return text.translate(COMMANDS)


@memo
def _parted(template: str) -> list[str]:
    """The words of a sentence for LaTeX and the names of its places, in turn."""
    return [p if n % 2 else escape(p) for n, p in enumerate(re.split(r"\{(\w+)\}", template))]


class Writer:
    """One block at a time."""

    def __init__(self, formulas: Formulas, lang: str):
        self.formulas, self.lang = formulas, lang
        self.bold = "\\heiti\\bfseries" if lang == "zh" else "\\bfseries"
        self.before = ""  # the kind of the block above
        self.pictures = False  # is there any?
        self.inline = Formulas("inline", formulas.order, formulas.sizes)

    def block(self, block: blocks.Block) -> str:
        """The LaTeX of one block, by its kind."""
        kind = type(block).__name__.lower()
        text: str = getattr(self, kind)(block)
        self.before = kind
        return text

    def text(self, text: Text) -> str:
        """A sentence: its words escaped, its formulas in dollars."""
        parts = _parted(text.zh if self.lang == "zh" else text.en)
        return "".join([self.value(text.values[p]) if n % 2 else p for n, p in enumerate(parts)])

    def value(self, value: Any) -> str:
        """What fills a place of a sentence, or a cell."""
        if isinstance(value, Text):
            return self.text(value)
        if type(value) in (list, tuple):
            return ("、" if self.lang == "zh" else ", ").join(self.value(v) for v in value)
        if isinstance(value, str):
            return escape(value)
        return f"${self.inline.show(value)}$"

    def title(self, block: blocks.Title) -> str:
        statement = f"\n{self.text(block.statement)}\\par\n" if block.statement is not None else ""
        return (
            f"{{\\LARGE{self.bold} {self.text(block.title)}\\par}}\n"
            f"{{\\small\\color{{reason}} {self.text(block.subtitle)}\\par}}\n"
            f"\\vspace{{4pt}}{{\\color{{rule}}\\hrule height 0.8pt}}\\vspace{{6pt}}\n{statement}"
        )

    def heading(self, block: blocks.Heading) -> str:
        if block.level == 2:
            after_heading = self.before == "heading"
            pause = "" if after_heading else "\\medskip\\pagebreak[1]"
            return f"\n{pause}{{{self.bold} {self.text(block.text)}}}\\par\\nopagebreak"
        command = "section" if block.level == 0 else "subsection"
        return f"\\{command}{{{self.text(block.text)}}}"

    def paragraph(self, block: blocks.Paragraph) -> str:
        return f"\n{self.text(block.text)}"

    def equations(self, block: blocks.Equations) -> str:
        rows = self.formulas.rows(block.rows)
        if block.boxed:
            return "".join(f"\\[\\result{{{left} {SIGNS[row.sign]} {signed(right)}}}\\]\n" for left, right, row in rows)
        return _align([self._row(left, right, row) for left, right, row in rows])

    def _row(self, left: str, right: tuple[str, ...], row: blocks.Row) -> str:
        why = f" \\why{{{self.text(row.reason)}}}" if row.reason is not None else ""
        lines = broken(right, LINE - width(left) - 1.5)
        text = " \\\\\n&\\quad {} ".join(lines)
        gap = "\\noalign{\\vskip 4pt}\n" if row.gap else ""
        sign = SIGNS[row.sign]
        return f"{gap}{left} &{sign} {text}{why}"

    def unrolled(self, block: blocks.Unrolled) -> str:
        rows = [self._row(left, right, row) for left, right, row in self.formulas.rows(block.rows, block.index)]
        if len(rows) == 1:
            template = Template(rows[0])
            return _align(template.at(block.times, r"&\mathrel{\vdots}"))
        head = self.text(AT).replace("@", f"${self.formulas.plain(block.index)} = {mark(1, 0)}$")
        template = Template(f"\n{head}\\nopagebreak\n{_align(rows)}")
        return "\n".join(template.at(block.times, "\\[\\vdots\\]"))

    def expanded(self, block: blocks.Expanded) -> str:
        terms, left = self.formulas.expanded(block), self.formulas.plain(block.left)
        widest = max(width(t) for t in (terms[0], terms[-1])) + 1.3
        if block.front:
            terms[0] = f"{self.formulas.plain.term(Term(block.front))} \\Bigl({terms[0]}"
            terms[-1] = f"{terms[-1]}\\Bigr)"
        room = LINE - width(left) - 1.5
        first = max(1, int((room - width(terms[0]) + widest) // widest))
        each = max(1, int(room // widest))
        cuts = [0, *range(first, len(terms), each), len(terms)]
        join = signed if terms[-1].startswith("-") else " + ".join  # all terms have the sign of their template
        lines = [join(terms[a:b]) for a, b in pairwise(cuts)]
        text = " \\\\\n&\\quad {} ".join(
            [lines[0], *(line if line.startswith("-") else f"+ {line}" for line in lines[1:])]
        )
        why = f" \\why{{{self.text(block.reason)}}}" if block.reason is not None else ""
        return _align([f"{left} &= {text}{why}"])

    def worked(self, block: blocks.Worked) -> str:
        rows = []
        for left, right, value in block.rows:
            shown = self.formulas.plain(left)
            room, end = LINE - width(shown), value.text(latex=True)
            numbers, exact = self.formulas.numbers(right, block.values)
            middle = [("=", signed(self.formulas.plain.pieces(right))), ("=" if exact else r"\approx", signed(numbers))]
            parts = []
            for relation, part in middle[:1] if middle[0][1] == middle[1][1] else middle:
                lines = broken(summands(part), room)
                if part not in (shown, end) and all(width(line) < room for line in lines):
                    parts.append((relation, " \\\\\n&\\quad {} ".join(lines)))
            parts.append(("=" if value.exact else r"\approx", end))
            if block.sign == "<-":
                parts[0] = (r"\leftarrow", parts[0][1])
            rows.append(f"{shown} " + self._chain(parts, room))
        return _align(rows)

    def _chain(self, parts: list[tuple[str, str]], room: float) -> str:
        """relation part relation part ..., on a new line where it does not fit."""
        text, used = "", 0.0
        for relation, part in parts:
            first, last = part.split("\n")[0], part.split("\n")[-1]
            if text and used + width(first) + 2 > room:
                text, used = text + " \\\\\n", 0.0
            text += f"{'' if used else '&'}{relation} {part} "
            used = (used if first == last else 0.0) + width(last) + 2
        return text.rstrip()

    def table(self, block: blocks.Table) -> str:
        columns = "l" * len(block.header)
        rows = [" & ".join(self.value(c) for c in block.header) + r" \\ \hline"]
        rows += [" & ".join(self.value(c) for c in row) + r" \\" for row in block.rows]
        inner = "\n".join(rows)
        tabular = f"\\begin{{tabular}}{{{columns}}}\n\\hline\n{inner}\n\\hline\n\\end{{tabular}}"
        head = r"\begin{center}\renewcommand{\arraystretch}{1.4}\small"
        return f"{head}\n\\fitted{{{tabular}}}\n\\end{{center}}"

    def picture(self, block: blocks.Picture) -> str:
        self.pictures = True
        caption = f"{{\\small\\color{{reason}} {self.text(block.caption)}\\par}}"
        picture = f"\\fitted{{{block.drawing.tikz(self.lang)}}}\\par\\smallskip"
        return f"\\begin{{center}}\n{picture}\n{caption}\n\\end{{center}}"


AT = Text("At @:", "当 @ 时：")
SIGNS = {"=": "=", "<-": r"\leftarrow", "<": "<", ">": ">", "<=": r"\le", ">=": r"\ge"}


def _align(rows: list[str]) -> str:
    return "\\begin{align*}\n" + " \\\\\n".join(rows) + "\n\\end{align*}"


def summands(latex: str) -> tuple[str, ...]:
    """The terms of a written sum: parted before each plus and minus outside all brackets."""
    found, depth = [""], 0
    for token in re.split(r"(?<= )([+-] |[{}()])|([{}()])", latex):
        depth += (token or "") in ("{", "(")
        depth -= (token or "") in ("}", ")")
        if token in ("+ ", "- ") and not depth:
            found.append("-" if token == "- " else "")
        else:
            found[-1] += token or ""
    return tuple(term.strip() for term in found)


@memo
def broken(terms: tuple[str, ...], room: float) -> list[str]:
    """Terms joined to lines no wider than `room` em, broken before a plus or a minus."""
    lines: list[list[str]] = [[]]
    used = 0.0
    for term in terms:
        wide = width(term) + 1.3
        if lines[-1] and used + wide > room:
            lines.append([])
            used = 0.0
        lines[-1].append(term)
        used += wide
    joined = [signed(line) for line in lines]
    return [joined[0], *(line if line.startswith("-") else f"+ {line}" for line in joined[1:])]
