"""Sums, products and extremes over index letters, term by term."""

from __future__ import annotations

import numpy as np
from flint import arb

from derive.judge import functions
from derive.judge.meaning import Meaning
from derive.judge.places import NoAdjoint, OutOfRange, Scope, bound, conditions, limits, unread
from derive.judge.value import Value, elementwise, product, scalar
from derive.read.tree import Big, Number

MOST_TERMS = 5000  # of one sum


def big(f: Meaning, node: Big, scope: Scope) -> Value:
    own = bound(node.below, scope)
    if node.operator not in ("sum", "prod", "max", "min") or not own:
        if node.operator in ("max", "min"):
            return functions.extreme(node.operator, [f.value(node.body, scope)], f, node)
        raise unread(f"\\{node.operator} has no index here", f.source, node)
    found: Value | None = None
    missing: NoAdjoint | None = None
    found_at = _places(f, node, own, scope)
    if node.operator == "prod" and f.how.descending:
        found_at.reverse()
    for here in found_at:
        try:
            term = f.value(node.body, here)
        except NoAdjoint as error:
            if node.operator != "sum":
                raise
            if isinstance(node.above, Number):
                raise OutOfRange from None
            missing = error
            continue
        found = term if found is None else _joined(f, node, found, term)
    if found is None and missing is not None:
        raise missing
    if found is None and node.operator == "prod":
        return Value(np.array([arb(1)], dtype=object), ones="I")  # of numbers 1, of matrices the identity
    return scalar(arb(0)) if found is None else found


def _places(f: Meaning, node: Big, own: list[str], scope: Scope) -> list[dict[str, int]]:
    """The values that the letters of a sum take."""
    found = [dict(scope)]
    ranges = f.ranges(node.body, dict.fromkeys(own, None))
    for each_ in own:
        ends, more = limits(node, each_), []
        for here in found:
            if ends is not None:
                first, last = (f.whole(e, here) for e in ends)
            elif each_ in ranges:
                first, last = ranges[each_]
            else:
                raise unread(f"nothing says how far the index {each_} runs", f.source, node)
            if node.operator == "prod" and last < first - 1:
                raise OutOfRange
            if (last - first + 1) * len(found) > MOST_TERMS:
                raise unread(f"this sum has more than {MOST_TERMS} terms", f.source, node)
            more += [{**here, each_: n} for n in range(first, last + 1)]
        found = more
    tests = list(conditions(node.below))
    return [here for here in found if all(bool(np.all(f.holds(t, here))) for t in tests)]


def _joined(f: Meaning, node: Big, one: Value, other: Value) -> Value:
    operator = node.operator
    if operator == "sum":
        return elementwise(lambda a, b: a + b, one, other)
    if operator == "prod":
        return product(one, other, "", "elementwise")
    return functions.extreme(operator, [one, other], f, node)
