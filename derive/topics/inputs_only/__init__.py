"""Gradients in what is given as a subject: no adjoint and no computed quantity is left in them, where that can be."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from sympy import Expr

from derive.chain.derived import Derived, name_in
from derive.chain.regions import by_region
from derive.chain.rule import extent
from derive.errors import ModelError
from derive.page.as_data import equality
from derive.topics.topic import Ask, Context, Flag, Topic

if TYPE_CHECKING:  # a subject that is not asked for loads nothing
    from derive.chain.derivation import Step
    from derive.check.report import Report
    from derive.page.blocks import Block
    from derive.page.print.formulas import Formulas
    from derive.topics.inputs_only.carried import Carried

ALL = "all"


def gradient_in_inputs(solution: Any, parameter: Any, check: bool = True) -> Expr:
    """Return dL/dparameter in inputs, targets, constants and parameters alone, each of its lines checked.

    It is a Piecewise in the indices where its form depends on them; an abstract loss keeps its partials. Errors:
    ModelError where a recurrence has no closed form, VerificationError where a line disagrees with torch.autograd.
    """
    from derive.topics.inputs_only.carried import carried
    from derive.topics.inputs_only.page import why_not

    name = name_in(parameter)
    found = carried(solution, name)
    for one in found:
        if not one.lines:
            raise ModelError(why_not(one).pick("en", str))
    if not found:
        return solution.form(name)  # type: ignore[no-any-return]
    if check:
        solution.verify(conditions=False, inputs_only=name).require()
    node = found[0].step.node
    return by_region([(one.step.region, one.value) for one in found], node.indices, extent(node))


class InputsOnly(Topic):
    """It is asked for by `inputs_only=True`, or the names of parameters, and by `--inputs-only`; by itself it shows the
    gradients that hold states whose closed form the sheet derives."""

    asks = {"inputs_only": Flag("w,b", "the gradients also in what is given alone: all, or of w and b", ALL)}
    offers = {"gradient_in_inputs": gradient_in_inputs}

    def find(self, derived: Derived, ask: Ask) -> tuple[Carried, ...]:
        asked = ask.get("inputs_only", False)
        if not derived.model.has_loss or not (asked or derived.values):
            return ()
        from derive.topics.inputs_only.carried import carried, with_closed_forms

        if not asked:
            return with_closed_forms(derived)
        every = asked is True or asked == ALL
        names = derived.derivation.wanted if every else [n.strip() for n in str(asked).split(",")]
        return tuple(one for name in names for one in carried(derived, name))

    def comparison(self, found: Sequence[Any]) -> Callable[[Any], Report]:
        from derive.topics.inputs_only.check import compare

        return partial(compare, found)

    def blocks(self, found: Sequence[Any], context: Context) -> Iterator[Block]:
        from derive.topics.inputs_only.page import section

        return section(found, context.detail)

    def boxed(self, found: Sequence[Any], steps: Sequence[Step]) -> Iterator[Block]:
        from derive.page.blocks import Equations, Row

        for one in (one for one in found if one.step in steps and len(one.lines) > 1):
            yield Equations((Row(one.step.target, one.lines[-1].terms),), boxed=True)

    def data(self, found: Sequence[Any], context: Context, show: Formulas, lang: str) -> dict[str, list[Any]]:
        return {"inputs_only": [_data(one, show, lang) for one in found]}


def _data(one: Carried, show: Formulas, lang: str) -> dict[str, Any]:
    """A gradient in what is given; null, and the reason, where there is none."""
    from derive.topics.inputs_only.page import why_not

    if one.lines:
        return equality(one.step.target, one.lines, show, lang)
    return {"formula": show.show(one.step.target), "value": None, "reason": why_not(one).pick(lang, show.show)}


TOPIC = InputsOnly()
