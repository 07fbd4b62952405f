"""Which subscripts are indices and which are parts of a name.

A letter is an index if a sum or a range binds it, or if arithmetic is done with it, as with the t of `h_{t-1}`; and the
letter of a left side is one where it stands in a place in which an index stands elsewhere: the i of `p_i` beside `z_i`
and `z_k`. A place of a name holds an index if an index ever stands there. Any other subscript is a part of the name.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import NamedTuple, TypeAlias

from derive.read.tree import Big, Node, Number, Range, walk
from derive.transcribe.below import binders, spans
from derive.transcribe.occurrences import Occurrence, letter, letters, occurrence, occurrences, shifted, written
from derive.transcribe.statements import Statements

# Letters that people use for an index and rarely for a name; only these spread from one place to another.
USUAL = frozenset("ijklmnrstduvpqbch")

_WORDS = {"lambda": "lamda", "varepsilon": "epsilon", "vartheta": "theta", "varphi": "phi", "varrho": "rho"}
_ACCENTS = {"widehat": "hat", "widetilde": "tilde", "overline": "bar"}


Sort: TypeAlias = tuple[str, tuple[str, ...], int, int]
Key: TypeAlias = tuple[str, tuple[str, ...], tuple[str, ...]]


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
    slots: dict[Sort, tuple[bool, ...]]
    ends: set[str]
    apart: set[Key]  # names of their own beside a family: the u_o beside u_k, the w_0 beside w_1, ..., w_n
    whole: set[
        Key
    ]  # names that are defined, or given a shape, without a subscript: x_1 and x_i are elements of such an x
    own: set[Key]  # names that are told, by a definition or a shape, as they stand
    each: set[Sort]  # families whose name without an index is another quantity: the L_i beside L

    def split(self, found: Occurrence) -> tuple[Stem, tuple[Node, ...]]:
        """The stem of a name and its indices."""
        key = _key(found)
        held = self.slots.get(found.sort, (False,) * len(found.places))
        below = len(found.places) - found.layers
        if key in self.apart:  # of w_{j0} the 0 is a part of the name, and j an index as in w_{ji}
            held = tuple(slot and bool(letters(p) & self.letters) for p, slot in zip(found.places, held, strict=True))
        elif below and self._element(found):
            held = (*held[: found.layers], *[True] * below)
        fixed = tuple(written(p) for p, slot in zip(found.places, held, strict=True) if not slot)
        stem = Stem(found.base, found.marks, _joined(fixed))
        if found.sort in self.each and any(held):
            stem = stem._replace(fixed=(*stem.fixed, "each"))
        return stem, tuple(p for p, slot in zip(found.places, held, strict=True) if slot)

    def is_apart(self, found: Occurrence) -> bool:
        """Whether a name is one of its own, beside a family of the same letter."""
        return _key(found) in self.apart

    def _element(self, found: Occurrence) -> bool:
        """Whether the subscripts of a name are places in something that is told without them."""
        told = _key(found) in self.own or _key(found, found.layers) not in self.whole or found.sort in self.each
        below = found.places[found.layers :]
        return not told and all(isinstance(p, Number) or letters(p) & (self.letters | self.ends) for p in below)


def _key(found: Occurrence, count: int | None = None) -> Key:
    """A name as it is written, with its first places only if `count` says so."""
    return found.base, found.marks, tuple(map(written, found.places[:count]))


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
            break
        found |= more
    told = [d.left for d in said.definitions if not d.inputs] + [name for name, _ in said.shapes]
    families = {d.left.sort for d in said.definitions if any(slots[d.left.sort])}
    whole = {_key(name) for name in told if len(name.places) == name.layers}
    own = {_key(name) for name in told}
    each = {name.sort for name in told if name.sort in families and not name.layers and (*name[1:3], ()) in own}
    apart = {_key(name) for name in names if any(slots[name.sort]) and _apart(name, slots[name.sort], found, ends)}
    zero = {_key(name) for name in names if any(slots[name.sort]) and name.sort not in families and _zero(name)}
    if not any(isinstance(r.first, Number) and r.first.digits == "0" for r in _all_ranges(said)):
        apart |= zero - own
    return Notation(found, slots, ends | set(map(str.upper, found)) - found, apart, whole, own, each)


def _apart(name: Occurrence, held: tuple[bool, ...], found: set[str], ends: set[str]) -> bool:
    """Whether a letter that is no index stands where other names of this sort have one."""
    known = ends | set(map(str.upper, found))
    pairs = zip(name.places, held, strict=True)
    return any(slot and _kind(p, found) == "name" and letter(p) not in known for p, slot in pairs)


def _zero(name: Occurrence) -> bool:
    return any(isinstance(place, Number) and place.digits == "0" for place in name.places)


def _all_ranges(said: Statements) -> Iterator[Range]:
    """The ranges of lines and of sums."""
    yield from said.ranges
    for root in (*(d.right for d in said.definitions), *said.facts):
        for node in walk(root):
            if isinstance(node, Big) and node.below is not None:
                ends = [(first, last) for first, last in spans(node.below, node.above).values() if first and last]
                yield from (Range(node.start, node.end, node.below, first, last) for first, last in ends)


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
        bigs = [(node.below, node.above) for node in walk(root) if isinstance(node, Big) and node.below is not None]
        ends += [last for below, above in bigs if below for _, last in spans(below, above).values() if last is not None]
    for end in ends:
        for part in walk(end):
            found = occurrence(part)
            base = getattr(part, "base", part)  # of \mathbb{R}^n only the n is a size
            if found is not None and "mathbb" not in getattr(base, "marks", ()):
                yield "_".join([found.base, *map(written, found.places)])


def _slots(names: Iterable[Occurrence], found: set[str], ends: set[str]) -> dict[Sort, tuple[bool, ...]]:
    """For each sort of name the places in which an index stands."""
    held: dict[Sort, list[set[str]]] = {}
    for name in names:
        places = held.setdefault(name.sort, [set() for _ in name.places])
        for kinds, place in zip(places, name.places, strict=True):
            kinds.add("end" if letter(place) in ends | set(map(str.upper, found)) else _kind(place, found))
    return {sort: tuple("index" in k for k in kinds) for sort, kinds in held.items()}


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
