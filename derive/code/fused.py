"""The softmax and its logarithm, found in a program and left to the library, which computes each in one go.

The rules are identities of arrays, whatever the model calls them. With m the greatest elements of x along an axis,

    exp(x - m) / sum(exp(x - m)) = softmax(x),
    m + log(sum(exp(x - m)))     = logsumexp(x),
    x - logsumexp(x)             = log_softmax(x).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import fields, replace
from typing import Any, NamedTuple

from derive.code.named_axes import ALL
from derive.code.trees import Apply, Call, NewAxis, Number, Pick, Plus, Reduce, Statement, Times, Tree, signed

Term = tuple[int, Tree]


def fused(part: Any) -> Any:
    """Return a tree, a statement or a tuple of them with the library's functions, the inner ones first."""
    if isinstance(part, tuple):
        return tuple(map(fused, part))
    if not isinstance(part, (Tree, Statement)):
        return part
    own = {f.name: getattr(part, f.name) for f in fields(part)}  # type: ignore[arg-type]
    new = {name: fused(value) for name, value in own.items()}
    part = part if new == own else replace(part, **new)  # type: ignore[type-var]
    return RULES[type(part)](part) if type(part) in RULES else part


class Scores(NamedTuple):
    """What a softmax is taken of, and along which axis."""

    array: Tree
    axis: int

    def by(self, function: str) -> Apply:
        """A function of the library along the axis."""
        return Apply(function, (self.array, Number(self.axis)))


def _quotient(tree: Times) -> Tree:
    """Exponentials over their sum are a softmax, beside whatever else stands in the product."""
    for total in tree.below:
        inner = _inside(total)
        scores = _summed(inner)
        weight = inner.array if isinstance(inner, Reduce) else None
        if scores is not None and weight in tree.above and _along(total, scores.axis):
            above = tuple(scores.by("softmax") if t == weight else t for t in tree.above)
            below = tuple(t for t in tree.below if t is not total)
            return above[0] if len(above) == 1 and not below else _quotient(Times(above, below))
    return tree


def _logarithm(tree: Plus) -> Tree:
    """The greatest score and the logarithm of the shifted sum are a logsumexp; x less that is a log_softmax."""
    tree = Plus(tuple(each for term in tree.terms for each in _apart(*term)))
    for sign, term in tree.terms:
        inner = _inside(term)
        scores = _summed(inner.args[0]) if isinstance(inner, Call) and inner.function == "log" else None
        if scores is None:
            continue
        peak = (sign, _around(term, Reduce("max", scores.array, (scores.axis,))))
        if peak not in tree.terms:
            continue
        left = _without(tree.terms, [(sign, term), peak])
        own = [(-sign * s, t) for s, t in _terms(scores.array)]
        if _along(term, scores.axis) and all(t in left for t in own):
            return _total([*_without(left, own), (-sign, scores.by("log_softmax"))])
        return _total([*left, (sign, _around(term, scores.by("logsumexp")))])
    return tree


def _apart(sign: int, term: Tree) -> Sequence[Term]:
    """The logarithm of a quotient of shifted sums, none of which is small, as a difference."""
    inner = _inside(term)
    ratio = inner.args[0] if isinstance(inner, Call) and inner.function == "log" else None
    if not isinstance(ratio, Times) or not all(map(_summed, (*ratio.above, *ratio.below))):
        return [(sign, term)]
    signs = [sign] * len(ratio.above) + [-sign] * len(ratio.below)
    return [(s, _around(term, Call("log", (t,)))) for s, t in zip(signs, (*ratio.above, *ratio.below), strict=True)]


def _total(terms: Sequence[Term]) -> Tree:
    """A sum, a positive term first, to which a rule may apply again."""
    if len(terms) == 1 and terms[0][0] > 0:
        return terms[0][1]
    return _logarithm(Plus(tuple(sorted(terms, key=lambda t: t[0] < 0))))


def _summed(tree: Tree) -> Scores | None:
    """Read sum(exp(x - max(x))) along one axis."""
    if not (isinstance(tree, Reduce) and tree.kind == "sum"):
        return None
    scores = _shifted(tree.array)
    return scores if scores is not None and tree.axes == (scores.axis,) else None


def _shifted(tree: Tree) -> Scores | None:
    """Read exp(x - max(x)); x may be a sum by itself."""
    if not (isinstance(tree, Call) and tree.function == "exp" and isinstance(tree.args[0], Plus)):
        return None
    terms = tree.args[0].terms
    for sign, term in terms:
        peak = _inside(term)
        if sign < 0 and isinstance(peak, Reduce) and peak.kind == "max" and _along(term, *peak.axes):
            rest = _without(terms, [(sign, term)])
            if sorted(rest, key=str) == sorted(_terms(peak.array), key=str):
                return Scores(peak.array, *peak.axes)
    return None


def _terms(tree: Tree) -> Sequence[Term]:
    return tree.terms if isinstance(tree, Plus) else [signed(1, tree)]


def _without(terms: Sequence[Term], some: Sequence[Term]) -> list[Term]:
    """The terms less some, each of which goes once."""
    left = list(terms)
    for each in some:
        left.remove(each)
    return left


def _inside(tree: Tree) -> Tree:
    """What axes of length 1 were put into."""
    return tree.array if isinstance(tree, Pick) and all(p in (ALL, NewAxis()) for p in tree.places) else tree


def _around(tree: Tree, array: Tree) -> Tree:
    """The array, with the axes of length 1 that the tree has."""
    return array if _inside(tree) is tree else Pick(array, tree.places)  # type: ignore[attr-defined]


def _along(tree: Tree, *axes: int) -> bool:
    """True if what was reduced over one axis has an axis of length 1 in its place; the first comes by broadcasting."""
    places = () if _inside(tree) is tree else tree.places  # type: ignore[attr-defined]
    return [n for n, p in enumerate(places) if p == NewAxis()] == [a for a in axes if a or places] and len(axes) == 1


RULES: dict[type, Callable[[Any], Tree]] = {Times: _quotient, Plus: _logarithm}
