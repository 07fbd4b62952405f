"""Indices, intervals and the contraction of deltas, each held against adding up by brute force with numbers.

`number` evaluates an expression with plain Python: sums term by term, ranges inclusive, a family's element as a number
that depends on its position. An index that a formula leaves without a value is a KeyError, so nothing can leak.
"""

from itertools import product
from math import prod
from zlib import crc32

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sympy import Add, Idx, Indexed, IndexedBase, Integer, KroneckerDelta, Max, Min, Mul, Pow, Sum, Symbol, oo

from derive.expressions.contraction import contract
from derive.expressions.indices import bound_indices, fresh, index, linear, solve, substitute, sum_over
from derive.expressions.intervals import at_least, covers, empty, enclosure, hull, image, inside, meeting, preimage

repeatable = settings(derandomize=True, database=None, deadline=None, max_examples=50)

A, F, G, X = (IndexedBase(name) for name in "AFGX")
T, N = (Symbol(name, integer=True, positive=True) for name in "TN")
i, j, k, m = (index(name, 1, 3) for name in "ijkm")
SIZES = range(1, 6)


def number(expr, env):
    """The value of an expression where every free symbol stands for the number that `env` gives."""
    if expr.is_Integer:
        return int(expr)
    if isinstance(expr, Sum):
        return total(expr.limits, env, lambda inner: number(expr.function, inner))
    if isinstance(expr, (Symbol, Idx)):
        return env[expr]
    if isinstance(expr, Indexed):
        return element(str(expr.base), *(number(i, env) for i in expr.indices))
    values = [number(a, env) for a in expr.args]
    return MEANING[expr.func](*values)


MEANING = {
    Add: lambda *v: sum(v),
    Mul: lambda *v: prod(v),
    Pow: pow,
    Max: max,
    Min: min,
    KroneckerDelta: lambda a, b: int(a == b),
    inside: lambda v, low, high: int(low <= v <= high),
}


def total(limits, env, term):
    """The sum of term(env) over the limits, the last of them outermost, as sympy orders them."""
    if not limits:
        return term(env)
    *inner, (idx, low, high) = limits
    return sum(total(inner, {**env, idx: v}, term) for v in span((low, high), env))


def span(interval, env):
    """The whole numbers of an interval."""
    return range(number(interval[0], env), number(interval[1], env) + 1)


def element(name, *position):
    """A number for an element of a family: other elements, other numbers."""
    return 1 + crc32(repr((name, position)).encode()) % 10007


# substitute


def bodies():
    """Index expressions and sums of families in i, j, k, m, nested, with the same letters bound again and again."""
    letter = st.sampled_from([i, j, k, m])
    place = st.builds(lambda a, b, c: a + c * b, letter, letter, st.integers(-1, 1))
    leaf = st.builds(lambda a, b: X[a, b], place, place)
    limit = st.tuples(letter, st.just(Integer(1)), st.integers(1, 3).map(Integer))
    return st.recursive(
        leaf,
        lambda inner: st.one_of(
            st.builds(lambda e, b: Sum(e, b), inner, limit),
            st.builds(lambda a, b: a * b, inner, inner),
            st.builds(lambda a, b: a + b, inner, inner),
        ),
        max_leaves=4,
    )


@settings(repeatable, max_examples=200)
@given(bodies(), st.sampled_from([i, j, k]), st.sampled_from([i, j + 1, k - i, m + k, Integer(2)]))
def test_substitution_means_the_value_of_what_is_put_in(expr, idx, value):
    """expr with i := e has the value that expr has where i is the value of e; no bound letter captures e."""
    env = {i: 1, j: 2, k: 3, m: 2}
    assert number(substitute(expr, {idx: value}), env) == number(expr, {**env, idx: number(value, env)})


def test_substitution_is_simultaneous():
    """Two indices change places at once."""
    assert substitute(X[i, j], {i: j, j: i}) == X[j, i]
    expr = Sum(X[i, j, k], (k, 1, 3))
    assert number(substitute(expr, {i: j, j: k}), {j: 2, k: 3}) == number(expr, {i: 2, j: 3})


