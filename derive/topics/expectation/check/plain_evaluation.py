"""Expressions evaluated plainly: sums as loops, definitions as they stand, expectations over all outcomes.

It shares nothing with the compiler of `derive.evaluate`, on purpose: a check that shares code with what it checks
agrees with its errors.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import reduce
from operator import add, mul
from typing import Any

import numpy as np
from sympy import Add, Expr, Idx, Indexed, Integer, KroneckerDelta, Mul, Pow, Product, Sum, Symbol

from derive.errors import ModelError
from derive.evaluate.at_zero import OrInfinity
from derive.evaluate.passes import Change, unchanged
from derive.expressions.functions import row_or_extremum, unknown
from derive.expressions.indices import is_position, name_of
from derive.expressions.matrix_functions import OfMatrix
from derive.expressions.moments import Expectation, Moment
from derive.expressions.traverse import free_indices
from derive.model.model import Node
from derive.topics.expectation.check.outcomes import Outcomes, Place

Env = Mapping[Expr, int]
FUNCTIONS: dict[str, Callable[[Any], Any]] = {
    "inverse": np.linalg.inv,
    "logdet": lambda matrix: np.linalg.slogdet(matrix)[1],
    "det": np.linalg.det,
    "cholesky": np.linalg.cholesky,
    "eigenvalues": np.linalg.eigvalsh,
    "singular_values": lambda matrix: np.linalg.svd(matrix, compute_uv=False),
}

NUMPY: dict[str, Callable[[Any], Any]] = {  # the others are taken number by number
    "abs": np.abs,
    "cos": np.cos,
    "exp": np.exp,
    "log": np.log,
    "relu": lambda x: np.maximum(x, 0.0),
    "sign": np.sign,
    "sin": np.sin,
    "step": lambda x: np.where(np.asarray(x) > 0, 1.0, 0.0),
    "tanh": np.tanh,
}


class PlainEvaluation:
    """Evaluates expressions for given sizes, leaves and outcomes; a value is one number, or one for each outcome.

    `change` makes another expression of each definition, such as the size of its terms.
    """

    def __init__(
        self,
        nodes: Mapping[str, Node],
        sizes: Mapping[Symbol, int],
        leaves: Mapping[Place, float],
        outcomes: Outcomes,
        change: Change = unchanged,
    ):
        self.nodes, self.sizes, self.leaves, self.outcomes, self.change = nodes, sizes, leaves, outcomes, change

    def value(self, expr: Expr, env: Env) -> Any:
        """Return a number, or an array over the outcomes if the expression is random."""
        if expr.is_Number or expr.is_NumberSymbol:
            return float(expr)
        if isinstance(expr, Idx) or expr in self.sizes:
            return float(self.whole(expr, env))
        if isinstance(expr, (Symbol, Indexed)):
            return self.element(name_of(expr), tuple(self.whole(i, env) for i in getattr(expr, "indices", ())))
        if isinstance(expr, Moment):
            return self.average(expr, env)
        if isinstance(expr, (Sum, Product)):
            return self.over(expr, env)
        if isinstance(expr, OfMatrix):
            return self.of_matrix(expr, env)
        if isinstance(expr, KroneckerDelta):
            return float(self.whole(expr.args[0], env) == self.whole(expr.args[1], env))
        parts = [self.value(a, env) for a in expr.args]
        if isinstance(expr, (Add, Mul)):
            return reduce(add if isinstance(expr, Add) else mul, parts)
        if isinstance(expr, Pow) and isinstance(expr.exp, Integer):
            return parts[0] ** int(expr.exp)
        if isinstance(expr, Pow):
            return np.power(parts[0], parts[1])
        if isinstance(expr, OrInfinity):
            return np.where(parts[0] == 0, np.inf, parts[0])
        row = row_or_extremum(expr)
        if row is None:
            raise unknown(expr)
        if row.name in NUMPY:
            return NUMPY[row.name](parts[0])
        return np.vectorize(row.number, otypes=[float])(*parts)

    def element(self, name: str, position: tuple[int, ...]) -> Any:
        """Return a leaf's number, the values of a random element in every outcome, or what a definition gives."""
        place = name, position
        if place in self.leaves:
            return self.leaves[place]
        if place in self.outcomes.values:
            return self.outcomes.values[place]
        node = self.nodes[name]
        return self.value(self.change(node.cases[0].expr), dict(zip(node.indices, position, strict=True)))

    def of_matrix(self, expr: OfMatrix, env: Env) -> float:
        """Return an element of a function of a matrix that is not random."""
        rows, columns = (range(1, self.whole(n, env) + 1) for n in expr.shape)
        batch = tuple(self.whole(i, env) for i in expr.batch)
        matrix = np.array([[self.element(expr.matrix.name, (*batch, a, b)) for b in columns] for a in rows])
        found = FUNCTIONS[expr.row.name](matrix)
        return float(found[tuple(self.whole(i, env) - 1 for i in expr.at)])

    def average(self, expr: Moment, env: Env) -> float:
        """Return the sum over all outcomes; a variance and a covariance from the deviations, as they are defined."""
        parts = [np.broadcast_to(self.value(a, env), self.outcomes.weights.shape) for a in expr.args]
        if not isinstance(expr, Expectation):
            parts = [p - p @ self.outcomes.weights for p in parts] * (2 // len(parts))
        return float(reduce(mul, parts) @ self.outcomes.weights)

    def over(self, expr: Sum | Product, env: Env) -> Any:
        """Return a sum or a product, one index after the other, the outermost first."""
        *rest, (idx, low, high) = expr.limits
        body = expr.function if not rest else expr.func(expr.function, *rest)
        values = [self.value(body, {**env, idx: n}) for n in range(self.whole(low, env), self.whole(high, env) + 1)]
        return reduce(*((add, values, 0.0) if isinstance(expr, Sum) else (mul, values, 1.0)))

    def whole(self, expr: Expr, env: Env) -> int:
        """Return an index expression or a size as a whole number."""
        if isinstance(expr, Integer):
            return int(expr)
        if expr in env:
            return env[expr]
        if is_position(expr):
            return int(self.element(name_of(expr), tuple(self.whole(i, env) for i in expr.indices)))
        if expr in self.sizes:
            return self.sizes[expr]
        if isinstance(expr, (Add, Mul)):
            return int(reduce(add if isinstance(expr, Add) else mul, (self.whole(a, env) for a in expr.args)))
        raise ModelError(f"{expr} is not a whole number here")

    def over_all(self, expr: Expr, indices: Sequence[Idx]) -> Any:
        """Return the values at all positions of some indices, in order."""
        spans = [range(self.whole(i.lower, {}), self.whole(i.upper, {}) + 1) for i in indices]
        return np.array([self.value(expr, dict(zip(indices, at, strict=True))) for at in itertools.product(*spans)])

    def everywhere(self, expr: Expr) -> Iterator[Any]:
        """Yield the values at all positions of the free indices of an expression."""
        yield from self._everywhere(expr, sorted(free_indices(expr), key=lambda i: len(i.upper.atoms(Idx))), {})

    def _everywhere(self, expr: Expr, indices: Sequence[Idx], env: Env) -> Iterator[Any]:
        if not indices:
            yield self.value(expr, env)
            return
        (idx, *others) = indices
        for n in range(self.whole(idx.lower, env), self.whole(idx.upper, env) + 1):
            yield from self._everywhere(expr, others, {**env, idx: n})
