"""Expressions over ranges of indices, evaluated as arrays.

Every index of an expression gets an axis, its own indices first, the indices of nested sums after them; the sample
points come last, so that scalars broadcast. One recurrence step fixes the time index to a number instead.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from sympy import Expr, Idx, Symbol

from derive.evaluate.backend import Array, Backend
from derive.evaluate.compile import Compiled, Compiler, along
from derive.evaluate.index_values import STORE, Env
from derive.evaluate.store import Store
from derive.expressions.indices import BINDERS
from derive.memo import memo

Kernel = Callable[[Store, Sequence[tuple[Idx, int, int]], Env], Any]


class Kernels:
    """Expressions as functions of the ranges of their indices; each is compiled once."""

    def __init__(
        self,
        backend: Backend,
        sizes: Mapping[Symbol, Expr],
        loss: Expr,
        strict: bool = True,
        read: Callable[[Expr], Expr] = lambda expr: expr,
    ):
        """Compile for these sizes what `read` makes of an expression."""
        self.backend, self.compiler, self.read = backend, Compiler(backend, sizes, loss, strict), read
        self._compiled: dict[object, Kernel] = {}

    def kernel(self, expr: Expr, indices: Sequence[Idx] = ()) -> Kernel:
        """Return the expression as a function of the store, the ranges of `indices` and numbers for other indices."""
        key = (expr, tuple(indices))
        found = self._compiled.get(key)
        if found is None:
            depth = len(indices) + _depth(expr)
            run = self.compiler.compile(self.read(expr), len(indices), depth)
            found = self._compiled[key] = self._kernel(run, depth)
        return found

    def _kernel(self, run: Compiled, depth: int) -> Kernel:
        if depth == 0:
            return lambda store, ranges, fixed: self._shaped(run(store, {**fixed, STORE: store}), [])

        def with_axes(store: Store, ranges: Sequence[tuple[Idx, int, int]], fixed: Env) -> Array:
            env: Env = {**fixed, STORE: store}
            for axis, (idx, first, last) in enumerate(ranges):
                env[idx] = self.backend.integers(first, last, along(axis, depth))
            return self._shaped(run(store, env), [last - first + 1 for _, first, last in ranges])

        return with_axes

    def evaluate(
        self, expr: Expr, store: Store, ranges: Sequence[tuple[Idx, int, int]] = (), fixed: Env | None = None
    ) -> Array:
        """Evaluate over the ranges, shape (*lengths, points); `fixed` gives numbers for other indices."""
        return self.kernel(expr, [r[0] for r in ranges])(store, ranges, fixed or {})

    def _shaped(self, value: Array, lengths: list[int]) -> Array:
        """Drop the axes that were summed, and fill those that are missing."""
        shape = tuple(getattr(value, "shape", ()))
        if len(shape) > 1:
            shape = (*shape[: len(lengths)], shape[-1])
            value = value.reshape(shape)
        wanted = (*lengths, shape[-1] if shape else 1)
        return value if shape == wanted else value + self.backend.zeros(wanted)


@memo
def _depth(expr: Expr) -> int:
    """Return how deep sums and products are nested."""
    inner = max((_depth(a) for a in expr.args), default=0)
    return inner + len(expr.limits) if isinstance(expr, BINDERS) else inner