def test_substitution_reaches_the_limits_and_leaves_bound_letters_alone():
    """A limit is outside of its own sum; a bound letter is not what is meant by the same letter outside."""
    assert substitute(Sum(X[k], (k, 1, i)), {i: j}) == Sum(X[k], (k, 1, j))
    assert substitute(Sum(X[k], (k, 1, 3)), {k: j}) == Sum(X[k], (k, 1, 3))


def test_a_renamed_bound_letter_is_renamed_in_the_limits_that_use_it():
    """In the double sum over k <= m the letter m gives way to the incoming m, in the upper limit of k too."""
    expr = Sum(X[k, j], (k, 1, m), (m, 1, 3))
    assert number(substitute(expr, {j: m}), {m: 2}) == number(expr, {j: 2})


def test_a_letter_over_another_range_is_not_captured_either():
    """A row n is put in by the letter that sums over the columns: on paper the two would be one."""
    row, column = index("i", 1, 3), index("i", 1, 2)
    found = substitute(Sum(X[n, column], (column, 1, 2)), {n: row})
    assert {b.name for b in found.variables} == {"j"} and number(found, {row: 3}) == number(
        Sum(X[n, column], (column, 1, 2)), {n: 3}
    )


# linear, solve, fresh

coefficients = st.integers(-3, 3)


@repeatable
@given(coefficients, coefficients, coefficients)
def test_linear_finds_the_coefficient_and_the_rest(a, b, c):
    """a i + b k + c n is read as a and the rest."""
    assert linear(a * i + b * k + c * N + 1, i) == (a, b * k + c * N + 1)


@pytest.mark.parametrize("expr", [i**2, i * k, N * i, i / 2, Max(i, 2), X[i], 1 / i])
def test_linear_refuses_what_is_not_a_whole_multiple(expr):
    """Anything but a whole number times the index is None."""
    assert linear(expr, i) is None


@repeatable
@given(coefficients, coefficients, coefficients)
def test_solve_solves(a, b, c):
    """The value found brings the position to the target; None only where no candidate has the coefficient +-1."""
    position = a * i + b * k + c
    found = solve(position, j, [i, k])
    assert (found is None) == (abs(a) != 1 and abs(b) != 1)
    if found:
        assert substitute(position, {found[0]: found[1]}) == j


def test_solve_uses_only_candidates():
    """An index that is not among the candidates is a constant."""
    assert solve(i + k, j, []) is None
    assert solve(i + k, j, [k]) == (k, j - i)
    assert solve(N - i, j, [i]) == (i, N - j)


def test_fresh_takes_no_taken_letter_and_keeps_the_range():
    """A new letter has the old range; a preferred index is used where its range is the same."""
    other = index("q", 1, 4)
    assert fresh(i, []) == i
    assert fresh(i, [i, X, j]) == k
    assert fresh(i, [i], preferred=[other, m]) == m
    assert fresh(i, [i, m], preferred=[other, m]) == j
    many = [index(a, 0, 1) for a in "ijklmnpqrs"]
    new = fresh(i, many)
    assert str(new) not in {str(a) for a in many} and (new.lower, new.upper) == (1, 3)


def test_bound_indices_are_those_of_every_sum_inside():
    """Free indices do not count, those of nested sums do."""
    assert bound_indices(X[i] * Sum(X[j] * Sum(X[k], (k, 1, 3)), (j, 1, 3))) == {j, k}


# intervals: with numbers, and with ends in T for T = 1..5

ends = st.integers(-3, 3)
intervals = st.tuples(ends, ends).map(lambda p: (Integer(p[0]), Integer(p[1])))
symbolic = st.tuples(st.integers(0, 1), ends, st.integers(0, 1), ends).map(lambda p: (p[0] * T + p[1], p[2] * T + p[3]))


