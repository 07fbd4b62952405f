"""What an argument uses of its random quantities: the mean of every product that occurs, with its reason."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from sympy import Eq, Expr, Idx, Mul, Ne

from derive.chain.derivation import Line, Term
from derive.chain.rules.insert import at
from derive.expressions.indices import name_of
from derive.expressions.moments import Expectation, Variance
from derive.language import Text
from derive.model.model import Node
from derive.topics.expectation.laws import Elements, Part, moment

DECLARED = Text("declared", "题设")
SO = Text("the declared moments", "代入题设的矩")
INDEPENDENT = Text(
    "independent: the mean of a product is the product of the means", "相互独立：乘积的期望等于期望的乘积"
)
ON_AND_OFF = Text(
    "independent where {off}; where {on} a square, whose mean is {square}",
    "{off} 时相互独立；{on} 时为平方，其期望是 {square}",
)
OF_THE_SQUARE = Text("the definition of the variance, solved for {square}", "由方差的定义解出 {square}")
COINCIDE = Text(
    "independent; one term for every way in which elements can be the same", "相互独立；对元素相同的每种情形各有一项"
)
VARIANCE = Text("the definition of the variance", "方差的定义")
SAME_SQUARE = Text("{x} is 0 or 1, so {x} is its own square", "{x} 取 0 或 1，因此 {x} 的平方等于自身")


class Premise(NamedTuple):
    """A moment and the lines that lead to its value."""

    symbol: Expr
    lines: tuple[Line, ...]


def premises(products: tuple[Elements, ...], laws: Mapping[str, Node]) -> tuple[Premise, ...]:
    """Return the moments of all products, each once: means first, then the variances of what is 0 or 1."""
    singles = {_generic(e): e for elements in reversed(products) for e in reversed(elements)}.values()
    found = {Expectation(e): tuple(_declared(moment((e,), laws)[0].value)) for e in singles}
    for elements in products:
        for e in (e for e in elements if elements.count(e) > 1 or _coincide(e, elements)):
            law = laws[name_of(e)].law
            if law is not None and law.binary:
                found.setdefault(Variance(e), tuple(_of_zero_or_one(e, laws)))
    for elements in (p for p in products if len(p) > 1):
        found.setdefault(Expectation(Mul(*elements)), tuple(_of_product(elements, laws)))
    return tuple(Premise(symbol, lines) for symbol, lines in found.items())


def _generic(element: Expr) -> tuple[str, tuple[object, ...]]:
    """Return a key that is the same for all indices over one range: E[m_j] and E[m_k] need not both be shown."""
    places = getattr(element, "indices", ())
    return name_of(element), tuple((i.lower, i.upper) if isinstance(i, Idx) else i for i in places)


def _coincide(element: Expr, elements: Elements) -> bool:
    """True if another element of the product can be equal to this one, and this is the first of its family."""
    family = [e for e in elements if name_of(e) == name_of(element)]
    return len(family) > 1 and family[0] == element


def _declared(value: Expr) -> Iterator[Line]:
    yield Line((Term((value,)),), DECLARED)


def _of_zero_or_one(e: Expr, laws: Mapping[str, Node]) -> Iterator[Line]:
    """Derive Var[m] = E[m^2] - E[m]^2 = E[m] - E[m]^2 = q (1 - q)."""
    mean = Expectation(e)
    yield Line((Term((Expectation(e**2),)), Term((-(mean**2),))), VARIANCE)
    yield Line((Term((mean,)), Term((-(mean**2),))), SAME_SQUARE(x=e))
    law = laws[name_of(e)].law
    assert law is not None and law.mean is not None
    q = at(laws[name_of(e)], law.mean, e)
    yield Line((Term((q * (1 - q),)),), SO)


def _of_product(elements: Elements, laws: Mapping[str, Node]) -> Iterator[Line]:
    parts = moment(elements, laws)
    if len(elements) == 2 or len(parts) == 1:
        yield Line(tuple(Term((p,)) for p in _formal(elements, parts)), _why(elements, parts))
        yield Line(_value(parts), SO)
    else:
        yield Line(_value(parts), COINCIDE)


def _value(parts: tuple[Part, ...]) -> tuple[Term, ...]:
    return tuple(Term((p.expr,)) for p in parts if p.expr != 0) or (Term((parts[0].expr,)),)


def _formal(elements: Elements, parts: tuple[Part, ...]) -> Iterator[Expr]:
    """Yield the parts with symbols for the moments: the means, and the variance where two elements are one."""
    yield Mul(*(Expectation(e) for e in elements))
    for part in parts[1:]:
        yield Mul(*part.deltas, Variance(elements[0]))


def _why(elements: Elements, parts: tuple[Part, ...]) -> Text:
    if len(parts) == 1:
        return INDEPENDENT
    a, b = elements
    if a == b:
        return OF_THE_SQUARE(square=Expectation(a**2))
    i, j = next((i, j) for i, j in zip(a.indices, b.indices, strict=True) if i != j)
    return ON_AND_OFF(
        off=Ne(i, j, evaluate=False), on=Eq(i, j, evaluate=False), square=Variance(a) + Expectation(a) ** 2
    )
