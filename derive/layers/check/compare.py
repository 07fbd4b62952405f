"""Compares a network with torch: each layer's shape, parameters and multiply-adds, and what each output sees."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import NamedTuple

from sympy import Expr, Integer

from derive.errors import VerificationError
from derive.layers.check.support import supports
from derive.layers.check.torch_layers import last, sized, told
from derive.layers.network import Network
from derive.layers.row import Row

LONG = 20_000  # of an input whose gradients are looked at
TRIES = (12, 24, 36, 48, 60, 20, 32, 44)  # for sizes that are letters: even, so that C/2 is a number


class Checked(NamedTuple):
    """What agrees: layers beside torch modules, receptive fields beside gradients, and the numbers of the letters."""

    layers: int
    fields: int
    numbers: tuple[tuple[Expr, int], ...] = ()


def checked(network: Network, values: dict[Expr, int] | None = None) -> Checked:
    """Compare all of a network; letters get numbers. Errors: VerificationError, with the layer and both numbers."""
    numbers = tuple(
        (s, (values or {}).get(s, n)) for s, n in zip(sorted(network.letters, key=str), TRIES, strict=False)
    )
    put = {symbol: Integer(n) for symbol, n in numbers}
    plain = network.at(put) if put else network
    if put:
        _same(network, plain, put)
    layers = sum(_layer(row) for row in plain.rows)
    fields = sum(_fields(plain, axis) for axis in range(len(network.input.spatial)))
    return Checked(layers, fields, numbers)


def _same(network: Network, plain: Network, put: dict[Expr, Expr]) -> None:
    """The letters, with the numbers put in at the end, give what the numbers give from the beginning."""
    for what in ("weights", "biases", "multiply_adds", "numbers"):
        late, early = network.total(what).xreplace(put), plain.total(what)
        if late != early:
            raise VerificationError(f"{what} of all layers: {late} with the numbers put in, {early} worked with them")


def _layer(row: Row) -> bool:
    found = told(row)
    if found is None:
        return False
    shape, parameters, adds = found
    ours = row.layer, row.input, row.output
    features_last = last(row.layer, row.output)
    for what, mine, theirs in (
        ("the output", sized(ours[2], features_last), shape),
        ("the parameters", (row.value("weights") + row.value("biases")) / row.times, parameters),
        ("the multiply-adds", row.value("multiply_adds") / row.times, adds),
        ("the connections", row.connections and row.connections.value, row.connections and adds + math.prod(shape)),
    ):
        if mine != theirs:
            raise VerificationError(f"{row.where}: {what} {mine} here, and {theirs} of the torch module")
    return True


def _fields(network: Network, axis: int) -> int:
    """How many receptive fields agree with gradients along an axis."""
    length = int(network.input.spatial[axis])
    known = [row.field[axis] if row.field is not None else None for row in network.rows]
    if all(f is None for f in known):
        return 0
    jumps = [int(f.jump) for f in known if f is not None]
    widest = max(max(int(f.size), abs(int(f.start)), abs(int(f.end))) for f in known if f is not None and f.jump != 0) \
        if any(jumps) else 1  # fmt: skip
    step = max(1, *jumps) if jumps else 1
    long = length + step * (4 * widest // step + 4)
    count = 0
    for local, size in ((True, long), (False, length)):
        wanted = [n for n, f in enumerate(known) if f is not None and (f.jump != 0) == local]
        if not wanted or size > LONG:
            continue
        found = list(supports(network, axis, size))
        for n in wanted:
            count += _agrees(network.rows[n], axis, found[n], size)
    return count


def _agrees(row: Row, axis: int, found: tuple[int, int, int, int], length: int) -> bool:
    assert row.field is not None
    ours = row.field[axis]
    at, _, first, last_one = found
    low, high = int(ours.start + at * ours.jump), int(ours.end + at * ours.jump)
    if ours.jump == 0:
        low, high = max(low, 0), min(high, length - 1)
    if (low, high) != (first, last_one):
        raise VerificationError(
            f"{row.where}: output {at} sees the inputs {low} to {high}, and the gradient reaches {first} to {last_one}"
        )
    return True


def failures(networks: list[Network]) -> Iterator[str]:
    """What disagrees, network by network."""
    for network in networks:
        try:
            checked(network)
        except VerificationError as error:
            yield str(error)
