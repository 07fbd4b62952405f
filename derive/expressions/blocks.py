"""The place of an index among blocks of one length: i = (block - 1) n + place, where the place runs from 1 to n.

So one index runs over two, as in vec(A), whose element i is A[place, block] with blocks as long as a column, and in a
Kronecker product. Both are whole numbers, and are decided as soon as i is written as such a pair.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

from sympy import Add, Expr, Function, Idx, Indexed, Integer, expand

from derive.expressions.indices import Limits, fresh, index, limits


class InBlocks(Function):
    """One of the two whole numbers that tell where an index stands among blocks; `side` says which."""

    nargs = 2
    is_integer = True
    is_positive = True
    side: int

    @classmethod
    def eval(cls, value: Expr, length: Expr) -> Expr | None:
        """The number, as soon as the index is written as a block and a place."""
        found = split(value, length)
        return None if found is None else found[cls.side]


class Block(InBlocks):
    """Block(i, n) is the number of the block in which i stands, the least whole number from i/n on."""

    side = 0

    def _sympystr(self, printer: Any) -> str:
        value, length = self.args
        return f"ceiling({printer.doprint(value / length)})"


class Place(InBlocks):
    """Place(i, n) is the place of i in its block, i - n (Block(i, n) - 1)."""

    side = 1

    @property
    def written(self) -> Expr:
        """By the number of the block."""
        value, length = self.args
        return value - length * (Block(value, length) - 1)

    def _sympystr(self, printer: Any) -> str:
        return str(printer.doprint(self.written))


def split(value: Expr, length: Expr) -> tuple[Expr, Expr] | None:
    """The block and the place of an index value; None where they depend on what it is."""
    if length == 1:
        return value, Integer(1)
    if value.is_Integer and length.is_Integer:
        before, place = divmod(int(value) - 1, int(length))
        return Integer(before + 1), Integer(place + 1)
    whole, rest = lengths(value, length)
    if rest == 0:
        return whole, length
    inside = isinstance(rest, Idx) and (rest.lower, rest.upper) == (1, length)
    return (whole + 1, rest) if inside or rest == 1 else None


def lengths(value: Expr, length: Expr) -> tuple[Expr, Expr]:
    """How many whole lengths stand in a value as they are written, and the rest."""
    quotients = [(term / length, term) for term in Add.make_args(expand(value))]
    whole = Add(*(q for q, _ in quotients if _is_whole(q)))
    return whole, Add(*(term for q, term in quotients if not _is_whole(q)))


def last_block(value: Expr, length: Expr) -> Expr:
    """The block of a value, or one after it: that of mn - 1 is at most n."""
    whole, rest = lengths(value, length)
    return whole if rest.is_nonpositive else Block(value, length)


def _is_whole(expr: Expr) -> bool:
    """Is it a whole multiple of sizes and indices?"""
    return bool(expr.is_integer) and expr.as_numer_denom()[1] == 1


def joined(expr: Expr) -> Expr:
    """The expression with i for a place (block - 1) n + place of an element, where both are those of i."""
    found: dict[Expr, Expr] = {}
    for element in expr.atoms(Indexed) if expr.has(Place) else ():
        at = [_joined(place) for place in element.indices]
        found[element] = element.base[tuple(at)]
    return expr.xreplace(found) if found else expr


def _joined(position: Expr) -> Expr:
    for part in position.atoms(Place):
        whole = expand(position - part + part.written)
        position = position if whole.has(Block) else whole
    return position


def pair(value: Expr, candidates: Iterable[Limits]) -> tuple[Idx, Idx, Expr] | None:
    """The block, the place in it and the length of blocks, both among the candidates, of (block - 1) n + place.

    Blocks of a length that is a number have solutions of their own, by residues.
    """
    ranges = {idx: (low, high) for idx, low, high in candidates}
    for place, (low, length) in ranges.items():
        if low != 1 or length.is_Integer or length.atoms(Idx):
            continue
        for block in (b for b, ends in ranges.items() if b != place and ends[0] == 1 and b in value.free_symbols):
            if expand(value - (block - 1) * length - place) == 0:
                return block, place, length
    return None


class Blocks(NamedTuple):
    """An index as a block and a place: what it is then, and the limits of both, the inner one first."""

    value: Expr
    limits: tuple[Limits, Limits]


def in_blocks(limit: Limits, length: Expr, taken: Iterable[Any]) -> Blocks | None:
    """An index by blocks of one length, in letters that are not `taken`; None unless the blocks are whole."""
    _, low, high = limit
    if low != 1 or not _is_whole(high / length):
        return None
    block = fresh(index("i", 1, high / length), taken)
    place = fresh(index("i", 1, length), {*taken, block})
    return Blocks((block - 1) * length + place, (limits(place), limits(block)))
