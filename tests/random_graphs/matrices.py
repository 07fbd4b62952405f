"""Functions of whole matrices: inverse, solution, determinant, trace, powers; vec and Kronecker products."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from sympy import KroneckerDelta, Rational

from derive import cholesky, det, eigenvalues, inverse, kron, logdet, matrix_power, singular_values, solve, trace, vec
from random_graphs.cases import World
from random_graphs.draws import Family
from random_graphs.letters import Env, Letter, Span, Whole, whole
from random_graphs.recurrences import Recurrences
from random_graphs.terms import MOST, Array, Term, number

HERE = torch.linalg
SHARE = 2  # the diagonal, beside off-diagonal rows that sum to at most 1: the inverse of such a matrix is at most 1
WORDS: dict[str, tuple[Callable[..., Any], Callable[..., Array], float]] = {
    "inverse": (inverse, HERE.inv, 1),
    "inverse squared": (lambda A: matrix_power(A, -2), lambda A: HERE.matrix_power(HERE.inv(A), 2), 1),
    "cube": (lambda A: matrix_power(A, 3), lambda A: HERE.matrix_power(A, 3), 10**3),
    "solve": (solve, HERE.solve, 1),
    "log det": (logdet, lambda A: HERE.slogdet(A)[1], 14),
    "det": (det, HERE.det, 10**MOST),
    "trace": (trace, lambda A: A.diagonal(dim1=-2, dim2=-1).sum(-1), 10 * MOST),
}
SYMMETRIC: dict[str, tuple[Callable[..., Any], Callable[..., Array], float]] = {
    "cholesky": (cholesky, HERE.cholesky, 3),
    "eigenvalues": (eigenvalues, HERE.eigvalsh, 9),
    "singular values": (singular_values, HERE.svdvals, 9),
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
        symmetric = self.chance(0.3)
        if symmetric:
            matrix = self.symmetrised(matrix, i, j)
        right = self.define(self.name("n"), [i], self.squash(self.expr([i], 1, self.families[:-1])))
        self.function_of_matrix(matrix, right, i, j, symmetric)

    def symmetrised(self, matrix: Family, i: Letter, j: Letter) -> Family:
        """The mean of a matrix and its transpose, which is seen to be symmetric; no two eigenvalues are equal."""
        self.note("symmetric")

        def at(world: World, env: Env) -> Array:
            one, other = (env[i.name], env[j.name]), (env[j.name], env[i.name])
            rising = env[i.name] if env[i.name] == env[j.name] else 0
            return (world.element(matrix.name, one) + world.element(matrix.name, other)) / 2 + rising

        mean = (matrix.symbol[i.idx, j.idx] + matrix.symbol[j.idx, i.idx]) / 2 + i.idx * KroneckerDelta(i.idx, j.idx)
        found = self.define(self.name("n"), [i, j], Term(mean, at, -1.0, 9.0))
        assert self.graph._nodes[found.name].symmetric
        return found

    def function_of_matrix(self, matrix: Family, right: Family, i: Letter, j: Letter, symmetric: bool) -> None:
        """The node that is a function of the matrix, or made of one."""
        known = {**WORDS, **(SYMMETRIC if symmetric else {})}
        kind = self.rng.choice(list(known))
        self.note(kind)
        word, torch_, most = known[kind]
        scalar, column = kind in ("log det", "det", "trace"), kind in ("solve", "eigenvalues", "singular values")
        letters = [] if scalar else [i] if column else [i, j]

        def at(world: World, env: Env) -> Array:
            numbers = range(1, i.span.high.at(env) + 1)
            elements = [world.element(matrix.name, (a, b)) for a in numbers for b in numbers]
            whole_ = torch.stack(torch.broadcast_tensors(*elements), -1).unflatten(-1, (len(numbers), len(numbers)))
            if kind in ("eigenvalues", "singular values"):
                return torch_(whole_)[..., env[i.name] - 1]
            if column:
                values = torch.broadcast_tensors(*(world.element(right.name, (a,)) for a in numbers), whole_[..., 0, 0])
                return torch_(whole_, torch.stack(values[:-1], -1).unsqueeze(-1))[..., env[i.name] - 1, 0]
            found = torch_(whole_)
            return found if scalar else found[..., env[i.name] - 1, env[j.name] - 1]

        found = word(matrix.symbol, right.symbol) if kind == "solve" else word(matrix.symbol)
        expr = found if scalar else found[tuple(a.idx for a in letters)]
        term = Term(expr, at, -float(most), float(most))
        scale = number(Rational(1, most)) if most > 1 else number(1)
        self.define(
            self.name("n"), letters, term if self.chance(0.5) else term * scale * self.atom(letters, 0, [right])
        )

    def stacked(self) -> None:
        """vec of a matrix, or a Kronecker product of columns or of matrices, by letters over a product of sizes."""
        rows, columns = (self.rng.choice([d for d in self.dims if d.low == whole(1)]) for _ in "rc")
        r, c = self.over(rows), self.over(columns)
        c = c if c.name != r.name else self.declare(columns)
        i = self.declare(self.product(rows, columns))
        kind = self.rng.choice(["vec", "kron of columns", "kron"])
        self.note(kind)
        lengths = {"vec": rows, "kron of columns": columns, "kron": columns}
        sides = {"vec": [[r, c]], "kron of columns": [[r], [c]], "kron": [[r, c], [c, r]]}[kind]
        bodies = [self.squash(self.expr(own, 1, self.families)) for own in sides]
        families = [self.define(self.name("n"), own, body) for own, body in zip(sides, bodies, strict=True)]
        letters = [i] if kind != "kron" else [i, self.declare(i.span)]

        def at(world: World, env: Env) -> Array:
            length = lengths[kind].high.at(env)
            block, place = zip(*(divmod(env[a.name] - 1, length) for a in letters[:1]), strict=True)
            if kind == "vec":
                return world.element(families[0].name, (place[0] + 1, block[0] + 1))
            if kind == "kron":  # the columns of the second are as many as the rows of the first
                more = divmod(env[letters[1].name] - 1, rows.high.at(env))
                block, place = (*block, more[0]), (*place, more[1])
            first = world.element(families[0].name, tuple(b + 1 for b in block))
            return first * world.element(families[1].name, tuple(p + 1 for p in place))

        made = (vec if kind == "vec" else kron)(*(f.symbol for f in families))
        expr = made[tuple(a.idx for a in letters)]
        term = Term(expr, at, -9.0, 9.0)
        self.define(self.name("n"), letters, term if self.chance(0.5) else self.tame(term * self.atom(letters, 0, [])))

    def product(self, rows: Span, columns: Span) -> Span:
        """The range up to the product of two sizes."""
        a, b = rows.high, columns.high
        if not a.parts or not b.parts:
            return Span(whole(1), (a.constant or 1) * b if not a.parts else b.constant * a)
        name = f"{a.expr}*{b.expr}"
        self.case.products[name] = (rows, columns)
        return Span(whole(1), Whole(0, {name: (a.expr * b.expr, 1)}))
