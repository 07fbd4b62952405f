"""The worked numbers of an exercise as blocks: values forward, adjoints backward, one step of gradient descent."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from sympy import Eq, Expr, Idx, Integer, Symbol

from derive.chain.derivation import Derivation, Step, Term, written
from derive.expressions.indices import substitute
from derive.expressions.symbols import Given, Partial
from derive.language import Text, joined
from derive.model.model import Node
from derive.model.reachability import valueless
from derive.page import blocks
from derive.page import sentences as say
from derive.page.numerals import Numeral
from derive.page.pictures.numbers import Pair

if TYPE_CHECKING:
    from derive.topics.worked.worked import Worked

MANY = 100  # elements of a family whose numbers are put into formulas
ALONG = 12  # elements along a row
ABREAST = 8  # parameters of an update side by side
MOST = 64  # parameters whose update is shown
RATE = Symbol("eta", real=True)
AFTER = Text(
    "With the given numbers, the parameters after the step are {values}.",
    "代入给定的数值，更新一步之后的参数为 {values}。",
)
IS = Text("{element} = {value}", "{element} = {value}")
AFTER_ONE = Text("With the given numbers, {values} after the step.", "代入给定的数值，更新一步之后 {values}。")
FIRST = Text("{element}", "{element}")
IN_ORDER = Text("{sign} {element}", "{sign} {element}")
RANKED = Text("In order, the smallest first: {order}.", "由小到大：{order}。")
IN_A_SENTENCE = 12  # parameters that one reads in it
Columns = list[tuple[Expr, Node, Any, tuple[int, ...]]]  # quantity, its family, its numbers, their first index values


def numbers(
    d: Derivation, worked: Worked, remark: Text | None, steps: Sequence[Step], order: Sequence[str] = ()
) -> Iterator[blocks.Block]:
    """Show scalars as equations with the numbers put in, families as tables, then the update, if there is a rate."""
    yield blocks.Heading(say.NUMBERS)
    if remark is not None:
        yield blocks.Paragraph(remark)
    values = _elements(d, worked)
    yield from _forward(d, worked, values)
    yield from ranked(d, worked, order)
    if d.adjoints:
        yield from _backward(d, worked, values, steps)
    if worked.rate is not None:
        update = say.UPDATE(rate=RATE, value=Numeral(worked.rate))
        yield blocks.Paragraph(update, update)
        yield from _update(d, worked)


def _elements(d: Derivation, worked: Worked) -> dict[Expr, Numeral]:
    """List every element of every quantity, and the partials of abstract functions, with their numbers."""
    found: dict[Expr, Numeral] = {}
    for name, node in ((name, n) for name, n in d.model.nodes.items() if name in worked.values):
        found |= dict(_numbered(node, worked.values[name], worked.low[name]))
        if name in d.adjoints:
            slopes = _numbered(node, worked.adjoints[name], worked.low[f"adjoint {name}"])
            found |= {Partial(d.loss, e): n for e, n in slopes}
    for key, value in worked.given.items():
        for node in (n for n in d.model.nodes.values() if n.abstract is not None and key.startswith(f"d{n.name}/d")):
            for given in node.abstract.args if node.abstract is not None else ():
                if key == f"d{node.name}/d{given}":
                    found[Given(node.symbol, given)] = Numeral(value)
    return found


def on_graph(d: Derivation, worked: Worked) -> dict[Expr, Pair]:
    """Pair every element's value with its derivative; that of the loss is 1, of a parameter out of reach it is 0."""
    found, unknown, apart = _elements(d, worked), valueless(d.model), {n.name for n in d.unreachable}
    pairs: dict[Expr, Pair] = {}
    for name, node in ((name, n) for name, n in d.model.nodes.items() if name in worked.values):
        for element, value in _numbered(node, worked.values[name], worked.low[name]):
            slope = found.get(Partial(d.loss, element)) if d.model.has_loss else None
            if name in apart or element == d.loss:
                slope = Numeral(int(element == d.loss))
            pairs[element] = Pair(None if name in unknown else value, slope)
    return pairs


def _numbered(node: Node, array: Any, low: tuple[int, ...]) -> Iterator[tuple[Expr, Numeral]]:
    """List the elements of a family with their numbers, if it is short enough to be shown."""
    if array.size <= MANY:
        for spot in itertools.product(*(range(n) for n in array.shape)):
            yield node.at(*(Integer(s + a) for s, a in zip(spot, low, strict=True))), Numeral(array[spot])


