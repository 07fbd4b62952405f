"""What a sheet shows of one reading of a problem."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from derive.chain.derived import Derived
from derive.language import Text
from derive.page.blocks import Block
from derive.page.spans import Known
from derive.topics.topic import Context, Place, at, topic

if TYPE_CHECKING:  # a sheet that is not checked loads no check
    from derive.check.report import Report
    from derive.page.pictures.numbers import Numbers


class Part(NamedTuple):
    """One reading of a problem, derived: what each subject found, by the subject's name, and the report of the check.

    `label` names the reading where a problem has several; `notes` are remarks of the teacher, printed with the
    results; `detail` is how much the sheet shows. `base` is the part above of which only the differences are shown,
    `number` that of the last step above, and `told` are the kinds of structure of which a part above has said what
    they do to a gradient.
    """

    derived: Derived
    found: Mapping[str, tuple[Any, ...]] = {}
    report: Report | None = None
    label: Text | None = None
    notes: tuple[Text, ...] = ()
    plots: bool = False
    detail: str = "brief"
    base: Part | None = None
    number: int = 0
    told: frozenset[str] = frozenset()

    @property
    def known(self) -> list[Known]:
        """The sizes that have a number, as they are printed."""
        return [Known(str(s), n) for s, n in self.derived.sizes.items()]

    @property
    def alone(self) -> bool:
        """True if a subject is shown instead of the derivation."""
        return any(topic(name).place is Place.ALONE for name in self.found)

    @property
    def plottable(self) -> bool:
        """True if `plots` would add a plot."""
        return any(topic(name).can_plot(found) for name, found in self.found.items())

    def context(self, name: str) -> Context:
        """Return what the page of a subject is told beside what the subject found."""
        report = self.report.of(name) if self.report is not None else None
        return Context(self.derived, report, self.plots, self.detail)

    def numbers(self) -> Numbers:
        """Return the numbers that the subjects put into the boxes of the graph."""
        found = [topic(name).numbers(found, self.context(name)) for name, found in self.found.items()]
        return dict(item for some in found for item in some.items())

    def argued(self) -> Iterator[Text]:
        """Yield what the subjects say of statements of theirs that are not compared line by line."""
        for name, found in self.found.items():
            yield from topic(name).argued(found, self.context(name))

    def sections(self, place: Place) -> Iterator[Block]:
        """Yield the sections of all subjects that stand in this place."""
        for each, name, found in at(place, self.found):
            yield from each.blocks(found, self.context(name))
