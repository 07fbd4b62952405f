"""What is known beyond the chain rule, as equalities that a line may use by name: `left = right`, because `reason`.

A declaration gives one (y sums to 1), a definition gives one (sum_k x_k = D mu; exp(z_i)/sum_k exp(z_k) = p_i), and so
does a gradient that is derived already. A fact holds for all values of its `indices`.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from sympy import Add, Expr, Idx, Indexed, Mul, Pow, Sum, Symbol, cancel, expand

from derive.expressions.canonical import canonical
from derive.expressions.indices import limits, substitute, sum_over
from derive.expressions.powers import monomial
from derive.expressions.symbols import Partial
from derive.expressions.traverse import free_indices, rewrite
from derive.language import Text
from derive.memo import memo
from derive.model.model import Model, Node

SUMS_TO = Text("{family} sums to {value}", "{family} 的各元素之和为 {value}")
SUMS_OVER = Text("{family} sums to {value} over {idx}", "{family} 对 {idx} 求和为 {value}")
TOTAL = Text("{node} sums to {value} over {idx}, by its definition", "由定义，{node} 对 {idx} 求和为 {value}")
DEFINED = Text("by the definition of {node}", "由 {node} 的定义")
NAMED = Text("the sum is known from {known}", "该求和式可由 {known} 得到")
WIDEST = 60  # operations; a longer sum is not simplified


class Fact(NamedTuple):
    """left = right for all values of the indices: left is a Sum, or a product."""

    left: Expr
    right: Expr
    indices: tuple[Idx, ...]
    reason: Text


Facts = tuple[Fact, ...]


@memo
def known(model: Model) -> Facts:
    """The sums that a model knows: those declared, and those that its nodes are defined by."""
    found: Facts = ()
    for node in (n for n in model.nodes.values() if n is not model.loss):
        found += tuple(f for f in (*declared(node), *defined(node)) if isinstance(f.left, Sum))
        found += totals(node, found)
    return found


@memo
def totals(node: Node, facts: Facts) -> Facts:
    """A node whose elements sum to what is known: a softmax to 1, and labels that are mixed with the uniform ones."""
    if len(node.cases) != 1 or not (facts or node.cases[0].expr.has(Sum)):
        return ()
    return tuple(fact for idx in reversed(node.indices) if (fact := _total(node, idx, facts)) is not None)


def _total(node: Node, idx: Idx, facts: Facts) -> Fact | None:
    """The sum over one of its indices."""
    total, _ = summed(sum_over(node.cases[0].expr, (limits(idx),)), facts, always=True)
    value = cancel(canonical(total)) if total.count_ops() < WIDEST else total
    if value.has(Sum) or idx in value.free_symbols or isinstance(value, Add):
        return None
    others = tuple(i for i in node.indices if i != idx)
    return Fact(sum_over(node.generic, (limits(idx),)), value, others, TOTAL(node=node.generic, idx=idx, value=value))


@memo
def declared(leaf: Node) -> Facts:
    """`sums_to`: the sum over the last index."""
    if leaf.sums_to is None:
        return ()
    *others, last = leaf.indices
    family = leaf.generic if others else leaf.symbol
    reason = (SUMS_OVER if others else SUMS_TO)(family=family, value=leaf.sums_to, **({"idx": last} if others else {}))
    return (Fact(sum_over(leaf.generic, (limits(last),)), leaf.sums_to, tuple(others), reason),)


@memo
def defined(node: Node) -> Facts:
    """A definition that is a product gives its value a name; one with a single sum gives that sum a value.

    A product of plain names, w = g v/n, is as readable as its own name and stays.
    """
    if len(node.cases) != 1 or node.abstract is not None:
        return ()
    factors = Mul.make_args(node.cases[0].expr)
    reason = DEFINED(node=node.generic)
    sums = [f for f in factors if isinstance(f, Sum)]
    rest = Mul(*(f for f in factors if not isinstance(f, Sum)))
    found = []
    if len(sums) == 1 and not rest.free_symbols & set(node.indices) and _never_zero(rest):
        found.append(Fact(sums[0], node.generic / rest, node.indices, reason))
    elif len(bases := monomial(factors).powers) > 1 and not all(isinstance(b, (Symbol, Indexed)) for b in bases):
        found.append(Fact(node.cases[0].expr, node.generic, node.indices, reason))
    return tuple(found)


def _never_zero(expr: Expr) -> bool:
    """One divides only by numbers and sizes."""
    return all(s.is_Symbol and s.is_integer and s.is_positive for s in expr.free_symbols) and expr != 0


@memo
def naming(partial: Partial, value: Expr) -> Facts:
    """From `partial = sum / factor`: the sum, written by the partial.

    Nothing where one would divide by a quantity, and nothing where the partial has an index that the sum has not.
    """
    sums = [f for f in Mul.make_args(value) if isinstance(f, Sum)]
    if len(sums) != 1 or not partial.indices <= sums[0].free_symbols:
        return ()
    inverse = 1 / Mul(*(f for f in Mul.make_args(value) if f is not sums[0]))
    divides = any(isinstance(f, Pow) and f.exp.is_negative for f in Mul.make_args(inverse))
    return () if divides else (Fact(sums[0], partial * inverse, (), NAMED(known=partial)),)


# using facts


def instances(fact: Fact, letters: Sequence[Idx]) -> Iterator[tuple[Expr, Expr]]:
    """Both sides of a fact at every choice of those letters that fit the ranges of its indices."""
    fitting = [[i for i in letters if (i.lower, i.upper) == (w.lower, w.upper)] for w in fact.indices]
    for chosen in itertools.product(*fitting):
        by = dict(zip(fact.indices, chosen, strict=True))
        yield substitute(fact.left, by), substitute(fact.right, by)


@memo
def summed(total: Sum, facts: Facts, always: bool = False) -> tuple[Expr, Facts]:
    """The value of a sum, part by part, where a fact knows one of its parts, or `always`; and the facts used."""
    used: list[Fact] = []
    found = [_whole(total, facts, used)]
    if found[0] is None and len(total.limits) == 1:
        found = [_part(part, total, facts, used) for part in Add.make_args(expand(total.function))]
    if found[0] is None or not (used or always):
        return total, ()
    return Add(*found), tuple(dict.fromkeys(used))


def _whole(total: Sum, facts: Facts, used: list[Fact]) -> Expr | None:
    """What a fact says about this very sum."""
    for fact in (f for f in facts if isinstance(f.left, Sum)):
        for left, right in instances(fact, free_indices(total)):
            if canonical(left) == canonical(total):
                used.append(fact)
                return right
    return None


def _part(part: Expr, total: Sum, facts: Facts, used: list[Fact]) -> Expr:
    """The sum of one part: its constant factors in front, what a fact says of the rest, or the rest as a sum."""
    ((idx, low, high),) = total.limits
    front, rest = part.as_independent(idx, as_Add=False)
    if rest == 1:
        return front * (high - low + 1)
    inner = sum_over(rest, total.limits)
    value = _whole(inner, facts, used)
    return front * (inner if value is None else value)


@memo
def with_sums(expr: Expr, facts: Facts) -> tuple[Expr, Facts]:
    """The expression with its outermost sums by facts, and those used."""
    used: list[Fact] = []

    def value(part: Expr) -> Expr | None:
        if not isinstance(part, Sum):
            return part if isinstance(part, Partial) else None
        found, because = summed(part, facts)
        used.extend(because)
        return found

    found = rewrite(expr, value)
    return (found, tuple(dict.fromkeys(used))) if used else (expr, ())
