"""Reachability: from a start by steps, through cycles; and what a family of a model influences."""

from __future__ import annotations

from derive.model.model import Model
from derive.model.preactivation import named
from derive.model.reachability import downstream, random_names, reach, upstream
from derive.problems import load

ROADS = {"a": ["b", "c"], "b": ["d"], "c": [], "d": ["b"], "e": ["a"]}


def built(name: str) -> Model:
    """The model of the first reading of a problem, its pre-activations named."""
    problem = load(name)
    return named(problem.readings[0].build(**problem.choices({})).model())


def test_reach_follows_cycles_and_counts_the_start() -> None:
    assert reach(["b"], ROADS.__getitem__) == {"b", "d"}
    assert reach(["a"], ROADS.__getitem__) == {"a", "b", "c", "d"}
    assert reach([], ROADS.__getitem__) == frozenset()


def test_downstream_and_upstream_of_a_recurrence() -> None:
    """In the LSTM the cell c_t and the state h_t influence each other; the input is influenced by nothing."""
    model = built("lstm")
    assert {"c", "h"} <= downstream(model, "c") & downstream(model, "h") and "x" not in downstream(model, "h")
    for name in model.nodes:
        assert {n for n in model.nodes if name in downstream(model, n)} == upstream(model, name)


def test_random_is_what_is_computed_from_a_random_leaf() -> None:
    nodes = built("bias-variance").nodes
    declared = {n.name for n in nodes.values() if n.law is not None}
    assert declared < random_names(nodes) < set(nodes)
