"""Where a local partial is only immediate: the quantity influences the user on another path too."""

from __future__ import annotations

from collections.abc import Mapping

from derive.chain.derivation import Use
from derive.expressions.indices import linear
from derive.memo import memo
from derive.model.model import Model, Node
from derive.model.schedule import stages


@memo
def is_immediate(model: Model, node: Node, use: Use, uses: tuple[Use, ...]) -> bool:
    """True if u influences this user on another path too, so that the local partial is not the whole derivative.

    This holds for a parameter that all time steps share (h_t depends on w also through h_{t-1}), and where another of
    the active `uses` leads to this user.
    """
    stage = next(s for s in stages(model) if use.user.name in s.families)
    if stage.time and node.name not in stage.time:
        return True
    return any(_leads(model, o, use) for o in uses if o is not use and o.user is not use.user)


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
