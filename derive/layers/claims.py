"""A number that a source gives beside the worked one: whether it agrees, and if not, what it would be the number of."""

from __future__ import annotations

from sympy import Expr, Integer

from derive.language import Text
from derive.layers import sentences as say
from derive.layers.network import Network
from derive.layers.row import Row
from derive.layers.said import named
from derive.layers.task import Claim, Task
from derive.page import blocks


def compared(task: Task) -> blocks.Table:
    """A row for each claim: the layer, the source's number, ours, and the difference explained where it can be."""
    network = task.networks[0]
    rows = [_all(network, c) if c.place == "all" else _layer(network, c) for c in task.claims]
    return blocks.Table((say.LAYER, say.SAID, say.FOUND, say.WHY), tuple(rows))


def _all(network: Network, claim: Claim) -> tuple[object, ...]:
    value = Integer(claim.value)
    why = say.RIGHT if value == network.parameters else _difference(value, network.parameters)
    if value != network.parameters and value == network.ungrouped:
        why = say.ALL_UNGROUPED
    return say.ALL_LAYERS, value, network.parameters, why


def _layer(network: Network, claim: Claim) -> tuple[object, ...]:
    row = next(row for row in network.rows if claim.place in (row.place, row.layer.name))
    ours, value = row.value("weights") + row.value("biases"), Integer(claim.value)
    place = Text("{place}. {layer}", "{place}. {layer}")(place=row.place, layer=named(row.layer))
    return place, value, ours, say.RIGHT if ours == value else why(row, value)


def why(row: Row, value: Expr) -> Text:
    """What a wrong number of parameters would be the number of."""
    weights, biases = row.value("weights"), row.value("biases")
    if value == row.ungrouped + biases != weights + biases:
        return say.NO_GROUPS(line=say.SUM(a=row.ungrouped, b=biases, c=value))
    if value == weights and biases != 0:
        return say.NO_BIAS
    kernels = value * row.output.channels / (weights + biases) if weights else value
    if kernels.is_Integer and kernels < row.output.channels:
        return say.KERNELS(n=kernels, all=row.output.channels)
    return _difference(value, weights + biases)


def _difference(value: Expr, ours: Expr) -> Text:
    return say.WRONG(difference=abs(value - ours))
