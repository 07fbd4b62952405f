"""From local partials to a final form: path by path, line by line, the result in a box; for Jacobians and Hessians."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Protocol

from sympy import Expr, Idx, Ne, preorder_traversal

from derive.chain.derivation import Line, Term, written
from derive.chain.reasons import telling
from derive.language import Text, clauses
from derive.page import sentences as say
from derive.page.blocks import Block, Equations, Paragraph, Row, Table
from derive.topics.jacobian.in_matrices import InMatrices
from derive.topics.jacobian.lines import WIDEST
from derive.topics.jacobian.paths import Entry, Path

PATHS = Text("Path by path:", "逐条路径：")
PATH = (Text("path", "路径"), Text("product of the local partials", "局部偏导数之积"))
RULES = Text("The rules on these paths: {rules}.", "这些路径上用到的法则：{rules}。")
ADD_UP = Text("The sum over the paths is", "各条路径相加：")
MATRICES = Text("In matrix form:", "写成矩阵：")
EACH_ROW = Text(
    "For {others} the entry is zero. For each {row}, in matrix form:",
    "{others} 时该元素为零。对每个 {row}，写成矩阵：",
)
INDEX_FORM = Text(
    "This Jacobian has no short matrix form, so we keep the index form.",
    "这个雅可比矩阵没有简洁的矩阵形式，故保留指标形式。",
)


class Chained(Protocol):
    """A derivative path by path: a Jacobian, or a block of a Hessian."""

    @property
    def symbol(self) -> Expr: ...
    @property
    def entry(self) -> Entry: ...
    @property
    def lines(self) -> tuple[Line, ...]: ...
    @property
    def indices(self) -> tuple[Expr, ...]: ...
    @property
    def form(self) -> InMatrices | None: ...


def chained(found: Chained) -> Iterator[Block]:
    """Show the paths if there are several, the chain of equalities, and the final form, also in matrices."""
    symbol, entry, lines = found.symbol, found.entry, found.lines
    if len(entry.paths) > 1:
        yield Paragraph(PATHS)
        yield Table(PATH, tuple(_path(entry, p) for p in entry.paths))
        yield Paragraph(RULES(rules=clauses(_rules(entry.paths))))
        yield Paragraph(ADD_UP)
    if len(lines) > 1:
        yield Equations(tuple(rows(symbol, lines)))
    yield _result(symbol, lines[-1].terms, written(lines[-1].terms))
    yield from _matrix(found)


def _result(left: Expr, right: Expr | tuple[Term, ...], length: int) -> Equations:
    """Show a result in a box, unless it is so long that its line must break."""
    return Equations((Row(left, right),), boxed=length <= WIDEST)


def _matrix(found: Chained) -> Iterator[Block]:
    """Show the matrix form, for each row of a batch; or say that the index form stands."""
    form = found.form
    if form is not None:
        yield Paragraph(MATRICES if form.rows is None else _each(*form.rows))
        yield _result(form.whole, form.matrix, len([*preorder_traversal(form.matrix)]) // 2)
    elif len({i for place in found.indices for i in place.atoms(Idx)}) > 1:
        yield Paragraph(INDEX_FORM)


def _each(row: Idx, other: Idx) -> Text:
    return EACH_ROW(row=row, others=Ne(other, row, evaluate=False))


def rows(target: Expr, lines: Sequence[Line]) -> Iterator[Row]:
    for number, line in enumerate(lines):
        yield Row(target if number == 0 else None, line.terms, line.reason)


def _path(entry: Entry, path: Path) -> tuple[Any, ...]:
    """Show the stations of a path, and the product of its local partials."""
    return say.arrow([entry.wrt, *(link.user for link in reversed(path.links))]), path.term


def _rules(paths: Sequence[Path]) -> tuple[Text, ...]:
    """Return the rules that give the local partials, each once."""
    found = {r.pick("en"): r for path in paths for link in path.links for r in link.rules}
    return telling(tuple(found.values()))
