"""Compares a network with torch: each layer's shape, parameters and multiply-adds, and what each output sees."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator
from typing import NamedTuple

from sympy import Expr, Integer

from derive.errors import UsageError, VerificationError
from derive.layers.check.support import Support, supports
from derive.layers.check.torch_layers import last, sized, told
from derive.layers.network import Network
from derive.layers.row import Row

LONG = 20_000  # of an input whose gradients are looked at
TRIES = (12, 24, 36, 48, 60, 72, 84, 96)  # for sizes that are letters: even, so that C/2 is a number
WINDOWS, PARTS = (3, 5, 3, 5), (2, 3, 4, 6)  # for those of windows and repeats, and for groups and heads


class Checked(NamedTuple):
    """What agrees: layers beside torch modules, receptive fields beside gradients, and the numbers of the letters.

    Of a torch module that was read: its parameters and multiply-adds, as torch counts them.
    """

    layers: int
    fields: int
    numbers: tuple[tuple[Expr, int], ...] = ()
    module: tuple[int, int] | None = None


def checked(network: Network, values: dict[Expr, int] | None = None) -> Checked:
    """Compare all of a network; letters get numbers. Errors: VerificationError, with the layer and both numbers."""
    numbers = tuple((s, (values or {}).get(s, n)) for s, n in _numbers(network))
    put = {symbol: Integer(n) for symbol, n in numbers}
    plain = _fitting(network, put) if put else network
    if put:
        _same(network, plain, put)
    layers = sum(_layer(row) for row in plain.rows)
    fields = sum(_fields(plain, axis) for axis in range(len(network.input.spatial)))
    return Checked(layers, fields, numbers)


def _fitting(network: Network, put: dict[Expr, Expr]) -> Network:
    """The network with numbers for its letters. Errors: UsageError where these do not fit."""
    plain = network.at(put)
    try:
        assert plain.rows is not None
    except UsageError as error:
        said = ", ".join(f"{letter} = {number}" for letter, number in put.items())
        raise UsageError(
            f"letters are checked with numbers, {said}, and with these {error}; --no-check skips it"
        ) from None
    return plain


def _numbers(network: Network) -> Iterator[tuple[Expr, int]]:
    """A number for each letter: small ones for windows, repeats and parts, so that they fit into the others."""
    windows, parts = network.small
    for letters, tries in ((network.letters - windows - parts, TRIES), (windows, WINDOWS), (parts - windows, PARTS)):
        yield from zip(sorted(letters, key=str), itertools.cycle(tries), strict=False)


def _same(network: Network, plain: Network, put: dict[Expr, Expr]) -> None:
    """The letters, with the numbers put in at the end, give what the numbers give from the beginning."""
    for what in ("weights", "biases", "multiply_adds", "numbers"):
        late, early = network.total(what).xreplace(put), plain.total(what)
        if late != early:
            raise VerificationError(f"{what} of all layers: {late} with the numbers put in, {early} worked with them")


def _layer(row: Row) -> bool:
    try:
        found = told(row)
    except RuntimeError as error:
        why = " ".join(str(error).split())[:200]
        raise UsageError(f"{row.where}: torch does not compute this layer, so it is not checked: {why}") from None
    if found is None:
        return False
    shape, parameters, adds = found
    ours = row.layer, row.input, row.output
    features_last = last(row.layer, row.output)
    links = row.connections and adds + row.layer.bias * math.prod(shape)
    for what, mine, theirs in (
        ("the output", sized(ours[2], features_last), shape),
        ("the parameters", (row.value("weights") + row.value("biases")) / row.times, parameters),
        ("the multiply-adds", row.value("multiply_adds") / row.times, adds),
        ("the connections", row.connections and row.connections.value, links),
    ):
        if mine != theirs:
            raise VerificationError(f"{row.where}: {what} {mine} here, and {theirs} of the torch module")
    return True


def _fields(network: Network, axis: int) -> int:
    """How many receptive fields agree with gradients along an axis, at the input's own length and away from borders."""
    known = [row.field[axis] if row.field is not None else None for row in network.rows]
    found = [f for f in known if f is not None]
    length = int(network.input.spatial[axis])
    if not found or length > LONG:
        return 0
    for row, field, seen in zip(network.rows, known, supports(network, axis, length), strict=True):
        if field is not None and field.reach is not None:
            _same_field(row, seen, field.reach[min(seen.at, len(field.reach) - 1)])
    moving = [f for f in found if f.jump != 0]
    step = max(int(f.jump) for f in moving) if moving else 1
    widest = max((max(int(f.size), abs(int(f.start)), abs(int(f.end))) for f in moving), default=1)
    longer = length + step * (4 * widest // step + 4)
    if moving and longer <= LONG:
        for row, field, seen in zip(network.rows, known, supports(network, axis, longer), strict=True):
            if field is not None and field.jump != 0:
                first = int(field.start + seen.at * field.jump)
                _same_field(row, seen, (first, first + int(field.size) - 1))
    return len(found)


def _same_field(row: Row, seen: Support, ours: tuple[int, int] | None) -> None:
    if ours != seen.reached:
        raise VerificationError(
            f"{row.where}: output {seen.at} sees the inputs {ours} here, and the gradient reaches {seen.reached}"
        )
