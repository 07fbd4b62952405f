"""A sheet on layers in one of the formats, and as data."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import partial
from typing import TYPE_CHECKING, Any

from sympy import Expr

from derive.language import Text
from derive.layers.names import ORDER
from derive.layers.network import Network
from derive.layers.page import sheet
from derive.layers.row import Row
from derive.layers.task import Task
from derive.page.blocks import Block, Notation, Title
from derive.page.formats.formats import FORMATS, Document
from derive.page.front import Front
from derive.page.print.formulas import Formulas
from derive.page.terminal import PLAIN, Page
from derive.page.worked_line import WorkedLine

if TYPE_CHECKING:
    from derive.layers.check.compare import Checked

Exercise = Callable[[Iterable[Block], bool], Iterable[Block]]


def render(
    task: Task,
    checks: tuple[Checked, ...] | None,
    format: str = "text",
    lang: str = "en",
    detail: str = "brief",
    page: Page = PLAIN,
    engine: str = "typst",
    front: Front | None = None,
    exercise: Exercise | None = None,
    blank: int | None = None,
) -> str | bytes:
    """Write the sheet in one format and language; `exercise` makes one of it, which `blank` says to a format."""
    front = front or Front()
    form = FORMATS[format]
    formulas = Formulas(form.notation, *notation(task))
    head = front.head(Title(task.title, None, task.statement))

    def whole(detail: str) -> Iterator[Block]:
        yield head
        yield from sheet(task, checks, detail)

    def shown(detail: str) -> Iterable[Block]:
        return whole(detail) if exercise is None else exercise(whole(detail), form.both)

    return form.render(
        Document(shown, formulas, lang, detail, page, partial(data, task, checks, lang), engine, front.paper, blank)
    )


def notation(task: Task) -> Notation:
    """How formulas are printed: the letters of the formulas, then those of the sizes, as the inputs have them."""
    letters: dict[str, None] = {}
    for network in task.networks:
        for size in (*network.input.spatial, network.input.channels):
            letters |= dict.fromkeys(sorted(map(str, size.free_symbols)))
        letters |= dict.fromkeys(sorted(map(str, network.letters)))
    return Notation(tuple(dict.fromkeys([*ORDER, *letters])), (), ())


def data(task: Task, checks: tuple[Checked, ...] | None, lang: str) -> dict[str, Any]:
    """The networks as dictionaries, lists, strings and numbers; formulas are LaTeX."""
    show = Formulas("latex", *notation(task))
    return {
        "problem": task.title.pick(lang),
        "language": lang,
        "networks": [_network(network, show, lang) for network in task.networks],
        "unknown": [line.pick(lang) for line in task.unknown],
        "verification": [c._asdict() | {"numbers": {str(s): n for s, n in c.numbers}} for c in checks or ()],
    }


def _network(network: Network, show: Formulas, lang: str) -> dict[str, Any]:
    totals = {what: network.total(what) for what in ("weights", "biases", "multiply_adds")}
    totals |= {"parameters": network.parameters, "ungrouped": network.ungrouped, "numbers": network.activations}
    return {
        "name": network.name.pick(lang) if isinstance(network.name, Text) else "",
        "input": [_plain(s) for s in (*network.input.spatial, network.input.channels)],
        "layers": [_row(row, show) for row in network.rows],
        "totals": {what: _plain(value) for what, value in totals.items()},
    }


def _row(row: Row, show: Formulas) -> dict[str, Any]:
    field = None if row.field is None else [{"size": _plain(a.size), "jump": _plain(a.jump)} for a in row.field]
    found: dict[str, Any] = {"layer": row.place, "typed": row.layer.title, "times": _plain(row.times), "field": field}
    found["output"] = [_plain(s) for s in (*row.output.spatial, row.output.channels)]
    for what in ("weights", "biases", "multiply_adds", "numbers"):
        found[what] = _plain(row.value(what))
    lines = [*row.sizes, row.weights, row.biases, row.multiply_adds, row.numbers, *row.field_lines]
    return found | {"lines": [_line(line, show) for line in lines if line is not None]}


def _line(line: WorkedLine, show: Formulas) -> dict[str, str]:
    formula = line.right if isinstance(line.right, Expr) else " + ".join(show.plain.pieces(line.right))
    return {"left": show.show(line.left), "formula": show.show(formula), "worked": show.show(line)}


def _plain(value: Expr) -> int | str:
    return int(value) if value.is_Integer else str(value)
