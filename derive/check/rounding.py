"""How large the terms are that an expression adds up: what its rounding error is proportional to.

x - y is small where x and y are close, but its rounding error is that of x and y. So an error is forgiven only if it is
tiny beside |x| + |y|. `terms(expr)` is that sum for any expression, from the rules for first-order errors:

    a + b  =>  |a| + |b|          a b  =>  |a| |b|          f(u)  =>  |f(u)| + |f'(u)| times the terms of u
    E[u]   =>  E[terms of u]      Cov[u, v]  =>  E[(t + E t)(s + E s)] for their terms t and s

A formula is linear in the adjoints and tangents that it reads. With their sizes in place of them, `terms` gives the
size of what is added up from the loss on (`adjoint_sizes`).

autograd adds up one term for each place where a definition reads a family. A local partial may be shorter, since terms
of these places cancel: that of n/d at d = n is 0, and autograd's u/d - n u/d^2 is rounding. Both count (`apart`).

An element of an inverse is computed from the whole matrix, and its error is that of the largest elements.

A product over 2000 time steps may leave float64's range before the power beside it brings it back: below UNDERFLOW
such a product has no digits.
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial

from sympy import Abs, Add, Expr, Float, Idx, Indexed, Min, Mul, Piecewise, Pow, Product, S, Sum, log

from derive.chain.derivation import Adjoint
from derive.chain.partials import surrogate
from derive.check.compare import Array, within
from derive.evaluate.at_zero import OrInfinity
from derive.evaluate.passes import Passes, Range
from derive.evaluate.store import Store
from derive.expressions.extremes import Amax, Extreme
from derive.expressions.functions import EXTREMA, arguments, row_of
from derive.expressions.indices import BINDERS, bound
from derive.expressions.matrix_functions import Function
from derive.expressions.moments import Expectation, Moment
from derive.expressions.squares import squares
from derive.memo import memo
from derive.model.model import Case, Node

HUGE, UNDERFLOW = Float(1e300), Float(1e-290)
EPSILON = Float(2.0**-52)  # of float64
_size = partial(Abs, evaluate=False)


@memo
def terms(expr: Expr) -> Expr:
    """The size of what is added up in an expression, as an expression: |a| + |b| for a - b."""
    if isinstance(expr, (Add, Mul)):
        return expr.func(*map(terms, expr.args))
    if isinstance(expr, EXTREMA):
        return Add(*map(terms, expr.args))
    if isinstance(expr, BINDERS):
        if isinstance(expr, Extreme):
            return bound(Amax, _at_most(terms(expr.function), masked=True), expr.limits)
        return _product(expr) if isinstance(expr, Product) else bound(Sum, terms(expr.function), expr.limits)
    if isinstance(expr, Moment):
        return _moment(expr)
    if isinstance(expr, Piecewise):
        return Piecewise(*((terms(value), condition) for value, condition in expr.args))
    if expr.is_infinite:  # a mask: nothing is rounded
        return S.Zero
    if isinstance(expr, Indexed) and isinstance(expr.base, Function):
        return expr.base.norm(expr.indices)
    if expr.is_number or isinstance(expr, Idx) or not expr.args:
        return _size(expr)
    if isinstance(expr, OrInfinity):
        return terms(expr.args[0])
    if isinstance(expr, Pow):
        return _power(*expr.args)
    row = row_of(expr)
    if row is None:
        return _size(expr)
    own = arguments(expr)
    if row.name == "sigmoid" and own[0].could_extract_minus_sign():  # autograd may have it as 1 - sigmoid(x)
        return S.One
    slopes = ((own[n], row.slope_in(n, own)) for n in range(row.arity) if row.has_slope(n))
    return Add(_size(expr), *(_size(slope) * _at_most(terms(inner), row.name == "exp") for inner, slope in slopes))


def _at_most(size: Expr, masked: bool) -> Expr:
    """A size that is finite, so that e^x of a mask, which is 0, is 0 times a number."""
    return Min(size, HUGE, evaluate=False) if masked else size


def _product(expr: Product) -> Expr:
    """The product of |f|, times one more than the sum of the terms of f by |f|: terms themselves would overflow."""
    size = _size(expr.function)
    relative = bound(Sum, terms(expr.function) / (size + UNDERFLOW), expr.limits)
    return bound(Product, size, expr.limits) * (1 + relative) + UNDERFLOW


def _power(base: Expr, exponent: Expr) -> Expr:
    """|b^n| + |n b^(n-1)| times the terms of b, and |b^n log b| times those of n, where that rounds.

    What is divided by a norm that is 0 counts as 0 (`derive.evaluate.at_zero`), and adds no rounding error.
    """
    if exponent.is_negative and (squares(base) or isinstance(base, Indexed)):
        return _power(OrInfinity(base), exponent)
    found = _size(base**exponent) + _size(exponent * base ** (exponent - 1)) * terms(base)
    if exponent.is_number and exponent > 1:  # where b itself is only rounding, its slope is too: (eps t)^n is left
        return found + EPSILON ** (exponent - 1) * terms(base) ** exponent
    if exponent.is_number or exponent.is_integer:
        return found
    return found + _size(base**exponent * log(base)) * terms(exponent) + UNDERFLOW


def _moment(expr: Moment) -> Expr:
    """E[terms of u]; of a variance or a covariance the mean of the product of what the deviations are made of."""
    parts = [terms(a) for a in expr.args]
    if isinstance(expr, Expectation):
        return Expectation(parts[0])
    first, last = (p + Expectation(p) for p in (parts[0], parts[-1]))
    return Expectation(first * last)


@memo
def apart(adjoint: Adjoint) -> Adjoint:
    """The uses as they are, and beside them each place by itself where several places have one local partial."""
    alone = (replace(part, more=()) for use in adjoint.uses if use.more for part in (use, *use.more))
    return replace(adjoint, uses=(*adjoint.uses, *alone))


def adjoint_sizes(passes: Passes, values: Store) -> Store:
    """A store with the same values, and with the size of what every adjoint adds up, from the loss on."""
    store, d = values.branch(), passes.derivation
    adjoints = {name: apart(adjoint) for name, adjoint in d.adjoints.items()}
    Passes(replace(d, adjoints=adjoints), passes.sizes, passes.backend).backward(store, terms)
    return store


def definition_terms(passes: Passes, store: Store, node: Node) -> Array:
    """How large the terms are that the definition of a family adds up, in the shape of its values."""
    extents, found = passes.ranges(node), store.whole(node.name).detach() * 0
    for case in node.cases:
        expr = surrogate(node, passes.model.nodes) if node.abstract is not None else case.expr
        ranges = defined_on(passes, node, case)
        found[within(ranges, extents)] = passes.partials.evaluate(terms(expr), store, ranges)
    return found


def defined_on(passes: Passes, node: Node, case: Case) -> list[Range]:
    """The elements that one case defines."""
    places = zip(node.indices, case.position, strict=True)
    ends = ((i, (p.lower, p.upper) if isinstance(p, Idx) else (p, p)) for i, p in places)
    return [(i, passes.number(a), passes.number(b)) for i, (a, b) in ends]
