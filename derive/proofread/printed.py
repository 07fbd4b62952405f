"""The formulas of a page: each as it is printed in LaTeX, with what it stands for."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from sympy import Expr
from sympy.core.relational import Relational
from sympy.logic.boolalg import BooleanFunction
from sympy.matrices import MatrixBase

from derive.chain.derivation import Line, Term
from derive.language import Text, places
from derive.page import blocks as b
from derive.page.numerals import Numeral
from derive.page.print.formulas import Formulas
from derive.page.print.order import signed
from derive.page.print.template import Template
from derive.page.spans import Ranges, Span
from derive.page.worked_line import WorkedLine


class Printed(NamedTuple):
    """A formula as it is printed, and what it stands for: an expression, or products as they stand.

    `at` are the values of letters that are filled in, `numbers` those of quantities.
    """

    latex: str
    meant: Any
    at: tuple[Any, ...] = ()
    numbers: tuple[tuple[Expr, Any], ...] = ()


def printed(sheet: Iterable[b.Block], formulas: Formulas) -> Iterator[Printed]:
    """Every formula of the blocks."""
    for block in sheet:
        if isinstance(block, b.Notation):
            formulas = Formulas(formulas.style, *block)
        elif isinstance(block, b.Answer):
            yield from printed([x for x in (block.block, block.question) if x is not None], formulas)
        else:
            yield from _lines(block, formulas)
            yield from _in_words(block, formulas.styled("inline"))


def _lines(block: b.Block, formulas: Formulas) -> Iterator[Printed]:
    """The formulas on lines of their own."""
    if isinstance(block, b.Equations):
        for left, right, row in formulas.rows(block.rows):
            yield from [Printed(left, row.left)] if row.left is not None else []
            yield from [Printed(signed(right), row.right)] if right else []
    elif isinstance(block, b.Unrolled):
        yield from _unrolled(block, formulas)
    elif isinstance(block, b.Expanded):
        yield from _expanded(block, formulas)
    elif isinstance(block, b.Worked):
        for of, what, value in block.rows:
            yield Printed(formulas.plain(of), of)
            yield Printed(signed(formulas.plain.pieces(what)), what)
            yield from _numbers(what, value, block.values, formulas)


def _unrolled(block: b.Unrolled, formulas: Formulas) -> Iterator[Printed]:
    """The first and the last row of many that are filled in."""
    times = [n for n in block.times if n is not None]
    rows = formulas.rows(block.rows, block.index)
    for n in dict.fromkeys((times[0], times[-1])) if times else ():
        for left, right, row in rows:
            at = ((block.index, float(n)),)
            yield from [Printed(_filled(left, n), row.left, at)] if row.left is not None else []
            yield Printed(_filled(signed(right), n), row.right, at)


def _filled(text: str, n: int) -> str:
    """A template at one value of its index."""
    return Template(text).at((n,), "")[0]


def _expanded(block: b.Expanded, formulas: Formulas) -> Iterator[Printed]:
    yield Printed(formulas.plain(block.left), block.left)
    if block.front:
        front = Term(block.front)
        yield Printed(formulas.plain.term(front), front)
    for n, text in zip(block.times, formulas.expanded(block), strict=True):
        if n is not None:
            yield Printed(text, block.term, ((block.index, float(n)),))


def _numbers(right: Any, value: Any, values: Mapping[Expr, Any], formulas: Formulas) -> Iterator[Printed]:
    """A formula in numbers, and what comes out."""
    yield Printed(signed(formulas.numbers(right, values)[0]), right, (), tuple(values.items()))
    yield Printed(formulas.show(value), value)


def _in_words(block: b.Block, inline: Formulas) -> Iterator[Printed]:
    """The formulas within the words of a block."""
    if isinstance(block, (b.Equations, b.Unrolled)):
        said: Any = [row.reason for row in block.rows]
    elif isinstance(block, b.Expanded):
        said = block.reason
    elif isinstance(block, b.Table):
        said = [*block.header, *(cell for row in block.rows for cell in row)]
    elif isinstance(block, (b.Paragraph, b.Heading, b.Picture)):
        said = block.caption if isinstance(block, b.Picture) else block.text
    else:
        said = None
    for value in _values(said):
        if isinstance(value, WorkedLine):
            yield from _numbers(value.right, value.value, value.values, inline)
        else:
            yield Printed(inline.show(value), value)


def _values(said: Any) -> Iterator[Any]:
    """The formulas in a sentence, in the sentences in it, in a list of them."""
    if isinstance(said, Text):
        for name in sorted(places(said.en) & set(said.values)):  # a rule may know more than its sentence says
            yield from _values(said.values[name])
    elif isinstance(said, Ranges):
        yield from said.spans
    elif type(said) in (list, tuple):
        for value in said:
            yield from _values(value)
    elif isinstance(said, (Expr, Relational, BooleanFunction, MatrixBase, Line, Term, Numeral, Span, WorkedLine)):
        yield said
