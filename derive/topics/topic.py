"""The subjects that a sheet can have, one folder each: what is found, how it is checked, how it is shown.

A new subject is a folder here, whose own page (`__init__`) holds its TOPIC, and a line in TOPICS. Everything else goes
through the list: the page, the JSON, the check, what a notebook shows of an object, what a problem or a command may
ask, and the methods of a `Solution`.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from enum import Enum
from typing import TYPE_CHECKING, Any, NamedTuple

from derive.errors import UsageError

if TYPE_CHECKING:
    from derive.chain.derivation import Step
    from derive.chain.derived import Derived
    from derive.check.report import Report
    from derive.language import Text
    from derive.model.model import Model
    from derive.page.blocks import Block
    from derive.page.blocks import Row as Line
    from derive.page.pictures.numbers import Numbers
    from derive.page.print.formulas import Formulas


class Place(Enum):
    """Where on a sheet a subject stands; in one place they follow each other in the order of TOPICS."""

    PREMISES = "before the forward pass"
    MODEL = "between the model and the backward pass"
    RESULTS = "after the gradients"
    ALONE = "instead of the derivation"


class Ask(NamedTuple):
    """What is asked of the subjects: wishes by keyword, such as `limits=...` of a problem or `--jacobian p,z`.

    With `check` what is found is also compared with torch; `plots` adds plots to the page.
    """

    wishes: Mapping[str, Any] = {}
    check: bool = True
    plots: bool = False

    def get(self, wish: str, default: Any = None) -> Any:
        """Return a wish, or the default where nobody has it."""
        value = self.wishes.get(wish)
        return default if value is None else value


class Context(NamedTuple):
    """What a page is told beside what it shows: the derivation, the report of the subject's check, whether to plot,
    and the detail of the sheet."""

    derived: Derived
    report: Report | None = None
    plots: bool = False
    detail: str = "brief"


class Topic:
    """One subject. A method that is not written keeps its default, which means that the subject says nothing there.

    `asks` are the keywords that the subject listens to, each with what a command line says of it (None: no option of a
    command). `offers` are the methods and the properties that a Solution has from the subject. `measures` says that its
    check takes seconds and can be left out.
    """

    place = Place.RESULTS
    asks: Mapping[str, Flag | None] = {}
    offers: Mapping[str, Callable[..., Any] | property] = {}
    measures = False

    def refuse(self, ask: Ask) -> None:
        """Refuse wishes that do not go together. Errors: UsageError."""

    def find(self, derived: Derived, ask: Ask) -> tuple[Any, ...]:
        """Return what the subject finds; empty: nothing. Errors: ModelError, UsageError if a wish cannot be met."""
        return ()

    def check(self, found: Sequence[Any], derived: Derived, seed: int) -> Report | None:
        """Compare what is found with numbers. The module that does so imports torch, so the method imports it."""
        return None

    def comparison(self, found: Sequence[Any]) -> Callable[[Any], Report] | None:
        """Return what is to be compared at the same random numbers as the steps (see `derive.check.steps`), or None."""
        return None

    def blocks(self, found: Sequence[Any], context: Context) -> Iterator[Block]:
        """Yield its section on the page."""
        yield from ()

    def argued(self, found: Sequence[Any], context: Context) -> Iterator[Text]:
        """Say in the section on the check which of its statements are argued or measured, and no lines compared."""
        yield from ()

    def last_line(self, found: Sequence[Any], step: Step) -> Iterator[Line]:
        """Yield what it adds to the equations of a step."""
        yield from ()

    def answers(self, found: Sequence[Any], context: Context) -> Iterator[Block]:
        """Yield what belongs to the results at the beginning of a sheet: the answer to what the statement asks."""
        return iter(())

    def boxed(self, found: Sequence[Any], steps: Sequence[Step]) -> Iterator[Block]:
        """Yield what it adds below a gradient in its box; `steps` are those of its regions."""
        yield from ()

    def numbers(self, found: Sequence[Any], context: Context) -> Numbers:
        """Return the numbers that stand in the boxes of the computational graph."""
        return {}

    def data(self, found: Sequence[Any], context: Context, show: Formulas, lang: str) -> Mapping[str, list[Any]]:
        """Return items by key, for the JSON."""
        return {}

    def models(self, found: Sequence[Any]) -> Iterator[Model]:
        """Yield further models whose names are written on the page."""
        yield from ()

    def can_plot(self, found: Sequence[Any]) -> bool:
        """True if `plots` would add a plot."""
        return False

    def view(self, thing: Any) -> Iterator[Block]:
        """Yield what a notebook shows of an object whose class lies in the folder. Errors: TypeError if nothing is."""
        raise TypeError(f"{type(thing).__name__} has no view in a notebook")


class Flag(NamedTuple):
    """What a command line says of a wish: `--name METAVAR help`. With `const` the value may be left out."""

    metavar: str
    help: str
    const: str | None = None


# By name, in the order of the sheet. Names and not modules: a subject is loaded when a sheet is made.
TOPICS = {
    "jacobian": "derive.topics.jacobian",
    "hessian": "derive.topics.hessian",
    "derivatives": "derive.topics.derivatives",
    "expectation": "derive.topics.expectation",
    "fixed_point": "derive.topics.fixed_point",
    "matrix_form": "derive.topics.matrix_form",
    "identities": "derive.topics.identities",
    "inputs_only": "derive.topics.inputs_only",
    "update": "derive.topics.update",
    "primitives": "derive.topics.primitives",
    "stability": "derive.topics.stability",
    "limits": "derive.topics.limits",
    "crossing": "derive.topics.crossing",
    "worked": "derive.topics.worked",
    "training": "derive.topics.training",
    "unrolling": "derive.topics.unrolling",
}


def topic(name: str) -> Topic:
    """Return the subject of that name."""
    found: Topic = importlib.import_module(TOPICS[name]).TOPIC
    return found


def topics() -> Iterator[tuple[str, Topic]]:
    """Yield every subject with its name, in the order of the sheet."""
    return ((name, topic(name)) for name in TOPICS)


def find(derived: Derived, ask: Ask, places: Collection[Place] = tuple(Place)) -> dict[str, tuple[Any, ...]]:
    """Return what the subjects of some places find. If one that stands alone finds something, only those are shown.

    Errors: UsageError for a wish that nothing listens to, or that does not go with another one.
    """
    refuse_unknown(ask.wishes)
    for _, each in topics():
        each.refuse(ask)
    asked = [(name, each) for name, each in topics() if each.place in places]
    alone = {n: found for n, t in asked if t.place is Place.ALONE and (found := t.find(derived, ask))}
    others = ((n, t) for n, t in asked if t.place is not Place.ALONE)
    return alone or {n: found for n, t in others if (found := t.find(derived, ask))}


def known() -> set[str]:
    """Every keyword that a subject listens to."""
    return {wish for _, each in topics() for wish in each.asks}


def refuse_unknown(wishes: Iterable[str]) -> None:
    """Errors: UsageError for a wish that nothing listens to."""
    for wish in wishes:
        if wish not in known():
            import difflib

            near = difflib.get_close_matches(wish, known(), n=1)
            hint = f"did you mean {near[0]}?" if near else f"a problem may ask for {', '.join(sorted(known()))}"
            raise UsageError(f"nothing listens to {wish!r}; {hint}")


def listed(wish: str, value: Any) -> tuple[Any, ...]:
    """Several things that were asked for. Errors: UsageError where it is one thing that is no list."""
    if isinstance(value, str) or not isinstance(value, Iterable):
        raise UsageError(f"{wish}: expected a list, found {value!r}")
    return tuple(value)


def at(place: Place, found: Mapping[str, tuple[Any, ...]]) -> Iterator[tuple[Topic, str, tuple[Any, ...]]]:
    """Yield the subjects of one place that have something to say."""
    return ((each, name, found[name]) for name, each in topics() if name in found and each.place is place)


def offered(name: str) -> Callable[..., Any] | property | None:
    """Return the method or property of a Solution that some subject offers, under the name that `help` shows of it."""
    found = next((each.offers[name] for _, each in topics() if name in each.offers), None)
    if found is not None and not isinstance(found, property):
        found.__name__, found.__qualname__ = name, f"Solution.{name}"  # type: ignore[attr-defined]
    return found


def home(thing: Any) -> Topic | None:
    """Return the subject in whose folder the class of an object lies."""
    module = type(thing).__module__
    return next((topic(n) for n, m in TOPICS.items() if f"{module}.".startswith(f"{m}.")), None)
