"""The verdict on each line of an answer: both its sides are compared, and where they differ, the cause is sought."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from derive.errors import DeriveError, ReadError
from derive.judge import arithmetic, compare, derivatives, one_side, paths, products, slips, symmetric, words
from derive.judge.answer import Claim, define, defined, strict
from derive.judge.balls import Budget, NoTime, NoValue
from derive.judge.compare import DIFFERENT, SAME, Outcome
from derive.judge.conditions import Circumstances
from derive.judge.consequences import Consequences
from derive.judge.formulas import STEPS, Formulas
from derive.judge.names import Found, Names
from derive.judge.nothing import says_nothing, tiny
from derive.judge.places import NotWhole, OutOfRange
from derive.judge.reach import LARGEST_SIZE, Reach, ends, exceeded, numbers
from derive.judge.said import example
from derive.judge.unreadable import unreadable
from derive.judge.verdict import CONVENTION, FOLLOWS, RIGHT, SLIP, UNDECIDED, UNREADABLE, WRONG, Line
from derive.judge.world import World
from derive.language import Text, clauses
from derive.read.tree import Fraction, Multiplied, Node
from derive.transcribe.occurrences import occurrence

SLIP_STEPS = 15_000  # in which a slip is looked for at most


@dataclass
class Lines:
    """The lines of one answer while they are judged.

    `right` gives the true gradient of a family in LaTeX; it is None where there is no model.
    """

    source: str
    names: Names
    worlds: Sequence[World]
    right: Callable[[str], str] | None
    slips: bool = True
    reach: Reach | None = None

    def __post_init__(self) -> None:
        self.defined: dict[Any, Any] = {}
        self.circumstances = Circumstances()
        self.budget = Budget(STEPS)
        self.true = [self._formulas(w) for w in self.worlds]
        self.here = self.true
        self.consequences = Consequences(self.true)

    def _formulas(self, world: World) -> Formulas:
        unknown: dict[str, Any] | None = {} if self.right is None else None
        return Formulas(
            world,
            self.names,
            self.source,
            defined=self.defined,
            free_names=unknown,
            circumstances=self.circumstances,
            budget=self.budget,
        )

    def judged(self, found: Sequence[Claim]) -> list[Line]:
        """The verdict on each claim in turn; one that uses a name which is defined behind it is judged again then."""
        lines: list[Line] = []
        last: tuple[Node, bool] | None = None  # the right side of the line before, and whether it was right
        for claim in found:
            lines.append(self._verdict(claim, last if not claim.first else None))
            last = claim.right, lines[-1].verdict in (RIGHT, CONVENTION)
        for n, claim in enumerate(found):
            if lines[n].verdict == UNREADABLE and self.defined and defined(claim, self.true) is None:
                lines[n] = self._verdict(claim, None)
        return self._of_one_layout(found, lines)

    def _of_one_layout(self, found: Sequence[Claim], lines: list[Line]) -> list[Line]:
        """Gradients of matrices are all in the shape of their variables, or all transposed: not some of them."""
        matrices = [self._of_matrix(claim) for claim in found]
        if not any(m and line.verdict == RIGHT for m, line in zip(matrices, lines, strict=True)):
            return lines
        return [
            replace(line, verdict=SLIP, slip="transpose", reason=words.TURNED_ALONE, value=self._value(claim))
            if m and line.verdict == CONVENTION and line.reason == words.CONVENTIONS["layout"]
            else line
            for claim, m, line in zip(found, matrices, lines, strict=True)
        ]

    def _of_matrix(self, claim: Claim) -> bool:
        """Whether a claim gives the gradient of a whole matrix that is not symmetric."""
        target = _target(claim.left, self.true[0])
        if target is None:
            return False
        structure = self.worlds[0].derivation.model.nodes[target.name].structure
        return self.names.ranks[target.name] - len(target.places) == 2 and structure not in symmetric.SYMMETRIC

    def _verdict(self, claim: Claim, last: tuple[Node, bool] | None) -> Line:
        """The verdict on a claim; what cannot be read or computed is one too."""
        self.budget.left = STEPS
        self.circumstances.where, self.circumstances.ignored = claim.where, []
        self.circumstances.side_by_side = False
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
            name_ = self.source[claim.left.start : claim.left.end]
            return replace(said, reason=words.DEFINES(name=name_), defines=True)
        outcome = self._outcome(claim)
        if outcome.state == DIFFERENT and arithmetic.equation(claim.left, claim.right, self.right is None):
            return replace(said, verdict=UNDECIDED, reason=words.EQUATION)
        if outcome.state == SAME:
            return self._right(said, claim, outcome)
        if outcome.state == DIFFERENT and self.circumstances.ignored:
            return replace(said, verdict=UNDECIDED, reason=words.CONDITION(part=self._typed(claim.where)))
        target = _target(claim.left, self.true[0])
        if outcome.state == DIFFERENT and target and symmetric.by_independent_elements(claim, target, self.true):
            return replace(said, verdict=CONVENTION, reason=words.CONVENTIONS["symmetric"])
        if outcome.state == DIFFERENT:
            return self._bad(said, claim, outcome, last)
        count = sum(w.points for w in self.worlds)
        sizes = [words.SIZES(sizes=[f"{s} = {n}" for s, n in w.sizes.items()]) for w in self.worlds if w.sizes]
        return replace(
            said, verdict=UNDECIDED, reason=words.NOWHERE(count=count, sizes=clauses(sizes) if sizes else "-")
        )

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

    def _outcome(self, claim: Claim) -> Outcome:
        """What a comparison says; of two sides that are the same near by, also farther out where that is needed."""
        self.here = self.true
        outcome = compare.compared(claim.left, claim.right, self.true)
        if outcome.state == DIFFERENT or self.reach is None:
            return outcome
        formulas = self._formulas_of(claim)
        number, more = exceeded(formulas, self.names), []
        if outcome.one_sided or outcome.state != SAME or self.reach.needed:
            more += self.reach.far(numbers(formulas))
        if number and number <= LARGEST_SIZE:
            more += self.reach.larger(number)
        if not more:
            return outcome
        self.here, self.budget.left = [*self.true, *map(self._formulas, more)], STEPS
        return compare.compared(claim.left, claim.right, self.here)

    def _formulas_of(self, claim: Claim) -> list[Node]:
        """Everything that a claim is computed from: its sides, its conditions, and what the answer has defined."""
        own = (d.formula for some in self.defined.values() for d in some)
        return [claim.left, claim.right, *claim.where, *own]

    def _typed(self, nodes: Sequence[Node]) -> list[str]:
        return [self.source[node.start : node.end] for node in nodes]

    def _unknown(self, claim: Claim, outcome: Outcome) -> Text | None:
        """Why two sides that agree wherever they were computed may differ elsewhere."""
        for start, end, n in outcome.one_sided:
            if not one_side.empty((start, end, n), self._formulas_of(claim), self.true[0]):
                return words.ONE_SIDE(part=self.source[start:end])
        if ends([claim.right]) > LARGEST_SIZE:
            return words.BEYOND(number=str(ends([claim.right])))
        if tiny(claim.right, self.true[0]):
            return words.TINY
        if claim.right is claim.chain.sides[-1] and says_nothing(claim, self.true[0]):
            return words.SAYS_NOTHING
        return None

    def _right(self, said: Line, claim: Claim, outcome: Outcome) -> Line:
        unknown = self._unknown(claim, outcome)
        if unknown is not None:
            return replace(said, verdict=UNDECIDED, reason=unknown)
        convention = outcome.convention or ("" if strict(claim) else "kink")
        if convention == "" and outcome.one_sided:
            start, end, _ = outcome.one_sided[0]
            return replace(said, reason=words.SAME_SIDE(part=self.source[start:end]))
        convention = convention or ("product" if self.circumstances.side_by_side else "")
        if convention:
            return replace(said, verdict=CONVENTION, reason=words.CONVENTIONS[convention])
        return replace(said, reason=words.WHERE(where=self._typed(claim.where))) if claim.where else said

    def _bad(self, said: Line, claim: Claim, outcome: Outcome, last: tuple[Node, bool] | None) -> Line:
        """Why a claim is wrong: it follows from a wrong line, it has a named slip, or a counterexample alone."""
        said = replace(said, verdict=WRONG, value=self._value(claim), example=self._example(outcome))
        if outcome.shapes:
            said = replace(said, reason=words.SHAPES(shapes=outcome.shapes))
        if outcome.missing:
            said = replace(said, reason=words.MISSING)
        if outcome.unbound:
            said = replace(said, reason=words.UNBOUND(index=list(outcome.unbound)))
        try:
            said = self._caused(said, claim, outcome, last)
            if (target := _target(claim.left, self.true[0])) is not None:
                self.budget.left = STEPS
                self.consequences.remember(claim, target)
        except NoTime:  # it is wrong all the same
            pass
        return said

    def _caused(self, said: Line, claim: Claim, outcome: Outcome, last: tuple[Node, bool] | None) -> Line:
        """What is said of a wrong claim, with what it follows from or the slip that it has."""
        self.budget.left = SLIP_STEPS
        if self.consequences.follow(claim, last):
            return replace(said, verdict=FOLLOWS, reason=words.FOLLOWS)
        if self.slips and not tiny(claim.right, self.true[0]) and (slip := self._slip(claim, outcome)) is not None:
            return replace(said, verdict=SLIP, slip=slip[0], reason=slip[1])
        return said

    def _example(self, outcome: Outcome) -> Text | None:
        return None if outcome.example is None else example(outcome.example)

    def _value(self, claim: Claim) -> str:
        target = _target(claim.left, self.true[0])
        return self.right(target.name) if target is not None and self.right is not None else ""

    def _slip(self, claim: Claim, outcome: Outcome) -> tuple[str, Text] | None:
        """The first slip without which the claim is right."""
        target = _target(claim.left, self.true[0])
        if target is not None and (path := paths.path(claim, target, self.here)) is not None:
            return path
        return slips.first(claim, outcome, self.here)


def _target(left: Node, formulas: Formulas) -> Found | None:
    """The quantity by which a claim says that the loss is differentiated."""
    found = None
    if isinstance(left, Fraction):
        found = derivatives.fraction(left)
    elif isinstance(left, Multiplied) or not isinstance(left, Fraction):
        factors, signs = (left.factors, left.signs) if isinstance(left, Multiplied) else ((left,), ("",))
        taken = derivatives.inline(factors, signs)
        found = taken.derivative if taken is not None else None
        if found is None and len(factors) == 2 and products.change(formulas, factors, signs):
            name = occurrence(factors[1])
            return None if name is None else formulas.names.find(name)
    if found is None:
        return None
    of = occurrence(found.of)
    return formulas.names.find(found.wrt) if of is not None and formulas.names.is_loss(of) else None
