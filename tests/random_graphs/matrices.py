"""Functions of whole matrices: inverse, solution, determinant, trace, powers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from sympy import KroneckerDelta, Rational

from derive import det, inverse, logdet, matrix_power, solve, trace
from random_graphs.cases import World
from random_graphs.draws import Family
from random_graphs.letters import Env, Letter, whole
from random_graphs.recurrences import Recurrences
from random_graphs.terms import MOST, Array, Term, number

HERE = torch.linalg
SHARE = 2  # the diagonal, beside off-diagonal rows that sum to at most 1: the inverse of such a matrix is at most 1
WORDS: dict[str, tuple[Callable[..., Any], Callable[..., Array], float]] = {
    "inverse": (inverse, HERE.inv, 1),
    "inverse squared": (lambda A: matrix_power(A, -2), lambda A: HERE.matrix_power(HERE.inv(A), 2), 1),
    "cube": (lambda A: matrix_power(A, 3), lambda A: HERE.matrix_power(A, 3), 27),
    "solve": (solve, HERE.solve, 1),
    "log det": (logdet, lambda A: HERE.slogdet(A)[1], 7),
    "det": (det, HERE.det, 3**MOST),
    "trace": (trace, lambda A: A.diagonal(dim1=-2, dim2=-1).sum(-1), 3 * MOST),
}


class Matrices(Recurrences):
    """A matrix that is never singular, as a node, and a node that is a function of it."""

    def matrix(self) -> None:
        """The matrix 2 I + M/6, and one of the words."""
        span = self.rng.choice([d for d in self.dims if d.low == whole(1)])
        i = self.over(span)
        j = next((a for a in self.letters if a.span == span and a.name != i.name), None) or self.declare(span)
        body = self.squash(self.expr([i, j], 1, self.families)) * number(Rational(1, MOST))

        def at(world: World, env: Env) -> Array:
            return body.at(world, env) + (SHARE if env[i.name] == env[j.name] else 0)

        shifted = Term(body.expr + SHARE * KroneckerDelta(i.idx, j.idx), at, -1.0, 3.0)
        matrix = self.define(self.name("n"), [i, j], shifted)
        right = self.define(self.name("n"), [i], self.squash(self.expr([i], 1, self.families[:-1])))
        self.function_of_matrix(matrix, right, i, j)

    def function_of_matrix(self, matrix: Family, right: Family, i: Letter, j: Letter) -> None:
        """The node that is a function of the matrix, or made of one."""
        kind = self.rng.choice(list(WORDS))
        self.note(kind)
        word, torch_, most = WORDS[kind]
        scalar, column = kind in ("log det", "det", "trace"), kind == "solve"
        letters = [] if scalar else [i] if column else [i, j]

        def at(world: World, env: Env) -> Array:
            numbers = range(1, i.span.high.at(env) + 1)
            elements = [world.element(matrix.name, (a, b)) for a in numbers for b in numbers]
            whole_ = torch.stack(torch.broadcast_tensors(*elements), -1).unflatten(-1, (len(numbers), len(numbers)))
            if column:
                values = torch.broadcast_tensors(*(world.element(right.name, (a,)) for a in numbers), whole_[..., 0, 0])
                return torch_(whole_, torch.stack(values[:-1], -1).unsqueeze(-1))[..., env[i.name] - 1, 0]
            found = torch_(whole_)
            return found if scalar else found[..., env[i.name] - 1, env[j.name] - 1]

        found = word(matrix.symbol, right.symbol) if column else word(matrix.symbol)
        expr = found if scalar else found[tuple(a.idx for a in letters)]
        term = Term(expr, at, -float(most), float(most))
        scale = number(Rational(1, most)) if most > 1 else number(1)
        self.define(
            self.name("n"), letters, term if self.chance(0.5) else term * scale * self.atom(letters, 0, [right])
        )
