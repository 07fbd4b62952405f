"""How the loss reads a recurrence: its last states, states of several steps, or something that is not a state.

A gradient is a sum over loss terms and over steps. Of each loss term the factors between its step and an earlier one
are those of the recurrence; which terms there are is a question about the loss.
"""

from __future__ import annotations

from enum import Enum

from derive.chain.derivation import Derivation
from derive.topics.stability.step_jacobian import StepJacobian


class Reads(Enum):
    """The states that the loss reads: only the last, those of several steps, or (`PARTS`) what is not a state."""

    LAST = "last"
    SEVERAL = "several"
    PARTS = "parts"


def reads(derivation: Derivation, jacobian: StepJacobian) -> Reads:
    """Look at every user of the recurrence that is not part of it."""
    stage, end = jacobian.stage, jacobian.end
    states = {s.name for s in jacobian.states}
    found = Reads.LAST
    for name in (n for n in stage.families if n in derivation.adjoints):
        outside = [u for u in derivation.adjoints[name].uses if u.user.name not in stage.families]
        if outside and name not in states:
            return Reads.PARTS
        if any(u.domain[stage.time[name]] != (end, end) for u in outside):
            found = Reads.SEVERAL
    return found
