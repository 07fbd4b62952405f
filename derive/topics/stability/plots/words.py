"""What a condition says, as the title of a plot."""

from __future__ import annotations

from derive.language import Text
from derive.topics.stability.conditions import Condition
from derive.topics.stability.page.conditions import KINDS, STRENGTHS

CLAIM = Text("{claim}: {what} ({strength})", "{claim}：{what}（{strength}）")


def title(condition: Condition) -> Text:
    """What a condition says, in a line."""
    what, strength = KINDS[condition.kind, condition.about], STRENGTHS[condition.strength]
    return CLAIM(claim=condition.claim, what=what, strength=strength)
