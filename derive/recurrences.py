"""The recursion of an adjoint solved for every t: a power where one factor repeats, a product where it changes in time.

    dL/dh_t = A(t) dL/dh_{t+1}  for t < T,  dL/dh_T = B     gives     dL/dh_t = A(T-1) ... A(t) B

Found in the steps (one term, one adjoint of the same family one step on), solved by writing the product, proved by
induction: `base` and `step` are checked symbolically, and the closed form numerically like any other line.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from sympy import Expr, Idx, Mul, Product, S

from derive.derivation import Derivation, Region, Step
from derive.indices import index, linear, name_of, substitute
from derive.memo import memo
from derive.model import Node
from derive.partials import Partial


@dataclass(frozen=True)
class ClosedForm:
    """`target` is dL/dh_t, `factor` the A(t) of its recursion, `boundary` the B at time `end`, `value` the solution.

    `ahead` is +1 where the recursion refers to t+1, -1 where it refers to t-1.
    """

    target: Partial
    index: Idx
    factor: Expr
    boundary: Expr
    end: Expr
    ahead: int
    value: Expr
    recursion: Step

    def at(self, t: Expr) -> Expr:
        """The solution at a time."""
        return substitute(self.value, {self.index: t})

    def time_of(self, partial: Expr) -> Expr | None:
        """The time at which the partial is this adjoint; None where it is another quantity."""
        node = self.recursion.node
        wrt = partial.args[1]
        if name_of(wrt) != node.name or partial.args[0] != self.target.args[0]:
            return None
        time: Expr = wrt.indices[node.indices.index(self.index)]
        same = substitute(self.target, {self.index: time})
        return time if same == partial else None

    @property
    def region(self) -> Region:
        """All times of the family."""
        ranges = list(self.recursion.region.ranges)
        axis = self.recursion.node.indices.index(self.index)
        low, high = ranges[axis]
        ranges[axis] = (low, self.end) if self.ahead > 0 else (self.end, high)
        return Region(tuple(ranges))

    @property
    def base(self) -> bool:
        """At the boundary the solution is B."""
        return _without_empty(self.at(self.end)) == self.boundary

    @property
    def step(self) -> bool:
        """If it holds one step on, it holds here: A(t) times the solution there is the solution here."""
        there = self.at(self.index + self.ahead)
        return _powers(Mul(self.factor, there)) == _powers(_unrolled(self.value))


def closed_forms(d: Derivation, steps: Sequence[Step]) -> Iterator[ClosedForm]:
    """The solutions of all adjoint recursions that are one product; others have none here."""
    for stage in (s for s in d.stages if s.time):
        for name in stage.families:
            found = [s for s in steps if s.node.name == name]
            if len(found) == 2:
                end, inner = sorted(found, key=lambda s: not s.region.is_point(stage.time[name]))
                solved = _solve(end, inner, stage.time[name], stage.direction)
                if solved is not None and _proved(solved):
                    yield solved


@memo
def _proved(form: ClosedForm) -> bool:
    return form.base and form.step


@memo
def _solve(end: Step, inner: Step, axis: int, ahead: int) -> ClosedForm | None:
    t = inner.node.indices[axis]
    if not end.region.is_point(axis) or inner.region.is_point(axis) or len(inner.lines[-1].terms) != 1:
        return None
    one_on = substitute(inner.target, {t: t + ahead})
    factors = [g for f in inner.lines[-1].terms[0].factors for g in Mul.make_args(f)]
    rest = [f for f in factors if f != one_on]
    if inner.lines[-1].terms[0].sums or len(rest) != len(factors) - 1 or any(f.has(Partial) for f in rest):
        return None
    last, (low, high) = end.region.ranges[axis][0], inner.region.ranges[axis]
    if (last - high if ahead > 0 else low - last) != 1 or any(_is_of(p, inner.node) for p in end.value.atoms(Partial)):
        return None  # the recursion does not begin there
    value = _power(rest, t, last, ahead) * end.value
    return ClosedForm(inner.target, t, Mul(*rest), end.value, last, ahead, value, inner)


def _is_of(partial: Partial, node: Node) -> bool:
    """Is it an adjoint of the family itself?"""
    return type(partial) is Partial and name_of(partial.wrt) == node.name


def _power(factors: Sequence[Expr], t: Idx, last: Expr, ahead: int) -> Expr:
    """The product of the factors from t to the boundary: constants as a power, the others under a product sign."""
    constant = Mul(*(f for f in factors if t not in f.free_symbols))
    moving = Mul(*(f for f in factors if t in f.free_symbols))
    power = constant ** ((last - t) * ahead)
    if moving is S.One:
        return power
    k = index("s" if name_of(t) == "k" else "k", t.lower, t.upper)
    body = substitute(moving, {t: k - ahead})
    return power * Product(body, (k, t + 1, last) if ahead > 0 else (k, last, t - 1))


def _powers(product: Expr) -> dict[Expr, Expr]:
    """Every base of a product with the sum of its exponents."""
    found: dict[Expr, Expr] = {}
    for factor in Mul.make_args(product):
        base, exponent = factor.as_base_exp()
        found[base] = found.get(base, S.Zero) + exponent
    return found


def _without_empty(expr: Expr) -> Expr:
    """Products from T+1 to T are 1."""
    empty = {p: S.One for p in expr.atoms(Product) if (p.limits[0][2] - p.limits[0][1]) == -1}
    return substitute(expr, empty)


def _unrolled(expr: Expr) -> Expr:
    """Every product with its factor nearest to t taken out."""
    by = {}
    for product in expr.atoms(Product):
        ((k, low, high),) = product.limits
        form = linear(low, next(iter(low.free_symbols))) if low.free_symbols else None
        near, limits = (low, (k, low + 1, high)) if form and low.has(Idx) else (high, (k, low, high - 1))
        by[product] = substitute(product.function, {k: near}) * Product(product.function, limits)
    return substitute(expr, by)
