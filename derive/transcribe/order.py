"""In which order definitions stand: each after what it uses; what uses itself a step earlier begins as a state."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from graphlib import CycleError, TopologicalSorter

from derive.read.tree import Node, walk
from derive.transcribe.notation import Notation, Stem
from derive.transcribe.occurrences import letter, occurrences
from derive.transcribe.statements import Definition


def groups(laws: Mapping[Stem, Definition], how: Notation) -> Iterator[tuple[list[Stem], list[Stem]]]:
    """(names in order, those of them that are states) for each set of definitions that depend on each other."""
    uses = {stem: list(_uses(law, how, laws)) for stem, law in laws.items()}
    together = _components({stem: {other for other, _ in found} for stem, found in uses.items()})
    for component in together:
        inside = set(component)
        states = sorted(
            {other for stem in component for other, lagged in uses[stem] if lagged and other in inside},
            key=list(laws).index,
        )
        now = {s: {o for o, lagged in uses[s] if o in inside and not lagged and o != s} for s in component}
        yield _sorted(now, list(laws)), states


def _uses(law: Definition, how: Notation, laws: Mapping[Stem, Definition]) -> Iterator[tuple[Stem, bool]]:
    """The names of a formula that are defined too, and whether each stands at another place of its index."""
    own = [letter(p) for p in how.split(law.left)[1]]
    for found in occurrences(law.right):
        stem, places = how.split(found)
        if stem in laws:
            yield stem, any(_shifted(p, own) for p in places)


def _shifted(place: Node, own: list[str]) -> bool:
    return not letter(place) and any(letter(part) in own for part in _parts(place))


def _parts(node: Node) -> Iterator[Node]:
    yield from walk(node)


def _components(uses: Mapping[Stem, set[Stem]]) -> list[list[Stem]]:
    """Tarjan's strongly connected components, each behind those that it uses."""
    number: dict[Stem, int] = {}
    low: dict[Stem, int] = {}
    stack: list[Stem] = []
    found: list[list[Stem]] = []

    def visit(stem: Stem) -> None:
        """Follow what a name uses; a component is complete where its first name comes back."""
        number[stem] = low[stem] = len(number)
        stack.append(stem)
        for other in sorted(uses[stem]):
            if other not in number:
                visit(other)
            if other in stack:
                low[stem] = min(low[stem], low[other])
        if low[stem] == number[stem]:
            place = stack.index(stem)
            found.append(stack[place:])
            del stack[place:]

    for stem in uses:
        if stem not in number:
            visit(stem)
    return found


def _sorted(uses: Mapping[Stem, set[Stem]], written: list[Stem]) -> list[Stem]:
    """Each name behind those that it uses at the same place; as written where that leaves a choice."""
    try:
        order = list(
            TopologicalSorter(
                {s: sorted(uses[s], key=written.index) for s in sorted(uses, key=written.index)}
            ).static_order()
        )
    except CycleError:
        order = sorted(uses, key=written.index)
    return order
