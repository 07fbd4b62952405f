"""A network by its layers, explained: every layer with its shapes and counts, and the totals."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property

from sympy import Add, Expr

from derive.errors import UsageError
from derive.language import Text
from derive.layers import field as seen
from derive.layers.counts import counts, numbers
from derive.layers.field import Axis
from derive.layers.layer import GATES, ONE, ZERO, Branches, Layer, Node, Repeat, Stack, leaves, numbered, repeats
from derive.layers.row import Row
from derive.layers.shape import Shape
from derive.layers.sizes import fits, length_line, span_line
from derive.page.worked_line import WorkedLine

MOST = 5000  # layers, with all repetitions
WINDOWED = ("conv", "tconv", "maxpool", "avgpool")
Field = tuple[Axis, ...] | None


@dataclass(frozen=True)
class Network:
    """Layers in a row, and the shape of their input; `columns` are what is asked of it, where not all is.

    Errors, when it is explained: UsageError for what does not fit.
    """

    stack: Stack
    input: Shape
    name: Text | None = None
    columns: tuple[str, ...] = ()
    given: tuple[Row, ...] | None = None  # rows that are known already, as those of a torch module

    @cached_property
    def rows(self) -> tuple[Row, ...]:
        """Every layer with its counts, in the order of computation."""
        if self.given is not None:
            return self.given
        whole = tuple(map(seen.entered, self.input.spatial))
        walk = _Walk()
        walk.stack(self.stack, self.input, whole, "")
        return tuple(walk.rows)

    @property
    def output(self) -> Shape:
        """The shape of what comes out."""
        return self.rows[-1].output if self.rows else self.input

    def total(self, what: str) -> Expr:
        """The sum of a count over all layers."""
        return Add(*(row.value(what) for row in self.rows))

    @property
    def parameters(self) -> Expr:
        """Weights and biases."""
        return self.total("weights") + self.total("biases")

    @property
    def activations(self) -> Expr:
        """The numbers of the input and of every output."""
        return self.input.count + self.total("numbers")

    @property
    def ungrouped(self) -> Expr:
        """Weights and biases if each kernel read all channels."""
        return Add(*(row.times * row.ungrouped for row in self.rows)) + self.total("biases")

    @property
    def letters(self) -> set[Expr]:
        """The sizes without a number."""
        found: set[Expr] = set()
        for expr in (*self.input.spatial, self.input.channels, *_sizes(self.stack)):
            found |= expr.free_symbols
        return found

    @property
    def small(self) -> tuple[set[Expr], set[Expr]]:
        """The letters of windows and repeats, and those of groups and heads."""
        windows: set[Expr] = set()
        parts: set[Expr] = set()
        for layer in leaves(self.stack):
            for sizes in (layer.kernel, layer.stride, layer.padding or (), layer.dilation, layer.output_padding):
                windows |= {s for size in sizes for s in size.free_symbols}
            parts |= layer.groups.free_symbols | layer.heads.free_symbols
        return windows | {s for times in repeats(self.stack) for s in times.free_symbols}, parts

    def at(self, values: Mapping[Expr, Expr]) -> Network:
        """The same network with numbers for its letters."""
        put = dict(values)
        spatial = tuple(s.xreplace(put) for s in self.input.spatial)
        return Network(
            numbered(self.stack, put), Shape(spatial, self.input.channels.xreplace(put)), self.name, self.columns
        )


def _sizes(stack: Stack) -> Iterator[Expr]:
    for layer in leaves(stack):
        for sizes in (layer.kernel, layer.stride, layer.padding or (), layer.dilation, layer.output_padding):
            yield from sizes
        yield from (s for s in (layer.channels, layer.rows, layer.groups, layer.heads) if s is not None)
    yield from repeats(stack)


class _Walk:
    """Goes through a network and notes a row for each layer."""

    def __init__(self) -> None:
        self.rows: list[Row] = []

    def stack(self, stack: Stack, shape: Shape, field: Field, place: str) -> tuple[Shape, Field]:
        """Explain layers one after the other; `place` is that of the branch, 3a. Returns what comes out."""
        at = 0
        for node in stack:
            for part in self._times(node, shape, f"{place}{at + 1}"):
                at += 1
                shape, field = self.node(part, shape, field, f"{place}{at}")
        return shape, field

    def _times(self, node: Node, shape: Shape, place: str) -> Iterator[Node]:
        """The layers of a repeated stack, all of them; of a number that is a letter, the stack itself."""
        if isinstance(node, Repeat) and node.times.is_number and not node.times.is_Integer:
            raise UsageError(f"layer {place}: a stack cannot be repeated {node.times} times")
        if not isinstance(node, Repeat) or not node.times.is_Integer:
            yield node
            return
        if len(self.rows) + int(node.times) * max(1, len(node.stack)) > MOST:
            raise UsageError(f"layer {place}: more than {MOST} layers with all repetitions")
        for _ in range(int(node.times)):
            for inner in node.stack:
                yield from self._times(inner, shape, place)

    def node(self, node: Node, shape: Shape, field: Field, place: str) -> tuple[Shape, Field]:
        """Explain a layer, branches, or a stack that stands there a number of times that is a letter."""
        if isinstance(node, Layer):
            return self.layer(node, shape, field, place)
        if isinstance(node, Branches):
            return self.branches(node, shape, field, place)
        return self.repeated(node, shape, field, place)

    def layer(self, layer: Layer, shape: Shape, field: Field, place: str) -> tuple[Shape, Field]:
        """Explain one layer."""
        row = explained(layer, shape, field, place)
        self.rows.append(row)
        return row.output, onward(row.layer, shape, row.field)

    def branches(self, node: Branches, shape: Shape, field: Field, place: str) -> tuple[Shape, Field]:
        """Explain branches, and what they are together."""
        where = f"layer {place}, {node.name + ': ' if node.name else ''}{node.merge}"
        ends = [self.stack(b, shape, field, f"{place}{chr(97 + n)}.") for n, b in enumerate(node.branches)]
        after = merged(node.merge, [end for end, _ in ends], where)
        met = seen.met([f for _, f in ends], where)
        layer = Layer(node.merge, after.channels, typed=node.merge, name=node.name)
        self.rows.append(Row(place, layer, shape, after, numbers=numbers(after), field=met))
        return after, met

    def repeated(self, node: Repeat, shape: Shape, field: Field, place: str) -> tuple[Shape, Field]:
        """Explain a stack once that stands there n times: it must keep its input's shape and strides."""
        first = len(self.rows)
        after, once = self.stack(node.stack, shape, field, f"{place}.")
        if after != shape or (field and once and any(a.jump != b.jump for a, b in zip(field, once, strict=True))):
            raise UsageError(f"layer {place}, repeat {node.times}: a number that is a letter needs a stack that keeps "
                             f"the shape of its input and has stride 1")  # fmt: skip
        self.rows[first:] = [replace(row, times=row.times * node.times) for row in self.rows[first:]]
        if field is None or once is None:
            return after, None
        more = [(b.start - a.start, b.end - a.end) for a, b in zip(field, once, strict=True)]
        grown = [Axis(a.start + node.times * s, a.end + node.times * e, a.jump)
                 for a, (s, e) in zip(field, more, strict=True)]  # fmt: skip
        self.rows[-1] = replace(self.rows[-1], field=tuple(grown))
        return after, tuple(grown)


