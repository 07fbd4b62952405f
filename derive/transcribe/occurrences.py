"""Names as they occur in formulas: a base with what stands below and above it.

Whether the t of `h_t` is an index or a part of the name cannot be told here; every subscript is kept as it was written.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from derive.read.symbols import ALPHABETS
from derive.read.tree import (
    Added,
    Bracketed,
    Listed,
    Multiplied,
    Node,
    Number,
    Range,
    Relation,
    Scripted,
    Symbol,
    Words,
    children,
)

ONES = "1"  # the vector of ones, in bold
# Letters that are functions where a bracket stands behind them, and nothing says that they are quantities.
FUNCTION_LETTERS = frozenset(["sigma", "f", "g", "phi", "psi", "h", "rho"])
TRANSPOSED = frozenset(["T", "top", "intercal"])


class Occurrence(NamedTuple):
    """One place where a name stands.

    `places` are what stands in brackets above, as the layer of `a^{[l]}`, and behind it the subscripts in order;
    `power` is what else stands above, None for nothing; a transposition is no power.
    """

    node: Node
    base: str
    marks: tuple[str, ...]
    places: tuple[Node, ...]
    layers: int = 0
    power: Node | None = None
    transposed: bool = False

    @property
    def sort(self) -> tuple[str, tuple[str, ...], int, int]:
        """What is equal for occurrences that can be of one family: the base, its marks, and how many places it has."""
        return self.base, self.marks, len(self.places) - self.layers, self.layers


def occurrence(node: Node) -> Occurrence | None:
    """A name with its scripts; None for anything else."""
    base = node.base if isinstance(node, Scripted) else node
    if not isinstance(base, Symbol):
        return None
    marks = tuple(mark for mark in base.marks if mark not in ALPHABETS)
    if not isinstance(node, Scripted):
        return Occurrence(node, base.name, marks, ())
    below = tuple(places(node.below)) if node.below else ()
    layer, power, transposed = _above(node.above)
    if isinstance(power, Words | Symbol) and (mark := _star(power) or _word(power, base.name)):
        marks, power = (*marks, mark), None
    return Occurrence(node, base.name, marks, (*layer, *below), len(layer), power, transposed)


_HEADS = frozenset(["Q", "K", "V", "O"])


def _star(node: Node) -> str:
    text = node.text if isinstance(node, Words) else node.name if isinstance(node, Symbol) else ""
    return {"*": "star", "ast": "star", "+": "plus", "-": "minus", "dagger": "dagger"}.get(text, "")


def _word(node: Node, base: str) -> str:
    r"""A word above a name, as in `\ell^{\text{ref}}`, is a part of it, and so are the heads' letters of `W^Q`."""
    if isinstance(node, Symbol):
        word = node.upright and len(node.name) > 1
        return node.name if word or (base == "W" and node.name in _HEADS) else ""
    return node.text if isinstance(node, Words) and node.text.isalpha() else ""


def _above(node: Node | None) -> tuple[tuple[Node, ...], Node | None, bool]:
    """(the layer in brackets, the power, whether it is transposed)."""
    if isinstance(node, Symbol) and node.name in TRANSPOSED:
        return (), None, True
    if isinstance(node, Bracketed) and node.brackets in ("()", "[]"):
        return tuple(p for item in node.items for p in places(item)), None, False
    return (), node, False


def places(node: Node) -> Iterator[Node]:
    """The single places of a subscript: `i, j` and `ij` are two, `t-1` is one, `hh` two letters."""
    if isinstance(node, Listed) or (isinstance(node, Bracketed) and node.brackets == "()"):
        for item in node.items:
            yield from places(item)
    elif isinstance(node, Multiplied) and not any(node.signs) and not isinstance(node.factors[0], Number):
        yield from node.factors
    elif isinstance(node, Scripted) and node.below is not None and node.above is None and _beside(node):
        yield from (node.base, node.below)
    else:
        yield node


def _beside(node: Scripted) -> bool:
    """The `j0` of `w_{j0}`: typed beside each other, a letter and a number."""
    return letter(node.base) != "" and isinstance(node.below, Number) and node.below.start == node.base.end


def letter(node: Node) -> str:
    """The letter that a place is, without anything else; empty if it is more."""
    if isinstance(node, Symbol) and not node.upright and not node.marks:
        return node.name
    return ""


def letters(node: Node) -> set[str]:
    """All single letters of an expression."""
    own = {letter(node)} - {""}
    return own.union(*(letters(child) for child in children(node)))


def shifted(node: Node) -> str:
    """The letter of `t - 1`, `t + 1` or `2t`: arithmetic that only an index has; empty for anything else."""
    if isinstance(node, Added) and any(isinstance(term, Number) for term in node.terms):
        found = sorted(letters(node))
        return found[0] if len(found) == 1 else ""
    return ""


def occurrences(node: Node) -> Iterator[Occurrence]:
    """Every name in a tree, the whole before its scripts; what stands in a script is no name of a quantity."""
    found = occurrence(node)
    if found is not None:
        yield found
        if found.power is not None:
            yield from occurrences(found.power)
        return
    for child in children(node):
        yield from occurrences(child)


def written(node: Node) -> str:
    """A place or a name as one word: digits, letters, `t-1` as `t-1`."""
    match node:
        case Number():
            return node.digits
        case Symbol():
            return node.name
        case Words():
            return "".join(c for c in node.text if c.isalnum())
        case Added():
            return "".join(
                (s if k or s == "-" else "") + written(t)
                for k, (s, t) in enumerate(zip(node.signs, node.terms, strict=True))
            )
        case Multiplied() | Listed() | Bracketed() | Relation() | Range() | Scripted():
            return "".join(map(written, children(node)))
    return "".join(map(written, children(node)))
