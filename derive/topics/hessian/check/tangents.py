"""The numbers of the derivatives that are carried through a model, family by family, step by step in time.

These derivatives are families like any other, and form stages as the families of the model do: values forwards in time,
adjoints backwards.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import product
from types import MappingProxyType

import torch
from sympy import Idx

from derive.check.samples import Array, Sample
from derive.errors import ModelError
from derive.evaluate.passes import Change, times, unchanged
from derive.evaluate.store import Store, key
from derive.expressions.indices import family
from derive.model.model import Case, Model, Node, model_of
from derive.model.schedule import Stage, stages
from derive.topics.hessian.tangents import Along, stored_name

Parts = Sequence[Along]
Span = tuple[int, int]


def carry(sample: Sample, found: Sequence[Along], store: Store, change: Change = unchanged) -> None:
    """Put the numbers of all derivatives into the store, which holds the values and the adjoints.

    `change` makes another expression of each law, such as the size of its terms.
    """
    parts: dict[str, list[Along]] = {}
    for along in found:
        changed = along._replace(computed=change(along.computed))
        parts.setdefault(stored_name(*along.target.args), []).append(changed)
    for stage in _stages(parts):
        _stage(sample, stage, parts, store)


def _stages(parts: Mapping[str, Parts]) -> Sequence[Stage]:
    """Return the stages in order. Errors: ModelError where the law of a single time uses what no general law uses."""
    try:
        return stages(_model(parts))
    except ModelError:
        first = next(iter(parts.values()))[0].node.name
        raise ModelError(f"the second derivatives through the recurrence of {first} have no order in time") from None


def _model(parts: Mapping[str, Parts]) -> Model:
    """Return the families and their laws, as a model."""
    nodes = []
    for name, own in parts.items():
        own = sorted(own, key=lambda a: -sum(isinstance(p, Idx) for p in a.law.position))  # the recursion first
        cases = tuple(Case((*a.law.position, *a.own), a.computed) for a in own)
        nodes.append(Node(name, "node", family(name), (*own[0].node.indices, *own[0].own), cases))
    return model_of("carried", tuple(nodes), "")


def _stage(sample: Sample, stage: Stage, parts: Mapping[str, Parts], store: Store) -> None:
    """Compute the families of one stage: through time in the order of its loops, one inside the other."""
    whole = {name: _whole(sample, parts[name]) for name in stage.families}
    if not stage.time:
        for name in stage.families:
            store.put(name, _values(sample, parts[name], store, whole[name]), whole[name])
        return
    for name in stage.families:
        store.open(name, whole[name], *stage.axes(name))
    spans = [[whole[name][axis] for name, axis in loop.axes.items()] for loop in stage.loops]
    reached = [(min(a for a, _ in own), max(b for _, b in own)) for own in spans]
    for t in times(list(zip(reached, (loop.direction for loop in stage.loops), strict=True))):
        for name in stage.families:  # in the order of computation within a step
            at = dict(zip(stage.axes(name), t, strict=True))
            if all(_on(whole[name][axis], place) for axis, place in at.items()):
                store.put_slice(name, key(t), _values(sample, parts[name], store, whole[name], at))


def _whole(sample: Sample, own: Parts) -> list[Span]:
    """Return the range of each axis: all elements that have a law, and all those of the family."""
    node = own[0].node
    family_ = sample.derivation.model.nodes[node.name.removeprefix("adjoint ")]
    every = [_spans(sample, a) for a in own]
    every += [[*sample.passes.extent(family_), *every[0][len(node.indices) :]]]
    return [(min(a for a, _ in s), max(b for _, b in s)) for s in zip(*every, strict=True)]


def _values(
    sample: Sample, own: Parts, store: Store, whole: Sequence[Span], at: Mapping[int, int] = MappingProxyType({})
) -> Array:
    """Return the derivatives of all elements, each by the law that holds there; without a law they are zero.

    `at` are the times, by the axes that loops step through: these are the elements at them.
    """
    others = [n for n in range(len(whole)) if n not in at]
    found = torch.zeros((*(whole[n][1] - whole[n][0] + 1 for n in others), sample.points), dtype=torch.float64)
    for along in own:
        spans = _spans(sample, along)
        if all(a <= b for a, b in spans) and all(_on(spans[axis], t) for axis, t in at.items()):
            box = tuple(slice(spans[n][0] - whole[n][0], spans[n][1] - whole[n][0] + 1) for n in others)
            found[box] = _value(sample, along, store, at)
    return found


def regular(sample: Sample, found: Sequence[Along]) -> bool:
    """True if the regions of every family are apart at these sizes: those of t = 1 and t = T are one for T = 1."""
    taken: set[object] = set()
    for along in found:
        spans = _spans(sample, along)
        for place in product(*(range(a, b + 1) for a, b in spans)):
            if (along.node.name, place) in taken:
                return False
            taken.add((along.node.name, place))
    return True


def _spans(sample: Sample, along: Along) -> list[Span]:
    """Return the first and last value along each axis."""
    own = [(i.lower, i.upper) for i in along.own]
    return [(sample.passes.number(a), sample.passes.number(b)) for a, b in (*along.law.ranges, *own)]


def _on(span: Span, t: int) -> bool:
    return span[0] <= t <= span[1]


def _value(sample: Sample, along: Along, store: Store, at: Mapping[int, int]) -> Array:
    """Return the derivative on the range of its law; where there are times, at these."""
    indices: list[Idx] = [*along.node.indices, *along.own]
    ranges = [(i, *s) for n, (i, s) in enumerate(zip(indices, _spans(sample, along), strict=True)) if n not in at]
    fixed = {indices[axis]: t for axis, t in at.items()}
    value: Array = sample.passes.partials.evaluate(along.computed, store, ranges, fixed)
    return value
