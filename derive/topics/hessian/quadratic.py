"""v^T H v product by product: what belongs to the row, what to the column, and the weight between them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from sympy import Expr, Idx, Integer, KroneckerDelta

from derive.chain.derivation import Term
from derive.expressions.indices import Limits, index, substitute
from derive.expressions.powers import Powers, multiplied, powers
from derive.model.model import Node
from derive.topics.hessian.hessian import Block, Hessian


class Form(NamedTuple):
    """number * weight * left * right under `sums`; left and right are linear in the direction, with letters of their
    own. The last of `sums` is over the axis `linked` of both where a delta makes them one."""

    number: Expr
    weight: Expr
    sums: tuple[Limits, ...]
    left: Term
    right: Term
    linked: tuple[int, ...] = ()


class Split(NamedTuple):
    """Products of scalar parameters under the same sums: what all have, and the root of what is left for w times w."""

    shared: Powers
    of: Mapping[str, Powers]


Halves = Mapping[tuple[Limits, ...], Split]


def scalar_halves(h: Hessian) -> Halves:
    """How the blocks of scalar parameters fall apart: x_1 a (1 - a) x_2 into a (1 - a), x_1 and x_2."""
    products: dict[tuple[Limits, ...], list[tuple[Block, Powers]]] = {}
    for block in (b for row in h.blocks for b in row if not b.of.indices and not b.wrt.indices):
        for term in block.products:
            products.setdefault(term.sums, []).append((block, powers(term.factors)[1]))
    return {sums: split for sums, own in products.items() if (split := _split(own)) is not None}


def _split(own: Sequence[tuple[Block, Powers]]) -> Split | None:
    """None where the factors that a parameter has with itself are no squares."""
    bases = set.intersection(*(set(found) for _, found in own))
    shared = {b: min((found[b] for _, found in own), key=abs) for b in bases}
    left = {b.of.name: _times(found, {k: -e for k, e in shared.items()}) for b, found in own if b.of == b.wrt}
    if not all((e / 2).is_Integer for found in left.values() for e in found.values()):
        return None
    return Split(shared, {name: {b: e / 2 for b, e in found.items()} for name, found in left.items()})


def _times(*parts: Powers) -> Powers:
    """The product."""
    bases = dict.fromkeys(b for part in parts for b in part)
    total = {b: sum((part.get(b, Integer(0)) for part in parts), Integer(0)) for b in bases}
    return {b: e for b, e in total.items() if e != 0}


def form_of(h: Hessian, block: Block, term: Term, halves: Halves) -> Form | None:
    """One product of a block, sorted: what belongs to the row, to the column, to neither; None where it mixes them."""
    rows, columns = (tuple(getattr(e, "indices", ())) for e in (block.of.generic, block.entry.wrt))
    number, found = powers(term.factors)
    links = [d for d in found if isinstance(d, KroneckerDelta)]
    axes = {c: rows.index(r) for d in links for r, c in (d.args, d.args[::-1]) if r in rows and c in columns}
    axes = dict(sorted(axes.items(), key=lambda item: item[1]))
    if len(axes) < len(links):
        return None
    ends = [*term.sums, *((rows[a], rows[a].lower, rows[a].upper) for a in axes.values())]
    rename = {i: index(f"s_{n}", a, b) for n, (i, a, b) in enumerate(ends)}
    rename |= {c: rename[rows[a]] for c, a in axes.items()}
    moved = {substitute(b, rename): e for b, e in found.items() if b not in links}
    kept: list[dict[Expr, Expr]] = [{}, {}, {}]
    for base, exponent in moved.items():
        sides = [n for n, own in enumerate((rows, columns), 1) if base.free_symbols & (set(own) - rename.keys())]
        if len(sides) > 1:
            return None
        kept[sides[0] if sides else 0][base] = exponent
    if not rows and not columns and (split := halves.get(term.sums)) is not None:
        kept = [split.shared, split.of.get(block.of.name, {}), split.of.get(block.wrt.name, {})]
        if found != _times(*kept):
            return None
        kept = [{substitute(b, rename): e for b, e in part.items()} for part in kept]
    sums = tuple((rename[i], a, b) for i, a, b in ends)
    left = _side(h, block.of, rows, kept[1], rename)
    right = _side(h, block.wrt, columns, kept[2], rename)
    return Form(number, multiplied(Integer(1), kept[0]), sums, left, right, tuple(axes.values()))


def _side(h: Hessian, w: Node, own: Sequence[Idx], found: dict[Expr, Expr], rename: dict[Idx, Idx]) -> Term:
    """The factors times the direction, summed over the letters of the parameter, in letters that name the axes."""
    axes = {i: index(f"l_{n}", i.lower, i.upper) for n, i in enumerate(own) if i not in rename}
    v = h.direction(w, tuple((rename | axes)[i] for i in own))
    factor = substitute(multiplied(Integer(1), found), axes)
    return Term((factor, v) if factor != 1 else (v,), tuple((k, k.lower, k.upper) for k in axes.values()))
