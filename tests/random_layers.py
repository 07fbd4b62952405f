"""Random networks of layers: kernels, strides, paddings, dilations, groups, branches and repeats, in one to three axes.

`python -m tests.random_layers 500` compares 500 of them with torch modules on the meta device and with gradients.
"""

from __future__ import annotations

import sys
from random import Random

from derive.errors import UsageError
from derive.layers.check.compare import Checked, checked
from derive.layers.network import Network
from derive.layers.read import read_layers
from derive.layers.shape import read_shape

PLAIN = ("relu", "prelu", "bn", "dropout", "sigmoid", "gelu")
ENDS = ("gap; fc 10", "fc 7; relu; fc 3 nobias", "flatten; fc 5", "gap", "ln", "")


def network(seed: int) -> Network:
    """A random network that fits together: layers that do not fit are drawn again."""
    random = Random(seed)
    rank = random.choice((1, 1, 2, 2, 2, 2, 3))
    longest = {1: 120, 2: 60, 3: 18}[rank]
    lengths = [random.randint(6, longest) for _ in range(rank)]
    input = "x".join(map(str, (*lengths, random.choice((1, 2, 3, 4, 6, 8)))))
    typed: list[str] = []
    while len(typed) < random.randint(2, 7):
        more = _node(random, rank)
        try:
            found = _made([*typed, more], input)
        except UsageError:
            continue
        if found.activations > 10**6:
            break
        typed.append(more)
    typed += [end for end in (random.choice(ENDS),) if end]
    return _made(typed or ["relu"], input)


def _made(typed: list[str], input: str) -> Network:
    found = Network(read_layers("; ".join(typed)), read_shape(input))
    assert found.rows is not None
    return found


def _node(random: Random, rank: int) -> str:
    draw = random.random()
    if draw < 0.12:
        return f"sum[{_kept(random, rank)} | ]"
    if draw < 0.24:
        stride = random.choice((1, 1, 2))
        branches = [_kept(random, rank, stride) for _ in range(random.randint(2, 3))]
        return f"concat[{' | '.join(branches)}]"
    if draw < 0.32:
        return f"repeat {random.randint(2, 3)} [{_windowed(random, rank)}; {random.choice(PLAIN)}]"
    return random.choice(PLAIN) if draw < 0.45 else _windowed(random, rank)


def _windowed(random: Random, rank: int) -> str:
    axes = [random.randint(1, 5) for _ in range(rank)] if random.random() < 0.4 else [random.randint(1, 5)]
    kernel = "x".join(map(str, axes))
    kind = random.random()
    most = (
        2 if kind < 0.75 else min(axes) // 2 if rank < 3 else 0
    )  # torch pools no volume that padding makes large enough
    padding = random.randint(0, most)
    shared = f"{kernel} stride {_sizes(random, rank, 3)} pad {padding}"
    if kind < 0.5:
        options = (
            f"groups {random.choice((1, 1, 2, 4))} dilation {_sizes(random, rank, 3)}{random.choice(('', ' nobias'))}"
        )
        return f"conv {random.choice((2, 4, 6, 8, 12))} {shared} {options}"
    if kind < 0.56:
        return f"depthwise {shared}"
    if kind < 0.6:
        stride = random.randint(1, 3)
        more = f" outpad {random.randint(0, stride - 1)}{random.choice(('', ' nobias'))}"
        return f"tconv {random.choice((2, 4, 8))} {kernel} stride {stride} groups {random.choice((1, 1, 2))}{more}"
    if kind < 0.75:
        return f"conv {random.choice((3, 4, 5))} {kernel} pad same dilation {random.randint(1, 2)}"
    return f"{random.choice(('pool', 'avgpool'))} {shared}{random.choice(('', ' ceil'))}"


def _kept(random: Random, rank: int, stride: int = 1) -> str:
    """A branch whose length is that of its input, divided by the stride."""
    kernel = random.choice((1, 3, 5))
    wide = f"conv 4 {kernel} stride {stride} pad {kernel // 2}"
    if random.random() < 0.3:
        wide = f"pool 3 stride {stride} pad 1; conv 4 1"
    return f"{wide}; {random.choice(PLAIN)}" if random.random() < 0.5 else f"conv 3 1; {wide}"


def _sizes(random: Random, rank: int, most: int) -> str:
    if rank > 1 and random.random() < 0.3:
        return "x".join(str(random.randint(1, most)) for _ in range(rank))
    return str(random.choice((1, 1, 2, random.randint(1, most))))


def agreed(seed: int) -> Checked:
    """What of a random network agrees with torch. Errors: VerificationError."""
    return checked(network(seed))


if __name__ == "__main__":
    count, layers, fields = int(sys.argv[1]), 0, 0
    for seed in range(count):
        found = agreed(seed)
        layers, fields = layers + found.layers, fields + found.fields
    print(f"{count} of {count}: {layers} layers, {fields} receptive fields")
