"""The numbers of an exercise, and the learning rate that goes with them."""

from __future__ import annotations

from fractions import Fraction
from typing import NamedTuple

from derive.chain.derived import Derived
from derive.errors import UsageError
from derive.language import Text
from derive.topics.topic import Ask
from derive.topics.worked.numbers_as_typed import number


class Example(NamedTuple):
    """The numbers to work: `at` as on the command line, the learning rate, and a remark on how the source was read.

    `ranked` are families over one index whose elements are put in order, the smallest first; `solve` are values that
    quantities shall have, each with the input that is then unknown: ("P", "1/2", "h"). `conclusions` are remarks that
    hold for these numbers alone: with numbers of one's own they are left out.
    """

    at: str
    rate: str | None = None
    remark: Text | None = None
    ranked: tuple[str, ...] = ()
    solve: tuple[tuple[str, str, str], ...] = ()
    conclusions: tuple[Text, ...] = ()


def own(ask: Ask) -> Example | None:
    """Return the numbers that are asked for, with what the exercise asks of any numbers, else those of the exercise."""
    example: Example | None = ask.get("example")
    if ask.get("at") is None:
        return example
    ranked, solve = (example.ranked, example.solve) if example is not None else ((), ())
    return Example(ask.get("at"), ranked=ranked, solve=solve)


def learning_rate(derived: Derived, ask: Ask) -> Fraction | None:
    """Return the learning rate asked for, else that of the exercise. Errors: UsageError if it cannot be used."""
    example = own(ask)
    text = ask.get("lr", example.rate if example is not None else None)
    rate = number(text, "--lr") if text is not None else None
    if rate is not None and not derived.model.has_loss:
        raise UsageError("--lr: this problem has no loss, so there is no gradient to descend")
    if rate is not None and rate <= 0:
        raise UsageError(f"--lr: a learning rate is greater than 0, found {text!r}")
    return rate
