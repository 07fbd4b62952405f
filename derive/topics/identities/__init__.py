"""Identities as a subject: pairs of nodes that a problem asks to be shown to be the same."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from derive.chain.derived import Derived, name_in
from derive.errors import UsageError
from derive.page.as_data import equality
from derive.topics.topic import Ask, Context, Place, Topic, listed

if TYPE_CHECKING:  # a subject that is not asked for loads nothing
    from derive.check.report import Report
    from derive.page.blocks import Block
    from derive.page.print.formulas import Formulas
    from derive.topics.identities.identities import Identity


def identity(solution: Derived, one: Any, other: Any, check: bool = True) -> Identity:
    """Show that two nodes are the same, both written in what is given.

    Errors: ModelError where that is not seen, VerificationError where numbers disagree.
    """
    from derive.topics.identities.identities import identity as shown

    found = shown(solution.model, name_in(one), name_in(other))
    if check:
        TOPIC.check((found,), solution, 0).require()
    return found


class Identities(Topic):
    """A problem asks for identities by `identities=(("y", "u"),)`."""

    place = Place.MODEL
    asks = {"identities": None}
    offers = {"identity": identity}

    def find(self, derived: Derived, ask: Ask) -> tuple[Identity, ...]:
        return tuple(_shown(derived, pair) for pair in listed("identities", ask.get("identities", ())))

    def check(self, found: Sequence[Any], derived: Derived, seed: int) -> Report:
        from derive.topics.identities.check import verify_identities

        return verify_identities(derived.derivation, found, seed)

    def blocks(self, found: Sequence[Any], context: Context) -> Iterator[Block]:
        from derive.topics.identities.page import identities

        return identities(found)

    def answers(self, found: Sequence[Any], context: Context) -> Iterator[Block]:
        from derive.page.blocks import Equations, Row

        if found:
            yield Equations(tuple(Row(same.one.generic, same.other.generic) for same in found), boxed=True)

    def data(self, found: Sequence[Any], context: Context, show: Formulas, lang: str) -> dict[str, list[Any]]:
        sides = [side for same in found for side in ((same.one, same.lines), (same.other, same.other_lines))]
        return {"identities": [equality(node.generic, lines, show, lang) for node, lines in sides]}


def _shown(derived: Derived, pair: Any) -> Identity:
    """An identity that was asked for by two names, or that was shown before. Errors: UsageError for anything else."""
    if getattr(pair, "lines", None):
        return pair
    if not isinstance(pair, (tuple, list)) or len(pair) != 2:
        raise UsageError(f'identities: expected pairs of names such as ("y", "u"), found {pair!r}')
    return identity(derived, pair[0], pair[1], check=False)


TOPIC = Identities()
