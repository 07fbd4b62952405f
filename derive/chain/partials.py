"""Local partials: the differential of one expression with respect to one family.

`occurrences(expr, u)` lists every place where the expression uses u as

    d expr  =  sum over occurrences:  sum over `sums`:  product of `factors`  *  d u[position]

by the ordinary rules (sum, product, power, chain, the table of functions); a Sum hands its index on. This is all the
differentiation there is: that d u[a] / d u[b] is the Kronecker delta is applied in `derive.chain.rule`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import NamedTuple, TypeVar

from sympy import Add, And, Eq, Expr, Idx, Indexed, IndexedBase, Mul, Piecewise, Pow, Product, S, Sum, Symbol, log

from derive.expressions.elementwise import equal
from derive.expressions.extremes import Extreme
from derive.expressions.functions import BY_NAME, EXTREMA, arguments, row_of, row_or_extremum, unknown
from derive.expressions.indices import Limits, bound, bound_indices, fresh, limits, name_of, substitute, sum_over
from derive.expressions.matrix_functions import OfMatrix, differential
from derive.expressions.symbols import Given, Immediate, Partial
from derive.expressions.traverse import mentioned
from derive.language import Text, distinct
from derive.memo import memo
from derive.model.model import Node

U = TypeVar("U")


class Occurrence(NamedTuple):
    """One place where u is used: its index values, the factors that its differential is multiplied by, and why.

    `parts` are the same factors as each rule gives them, outermost first; `nested` are the arguments of the functions
    on the way to u, outermost first; `behind` counts the parts behind the slope of the first of them, and `within`
    those behind the slope of the last.
    """

    position: tuple[Expr, ...]
    factors: tuple[Expr, ...] = ()
    sums: tuple[Limits, ...] = ()
    rules: tuple[Text, ...] = ()
    parts: tuple[Expr, ...] = ()
    nested: tuple[Expr, ...] = ()
    behind: int = 0
    within: int = 0

    @property
    def composite(self) -> bool:
        """Does u stand in a function of more than u alone?"""
        return len(self.nested) > 1 or any(not isinstance(a, (Symbol, Indexed)) for a in self.nested)

    def times(self, *factors: Expr, rule: Text | None = None) -> Occurrence:
        """The same place seen from one level further out."""
        kept = tuple(f for f in factors if f is not S.One)
        parts = (Mul(*kept), *self.parts) if kept else self.parts
        return self._replace(factors=kept + self.factors, rules=((rule,) if rule else ()) + self.rules, parts=parts)

    def inside(self, argument: Expr, slope: Expr, rule: Text) -> Occurrence:
        """The same place seen from a function with this slope, of an argument that holds the place."""
        nested, behind = (argument, *self.nested), len(self.parts)
        within = self.within if self.nested else behind
        return self.times(slope, rule=rule)._replace(nested=nested, behind=behind, within=within)


LINEAR = Text("linear: the derivative is the coefficient", "线性：导数等于系数")
SUMMAND = Text("derivative of an added term: 1", "对加数求导得 1")
PRODUCT = Text("product rule: the other factors are kept", "乘法法则：其余因子保留")
POWER = BY_NAME["power"].rule
QUOTIENT = Text("derivative of a reciprocal: minus one over the square", "倒数的求导法则")
QUOTIENT_RULE = Text("quotient rule", "商的求导法则")
SUM = Text("only the terms with this variable remain", "求和中只保留含有该变量的项")
FACTOR = Text(
    "product rule: differentiate one factor at a time and keep the others",
    "乘法法则：每次只对一个因子求导，其余因子之积保留",
)
EXTREME = Text(
    "the maximum or minimum passes the derivative to the element that attains it; elements that tie share it equally",
    "最大值（最小值）把导数传给取到它的元素；若有几个元素并列，则均分",
)
ABSTRACT = Text(
    "the function is abstract, so its derivative is kept as a symbol", "函数未给出具体形式，其导数保留为记号"
)
IN_VALUE = Text("{rule}, in terms of its value", "{rule}，用函数值表示")
BRANCH = Text("on each branch separately", "在每个分支上分别求导")
ONE_BRANCH = Text("only this branch applies here", "此处只有这一分支适用")


@memo
def occurrences(expr: Expr, name: str, value: Expr | None = None) -> tuple[Occurrence, ...]:
    """Every use of the family `name` in `expr`. `value` is the node that equals `expr`: slopes are written in it."""
    if isinstance(expr, OfMatrix):
        assert value is not None
        return (Occurrence(*differential(expr, value)),) if expr.matrix.name == name else ()
    taken = _letters(expr) | (_letters(value) if value is not None else frozenset())
    front, outer = _root(expr)
    if value is not None and (row := row_of(outer)) is not None and row.slope_in_value is not None:
        rule = IN_VALUE(rule=row.rule)
        inner = _visit(outer.args[0], name, taken)
        slope = front * row.slope_in_value(value / front)
        return tuple(o.inside(outer.args[0], slope, rule) for o in inner)
    if value is not None and isinstance(expr, Extreme):
        return tuple(o for o in _extreme(expr, name, taken, value))
    found = _without_zeros(tuple(_visit(expr, name, taken)))
    return tuple(o if o.rules else o._replace(rules=(SUMMAND,)) for o in found)


def _without_zeros(uses: tuple[Occurrence, ...]) -> tuple[Occurrence, ...]:
    """The uses without those whose slope is 0, as of what is stopped, but for the reason; all, if all are such."""
    zeros = [u for u in uses if S.Zero in u.factors]
    if not 0 < len(zeros) < len(uses):
        return uses
    first, *others = (u for u in uses if u not in zeros)
    reasons = distinct(u.rules[-1] for u in zeros if u.rules)
    return first._replace(rules=(*(first.rules or (SUMMAND,)), *reasons)), *others


@memo
def _letters(expr: Expr) -> frozenset[Idx]:
    return frozenset(expr.atoms(Idx))


@memo
def _root(expr: Expr) -> tuple[Expr, Expr]:
    """A root and the sizes beside it, which sympy takes out of sqrt(sum/N); any other expression, beside which is 1."""
    front, outer = expr.as_independent(Sum, as_Add=False) if isinstance(expr, Mul) else (S.One, expr)
    sizes = all(s.is_integer and s.is_positive for s in front.free_symbols)
    return (front, outer) if isinstance(outer, Pow) and sizes else (S.One, expr)


def by_element(uses: Iterable[U], key: Callable[[U], object]) -> list[list[U]]:
    """Collect the uses that have the same key: they belong to one element, and their local partials add."""
    groups: dict[object, list[U]] = {}
    for use in uses:
        groups.setdefault(key(use), []).append(use)
    return list(groups.values())


def local_partials(expr: Expr, name: str, value: Expr | None = None) -> Iterator[Occurrence]:
    """The occurrences of a family in an expression, those of the same element as one with a single factor."""
    for same in by_element(occurrences(expr, name, value), lambda use: (use.position, use.sums)):
        factor = Add(*(Mul(*use.factors) for use in same))
        yield same[0]._replace(factors=(factor,), rules=distinct(r for use in same for r in use.rules))


def _visit(expr: Expr, name: str, taken: frozenset[Idx]) -> Iterator[Occurrence]:
    if isinstance(expr, (Symbol, Indexed)):
        if name_of(expr) == name:
            yield Occurrence(expr.indices if isinstance(expr, Indexed) else ())
    elif name not in mentioned(expr):
        return
    elif isinstance(expr, Partial):  # an adjoint is a quantity like any other, to be differentiated again
        yield Occurrence(tuple(getattr(expr.wrt, "indices", ())))
    elif isinstance(expr, Add):
        for term in _terms(expr)[name]:
            yield from _visit(term, name, taken)
    elif isinstance(expr, Mul):
        yield from _product(expr, name, taken)
    elif isinstance(expr, Sum):
        yield from _summed(expr, name, taken)
    elif isinstance(expr, Product):
        yield from _multiplied(expr, name, taken)
    elif isinstance(expr, Extreme):
        yield from _extreme(expr, name, taken, expr)
    elif isinstance(expr, Piecewise):
        yield from _branches(expr, name, taken)
    else:
        yield from _function(expr, name, taken)


@memo
def _terms(expr: Add) -> Mapping[str, list[Expr]]:
    """The terms of a sum that mention a family: of a long sum each family is in few."""
    found: dict[str, list[Expr]] = {}
    for term in expr.args:
        for name in mentioned(term):
            found.setdefault(name, []).append(term)
    return found


def _product(expr: Mul, name: str, taken: frozenset[Idx]) -> Iterator[Occurrence]:
    for at, factor in ((at, f) for at, f in enumerate(expr.args) if name in mentioned(f)):
        rest = expr.args[:at] + expr.args[at + 1 :]
        for use in _visit(factor, name, taken):
            quotient = isinstance(factor, Pow) and factor.exp.is_negative
            linear = not any(name in mentioned(r) for r in rest) and not use.rules
            rule = None if quotient or use.rules else LINEAR if linear else PRODUCT
            yield _join(use.times(*rest, rule=rule))


def _join(use: Occurrence) -> Occurrence:
    """One factor for the whole coefficient: what one writes on paper as the local partial."""
    return use._replace(factors=(Mul(*use.factors),))


def _summed(expr: Sum, name: str, taken: frozenset[Idx]) -> Iterator[Occurrence]:
    body, own, taken = _relettered(expr, taken)
    for use in _visit(body, name, taken):
        yield use._replace(sums=use.sums + own, rules=(SUM, *use.rules))


def _multiplied(expr: Product, name: str, taken: frozenset[Idx]) -> Iterator[Occurrence]:
    """One factor after the other is differentiated; the product of the others is no quotient: a factor may be 0."""
    body, own, taken = _relettered(expr, taken | bound_indices(expr))
    same = And(*(Eq(idx, other) for (idx, *_), (other, *_) in zip(expr.limits, own, strict=True)))
    others = bound(Product, Piecewise((S.One, same), (expr.function, True)), expr.limits)
    for use in _visit(body, name, taken):
        done = use.times(others)
        yield _join(done)._replace(sums=use.sums + own, rules=(FACTOR, *use.rules))


def _extreme(expr: Extreme, name: str, taken: frozenset[Idx], value: Expr) -> Iterator[Occurrence]:
    """The elements that equal the extreme share its slope: each has 1 over their number. `value` is the extreme."""
    body, own, taken = _relettered(expr, taken | bound_indices(expr))
    each, limits_ = expr.function, expr.limits
    if any(idx in value.free_symbols | bound_indices(value) for idx, *_ in limits_):  # a letter of the value
        each, limits_, taken = _relettered(expr, taken)
    share = equal(body, value) / bound(Sum, equal(each, value), limits_)
    for use in _visit(body, name, taken):
        yield _join(use.times(share))._replace(sums=use.sums + own, rules=(EXTREME, *use.rules))


def _relettered(expr: Expr, taken: frozenset[Idx]) -> tuple[Expr, tuple[Limits, ...], frozenset[Idx]]:
    """What a sum or a product is over, its limits, in letters that are not taken, and what is taken then."""
    body, own = expr.function, list(expr.limits)
    for at, (idx, low, high) in enumerate(expr.limits):
        other = fresh(idx, taken)
        taken |= {other}
        body = substitute(body, {idx: other})
        own[:at] = [(i, substitute(a, {idx: other}), substitute(b, {idx: other})) for i, a, b in own[:at]]
        own[at] = (other, low, high)
    return body, tuple(own), taken


def _branches(expr: Piecewise, name: str, taken: frozenset[Idx]) -> Iterator[Occurrence]:
    for at, (branch, _) in enumerate(expr.args):
        here = Piecewise(*((S.One if n == at else S.Zero, c) for n, (_, c) in enumerate(expr.args)))
        for use in _visit(branch, name, taken):
            yield use.times(here, rule=BRANCH)


def _function(expr: Expr, name: str, taken: frozenset[Idx]) -> Iterator[Occurrence]:
    row = row_or_extremum(expr)
    if row is not None:
        extremum, own = isinstance(expr, EXTREMA), arguments(expr)
        for n, arg in enumerate(own if extremum else own[: row.arity]):
            if name in mentioned(arg):
                slope = row.slope_in(n, own)
                inner = (o._replace(rules=()) if slope == 0 else o for o in _visit(arg, name, taken))
                uses = (o.inside(arg, slope, row.rule) for o in inner)
                yield from uses if extremum else map(_join, uses)
    elif isinstance(expr, Pow):
        yield from _power(expr, name, taken)
    else:
        raise unknown(expr)


def _power(expr: Pow, name: str, taken: frozenset[Idx]) -> Iterator[Occurrence]:
    base, exponent = expr.args
    slope, rule = BY_NAME["power"].slope(base, exponent), QUOTIENT if exponent.is_negative else POWER
    yield from (_join(o.inside(base, slope, rule)) for o in _visit(base, name, taken))
    raised = expr * log(base)
    yield from (_join(o.inside(exponent, raised, BY_NAME["exp"].rule)) for o in _visit(exponent, name, taken))


def abstract_occurrences(node: Node, used: Node, symbol: type[Partial] = Given) -> tuple[Occurrence, ...]:
    """The uses of a family by an abstract function: its partials stay symbols, d L / d o_T, one for each element.

    `symbol` is Immediate where the family reaches the function on other paths too.
    """
    found = []
    assert node.abstract is not None
    for given in node.abstract.args:
        if isinstance(given, IndexedBase) and given.name == used.name:
            own = _apart(used.indices, node.indices)
            found.append(Occurrence(own, (symbol(node.generic, used.at(*own)),), tuple(map(limits, own)), (ABSTRACT,)))
        elif not isinstance(given, IndexedBase):
            uses = occurrences(given, used.name)
            found += [u.times(symbol(node.generic, given), rule=ABSTRACT) for u in uses]
    return tuple(found)


def _apart(indices: tuple[Idx, ...], taken: tuple[Idx, ...]) -> tuple[Idx, ...]:
    """The indices with other letters where these are taken."""
    found: list[Idx] = []
    for idx in indices:
        found.append(fresh(idx, (*taken, *indices, *found)) if idx in taken else idx)
    return tuple(found)


def surrogate(node: Node, families: Mapping[str, Node]) -> Expr:
    """A function with the partials that the abstract one has by name: the sum of partial times argument."""
    assert node.abstract is not None
    terms = []
    for given in node.abstract.args:
        whole = isinstance(given, IndexedBase)
        own = _apart(families[given.name].indices, node.indices) if whole else ()
        element = families[given.name].at(*own) if whole else given
        sums = tuple(limits(i) for i in own)
        terms.append(sum_over(Immediate(node.generic, element) * element, sums))
    return Add(*terms)
