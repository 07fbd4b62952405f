"""The title of a plot: what its condition says."""

from __future__ import annotations

from derive.language import Text
from derive.topics.stability.conditions import Condition
from derive.topics.stability.page.conditions import KINDS, STRENGTHS

CLAIM = Text("{claim}: {what} ({strength})", "{claim}：{what}（{strength}）")


def title(condition: Condition) -> Text:
    """A condition in one line: the claim, what follows from it, and how strong it is."""
    what, strength = KINDS[condition.kind, condition.about], STRENGTHS[condition.strength]
    return CLAIM(claim=condition.claim, what=what, strength=strength)
