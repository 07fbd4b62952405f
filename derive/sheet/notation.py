"""How the formulas of a task are printed: the order of its names, its sizes with numbers, its words and letters."""

from __future__ import annotations

from collections.abc import Sequence

from derive.expressions.said import Said
from derive.model.model import Model, lettered
from derive.page.blocks import Notation
from derive.sheet.part import Part
from derive.topics.topic import topic


def notation(parts: Sequence[Part]) -> Notation:
    """Return how the formulas of a task are printed."""
    sizes = tuple(parts[0].derived.sizes.items())
    return Notation(_order(parts), sizes, _words(parts), lettered(_models(parts)))


def _words(parts: Sequence[Part]) -> tuple[Said, ...]:
    """Return the words by which the authors of the models wrote formulas."""
    return tuple(dict.fromkeys(w for p in parts for w in p.derived.model.said))


def _models(parts: Sequence[Part]) -> list[Model]:
    """Return the models of every reading, and those of the subjects."""
    models = [p.derived.model for p in parts]
    return models + [m for p in parts for name, found in p.found.items() for m in topic(name).models(found)]


def _order(parts: Sequence[Part]) -> tuple[str, ...]:
    """Return the names in the author's order: the parameters of every reading, then everything as it was defined."""
    models = _models(parts)
    parameters = [n.name for m in models for n in m.of_kind("parameter")]
    return tuple(dict.fromkeys([*parameters, *(name for m in models for name in m.order)]))
