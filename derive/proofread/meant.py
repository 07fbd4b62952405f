"""The value of what was checked: of an expression, of a sum of products, of a comparison.

`meaning` is the table: a function for each kind of expression, here and in `meant_matrices` and `meant_words`. A kind
that has none raises `Unmeant`.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from functools import partial, reduce, singledispatch
from typing import Any

from sympy import (
    Add,
    And,
    Basic,
    E,
    Expr,
    Float,
    Idx,
    IndexedBase,
    KroneckerDelta,
    Max,
    Min,
    Mod,
    Mul,
    Not,
    NumberSymbol,
    Or,
    Piecewise,
    Pow,
    Product,
    Rational,
    S,
    Sum,
    Symbol,
    pi,
    polygamma,
)
from sympy.core.function import AppliedUndef
from sympy.core.relational import Relational

from derive.chain.derivation import Line, Term
from derive.expressions.blocks import Block, Place
from derive.expressions.extremes import Amax, Extreme
from derive.expressions.functions import arguments, row_of
from derive.expressions.indices import bounded, name_of
from derive.expressions.intervals import inside
from derive.expressions.moments import Moment
from derive.expressions.symbols import Immediate, LimitOf, Partial, Tangent
from derive.memo import SIZE
from derive.proofread import numbers as of
from derive.proofread.functions import function
from derive.proofread.names import INDEX, Key, as_it_looks, key
from derive.proofread.numbers import Value

Env = tuple[tuple[Idx, float], ...]
Known = frozenset[tuple[Key, int, tuple[int, ...]]]  # names by their letters, how many places they have, their shape
PI, INFINITY = math.pi, 7.77


class Unmeant(Exception):
    """A kind of expression of which this room does not know what it says."""


class Meant:
    """Values of expressions, for some sizes that have numbers; what was found is remembered, with the names in it.

    `letters` are those that are printed for the letters of indices.
    """

    def __init__(self, sizes: Mapping[Symbol, int], letters: Mapping[str, str] | None = None):
        self.sizes, self.letters = dict(sizes), dict(letters or {})
        self.known: dict[tuple[Any, Env], tuple[Value, Known]] = {}
        self.names: set[tuple[Key, int, tuple[int, ...]]] = set()

    def value(self, expr: Any, env: Env = ()) -> Value:
        """The value; the names in it are added to `names`. Errors: Unmeant."""
        place = (expr, env)
        if place not in self.known:
            if len(self.known) > SIZE:
                self.known.clear()
            self.known[place] = self.with_names(lambda: self._value(expr, env))
        found, names = self.known[place]
        self.names |= names
        return found

    def with_names(self, compute: Callable[[], Value]) -> tuple[Value, Known]:
        """What is computed, and the names that are met meanwhile."""
        outer, self.names = self.names, set()
        try:
            return compute(), frozenset(self.names)
        finally:
            self.names = outer

    def _value(self, expr: Any, env: Env) -> Value:
        if isinstance(expr, Line):
            return sum(self.value(term, env) for term in expr.terms)
        if isinstance(expr, Term):
            return self.under(expr.sums, lambda inner: self.product(expr.factors, inner), env)
        return meaning(expr, self, env)

    def all(self, exprs: Sequence[Any], env: Env) -> list[Value]:
        """The values of several."""
        return [self.value(e, env) for e in exprs]

    def product(self, factors: Sequence[Any], env: Env) -> Value:
        """The product of several, in their order."""
        return reduce(of.times, self.all(factors, env))

    def under(self, limits: Sequence[Any], body: Callable[[Env], Value], env: Env, word: str = "") -> Value:
        """What is under signs of sums, the outermost last; a `word` names another sign."""
        if not limits:
            return body(env)
        *inner, (letter, low, high) = limits
        ends = self.value(low, env), self.value(high, env)
        sign = partial(of.bound, word) if word else of.summed
        return sign(*ends, lambda p: self.under(inner, body, (*(e for e in env if e[0] != letter), (letter, p)), word))

    def leaf(self, name: str, places: Sequence[Any] = (), env: Env = (), shape: tuple[int, ...] = ()) -> Value:
        """A quantity, which from now on is a name of the formula."""
        letters = key(name)
        self.names.add((letters, len(places), shape))
        return of.leaf(*as_it_looks(letters, tuple(self.all(places, env))), shape)


@singledispatch
def meaning(expr: Any, m: Meant, env: Env) -> Value:
    """The value of an expression. Errors: Unmeant for a kind that is not known."""
    row = row_of(expr) if isinstance(expr, Basic) else None
    if row is None:
        raise Unmeant(type(expr).__name__)
    return function(row, m.all(arguments(expr), env))


@meaning.register(Rational)
def _(expr: Rational, m: Meant, env: Env) -> Value:
    return expr.p / expr.q


@meaning.register(Float)
def _(expr: Float, m: Meant, env: Env) -> Value:
    return float(f"{float(expr):.6g}")  # as a page rounds it


@meaning.register(type(S.Infinity))
@meaning.register(type(S.NegativeInfinity))
def _(expr: Expr, m: Meant, env: Env) -> Value:
    return INFINITY if expr is S.Infinity else -INFINITY


@meaning.register(NumberSymbol)
def _(expr: NumberSymbol, m: Meant, env: Env) -> Value:
    if expr is E:
        return of.applied("exp", 1.0)
    return PI if expr is pi else m.leaf(type(expr).__name__.lower())


@meaning.register(Symbol)
def _(expr: Symbol, m: Meant, env: Env) -> Value:
    number = m.sizes.get(expr)
    return float(number) if number is not None else m.leaf(expr.name)


@meaning.register(IndexedBase)
def _(expr: IndexedBase, m: Meant, env: Env) -> Value:
    return m.leaf(expr.name)


@meaning.register(Idx)
def _(expr: Idx, m: Meant, env: Env) -> Value:
    found = dict(env).get(expr)
    if found is not None:
        return found
    letters = key(m.letters.get(name_of(expr), name_of(expr)))
    m.names.add((letters, INDEX, ()))
    return of.leaf(repr(letters), (), ())


@meaning.register(Add)
def _(expr: Add, m: Meant, env: Env) -> Value:
    return sum(m.all(expr.args, env))


@meaning.register(Mul)
def _(expr: Mul, m: Meant, env: Env) -> Value:
    return m.product(expr.args, env)


@meaning.register(Pow)
def _(expr: Pow, m: Meant, env: Env) -> Value:
    return of.power(*m.all(expr.args, env))


@meaning.register(Sum)
def _(expr: Sum, m: Meant, env: Env) -> Value:
    return m.under(expr.limits, lambda inner: m.value(expr.function, inner), env)


@meaning.register(Product)
@meaning.register(Extreme)
def _(expr: Any, m: Meant, env: Env) -> Value:
    word = "prod" if isinstance(expr, Product) else "max" if isinstance(expr, Amax) else "min"
    return m.under(expr.limits, lambda inner: m.value(expr.function, inner), env, word)


@meaning.register(KroneckerDelta)
def _(expr: KroneckerDelta, m: Meant, env: Env) -> Value:
    return of.delta(*m.all(expr.args[:2], env))


@meaning.register(inside)
def _(expr: inside, m: Meant, env: Env) -> Value:
    value, low, high = m.all(expr.args, env)
    return (1 - of.below(value, low)) * (1 - of.below(high, value))


@meaning.register(Block)
def _(expr: Block, m: Meant, env: Env) -> Value:
    value, length = m.all(expr.args, env)
    return of.applied("ceil", value / length)


@meaning.register(Place)
def _(expr: Place, m: Meant, env: Env) -> Value:
    return m.value(expr.written, env)


@meaning.register(AppliedUndef)
def _(expr: AppliedUndef, m: Meant, env: Env) -> Value:
    return of.applied("".join(key(str(expr.func))), *m.all(expr.args, env))


@meaning.register(Max)
@meaning.register(Min)
def _(expr: Any, m: Meant, env: Env) -> Value:
    return of.extreme("max" if isinstance(expr, Max) else "min", m.all(expr.args, env))


@meaning.register(polygamma)
def _(expr: polygamma, m: Meant, env: Env) -> Value:
    order, inner = m.all(expr.args, env)
    return of.applied("psi", inner) if order == 0 else of.applied("psi", order, inner)


@meaning.register(Piecewise)
def _(expr: Piecewise, m: Meant, env: Env) -> Value:
    total, left = 0.0, 1.0
    for value, condition in expr.args:
        holds = left if condition is S.true else m.value(condition, env)
        total, left = total + holds * m.value(value, env), left * (1 - holds)
    return total


@meaning.register(Relational)
def _(expr: Relational, m: Meant, env: Env) -> Value:
    if isinstance(expr.lhs, Mod):
        whole = of.applied("mod", *m.all((expr.lhs.args[0], expr.rhs, expr.lhs.args[1]), env))
        return whole if expr.rel_op == "==" else 1 - whole
    found = bounded(expr)  # D >= i/2 says i <= 2D
    left, sign, right = found if found is not None else (expr.lhs, expr.rel_op, expr.rhs)
    return of.compared(sign, *m.all((left, right), env))


@meaning.register(And)
def _(expr: And, m: Meant, env: Env) -> Value:
    return math.prod(m.all(expr.args, env))


@meaning.register(Or)
def _(expr: Or, m: Meant, env: Env) -> Value:
    return 1 - math.prod(1 - v for v in m.all(expr.args, env))


@meaning.register(Not)
def _(expr: Not, m: Meant, env: Env) -> Value:
    return 1 - m.value(expr.args[0], env)


@meaning.register(Partial)
def _(expr: Partial, m: Meant, env: Env) -> Value:
    if isinstance(expr.of, Partial):
        return of.applied("twice", *m.all((expr.of.of, expr.of.wrt, expr.wrt), env))
    return of.derivative("+" * isinstance(expr, Immediate), *m.all((expr.of, expr.wrt), env))


@meaning.register(Tangent)
def _(expr: Tangent, m: Meant, env: Env) -> Value:
    return of.applied("along", m.value(expr.args[0], env))


@meaning.register(LimitOf)
def _(expr: LimitOf, m: Meant, env: Env) -> Value:
    body, letter, to = expr.args
    end = m.value(to, env)
    return of.bound("lim", end, end, lambda p: m.value(body, (*(e for e in env if e[0] != letter), (letter, p))))


@meaning.register(Moment)
def _(expr: Moment, m: Meant, env: Env) -> Value:
    return of.applied(expr.sign, *m.all(expr.args, env))
