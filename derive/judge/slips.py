"""Named slips: each is tried against the derivation, and named only if the claim is right once it is undone."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from fractions import Fraction
from itertools import permutations
from typing import NamedTuple

import numpy as np
from sympy import Idx, Indexed
from sympy import Symbol as SympySymbol

from derive.expressions.functions import row_of
from derive.expressions.indices import name_of
from derive.expressions.notation import latex_name
from derive.judge.balls import ball
from derive.judge.formulas import Formulas
from derive.judge.names import Names
from derive.judge.places import Scope
from derive.judge.value import Value, negative
from derive.judge.words import COLUMNS, ROWS, SLIPS
from derive.language import Text
from derive.read.reader import formula
from derive.read.tree import (
    Added,
    Big,
    Bracketed,
    Differential,
    Listed,
    Multiplied,
    Node,
    Number,
    Scripted,
    Symbol,
    rebuilt,
)
from derive.read.tree import (
    Fraction as Over,
)
from derive.transcribe.occurrences import TRANSPOSED, letter, occurrence, written

MOST = 600  # edits that are tried at most


class Edit(NamedTuple):
    """A slip that may have been made, and the formula without it: as a tree, or as what becomes of the value."""

    slip: str
    said: Text
    tree: Node | None = None
    value: Callable[[Formulas, Value], Value] | None = None
    letters: tuple[str, ...] = ()


def edits(
    node: Node, left: Node, names: Names, worlds: list[Formulas], unbound: tuple[str, ...], source: str
) -> Iterator[Edit]:
    """The formulas that a wrong one may have been, the likeliest slips first."""
    for own in unbound:
        yield Edit("batch", SLIPS["batch"](index=own), _summed(node, own))
    yield Edit("sign", SLIPS["sign"], value=lambda f, v: negative(v))
    yield from _factors(names)
    yield from _trees(node, _signs, "sign", source)
    yield from _trees(node, _turned, "transpose", source)
    yield from reversed([*_trees(node, _moved, "index", source)])  # a name before a derivative
    yield from _trees(node, _products, "elementwise", source)
    yield from _axes()
    yield from _weights(node, left, names, worlds)


def _factors(names: Names) -> Iterator[Edit]:
    for text, number in (("2", Fraction(2)), ("1/2", Fraction(1, 2)), ("4", Fraction(4)), ("1/4", Fraction(1, 4))):
        yield Edit("factor", SLIPS["factor"](factor=text), value=_times(number))
    for size in names.sizes.values():
        yield Edit("factor", SLIPS["factor"](factor=f"1/{size}"), value=_by_size(size, -1))
        yield Edit("factor", SLIPS["factor"](factor=size), value=_by_size(size, 1))
        yield Edit("factor", SLIPS["factor"](factor=rf"1/\sqrt{{{size}}}"), value=_by_size(size, -1, root=True))
        yield Edit("factor", SLIPS["factor"](factor=rf"\sqrt{{{size}}}"), value=_by_size(size, 1, root=True))


def _times(number: Fraction) -> Callable[[Formulas, Value], Value]:
    return lambda f, v: replace(v, numbers=v.numbers * ball(number))


def _by_size(size: str, power: int, root: bool = False) -> Callable[[Formulas, Value], Value]:
    def times(f: Formulas, v: Value) -> Value:
        number = ball(Fraction(f.sizes[size]) ** power)
        return replace(v, numbers=v.numbers * (number.sqrt() if root else number))

    return times


def _axes() -> Iterator[Edit]:
    """The sum over the examples that a matrix form leaves out: over the first or over the last axis."""
    for axis in (0, 1):
        word = ROWS if axis == 0 else COLUMNS

        def total(f: Formulas, v: Value, axis: int = axis) -> Value:
            return Value(np.sum(v.numbers, axis=axis)) if len(v.dims) > axis else v

        yield Edit("batch", SLIPS["batch"](index=word), value=total)


Change = Callable[[Node], Iterator[Node]]


def _trees(node: Node, change: Change, slip: str, source: str) -> Iterator[Edit]:
    """Every tree with one change, and the part that was changed."""
    for tree, before, after in _once(node, change):
        said = SLIPS[slip]
        if "{part}" in said.en:
            said = (
                said(part=_typed(before, source), other=shown(after, source))
                if "{other}" in said.en
                else said(part=_typed(before, source))
            )
        yield Edit(slip, said, tree)


def _once(node: Node, change: Change) -> Iterator[tuple[Node, Node, Node]]:
    """(the tree with one change in it, what was there, what is there now)."""
    for after in change(node):
        yield after, node, after
    kids = list(_kids(node))
    for n, kid in enumerate(kids):
        for tree, before, after in _once(kid, change):
            yield _with(node, n, tree), before, after


def _kids(node: Node) -> Iterator[Node]:
    from derive.read.tree import children

    if occurrence(node) is None or not isinstance(node, Scripted):
        yield from children(node)


def _with(node: Node, n: int, new: Node) -> Node:
    count = iter(range(10_000))
    return rebuilt(node, lambda kid: new if next(count) == n else kid)


def _typed(node: Node, source: str) -> str:
    return source[node.start : node.end]


def shown(node: Node, source: str) -> str:
    """A changed part in LaTeX: what is as typed is copied, and the change is written out."""
    match node:
        case Scripted() if isinstance(node.above, Symbol) and node.above.name == "top" and node.above.start < 0:
            return (
                f"{_typed(node.base, source)}^{{\\top}}"
                if node.below is None
                else (f"{_typed(node.base, source)}_{{{_typed(node.below, source)}}}^{{\\top}}")
            )
        case Scripted():
            below = "" if node.below is None else f"_{{{shown(node.below, source)}}}"
            above = "" if node.above is None else f"^{{{_typed(node.above, source)}}}"
            return _typed(node.base, source) + below + above
        case Added():
            terms = "".join(s + shown(t, source) for s, t in zip(node.signs, node.terms, strict=True))
            return terms.removeprefix("+")
        case Number() if node.start < 0:
            return node.digits
    return _typed(node, source)


def _signs(node: Node) -> Iterator[Node]:
    if isinstance(node, Added):
        for n, sign in enumerate(node.signs):
            other = "-" if sign == "+" else "+"
            yield replace(node, signs=node.signs[:n] + other + node.signs[n + 1 :])


_TOP = Symbol(-1, -1, "top")


def _turned(node: Node) -> Iterator[Node]:
    """A transposition taken away or put there."""
    if isinstance(node, Scripted) and isinstance(node.above, Symbol) and node.above.name in TRANSPOSED:
        yield node.base if node.below is None else replace(node, above=None)
    elif isinstance(node, Scripted) and node.above is None and isinstance(node.base, Symbol):
        yield replace(node, above=_TOP)
    elif isinstance(node, (Symbol, Bracketed, Over)):
        yield Scripted(node.start, node.end, node, None, _TOP)
    if isinstance(node, Multiplied) and not any(s == "/" for s in node.signs):
        for n in range(len(node.factors) - 1):
            factors = list(node.factors)
            factors[n], factors[n + 1] = factors[n + 1], factors[n]
            yield replace(node, factors=tuple(factors))


def _moved(node: Node) -> Iterator[Node]:
    """An index one later or earlier."""
    if not isinstance(node, Scripted) or node.below is None:
        return
    for below in _moved_places(node.below):
        yield replace(node, below=below)


def _moved_places(node: Node) -> Iterator[Node]:
    if letter(node):
        for sign in "+-":
            yield Added(node.start, node.end, (node, Number(-1, -1, "1")), "+" + sign)
    elif isinstance(node, Added) and len(node.terms) == 2 and isinstance(node.terms[1], Number):
        yield node.terms[0]
        yield replace(node, signs=node.signs[0] + ("-" if node.signs[1] == "+" else "+"))
    elif hasattr(node, "items"):
        for n, item in enumerate(node.items):
            for other in _moved_places(item):
                yield replace(node, items=(*node.items[:n], other, *node.items[n + 1 :]))  # type: ignore[call-arg]


def _products(node: Node) -> Iterator[Node]:
    """An elementwise product for a matrix product, and the other way round."""
    if isinstance(node, Multiplied):
        for n, sign in enumerate(node.signs[1:], 1):
            other = "" if sign in ("odot", "circ") else "odot" if sign in ("", "cdot", "times", "*") else None
            if other is not None:
                yield replace(node, signs=(*node.signs[:n], other, *node.signs[n + 1 :]))


def _summed(node: Node, own: str) -> Node:
    return Big(node.start, node.end, "sum", Symbol(-1, -1, own), None, node)


def _weights(node: Node, left: Node, names: Names, worlds: list[Formulas]) -> Iterator[Edit]:
    """A factor left out: each quantity of the model, at the letters of the formula, beside each product."""
    formulas = worlds[0]
    letters = list(dict.fromkeys([*formulas.ranges(left), *_letters(node, formulas)]))
    for name, rank in names.ranks.items():
        if name == names.loss or rank > 2:
            continue
        text = latex_name(name)
        head = formula(text)
        timed = formulas.world.store.time.get(name)
        for places in [(), *(permutations(letters, rank) if rank else ())]:
            shifts = _shifts(places, timed[0]) if timed and places else [tuple(map(_letter, places))]
            for at in shifts:
                yield from _beside_all(node, _indexed(head, at), SLIPS["weight"](factor=_latex(text, at)), rank)

    for above, below in _activated(formulas):
        rank = names.ranks[above]
        for places in [(), *(permutations(letters, rank) if rank else ())]:
            ends = [Differential(-1, -1, "partial", None, _typeset(n, places)) for n in (above, below)]
            said = SLIPS["weight"](factor=_slope_text(above, below, places))
            yield from _beside_all(node, Over(-1, -1, ends[0], ends[1]), said, rank)


def _activated(formulas: Formulas) -> Iterator[tuple[str, str]]:
    """What is a function of each element of something with a name: (a, z) for a = sigma(z)."""
    nodes = formulas.world.derivation.model.nodes if formulas.names.ranks else {}
    for name, node in nodes.items():
        expr = node.cases[0].expr if node.cases else None
        if expr is not None and len(expr.args) == 1 and row_of(expr) is not None:
            inner = expr.args[0]
            if isinstance(inner, (Idx, SympySymbol, Indexed)) and name_of(inner) in nodes:
                yield name, name_of(inner)


def _typeset(name: str, places: tuple[str, ...]) -> Node:
    return _indexed(formula(latex_name(name)), tuple(map(_letter, places)))


def _slope_text(above: str, below: str, places: tuple[str, ...]) -> str:
    tops = (_latex(latex_name(n), tuple(map(_letter, places))) for n in (above, below))
    return rf"\frac{{\partial {next(tops)}}}{{\partial {next(tops)}}}"


def _shifts(places: tuple[str, ...], axis: int) -> list[tuple[Node, ...]]:
    """The letters as they are, and one step of time before or after."""
    plain = tuple(map(_letter, places))
    one = Number(-1, -1, "1")
    moved = [Added(-1, -1, (plain[axis], one), "+" + sign) for sign in "-+"]
    return [plain, *((*plain[:axis], other, *plain[axis + 1 :]) for other in moved)]


def _letter(name: str) -> Node:
    return Symbol(-1, -1, name)


def _beside_all(node: Node, factor: Node, said: Text, rank: int) -> Iterator[Edit]:
    yield Edit("weight", said, Multiplied(-1, -1, (_bracket(node), factor), ("", "odot" if rank else "")))
    for tree, _, _ in _once(node, lambda part: _beside(part, factor)):
        yield Edit("weight", said, tree)


def _letters(node: Node, formulas: Formulas) -> Iterator[str]:
    from derive.judge.places import bound
    from derive.read.tree import walk

    yield from formulas.ranges(node)
    for part in walk(node):
        if isinstance(part, Big):
            yield from bound(part.below, {})


def _beside(part: Node, factor: Node) -> Iterator[Node]:
    """Inside sums the factor stands in the term."""
    if isinstance(part, Big):
        yield replace(part, body=Multiplied(-1, -1, (_bracket(part.body), factor), ("", "")))
    if isinstance(part, Multiplied):
        for n, one in enumerate(part.factors):
            new = _bracket(Multiplied(-1, -1, (_bracket(one), factor), ("", "odot")))
            yield replace(part, factors=(*part.factors[:n], new, *part.factors[n + 1 :]))
    if isinstance(part, Added):
        for n, term in enumerate(part.terms):
            new = Multiplied(-1, -1, (_bracket(term), factor), ("", ""))
            yield replace(part, terms=(*part.terms[:n], new, *part.terms[n + 1 :]))


def _bracket(node: Node) -> Node:
    return Bracketed(node.start, node.end, "()", (node,))


def _indexed(head: Node, places: tuple[Node, ...]) -> Node:
    if not places:
        return head
    base, below = (head.base, head.below) if isinstance(head, Scripted) else (head, None)
    items = places if below is None else (below, *places)
    return Scripted(-1, -1, base, Listed(-1, -1, items, (",",) * (len(items) - 1)) if len(items) > 1 else items[0])


def _latex(text: str, places: tuple[Node, ...]) -> str:
    found = occurrence(formula(text))
    if not places or found is None:
        return text
    inner = ",".join([*map(written, found.places), *map(written, places)])
    return f"{text.split('_{')[0]}_{{{inner}}}"


def undone(edit: Edit, node: Node) -> Callable[[Formulas, Scope], Value]:
    """The formula without the slip, to be computed."""
    if edit.tree is not None:
        tree = edit.tree
        return lambda formulas, scope: formulas.value(tree, scope)
    change = edit.value
    assert change is not None
    return lambda formulas, scope: change(formulas, formulas.value(node, scope))
