"""Named slips: each is tried against the derivation, and named only if the claim is right once it is undone."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from fractions import Fraction
from itertools import islice

import numpy as np

from derive.errors import DeriveError
from derive.judge import compare
from derive.judge.answer import Claim
from derive.judge.balls import NoValue, ball
from derive.judge.changes import Edit, moved, products, signs, summed, trees, turned
from derive.judge.compare import SAME, Example, Outcome
from derive.judge.formulas import Formulas
from derive.judge.left_out import weights
from derive.judge.meaning import Meaning
from derive.judge.names import Names
from derive.judge.places import NotWhole, OutOfRange, Scope
from derive.judge.value import Value, negative, transposed
from derive.judge.words import OVER_AXIS, SLIPS, TURNED
from derive.language import Text
from derive.read.tree import Node

MOST = 600  # edits that are tried at most


def edits(
    node: Node, left: Node, names: Names, worlds: Sequence[Meaning], unbound: tuple[str, ...], source: str
) -> Iterator[Edit]:
    """The formulas that a wrong one may have been, the likeliest slips first."""
    for own in unbound:
        yield Edit("batch", SLIPS["batch"](index=own), summed(node, own))
    yield Edit("sign", SLIPS["sign"], value=lambda f, v: negative(v))
    yield from _factors(names)
    yield from trees(node, signs, "sign", source)
    yield from trees(node, turned, "transpose", source)
    yield Edit("transpose", TURNED, value=lambda f, v: transposed(v) if len(v.dims) == 2 else v)
    yield from reversed([*trees(node, moved, "index", source)])  # a name before a derivative
    yield from trees(node, products, "elementwise", source)
    yield from _axes()
    yield from weights(node, left, names, worlds)


def _factors(names: Names) -> Iterator[Edit]:
    for text, number in (("2", Fraction(2)), ("1/2", Fraction(1, 2)), ("4", Fraction(4)), ("1/4", Fraction(1, 4))):
        yield Edit("factor", SLIPS["factor"](factor=text), value=_times(number))
    for size in names.sizes.values():
        yield Edit("factor", SLIPS["factor"](factor=f"1/{size}"), value=_by_size(size, -1))
        yield Edit("factor", SLIPS["factor"](factor=size), value=_by_size(size, 1))
        yield Edit("factor", SLIPS["factor"](factor=rf"1/\sqrt{{{size}}}"), value=_by_size(size, -1, root=True))
        yield Edit("factor", SLIPS["factor"](factor=rf"\sqrt{{{size}}}"), value=_by_size(size, 1, root=True))


def _times(number: Fraction) -> Callable[[Meaning, Value], Value]:
    return lambda f, v: replace(v, numbers=v.numbers * ball(number))


def _by_size(size: str, power: int, root: bool = False) -> Callable[[Meaning, Value], Value]:
    def times(f: Meaning, v: Value) -> Value:
        number = ball(Fraction(f.sizes[size]) ** power)
        return replace(v, numbers=v.numbers * (number.sqrt() if root else number))

    return times


def _axes() -> Iterator[Edit]:
    """The sum over the examples that a matrix form leaves out: over the first or over the last axis."""
    for axis, said in enumerate(OVER_AXIS):

        def total(f: Meaning, v: Value, axis: int = axis) -> Value:
            return Value(np.sum(v.numbers, axis=axis)) if len(v.dims) > axis else v

        yield Edit("batch", said, value=total)


def undone(edit: Edit, node: Node) -> Callable[[Meaning, Scope], Value]:
    """The formula without the slip, to be computed."""
    if edit.tree is not None:
        tree = edit.tree
        return lambda formulas, scope: formulas.value(tree, scope)
    change = edit.value
    assert change is not None
    return lambda formulas, scope: change(formulas, formulas.value(node, scope))


def first(claim: Claim, outcome: Outcome, true: Sequence[Formulas]) -> tuple[str, Text] | None:
    """The first slip, and the words for it, without which a claim is right. Errors: NoTime."""
    found = edits(claim.right, claim.left, true[0].names, true, outcome.unbound, true[0].source)
    for edit in islice(found, MOST):
        if _holds(claim, edit, true, outcome.example):
            return edit.slip, edit.said
    return None


def _holds(claim: Claim, edit: Edit, true: Sequence[Formulas], example: Example | None) -> bool:
    """Whether a claim is right once an edit has undone its slip; most are not where the claim was seen to be wrong."""
    side = undone(edit, claim.right)
    try:
        if example is not None and not _there(claim, side, example):
            return False
        for some in (true[:1], true):
            found = compare.sides(claim.left, compare.of(claim.left), edit.tree, side, some)
            if found.state != SAME or found.convention:
                return False
    except (DeriveError, NotWhole, NoValue, OutOfRange, ValueError, TypeError):
        return False
    return True


def _there(claim: Claim, side: Callable[[Meaning, Scope], Value], example: Example) -> bool:
    """Whether a formula is right at the index values at which the claim was seen to be wrong."""
    formulas, scope = example.formulas, example.scope
    return compare.agree(formulas.value(claim.left, scope), side(formulas, scope))
