"""For which sizes a model exists: `p[2]` needs n >= 2, a family over 1..H - R + 1 needs H >= R, 1/(N - 1) needs N >= 2.

A need is a whole number made of sizes that must not be negative. Those of a model are declared (`least=2`) or deduced:
every family has an element, every position lies inside its family, what is made of sizes alone and stands below a
fraction line or in a logarithm is positive, and under a root not negative. X^T X is singular where X has fewer rows
than columns.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from itertools import islice, permutations
from typing import NamedTuple

from sympy import Add, Expr, Ge, Indexed, Integer, Max, Min, Pow, Sum, Symbol, fraction, log, together

from derive.errors import ModelError
from derive.expressions.indices import name_of, substitute, through
from derive.expressions.intervals import at_least, image
from derive.expressions.matrix_functions import OfMatrix
from derive.expressions.symbols import Size
from derive.expressions.traverse import free_indices
from derive.memo import memo
from derive.model.model import Model, Node
from derive.model.positions import gaps, own_ranges, walked
from derive.model.structure import bottlenecks

Sizes = Mapping[Symbol, int]
FAR = 1000  # a size at which an expression has the sign that it has for large ones
LARGE = 10_000_000  # the first of sizes that are far apart
ORDERS = 720  # of sizes that are tried
STEPS = 1000  # by which sizes are changed at most, until they fit


class Need(NamedTuple):
    """What must not be negative, and the part of the model that needs it."""

    gap: Expr
    cause: Expr

    @property
    def relation(self) -> Ge:
        """The need as a reader writes it: N >= 2, H >= R."""
        terms = Add.make_args(self.gap)
        left = [t for t in terms if t.free_symbols and not t.could_extract_minus_sign()]
        return Ge(Add(*left), Add(*left) - self.gap, evaluate=False)

    def holds(self, sizes: Sizes) -> bool:
        """True for these sizes; a size without a number decides nothing."""
        return not self.value(sizes).is_negative

    def value(self, sizes: Sizes) -> Expr:
        """The gap in numbers."""
        return substitute(self.gap, {s: Integer(n) for s, n in sizes.items()})


@memo
def needs(model: Model) -> tuple[Need, ...]:
    """What the sizes of a model must satisfy besides being at least 1, each once; none that follows from another."""
    found = {size - size.least: Need(size - size.least, size) for size in model.sizes if isinstance(size, Size)}
    forms = [m for m in (model, model.stated) if m is not None]  # a value may have lost what its definition divides by
    for need in (part for m in forms for node in m.nodes.values() for n in _of_node(m, node) for part in _each(n)):
        if set(model.sizes) >= need.gap.free_symbols and not at_least(need.gap, Integer(0)):
            found.setdefault(need.gap, need)
    return tuple(n for n in found.values() if not any(_weaker(n.gap, m.gap) for m in found.values()))


def _each(need: Need) -> Iterator[Need]:
    """The needs that one is made of: min(2, n) >= 2 is n >= 2, for each of both is at least 2."""
    terms = Add.make_args(need.gap)
    least = next((t for t in terms if isinstance(t, Min) or isinstance(-t, Max)), None)
    if least is None:
        yield need
        return
    choices = least.args if isinstance(least, Min) else [-a for a in (-least).args]
    for choice in choices:
        yield from _each(need._replace(gap=need.gap - least + choice))


@memo
def deduced(model: Model) -> tuple[tuple[Symbol, Size], ...]:
    """The sizes whose least number follows from the model, each with one that is declared so: n >= 2 for p[2]."""
    gaps = {s: -(need.gap - s) for need in needs(model) for s in need.gap.free_symbols}
    least = {s: int(n) for s, n in gaps.items() if n.is_Integer and n > getattr(s, "least", 1)}
    return tuple((s, Size(s.name, n)) for s, n in least.items())


def _weaker(gap: Expr, other: Expr) -> bool:
    """True if a gap is the other and a positive number."""
    more = gap - other
    return bool(more.is_Integer and more > 0)


def _of_node(model: Model, node: Node) -> Iterator[Need]:
    yield from (Need(i.upper - i.lower, node.generic) for i in node.indices)
    for function in (c.expr for c in node.cases if isinstance(c.expr, OfMatrix)):
        matrix = model.nodes[function.matrix.name]
        yield from (Need(rank - Min(*function.shape), function) for rank in bottlenecks(matrix))
    for part, around in (w for c in node.cases for w in walked(c.expr, own_ranges(c.expr))):
        read = model.nodes.get(name_of(part)) if isinstance(part, Indexed) else None
        if read is not None:
            yield from (Need(gap.value, part) for gap in gaps(part, around, read))
        elif isinstance(part, log) and _rational(part.args[0]):
            yield Need(_whole(part.args[0]) - 1, part)
        elif isinstance(part, Pow) and not _natural(part.exp):
            yield from _of_power(part) if _made_of_sizes(part.base) else _of_deviations(part)


def _of_power(power: Pow) -> Iterator[Need]:
    """The base is not negative under a root, and not 0 below a fraction line: positive, as it is for large sizes."""
    if isinstance(power.base, log):
        yield Need(_whole(power.base.args[0]) - 2, power)  # log 1 is 0
        return
    base = _whole(power.base)
    far = substitute(base, {s: Integer(FAR) for s in base.free_symbols})
    if power.exp.is_integer and far.is_negative:
        base = -base
    yield Need(base - 1 if power.exp.is_negative else base, power)


def _of_deviations(power: Pow) -> Iterator[Need]:
    """What is 0 for one value is no denominator, and has no root with a slope: a variance, of one value, is 0."""
    for size in {end for total in power.base.atoms(Sum) for _, _, end in total.limits if isinstance(end, Symbol)}:
        if _of_one(power.base, size) == 0:
            yield Need(size - 2, power)


def _of_one(expr: Expr, size: Symbol) -> Expr:
    """An expression where a size is 1: every sum over it has one term."""
    if isinstance(expr, Sum) and len(expr.limits) == 1 and expr.limits[0][1:] == (1, size):
        return substitute(_of_one(expr.function, size), {expr.limits[0][0]: Integer(1)})
    return substitute(through(expr, lambda part: _of_one(part, size)), {size: Integer(1)}) if expr.args else expr


def _natural(exponent: Expr) -> bool:
    """True for an exponent by which everything can be raised."""
    return bool(exponent.is_integer and exponent.is_nonnegative)


def _made_of_sizes(base: Expr) -> bool:
    """True for a rational number made of sizes, and for the logarithm of one."""
    return _rational(base.args[0] if isinstance(base, log) else base)


def _rational(expr: Expr) -> bool:
    """True if an expression is a rational number for all sizes, and not the same for all."""
    free = expr.free_symbols
    return (
        bool(free)
        and all(isinstance(s, Symbol) and s.is_positive and s.is_integer for s in free)
        and (expr.is_rational is True)
    )


def _whole(expr: Expr) -> Expr:
    """A whole number with the sign of an expression in sizes: 2 - N for 1/2 - N/4."""
    above, below = fraction(together(expr))
    return above if below.is_positive else expr


# numbers for sizes
def require(model: Model, sizes: Sizes) -> None:
    """Errors: ModelError where the model does not exist for these sizes."""
    for need in needs(model):
        if not need.holds(sizes):
            told = ", ".join(f"{s} = {sizes[s]}" for s in model.sizes if s in need.gap.free_symbols & sizes.keys())
            relation = f"{need.relation.lhs} >= {need.relation.rhs}"
            raise ModelError(f"{model.title} does not exist for {told}: {need.cause} needs {relation}")


def fitting(model: Model, sizes: Sizes, given: Sizes) -> dict[Symbol, int]:
    """The sizes that were chosen, but those given, changed by as little as lets the model exist.

    Errors: ModelError where it does not exist for those given.
    """
    found = {**sizes, **given}
    for _ in range(STEPS):
        need = next((n for n in needs(model) if not n.holds(found)), None)
        if need is None:
            return found
        tries = [{**found, s: found[s] + by} for by in (1, -1) for s in model.sizes if s not in given]
        better = (t for t in tries if min(t.values()) > 0 and (need.value(t) - need.value(found)).is_positive)
        found = next(better, {})
        if not found:
            break
    require(model, given)
    told = ", ".join(f"{s} = {n}" for s, n in given.items())
    raise ModelError(f"{model.title}: no sizes let it exist" + (f" with {told}" if told else ""))


@memo
def _wishes(model: Model) -> tuple[Need, ...]:
    """That what stands in a sum or in a branch is read somewhere, which a model can do without."""
    found = {}
    for part, around in (w for n in model.nodes.values() for c in n.cases for w in walked(c.expr, own_ranges(c.expr))):
        for idx in free_indices(part) if isinstance(part, Indexed) else ():
            low, high = around[idx]
            most = image(high - low, around)[1]
            if most.free_symbols and set(model.sizes) >= most.free_symbols:
                found[most] = Need(most, part)
    return tuple(found.values())


def far(model: Model, given: Sizes, first: int = LARGE) -> dict[Symbol, int]:
    """Numbers for all sizes of which those not given are far apart, so that no size equals a multiple of another.

    In the order of declaration each is e times larger than the one before, the first `first`; where the model does not
    exist for these, another order is taken, or a larger factor. Errors: ModelError where it never exists.
    """
    missing = [s for s in model.sizes if s not in given]
    for wanted in ((*needs(model), *_wishes(model)), needs(model)):
        for power in (1, 2, 4):
            for order in islice(permutations(missing), ORDERS):
                found = {**given, **{s: int(first * math.e ** (n * power)) for n, s in enumerate(order)}}
                if all(need.holds(found) for need in wanted):
                    return found
    return fitting(model, dict.fromkeys(missing, 4), given)