@repeatable
@given(symbolic, symbolic)
def test_meeting_is_the_common_part(a, b):
    """A number lies where two intervals meet exactly where it lies in both."""
    both = meeting(a, b, {})
    for size in SIZES:
        env = {T: size}
        assert set(span(both, env)) == set(span(a, env)) & set(span(b, env))


def values():
    """Sums, products, powers and maxima of two names."""
    return st.recursive(
        st.one_of(st.sampled_from([T, N]), st.integers(-2, 3).map(Integer)),
        lambda inner: st.one_of(
            st.builds(lambda a, b: a + b, inner, inner),
            st.builds(lambda a, b: a * b, inner, inner),
            st.builds(lambda a, n: a**n, inner, st.integers(0, 3)),
            st.builds(Max, inner, inner),
            st.builds(Min, inner, inner),
        ),
        max_leaves=5,
    )


proper = intervals.filter(lambda i: i[0] <= i[1])


@repeatable
@given(values(), proper, proper)
def test_every_value_lies_in_the_enclosure(expr, a, b):
    """Wherever the names lie in their intervals, the value lies in that of the expression; an end is not infinite."""
    low, high = enclosure(expr, {T: a, N: b}.get)
    for t, n in product(span(a, {}), span(b, {})):
        assert low <= number(expr, {T: t, N: n}) <= high
    assert low.is_finite and high.is_finite


def test_an_enclosure_is_as_narrow_as_the_rules_allow():
    """Factors that are never negative multiply at both ends, a square is not negative, infinite times zero is zero."""
    known = {T: (Integer(1), Integer(2)), N: (Integer(-3), Integer(1))}.get
    assert enclosure(T * T * 2 - N, known) == (1, 11)
    assert enclosure(N**2, known) == (0, 9) and enclosure(-2 * T * N, known) == (-12, 12)
    assert enclosure(1 / T, known) == (0, oo) and enclosure(1 / N, known) == (-oo, oo)
    assert enclosure(T * N, {T: (Integer(0), Integer(0)), N: (-oo, oo)}.get) == (0, 0)


@repeatable
@given(st.lists(intervals.filter(lambda i: i[0] <= i[1]), min_size=1, max_size=3))
def test_hull_is_the_least_interval_around_all(parts):
    """With numbers the hull goes from the least to the greatest value."""
    values = {v for p in parts for v in span(p, {})}
    assert hull(parts, (Integer(-9), Integer(9))) == (min(values), max(values))


@repeatable
@given(st.lists(symbolic, min_size=1, max_size=3))
def test_hull_contains_every_part(parts):
    """With ends in T the hull holds every part whatever T is, or else the whole that was given."""
    around = hull(parts, (Integer(-9), T + 9))
    for size in SIZES:
        assert set(span(around, {T: size})) >= {v for p in parts for v in span(p, {T: size})}


@repeatable
@given(symbolic, symbolic)
def test_certain_claims_hold_for_every_size(a, b):
    """empty, covers and at_least claim only what is so for every T; with numbers they decide."""
    for size in SIZES:
        env = {T: size}
        assert not (empty(a) and span(a, env))
        assert not covers(a, b) or set(span(a, env)) >= set(span(b, env))
        assert at_least(a[0], b[0]) in (None, number(a[0], env) >= number(b[0], env))


@repeatable
@given(intervals, intervals)
def test_numbers_are_decided(a, b):
    """Between numbers nothing is left open."""
    assert empty(a) == (not span(a, {}))
    assert at_least(a[0], b[0]) is bool(a[0] >= b[0])


def test_what_depends_on_the_size_is_not_claimed():
    """2..T has a value unless T is 1."""
    assert not empty((Integer(2), T))
    assert at_least(T, Integer(2)) is None
    assert at_least(T, Integer(1)) is True and at_least(N - 1, N) is False


