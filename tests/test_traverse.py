"""The two walks over an expression: the one that looks, and the one that changes."""

from __future__ import annotations

from sympy import Expr, Indexed, KroneckerDelta, Sum, Symbol, exp

from derive.expressions.canonical import canonical
from derive.expressions.indices import family, index
from derive.expressions.symbols import Immediate, Partial
from derive.expressions.traverse import adjoints, elements, free_indices, mentioned, names, rewrite

N, L, u = Symbol("N", integer=True, positive=True), Symbol("L"), Symbol("u")
i, j, k = (index(name, 1, N) for name in "ijk")
x, y, w = family("x"), family("y"), family("w")


def test_elements_are_neither_indices_nor_what_a_partial_is_made_of() -> None:
    adjoint, immediate = Partial(L, y[i]), Immediate(y[i], w)
    expr = u * KroneckerDelta(i, j) * adjoint + immediate * Sum(exp(x[k]), k)
    assert set(elements(expr)) == {u, adjoint, immediate, x[k], N}
    assert adjoints(expr) == {adjoint}
    assert names(expr) == {"u", "x", "N"}
    assert mentioned(adjoint * x[i]) == {"adjoint y", "x"}


def test_elements_come_in_the_order_in_which_they_are_written() -> None:
    for expr in (x[i] + y[i] * x[j], Sum(w[k] * x[k], k) / u):
        assert list(elements(expr)) == [e for e in _written(expr) if e != k and e != N] + [N] * expr.has(Sum)


def _written(expr: Expr) -> list[Expr]:
    if isinstance(expr, (Indexed, Symbol)):
        return [expr]
    found = [e for a in (expr.args[:1] if isinstance(expr, Sum) else expr.args) for e in _written(a)]
    return list(dict.fromkeys(found))


def test_free_indices_are_those_that_no_sum_binds() -> None:
    assert free_indices(x[i] * Sum(y[j] * w[k], j)) == (i, k)
    assert free_indices(Sum(x[k], (k, 1, i))) == (i,)
    assert free_indices(x[k] + Sum(x[k], k)) == (k,)


def test_what_is_put_in_keeps_its_sums_apart_from_the_letters_around() -> None:
    """With u = sum_i x_i: y_i u is y_i sum_j x_j, and sum_i y_i u is no double sum over the same letter."""

    def value(part: Expr) -> Expr | None:
        return Sum(x[i], i) if part == u else None

    for expr, free in ((y[i] * u, {i}), (Sum(y[i] * u, i), set())):
        found = rewrite(expr, value)
        inner = next(s for s in found.atoms(Sum) if s.function.has(x) and not s.function.has(y))
        assert inner.limits[0][0] != i
        assert set(free_indices(found)) == free
    assert rewrite(u + 1, value) == Sum(x[i], i) + 1  # nothing around has the letter: it stays


def test_what_a_rule_leaves_alone_is_the_very_same_object() -> None:
    expr = exp(x[i]) * Sum(y[j] + u, j)
    assert rewrite(expr, lambda part: None) is expr


def test_a_rule_is_asked_from_the_outside_in_and_once_for_equal_parts() -> None:
    asked: list[Expr] = []

    def rule(part: Expr) -> Expr | None:
        asked.append(part)
        return y[i] if part == exp(u) else None

    assert rewrite(exp(u) * x[i] + exp(u) * x[j], rule) == y[i] * x[i] + y[i] * x[j]
    assert u not in asked and asked.count(x[i]) == 1


def test_the_canonical_letters_of_a_sum_do_not_depend_on_what_stands_around() -> None:
    inner, own = Sum(x[i], i), index("_0", 1, N)
    assert canonical(inner) == canonical(Sum(x[j], j))
    assert canonical(y[own] * inner) == y[own] * canonical(inner)
    assert canonical(y[i] * inner) == y[i] * canonical(inner)
