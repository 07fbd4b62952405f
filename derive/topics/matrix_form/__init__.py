"""Matrix forms as a subject: the model in matrices, and the last line of every step as an entry of its matrix."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from sympy import Expr

from derive.chain.derived import Derived
from derive.chain.regions import fill
from derive.chain.rule import extent
from derive.errors import ModelError, NoMatrixForm
from derive.expressions.matrices import Signature, Submatrix, shape
from derive.topics.matrix_form.form import Form, Forms
from derive.topics.matrix_form.roles import has_matrices
from derive.topics.topic import Ask, Context, Place, Topic

if TYPE_CHECKING:  # a subject that is not asked for loads nothing
    from derive.chain.derivation import Step
    from derive.check.report import Report
    from derive.language import Text
    from derive.page.blocks import Block
    from derive.page.blocks import Row as Line
    from derive.page.print.formulas import Formulas


def matrices(solution: Derived) -> Forms:
    """The model and the last line of every step in matrices, where an index runs along rows or columns."""
    return solution.once("matrices", lambda: _matrices(solution))


def _matrices(solution: Derived) -> Forms:
    if not has_matrices(solution.model):
        return Forms()
    from derive.topics.matrix_form.forms import forms

    return forms(solution.model, solution.steps)


def compared(solution: Derived) -> Forms:
    """The same, compared with torch.autograd the first time. Errors: VerificationError where something disagrees."""
    found = matrices(solution)

    def report() -> Report:
        from derive.check import derived

        return derived.compared(solution, comparisons={"matrix_form": TOPIC.comparison((found,))}).required()

    solution.once("matrices compared", report)
    return found


def matrix(solution: Derived, quantity: Any, check: bool = True) -> Expr:
    """dL/dquantity as matrices, shapes included (topics/matrix_form).

    Errors: NoMatrixForm, with the reason; VerificationError where torch.autograd disagrees.
    """
    from derive.topics.matrix_form.gradient import gradient

    known, steps = compared(solution) if check else matrices(solution), solution.regions(quantity)
    whole = gradient(known, steps) if steps else None
    if whole is not None:
        return whole[1]
    found = [form for step in steps if (form := known.of(step)) is not None]
    if len(found) != 1:
        raise ModelError(f"dL/d{quantity} has {len(found)} matrix forms; see matrices")
    if isinstance(found[0].whole, Submatrix) or not fill([step.region for step in steps], extent(steps[0].node)):
        raise ModelError(f"dL/d{quantity} has a matrix form only for a part of its elements; see gradient({quantity})")
    if found[0].matrix is None:
        raise NoMatrixForm(found[0].reason)
    return found[0].matrix


class MatrixForms(Topic):
    """Nothing needs to be asked. What is found is one record of all forms."""

    place = Place.MODEL
    offers = {"matrices": property(compared), "matrix": matrix}

    def find(self, derived: Derived, ask: Ask) -> tuple[Forms, ...]:
        found = matrices(derived)
        return (found,) if found.laws or found.steps else ()

    def comparison(self, found: Sequence[Any]) -> Callable[[Any], Report]:
        from derive.topics.matrix_form.check.forms import compare

        return partial(compare, *found)

    def blocks(self, found: Sequence[Any], context: Context) -> Iterator[Block]:
        from derive.topics.matrix_form.page import model_in_matrices

        for each in found:
            yield from model_in_matrices(each, _explained(each, context), context.detail)

    def answers(self, found: Sequence[Any], context: Context) -> Iterator[Block]:
        """What the signs in the boxes mean, and what shapes the gradients have, below the boxes."""
        from derive.page import sentences as say
        from derive.page.blocks import Paragraph
        from derive.topics.matrix_form.page import SHAPE, keep_shapes

        for each in found:
            shape_ = [SHAPE] if keep_shapes(each, _wanted(context)) else []
            if meanings := [*shape_, *_explained(each, context)]:
                yield Paragraph(say.one_after_another(meanings))

    def last_line(self, found: Sequence[Any], step: Step) -> Iterator[Line]:
        from derive.topics.matrix_form.page import last_line

        for each in found:
            yield from last_line(each.of(step))

    def boxed(self, found: Sequence[Any], steps: Sequence[Step]) -> Iterator[Block]:
        from derive.topics.matrix_form.page import boxed

        for each in found:
            yield from boxed(each, steps)

    def data(self, found: Sequence[Any], context: Context, show: Formulas, lang: str) -> dict[str, list[Any]]:
        return {"matrix": [_data(form, show, lang) for each in found for form in each.all]}


def _explained(found: Forms, context: Context) -> Sequence[Text]:
    """What the signs in the boxes of the gradients mean."""
    from derive.topics.matrix_form.page import signs

    return signs(found, _wanted(context))


def _wanted(context: Context) -> list[Step]:
    return [s for s in context.derived.steps if s.node.name in context.derived.derivation.wanted]


def _data(form: Form, show: Formulas, lang: str) -> dict[str, Any]:
    """A definition or an adjoint in matrices with its shapes; null, and the reason, where there is no such form."""
    if form.matrix is None or form.reason is not None:
        reason = form.reason.pick(lang, show.show) if form.reason is not None else ""
        return {"formula": show.show(form.element), "value": None, "reason": reason}
    return {
        "formula": show.show(form.whole),
        "value": show.show(form.matrix),
        "shapes": show.show(Signature(form.matrix)),
        "shape": [str(n) for n in shape(form.matrix)],
        "sympy": str(form.matrix),
    }


TOPIC = MatrixForms()
