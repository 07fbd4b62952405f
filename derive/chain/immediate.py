"""Where a local partial is only immediate: the quantity influences the user on another path too."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from derive.chain.derivation import Use
from derive.expressions.indices import linear
from derive.memo import memo
from derive.model.model import Model, Node
from derive.model.schedule import Stage, stage_of, stages

FAR = 3  # how far beyond a user a path is followed in one loop before it comes back


@memo
def is_immediate(model: Model, node: Node, use: Use, uses: tuple[Use, ...]) -> bool:
    """True if u influences this user on another path too, so that the local partial is not the whole derivative.

    This holds for a parameter that all time steps share (h_t depends on w also through h_{t-1}), and where another of
    the active `uses` leads to this user.
    """
    stage = stage_of(model)[use.user.name]
    if stage.time and node.name not in stage.time:
        return True
    if stage.time and not stage.stepwise and _again(model, stage, node, use, uses):
        return True
    return any(_leads(model, o, use) for o in uses if o is not use and o.user is not use.user)


def _again(model: Model, stage: Stage, node: Node, use: Use, uses: tuple[Use, ...]) -> bool:
    """True if an element of a recurrence through several indices, or over the whole past, reaches this user again."""
    target = _distance(stage, node, use)
    starts = {(o.user.name, d) for o in uses if o is not use and (d := _distance(stage, node, o)) is not None}
    if target is None:
        return use.user.name in stage.families
    found, waiting = set(starts), list(starts)
    most = max(map(abs, target), default=0) + FAR
    while waiting:
        name, here = waiting.pop()
        for user, step in _steps(model, stage, name):
            if step is None:
                return True
            there = user, tuple(a + b for a, b in zip(here, step, strict=True))
            if there not in found and there[1] <= target and all(abs(a) <= most for a in there[1]):
                found.add(there)
                waiting.append(there)
    return (use.user.name, target) in found


def _distance(stage: Stage, node: Node, use: Use) -> tuple[int, ...] | None:
    """By how much a user comes later, in each loop; None where that differs from element to element."""
    name = use.user.name
    if name not in stage.families or not use.contraction.at:
        return None
    own, there = stage.axes(node.name), stage.axes(name)
    gaps = [use.contraction.at[b] - node.indices[a] for a, b in zip(own, there, strict=True)]
    signs = [loop.direction for loop in stage.loops]
    return tuple(int(g) * s for g, s in zip(gaps, signs, strict=True)) if all(g.is_Integer for g in gaps) else None


def _steps(model: Model, stage: Stage, name: str) -> Iterator[tuple[str, tuple[int, ...] | None]]:
    """The families of a recurrence that read a family, and how much later each is; None where that differs."""
    axes = stage.axes(name)
    for user in (u for u in model.users(name) if u.name in stage.families):
        for read in (r for r in model.uses(user.cases[0]) if r.name == name):
            gaps = [
                user.indices[b] - (read.position or ())[a] for a, b in zip(axes, stage.axes(user.name), strict=True)
            ]
            signs = [loop.direction for loop in stage.loops]
            known = all(g.is_Integer for g in gaps)
            yield user.name, tuple(int(g) * s for g, s in zip(gaps, signs, strict=True)) if known else None


def _leads(model: Model, other: Use, use: Use) -> bool:
    """True if there is a path from the element of the other user to the element of this one."""
    lag = lags(model, other.user).get(use.user.name)
    if lag is None:
        return False
    mine, theirs = use.contraction.at, other.contraction.at
    gap = mine[0] - theirs[0] if mine and theirs else None
    return gap is None or not gap.is_Integer or lag <= int(gap) * _direction(model)


def _direction(model: Model) -> int:
    return next((s.direction for s in stages(model) if s.direction), 1)


@memo
def lags(model: Model, node: Node) -> Mapping[str, int]:
    """Return, for every family that the node influences, the least number of time steps after which it does so."""
    found, waiting = {node.name: 0}, [node.name]
    while waiting:
        name = waiting.pop()
        for user in model.users(name):
            lag = found[name] + _lag(model, user, name)
            if lag < found.get(user.name, 1 + lag):
                found[user.name] = lag
                waiting.append(user.name)
    return found


def _lag(model: Model, user: Node, name: str) -> int:
    """Return the least number of time steps by which the user looks back at the family."""
    steps = []
    for use in (r for r in model.uses(user.cases[0]) if r.name == name and r.position and user.indices):
        form = linear(use.position[0], user.indices[0]) if use.position else None
        if form and form[0] == 1 and form[1].is_Integer:
            steps.append(abs(int(form[1])))
    return min(steps, default=0)
