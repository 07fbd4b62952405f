"""Recognise definitions and write them by name: e^{z_i} / sum_k e^{z_k} is p_i, and the sum of x_d is D mu.

A definition is a fact, definition = name for all values of the indices. A product contains it where each of its
factors divides the product; elsewhere it is recognised where it stands as a whole. Equal sums are equal whatever
their letters.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from sympy import Add, Expr, Idx, Indexed, Integer, Mul, Pow, S, Sum, Symbol

from derive.chain.derivation import Line, Term
from derive.chain.facts import DEFINED, Fact, Facts, free_letters, instances
from derive.chain.rules.rule import Terms
from derive.expressions.canonical import canonical
from derive.expressions.indices import bound_indices, substitute
from derive.expressions.powers import Powers, _powers, common, multiplied, powers
from derive.expressions.traverse import rewrite
from derive.language import Text
from derive.memo import memo
from derive.model.model import Model, Node

ENTERS = Text("the definition of {names} stands there: write it by name", "其中出现 {names} 的定义，写回其名")


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
    = a*v[i]    (the definition of v[i] stands there: write it by name)
    """
    found = [name_in_product(t, facts) for t in terms]
    names = list(dict.fromkeys(n for _, part in found for n in part))
    if names:
        yield Line(tuple(t for t, _ in found), ENTERS(names=names))


def name_in_product(term: Term, facts: Facts) -> tuple[Term, tuple[Expr, ...]]:
    """The product with the quantities that it contains written by name, and these names."""
    letters = sorted({i for f in term.factors for i in f.atoms(Idx)} | {b[0] for b in term.sums}, key=str)
    number, found = powers(term.factors)
    names: list[Expr] = []
    while (hit := next(_contained(found, facts, letters), None)) is not None:
        element, sign, inner = hit
        number, names = number * sign, [*names, element]
        found = {b: e for b in (*found, element) if (e := found.get(b, 0) - inner.get(b, 0) + (b == element)) != 0}
    return (Term((multiplied(number, found),), term.sums) if names else term), tuple(dict.fromkeys(names))


def _contained(found: Powers, facts: Facts, letters: Sequence[Idx]) -> Iterator[tuple[Expr, Expr, Powers]]:
    """The quantities whose definition divides a product, up to the sign; each with the powers of its definition.

    A product of names alone keeps its names: gamma u is not written o.
    """
    for fact in facts:
        for definition, element in instances(fact, letters):
            number, inner = powers([definition])
            for base in [b for b in inner if b not in found and -b in found]:
                inner, number = {(-b if b == base else b): e for b, e in inner.items()}, -number
            if abs(number) != 1 or all(isinstance(b, (Symbol, Indexed)) for b in inner):
                continue
            if all(_divides(e, found.get(b, Integer(0))) for b, e in inner.items()):
                yield element, number, inner


def _divides(part: Expr, whole: Expr) -> bool:
    return bool(0 < part <= whole or whole <= part < 0)


@memo
def name_in_sum(expr: Expr, fact: Fact) -> Expr:
    """A sum of products written by one name: exp(z_i) exp(z_j)/S^2 = p_i p_j where p_i = exp(z_i)/S."""
    terms = [_divided(term, fact) for term in Add.make_args(expr)]
    return expr if tuple(terms) == Add.make_args(expr) else common(terms)


def _divided(term: Expr, fact: Fact) -> Expr:
    """One product, its factors replaced by the value as often as they divide it."""
    if bound_indices(term) & set(fact.indices) or any(isinstance(f, Sum) for f in Mul.make_args(term)):
        return term
    number, mine = _powers(term)
    for left, right in instances(fact, free_letters(term)):
        front, theirs = _powers(left)
        if all(_divides(e, mine.get(b, S.Zero)) for b, e in theirs.items()):
            kept = (b ** (e - theirs.get(b, S.Zero)) for b, e in mine.items())
            letters = {c: s for s in term.atoms(Sum) if isinstance(c := canonical(s), Sum)}
            return substitute(_divided(Mul(number / front, *kept), fact), letters) * right
    return term


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
