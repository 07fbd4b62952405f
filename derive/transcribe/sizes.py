"""How far each index runs, and how many indices a quantity has."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import TypeAlias

from derive.read.tree import Added, Big, Listed, Multiplied, Node, Number, Scripted, Symbol, Words, walk
from derive.transcribe.below import spans
from derive.transcribe.notation import Notation, Stem
from derive.transcribe.occurrences import Occurrence, letter, letters, occurrence, written
from derive.transcribe.statements import Statements

Uses: TypeAlias = "list[tuple[Stem, tuple[Node, ...]]]"


@dataclass(frozen=True)
class Ends:
    """An index range as it is written; `last` is None where a letter names the size."""

    first: Node | None
    last: Node | None
    letter: str = ""
    word: str = ""  # the size by its name, where the formulas alone tell it


@dataclass
class Dimensions:
    """The ranges of the index letters, and of each quantity: those of its indices, then its shape."""

    letters: dict[str, Ends]
    axes: dict[Stem, list[Ends]] = field(default_factory=dict)
    counts: dict[Stem, int] = field(default_factory=dict)  # how many indices a name has before its own shape begins
    given: dict[Stem, tuple[Node, ...]] = field(default_factory=dict)
    sets: dict[Stem, str] = field(default_factory=dict)
    spelled: dict[str, Node] = field(default_factory=dict)  # each size of a given shape by its word

    def first(self, name: str) -> str:
        """The letter whose range a letter without one has."""
        known = self.letters.get(name)
        return self.first(known.letter) if known and known.last is None and known.letter not in ("", name) else name


def dimensions(said: Statements, how: Notation) -> Dimensions:
    """All ranges that a text gives or implies: a range, the ends of a sum, a shape, a place shared with a letter."""
    found = Dimensions(_widest(_ranges(said, how)))
    for name, kind in said.shapes:
        stem, places = how.split(name)
        found.given[stem] = tuple(shape(kind))
        found.spelled |= {size_word(node): node for node in found.given[stem]}
        found.sets[stem] = set_name(kind)
    uses = [(how.split(name)) for name in _names(said)]
    own = _own_axes(said, how)
    for stem, places in uses:
        axes = found.axes.setdefault(stem, [])
        found.counts[stem] = min(found.counts.get(stem, len(places)), len(places))
        for k, place in enumerate(places):
            if k == len(axes):
                axes.append(Ends(None, None, ""))
            axes[k] = _better(axes[k], place, found, own.get((stem, k)), how)
    _spread(uses, found)
    _joined(uses, found, how)
    _behind(uses, found, set(_own_stems(said, how)))
    for name in (*(d.left for d in said.definitions), *(name for name, _ in said.shapes)):
        stem, places = how.split(name)
        found.counts[stem] = max(found.counts[stem], len(places)) if stem in found.given else len(places)
    return found


def _names(said: Statements) -> Iterator[Occurrence]:
    for definition in said.definitions:
        yield definition.left
        yield from definition.names()
    yield from (name for name, _ in said.shapes)


def _own_axes(said: Statements, how: Notation) -> dict[tuple[Stem, int], str]:
    """The letters on the left side of definitions: they say over what a node runs."""
    found = {}
    for definition in said.definitions:
        stem, places = how.split(definition.left)
        for k, place in enumerate(places):
            if letter(place):
                found[stem, k] = letter(place)
    return found


def _ends(first: Node | None, last: Node, how: Notation) -> Ends:
    """A range; one that begins or ends with another index, as s = 1..t, lies in the range of that."""
    if first is not None and letters(first) & how.letters:
        first = None
    other = sorted(letters(last) & how.letters)
    return Ends(None, None, other[0]) if other else Ends(first, last)


def _ranges(said: Statements, how: Notation) -> Iterator[tuple[str, Ends]]:
    for root in (*(d.right for d in said.definitions), *said.facts):
        for node in walk(root):
            if isinstance(node, Big) and node.below is not None:
                for own, (first, last) in spans(node.below, node.above).items():
                    if last is not None:
                        yield own, _ends(first, last, how)
    for each in said.ranges:
        yield letter(each.index), _ends(each.first, each.last, how)


def _widest(ranges: Iterable[tuple[str, Ends]]) -> dict[str, Ends]:
    """The range of each letter: the last that is written, unless another is a multiple of it, as 1..2N of 1..N."""
    found: dict[str, Ends] = {}
    for own, ends in ranges:
        known = found.get(own)
        if known is None or not _times(known) > _times(ends) > 0 or _word_of(known) != _word_of(ends):
            found[own] = ends
    return found


def _times(ends: Ends) -> int:
    """The 2 of 2N; 1 for a plain size, 0 for anything else."""
    last = ends.last
    if isinstance(last, Symbol):
        return 1
    many = isinstance(last, Multiplied) and len(last.factors) == 2 and isinstance(last.factors[0], Number)
    digits = getattr(last.factors[0], "digits", "") if isinstance(last, Multiplied) and many else ""
    return int(digits) if digits.isdigit() else 0


def _word_of(ends: Ends) -> str:
    last = ends.last
    return "" if last is None else written(last.factors[-1] if isinstance(last, Multiplied) else last)


def _better(known: Ends, place: Node, found: Dimensions, left: str | None, how: Notation) -> Ends:
    """What a place says of an axis: the letter of the left side first, then a letter whose range is known."""
    several = letters(place) & set(found.letters)
    if left is None and len(several) > 1:  # i + a - 1 runs as far as both letters together
        return known if known.letter in found.letters else Ends(None, place)
    own = left or next(iter(sorted(letters(place) & set(found.letters))), "") or _index(place, how)
    if known.letter and (known.letter in found.letters or own not in found.letters):
        return known
    return Ends(None, None, own) if own else known


def _spread(uses: Uses, found: Dimensions) -> None:
    """A letter without a range has that of a letter with which it shares an axis."""
    for _ in range(len(uses)):
        changed = False
        for stem, places in uses:
            for ends, place in zip(found.axes[stem], places, strict=False):
                own = letter(place)
                if own and own not in found.letters and ends.letter in found.letters:
                    found.letters[own] = found.letters[ends.letter]
                    changed = True
                if own in found.letters and ends.letter not in found.letters:
                    found.letters[ends.letter] = found.letters[own]
                    changed = True
        if not changed:
            return


def _joined(uses: Uses, found: Dimensions, how: Notation) -> None:
    """Letters without a range that share an axis run equally far: the first of them, on a left side if any, says it."""
    for stem, places in uses:
        for ends, place in zip(found.axes[stem], places, strict=False):
            own, other = found.first(_index(place, how)), found.first(ends.letter)
            if own and other and own != other and own not in found.letters and other not in found.letters:
                found.letters[own] = Ends(None, None, other)


def _behind(uses: Uses, found: Dimensions, defined: set[Stem]) -> None:
    """An input that is only ever read one step earlier, as u_{t-1}, begins one step earlier too."""
    read: dict[tuple[Stem, int], set[str]] = {}
    for stem, places in uses:
        for k, place in enumerate(places):
            read.setdefault((stem, k), set()).add(_earlier(place, found))
    for (stem, k), names in read.items():
        ends = found.letters.get(next(iter(names)))
        if len(names) == 1 and stem not in defined and stem not in found.given and ends is not None and ends.last:
            first = ends.first or Number(0, 0, "1")
            found.axes[stem][k] = Ends(_less(first), _less(ends.last))


def _earlier(place: Node, found: Dimensions) -> str:
    """The letter t of `t - 1`; empty for anything else."""
    plain = isinstance(place, Added) and place.signs == "+-" and len(place.terms) == 2
    return letter(place.terms[0]) if plain and written(place.terms[1]) == "1" else ""  # type: ignore[attr-defined]


def _less(node: Node) -> Node:
    return Added(node.start, node.end, (node, Number(node.start, node.end, "1")), "+-")


def _own_stems(said: Statements, how: Notation) -> Iterator[Stem]:
    return (how.split(definition.left)[0] for definition in said.definitions)


def _index(place: Node, how: Notation) -> str:
    """The index letter that a place is; empty for a label or a size."""
    return letter(place) if letter(place) in how.letters else ""


def shape(kind: Node) -> Iterator[Node]:
    r"""The sizes of `\mathbb{R}^{m \times n}`; none for a plain set."""
    if isinstance(kind, Scripted) and kind.above is not None:
        above = kind.above
        if isinstance(above, Multiplied) and set(above.signs[1:]) <= {"times", ""}:
            yield from above.factors
        elif isinstance(above, Listed):
            yield from above.items
        elif not isinstance(above, Words):
            yield above


def size_word(node: Node) -> str:
    """A size as one word: the name of the size, else what is written."""
    found = occurrence(node)
    if found is None or found.power is not None:
        return written(node)
    return Stem(found.base, found.marks, tuple(map(written, found.places))).word


def set_name(kind: Node) -> str:
    """The set itself: 'R', '{0,1}', '[0,1]', '(0,1)'."""
    base = kind.base if isinstance(kind, Scripted) else kind
    if isinstance(base, Symbol):
        return base.name
    digits = [getattr(item, "digits", "?") for item in getattr(base, "items", ())]
    brackets = getattr(base, "brackets", "??")
    return f"{brackets[0]}{','.join(digits)}{brackets[-1]}"
