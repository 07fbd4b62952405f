"""The mean of a product of normal elements, exponentials and a function of something linear in them.

    E[e^w g(x)]     = E[e^w] E[g(x + Cov[x, w])]          complete the square in the exponent
    E[(x - E x) h]  = sum_j Cov[x, x_j] E[dh/dx_j]        Stein's identity: integrate by parts
    E[f'(u)]        = d/dm E[f(u)],  m = E[u]             the density of u depends on u - m

With these three a product of any degree is reduced to the mean of one function of one normal quantity.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from sympy import Abs, Add, Dummy, Eq, Expr, Indexed, KroneckerDelta, Mul, Ne, Pow, S, Symbol, diff, exp
from sympy.utilities.iterables import sift

from derive.chain.derivation import Line, Term
from derive.errors import MomentError
from derive.expressions.elementwise import step
from derive.expressions.indices import name_of, substitute
from derive.expressions.moments import Covariance, Expectation, Moment, Variance
from derive.expressions.traverse import quantities
from derive.language import Text
from derive.topics.expectation.degenerate import refuse_degenerate
from derive.topics.expectation.functions import MEAN, WHY
from derive.topics.expectation.laws import Part, same
from derive.topics.expectation.pairs import single

Value = Callable[[Moment], Expr]
Factors = tuple[Expr, ...]
Test = Callable[[Expr], bool]
Parts = tuple[Part, ...]

COMPLETE = Text(
    "{w} is normal; denote it by {t}, with mean {m} and variance {v}. Complete the square: {left} = {right}; the "
    "remaining factor is a normal density, whose integral is 1",
    "{w} 服从正态分布，记作 {t}，设其均值为 {m}、方差为 {v}。配方：{left} = {right}，剩下的因子是正态密度，其积分为 1",
)
SHIFTED = Text(
    "complete the square: the exponential contributes its own expectation and shifts the mean of every {x} by the "
    "covariance of {x} with the exponent",
    "配方：指数因子贡献其自身的期望，并使每个 {x} 的均值平移 {x} 与指数的协方差",
)
STEIN = Text(
    "Stein's identity (integration by parts): {x} - {mean} contributes its covariance with {u} times the derivative "
    "of {average} with respect to the mean of {u}",
    "Stein 恒等式（分部积分）：{x} - {mean} 给出它与 {u} 的协方差，乘以 {average} 对 {u} 的均值的导数",
)
STEIN_EACH = Text(
    "Stein's identity (integration by parts): {x} - {mean} contributes, for each normal quantity in {average}, its "
    "covariance with that quantity times the derivative of {average} with respect to the mean of that quantity",
    "Stein 恒等式（分部积分）：对 {average} 中的每个正态量，{x} - {mean} 给出它与该量的协方差，"
    "乘以 {average} 对该量均值的导数",
)
PAIRS = Text(
    "Isserlis' theorem: sum over all ways to leave some factors alone, with their means, and to pair the others, with "
    "their covariances",
    "Isserlis 定理：对因子的所有分法求和，单独的因子取均值，成对的因子取协方差",
)
APART = Text(
    "independence: the expectation of a product is the product of the expectations", "独立性：乘积的期望等于期望的乘积"
)
ALIKE = Text(
    "independent for {off}; for {on}, the expectation of the product of both",
    "{off} 时相互独立；{on} 时取两者之积的期望",
)
VALUES = Text("substitute these moments", "代入以上各矩")
T, M, V = Symbol("t", real=True), Symbol("m", real=True), Symbol("v", positive=True)
SQUARE = {
    "t": T,
    "m": M,
    "v": V,
    "left": T - (T - M) ** 2 / (2 * V),
    "right": Add(M + V / 2, -((T - M - V) ** 2) / (2 * V)),
}


def is_element(factor: Expr) -> bool:
    """True for a random quantity itself, false for a function or a linear form of several."""
    return isinstance(factor, (Symbol, Indexed))


class Gaussian:
    """Takes means of products with functions in them; `ask` derives a moment of something linear."""

    def __init__(self, ask: Value, is_random: Test, is_linear: Test, is_positive: Test):
        self.ask, self.is_random, self.is_linear, self.is_positive = ask, is_random, is_linear, is_positive

    def parts(self, factors: Sequence[Expr], see: Value | None = None) -> Parts:
        """Return the addends of the mean; `see` is what stands for a moment. Errors: MomentError."""
        return self._over_groups(self.groups(factors), lambda group: self._one(group, see or self.ask))

    def _over_groups(self, groups: list[Factors], take: Callable[[Factors], Parts]) -> Parts:
        """Return the mean of independent groups of factors, each taken by itself."""
        if len(groups) == 1:
            return take(groups[0])
        found: Parts = (Part((), S.One),)
        for alike in self._families(groups):
            found = tuple(a.times(b) for a in found for b in self._alike(alike, take))
        return found

    def groups(self, factors: Sequence[Expr]) -> list[Factors]:
        """Return the factors in groups: all of them together, or by the single element that each depends on."""
        for f in factors:
            if not is_element(f) and not self.is_linear(_inner(f)):
                raise MomentError(
                    f"the expectation of {f} is not known: {_inner(f)} is not linear in normal quantities"
                )
        if _functions(factors) < 2:
            return [_once(tuple(factors))]
        by: dict[Expr, list[Expr]] = {}
        for f in factors:
            own = self._support(f)
            if len(own) != 1:
                raise _joint(factors)
            by.setdefault(own[0], []).append(f)
        for group in by.values():
            if _functions(group) > 1:
                raise _joint(group)
        return [_once(tuple(group)) for group in by.values()]

    def _support(self, factor: Expr) -> list[Expr]:
        return [q for q in dict.fromkeys(quantities(factor)) if self.is_random(q)]

    def _families(self, groups: list[Factors]) -> list[list[Factors]]:
        by: dict[str, list[Factors]] = {}
        for group in groups:
            by.setdefault(name_of(self._support(group[0])[0]), []).append(group)
        return list(by.values())

    def _alike(self, groups: list[Factors], take: Callable[[Factors], Parts]) -> Parts:
        """Return the mean of functions of one element, or of two of one family: equal, or independent of each other."""
        if len(groups) == 1:
            return take(groups[0])
        one, other = (self._support(g[0])[0] for g in groups[:2])
        covariance = self.ask(Covariance(one, other))
        if len(groups) > 2 or (covariance != 0 and not covariance.has(KroneckerDelta)):
            raise _joint([f for g in groups for f in g])
        apart = tuple(a.times(b) for a in take(groups[0]) for b in take(groups[1]))
        deltas = tuple(d for d in same((one, other)) if d != 1)
        if S.Zero in deltas:
            return apart
        moved = tuple(_moved(f, other, one) for f in groups[1])
        both = (n * Add(*(p.expr for p in take(self._group(f)))) if f else n for n, f in self._single(groups[0], moved))
        twice = (a.times(b) for a in take(groups[0]) for b in take(moved))
        spread = Add(*both) - Add(*(p.expr for p in twice))
        return (*apart, Part(deltas, spread))

    def _single(self, one: Factors, other: Factors) -> list[tuple[Expr, Factors]]:
        """Return the product of functions of the same element as a sum of single functions."""
        return single((*one, *other), self.is_random, {})

    def _group(self, factors: Factors) -> Factors:
        (found,) = self.groups(factors)
        return found

    def _one(self, factors: Sequence[Expr], see: Value) -> Parts:
        """Return the mean of elements, exponentials and at most one function: the three identities above."""
        powers, rest = sift(factors, lambda f: isinstance(f, exp), binary=True)
        functions, elements = sift(rest, lambda f: type(f) in MEAN, binary=True)
        w = Add(*(p.args[0] for p in powers))
        function = functions[0] if functions else None
        u = function.args[0] if function is not None else None
        if isinstance(function, step):
            refuse_degenerate(function.args[0], self._support(function), self.is_random)
        lift = exp(see(Expectation(w)) + see(Variance(w)) / 2) if powers else S.One
        m, v = Dummy("m", real=True), Dummy("v", positive=True)

        def mean(e: Expr) -> Expr:
            moved = self._covariance(e, w, see) if powers else S.Zero
            return self._seen(Expectation(e), see) + moved

        def slope(order: int) -> Expr:
            if function is None or u is None:
                return S.One
            found = diff(MEAN[type(function)](m, v), m, order) if order else MEAN[type(function)](m, v)
            return found.subs({m: mean(u), v: see(Variance(u))})

        def stein(left: tuple[Expr, ...], order: int) -> Parts:
            if not left:
                return (Part((), lift * slope(order)),)
            first, *others = left
            found = _times(mean(first), stein(tuple(others), order))
            for other in dict.fromkeys(others):
                without = list(others)
                without.remove(other)
                found += _times(others.count(other) * self._covariance(first, other, see), stein(tuple(without), order))
            if u is not None:
                found += _times(self._covariance(first, u, see), stein(tuple(others), order + 1))
            return _merged(found)

        found = stein(tuple(elements), 0)
        return found if u is None else _merged(tuple(p._replace(value=self._rooted(p.value)) for p in found))

    def _rooted(self, value: Expr) -> Expr:
        """Write the root of sigma^2 as sigma where that is positive, and sigma^2/|sigma| as |sigma|."""
        for size in value.atoms(Abs):
            x, s = size.args[0], Dummy("s", positive=True)
            powers = {p: s**p.exp for p in value.atoms(Pow) if p.base == x and p.exp.is_even}
            value = value.xreplace({**powers, size: s}).xreplace({s: x if self.is_positive(x) else size})
        return value

    def _covariance(self, one: Expr, other: Expr, see: Value) -> Expr:
        return self._seen(Variance(one) if one == other else Covariance(one, other), see)

    def _seen(self, symbol: Moment, see: Value) -> Expr:
        """Return what stands for a moment; 0 where that is its value."""
        return S.Zero if self.ask(symbol) == 0 else see(symbol)

    def pieces(self, factors: Sequence[Expr]) -> Iterator[Factors]:
        """Yield what has a mean of its own on the way: the groups, in each its exponentials and its function."""
        groups = self.groups(factors)
        if len(groups) > 1:
            for alike in self._families(groups):
                for group in alike:
                    yield from self.pieces(group)
                if len(alike) > 1:
                    one, other = (self._support(g[0])[0] for g in alike)
                    for _, both in self._single(alike[0], tuple(_moved(f, other, one) for f in alike[1])):
                        yield from self.pieces(both)
            yield tuple(factors)
            return
        (whole,) = groups
        for alone in (tuple(f for f in whole if isinstance(f, exp)), tuple(f for f in whole if type(f) in MEAN)):
            if alone and len(alone) < len(whole):
                yield alone
        yield whole

    def lines(self, factors: Sequence[Expr]) -> Iterator[Line]:
        """Yield the mean written with moments, and with their values."""
        groups = self.groups(factors)
        if len(groups) > 1:
            formal = self._over_groups(groups, lambda group: (Part((), Expectation(Mul(*group))),))
        else:
            formal = self.parts(factors, lambda symbol: symbol)
        stated, value = _terms(formal), _terms(self.parts(factors))
        yield Line(stated, self._why(factors))
        if value != stated:
            yield Line(value, VALUES)

    def used(self, factors: Sequence[Expr]) -> tuple[Moment, ...]:
        """Return the moments of elements and linear forms that the mean is made of."""
        seen: dict[Moment, None] = {}

        def see(symbol: Moment) -> Expr:
            seen[symbol] = None
            return self.ask(symbol)

        self.parts(factors, see)
        return tuple(seen)

    def _why(self, factors: Sequence[Expr]) -> Text:
        groups = self.groups(factors)
        if len(groups) > 1:
            return _of_groups([self._support(g[0])[0] for g in groups])
        functions = list(dict.fromkeys(f for f in factors if type(f) in MEAN))
        powers = [f for f in factors if isinstance(f, exp)]
        others = [f for f in factors if f not in functions and f not in powers]
        if powers and not functions and not others:
            return COMPLETE(w=Add(*(p.args[0] for p in powers)), **SQUARE)
        if powers:
            return SHIFTED(x=(others or [functions[0].args[0]])[0])
        if functions and others:
            return self._stein(others[0], (*others[1:], *functions))
        return WHY[type(functions[0])] if functions else PAIRS

    def _stein(self, x: Expr, rest: Factors) -> Text:
        """Say how the mean of x times the rest follows: by the argument of a function alone, or by what is in it."""
        said = {"x": x, "mean": Expectation(x), "average": Expectation(Mul(*rest))}
        if len(rest) == 1:
            return STEIN(u=rest[0].args[0], **said)
        inside = self._support(Mul(*rest))
        return STEIN(u=inside[0], **said) if len(inside) == 1 else STEIN_EACH(**said)


def _of_groups(elements: list[Expr]) -> Text:
    names = [name_of(e) for e in elements]
    if len(set(names)) == len(names):
        return APART
    a, b = next((a, b) for n, a in enumerate(elements) for b in elements[n + 1 :] if name_of(a) == name_of(b))
    i, j = next((i, j) for i, j in zip(a.indices, b.indices, strict=True) if i != j)
    return ALIKE(off=Ne(i, j, evaluate=False), on=Eq(i, j, evaluate=False))


def _terms(parts: Parts) -> tuple[Term, ...]:
    return tuple(Term((p.expr,)) for p in parts if p.expr != 0) or (Term((S.Zero,)),)


def _functions(factors: Sequence[Expr]) -> int:
    """Count the functions, but a step only once: it is its own square."""
    return len([f for f in _once(tuple(factors)) if type(f) in MEAN])


def _once(factors: tuple[Expr, ...]) -> tuple[Expr, ...]:
    """Leave out a step that stands twice: it is its own square."""
    return tuple(f for n, f in enumerate(factors) if not (isinstance(f, step) and f in factors[:n]))


def _moved(factor: Expr, element: Expr, to: Expr) -> Expr:
    pairs = zip(element.indices, to.indices, strict=True)
    return substitute(factor, {a: b for a, b in pairs if a != b})


def _inner(factor: Expr) -> Expr:
    """Return the argument of a function, and a linear form itself."""
    return factor.args[0] if isinstance(factor, exp) or type(factor) in MEAN else factor


def _times(factor: Expr, parts: Parts) -> Parts:
    """Multiply addends; a delta that multiplies the factor becomes one of the deltas."""
    if factor == 0:
        return ()
    deltas, rest = sift(Mul.make_args(factor), lambda f: isinstance(f, KroneckerDelta), binary=True)
    return tuple(Part(tuple(deltas), Mul(*rest)).times(p) for p in parts)


def _merged(parts: Parts) -> Parts:
    """Add up addends with the same deltas and the same value but for a number."""
    by: dict[tuple[tuple[Expr, ...], Expr], Expr] = {}
    for part in parts:
        number, value = part.value.as_coeff_Mul()
        key = tuple(sorted(part.deltas, key=str)), value
        by[key] = by.get(key, S.Zero) + number
    return tuple(Part(deltas, number * value) for (deltas, value), number in by.items()) or (Part((), S.Zero),)


def _joint(factors: Sequence[Expr]) -> MomentError:
    shown = "*".join(f"({f})" if f.is_Add else str(f) for f in dict.fromkeys(factors))
    return MomentError(
        f"E[{shown}] is not known: of dependent normal quantities one function can be averaged, and products only of "
        f"sines and cosines, and of steps whose order is known"
    )