@repeatable
@given(st.integers(-2, 2), ends, intervals)
def test_preimage_is_what_lands_in_the_interval(a, c, interval):
    """The index values that bring a i + c into the interval; None unless a is +-1."""
    found = preimage(a * i + c, i, interval)
    assert (found is None) == (a not in (1, -1))
    if found:
        lands = {v for v in range(-20, 21) if a * v + c in span(interval, {})}
        assert set(span(found, {})) == lands


@repeatable
@given(st.integers(-2, 2), st.integers(-2, 2), ends, *[intervals.filter(lambda i: i[0] <= i[1])] * 2)
def test_image_is_the_least_and_the_greatest_value(a, b, c, of_i, of_k):
    """The ends of a i + b k + c over a box are reached at its corners."""
    value = a * i + b * k + c
    values = [number(value, {i: v, k: w}) for v, w in product(span(of_i, {}), span(of_k, {}))]
    assert image(value, {i: of_i, k: of_k}) == (min(values), max(values))


# contraction


def agree(own, extent, at, support, position, factors, outer, inner, env):
    """Is the sum over outer and inner of A[at] * factors * delta(position, own) the same after the contraction?

    A vanishes outside of its support. On the right is what derive.chain.derivation.Use makes of the contraction.
    """
    done = contract(own, extent, at, support, position, factors, outer, inner, (i, j, k))
    for place in product(*(span(e, env) for e in extent)):
        here = {**env, **dict(zip(own, place, strict=True))}

        def term(inner_env, place=place):
            hits = all(number(p, inner_env) == j for p, j in zip(position, place, strict=True))
            alive = all(number(a, inner_env) in span(s, env) for a, s in zip(at, support, strict=True))
            return number(Mul(A[at], *factors), inner_env) if hits and alive else 0

        expected = total((*inner, *outer), here, term)
        found = 0
        if done is not None and all(j in span(d, env) for j, d in zip(place, done.domain, strict=True)):
            local = sum_over(Mul(*done.factors), done.inner)
            found = number(sum_over(Mul(A[done.at], local), done.outer), here)
        assert found == expected, f"at {place} with {env}: {done}"


def sized(letter):
    """An index with a small range of numbers, often of size 1."""
    return st.builds(lambda low, more: index(letter, low, low + more), st.integers(-1, 2), st.integers(0, 2))


def bounds(idx):
    """The whole range of an index, as a sum writes it."""
    return idx, idx.lower, idx.upper


@settings(repeatable, max_examples=100)
@given(st.data())
def test_contraction_of_one_delta(data):
    """Sum over i and k of A[i] F[i,k] delta(a i + b k + c, j): shifted, strided, reversed, constant, in any ranges."""
    i, k = data.draw(sized("i")), data.draw(sized("k"))
    own = data.draw(st.sampled_from("ijk").flatmap(sized))
    a, b, c = (data.draw(st.integers(-2, 2)) for _ in "abc")
    support = data.draw(sized("s"))
    agree(
        own=(own,),
        extent=[(own.lower, own.upper)],
        at=(i,),
        support=[(support.lower, support.upper)],
        position=(a * i + b * k + c,),
        factors=(F[i, k], Sum(G[own, i], bounds(own))),
        outer=(bounds(i),),
        inner=(bounds(k),),
        env={},
    )


@settings(repeatable, max_examples=100)
@given(st.data())
def test_contraction_of_two_deltas(data):
    """The same where u has two indices: rows, columns, transposes, diagonals, windows."""
    i, k, m = (data.draw(sized(letter)) for letter in "ikm")
    own = (data.draw(sized("i")), data.draw(sized("j")))
    step = st.integers(-1, 2)
    places = [sum((data.draw(step) * s for s in (i, k, m)), Integer(data.draw(step))) for _ in own]
    agree(
        own=own,
        extent=[(o.lower, o.upper) for o in own],
        at=(i, k),
        support=[(i.lower, i.upper), (k.lower, k.upper)],
        position=tuple(places),
        factors=(F[i, k, m],),
        outer=(bounds(i), bounds(k)),
        inner=(bounds(m),),
        env={},
    )


