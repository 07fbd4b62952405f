"""v^T H v, one product after the other: what belongs to the row, what to the column, and the weight between them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from sympy import Expr, Idx, KroneckerDelta, S

from derive.chain.derivation import Term
from derive.expressions.indices import Limits, index, substitute
from derive.expressions.powers import ONE, Monomial, monomial, shared
from derive.model.model import Node
from derive.topics.hessian.hessian import Block, Hessian


class Form(NamedTuple):
    """One product: number * weight * left * right under `sums`, where left and right are linear in the direction.

    Both have indices of their own. The last of `sums` runs over the axis `linked` of both, where a delta makes them
    one.
    """

    number: Expr
    weight: Expr
    sums: tuple[Limits, ...]
    left: Term
    right: Term
    linked: tuple[int, ...] = ()


class Split(NamedTuple):
    """The factors that all products of scalar parameters under the same sums share, numbers aside; and for each
    parameter w the square root of what is left of the product of w with itself."""

    shared: Monomial
    of: Mapping[str, Monomial]


Halves = Mapping[tuple[Limits, ...], Split]


def scalar_halves(h: Hessian) -> Halves:
    """Split the products of all blocks of scalar parameters: x_1 a (1 - a) x_2 into a (1 - a), x_1 and x_2."""
    products: dict[tuple[Limits, ...], list[tuple[Block, Monomial]]] = {}
    for block in (b for row in h.blocks for b in row if not b.of.indices and not b.wrt.indices):
        for term in block.products:
            products.setdefault(term.sums, []).append((block, monomial(term.factors).bare))
    return {sums: split for sums, own in products.items() if (split := _split(own)) is not None}


def _split(own: Sequence[tuple[Block, Monomial]]) -> Split | None:
    """Split the products under the same sums; None where the rest of a parameter with itself is no square."""
    front = shared([product for _, product in own])
    left = {block.of.name: product.over(front) for block, product in own if block.of == block.wrt}
    if not all((e / 2).is_Integer for product in left.values() for e in product.powers.values()):
        return None
    return Split(front, {name: ONE.times(product.bare, S.Half) for name, product in left.items()})


def form_of(h: Hessian, block: Block, term: Term, halves: Halves) -> Form | None:
    """Sort the factors of one product by row, column and neither; None where a factor belongs to row and column."""
    rows, columns = (tuple(getattr(e, "indices", ())) for e in (block.of.generic, block.entry.wrt))
    product = monomial(term.factors)
    links = [d for d in product.powers if isinstance(d, KroneckerDelta)]
    axes = {c: rows.index(r) for d in links for r, c in (d.args, d.args[::-1]) if r in rows and c in columns}
    axes = dict(sorted(axes.items(), key=lambda item: item[1]))
    if len(axes) < len(links):
        return None
    ends = [*term.sums, *((rows[a], rows[a].lower, rows[a].upper) for a in axes.values())]
    rename = {i: index(f"s_{n}", a, b) for n, (i, a, b) in enumerate(ends)}
    rename |= {c: rename[rows[a]] for c, a in axes.items()}
    kept: list[dict[Expr, Expr]] = [{}, {}, {}]
    unlinked = Monomial(S.One, {b: e for b, e in product.powers.items() if b not in links})
    for base, exponent in unlinked.renamed(rename).powers.items():
        sides = [n for n, own in enumerate((rows, columns), 1) if base.free_symbols & (set(own) - rename.keys())]
        if len(sides) > 1:
            return None
        kept[sides[0] if sides else 0][base] = exponent
    parts = [Monomial(S.One, part) for part in kept]
    if not rows and not columns and (split := halves.get(term.sums)) is not None:
        parts = [split.shared, split.of.get(block.of.name, ONE), split.of.get(block.wrt.name, ONE)]
        if product.powers != parts[0].times(parts[1]).times(parts[2]).powers:
            return None
        parts = [part.renamed(rename) for part in parts]
    sums = tuple((rename[i], a, b) for i, a, b in ends)
    left = _side(h, block.of, rows, parts[1], rename)
    right = _side(h, block.wrt, columns, parts[2], rename)
    return Form(product.number, parts[0].expr, sums, left, right, tuple(axes.values()))


def _side(h: Hessian, w: Node, own: Sequence[Idx], product: Monomial, rename: dict[Idx, Idx]) -> Term:
    """Return the factors times the direction, summed over the indices of the parameter, which are named by axis."""
    axes = {i: index(f"l_{n}", i.lower, i.upper) for n, i in enumerate(own) if i not in rename}
    v = h.direction(w, tuple((rename | axes)[i] for i in own))
    factor = substitute(product.expr, axes)
    return Term((factor, v) if factor != 1 else (v,), tuple((k, k.lower, k.upper) for k in axes.values()))
