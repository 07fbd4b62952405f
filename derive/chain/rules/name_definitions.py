"""Recognise definitions and write them by name: e^{z_i} / sum_k e^{z_k} is p_i, and the sum of x_d is D mu.

A definition is a fact, definition = name for all values of the indices. A product contains it where each of its
factors divides the product; elsewhere it is recognised where it stands as a whole. Equal sums are equal whatever
their letters.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from sympy import Add, Expr, Idx, Indexed, Mul, Pow, Sum

from derive.chain.derivation import Line, Term
from derive.chain.facts import DEFINED, nameable
from derive.chain.rules.rule import Terms
from derive.chain.sums import Fact, Facts, instances
from derive.expressions.canonical import canonical
from derive.expressions.indices import sum_over
from derive.expressions.powers import Monomial, common, monomial
from derive.expressions.symbols import Partial
from derive.expressions.traverse import free_indices, names, rewrite
from derive.language import Text
from derive.memo import memo
from derive.model.model import Model, Node

ENTERS = Text("this is the definition of {names}", "这正是 {names} 的定义")


@memo
def definitions(model: Model) -> Facts:
    """The definitions that a product may contain: of the families that have a single one."""
    single = (n for n in model.nodes.values() if len(n.cases) == 1 and n.abstract is None)
    return tuple(Fact(n.cases[0].expr, n.generic, n.indices, DEFINED(node=n.generic)) for n in single)


def name_definitions(terms: Terms, facts: Facts) -> Iterator[Line]:
    """A product that contains a definition is written by the name of what is defined.

    >>> p = Fact(exp(u[k]) / c, v[k], (k,), Text("by the definition of v", "由 v 的定义"))
    >>> show(name_definitions, Term((a, exp(u[i]) / c)), facts=(p,))
    a * exp(u[i])/c
    = a*v[i]    (this is the definition of v[i])
    """
    found = [name_in_product(t, facts) for t in terms]
    named = list(dict.fromkeys(n for _, part in found for n in part))
    if named:
        yield Line(tuple(t for t, _ in found), ENTERS(names=named))


def name_in_product(term: Term, facts: Facts) -> tuple[Term, tuple[Expr, ...]]:
    """The product with the quantities that it contains written by name, and these names."""
    letters = sorted({i for f in term.factors for i in free_indices(f)} | {b[0] for b in term.sums}, key=str)
    fixed = {p for f in term.factors for p in _fixed(f)}
    places = (*letters, *sorted(fixed, key=str))
    product = monomial(term.factors)
    found: list[Expr] = []
    while (hit := next(_contained(product, facts, places), None)) is not None:
        element, definition = hit
        product = product.over(definition).times(monomial([element]))
        found.append(element)
    if not found:
        return term, ()
    spelling = {canonical(total): total for f in term.factors for total in f.atoms(Sum)}
    return Term((product.written(spelling),), term.sums), tuple(dict.fromkeys(found))


@memo
def _fixed(expr: Expr) -> frozenset[Expr]:
    """The places in an expression that name no index."""
    return frozenset(p for e in expr.atoms(Indexed) for p in e.indices if not p.has(Idx))


def _contained(product: Monomial, facts: Facts, places: Sequence[Expr]) -> Iterator[tuple[Expr, Monomial]]:
    """The quantities whose definition divides a product, up to the sign; each with its definition.

    A product of names alone keeps its names: gamma u is not written o. A definition that is the same for all values of
    an index does not say which element it would be.
    """
    present = names(Mul(*product.powers))
    for fact in facts:
        if isinstance(fact.left, Sum) or not names(fact.left) <= present or not _telling(fact.left, fact.indices):
            continue
        for definition, element in instances(fact, places):
            inner = monomial([definition])
            if isinstance(definition, Partial):  # of a symmetric adjoint the mirror image is no shorter
                continue
            if nameable(inner) and (inner.divides(product) or _but_for_sizes(inner, product)):
                yield element, inner


@memo
def _telling(definition: Expr, indices: tuple[Idx, ...]) -> bool:
    """Does a definition hold all indices of what it defines?"""
    return bool(definition.free_symbols.issuperset(indices))


def _but_for_sizes(inner: Monomial, product: Monomial) -> bool:
    """Does the product contain all but powers of sizes, of several quantities? sympy takes them out of a root."""
    rest = {b: e for b, e in inner.powers.items() if not (b.is_Symbol and b.is_integer and b.is_positive)}
    return 1 < len(rest) < len(inner.powers) and inner._replace(powers=rest).divides(product)


@memo
def name_in_sum(expr: Expr, fact: Fact) -> Expr:
    """A sum of products written by one name: exp(z_i) exp(z_j)/S^2 = p_i p_j where p_i = exp(z_i)/S."""
    terms = [name_in_product(Term((term,)), (fact,))[0].expr for term in Add.make_args(expr)]
    return expr if tuple(terms) == Add.make_args(expr) else common(terms)


def name_in_sums(expr: Expr, fact: Fact) -> Expr:
    """The same, also in its brackets and under the signs of its sums."""

    def name(part: Expr) -> Expr | None:
        if isinstance(part, Sum):
            return sum_over(name_in_sums(part.function, fact), part.limits)
        found = name_in_sum(part, fact) if isinstance(part, Add) else part
        return None if found == part else found

    return rewrite(name_in_sum(expr, fact), name)


def name_wholes(expr: Expr, nodes: Mapping[str, Node]) -> tuple[Expr, tuple[Node, ...]]:
    """Compound values of nodes without indices written by their names, also with the other sign; and those used."""
    values = {canonical(n.cases[0].expr): n for n in nodes.values() if _nameable(n)}
    values |= {canonical(-v): n for v, n in values.items() if isinstance(v, Add)}
    used: list[Node] = []

    def name(part: Expr) -> Expr | None:
        node = values.get(canonical(part)) if isinstance(part, (Add, Pow, Sum)) else None
        if node is None:
            return None
        used.append(node)
        same = canonical(part) == canonical(node.cases[0].expr)
        return node.symbol if same else -node.symbol

    found = rewrite(expr, name)
    return found, tuple(dict.fromkeys(used))


def _nameable(node: Node) -> bool:
    return (
        not node.indices and len(node.cases) == 1 and isinstance(node.cases[0].expr, (Add, Pow, Sum))
    )  # a product of plain names is no longer than its name
