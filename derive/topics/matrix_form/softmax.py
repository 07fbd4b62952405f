"""exp(Z) over its row sums is softmax(Z), also where the quotient stands apart: diag(1/s) (G * exp(Z)), s = exp(Z) 1.

A division by the sums s joins the first exp(Z) that stands beside it: as a factor of a scaled matrix, of a sum of its
rows, or of a column.
"""

from __future__ import annotations

from collections.abc import Iterator

from sympy import Expr, Integer, Mul, Pow, exp

from derive.expressions.matrices import (
    HOLE,
    Diag,
    Entrywise,
    Hadamard,
    Matrix,
    Ones,
    Plus,
    Scaled,
    Softmax,
    Times,
    Transpose,
    shape,
)
from derive.memo import memo
from derive.topics.matrix_form.rules import entrywise, hadamard, plus, scaled, times, transpose

MAKERS = {Times: times, Hadamard: hadamard, Plus: plus, Scaled: scaled, Transpose: transpose}


@memo
def with_softmax(expr: Expr) -> Expr:
    """The expression with every quotient of exponentials and their sum as a softmax."""
    if not expr.has(exp) or not expr.has(Matrix):
        return expr
    if isinstance(expr, Entrywise):
        return Entrywise(expr.args[0], *map(with_softmax, expr.args[1:]))
    made = MAKERS.get(type(expr), expr.func)(*map(with_softmax, expr.args))
    found = next(_joined(made), None)
    return made if found is None else with_softmax(found)


def _joined(expr: Expr) -> Iterator[Expr]:
    """The expression with one division joined, wherever that can be done."""
    if isinstance(expr, Times):
        for at, (left, right) in enumerate(zip(expr.args, expr.args[1:], strict=False)):
            if isinstance(left, Diag):
                for rest, whole in _divisions(left.args[0]):
                    if (share := _share(right, whole)) is not None:
                        scale = [Diag(hadamard(*rest))] if rest else []
                        yield times(*expr.args[:at], *scale, share, *expr.args[at + 2 :])
    elif isinstance(expr, Hadamard):
        for rest, whole in _divisions(expr):
            for n, factor in enumerate(rest):
                if isinstance(factor, Times) and (share := _share(factor.args[0], whole)) is not None:
                    yield hadamard(*rest[:n], times(share, *factor.args[1:]), *rest[n + 1 :])
    elif isinstance(expr, (Scaled, Mul)):
        yield from _in_scalars(expr)


def _in_scalars(expr: Expr) -> Iterator[Expr]:
    """A column of exponentials: what divides is a scalar, 1^T exp(z)."""
    scale, column = expr.args if isinstance(expr, Scaled) else (expr, Integer(1))
    for total in (f for f in Mul.make_args(scale) if isinstance(f, Pow) and f.exp.is_negative):
        whole = _summand(total.base, of_rows=False)
        if whole is None:
            continue
        if (share := _share(column, whole)) is not None:
            yield scaled(scale * total.base, share)
        for product in (f for f in Mul.make_args(scale) if isinstance(f, Times)):
            if (share := _share(product.args[-1], whole)) is not None:
                yield scaled(scale / product * total.base * times(*product.args[:-1], share), column)


def _divisions(column: Expr) -> Iterator[tuple[list[Expr], Expr]]:
    """The other factors, with one division less, and the exponentials that are summed in what is divided by."""
    factors = list(column.args if isinstance(column, Hadamard) else [column])
    for n, factor in enumerate(factors):
        power = factor.args[0] if isinstance(factor, Entrywise) else None
        if isinstance(power, Pow) and power.exp.is_negative and (whole := _summand(factor.args[1])) is not None:
            less = [] if power.exp == -1 else [entrywise(HOLE ** (power.exp + 1), factor.args[1])]
            yield [*factors[:n], *less, *factors[n + 1 :]], whole


def _summand(sums: Expr, of_rows: bool = True) -> Expr | None:
    """exp(Z) of its row sums exp(Z) 1, or exp(z) of the sum 1^T exp(z) of a column."""
    if not (isinstance(sums, Times) and len(sums.args) == 2):
        return None
    whole, one = sums.args if of_rows else (sums.args[1], transpose(sums.args[0]))
    found = isinstance(one, Ones) and isinstance(whole, Entrywise) and whole.args[0] == exp(HOLE)
    return whole if found and (of_rows or shape(whole)[1] == 1) else None


def _share(matrix: Expr, whole: Expr) -> Expr | None:
    """A factor exp(Z) of a matrix made a softmax; None where there is none."""
    if matrix == whole:
        return Softmax(whole.args[1])
    if isinstance(matrix, Scaled) and (share := _share(matrix.args[1], whole)) is not None:
        return scaled(matrix.args[0], share)
    if isinstance(matrix, Hadamard) and whole in matrix.args:
        others = list(matrix.args)
        others.remove(whole)
        return hadamard(*others, Softmax(whole.args[1]))
    return None