def _forward(d: Derivation, worked: Worked, values: Mapping[Expr, Numeral]) -> Iterator[blocks.Block]:
    unknown = valueless(d.model)
    computed = [
        n for n in d.model.nodes.values() if not n.is_leaf and n.name in worked.values and n.name not in unknown
    ]
    if computed:
        yield blocks.Paragraph(say.FORWARD_VALUES)
    for family, nodes in itertools.groupby(computed, key=lambda n: bool(n.indices)):
        if family and d.model.has_loss:
            yield from _tables([(n.generic, n, worked.values[n.name], worked.low[n.name]) for n in nodes])
        elif family:
            yield from (_each(n, worked, values) for n in nodes)
        else:
            yield blocks.Worked(tuple((n.symbol, n.cases[0].expr, values[n.symbol]) for n in nodes), values)


def _each(node: Node, worked: Worked, values: Mapping[Expr, Numeral]) -> blocks.Block:
    """Show every element of a family, worked; of many only the numbers."""
    if worked.values[node.name].size > IN_A_SENTENCE or len(node.cases) > 1:
        return next(_tables([(node.generic, node, worked.values[node.name], worked.low[node.name])]))
    case = node.cases[0]
    found = (
        (element, substitute(case.expr, dict(zip(case.position, element.indices, strict=True))), values[element])
        for _, element in _spots(node, worked)
    )
    return blocks.Worked(tuple(found), values)


def ranked(d: Derivation, worked: Worked, names: Sequence[str]) -> Iterator[blocks.Block]:
    """Show families in order, the smallest element first; equal ones have an equals sign between them."""
    for name in names:
        pairs = [(worked.values[name][spot], element) for spot, element in _spots(d.model.nodes[name], worked)]
        order = sorted(pairs, key=lambda pair: pair[0])
        signs = ["", *("=" if _same(a, b) else "<" for (a, _), (b, _) in itertools.pairwise(order))]
        first, *others = zip(signs, order, strict=True)
        chain = [FIRST(element=first[1][1]), *(IN_ORDER(sign=sign, element=e) for sign, (_, e) in others)]
        yield blocks.Paragraph(RANKED(order=joined(chain, (" ", " "))))


def _same(a: Any, b: Any) -> bool:
    """Are two numbers equal, up to rounding where they are not exact?"""
    return bool(a == b) or abs(float(a) - float(b)) <= 1e-12 * abs(float(a))


def of_values(d: Derivation, worked: Worked) -> Iterator[blocks.Block]:
    """Show, among the results, the values that nothing else is computed from."""
    if d.model.has_loss:
        return
    last = [n for n in d.model.nodes.values() if not n.is_leaf and not d.model.users(n.name)]
    found = [(element, Numeral(worked.values[n.name][spot])) for n in last for spot, element in _spots(n, worked)]
    if 0 < len(found) <= IN_A_SENTENCE:
        yield blocks.Worked(tuple((element, element, value) for element, value in found), {})


def _backward(
    d: Derivation, worked: Worked, values: Mapping[Expr, Numeral], steps: Sequence[Step]
) -> Iterator[blocks.Block]:
    yield blocks.Paragraph(say.BACKWARD_VALUES)
    nodes = list(dict.fromkeys(s.node for s in steps))
    for family, group in itertools.groupby(nodes, key=lambda n: bool(n.indices)):
        if family:
            yield from _tables([_column(d, n, worked) for n in group])
        else:
            yield blocks.Worked(tuple(_row(d, n, worked, steps) for n in group), values)


def _column(d: Derivation, node: Node, worked: Worked) -> tuple[Expr, Node, Any, tuple[int, ...]]:
    name = f"adjoint {node.name}"
    return Partial(d.loss, node.generic), node, worked.adjoints[node.name], worked.low[name]


def _row(
    d: Derivation, node: Node, worked: Worked, steps: Sequence[Step]
) -> tuple[Expr, Expr | tuple[Term, ...], Numeral]:
    step = next(s for s in steps if s.node is node)
    shortest = min(step.lines, key=lambda line: written(line.terms))
    return Partial(d.loss, node.symbol), shortest.terms, Numeral(worked.adjoint(node.name))


