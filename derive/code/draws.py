"""The part of a derivation that a program computes: an expectation has its value, and asks for no draw."""

from __future__ import annotations

from dataclasses import replace

from derive.chain.derivation import Derivation
from derive.memo import memo
from derive.model.model import model_of
from derive.model.reachability import random_names


@memo
def without_draws(d: Derivation) -> Derivation:
    """Leave out the random quantities, and what is computed from them, that the loss is not computed from."""
    model = d.model
    spare = random_names(model.nodes) - d.reaching if model.has_loss else frozenset()
    if not spare:
        return d
    kept = tuple(n for n in model.nodes.values() if n.name not in spare)
    parts = (model.loss.name, model.sizes, model.indices, model.given, model.stated, model.words)
    return replace(d, model=model_of(model.title, kept, *parts))
