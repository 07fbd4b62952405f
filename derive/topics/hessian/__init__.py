"""Hessians as a subject: second derivatives of the loss, on a page of their own."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from derive.chain.derived import Derived, name_in
from derive.errors import ModelError
from derive.page.as_data import equality, verdict
from derive.topics.jacobian import names, refuse_numbers
from derive.topics.topic import Ask, Context, Flag, Place, Topic

if TYPE_CHECKING:  # a subject that is not asked for loads nothing
    from derive.page.blocks import Block
    from derive.page.print.formulas import Formulas
    from derive.topics.hessian.hessian import Hessian


def hessian_of(solution: Derived, *wrt: Any, check: bool = True) -> Hessian:
    """Derive the second derivatives of the loss with respect to the families `wrt`; a name given twice counts once.

    The result has `blocks` and the product with a vector; `squares` where it is seen to be positive semidefinite;
    through time also what is `carried`. Errors: ModelError for an unknown name, no loss or no path, VerificationError
    where torch.autograd disagrees.
    """
    from derive.chain.rule import derive
    from derive.topics.hessian.definite import squares
    from derive.topics.hessian.hessian import hessian

    families, model = list(dict.fromkeys(name_in(w) for w in wrt)), solution.model
    if not families:
        raise ModelError("hessian() expects the parameters to differentiate by, such as hessian('w', 'b')")
    if not model.has_loss:
        raise ModelError(f"the graph {model.title!r} has no loss, so there is no Hessian")
    for name in families:
        if name in model.nodes and model.nodes[name].is_leaf and (structure := model.nodes[name].structure):
            raise ModelError(f"{name} is declared {structure}, which its gradient uses; leave that out for a Hessian")
    own = Derived(derive(model, families), solution.sizes)
    steps = [s for name in own.derivation.adjoints for s in own.steps_of(name)]
    found = hessian(own.derivation, steps, families)
    found = found._replace(squares=squares(found))
    if not check:
        return found
    from derive.topics.hessian.check.hessian import verify_hessian

    return found._replace(report=verify_hessian(own.derivation, found, solution.sizes).required())


class HessianTopic(Topic):
    """Hessians are asked for by `--hessian w,b`."""

    place = Place.ALONE
    asks = {"hessian": Flag("w,b", "only the Hessian of the loss with respect to w and b")}
    offers = {"hessian": hessian_of}

    def refuse(self, ask: Ask) -> None:
        refuse_numbers(ask, "hessian")

    def find(self, derived: Derived, ask: Ask) -> tuple[Hessian, ...]:
        wish = ask.get("hessian")
        return () if wish is None else (hessian_of(derived, *names(wish, "--hessian"), check=ask.check),)

    def blocks(self, found: Sequence[Any], context: Context) -> Iterator[Block]:
        from derive.topics.hessian.page import hessian as page
        from derive.topics.jacobian.page.jacobian import checked

        for each in found:
            yield from page.hessian(each, context.derived.loss)
            yield from checked(each.report, page.twice(each))

    def data(self, found: Sequence[Any], context: Context, show: Formulas, lang: str) -> dict[str, list[Any]]:
        return {"hessians": [_data(each, show, lang) for each in found]}

    def view(self, thing: Any) -> Iterator[Block]:
        from derive.page.verdicts import table
        from derive.topics.hessian.page import hessian as page

        yield from page.hessian(thing, thing.model.loss.symbol)
        if thing.report is not None:
            yield table(thing.report.rows)


def _data(found: Hessian, show: Formulas, lang: str) -> dict[str, Any]:
    """Return the blocks, the product with a vector, what is carried through time, and the check."""
    product, carried = (
        [{"formula": show.show(a.target), "value": show.plain.line(a.terms)} for a in own]
        for own in (found.along, [a for one in found.carried for a in one])
    )
    return {
        "blocks": [equality(b.symbol, b.lines, show, lang) for row in found.blocks for b in row],
        "carried": carried,
        "product": product,
        "verification": [] if found.report is None else [verdict(r, show) for r in found.report.rows],
    }


TOPIC = HessianTopic()
