"""An answer is judged line by line against the derivation of a model.

Each line is computed at random points in three choices of sizes, both its sides in balls of 200 bits, with whatever the
answer has defined before. Both sides of every kink are among the points, and no weight has a special value. A line
that is wrong is compared again with what follows from the wrong lines before it; then the named slips are tried, each
against the derivation. A counterexample has small numbers where the first point, with quarters and eighths, shows one.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from typing import Any

import numpy as np

from derive.chain.derived import Derived
from derive.errors import DeriveError, ReadError
from derive.expressions.notation import latex_name
from derive.judge import arithmetic, compare, derivatives, overlooked, slips, words
from derive.judge.answer import Claim, claims, define, defined, strict
from derive.judge.balls import Budget, NoTime, NoValue
from derive.judge.compare import DIFFERENT, SAME, Outcome
from derive.judge.formulas import STEPS, Formulas
from derive.judge.names import Found, Names
from derive.judge.places import NotWhole, OutOfRange
from derive.judge.said import example
from derive.judge.verdict import (
    CONVENTION,
    FOLLOWS,
    RIGHT,
    SLIP,
    UNDECIDED,
    UNREADABLE,
    WRONG,
    Line,
)
from derive.judge.world import Array, World, nowhere
from derive.judge.world import worlds as made
from derive.language import Text
from derive.page.print.formulas import Formulas as Printed
from derive.read.reader import read
from derive.read.tree import Fraction, Multiplied, Node
from derive.transcribe.occurrences import letter, occurrence

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
        if derived is None:
            self.names, self.worlds = Names(None, {}), [nowhere()]
        else:
            self.names = Names(derived.derivation, typed or {})
            self.worlds = [*worlds] or made(derived.derivation, {s: int(n) for s, n in dict(derived.sizes).items()})

    def answer(self, source: str) -> tuple[Line, ...]:
        """The verdict on every claim of an answer; an answer that cannot be read has one line."""
        lines, text = list(overlooked.outside(source)), source
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
        lines += [*overlooked.without_equation(source, rows), *_Answer(self, source).lines(claims(rows))]
        return tuple(sorted(lines, key=lambda line: line.number)) or (EMPTY,)

    def right(self, name: str) -> str:
        """The gradient of a family as the derivation has it, in LaTeX; of several regions, each."""
        derived = self.derived
        assert derived is not None
        show = Printed("latex", derived.model.order, tuple(derived.sizes.items()), derived.model.said)
        steps = [s for s in derived.steps if s.node.name == name]
        return ", ".join(f"{show.show(s.target)} = {show.plain(s.lines[-1])}" for s in steps)


def without(text: str, place: int) -> str:
    """A text in which the row with a place is blank, but for what opens and closes mathematics around it."""
    start = max(0, *(found + len(mark) for mark in ("\n", "\\\\") if (found := text.rfind(mark, 0, place)) >= 0), 0)
    ends = [end for end in (text.find("\n", place), text.find("\\\\", place)) if end >= 0]
    stop = min(ends, default=len(text))
    kept = re.compile(r"\$+|\\[\[\]()]|\\(?:begin|end)\{[^}]*\}|\n")
    row = "".join(
        part if kept.fullmatch(part) else " " * len(part) for part in re.split(f"({kept.pattern})", text[start:stop])
    )
    return text[:start] + row + text[stop:]


def error_line(error: ReadError, source: str) -> Line:
    """A line of its own for what cannot be read."""
    return unreadable(error, source[error.start : error.end])


def unreadable(error: ReadError, text: str) -> Line:
    """A line that cannot be read, with the caret under the place."""
    message = str(error).partition(": ")[2]
    return Line(text, UNREADABLE, error.line, words.READ(message=message), caret=error.excerpt())


@dataclass
class _Answer:
    """One answer while it is judged."""

    judge: Judge
    source: str

    def __post_init__(self) -> None:
        self.defined: dict[Any, Any] = {}
        self.budget = Budget(STEPS)
        self.true = [self._formulas(w) for w in self.judge.worlds]
        self.wrong: list[Formulas] | None = None  # where the wrong gradients of lines before are taken for true
        self.replaced: list[dict[str, Any]] = [{} for _ in self.judge.worlds]

    def _formulas(self, world: World) -> Formulas:
        unknown: dict[str, Any] | None = {} if self.judge.derived is None else None
        return Formulas(
            world, self.judge.names, self.source, defined=self.defined, free_names=unknown, budget=self.budget
        )

    def lines(self, found: Sequence[Claim]) -> list[Line]:
        """The verdict on each claim in turn; one that uses a name which is defined behind it is judged again then."""
        lines: list[Line] = []
        last: tuple[Node, bool] | None = None  # the right side of the line before, and whether it was right
        for claim in found:
            lines.append(self._judged(claim, last if not claim.first else None))
            last = claim.right, lines[-1].verdict in (RIGHT, CONVENTION)
        for n, claim in enumerate(found):
            if lines[n].verdict == UNREADABLE and self.defined and defined(claim, self.true) is None:
                lines[n] = self._judged(claim, None)
        return lines

    def _judged(self, claim: Claim, last: tuple[Node, bool] | None) -> Line:
        """The verdict on a claim; what cannot be read or computed is one too."""
        self.budget.left = STEPS
        try:
            return self._line(claim, last)
        except ReadError as error:
            return replace(unreadable(error, self._text(claim)), number=self._row(claim))
        except NotWhole as error:
            here = ReadError("this is no index here", self.source, error.node.start, error.node.end)
            return replace(unreadable(here, self._text(claim)), number=self._row(claim))
        except NoTime:
            return Line(self._text(claim), UNDECIDED, self._row(claim), words.LONG)
        except (NoValue, OutOfRange, RecursionError, DeriveError, ValueError, TypeError, ArithmeticError):
            return Line(self._text(claim), UNDECIDED, self._row(claim), words.FAR)

    def _text(self, claim: Claim) -> str:
        left = self.source[claim.left.start : claim.left.end]
        return f"{left} = {self.source[claim.right.start : claim.right.end]}"

    def _row(self, claim: Claim) -> int:
        return self.source.count("\n", 0, claim.right.start) + 1

    def _line(self, claim: Claim, last: tuple[Node, bool] | None) -> Line:
        said = Line(self._text(claim), RIGHT, self._row(claim))
        number = arithmetic.computed(claim)
        if number is not None:
            return self._arithmetic(said, claim, number)
        name = defined(claim, self.true)
        if name is not None:
            define(name, claim.right, self.true)
            self._try(claim.right)
            return replace(said, reason=words.DEFINES(name=self.source[claim.left.start : claim.left.end]))
        outcome = compare.compared(claim.left, claim.right, self.true)
        if outcome.state == DIFFERENT and arithmetic.equation(claim.left, claim.right, self.judge.derived is None):
            return replace(said, verdict=UNDECIDED, reason=words.EQUATION)
        if outcome.state == SAME:
            return self._right(said, claim, outcome)
        if outcome.state == DIFFERENT:
            return self._bad(said, claim, outcome, last)
        count = sum(w.points for w in self.judge.worlds)
        sizes = "; ".join(", ".join(f"{s} = {n}" for s, n in w.sizes.items()) for w in self.judge.worlds)
        return replace(said, verdict=UNDECIDED, reason=words.NOWHERE(count=count, sizes=sizes or "-"))

    def _arithmetic(self, said: Line, claim: Claim, left: Node) -> Line:
        """A claim about numbers: exact, or to half a unit of the last digit."""
        right = arithmetic.scaled(claim.right) or claim.right
        one, two = (self.true[0].value(side, {}) for side in (left, right))
        same = arithmetic.agree(one, two, arithmetic.half_unit(claim.right, claim.sign == "approx"))
        if same:
            return said
        if same is None:
            return replace(said, verdict=UNDECIDED, reason=words.FAR)
        return replace(said, verdict=WRONG, value=arithmetic.printed(one))

    def _try(self, node: Node) -> None:
        """Raise what is wrong with a formula where it stands, and not where it is used."""
        formulas = self.true[0]
        scope = {own: b for own, (_, b) in formulas.ranges(node).items()}
        try:
            formulas.value(node, scope)
        except (OutOfRange, NoValue):
            return

    def _right(self, said: Line, claim: Claim, outcome: Outcome) -> Line:
        convention = outcome.convention or ("" if strict(claim) else "kink")
        if convention:
            return replace(said, verdict=CONVENTION, reason=words.CONVENTIONS[convention])
        return said

    def _bad(self, said: Line, claim: Claim, outcome: Outcome, last: tuple[Node, bool] | None) -> Line:
        """Why a claim is wrong: it follows from a wrong line, it has a named slip, or a counterexample alone."""
        said = replace(said, verdict=WRONG, value=self._value(claim), example=self._example(outcome))
        if outcome.shapes:
            said = replace(said, reason=words.SHAPES(shapes=outcome.shapes))
        if outcome.missing:
            said = replace(said, reason=words.MISSING)
        if outcome.unbound:
            said = replace(said, reason=words.UNBOUND(index=", ".join(outcome.unbound)))
        follows = self._follows(claim, last)
        if follows:
            said = replace(said, verdict=FOLLOWS, reason=words.FOLLOWS)
        elif self.judge.slips and (slip := self._slip(claim, outcome)) is not None:
            said = replace(said, verdict=SLIP, slip=slip[0], reason=slip[1])
        self._remember(claim)
        return said

    def _example(self, outcome: Outcome) -> Text | None:
        return None if outcome.example is None else example(outcome.example)

    def _value(self, claim: Claim) -> str:
        target = self._target(claim.left)
        return self.judge.right(target.name) if target is not None else ""

    def _target(self, left: Node) -> Found | None:
        """The quantity by which a claim says that the loss is differentiated."""
        found = None
        if isinstance(left, Fraction):
            found = derivatives.fraction(left)
        elif isinstance(left, Multiplied) or not isinstance(left, Fraction):
            factors, signs = (left.factors, left.signs) if isinstance(left, Multiplied) else ((left,), ("",))
            taken = derivatives.inline(factors, signs)
            found = taken.derivative if taken is not None else None
            if found is None and len(factors) == 2 and self.true[0]._change(factors, signs):
                name = occurrence(factors[1])
                return None if name is None else self.judge.names.find(name)
        if found is None:
            return None
        of = occurrence(found.of)
        return self.judge.names.find(found.wrt) if of is not None and self.judge.names.is_loss(of) else None

    # -- what follows ---------------------------------------------------------------------------------------------

    def _follows(self, claim: Claim, last: tuple[Node, bool] | None) -> bool:
        """Whether a wrong claim is what a wrong line before it leads to."""
        if last is not None and not last[1] and compare.compared(last[0], claim.right, self.true).state == SAME:
            return True
        return self.wrong is not None and compare.compared(claim.left, claim.right, self.wrong).state == SAME

    def _remember(self, claim: Claim) -> None:
        """Take a wrong gradient for true, to see what follows from it."""
        target = self._target(claim.left)
        if target is None:
            return
        base = self.wrong or self.true
        for k, formulas in enumerate(base):
            array = self._claimed(claim, target, formulas)
            if array is None:
                return
            self.replaced[k][f"adjoint {target.name}"] = array
        self.wrong = [self._formulas(w.branch(r)) for w, r in zip(self.judge.worlds, self.replaced, strict=True)]

    def _claimed(self, claim: Claim, target: Found, formulas: Formulas) -> Any:
        """The array that a claim gives for a gradient; None if it gives none of that shape."""
        true = formulas.world.adjoint(target.name)
        array = np.array(true.numbers, dtype=object)
        letters = [letter(p) for p in target.places]
        if not all(letters) or len(set(letters)) < len(letters):
            return None
        spans = [range(low, low + n) for low, n in zip(true.low, array.shape[:-1], strict=True)][: len(letters)]
        for at in np.ndindex(*map(len, spans)):
            scope = {own: span[n] for own, span, n in zip(letters, spans, at, strict=True)}
            try:
                value = formulas.value(claim.right, scope)
            except (OutOfRange, NoValue):
                continue
            except DeriveError:
                return None
            if value.dims != array[at].shape[:-1]:
                return None
            array[at] = value.numbers
        return array

    # -- slips ----------------------------------------------------------------------------------------------------

    def _slip(self, claim: Claim, outcome: Outcome) -> tuple[str, Text] | None:
        """The first slip without which the claim is right."""
        path = self._path(claim)
        if path is not None:
            return path
        self.budget.left = STEPS
        try:
            return self._first(claim, outcome)
        except NoTime:
            return None

    def _first(self, claim: Claim, outcome: Outcome) -> tuple[str, Text] | None:
        """The first edit without which the claim is right."""
        found = slips.edits(claim.right, claim.left, self.judge.names, self.true, outcome.unbound, self.source)
        for n, edit in enumerate(found):
            if n > slips.MOST:
                return None
            if self._holds(claim, edit):
                return edit.slip, edit.said
        return None

    def _holds(self, claim: Claim, edit: slips.Edit) -> bool:
        side = slips.undone(edit, claim.right)
        try:
            for some in (self.true[:1], self.true):
                found = compare.sides(claim.left, compare.of(claim.left), edit.tree, side, some)
                if found.state != SAME or found.convention:
                    return False
        except (DeriveError, NotWhole, NoValue, OutOfRange, ValueError, TypeError):
            return False
        return True

    def _path(self, claim: Claim) -> tuple[str, Text] | None:
        """Whether the claim is the sum over some of the paths to the loss only."""
        target = self._target(claim.left)
        if target is None:
            return None
        try:
            return self._some_paths(claim, target) or self._immediate(claim, target)
        except (DeriveError, NoValue, OutOfRange):
            return None

    def _some_paths(self, claim: Claim, target: Found) -> tuple[str, Text] | None:
        parts = self.true[0].world.contributions(target.name)
        for size in range(len(parts) - 1, 0, -1):
            for kept in combinations(range(len(parts)), size) if len(parts) <= 6 else ():
                if self._equals(claim, target, kept):
                    missing = [parts[n] for n in range(len(parts)) if n not in kept]
                    key = "immediate" if all(lagged for _, lagged, _ in missing) else "path"
                    names = dict.fromkeys(latex_name(user) for user, _, _ in missing)
                    return key, words.SLIPS[key](through=", ".join(names))
        return None

    def _equals(self, claim: Claim, target: Found, kept: Sequence[int]) -> bool:
        def part(formulas: Formulas, scope: Any) -> Any:
            arrays = [array for _, _, array in formulas.world.contributions(target.name)]
            total = sum((arrays[n].numbers for n in kept[1:]), arrays[kept[0]].numbers)
            return formulas.at(Array(total, arrays[0].low), target.places, scope)

        found = compare.sides(claim.left, part, claim.right, compare.of(claim.right), self.true)
        return found.state == SAME

    def _immediate(self, claim: Claim, target: Found) -> tuple[str, Text] | None:
        """Whether a gradient has only what does not come back through time."""
        nodes = self.true[0].world.derivation.model.nodes
        states = [
            n for s in self.true[0].world.derivation.stages if s.time for n in s.families if len(nodes[n].cases) > 1
        ]
        if not states:
            return None
        cut = [self._formulas(f.world.at_once()) for f in self.true]
        if all(x == 0 for x in cut[0].world.adjoint(target.name).numbers.ravel()):
            return None
        found = compare.sides(claim.left, compare.of(claim.left), claim.right, compare.of(claim.right), cut)
        if found.state != SAME:
            return None
        return "immediate", words.SLIPS["immediate"](through=", ".join(map(latex_name, states)))
