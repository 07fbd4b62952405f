"""Jacobians as a subject: of any computed quantity with respect to any other, on a page of their own."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from derive.chain.derived import Derived, name_in
from derive.errors import UsageError
from derive.expressions.notation import NAME
from derive.page.as_data import equality, verdict
from derive.topics.topic import Ask, Context, Flag, Place, Topic

if TYPE_CHECKING:  # a subject that is not asked for loads nothing
    from derive.page.blocks import Block
    from derive.page.print.formulas import Formulas
    from derive.topics.jacobian.jacobian import Jacobian


def jacobian_of(solution: Derived, of: Any, wrt: Any, check: bool = True) -> Jacobian:
    """Derive d of / d wrt path by path, with its `lines` and final `value`; in a recurrence, that of one step.

    Errors: ModelError for an unknown name or no path, VerificationError where torch.autograd disagrees.
    """
    from derive.topics.jacobian.jacobian import jacobian

    found = jacobian(solution.model, name_in(of), name_in(wrt))
    if not check:
        return found
    from derive.topics.jacobian.check.jacobian import verify_jacobian

    return found._replace(report=verify_jacobian(solution.derivation, found, solution.sizes).required())


def names(text: str, what: str, least: int = 1, most: int = 8) -> list[str]:
    """Split names at their commas; each may occur once. Errors: UsageError."""
    found = [name.strip() for name in text.split(",")]
    if not least <= len(found) <= most or not all(NAME.fullmatch(n) for n in found):
        wanted = "two names such as p,z" if least == most == 2 else "names such as w,b"
        raise UsageError(f"{what}: expected {wanted}, found {text!r}")
    return found


def refuse_numbers(ask: Ask, wish: str) -> None:
    """Refuse numbers to be worked, if the page shows derivatives alone. Errors: UsageError."""
    if ask.get(wish) is not None:
        for option in ("at", "lr"):
            if ask.get(option) is not None:
                raise UsageError(f"--{option}: numbers are not worked for a Jacobian or a Hessian; leave it out")


class JacobianTopic(Topic):
    """Jacobians are asked for by `--jacobian p,z`."""

    place = Place.ALONE
    asks = {"jacobian": Flag("p,z", "only the Jacobian of p with respect to z")}
    offers = {"jacobian": jacobian_of}

    def refuse(self, ask: Ask) -> None:
        refuse_numbers(ask, "jacobian")

    def find(self, derived: Derived, ask: Ask) -> tuple[Jacobian, ...]:
        if ask.get("jacobian") is None:
            return ()
        of, wrt = names(ask.get("jacobian"), "--jacobian", 2, 2)
        return (jacobian_of(derived, of, wrt, ask.check),)

    def blocks(self, found: Sequence[Any], context: Context) -> Iterator[Block]:
        from derive.topics.jacobian.page import jacobian as page

        for each in found:
            yield from page.jacobian(each)
            yield from page.checked(each.report, page.AUTOGRAD)

    def data(self, found: Sequence[Any], context: Context, show: Formulas, lang: str) -> dict[str, list[Any]]:
        rows = [[] if one.report is None else [verdict(r, show) for r in one.report.rows] for one in found]
        both = zip(found, rows, strict=True)
        return {"jacobians": [equality(f.symbol, f.lines, show, lang) | {"verification": own} for f, own in both]}

    def view(self, thing: Any) -> Iterator[Block]:
        from derive.page.verdicts import table
        from derive.topics.jacobian.page import jacobian as page

        yield from page.jacobian(thing)
        if thing.report is not None:
            yield table(thing.report.rows)


TOPIC = JacobianTopic()
