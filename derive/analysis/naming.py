"""Products of powers, and the quantities that they contain: e^{z_i} / sum e^{z_k} is p_i, and the sum of x_d is D mu.

A definition is recognised in a product where each of its factors divides it, for any letters; equal sums are equal
whatever their letters. A sum is known where the definitions give it: that of all p_k is 1, that of x_d - mu is 0.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import product

from sympy import Add, Expr, Idx, Indexed, Integer, Mul, Pow, Sum, Symbol, exp, expand_mul

from derive.facts import canonical
from derive.indices import Limits, apart, bound_indices, name_of, substitute, sum_over
from derive.memo import memo
from derive.model import Node

Powers = dict[Expr, Expr]
Laws = tuple[Node, ...]


def powers(factors: Sequence[Expr]) -> tuple[Expr, Powers]:
    """The number in front, and the exponent of every base; e^(a + b) is two factors, 2 x - 2 mu is 2 (x - mu)."""
    number: Expr = Integer(1)
    found: Powers = {}
    for factor in (g for f in factors for g in Mul.make_args(f)):
        for base, exponent in _split(factor):
            content, key = _primitive(_same(base))
            if -key in found:
                content, key = -content, -key
            number *= content**exponent
            if key != 1:
                found[key] = found.get(key, Integer(0)) + exponent
    return number, {b: e for b, e in found.items() if e != 0}


def _primitive(base: Expr) -> tuple[Expr, Expr]:
    """A number and what it multiplies."""
    if base.is_Number:
        return base, Integer(1)
    found: tuple[Expr, Expr] = base.as_content_primitive() if isinstance(base, Add) else (Integer(1), base)
    return found


def _split(factor: Expr) -> Iterator[tuple[Expr, Expr]]:
    base, exponent = (factor.base, factor.exp) if isinstance(factor, Pow) else (factor, Integer(1))
    if not exponent.is_Number:
        base, exponent = factor, Integer(1)
    if not isinstance(base, exp):
        yield base, exponent
        return
    for part in Add.make_args(base.args[0]):
        number, rest = part.as_coeff_Mul() if part.as_coeff_Mul()[0].is_Integer else (Integer(1), part)
        yield exp(rest), number * exponent


@memo
def _same(expr: Expr) -> Expr:
    """The expression with letters of their own for its sums, so that equal ones compare equal."""
    sums = {s: canonical(s) for s in expr.atoms(Sum)}
    return expr.xreplace(sums) if sums else expr


def multiplied(number: Expr, found: Powers) -> Expr:
    """The product again, its sums in letters that can be read."""
    whole = Mul(number, *(b**e for b, e in found.items()))
    free = {i for i in whole.free_symbols if isinstance(i, Idx)}
    return apart(whole, {*free, *(i for i in bound_indices(whole) if name_of(i).startswith("_"))})


def instances(node: Node, letters: Sequence[Idx]) -> Iterator[tuple[Expr, Expr]]:
    """The elements of a family at the letters that fit its ranges, and the definition of each."""
    fitting = [[k for k in letters if (k.lower, k.upper) == (i.lower, i.upper)] for i in node.indices]
    for at in product(*fitting):
        yield node.at(*at), _law(node, at)


@memo
def _law(node: Node, at: tuple[Idx, ...]) -> Expr:
    return substitute(node.cases[0].expr, dict(zip(node.indices, at, strict=True)))


def named(factors: Sequence[Expr], laws: Laws, letters: Sequence[Idx]) -> tuple[tuple[Expr, ...], tuple[Expr, ...]]:
    """The factors with the quantities that they contain written by name, and these names."""
    number, found = powers(factors)
    names: list[Expr] = []
    while (hit := next(_inside(found, laws, letters), None)) is not None:
        element, sign, inner = hit
        number, names = number * sign, [*names, element]
        found = {b: e for b in (*found, element) if (e := found.get(b, 0) - inner.get(b, 0) + (b == element)) != 0}
    return ((multiplied(number, found),) if names else tuple(factors)), tuple(dict.fromkeys(names))


def _inside(found: Powers, laws: Laws, letters: Sequence[Idx]) -> Iterator[tuple[Expr, Expr, Powers]]:
    """The quantities whose definition divides a product, up to the sign; each with the powers of its definition.

    A product of names alone keeps its names: gamma u is not written o.
    """
    for node in laws:
        for element, law in instances(node, letters):
            number, inner = powers([law])
            for base in [b for b in inner if b not in found and -b in found]:
                inner, number = {(-b if b == base else b): e for b, e in inner.items()}, -number
            if abs(number) != 1 or all(isinstance(b, (Symbol, Indexed)) for b in inner):
                continue
            if all(_divides(e, found.get(b, Integer(0))) for b, e in inner.items()):
                yield element, number, inner


def _divides(part: Expr, whole: Expr) -> bool:
    return bool(0 < part <= whole or whole <= part < 0)


def known(factors: Sequence[Expr], limit: Limits, laws: Laws, letters: Sequence[Idx]) -> Expr | None:
    """The sum of a product over one index, where the definitions say what it is; None elsewhere."""
    total = Add(*(_part(Mul.make_args(part), limit, laws, letters, True) for part in _parts(factors)))
    return None if total.has(Sum) and any(s.limits[0][1:] == limit[1:] for s in total.atoms(Sum)) else total


def _parts(factors: Sequence[Expr]) -> tuple[Expr, ...]:
    return Add.make_args(expand_mul(Mul(*factors), deep=False))


def _part(factors: Sequence[Expr], limit: Limits, laws: Laws, letters: Sequence[Idx], more: bool) -> Expr:
    """The sum of one product: what does not depend on the index leaves it; the rest is counted, named or inserted."""
    idx, low, high = limit
    inner = [f for f in factors if idx in f.free_symbols]
    outer = [f for f in factors if idx not in f.free_symbols]
    if not inner:
        return Mul(*outer, high - low + 1)
    total = sum_over(Mul(*inner), [limit])
    value = next(_by_name(canonical(total), laws, letters), None)
    if value is None and more and len(inner) == 1 and (law := _definition(inner[0], laws)) is not None:
        return Mul(*outer) * Add(*(_part(Mul.make_args(p), limit, laws, letters, False) for p in _parts([law])))
    number, found = powers([*outer, canonical(total) if value is None else value])
    return multiplied(number, found)


def _by_name(total: Expr, laws: Laws, letters: Sequence[Idx]) -> Iterator[Expr]:
    """A sum by the quantity that is a multiple of it: sum x_d = D mu."""
    for node in laws:
        for element, law in instances(node, letters):
            number, inner = powers([law])
            if inner.get(total) == 1:
                rest = {b: e for b, e in inner.items() if b != total}
                yield element / multiplied(number, rest)


def _definition(element: Expr, laws: Laws) -> Expr | None:
    """The definition of an element."""
    by_name: Mapping[str, Node] = {n.name: n for n in laws}
    node = by_name.get(name_of(element)) if isinstance(element, (Indexed, Symbol)) else None
    if node is None:
        return None
    return substitute(node.cases[0].expr, dict(zip(node.indices, getattr(element, "indices", ()), strict=True)))
