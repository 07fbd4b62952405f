"""An answer is judged line by line against the derivation of a model.

Each line is computed at random points in three choices of sizes, both its sides in balls of 200 bits, with whatever the
answer has defined before. Both sides of every kink are among the points, and no weight has a special value. A line
that is wrong is compared again with what follows from the wrong lines before it; then the named slips are tried, each
against the derivation. A counterexample has small numbers where the first point, with quarters and eighths, shows one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from derive.chain.derived import Derived
from derive.errors import ReadError
from derive.judge import overlooked, words
from derive.judge.answer import Claim, claims
from derive.judge.derivatives import differentiated
from derive.judge.lines import Lines
from derive.judge.names import Names
from derive.judge.reach import Reach
from derive.judge.unreadable import error_line, without
from derive.judge.verdict import UNREADABLE, Line
from derive.judge.world import World, nowhere
from derive.judge.world import worlds as made
from derive.language import Text
from derive.page.print.formulas import Formulas as Printed
from derive.read.reader import read

EMPTY = Line("", UNREADABLE, 1, words.EMPTY)
MOST_UNREAD = 20  # rows of an answer that cannot be read, after which no more are looked for


class Judge:
    """Judges answers to one derivation, or claims that need none.

    `typed` are the names of a model in LaTeX as they were typed; without `slips` no slip is looked for.
    `version` is the label of the reading of the task that is derived.
    """

    def __init__(
        self,
        derived: Derived | None,
        typed: Mapping[str, str] | None = None,
        slips: bool = True,
        worlds: Sequence[World] = (),
        version: Text | None = None,
    ):
        self.derived, self.slips, self.version = derived, slips, version
        self.reach: Reach | None = None
        if derived is None:
            self.names, self.worlds = Names(None, {}), [nowhere()]
        else:
            self.names = Names(derived.derivation, typed or {})
            given = {s: int(n) for s, n in dict(derived.sizes).items()}
            self.worlds = [*worlds] or made(derived.derivation, given)
            self.reach = Reach(derived.derivation, given, self.worlds)

    def answer(self, source: str) -> tuple[Line, ...]:
        """The verdict on every claim of an answer; an answer that cannot be read has one line."""
        try:
            lines, text = list(overlooked.outside(source)), source
        except ReadError as error:
            return (error_line(error, source),)
        for _ in range(MOST_UNREAD):
            try:
                rows = read(text)
                break
            except ReadError as error:
                here = replace(error_line(error, source), text=source.splitlines()[error.line - 1].strip())
                lines.append(here)
                left = without(text, error.start)
                if left == text:
                    return tuple(lines)
                text = left
        else:
            return tuple(lines)
        lines += [*overlooked.without_equation(source, rows), *self._judged(source, claims(rows, source))]
        return tuple(sorted(lines, key=lambda line: line.number)) or (EMPTY,)

    def _judged(self, source: str, found: Sequence[Claim]) -> list[Line]:
        names = self.names.differentiated(differentiated(side for c in found for side in (c.left, c.right)))
        right = None if self.derived is None else self.right
        return Lines(source, names, self.worlds, right, self.slips, self.reach).judged(found)

    def right(self, name: str) -> str:
        """The gradient of a family as the derivation has it, in LaTeX; of several regions, each."""
        derived = self.derived
        assert derived is not None
        show = Printed("latex", derived.model.order, tuple(derived.sizes.items()), derived.model.said)
        steps = [s for s in derived.steps if s.node.name == name]
        return ", ".join(f"{show.show(s.target)} = {show.plain(s.lines[-1])}" for s in steps)
