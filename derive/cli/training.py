"""Which problems can be trained."""

from __future__ import annotations

from collections.abc import Sequence

from derive.problem import Problem
from derive.problems import load


def trainable(problems: Sequence[str]) -> list[str]:
    """The problems with data, in at least one reading."""
    return [name for name in problems if has_data(load(name))]


def has_data(problem: Problem) -> bool:
    """Can a reading of it be trained?"""
    return any("training" in r.wishes for r in problem.readings)