def explained(layer: Layer, shape: Shape, field: Field, place: str) -> Row:
    """One layer behind a shape: everything that is said of it. Errors: UsageError where it does not fit."""
    layer = completed(layer, shape)
    after, sizes = output(layer, shape, f"layer {place}, {layer.title}")
    found = counts(layer, shape, after)
    after_field, lines = _field(layer, shape, after, field)
    return Row(
        place, layer, shape, after, (*sizes, *found.more), found.weights, found.biases, found.multiply_adds,
        numbers(after), found.connections, found.ungrouped, after_field, lines,
    )  # fmt: skip


def completed(layer: Layer, shape: Shape) -> Layer:
    """The layer with what follows from its input: a depthwise convolution has a kernel for each channel."""
    if layer.kind == "conv" and layer.groups == 0:
        return replace(layer, channels=shape.channels, groups=shape.channels)
    return layer


def output(layer: Layer, shape: Shape, where: str) -> tuple[Shape, tuple[WorkedLine, ...]]:
    """The shape after a layer, and its lengths worked. Errors: UsageError for what does not fit."""
    if layer.kind in WINDOWED:
        return _windowed(layer, shape, where)
    kind, spatial, channels = layer.kind, shape.spatial, layer.channels
    if kind in ("attention", *GATES) and len(spatial) != 1:
        raise UsageError(f"{where}: it needs a sequence, length x width, and the shape here is {said(shape)}")
    if kind == "attention" and divides(layer.heads, shape.channels) is False:
        raise UsageError(f"{where}: {layer.heads} heads do not divide the width {shape.channels}")
    if kind == "embedding" and spatial:
        raise UsageError(f"{where}: it needs a row of indices, --input 128, and the shape here is {said(shape)}")
    if kind == "gap" and not spatial:
        raise UsageError(f"{where}: it averages over positions, and the shape here is {said(shape)}")
    if kind == "prelu" and layer.rows not in (ONE, shape.channels):
        raise UsageError(f"{where}: {layer.rows} slopes for {shape.channels} channels; take one, or one for each")
    after = {
        "fc": lambda: Shape((), channels),
        **dict.fromkeys(("linear", *GATES), lambda: Shape(spatial, channels)),
        "flatten": lambda: Shape((), shape.count), "gap": lambda: Shape((), shape.channels),
        "mean": lambda: Shape((ONE,) * len(spatial), shape.channels),
        "embedding": lambda: Shape((shape.channels,), channels),
    }.get(kind, lambda: shape)()  # fmt: skip
    return after, ()


