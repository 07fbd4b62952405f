"""Worked numbers as a subject: every value and adjoint of an exercise, and one step of gradient descent."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from derive.chain.derived import Derived
from derive.language import Text
from derive.page.blocks import Block
from derive.topics.topic import Ask, Context, Flag, Topic
from derive.topics.worked.example import learning_rate, own

if TYPE_CHECKING:
    from derive.check.report import Report
    from derive.page.pictures.numbers import Numbers
    from derive.topics.worked.unknown import Solved
    from derive.topics.worked.worked import Worked  # numpy is loaded only where numbers are worked


class Exercise(NamedTuple):
    """Numbers that were worked, and a remark on how the source was read."""

    worked: Worked
    remark: Text | None = None
    ranked: tuple[str, ...] = ()
    solved: tuple[Solved, ...] = ()


class WorkedNumbers(Topic):
    """A problem asks for it by `example=...`, a command by `--at "w1=0.5, x_1=2"`."""

    asks = {
        "example": None,
        "at": Flag('"w1=0.5, x_1=2"', "work these numbers: values, adjoints, update"),
        "lr": Flag("RATE", "learning rate of gradient descent, such as 1e-4"),
    }

    def find(self, derived: Derived, ask: Ask) -> tuple[Exercise, ...]:
        rate, example = learning_rate(derived, ask), own(ask)
        if example is None:
            return ()
        from derive.topics.worked.numbers_as_typed import parse
        from derive.topics.worked.unknown import solved
        from derive.topics.worked.worked import work

        worked = work(derived.derivation, derived.sizes, parse(example.at), rate)
        unknowns = tuple(solved(derived.derivation, worked, *wish) for wish in example.solve)
        return (Exercise(worked, example.remark, example.ranked, unknowns),)

    def check(self, found: Sequence[Any], derived: Derived, seed: int) -> Report | None:
        from derive.topics.worked.check import compare

        reports = [compare(derived.derivation, derived.sizes, each.worked, each.solved) for each in found]
        return reports[0] if reports else None

    def blocks(self, found: Sequence[Any], context: Context) -> Iterator[Block]:
        from derive.topics.worked.page import numbers
        from derive.topics.worked.unknown_page import unknown

        for each in found:
            steps = context.derived.steps
            yield from numbers(context.derived.derivation, each.worked, each.remark, steps, each.ranked)
            yield from unknown(each.solved)

    def answers(self, found: Sequence[Any], context: Context) -> Iterator[Block]:
        from derive.topics.worked.page import after, of_values
        from derive.topics.worked.unknown_page import found_for

        for each in found:
            yield from after(context.derived.derivation, each.worked)
            yield from of_values(context.derived.derivation, each.worked)
            yield from found_for(each.solved)

    def numbers(self, found: Sequence[Any], context: Context) -> Numbers:
        from derive.topics.worked.page import on_graph

        return {e: pair for each in found for e, pair in on_graph(context.derived.derivation, each.worked).items()}


TOPIC = WorkedNumbers()
