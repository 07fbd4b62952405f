"""From expressions in index notation to functions on arrays, by walking the sympy tree once; no text, no exec.

Every index of an expression gets an axis, its own indices first, the indices of nested sums after them; the sample
points come last, so that scalars broadcast. One recurrence step fixes the time index to a number instead.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import reduce
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
    Min,
    Mul,
    Not,
    Or,
    Piecewise,
    Pow,
    Product,
    Rational,
    S,
    Sum,
    Symbol,
)
from sympy.core.relational import Relational

from derive.errors import ModelError
from derive.functions import BY_NAME, row_of
from derive.indices import BINDERS, bound, name_of, substitute
from derive.memo import memo
from derive.partials import Given, Immediate, Partial
from derive.store import Array, Backend, Store
from derive.validation import free_indices

Env = dict[Idx, Any]  # an index to its value: an int, or an integer array along its own axis
Lowered = Callable[[Store, Env], Any]
Kernel = Callable[[Store, Sequence[tuple[Idx, int, int]], Env], Any]
COMPARE: dict[str, Callable[[Any, Any], Any]] = {
    "<": lambda a, b: a < b, "<=": lambda a, b: a <= b, ">": lambda a, b: a > b, ">=": lambda a, b: a >= b,
    "==": lambda a, b: a == b, "!=": lambda a, b: a != b,
}  # fmt: skip


def key(expr: Partial, loss: Expr) -> str:
    """Under which name a partial is stored: an adjoint, or the partial of an abstract function (a cotangent)."""
    wrt = name_of(expr.wrt)
    total = expr.of == loss and not isinstance(expr, (Given, Immediate))
    of = name_of(expr.of)
    return f"adjoint {wrt}" if total else f"d{of}/d{wrt}"


class Lowering:
    """Compiles expressions for numbers of sizes, a backend and a loss; compiled expressions are kept."""

    def __init__(self, backend: Backend, sizes: Mapping[Symbol, int], loss: Expr, strict: bool = True):
        self.backend, self.sizes, self.loss, self.strict = backend, dict(sizes), loss, strict
        self._kept: dict[object, Kernel] = {}

    def number(self, expr: Expr) -> int:
        """An index bound as a number. Errors: ModelError where it is not a whole number."""
        value = substitute(expr, self.sizes)
        if not value.is_Integer:
            raise ModelError(f"the range end {expr} is not a whole number for these sizes")
        return int(value)

    def kernel(self, expr: Expr, indices: Sequence[Idx] = ()) -> Kernel:
        """The expression as a function of the store, the ranges of `indices` and the numbers of other indices."""
        kept = self._kept.get((expr, tuple(indices)))
        if kept is None:
            depth = len(indices) + _depth(expr)
            kept = self._kept[(expr, tuple(indices))] = self._kernel(self._compile(expr, len(indices), depth), depth)
        return kept

    def _kernel(self, run: Lowered, depth: int) -> Kernel:
        if depth == 0:
            return lambda store, ranges, fixed: self._shaped(run(store, fixed), [])

        def with_axes(store: Store, ranges: Sequence[tuple[Idx, int, int]], fixed: Env) -> Array:
            env = dict(fixed)
            for axis, (idx, first, last) in enumerate(ranges):
                env[idx] = self.backend.integers(first, last, _along(axis, depth))
            return self._shaped(run(store, env), [last - first + 1 for _, first, last in ranges])

        return with_axes

    def evaluate(
        self, expr: Expr, store: Store, ranges: Sequence[tuple[Idx, int, int]] = (), fixed: Env | None = None
    ) -> Array:
        """The expression over the ranges, shape (*lengths, points); `fixed` gives numbers for other indices."""
        return self.kernel(expr, [r[0] for r in ranges])(store, ranges, fixed or {})

    def _shaped(self, value: Array, lengths: list[int]) -> Array:
        """Summed axes dropped, missing ones filled."""
        shape = tuple(getattr(value, "shape", ()))
        if len(shape) > 1:
            shape = (*shape[: len(lengths)], shape[-1])
            value = value.reshape(shape)
        wanted = (*lengths, shape[-1] if shape else 1)
        return value if shape == wanted else value + self.backend.zeros(wanted)

    # compiling: `at` is the next free axis for a sum, `depth` the number of axes
    def _compile(self, expr: Expr, at: int, depth: int) -> Lowered:
        if isinstance(expr, (Add, Mul)):
            parts = [self._compile(a, at, depth) for a in sorted(expr.args, key=_place)]
            join = _plus if isinstance(expr, Add) else _times
            return lambda store, env: reduce(join, [p(store, env) for p in parts])
        if isinstance(expr, (Symbol, Idx, Indexed, Partial)):
            return self._leaf(expr)
        if expr.is_Number or expr.is_NumberSymbol:
            constant = self.backend.constant(expr)
            return lambda store, env: constant
        if isinstance(expr, BINDERS):
            return self._bound(expr, at, depth)
        if isinstance(expr, Piecewise):
            return self._piecewise(expr, at, depth)
        return self._function(expr, at, depth)

    def _leaf(self, expr: Expr) -> Lowered:
        if isinstance(expr, Idx) or expr in self.sizes:
            return self._index_value(expr)
        name = key(expr, self.loss) if isinstance(expr, Partial) else name_of(expr)
        element = expr.wrt if isinstance(expr, Partial) else expr
        places = [self._index(i) for i in getattr(element, "indices", ())]
        return lambda store, env: store.read(name, tuple(p(env) for p in places), self.strict)

    def _index_value(self, expr: Expr) -> Lowered:
        place = self._index(expr)

        def run(store: Store, env: Env) -> Array:
            value = place(env)
            return value if isinstance(value, int) else self.backend.mask(value)

        return run

    def _index(self, expr: Expr) -> Callable[[Env], Any]:
        """An index expression as a function of the index values."""
        if isinstance(expr, Idx):
            return lambda env: env[expr]
        if isinstance(expr, Symbol) or expr.is_Integer:
            number = self.number(expr)
            return lambda env: number
        if isinstance(expr, (Add, Mul)):
            parts = [self._index(a) for a in expr.args]
            join = _plus if isinstance(expr, Add) else _times
            return lambda env: reduce(join, [p(env) for p in parts])
        if isinstance(expr, (Max, Min)):
            parts = [self._index(a) for a in expr.args]
            pick = _later if isinstance(expr, Max) else _sooner
            return lambda env: reduce(pick, [p(env) for p in parts])
        raise ModelError(f"{expr} cannot be used as an index; use sums and whole multiples of indices and sizes")

    def _bound(self, expr: Sum | Product, at: int, depth: int) -> Lowered:
        (idx, low, high), *outer = reversed(expr.limits)
        inner = bound(expr.func, expr.function, reversed(outer)) if outer else expr.function
        body, first, last = self._compile(inner, at + 1, depth), self._index(low), self._index(high)
        shape, backend = _along(at, depth), self.backend
        neutral, join = (0, backend.total) if isinstance(expr, Sum) else (1, backend.product)

        def run(store: Store, env: Env) -> Array:
            a, b = first(env), last(env)
            ragged = not (isinstance(a, int) and isinstance(b, int))
            if ragged and 0 in (b - a).shape:
                return backend.mask(b - a)
            least, most = (int(a if isinstance(a, int) else a.min()), int(b if isinstance(b, int) else b.max()))
            if most < least:
                return backend.zeros((*([1] * depth), 1)) + neutral
            grid = backend.integers(least, most, shape)
            value = body(store, {**env, idx: grid})
            value = value + backend.zeros((*shape[:at], most - least + 1, *shape[at + 1 :], 1))
            if ragged:
                mask = backend.mask((grid >= a) & (grid <= b))
                value = value * mask + neutral * (1 - mask)
            return join(value, at)

        return run

    def _piecewise(self, expr: Piecewise, at: int, depth: int) -> Lowered:
        branches = [(self._compile(v, at, depth), self._truth(c, at, depth)) for v, c in expr.args]

        def run(store: Store, env: Env) -> Array:
            result: Any = 0
            for value, truth in reversed(branches):
                result = self.backend.choose(truth(store, env), value(store, env), result)
            return result

        return run

    def _truth(self, condition: Any, at: int, depth: int) -> Lowered:
        if condition is S.true or condition is S.false:
            return lambda store, env: condition is S.true
        if isinstance(condition, (And, Or)):
            parts = [self._truth(c, at, depth) for c in condition.args]
            join = _both if isinstance(condition, And) else _either
            return lambda store, env: reduce(join, [p(store, env) for p in parts])
        if isinstance(condition, (ITE, Not)):
            return self._truth(condition.to_nnf(), at, depth)
        if not isinstance(condition, Relational):
            raise ModelError(f"the condition {condition} is not a comparison of two expressions")
        sides = [self._compile(a, at, depth) for a in condition.args]
        compare = COMPARE[condition.rel_op]
        return lambda store, env: compare(sides[0](store, env), sides[1](store, env))

    def _function(self, expr: Expr, at: int, depth: int) -> Lowered:
        name = type(expr).__name__
        if name in ("inside", "KroneckerDelta"):
            places = [self._index(a) for a in expr.args]
            test: Callable[..., Any] = (
                (lambda e, a, b: (e >= a) & (e <= b)) if name == "inside" else (lambda a, b: a == b)
            )
            return lambda store, env: self._masked(test(*(p(env) for p in places)))
        parts = [self._compile(a, at, depth) for a in expr.args]
        if isinstance(expr, Max):
            return lambda store, env: reduce(self.backend.maximum, [p(store, env) for p in parts])
        row = row_of(expr)
        if row is not None:
            return lambda store, env: self.backend.apply(row, parts[0](store, env))
        if isinstance(expr, Pow):
            return self._power(expr, at, depth)
        raise ModelError(f"no row in derive/functions.py evaluates {name}")

    def _masked(self, truth: Any) -> Any:
        return int(truth) if isinstance(truth, (bool, int)) else self.backend.mask(truth)

    def _power(self, expr: Pow, at: int, depth: int) -> Lowered:
        base = self._compile(expr.base, at, depth)
        if isinstance(expr.exp, Rational):
            exponent = expr.exp
            return lambda store, env: self.backend.power(base(store, env), exponent)
        if expr.exp.is_integer and expr.exp.free_symbols <= self.sizes.keys() | set(free_indices(expr.exp)):
            return self._counted(base, self._index(expr.exp))
        raised = self._compile(expr.exp, at, depth)
        exp, ln = BY_NAME["exp"], BY_NAME["log"]
        return lambda store, env: self.backend.apply(exp, raised(store, env) * self.backend.apply(ln, base(store, env)))

    def _counted(self, base: Lowered, exponent: Callable[[Env], Any]) -> Lowered:
        """A power whose exponent is an index expression, T - t: whole, so that the base may be negative."""

        def run(store: Store, env: Env) -> Array:
            n = exponent(env)
            return (
                self.backend.power(base(store, env), Integer(n))
                if isinstance(n, int)
                else base(store, env) ** self.backend.mask(n)
            )

        return run


def _place(part: Expr) -> int:
    """Adjoints first, as in the chain rule, then names, then what is computed: equal products begin alike."""
    return 0 if isinstance(part, Partial) else 1 if isinstance(part, (Symbol, Indexed)) else 2


def _plus(a: Any, b: Any) -> Any:
    return a + b


def _times(a: Any, b: Any) -> Any:
    return a * b


def _later(a: Any, b: Any) -> Any:
    """The larger of two index values."""
    return max(a, b) if isinstance(a, int) and isinstance(b, int) else a * (a >= b) + b * (a < b)


def _sooner(a: Any, b: Any) -> Any:
    """The smaller of two index values."""
    return min(a, b) if isinstance(a, int) and isinstance(b, int) else a * (a <= b) + b * (a > b)


def _both(a: Any, b: Any) -> Any:
    return a & b


def _either(a: Any, b: Any) -> Any:
    return a | b


def _along(axis: int, depth: int) -> tuple[int, ...]:
    """The shape of an index grid: one long axis among `depth`."""
    return tuple(-1 if n == axis else 1 for n in range(depth))


@memo
def _depth(expr: Expr) -> int:
    """How many sums and products are nested."""
    inner = max((_depth(a) for a in expr.args), default=0)
    return inner + len(expr.limits) if isinstance(expr, BINDERS) else inner