def _tables(columns: Columns) -> Iterator[blocks.Block]:
    """Show families over one index side by side, by the index; others with one element to a row."""
    narrow = [c for c in columns if len(c[1].indices) == 1]
    for _, group in itertools.groupby(narrow, key=lambda c: (str(c[1].indices[0]), len(c[2]), c[3])):
        together = list(group)
        for some in (together[n : n + 5] for n in range(0, len(together), 5)):
            yield _side_by_side(some)
    yield from (_matrix(*c) for c in columns if len(c[1].indices) > 1)


def _matrix(quantity: Expr, node: Node, array: Any, low: tuple[int, ...]) -> blocks.Table:
    """Show a family over several indices: the last one runs along a row, if a row is no wider than a page."""
    along = array.shape[-1] if array.shape[-1] <= ALONG else 0
    spots = list(itertools.product(*(range(n) for n in (array.shape[:-1] if along else array.shape))))[:MOST]
    head = [_place(node.indices[-1:], (n,), low[-1:]) for n in range(along)]
    rows = tuple(
        (_place(node.indices, spot, low), *map(Numeral, array[spot] if along else [array[spot]])) for spot in spots
    )
    return blocks.Table((quantity, *head) if along else (say.INDEX, quantity), rows, given=1)


def _side_by_side(columns: Columns) -> blocks.Table:
    _, node, array, low = columns[0]
    spots: list[int | None] = list(range(len(array)))
    if len(spots) > 24:
        spots = [*spots[:8], None, *spots[-8:]]
    rows = tuple(
        (Integer(s + low[0]), *(Numeral(c[2][s]) for c in columns)) if s is not None else ("...",) * (1 + len(columns))
        for s in spots
    )
    return blocks.Table((node.indices[0], *(c[0] for c in columns)), rows, given=1)


def _place(indices: tuple[Idx, ...], spot: tuple[int, ...], low: tuple[int, ...]) -> list[Expr]:
    """The indices with their values; fewer values than indices are those of the first ones."""
    return [Eq(i, Integer(s + a), evaluate=False) for i, s, a in zip(indices, spot, low, strict=False)]


def after(d: Derivation, worked: Worked) -> Iterator[blocks.Block]:
    """Show, among the results, what the parameters are after the step, unless they are too many for a line or two."""
    if worked.rate is None:
        return
    found = [(e, worked.updated[n.name][spot]) for n in _moved(d, worked) for spot, e in _spots(n, worked)]
    if len(found) <= IN_A_SENTENCE:
        said = AFTER_ONE if len(found) == 1 else AFTER
        yield blocks.Paragraph(said(values=[IS(element=e, value=Numeral(value)) for e, value in found]))


def _moved(d: Derivation, worked: Worked) -> list[Node]:
    """The parameters that the step moves: those whose gradients are asked for."""
    return [n for n in d.model.of_kind("parameter") if n.name in worked.updated]


def _spots(node: Node, worked: Worked) -> Iterator[tuple[tuple[int, ...], Expr]]:
    """Yield the place of every element of a family in its array, and the element."""
    for spot in itertools.product(*(range(n) for n in getattr(worked.values[node.name], "shape", ()))):
        yield spot, node.at(*(Integer(s + a) for s, a in zip(spot, worked.low[node.name], strict=True)))


def _update(d: Derivation, worked: Worked) -> Iterator[blocks.Block]:
    """Show of every element of every parameter its value, its derivative and its new value, side by side."""
    columns: list[tuple[Expr, Numeral, Numeral, Numeral]] = []
    for node in _moved(d, worked):
        array, slopes = worked.values[node.name], worked.adjoints.get(node.name)
        for spot, element in _spots(node, worked):
            slope = Numeral(0 if slopes is None else slopes[spot])
            columns.append((element, Numeral(array[spot]), slope, Numeral(worked.updated[node.name][spot])))
    for some in (columns[n : n + ABREAST] for n in range(0, min(len(columns), MOST), ABREAST)):
        elements, values, gradients, updated = zip(*some, strict=True)
        yield blocks.Table(
            (say.PARAMETER_OF, *elements),
            ((say.VALUE, *values), (say.SLOPE, *gradients), (say.NEW_VALUE, *updated)),
            given=1,
        )
