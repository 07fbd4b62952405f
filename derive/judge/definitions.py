"""What an answer has defined itself, and the range of each index letter of a formula."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import product as combinations

import numpy as np

from derive.judge.meaning import DEPTH, Defined, Meaning
from derive.judge.places import NotWhole, OutOfRange, Scope, Span, named, shift, unread
from derive.judge.value import Value
from derive.read.tree import Node
from derive.transcribe.occurrences import Occurrence, letters, written


def own(f: Meaning, name: Occurrence, scope: Scope) -> Value | None:
    """A name that the answer has defined, at its indices; without them, all of it."""
    for definition in f.defined[name.base, name.marks]:
        if name.places and not definition.places:
            return _element(f, definition, name, scope)
        bound_ = _matched(f, definition, name, scope)
        if bound_ is None:
            continue
        if f.depth > DEPTH:
            raise unread("this is defined by itself, and nothing says where that begins", f.source, name.node)
        f.depth += 1
        try:
            return _stacked(f, definition, bound_)
        finally:
            f.depth -= 1
    return None


def _element(f: Meaning, definition: Defined, name: Occurrence, scope: Scope) -> Value:
    """An element of what was defined as a whole: G_{ij} of G = dL/dy. OutOfRange where there is none."""
    numbers = f.value(definition.formula, {}).numbers
    for place in name.places:
        at = f.whole(place, scope) - 1
        if numbers.ndim < 2 or not 0 <= at < numbers.shape[0]:
            raise OutOfRange
        numbers = numbers[at]
    return Value(numbers)


def _matched(f: Meaning, definition: Defined, name: Occurrence, scope: Scope) -> dict[str, int | None] | None:
    """The values of a definition's letters where a name is used; None if it is another name."""
    fixed = [p for p, own in zip(definition.places, definition.letters, strict=True) if not own]
    if len(name.places) == len(fixed) and [written(p) for p in name.places] == [written(p) for p in fixed]:
        return {own: None for own in definition.letters if own}
    if len(name.places) != len(definition.places):
        return None
    found: dict[str, int | None] = {}
    for place, own, used in zip(definition.places, definition.letters, name.places, strict=True):
        try:
            if own:
                found[own] = f.whole(used, scope)
            elif written(place) != written(used) and f.whole(place, {}) != f.whole(used, scope):
                return None
        except NotWhole:
            return None
    return found


def _stacked(f: Meaning, definition: Defined, at: dict[str, int | None]) -> Value:
    missing = [own for own, n in at.items() if n is None]
    known = {own: n for own, n in at.items() if n is not None}
    if not missing:
        for own, (first, last) in f.ranges(definition.formula, dict.fromkeys(known, None)).items():
            if own in known and not first <= known[own] <= last:
                raise OutOfRange
        return f.value(definition.formula, known)
    ranges = f.ranges(definition.formula, dict.fromkeys(missing, None))
    spans = [range(ranges[own][0], ranges[own][1] + 1) for own in missing]
    values = [
        f.value(definition.formula, {**known, **dict(zip(missing, at_, strict=True))}) for at_ in combinations(*spans)
    ]
    stacked = np.stack(np.broadcast_arrays(*(v.numbers for v in values)))
    return Value(stacked.reshape(*map(len, spans), *stacked.shape[1:]))


def ranges(f: Meaning, node: Node, wished: Mapping[str, None] | None = None) -> dict[str, Span]:
    """The range of each index letter of a formula that nothing in it binds; of the `wished` ones only."""
    plain: dict[str, Span] = {}
    shifted: dict[str, Span] = {}
    for name, inner in named(node):
        for own, (first, last), moved in _indices(f, name, inner):
            if wished is not None and own not in wished:
                continue
            kept = shifted if moved else plain
            before = kept.get(own, (first, last))
            kept[own] = max(before[0], first), min(before[1], last)
    return {**shifted, **plain}


def _indices(f: Meaning, name: Occurrence, inner: frozenset[str]) -> list[tuple[str, Span, bool]]:
    name = f.names.whole(name)
    found = f.names.find(name, inner)
    spans: list[Span] = []
    places: tuple[Node, ...] = ()
    if found is not None:
        places, spans = found.places, _spans(f, found.name)
    else:
        for definition in f.defined.get((name.base, name.marks), []):
            if name.places and not definition.places and f.depth < DEPTH:
                places, spans = name.places, _sizes(f, definition)
                break
            if len(definition.places) == len(name.places) and f.depth < DEPTH:
                f.depth += 1
                own = f.ranges(definition.formula)
                f.depth -= 1
                if any(definition.letters):
                    places = name.places
                    spans = [own.get(letter_, (1, 0)) for letter_ in definition.letters]
                    break
    out = []
    for place, span in zip(places, spans, strict=False):
        for own_letter in {*_letters(place)} - inner - f.sizes.keys():
            moved = shift(place, own_letter)
            if moved is not None and span[0] <= span[1]:
                out.append((own_letter, (span[0] - moved, span[1] - moved), moved != 0))
    return out


def _sizes(f: Meaning, definition: Defined) -> list[Span]:
    """How far the elements go of what was defined as a whole."""
    f.depth += 1
    try:
        return [(1, n) for n in f.value(definition.formula, {}).dims]
    finally:
        f.depth -= 1


def _spans(f: Meaning, name: str) -> list[Span]:
    node = f.world.derivation.model.nodes[name]
    return [(a, b) for _, a, b in f.world.passes.over(node.indices)]


def _letters(place: Node) -> list[str]:
    return sorted(letters(place))