t, s, u = index("t", 1, T), index("s", 1, T), index("u", 1, T)
p, q, n = index("p", 0, 2), index("q", 1, N), index("n", 1, 2 * T + 2)
WHOLE = (Integer(1), T)


@pytest.mark.parametrize(
    ("own", "extent", "position", "inner"),
    [
        pytest.param((t,), [WHOLE], (t - 1,), (), id="the step before"),
        pytest.param((t,), [WHOLE], (t + 2,), (), id="two steps later"),
        pytest.param((t,), [(Integer(0), T)], (t - 1,), (), id="with a start value"),
        pytest.param((t,), [WHOLE], (T - t + 1,), (), id="reversed"),
        pytest.param((t,), [WHOLE], (T,), (), id="the last one"),
        pytest.param((t,), [WHOLE], (Integer(1),), (), id="the first one"),
        pytest.param((t,), [WHOLE], (Integer(3),), (), id="the third, if there is one"),
        pytest.param((n,), [(Integer(1), 2 * T + 2)], (2 * t + p,), (p,), id="strided window"),
        pytest.param((n,), [(Integer(1), T + 2)], (t + p,), (p,), id="window"),
        pytest.param((n,), [(Integer(3), T + 4)], (t + 2 * p,), (p,), id="dilated window"),
        pytest.param((n,), [(Integer(2), T + N)], (t + q,), (q,), id="window of symbolic width"),
        pytest.param((n,), [WHOLE], (t - q + 1,), (q,), id="causal window of symbolic width"),
        pytest.param((s, u), [WHOLE, WHOLE], (t, t), (), id="diagonal"),
        pytest.param((s, u), [WHOLE, WHOLE], (t, t - 1), (), id="below the diagonal"),
        pytest.param((s, u), [WHOLE, WHOLE], (T, t), (), id="last row"),
        pytest.param((s, q), [WHOLE, (Integer(1), N)], (t, q), (q,), id="matrix times vector"),
    ],
)
@pytest.mark.parametrize("alive", [WHOLE, (Integer(1), T - 1), (T, T)], ids=["all", "all but the last", "the last"])
def test_contraction_with_symbolic_sizes(own, extent, position, inner, alive):
    """One contraction for a general T is right for each T, also where the user's adjoint lives on a part of 1..T."""
    for size, width in product(SIZES, (1, 2, 3)):
        factors = (F[(t, *inner)],)
        limits = tuple(bounds(i) for i in inner)
        agree(own, extent, (t,), [alive], position, factors, (bounds(t),), limits, {T: size, N: width})


def test_contraction_of_a_start_value():
    """h[0] = f(c) uses c once, at the fixed place 0 of h; and a leaf without indices has nothing to contract."""
    for size in SIZES:
        agree((), [], (Integer(0),), [(Integer(0), T)], (), (F[0],), (), (), {T: size})
        agree((), [], (t,), [WHOLE], (), (F[t],), (bounds(t),), (), {T: size})


@pytest.mark.parametrize("limit", [(s, Integer(1), t), (s, t, T), (s, Integer(1), t - 1)], ids=["<=", ">=", "<"])
def test_contraction_where_a_range_depends_on_an_outer_index(limit):
    """Causal sums such as y[t] = Sum(x[s], (s, 1, t)): x[s] is used by every t >= s, and by no other."""
    for size in SIZES:
        agree((u,), [WHOLE], (t,), [WHOLE], (s,), (F[t, s],), (bounds(t),), (limit,), {T: size})


def test_a_number_put_in_is_remembered_as_sympy_knows_it():
    """The int 7 equals Integer(7), so what was remembered for one is given for the other."""
    n = Symbol("a_size_of_its_own", integer=True)
    assert isinstance(substitute(n, {n: 7}), Integer)
    assert isinstance(substitute(n, {n: Integer(7)}), Integer)
