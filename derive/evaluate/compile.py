"""From expressions in index notation to functions on arrays, by walking the sympy tree once; no text, no exec."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import reduce
from math import inf
from operator import add, and_, mul, or_
from typing import Any

from sympy import (
    ITE,
    Add,
    And,
    Expr,
    Idx,
    Indexed,
    Integer,
    Max,
    Mod,
    Mul,
    Not,
    Or,
    Piecewise,
    Pow,
    Rational,
    S,
    Sum,
    Symbol,
)
from sympy.core.relational import Relational

from derive.errors import ModelError
from derive.evaluate.at_zero import OrInfinity
from derive.evaluate.backend import Array, Backend
from derive.evaluate.index_values import Env, index_value
from derive.evaluate.pairs import factors, summed
from derive.evaluate.store import Store
from derive.expressions.blocks import Block, Place
from derive.expressions.elementwise import share
from derive.expressions.extremes import Amax, Extreme
from derive.expressions.functions import BY_NAME, EXTREMA, arguments, row_of, unknown
from derive.expressions.indices import BINDERS, bound, name_of
from derive.expressions.intervals import inside
from derive.expressions.matrix_functions import OfMatrix
from derive.expressions.squares import norm as squared_in_norm
from derive.expressions.symbols import Given, Immediate, Partial
from derive.expressions.traverse import free_indices

Compiled = Callable[[Store, Env], Any]
COMPARE: dict[str, Callable[[Any, Any], Any]] = {
    "<": lambda a, b: a < b, "<=": lambda a, b: a <= b, ">": lambda a, b: a > b, ">=": lambda a, b: a >= b,
    "==": lambda a, b: a == b, "!=": lambda a, b: a != b,
}  # fmt: skip


def key(expr: Partial, loss: Expr) -> str:
    """Return the name that stores a partial: an adjoint, or a cotangent (the partial of an abstract function)."""
    wrt = name_of(expr.wrt)
    total = expr.of == loss and not isinstance(expr, (Given, Immediate))
    of = name_of(expr.of)
    return f"adjoint {wrt}" if total else f"d{of}/d{wrt}"


class Compiler:
    """Compiles expressions, given numbers for the sizes, a backend and the loss.

    A position outside the range of its family is an error if `strict`; otherwise the nearest element is read there. In
    every method `at` is the next free axis, which the next sum takes, and `depth` is the number of all axes.
    """

    def __init__(self, backend: Backend, sizes: Mapping[Symbol, Expr], loss: Expr, strict: bool = True):
        self.backend, self.sizes, self.loss, self.strict = backend, sizes, loss, strict

    def compile(self, expr: Expr, at: int, depth: int) -> Compiled:
        """Return the expression as a function. Errors: ModelError for a function without a row in the table."""
        if isinstance(expr, Mul) and any(isinstance(a, inside) for a in expr.args):
            return self._within(expr, at, depth)
        if isinstance(expr, (Add, Mul)):
            parts = [self.compile(a, at, depth) for a in sorted(expr.args, key=_place)]
            join = add if isinstance(expr, Add) else mul
            return lambda store, env: reduce(join, [p(store, env) for p in parts])
        if isinstance(expr, (Symbol, Idx, Indexed, Partial)):
            return self._leaf(expr)
        if isinstance(expr, (Mod, Block, Place)):
            return self._index_value(expr)
        if expr.is_Number or expr.is_NumberSymbol:
            constant = self.backend.constant(expr)
            return lambda store, env: constant
        if isinstance(expr, BINDERS):
            return self._bound(expr, at, depth)
        if isinstance(expr, Piecewise):
            return self._piecewise(expr, at, depth)
        return self._function(expr, at, depth)

    def _within(self, expr: Mul, at: int, depth: int) -> Compiled:
        """A product that exists on a range only: 0 outside, where 1/(i - 1) for i = 2..N may be infinite."""
        masks = [self.compile(a, at, depth) for a in expr.args if isinstance(a, inside)]
        rest = self.compile(Mul(*(a for a in expr.args if not isinstance(a, inside))), at, depth)

        def run(store: Store, env: Env) -> Array:
            truth = reduce(mul, [m(store, env) for m in masks])
            if isinstance(truth, int):
                return rest(store, env) if truth else self.backend.zeros((1,))
            return self.backend.choose(truth > 0, rest(store, env), 0)

        return run

    def _leaf(self, expr: Expr) -> Compiled:
        if isinstance(expr, Idx) or expr in self.sizes:
            return self._index_value(expr)
        name = key(expr, self.loss) if isinstance(expr, Partial) else name_of(expr)
        element = expr.wrt if isinstance(expr, Partial) else expr
        places = [self._index(i) for i in getattr(element, "indices", ())]
        strict = self.strict
        if len(places) < 2:  # the most frequent ones
            place = places[0] if places else None
            return lambda store, env: store.read(name, () if place is None else (place(env),), strict)
        return lambda store, env: store.read(name, tuple([p(env) for p in places]), strict)

    def _index(self, expr: Expr) -> Callable[[Env], Any]:
        return index_value(expr, self.sizes)

    def _index_value(self, expr: Expr) -> Compiled:
        place = self._index(expr)

        def run(store: Store, env: Env) -> Array:
            value = place(env)
            return value if isinstance(value, int) else self.backend.mask(value)

        return run

    def _in_pairs(self, expr: Expr, factors: Sequence[Expr], at: int, depth: int) -> Compiled:
        """A sum over many letters, each of them with an axis of its own, from the outermost on."""
        limits = [(idx, self._index(a), self._index(b)) for idx, a, b in reversed(expr.limits)]
        parts = [self.compile(f, at + len(limits), depth) for f in factors]

        def run(store: Store, env: Env) -> Array:
            ends = [(at + n, first(env), last(env)) for n, (_, first, last) in enumerate(limits)]
            if any(b < a for _, a, b in ends):
                return self.backend.zeros((*([1] * depth), 1))
            grids = (self.backend.integers(a, b, along(axis, depth)) for axis, a, b in ends)
            here = env | dict(zip((idx for idx, *_ in limits), grids, strict=True))
            return summed([p(store, here) for p in parts], ends, self.backend, depth)

        return run

    def _bound(self, expr: Expr, at: int, depth: int, joined: bool = True) -> Compiled:
        """A sum, a product or an extreme; of an extreme over several axes all are joined at once, by the outermost.

        Those that tie share its slope: of two in one row and one in another each has a third.
        """
        if found := factors(expr):
            return self._in_pairs(expr, found, at, depth)
        (idx, low, high), *outer = reversed(expr.limits)
        inner = bound(expr.func, expr.function, reversed(outer)) if outer else expr.function
        axes: Any = tuple(range(at, at + len(expr.limits))) if isinstance(expr, Extreme) else at
        several = isinstance(expr, Extreme) and bool(outer)
        body = self._bound(inner, at + 1, depth, joined=False) if several else self.compile(inner, at + 1, depth)
        first, last = self._index(low), self._index(high)
        shape, backend = along(at, depth), self.backend
        neutral, join = _reduction(expr, backend)

        def run(store: Store, env: Env) -> Array:
            a, b = first(env), last(env)
            ragged = not (isinstance(a, int) and isinstance(b, int))
            if ragged and 0 in (b - a).shape:
                return backend.mask(b - a)
            least, most = (int(a if isinstance(a, int) else a.min()), int(b if isinstance(b, int) else b.max()))
            if most < least:
                return backend.zeros((*([1] * depth), 1)) + neutral
            grid = backend.integers(least, most, shape)
            here = {**env, idx: grid}
            inside = (grid >= a) & (grid <= b) if ragged else None
            value = body(store, here) if inside is None else _within(store, inside, body, here)
            if getattr(value, "shape", ())[at:-1][:1] != (most - least + 1,) or len(value.shape) <= depth:
                value = value + backend.zeros((*shape[:at], most - least + 1, *shape[at + 1 :], 1))
            if inside is not None:
                inside = backend.mask(inside) > 0
                value = backend.choose(inside, value, neutral)  # not times a mask: outside, 0^(s-t) is infinite
            return join(value, axes) if joined else value

        return run

    def _piecewise(self, expr: Piecewise, at: int, depth: int) -> Compiled:
        branches = [(self.compile(v, at, depth), self._condition(c, at, depth)) for v, c in expr.args]

        def run(store: Store, env: Env) -> Array:
            result: Any = 0
            truths = [truth(store, env) for _, truth in branches]
            for n, (value, _) in reversed([*enumerate(branches)]):
                if truths[n] is False or any(t is True for t in truths[:n]):
                    continue  # taken nowhere: 1/(T - t) for t < T has no value at t = T
                here = _Branch(store, truths[n], truths[:n])
                result = self.backend.choose(truths[n], value(here, env), result)
            return result

        return run

    def _condition(self, condition: Any, at: int, depth: int) -> Compiled:
        if condition is S.true or condition is S.false:
            return lambda store, env: condition is S.true
        if isinstance(condition, (And, Or)):
            parts = [self._condition(c, at, depth) for c in condition.args]
            join = and_ if isinstance(condition, And) else or_
            return lambda store, env: reduce(join, [p(store, env) for p in parts])
        if isinstance(condition, (ITE, Not)):
            return self._condition(condition.to_nnf(), at, depth)
        if not isinstance(condition, Relational):
            raise ModelError(f"the condition {condition} is not a comparison of two expressions")
        sides = [self.compile(a, at, depth) for a in condition.args]
        compare = COMPARE[condition.rel_op]
        return lambda store, env: compare(sides[0](store, env), sides[1](store, env))

    def _function(self, expr: Expr, at: int, depth: int) -> Compiled:
        name = type(expr).__name__
        if isinstance(expr, OfMatrix):
            return self._of_matrix(expr)
        if name in ("inside", "KroneckerDelta"):
            places = [self._index(a) for a in expr.args]
            test: Callable[..., Any] = (
                (lambda e, a, b: (e >= a) & (e <= b)) if name == "inside" else (lambda a, b: a == b)
            )
            return lambda store, env: self._masked(test(*(p(env) for p in places)))
        compiled = self._difference if isinstance(expr, share) else self.compile
        parts = [compiled(a, at, depth) for a in expr.args]
        if isinstance(expr, OrInfinity):
            return lambda store, env: self._or_infinity(parts[0](store, env))
        if isinstance(expr, EXTREMA):
            join = self.backend.maximum if isinstance(expr, Max) else self.backend.minimum
            return lambda store, env: join(*(p(store, env) for p in parts))
        if squared_in_norm(expr):
            return self._norm(parts[0])
        row = row_of(expr)
        if row is not None:
            parts = parts[: len(arguments(expr))]
            return lambda store, env: self.backend.apply(row, *(p(store, env) for p in parts))
        if isinstance(expr, Pow):
            return self._power(expr, at, depth)
        raise unknown(expr)

    def _difference(self, expr: Expr, at: int, depth: int) -> Compiled:
        """Two arguments of a maximum, compared as they are: a sum of all terms would round otherwise."""
        above, below = (self.compile(side, at, depth) for side in share.sides(expr))
        return lambda store, env: above(store, env) - below(store, env)

    def _of_matrix(self, expr: OfMatrix) -> Compiled:
        """The elements of a function of a whole matrix, which is read at once; of one of many, as that of one step."""
        row, name, places = expr.row, expr.matrix.name, [self._index(i) for i in expr.indices]

        def run(store: Store, env: Env) -> Array:
            at = [p(env) for p in places]
            found = self.backend.of_matrix(row, store.part(name, at[: expr.many]))
            low = (*store.low[name][: expr.many], *(1 for _ in expr.at))
            left = [n for n, place in enumerate(at) if n >= expr.many or not isinstance(place, int)]
            return self.backend.gather(found, tuple(at[n] - low[n] for n in left)) if left else found

        return run

    def _masked(self, truth: Any) -> Any:
        return int(truth) if isinstance(truth, (bool, int)) else self.backend.mask(truth)

    def _or_infinity(self, x: Any) -> Any:
        return self.backend.choose(x != 0, x, inf)

    def _norm(self, base: Compiled) -> Compiled:
        """The root of a sum of squares; where that is 0 autograd takes the slope 0, as of torch.norm."""

        def run(store: Store, env: Env) -> Array:
            total = base(store, env)
            root, zero = self.backend.power, total == 0
            if not (zero if isinstance(zero, bool) else zero.any()):
                return root(total, S.Half)
            return self.backend.choose(zero, total, root(self.backend.choose(zero, 1, total), S.Half))

        return run

    def _power(self, expr: Pow, at: int, depth: int) -> Compiled:
        base = self.compile(expr.base, at, depth)
        if isinstance(expr.exp, Rational):
            exponent = expr.exp
            return lambda store, env: self.backend.power(base(store, env), exponent)
        if expr.exp.is_integer and expr.exp.free_symbols <= self.sizes.keys() | set(free_indices(expr.exp)):
            return self._counted(base, self._index(expr.exp))
        raised = self.compile(expr.exp, at, depth)
        exp, ln = BY_NAME["exp"], BY_NAME["log"]
        return lambda store, env: self.backend.apply(exp, raised(store, env) * self.backend.apply(ln, base(store, env)))

    def _counted(self, base: Compiled, exponent: Callable[[Env], Any]) -> Compiled:
        """Raise to an exponent that is an index expression, T - t: it is whole, so that the base may be negative."""

        def run(store: Store, env: Env) -> Array:
            n = exponent(env)
            return (
                self.backend.power(base(store, env), Integer(n))
                if isinstance(n, int)
                else base(store, env) ** self.backend.mask(n)
            )

        return run


class _Branch(Store):
    """What a branch reads: where it is not taken, autograd gives it no share, and no position is out of place.

    sqrt(x) for x > 0 has no derivative elsewhere, and 0 times that would not be 0; x[i - 1] for i > 1 has no x[0].
    """

    def __init__(self, store: Store, truth: Any, earlier: list[Any]):
        super().__init__(store.backend)
        self.store, self.truth, self.earlier = store, truth, earlier

    def read(self, name: str, position: tuple[Any, ...], strict: bool) -> Array:
        """Return the elements at a position. Errors: ModelError for one out of range where the branch is taken."""
        try:
            found = self.store.read(name, position, strict)
        except ModelError:
            moved = self._moved(position)
            found = self.backend.zeros((1,)) if moved is None else self.store.read(name, moved, strict)
        return self.backend.on_branch(self.truth, self.earlier, found)

    def _taken(self) -> Any:
        """Where the branch is taken, also of the branch that it stands in: blocks by cases of rows, then of columns."""
        around = [self.store._taken()] if isinstance(self.store, _Branch) else []
        return reduce(and_, [self.truth, *(not e if isinstance(e, bool) else ~e for e in self.earlier), *around])

    def _moved(self, position: tuple[Any, ...]) -> tuple[Any, ...] | None:
        """Return the position, moved to one of the branch where it is not taken; None where it is taken nowhere."""
        taken = self._taken()
        if isinstance(taken, bool):
            return position if taken else None
        taken = taken.any(-1)
        return tuple(p if isinstance(p, int) else _where(taken, p) for p in position) if taken.any() else None


def _within(store: Store, inside: Array, body: Compiled, env: Env) -> Array:
    """What stands under a sum of which a part counts: outside of that part no position is out of place."""
    try:
        return body(store, env)
    except ModelError:
        return body(_Branch(store, inside[..., None], []), env)


def _where(taken: Array, place: Array) -> Array:
    """Return index values where a branch is taken, and the first of these elsewhere."""
    taken, place = taken & (place == place), place + 0 * taken
    return place * taken + place[taken].reshape(-1)[0] * ~taken


class _Single(Store):
    """A store whose only quantity is one array."""

    def __init__(self, backend: Backend, array: Array):
        super().__init__(backend)
        self.array = array

    def read(self, name: str, position: tuple[Any, ...], strict: bool) -> Array:
        """The array, whatever it is called."""
        return self.array


def elementwise(expr: Expr, backend: Backend) -> Callable[[Array], Array]:
    """Return an expression in one symbol as a function of an array, element by element."""
    run = Compiler(backend, {}, S.Zero).compile(expr, 0, 0)
    return lambda array: run(_Single(backend, array), {})


def _reduction(expr: Expr, backend: Backend) -> tuple[Any, Callable[[Array, int], Array]]:
    """Return what nothing amounts to, and how values are joined along an axis."""
    if isinstance(expr, Extreme):
        largest = isinstance(expr, Amax)
        return (-inf, backend.amax) if largest else (inf, backend.amin)
    return (0, backend.total) if isinstance(expr, Sum) else (1, backend.product)


def _place(part: Expr) -> int:
    """Order factors: adjoints first, as in the chain rule, then names, so that equal products begin alike."""
    return 0 if isinstance(part, Partial) else 1 if isinstance(part, (Symbol, Indexed)) else 2


def along(axis: int, depth: int) -> tuple[int, ...]:
    """Return the shape of an index grid: one long axis among `depth` axes."""
    return tuple(-1 if n == axis else 1 for n in range(depth))
