"""The finished page is read back, in every format: a writer with a fault writes nothing.

The mutants are faults of the writers, which come behind the printers: breaks of lines, alignment, Typst, MathML, plain
text. Three of them were tried with this reading off, and all three passed.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import cache
from importlib import import_module
from itertools import count
from typing import Any

import pytest

from derive import Graph
from derive.errors import VerificationError
from derive.memo import forget
from derive.page import sentences as say
from derive.page.blocks import Title
from derive.page.formats import formats
from derive.page.formats.tex.words import GREEK, SPECIAL
from derive.page.terminal import Page
from derive.problems import load
from derive.proofread.pages import latex, tex, typst
from derive.proofread.plain import as_latex
from derive.sheet import read_back
from derive.sheet.part import Part
from derive.sheet.render import render
from derive.topics.topic import Ask
from derive.transcribe.model import pasted

PROBLEMS = ("logistic", "bptt", "causal-attention", "batch-norm", "lstm")
AT = {"logistic": "w1=0.5,w2=-1,b=0.1,x1=2,x2=0.3,y=1"}
SIZES = {"bptt": {"T": 4}}  # filled in, step by step
DETAIL = {"lstm": "brief"}  # equalities stand side by side
FORMATS = ("tex", "typst", "text", "markdown", "html")


@cache
def part(name: str) -> Part:
    """A problem, derived and checked, in numbers where it is small."""
    problem = load(name)
    wishes = dict(problem.readings[0].wishes) | ({"at": AT[name]} if name in AT else {})
    return problem.readings[0].build(**problem.choices({})).derive(sizes=SIZES.get(name)).part(Ask(wishes))


def page(name: str, format: str, lang: str = "en", **words: Any) -> str:
    return str(render([part(name)], format, lang, DETAIL.get(name, "full"), **words))


@pytest.fixture(autouse=True)
def nothing_kept() -> Iterator[None]:
    for name in PROBLEMS:
        part(name)
    forget()
    yield
    forget()


@pytest.mark.parametrize("format", FORMATS)
@pytest.mark.parametrize("name", PROBLEMS)
def test_a_right_page_is_written(name: str, format: str) -> None:
    """In both languages, as a solution and as an exercise."""
    for lang in ("en", "zh"):
        assert len(page(name, format, lang)) > 1000
    assert len(page(name, format, blank=1)) > 1000


@pytest.mark.parametrize("width", [20, 33, 60, 79, 200])
def test_pages_of_every_width(width: int) -> None:
    for name in PROBLEMS:
        assert page(name, "text", page=Page(width, colour=True))


# Faults, each a change of what a function of a writer returns


def swap(where: str, wrong: Callable[..., Any]) -> Callable[[pytest.MonkeyPatch], None]:
    """Another function under its name in a module or a class; `wrong` is given the right one first."""

    def plant(patch: pytest.MonkeyPatch) -> None:
        module, _, path = where.partition(":")
        *outer, name = path.split(".")
        place: Any = import_module(f"derive.page.{module}")
        for each in outer:
            place = getattr(place, each)
        right = getattr(place, name)
        patch.setattr(place, name, lambda *given, **words: wrong(right, *given, **words))

    return plant


def edit(where: str, pattern: str, new: str = "", count: int = 1) -> Callable[[pytest.MonkeyPatch], None]:
    """What a function writes, with a change."""
    return swap(where, lambda right, *given, **words: re.sub(pattern, new, right(*given, **words), count=count))


def entry(where: str, key: str, value: Any) -> Callable[[pytest.MonkeyPatch], None]:
    """Another entry in a table."""
    module, _, name = where.partition(":")
    return lambda patch: patch.setitem(getattr(import_module(f"derive.page.{module}"), name), key, value)


def lines(where: str, change: Callable[[list[Any]], Any]) -> Callable[[pytest.MonkeyPatch], None]:
    return swap(where, lambda right, *given, **words: change(list(right(*given, **words))))


def every_third(where: str, change: Callable[[Any], Any]) -> Callable[[pytest.MonkeyPatch], None]:
    """A change in each third result only."""
    calls = count(1)
    return swap(where, lambda right, *g, **w: change(right(*g, **w)) if next(calls) % 3 == 0 else right(*g, **w))


TEX, TYPST, TEXT, HTML = "formats.tex.writer:", "formats.typst.writer:", "formats.text.", "formats.html.writer:"
LATEX: dict[str, Callable[[pytest.MonkeyPatch], None]] = {
    "no sign of a relation": edit(f"{TEX}Writer.row", r"&= ", "& "),
    "a sign of alignment before the left side": edit(f"{TEX}Writer.row", r"^(.*?)&(=)", r"&\1\2"),
    "a sign of alignment behind the relation": edit(f"{TEX}Writer.row", r"&= ", "= &"),
    "a sign of alignment within a bracket": edit(f"{TEX}Writer.row", r"&(.*?)\(", r"\1(&"),
    "a second sign of alignment": edit(f"{TEX}Writer.row", r" \+ ", " +& "),
    "none where a line goes on": lambda patch: patch.setattr(import_module("derive.page.formats.tex.writer"), "NEXT", " \\\\*\n"),  # noqa: E501
    "the end of a long line is lost": lines(f"{TEX}broken", lambda found: found[:1]),
    "a line that goes on loses its sign": lines(f"{TEX}broken", lambda f: [f[0], *(x.removeprefix("+ ") for x in f[1:])]),  # noqa: E501
    "a plus becomes a minus at a break": lines(f"{TEX}broken", lambda f: [f[0], *(re.sub("^[+]", "-", x) for x in f[1:])]),  # noqa: E501
    "a part of a chain is lost": lines(f"{TEX}chained", lambda found: found[:1]),
    "the last line of a block is lost": swap(f"{TEX}Writer.aligned", lambda right, self, rows: right(self, rows[:-1] or rows)),  # noqa: E501
    "the first line of a block twice": swap(f"{TEX}Writer.aligned", lambda right, self, rows: right(self, [rows[0], *rows])),  # noqa: E501
    "the left sides are exchanged": swap(f"{TEX}Writer._grid", lambda right, self, s: right(self, [a._replace(left=b.left) for a, b in zip(s, s[::-1], strict=True)])),  # noqa: E501
    "a statement is lost": swap(f"{TEX}Writer._grid", lambda right, self, s: right(self, s[1:] or s)),
    "brackets of a sum are lost": lambda patch: patch.setattr(import_module("derive.page.formats.writer").Writer, "brackets", (" ", "")),  # noqa: E501
    "a formula within words loses what is below": edit(f"{TEX}Writer.math", r"_\{t\}"),
    "a formula within words without its minus": edit(f"{TEX}Writer.math", " - ", " + "),
    "formulas within words are left out": swap(f"{TEX}Writer.math", lambda right, self, formula: ""),
    "a reason is a line of its own": edit(f"{TEX}Writer._why", r"\\why\{", r"{"),
    "the box says something else": edit(f"{TEX}Writer._boxed", "=", "= 2"),
    "a result in a box without its minus": swap(f"{TEX}Writer._whole", lambda right, self, rows: (s := right(self, rows))._replace(lines=tuple(x.replace(" - ", " + ") for x in s.lines))),  # noqa: E501
    "an equals sign for about": swap("formats.writer:Writer.chains", lambda right, self, block: [(a, [("=", p) for _, p in ps]) for a, ps in right(self, block)]),  # noqa: E501
    "the value of a formula in numbers is lost": swap("formats.writer:Writer.chains", lambda right, self, block: [(a, ps[:-1] or ps) for a, ps in right(self, block)]),  # noqa: E501
    "only the first part of equalities that are joined": swap("formats.writer:Writer.line", lambda right, self, line: right(self, line._replace(parts=line.parts[:1]))),  # noqa: E501
    "steps in numbers all at one time": swap("formats.writer:Writer.unrolled", lambda right, self, block: right(self, block._replace(times=block.times[:1] * len(block.times)))),  # noqa: E501
}  # fmt: skip
SIGNS = "print.typst:"
OF_TYPST: dict[str, Callable[[pytest.MonkeyPatch], None]] = {
    "a fraction upside down": swap(f"{SIGNS}_typst", lambda right, p: right(p._replace(parts=p.parts[::-1]) if p.kind == "frac" else p)),  # noqa: E501
    "above for below": swap(f"{SIGNS}_typst", lambda right, p: right(p._replace(kind="^") if p.kind == "_" else p)),
    "a root is lost": edit(f"{SIGNS}_typst", r"^sqrt\((.*)\)$", r"\1"),
    "a Greek letter for another": entry("print.signs:SIGNS", "sigma", "ς"),
    "a sum is a product": entry("print.signs:SIGNS", "sum", "∏"),
    "a derivative is a d": entry("print.signs:SIGNS", "partial", "d"),
    "entry by entry is a point": entry("print.signs:SIGNS", "odot", "⋅"),
    "at least is at most": entry("print.signs:SIGNS", "ge", "≤"),
    "a transpose is a T": entry("print.signs:SIGNS", "top", "T"),
    "letters grow together": edit(f"{SIGNS}typst", r"(?<=[a-z]) (?=[a-z])"),
    "an accent for another": entry("print.signs:ACCENTS", "hat", ("tilde", "")),
    "bold letters are plain": entry("print.signs:FONTS", "mathbf", "italic"),
    "a bracket is Typst's own": edit(f"{SIGNS}_escaped", r"\\([()])", r"\1"),
    "a slash is a fraction": edit(f"{SIGNS}_escaped", r"\\/", "/"),
    "cases in one column": edit(f"{SIGNS}_typst", " & quad ", " "),
    "a case is lost": edit(f"{SIGNS}_typst", r"^cases\((.*?), .*\)$", r"cases(\1)"),
    "a bracket that grows is lost": edit(f"{SIGNS}_typst", r"^lr\(\S+ (.*) \S+\)$", r"\1"),
    "a group ends too early": swap("print.pieces:_Reader.argument", lambda right, self: right(self)[:1]),
    "a number loses its digits": lambda patch: patch.setattr(import_module("derive.page.print.pieces"), "TOKEN", re.compile(r"\\[A-Za-z]+|\\.|\d(?:\.\d)?|[^\s\d]")),  # noqa: E501
    "a left side is lost": every_third(f"{TYPST}Writer._row", lambda found: re.sub(r'^\(d\("(?:[^"\\]|\\.)*", \$[^$]*\$\)', "(none", found)),  # noqa: E501
    "a line of a row is lost": lines(f"{TYPST}Writer._lines", lambda found: found[:1]),
    "a row is lost": swap(f"{TYPST}Writer.aligned", lambda right, self, rows: right(self, rows[1:] or rows)),
    "a result is lost": swap(f"{TYPST}Writer.boxed", lambda right, self, rows: "" if len(rows) == 1 else right(self, rows)),  # noqa: E501
    "a formula within words is another": edit(f"{TYPST}Writer.math", r"_\(t\)", "_(s)"),
}  # fmt: skip
OF_TEXT: dict[str, Callable[[pytest.MonkeyPatch], None]] = {
    "the end of a long line is lost": lines(f"{TEXT}equations:broken", lambda found: found[:1]),
    "a factor at a break is lost": lines(f"{TEXT}equations:broken", lambda f: [f[0], *(re.sub(r"· \S+", "", x) for x in f[1:])]),  # noqa: E501
    "a line loses its minus": edit(f"{TEXT}writer:signed", r"^-"),
    "a minus becomes a plus": edit(f"{TEXT}writer:signed", " - ", " + "),
    "a sign of a row for another": swap(f"{TEXT}writer:Writer.row", lambda right, *given: right(*given)._replace(sign="≈")),  # noqa: E501
    "a left side for another": every_third(f"{TEXT}writer:Writer.row", lambda row: row._replace(left=row.left.replace("h", "x"))),  # noqa: E501
    "a subscript for another": edit(f"{TEXT}equations:padded", "_t", "_T"),
    "small letters lose their place": swap(f"{TEXT}equations:one_alphabet", lambda right, *given: tuple(x.replace("_", "") for x in right(*given))),  # noqa: E501
    "the box leaves out a line": lines(f"{TEXT}writer:boxed", lambda found: [found[0], *found[2:]]),
    "statements beside each other lose the last one": swap(f"{TEXT}writer:listed", lambda right, rows, *g: right(rows[:-1] or rows, *g)),  # noqa: E501
    "sentences without their formulas": swap(f"{TEXT}writer:Writer.math", lambda right, self, formula: "…"),
    "dots for a line": lines(f"{TEXT}writer:aligned", lambda found: [*found[:-1], "    ⋮"]),
    "two lines exchanged": lines(f"{TEXT}writer:aligned", lambda found: found[::-1]),
}  # fmt: skip
OF_HTML: dict[str, Callable[[pytest.MonkeyPatch], None]] = {
    "a fraction upside down": edit("print.mathml:_piece", r"^<mfrac>(<mi>.*?</mi>)(<m.*)</mfrac>$", r"<mfrac>\2\1</mfrac>"),  # noqa: E501
    "below for above": edit(f"{HTML}mathml", "<msup>(.*?)</msup>", r"<msub>\1</msub>"),
    "a minus is lost": edit(f"{HTML}mathml", r"<mo[^>]*>−</mo>"),
    "the right side is lost": swap(f"{HTML}pieces", lambda right, sign, terms: right(sign, list(terms)[:1])),
    "a left side is lost": swap(f"{HTML}_row", lambda right, left, *given: right("", *given)),
}  # fmt: skip
MUTANTS = {
    **{f"tex: {name}": ("tex", plant) for name, plant in LATEX.items()},
    **{f"typst: {name}": ("typst", plant) for name, plant in OF_TYPST.items()},
    **{f"text: {name}": ("text", plant) for name, plant in OF_TEXT.items()},
    **{f"html: {name}": ("html", plant) for name, plant in OF_HTML.items()},
}


@pytest.mark.parametrize("name", MUTANTS)
def test_a_faulty_writer_is_caught(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """On one of the pages; none is caught where the finished page is not read."""
    format, plant = MUTANTS[name]
    plant(monkeypatch)

    def refused(problem: str) -> bool:
        forget()
        try:
            return not page(problem, format)
        except VerificationError as error:
            return f"the page as {format}" in str(error)

    assert any(refused(problem) for problem in PROBLEMS)


def test_there_are_sixty() -> None:
    assert len(MUTANTS) >= 60


def test_without_the_reading_all_pass(monkeypatch: pytest.MonkeyPatch) -> None:
    """What the sheet itself compares does not see a fault of a writer."""
    monkeypatch.setattr("derive.sheet.render.finished", lambda reports: None)
    for name in ("tex: the end of a long line is lost", "typst: a sum is a product", "text: a line loses its minus"):
        format, plant = MUTANTS[name]
        with monkeypatch.context() as patch:
            plant(patch)
            forget()
            assert all(page(problem, format) for problem in PROBLEMS)


def test_a_pdf_is_read_before_it_is_set(monkeypatch: pytest.MonkeyPatch) -> None:
    for engine, plant in (("typst", OF_TYPST["a sum is a product"]), ("tex", LATEX["a statement is lost"])):
        with monkeypatch.context() as patch:
            plant(patch)
            forget()
            with pytest.raises(VerificationError, match=f"the page as {engine}"):
                render([part("bptt")], "pdf", engine=engine)


def test_what_is_not_checked_is_not_read() -> None:
    assert read_back.finished(False) is None and formats.Document(tuple, None).reread is None  # type: ignore[arg-type]


@pytest.mark.parametrize("one, other", [
    (r"\frac{a}{b}\, x_{i}", r"frac(a, b)thin x _(i)"),
    (r"\sum_{i=1}^{n} \alpha_{i}", r"∑_(i = 1)^(n)α _(i)"),
    (r"\begin{cases} a & x > 0 \\ 0 & x \le 0 \end{cases}", r"cases(a & quad x > 0, 0 & quad x ≤ 0)"),
    (r"\begin{pmatrix} a & b \\ c & d \end{pmatrix}", r"mat(a, b; c, d)"),
    (r"\log \left(\hat{y}\right)", r'op("log", limits: #false)lr(\( hat(y) \))'),
])  # fmt: skip
def test_two_notations_of_one_formula(one: str, other: str) -> None:
    assert latex.signs(one) == typst.signs(other)


@pytest.mark.parametrize("text, formula", [
    ("hₜ₋₁ + w_qh²", "h_{t-1} + w_{qh}^{2}"),
    ("{a [i > 1]; {b [j > 1]; c [j ≤ 1]} [i ≤ 1]}", r"\begin{cases}a & i > 1 \\ \begin{cases}b & j > 1 \\ c & j \le  1\end{cases} & i \le  1\end{cases}"),  # noqa: E501
    ("[a, b; c, f(x, y)]", r"\begin{pmatrix}a & b \\ c & f(x, y)\end{pmatrix}"),
    ("Σ_{i=1..n} log|det A|", r"\sum_{i=1}^{n} \log|\det A|"),
])  # fmt: skip
def test_plain_text_as_latex(text: str, formula: str) -> None:
    assert as_latex(text) == formula


@pytest.mark.parametrize("format", FORMATS)
def test_what_an_author_writes_in_a_title_is_no_formula(format: str) -> None:
    """Signs that LaTeX sets as formulas, small ones above and below among them, are words all the same."""
    signs = "".join((*SPECIAL, *GREEK, "² x₁₂ zⁿ⁺¹ a₋₁ ᵀ ™ ℝ ½ √2 $a$ \\alpha {x} b_c c^d"))
    graph = Graph(signs)
    (w,), (x,) = graph.parameters("w"), graph.inputs("x")
    graph.loss("L", (w * x - 1) ** 2)
    solved = graph.derive().part()
    for title in (signs, *signs) if format == "tex" else (signs,):
        head = Title(say.plain(title), say.DERIVED)
        assert render([solved], format, "en", head=head)


def test_cases_within_cases_have_cells_of_their_own() -> None:
    inner = r"{\begin{cases}a & b \\ c & d\end{cases}}"
    outer = rf"x &= {{\begin{{cases}}{inner} & e \\ {inner} & f\end{{cases}}}} & y &= z"
    assert not tex.found(rf"\begin{{document}}\begin{{alignat*}}{{2}}{outer}\end{{alignat*}}").wrong
    assert tex.found(r"\begin{document}\begin{alignat*}{2}x &= 1 & y & z\end{alignat*}").wrong


@pytest.mark.parametrize("format", FORMATS)
def test_a_task_may_say_a_line_of_the_model(format: str) -> None:
    solved = pasted("$z = w x + b$, $L = (z - y)^2$").graph.derive().part()
    head = Title(say.plain("A task"), say.DERIVED, statement=say.plain("Derive dL/dw, where z = w x + b."))
    assert render([solved], format, "en", head=head)
