"""Stability as a subject: of every recurrence over general time, when gradients explode and when they vanish."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from derive.chain.derived import Derived
from derive.model.reachability import influenced
from derive.topics.topic import Ask, Context, Topic

if TYPE_CHECKING:
    from derive.check.report import Report
    from derive.language import Text
    from derive.model.model import Model
    from derive.model.schedule import Stage
    from derive.page.blocks import Block
    from derive.page.plots.plot import Plot
    from derive.page.print.formulas import Formulas
    from derive.topics.stability.conditions import Analysis, Condition, Told
    from derive.topics.stability.measurements import Measured


def analyses(solution: Derived) -> tuple[Analysis, ...]:
    """For every recurrence over a time that has no number: the Jacobian of a step, and when gradients explode.

    Nothing is said of a recurrence through which no gradient is asked for, such as the moments of an optimiser.
    """
    return solution.once("analyses", lambda: _analyses(solution))


def _analyses(solution: Derived) -> tuple[Analysis, ...]:
    known = {str(s) for s in solution.sizes}
    return _of(solution, lambda names: not known & names)


def told(solution: Derived) -> tuple[Told, ...]:
    """The same of the recurrences whose length is a size with a number: what holds for any length holds for this one.

    It is told in the results alone; the sheet for a general length has the proofs, and measures.
    """
    return solution.once("told", lambda: _told(solution))


def _told(solution: Derived) -> tuple[Told, ...]:
    from derive.topics.stability.conditions import Told

    known = {str(s) for s in solution.sizes}
    return tuple(Told(a) for a in _of(solution, lambda names: bool(known & names)) if a.conditions)


def _of(solution: Derived, wanted: Callable[[set[str]], bool]) -> tuple[Analysis, ...]:
    """The analyses of the recurrences through which a gradient is asked for, and whose length has such sizes."""
    d = solution.derivation
    stages = [s for s in d.stages if s.stepwise and (names := _length(d.model, s)) and wanted(names)]
    asked = influenced(d.model, tuple(a.node.name for a in d.adjoints.values() if a.node.is_leaf))
    reached = [s for s in stages if any(name in d.adjoints and name in asked for name in s.families)]
    if not reached:
        return ()
    from derive.topics.stability.analysis import analyse

    return tuple(analyse(d, s) for s in reached)


def _length(model: Model, stage: Stage) -> set[str]:
    """The sizes that say how long a recurrence is."""
    indices = [model.nodes[name].indices[axis] for name, axis in stage.time.items()]
    return {str(s) for i in indices for s in (i.lower.free_symbols | i.upper.free_symbols)}


def conditions(solution: Derived) -> tuple[Condition, ...]:
    """When the gradient explodes, vanishes or stays; each with its strength and its reason."""
    return tuple(c for a in analyses(solution) for c in a.conditions)


def plot(solution: Derived, what: str = "norms") -> Plot:
    """ "norms" of adjoints against distance, or "regions" of parameters; `save(file)`, and a notebook shows it.

    Errors: UsageError where nothing is claimed about a recurrence, or without matplotlib.
    """
    from derive.topics.stability.plots.plots import plot

    return plot(solution.derivation, analyses(solution), what)


class Stability(Topic):
    """Nothing needs to be asked: the model says what recurs."""

    offers = {"analyses": property(analyses), "conditions": property(conditions), "plot": plot}
    measures = True

    def find(self, derived: Derived, ask: Ask) -> tuple[Analysis | Told, ...]:
        return *analyses(derived), *told(derived)

    def check(self, found: Sequence[Any], derived: Derived, seed: int) -> Report | None:
        if not (general := _general(found)):
            return None
        from derive.check.report import Report
        from derive.topics.stability.check.measured import measured

        return Report(claims=tuple(measured(derived.derivation, each, seed) for each in general))

    def answers(self, found: Sequence[Any], context: Context) -> Iterator[Block]:
        from derive.topics.stability.page.conditions import answer

        for each in found:
            yield from answer(each, context.detail)

    def blocks(self, found: Sequence[Any], context: Context) -> Iterator[Block]:
        if not (general := _general(found)):
            return
        from derive.topics.stability.measurements import measured_of
        from derive.topics.stability.page.page import recurrence

        for each in general:
            yield from recurrence(each, measured_of(context.report, each), context, len(general) > 1)

    def argued(self, found: Sequence[Any], context: Context) -> Iterator[Text]:
        from derive.topics.stability.measurements import measured_of
        from derive.topics.stability.page.argued import NOT_HERE, argued

        for each in _general(found):
            yield from argued(each, measured_of(context.report, each), context.detail)
        if len(_general(found)) < len(found):
            yield NOT_HERE

    def data(self, found: Sequence[Any], context: Context, show: Formulas, lang: str) -> dict[str, list[Any]]:
        from derive.topics.stability.measurements import measured_of

        items = (_data(each, measured_of(context.report, each), show, lang) for each in _general(found))
        return {"conditions": [item for own in items for item in own]}

    def can_plot(self, found: Sequence[Any]) -> bool:
        return any(each.conditions for each in _general(found))

    def view(self, thing: Any) -> Iterator[Block]:
        from derive.page.blocks import Paragraph
        from derive.topics.stability.conditions import Condition
        from derive.topics.stability.page.conditions import sentence

        if not isinstance(thing, Condition):
            yield from super().view(thing)
        yield Paragraph(sentence(thing))


def _general(found: Sequence[Any]) -> list[Analysis]:
    """What was found of recurrences of any length; what is only told of those of a given length comes behind it."""
    from derive.topics.stability.conditions import Analysis

    return [each for each in found if isinstance(each, Analysis)]


def _data(analysis: Analysis, measured: Measured | None, show: Formulas, lang: str) -> Iterator[dict[str, Any]]:
    """Every condition with its claim as LaTeX and as sympy, its reason, and its evidence where it was measured."""
    findings = {f.condition: f for f in measured.findings} if measured is not None else {}
    for c in analysis.conditions:
        settings = findings[c].settings if c in findings else ()
        yield {
            "kind": c.kind,
            "strength": c.strength,
            "about": c.about,
            "claim": show.show(c.claim),
            "sympy": str(c.claim),
            "where": {show.show(s): str(v) for s, v in analysis.where},
            "reason": c.reason.pick(lang, show.show),
            "evidence": [
                {"measure": s.measure, "draws": s.draws, "norms": s.norms, "per_step": s.rates, "ok": s.ok}
                for s in settings
            ],
        }


TOPIC = Stability()
