"""What an argument uses of its random quantities: the mean of every product that occurs, with its reason."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import NamedTuple, Protocol

from sympy import Eq, Expr, Idx, Integer, Mul, Ne, S, factorial2

from derive.chain.derivation import Line, Term
from derive.chain.rules.insert import at
from derive.expressions.indices import index, name_of, substitute
from derive.expressions.moments import Covariance, Expectation, Moment, Variance
from derive.expressions.traverse import free_indices
from derive.language import Text
from derive.model.model import Node
from derive.topics.expectation.gaussian import PAIRS, VALUES
from derive.topics.expectation.laws import Elements, Part, is_power, moment
from derive.topics.expectation.polynomial import Product
from derive.topics.expectation.stages import Stages

DECLARED = Text("given", "题设")
SO = Text("substitute the given moments", "代入题设的矩")
INDEPENDENT = Text(
    "independence: the expectation of a product is the product of the expectations", "独立性：乘积的期望等于期望的乘积"
)
ON_AND_OFF = Text(
    "independent for {off}; for {on} the product is a square, whose expectation is {square}",
    "{off} 时相互独立；{on} 时为平方，其期望是 {square}",
)
OF_THE_SQUARE = Text("the definition of the variance, solved for {square}", "由方差的定义解出 {square}")
COINCIDE = Text(
    "independence; one term for each way in which some elements can coincide", "独立性；元素重合的每种情形各对应一项"
)
VARIANCE = Text("the definition of the variance", "方差的定义")
OF_THE_PRODUCT = Text("the definition of the covariance, solved for {product}", "由协方差的定义解出 {product}")
ODD = Text("an odd power of a quantity that is symmetric about 0", "关于 0 对称的量的奇数次幂")
PAIRINGS = Text(
    "Isserlis' theorem: the sum over the {count} ways to pair {n} factors of mean 0, each pair with its covariance",
    "Isserlis 定理：把 {n} 个零均值因子两两配对，共 {count} 种，每对取其协方差",
)
SAME_SQUARE = Text("{x} is 0 or 1, so its powers equal {x} itself", "{x} 取 0 或 1，因此 {x} 的各次幂等于自身")


class Premise(NamedTuple):
    """A moment and the lines that lead to its value."""

    symbol: Expr
    lines: tuple[Line, ...]


class Argued(Protocol):
    """A moment that has been derived, with what it uses."""

    @property
    def premises(self) -> tuple[Premise, ...]:
        """The moments that it uses."""

    @property
    def lines(self) -> tuple[Line, ...]:
        """The lines that lead to its value."""


def premises(products: tuple[Elements, ...], stages: Stages, asked: Callable[[Moment], Argued]) -> tuple[Premise, ...]:
    """Return the moments of all products, each once: means first, then the variances of what is 0 or 1."""
    split = [stages.apart(p) for p in products]
    found = _of_elements(tuple(plain for plain, _ in split if plain), stages.laws)
    for plain, normal in split:
        if not normal:
            continue
        for symbol in stages.gaussian.used(normal):
            argued = asked(symbol)
            for premise in (*argued.premises, Premise(symbol, argued.lines)):
                found.setdefault(premise.symbol, premise.lines)
        for factors in stages.gaussian.pieces(normal):
            found.setdefault(Expectation(Mul(*factors)), tuple(stages.gaussian.lines(factors)))
        if plain:
            terms = _value(stages.moment(Product(S.One, (*plain, *normal))))
            apart = Line((Term((Expectation(Mul(*plain)), Expectation(Mul(*normal)))),), INDEPENDENT)
            found.setdefault(Expectation(Mul(*plain, *normal)), (apart, Line(terms, VALUES)))
    shown = {_lettered(symbol): symbol for symbol in reversed(found)}  # E[m_j] and E[m_k] need not both be shown
    return tuple(Premise(symbol, lines) for symbol, lines in found.items() if shown[_lettered(symbol)] == symbol)


def _lettered(symbol: Expr) -> Expr:
    """Write a moment with one free index in a letter of ours, the same for every letter over one range."""
    free = free_indices(symbol)
    return substitute(symbol, {i: index("i", i.lower, i.upper) for i in free}) if len(free) == 1 else symbol


def _of_elements(products: tuple[Elements, ...], laws: Mapping[str, Node]) -> dict[Expr, tuple[Line, ...]]:
    singles = {_generic(e): e for elements in reversed(products) for e in reversed(elements)}.values()
    found: dict[Expr, tuple[Line, ...]] = {
        Expectation(e): tuple(_declared(moment((e,), laws)[0].value)) for e in singles
    }
    for elements in (p for p in products if not is_power(p, laws)):
        for e in (e for e in elements if elements.count(e) > 1 or _coincide(e, elements)):
            law = laws[name_of(e)].law
            if law is not None and law.binary:
                found.setdefault(Variance(e), tuple(_of_zero_or_one(e, laws)))
    for elements in (p for p in products if len(p) > 1):
        found.setdefault(Expectation(Mul(*elements)), tuple(_of_product(elements, laws)))
    return found


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
    if is_power(elements, laws):
        yield Line((Term((Expectation(elements[0]),)),), SAME_SQUARE(x=elements[0]))
        yield Line(_value(parts), SO)
    elif all(_is_normal(e, laws) for e in elements) and len({name_of(e) for e in elements}) == 1:
        yield from _of_normal(elements, parts, laws)
    elif len(elements) == 2 or len(parts) == 1:
        yield Line(tuple(Term((p,)) for p in _formal(elements, parts)), _why(elements, parts))
        yield Line(_value(parts), SO)
    else:
        yield Line(_value(parts), COINCIDE)


def _is_normal(element: Expr, laws: Mapping[str, Node]) -> bool:
    law = laws[name_of(element)].law
    return law is not None and law.normal


def _of_normal(elements: Elements, parts: tuple[Part, ...], laws: Mapping[str, Node]) -> Iterator[Line]:
    """Derive E[x_i x_j] = E[x_i] E[x_j] + Cov[x_i, x_j], and of more factors Isserlis' sum over pairings."""
    if len(elements) == 2:
        a, b = elements
        of_pair = Variance(a) if a == b else Covariance(a, b)
        why = OF_THE_SQUARE(square=Expectation(a**2)) if a == b else OF_THE_PRODUCT(product=Expectation(a * b))
        yield Line((Term((Expectation(a) * Expectation(b),)), Term((of_pair,))), why)
        yield Line(_value(parts), SO)
        return
    mean = laws[name_of(elements[0])].law.mean  # type: ignore[union-attr]
    if mean != 0:
        yield Line(_value(parts), PAIRS)
    elif len(elements) % 2:
        yield Line(_value(parts), ODD)
    else:
        count = Integer(factorial2(len(elements) - 1))
        yield Line(_value(parts), PAIRINGS(count=count, n=Integer(len(elements))))


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
