"""Which quantity of a model a name of an answer is: by how the name is typeset, or by how the author typed it."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from copy import copy
from dataclasses import replace
from typing import NamedTuple

from derive.chain.derivation import Derivation
from derive.errors import ReadError
from derive.expressions.notation import latex_name
from derive.read.reader import formula
from derive.read.tree import Multiplied, Node, Number, Scripted, Symbol
from derive.transcribe.occurrences import Occurrence, occurrence, written

LOSSES = ("L", "J", "ell", "E", "C", "loss", "Loss", "cost")
_SAME = {"varepsilon": "epsilon", "vartheta": "theta", "varphi": "phi", "varrho": "rho", "lambda": "lamda"}
_MARKS = {"widehat": "hat", "widetilde": "tilde", "overline": "bar"}

Key = tuple[str, tuple[str, ...], str]  # the base, its marks, and what is fixed below or above


class Found(NamedTuple):
    """A quantity by its name in the model, and the places at which its indices stand."""

    name: str
    places: tuple[Node, ...]


def key(name: Occurrence, fixed: tuple[Node, ...]) -> Key:
    """How a name with some fixed scripts is looked up: alphabets and brackets do not count, nor does their order."""
    marks = tuple(sorted(_MARKS.get(m, m) for m in name.marks))
    word = "".join(_SAME.get(w, w) for w in map(written, fixed))
    return _SAME.get(name.base, name.base), marks, word.replace(",", "").replace("_", "")


class Names:
    """The names of a model: as they are typeset, as they were typed, and the loss under each of its usual names."""

    def __init__(self, d: Derivation | None, typed: Mapping[str, str]):
        nodes = d.model.nodes if d is not None else {}
        self.ranks = {name: len(node.indices) for name, node in nodes.items()}
        self.loss = d.model.loss.name if d is not None else ""
        self.known: dict[Key, str] = {}
        for name in nodes:
            for text in (latex_name(name), *(t for t, word in typed.items() if word == name)):
                if found := _occurrence(text):
                    self.known.setdefault(key(found, found.places), name)
        self.sizes = {self._size(str(s)): str(s) for s in (d.model.sizes if d is not None else ())}
        self.usual: tuple[str, ...] = LOSSES

    def differentiated(self, names: Collection[str]) -> Names:
        """The same names for an answer that differentiates these: where dC stands, C is the loss, else C is its own."""
        found = copy(self)
        found.usual = tuple(name for name in LOSSES if name in names)
        return found

    def _size(self, word: str) -> Key:
        found = _occurrence(latex_name(word))
        return key(found, found.places) if found else (word, (), "")

    def find(self, name: Occurrence, indices: frozenset[str] | set[str] = frozenset()) -> Found | None:
        """The quantity that a name stands for; a script is fixed where the model has a name with it.

        `indices` are letters that are bound: they are no part of a name.
        """
        for fixed, places in _splits(name):
            found = self.known.get(key(name, fixed))
            if found is not None and len(places) <= self.ranks[found]:
                if any(written(f) in indices for f in fixed) and len(written(fixed[0])) == 1:
                    continue
                return Found(found, _digits(places, self.ranks[found]))
        return None

    def whole(self, name: Occurrence) -> Occurrence:
        """A name with its superscript as a part of it, as the f of \\delta_t^f, where the model has no such base."""
        if (
            not self.ranks
            or not isinstance(name.power, Symbol)
            or name.base in ("e", "I")
            or self.find(name._replace(power=None))
        ):
            return name
        return name._replace(power=None, marks=(*name.marks, f"^{name.power.name}"))

    def is_loss(self, name: Occurrence) -> bool:
        """Whether a name is the loss, under its own or under a usual name that nothing else has."""
        found = self.find(name)
        if found is not None:
            return found.name == self.loss
        return bool(self.ranks) and name.base in self.usual and not name.marks and not name.places

    def size(self, name: Occurrence) -> str | None:
        """The size that a name stands for."""
        return self.sizes.get(key(name, name.places))


def _splits(name: Occurrence) -> Iterator[tuple[tuple[Node, ...], tuple[Node, ...]]]:
    """What may be fixed and what an index, most fixed first; layers in brackets are fixed before anything else."""
    count = len(name.places) - name.layers
    below, layers = tuple(_apart(name.places[:count])), name.places[count:]
    count = len(below)
    for kept in (layers, ()) if layers else ((),):
        for n in range(count, -1, -1):
            yield (*below[:n], *kept), (*below[n:], *(() if kept else layers))
    for n in range(1, count):
        yield below[n:], below[:n]


def _digits(places: tuple[Node, ...], rank: int) -> tuple[Node, ...]:
    """The `11` of a matrix's `w_{11}` is a row and a column."""
    if len(places) != 1 or not isinstance(places[0], Number) or rank != len(places[0].digits):
        return places
    digits = places[0].digits
    if rank < 2 or "0" in digits:
        return places
    return tuple(replace(places[0], digits=digit) for digit in digits)


def _apart(places: tuple[Node, ...]) -> Iterator[Node]:
    """`0ti` is a number and two letters, `i1` a letter and a number."""
    for place in places:
        if isinstance(place, Multiplied) and not any(place.signs) and _numbered(place):
            yield from place.factors
        elif isinstance(place, Scripted) and isinstance(place.below, Number) and place.base.end == place.below.start:
            yield from (place.base, place.below)
        else:
            yield place


def _numbered(place: Multiplied) -> bool:
    return isinstance(place.factors[0], Number) or isinstance(place.factors[-1], Number)


def _occurrence(text: str) -> Occurrence | None:
    try:
        return occurrence(formula(text))
    except ReadError:
        return None
