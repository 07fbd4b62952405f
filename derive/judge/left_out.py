"""A factor that was left out: each quantity of the model, and each slope, is put beside every product and term."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import permutations

import sympy
from sympy import Idx, Indexed

from derive.expressions.functions import row_of
from derive.expressions.indices import name_of
from derive.expressions.notation import latex_name
from derive.judge.changes import Edit, bracketed, once
from derive.judge.meaning import Meaning
from derive.judge.names import Names
from derive.judge.places import bound
from derive.judge.words import SLIPS
from derive.language import Text
from derive.read.reader import formula
from derive.read.tree import (
    Added,
    Big,
    Differential,
    Fraction,
    Listed,
    Multiplied,
    Node,
    Number,
    Scripted,
    Symbol,
    walk,
)
from derive.transcribe.occurrences import occurrence, written


def weights(node: Node, left: Node, names: Names, worlds: Sequence[Meaning]) -> Iterator[Edit]:
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
            yield from _beside_all(node, Fraction(-1, -1, ends[0], ends[1]), said, rank)


def _activated(formulas: Meaning) -> Iterator[tuple[str, str]]:
    """What is a function of each element of something with a name: (a, z) for a = sigma(z)."""
    nodes = formulas.world.derivation.model.nodes if formulas.names.ranks else {}
    for name, node in nodes.items():
        expr = node.cases[0].expr if node.cases else None
        if expr is not None and len(expr.args) == 1 and row_of(expr) is not None:
            inner = expr.args[0]
            if isinstance(inner, (Idx, sympy.Symbol, Indexed)) and name_of(inner) in nodes:
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
    yield Edit("weight", said, Multiplied(-1, -1, (bracketed(node), factor), ("", "odot" if rank else "")))
    for tree, _, _ in once(node, lambda part: _beside(part, factor)):
        yield Edit("weight", said, tree)


def _letters(node: Node, formulas: Meaning) -> Iterator[str]:
    yield from formulas.ranges(node)
    for part in walk(node):
        if isinstance(part, Big):
            yield from bound(part.below, {})


def _beside(part: Node, factor: Node) -> Iterator[Node]:
    """Inside sums the factor stands in the term."""
    if isinstance(part, Big):
        yield replace(part, body=Multiplied(-1, -1, (bracketed(part.body), factor), ("", "")))
    if isinstance(part, Multiplied):
        for n, one in enumerate(part.factors):
            new = bracketed(Multiplied(-1, -1, (bracketed(one), factor), ("", "odot")))
            yield replace(part, factors=(*part.factors[:n], new, *part.factors[n + 1 :]))
    if isinstance(part, Added):
        for n, term in enumerate(part.terms):
            new = Multiplied(-1, -1, (bracketed(term), factor), ("", ""))
            yield replace(part, terms=(*part.terms[:n], new, *part.terms[n + 1 :]))


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
