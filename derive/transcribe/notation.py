"""Which subscripts are indices and which are parts of a name.

A letter is an index if a sum or a range binds it, or if arithmetic is done with it, as with the t of `h_{t-1}`; and the
letter of a left side is one where it stands in a place in which an index stands elsewhere: the i of `p_i` beside `z_i`
and `z_k`. A place of a name holds an index if an index ever stands there. Any other subscript is a part of the name.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import NamedTuple

from derive.read.tree import Big, Listed, Node, Number, Range, Relation, walk
from derive.transcribe.occurrences import Occurrence, letter, letters, occurrence, occurrences, shifted, written
from derive.transcribe.statements import Statements

# Letters that people use for an index and rarely for a name; only these spread from one place to another.
USUAL = frozenset("ijklmnrstduvpqbch")

_WORDS = {"lambda": "lamda", "varepsilon": "epsilon", "vartheta": "theta", "varphi": "phi", "varrho": "rho"}
_ACCENTS = {"widehat": "hat", "widetilde": "tilde", "overline": "bar"}


class Stem(NamedTuple):
    """What a quantity is called, without its indices."""

    base: str
    marks: tuple[str, ...] = ()
    fixed: tuple[str, ...] = ()

    @property
    def word(self) -> str:
        """The name as a word of Python: `w_hh`, `C_tilde`, `lamda`."""
        parts = [_WORDS.get(self.base, self.base), *(_ACCENTS.get(m, m) for m in self.marks), *self.fixed]
        cleaned = [re.sub(r"\W", "", part.replace("-", "minus").replace("+", "plus")) for part in parts]
        return "_".join(filter(None, cleaned))


@dataclass
class Notation:
    """The index letters of a model, and the places of each sort of name where an index stands."""

    letters: set[str]
    slots: dict[tuple[str, tuple[str, ...], int, int], tuple[bool, ...]]
    ends: set[str]

    def split(self, found: Occurrence) -> tuple[Stem, tuple[Node, ...]]:
        """The stem of a name and its indices."""
        held = self.slots.get(found.sort, (False,) * len(found.places))
        fixed = tuple(written(p) for p, slot in zip(found.places, held, strict=True) if not slot)
        return Stem(found.base, found.marks, _joined(fixed)), tuple(
            p for p, slot in zip(found.places, held, strict=True) if slot
        )


def _joined(fixed: tuple[str, ...]) -> tuple[str, ...]:
    """Letters and digits beside each other are one subscript: h, h is hh."""
    return ("".join(fixed),) if fixed and all(len(part) == 1 for part in fixed) else fixed


def notation(said: Statements) -> Notation:
    """The indices of a model, found from all that is written of it."""
    names = list(_all(said))
    bound = set(_bound(said))
    ends = set(_ends(said)) - bound
    found = bound | ({shifted(p) for name in names for p in name.places} - {""} - ends)
    lefts = {letter(p) for d in said.definitions for p in d.left.places} - {""}
    while True:
        slots = _slots(names, found, ends)
        more = {own for name in names for own in _spread(name, slots[name.sort], names) if own in lefts} - found
        if not more:
            return Notation(found, slots, ends | set(map(str.upper, found)) - found)
        found |= more


def _all(said: Statements) -> Iterator[Occurrence]:
    for definition in said.definitions:
        yield definition.left
        yield from definition.names()
        for argument in definition.arguments if not definition.inputs else ():
            yield from occurrences(argument)
    yield from (name for name, _ in said.shapes)
    for fact in said.facts:
        yield from occurrences(fact)


def _bound(said: Statements) -> Iterator[str]:
    """The letters of ranges, and those below sums, products and maxima."""
    for each in said.ranges:
        yield letter(each.index)
    for root in (*(d.right for d in said.definitions), *said.facts):
        for node in walk(root):
            if isinstance(node, Big) and node.below is not None:
                yield from binders(node.below)


def _ends(said: Statements) -> Iterator[str]:
    """The names of sizes: what ranges, sums and shapes end with. The T of `o_T` is a place, and no part of a name."""
    ends = [r.last for r in said.ranges] + [kind for _, kind in said.shapes]
    for root in (*(d.right for d in said.definitions), *said.facts):
        ends += [node.above for node in walk(root) if isinstance(node, Big) and node.above is not None]
    for end in ends:
        for part in walk(end):
            found = occurrence(part)
            if found is not None and "mathbb" not in getattr(found.node, "marks", ()):
                yield "_".join([found.base, *map(written, found.places)])


def binders(below: Node) -> list[str]:
    """The letters that the script below a sum binds: `i`, `i=1`, `i, j`, `i<j`, `j \\ne k` (only j)."""
    if isinstance(below, Listed):
        return [own for item in below.items for own in binders(item)]
    if isinstance(below, Range):
        return binders(below.index)
    if isinstance(below, Relation):
        sides = below.sides if set(below.signs) <= {"<", "<="} else below.sides[:1]
        return [own for side in sides for own in binders(side)]
    own = letter(below)
    return [own] if own else sorted(letters(below)) if not isinstance(below, Number) else []


def _slots(
    names: Iterable[Occurrence], found: set[str], ends: set[str]
) -> dict[tuple[str, tuple[str, ...], int, int], tuple[bool, ...]]:
    """For each sort of name the places that hold an index: one stands there, and never a letter that is none."""
    held: dict[tuple[str, tuple[str, ...], int, int], list[set[str]]] = {}
    for name in names:
        places = held.setdefault(name.sort, [set() for _ in name.places])
        for kinds, place in zip(places, name.places, strict=True):
            kinds.add("end" if letter(place) in ends | set(map(str.upper, found)) else _kind(place, found))
    return {sort: tuple("index" in k and "name" not in k for k in kinds) for sort, kinds in held.items()}


def _kind(place: Node, found: set[str]) -> str:
    if letters(place) & found:
        return "index"
    if letter(place) == "y":
        return "label"
    if letter(place):
        return "letter" if letter(place) in USUAL else "name"
    return "number" if isinstance(place, Number) else "other"


def _spread(name: Occurrence, held: tuple[bool, ...], names: list[Occurrence]) -> Iterator[str]:
    """Letters in places where an index stands elsewhere, or beside one in a place that only ever holds this letter."""
    for k, (place, slot) in enumerate(zip(name.places, held, strict=True)):
        own = letter(place)
        alone = {letter(other.places[k]) for other in names if other.sort == name.sort} == {own}
        if own in USUAL and (slot or (any(held) and alone)):
            yield own
