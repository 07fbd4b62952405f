"""Worlds farther out: numbers at growing distances, and sizes beyond each number that a formula has in it.

They are asked for where a kink of a formula, or of the model, has no point on one of its sides, and where a whole
number stands in a formula that a size could exceed, as in a sum that stops at min(N, 8).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from fractions import Fraction
from functools import cached_property

from sympy import Symbol

from derive.chain.derivation import Derivation
from derive.errors import DeriveError
from derive.judge.kinks import passed
from derive.judge.names import Names
from derive.judge.places import named
from derive.judge.world import SIZES, World, built
from derive.model.sizes import fitting
from derive.read.tree import Added, Big, Bracketed, Call, Node, Number, Range, Relation, Scripted, walk
from derive.read.tree import Symbol as Letter
from derive.transcribe.occurrences import occurrence

LADDER = (4, 16, 64, 1024, 10**6)  # by which numbers are multiplied, all of them or those of one family
MOST_POINTS = 48
LARGEST_SIZE = 40  # to which sizes are raised; a formula with a larger number in it is not known beyond that


def scales(names: Sequence[str], literals: Sequence[Fraction]) -> list[Mapping[str, Fraction]]:
    """For each point the factor of each family: all of them, then one at a time, along the ladder."""
    largest = max((abs(x) for x in literals), default=Fraction(0))
    ladder = [Fraction(n) for n in LADDER] + ([8 * largest] if largest > LADDER[2] else [])
    found: list[Mapping[str, Fraction]] = [dict.fromkeys(names, n) for n in ladder]
    found += [{name: n} for n in ladder for name in names]
    return found[:MOST_POINTS]


def far(d: Derivation, given: Mapping[Symbol, int], literals: Sequence[Fraction]) -> World:
    """A world of small sizes whose numbers lie far out."""
    free = [s for s in d.model.sizes if s not in given]
    row = SIZES[0] * (len(free) // len(SIZES[0]) + 1)
    chosen = fitting(d.model, {**given, **dict(zip(free, row, strict=False))}, given)
    return built(d, chosen, 97, lambda names: scales(names, literals))


def larger(d: Derivation, given: Mapping[Symbol, int], number: int) -> Iterator[World]:
    """For each size a world in which it alone is larger than a number."""
    free = [s for s in d.model.sizes if s not in given]
    row = SIZES[0] * (len(free) // len(SIZES[0]) + 1)
    for size in free:
        small = {s: n for s, n in zip(free, row, strict=False) if s != size}
        chosen = fitting(d.model, {**given, **small, size: number + 2}, {**given, size: number + 2})
        yield built(d, chosen, 31, None, 1)


class Reach:
    """The worlds farther out of one derivation, each made when it is asked for first."""

    def __init__(self, d: Derivation, given: Mapping[Symbol, int], near: Sequence[World]):
        self.derivation, self.given, self.near = d, given, near
        self._far: dict[Fraction, World | None] = {}
        self._larger: dict[int, list[World]] = {}

    @cached_property
    def needed(self) -> bool:
        """Whether a kink of the model itself has no point on one of its sides near by."""
        return not passed(self.near)

    def far(self, literals: Sequence[Fraction]) -> list[World]:
        """The world far out, farther than the numbers of a formula; none where the model has no value there."""
        most = max((abs(x) for x in literals), default=Fraction(0))
        most = most if most > LADDER[2] else Fraction(0)
        if most not in self._far:
            self._far[most] = _if_any(lambda: far(self.derivation, self.given, literals))
        found = self._far[most]
        return [] if found is None else [found]

    def larger(self, number: int) -> list[World]:
        """Worlds of which one size is larger than a number."""
        if number not in self._larger:
            self._larger[number] = list(larger(self.derivation, self.given, number))
        return self._larger[number]


def _if_any(make: Callable[[], World]) -> World | None:
    try:
        return make()
    except DeriveError:
        return None


# the numbers that stand in formulas
def numbers(nodes: Sequence[Node]) -> list[Fraction]:
    """The numbers that stand in formulas, each once."""
    found = (part.digits for node in nodes for part in walk(node) if isinstance(part, Number))
    return list(dict.fromkeys(Fraction(d) for d in found))


def exceeded(nodes: Sequence[Node], names: Names) -> int:
    """The largest whole number in formulas that a size or an index could exceed; 0 for none."""
    return max((n for node in nodes for part in walk(node) for n in _whole(part, names)), default=0)


def ends(nodes: Sequence[Node]) -> int:
    """The largest whole number at the end of a sum or in an extreme; 0 for none."""
    return max((n for node in nodes for part in walk(node) for n in _ends(part)), default=0)


def _whole(part: Node, names: Names) -> Iterator[int]:
    """Numbers among indices, at the ends of sums, in comparisons of indices, in extremes, beside sizes."""
    inside: tuple[Node | None, ...] = ()
    match part:
        case Scripted() if occurrence(part) is not None:
            inside = (part.below,)
        case Relation() | Range() if not _of_quantities(part, names):
            inside = (part,)
        case Added() if any((o := occurrence(term)) and names.size(o) for term in part.terms):
            inside = part.terms
    yield from _ends(part)
    yield from (n for node in inside if node is not None for n in _integers(node))


def _ends(part: Node) -> Iterator[int]:
    inside: tuple[Node | None, ...] = ()
    match part:
        case Big():
            inside = (part.below, part.above)
        case Bracketed() if part.brackets in ("floor", "ceil"):
            inside = (part,)
        case Call() if isinstance(part.function, Letter) and part.function.name in ("min", "max"):
            inside = (part.argument,)
    yield from (n for node in inside if node is not None for n in _integers(node))


def _integers(node: Node) -> Iterator[int]:
    digits = (part.digits for part in walk(node) if isinstance(part, Number))
    yield from (int(d) for d in digits if d.isdigit() and int(d) >= 3)


def _of_quantities(node: Node, names: Names) -> bool:
    return any(names.find(name) is not None for name, _ in named(node))