def _windowed(layer: Layer, shape: Shape, where: str) -> tuple[Shape, tuple[WorkedLine, ...]]:
    rank = len(shape.spatial)
    if not rank:
        raise UsageError(f"{where}: it needs a map, height x width x channels, and the shape here is {said(shape)}")
    for what, sizes in (("kernel", layer.kernel), ("stride", layer.stride), ("padding", layer.padding or (ZERO,)),
                        ("dilation", layer.dilation), ("outpad", layer.output_padding)):  # fmt: skip
        if len(sizes) not in (1, rank):
            raise UsageError(f"{where}: {what} has {len(sizes)} sizes and the map {said(shape)} has {rank} axes")
    channels = _channels(layer, shape, where)
    found, lines = [], list[WorkedLine]()
    for axis, before in enumerate(shape.spatial):
        line = length_line(layer, before, axis, rank)
        fits(layer, before, axis, line.value, where)
        found.append(line.value)
        dilated = span_line(layer, axis, rank)
        lines += [dilated] if dilated is not None else []
        lines.append(line)
    return Shape(tuple(found), channels), tuple(lines)


def _channels(layer: Layer, shape: Shape, where: str) -> Expr:
    if layer.channels is None:
        return shape.channels
    for what, number in (("input", shape.channels), ("output", layer.channels)):
        if divides(layer.groups, number) is False:
            raise UsageError(f"{where}: {layer.groups} groups do not divide the {number} channels of the {what}")
    if layer.wiring:
        maps = Add(*(maps for maps, _ in layer.wiring))
        if maps != layer.channels or layer.groups != ONE:
            raise UsageError(f"{where}: the wiring has {maps} maps and the layer {layer.channels}; without groups")
        for _, reads in layer.wiring:
            if (shape.channels - reads).is_negative:
                raise UsageError(f"{where}: a map cannot read {reads} of {shape.channels} maps")
    return layer.channels


def divides(part: Expr, whole: Expr) -> bool | None:
    """Whether a number divides another; None where a letter leaves it open."""
    quotient = whole / part
    return bool(quotient.is_Integer) if quotient.is_number else None


def said(shape: Shape) -> str:
    """A shape in a message."""
    return "x".join(str(s) for s in (*shape.spatial, shape.channels))


def merged(merge: str, ends: list[Shape], where: str) -> Shape:
    """The shape of branches that are added or put beside each other. Errors: UsageError."""
    first, *others = ends
    for other in others:
        apart = first != other if merge == "sum" else first.spatial != other.spatial
        if apart:
            raise UsageError(f"{where}: the branches end with {', '.join(map(said, ends))}; these do not fit together")
    return first if merge == "sum" else Shape(first.spatial, Add(*(end.channels for end in ends)))


def _field(layer: Layer, shape: Shape, after: Shape, field: Field) -> tuple[Field, tuple[WorkedLine, ...]]:
    """What a number of the output sees, and how it is computed."""
    if layer.kind in GATES:
        return None, ()
    if layer.kind == "embedding":
        return (seen.entered(after.spatial[0]),), ()
    if field is None or layer.kind == "tconv":
        return None, ()
    if layer.kind in WINDOWED:
        moved = tuple(seen.moved(layer, axis, before, after.spatial[axis]) for axis, before in enumerate(field))
        lines = [line for axis, before in enumerate(field) for line in seen.lines(layer, axis, len(field), before)]
        return moved, tuple(lines)
    everywhere = ("fc", "gap", "mean", "attention") + (("ln",) if len(shape.spatial) > 1 else ())
    if layer.kind in everywhere and shape.spatial:
        pairs = zip(shape.spatial, field, strict=True)
        return tuple(seen.whole(n, axis, after.spatial == shape.spatial) for n, axis in pairs), ()
    return field, ()


def onward(layer: Layer, shape: Shape, field: Field) -> Field:
    """What the layers behind see: of a flattened map they read all positions."""
    if layer.kind != "flatten" or field is None:
        return field
    return tuple(seen.whole(n, axis) for n, axis in zip(shape.spatial, field, strict=True))
