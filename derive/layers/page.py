"""The sheet on layers as blocks: formulas once, the layers in tables with their arithmetic, totals, and the check."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from sympy import Expr, Integer

from derive.language import Text
from derive.layers import sentences as say
from derive.layers.claims import compared
from derive.layers.field import Axis, seen
from derive.layers.formulas import formulas
from derive.layers.network import Network
from derive.layers.row import Row
from derive.layers.said import named
from derive.layers.shape import AXES, times
from derive.layers.task import PARAMETERS, Task
from derive.page import blocks
from derive.page.numerals import Numeral
from derive.page.worked_line import WorkedLine, together

if TYPE_CHECKING:  # a sheet that is not checked loads no check
    from derive.layers.check.compare import Checked

BYTES = 4  # of a float32
FIRST, SECOND = ("shape", "weights", "biases"), ("multiply_adds", "connections", "numbers", "field")
NONE = Integer(0)
ABREAST = 4  # columns beside the names of the layers


def sheet(task: Task, checks: tuple[Checked, ...] | None, detail: str) -> Iterator[blocks.Block]:
    """All of the sheet below its title; `checks` is what agrees, None where nothing was checked."""
    yield from solution(task, detail)
    yield blocks.Heading(say.CHECK)
    yield from map(blocks.Paragraph, told(task, checks))


def solution(task: Task, detail: str) -> Iterator[blocks.Block]:
    """The formulas, the layers worked, and what is said of all of them."""
    if detail != "answer":
        yield blocks.Heading(say.FORMULAS)
        rows = [row for network in task.networks for row in network.rows]
        yield from formulas(rows, [c for network in task.networks for c in asked(task, network)])
    for network in task.networks:
        yield from _network(task, network, detail)
    if task.of and len(task.networks) > 1:
        yield blocks.Heading(say.COMPARED)
        yield _side_by_side(task)
    if task.claims:
        yield blocks.Heading(say.CLAIMED)
        yield compared(task)
    if task.unknown:
        yield blocks.Heading(say.UNKNOWN)
        yield blocks.Table((say.NOT_EXPLAINED,), tuple((line,) for line in task.unknown))
    if task.notes:
        yield blocks.Heading(say.REMARKS)
        yield from (blocks.Paragraph(note) for note in task.notes)


def _network(task: Task, network: Network, detail: str) -> Iterator[blocks.Block]:
    yield blocks.Heading(network.name or say.LAYERS)
    yield from (_table(network, columns, task.first) for columns in _tables(asked(task, network)))
    if not task.of or len(task.networks) == 1:  # otherwise the comparison says it
        yield from (blocks.Paragraph(line) for line in _totals(task, network))
    if detail == "full":
        for row in network.rows:
            yield from _worked(row, task.first)


def asked(task: Task, network: Network) -> tuple[str, ...]:
    """The columns that are asked for."""
    return network.columns or task.columns


# the tables


def _tables(columns: Sequence[str]) -> list[list[str]]:
    """The columns of each table: one table where it is not too wide."""
    first, second = ([c for c in some if c in columns] for some in (FIRST, SECOND))
    wide = sum(2 if c in ("shape", "field") else 1 for c in columns)
    return [[*first, *second]] if wide <= ABREAST else [some for some in (first, second) if some]


def _table(network: Network, columns: list[str], first: bool) -> blocks.Table:
    header: list[Any] = [say.LAYER]
    for column in columns:
        header += {"shape": [say.LENGTH, say.OUTPUT], "field": [say.FIELD, say.JUMP]}.get(column, [])
        header += [say.HEADERS[column]] if column in say.HEADERS else []
    top: list[Any] = [say.INPUT]
    for column in columns:
        top += {"shape": ["", network.input.text(first)], "numbers": [network.input.count], "field": ["1", "1"]}.get(
            column, ["0"]
        )
    rows = [tuple(top), *(tuple(_cells(row, network, columns, first)) for row in network.rows)]
    if any(column != "shape" and column != "field" for column in columns):
        rows.append(tuple(_sums(network, columns)))
    return blocks.Table(tuple(header), tuple(rows), given=1)


def _cells(row: Row, network: Network, columns: list[str], first: bool) -> Iterator[Any]:
    yield label(row)
    for column in columns:
        if column == "shape":
            yield from (_lengths(row), row.output.text(first))
        elif column == "field":
            yield from _field(row, network)
        else:
            line = getattr(row, column)
            yield line if line is not None else NONE


def label(row: Row) -> Text:
    """A layer in a table: its place, and how it was typed."""
    one = Text("{place}. {layer}", "{place}. {layer}")(place=row.place, layer=named(row.layer))
    return one if row.times == 1 else say.TIMES(n=row.times, layer=one)


def _lengths(row: Row) -> Any:
    """The arithmetic of the lengths, once where the axes have the same."""
    lines = [line for line in row.sizes if str(line.left).endswith(("_out", "N_in"))]
    if not lines:
        return ""
    if row.layer.padding is None:
        return lines[0].value if len({line.value for line in lines}) == 1 else times([line.value for line in lines])
    return _axes(lines)


def _axes(lines: list[WorkedLine]) -> Any:
    """Lines along the axes: one where all have the same numbers."""
    if len({(line.value, tuple(line.values.values())) for line in lines}) == 1:
        return lines[0]
    names = AXES[len(lines)]
    return [say.ALONG(axis=axis, line=line) for axis, line in zip(names, lines, strict=True)]


def _field(row: Row, network: Network) -> tuple[Any, Any]:
    if not row.field:  # not computed, or there are no positions
        return "", ""
    if row.field_lines:
        kept = all(s == 1 for s in row.layer.stride)
        return _axes(list(row.field_lines[::2])), _jump(row.field) if kept else _axes(list(row.field_lines[1::2]))
    return sees(row.field, network), _jump(row.field)


def _jump(field: tuple[Axis, ...]) -> Any:
    jumps = [axis.jump for axis in field]
    return "" if 0 in jumps else jumps[0] if len(set(jumps)) == 1 else times(jumps)


def sees(field: tuple[Axis, ...], network: Network) -> Any:
    """What one number sees: how many positions, along each axis where they differ."""
    lengths = network.input.spatial or (network.input.channels,)
    found = [seen(axis, length) for axis, length in zip(field, lengths, strict=True)]
    sizes = [size for size in found if size is not None]
    if len(sizes) < len(found):
        return ""
    return sizes[0] if len(set(sizes)) == 1 else times(sizes)


def _sums(network: Network, columns: list[str]) -> Iterator[Any]:
    yield say.TOTAL
    for column in columns:
        if column in ("shape", "field"):
            yield from ("", "")
        else:
            yield network.activations if column == "numbers" else network.total(column)


# what is said of all layers


def _totals(task: Task, network: Network) -> Iterator[Text]:
    columns = asked(task, network)
    if "weights" in columns:
        weights, biases = network.total("weights"), network.total("biases")
        counts = say.COUNT(biases=biases) if biases != 1 else say.ONE_BIAS
        both = counts(weights=weights, parameters=network.parameters)
        yield both if biases != 0 else say.NO_BIASES(weights=weights)
        if network.ungrouped != network.parameters:
            yield say.UNGROUPED(parameters=network.ungrouped)
    adds = network.total("multiply_adds")
    if "multiply_adds" in columns and adds != 0:
        yield say.ADDS(adds=adds, operations=2 * adds)
    if "numbers" in columns:
        numbers = say.NUMBERS(numbers=network.activations)
        yield say.BYTES(numbers=numbers, bytes=BYTES * network.activations)
    if "field" in columns and network.rows and network.rows[-1].field:
        field = _across(network.rows[-1].field, network)
        if field:
            yield say.SEES(field=field)


def _across(field: tuple[Axis, ...], network: Network) -> Any:
    found = sees(field, network)
    return times([found] * len(field)) if isinstance(found, Expr) and len(field) > 1 else found


def _side_by_side(task: Task) -> blocks.Table:
    header: list[Any] = [say.NETWORK]
    header += [say.FIELD if what == "field" else say.HEADERS[what] for what in task.of]
    rows = []
    for network in task.networks:
        cells: list[Any] = [network.name or ""]
        for what in task.of:
            if what == "field":
                last = network.rows[-1].field
                cells.append(_across(last, network) if last else "")
            else:
                cells.append(network.parameters if what == PARAMETERS else network.total(what))
        rows.append(tuple(cells))
    return blocks.Table(tuple(header), tuple(rows))


# one layer, with the formulas


def _worked(row: Row, first: bool) -> Iterator[blocks.Block]:
    lines = [*row.sizes, row.weights, row.biases, row.multiply_adds, row.connections, row.numbers]
    known = [line for line in lines if line is not None]
    yield blocks.Heading(
        say.LAYER_AT(
            place=row.place, layer=named(row.layer), before=row.input.text(first), after=row.output.text(first)
        ),
        level=2,
    )
    if known:
        yield together(known)
    yield from _worked_fields(row)


def _worked_fields(row: Row) -> Iterator[blocks.Block]:
    """The receptive field and the jump along each axis, once where all are alike."""
    axes = AXES[len(row.field_lines) // 2]
    pairs = [row.field_lines[2 * n : 2 * n + 2] for n in range(len(axes))]
    alike = len({tuple((line.value, tuple(line.values.values())) for line in pair) for pair in pairs}) == 1
    for axis, pair in zip(axes, pairs[:1] if alike else pairs, strict=False):
        if len(axes) > 1:
            yield blocks.Paragraph(say.FIELD_ALONG_EACH if alike else say.FIELD_ALONG(axis=axis))
        yield together(pair)


def told(task: Task, checks: Iterable[Checked] | None) -> list[Text]:
    """What was compared with torch."""
    if checks is None:
        return [say.UNCHECKED]
    found = list(checks)
    if found[0].module is not None:
        parameters, adds = map(Integer, found[0].module)
        line = say.CHECKED_PARTLY if task.unknown else say.CHECKED_MODULE
        rows = say.ONE_ROW if found[0].layers == 1 else say.EACH_ROW(layers=str(found[0].layers))
        return [line(rows=rows, parameters=parameters, adds=adds)]
    layers = sum(c.layers for c in found)
    said = [say.CHECKED_ONE if layers == 1 else say.CHECKED(layers=str(layers))]
    columns = {c for network in task.networks for c in asked(task, network)}
    if "field" in columns and any(c.fields for c in found):
        said.append(say.CHECKED_FIELDS(fields=str(sum(c.fields for c in found))))
    numbers = dict(item for c in found for item in c.numbers)
    if numbers:
        said.append(say.AT_NUMBERS(numbers=[say.IS(letter=s, number=Numeral(n)) for s, n in numbers.items()]))
    return said
