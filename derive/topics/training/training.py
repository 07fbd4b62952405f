"""Gradient descent with the derived gradients: the numbers to train on, and the curve of the loss that comes out.

    w  <-  w - rate * dL/dw        for every parameter at once, dL/dw by the generated backward pass, float64

numpy's generator draws the start of every parameter uniformly from [-1, 1], in the order of definition. A run with the
same seed is therefore the same run, here or elsewhere.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from sympy import Expr

from derive.chain.derivation import Derivation
from derive.display import shown
from derive.errors import UsageError
from derive.model.model import Node
from derive.model.reachability import valueless

if TYPE_CHECKING:
    import numpy as np

    from derive.code.running import NumpyPasses
    from derive.page.plots.plot import Plot

START = 1.0  # parameters start between -START and START


class TrainingSet(NamedTuple):
    """The data that a reading of a problem can be trained on.

    `values` are nested tuples for every input, target and constant, by name. `sizes` are numbers for the dimensions
    that the data do not tell (of a hidden layer). `rate` and `steps` are used unless others are asked for.
    """

    values: Mapping[str, Any]
    sizes: Mapping[str, int] = {}
    rate: float = 1.0
    steps: int = 2000


class Training(NamedTuple):
    """A finished run: `losses[k]` is the loss after k steps, so there is one more of them than steps were taken.

    `start` and `parameters` hold the parameters before and after, `values` every node after, `given` the data; all are
    arrays by name, float64, in the shapes of the model. `sizes` are the dimensions by name.
    """

    losses: tuple[float, ...]
    rate: float
    seed: int
    sizes: Mapping[str, int]
    start: Mapping[str, np.ndarray]
    parameters: Mapping[str, np.ndarray]
    values: Mapping[str, np.ndarray]
    given: Mapping[str, np.ndarray]

    @property
    def steps(self) -> range:
        """The number of steps before each of the losses: 0, 1, 2, ..."""
        return range(len(self.losses))

    def plot(self) -> Plot:
        """The curve of the loss; `save(file)`, and a notebook shows it. Errors: UsageError without matplotlib."""
        from derive.topics.training.plot import losses

        return losses(self.losses)

    def __repr__(self) -> str:
        return f"Training({self.steps[-1]} steps, loss from {self.losses[0]:.3g} to {self.losses[-1]:.3g})"

    def _repr_markdown_(self) -> str:
        return shown(self)


def train(
    d: Derivation,
    data: TrainingSet,
    sizes: Mapping[str, int] | None = None,
    steps: int | None = None,
    rate: float | None = None,
    seed: int = 0,
) -> Training:
    """Train on the data.

    Errors: UsageError for a size that the data contradict, an abstract loss, a rate at which the loss overflows.
    """
    import numpy as np

    from derive.code.running import NumpyPasses

    if d.model.loss.name in valueless(d.model):
        raise UsageError("--train: the loss is abstract and has no value; a loss with a form can be trained")
    steps, rate = data.steps if steps is None else steps, data.rate if rate is None else rate
    given = {name: np.asarray(value, dtype=float) for name, value in data.values.items()}
    known = _sizes(d, given, data.sizes, sizes or {})
    generator = np.random.default_rng(seed)
    shapes = {n.name: _shape(n, known) for n in d.model.of_kind("parameter")}
    start = {name: np.asarray(generator.uniform(-START, START, shape)) for name, shape in shapes.items()}
    passes = NumpyPasses(d, {**given, **start}, known)
    with np.errstate(all="ignore"):  # what overflows is reported
        parameters, losses = _descent(d, passes, start, steps, rate)
        values = passes.forward(parameters)
    return Training(losses, rate, seed, known, start, parameters, values, given)


def _descent(
    d: Derivation, passes: NumpyPasses, start: Mapping[str, np.ndarray], steps: int, rate: float
) -> tuple[dict[str, np.ndarray], tuple[float, ...]]:
    """Return the parameters after the last step, and the loss before and after each step."""
    parameters, losses = dict(start), []
    for step in range(steps + 1):
        values = passes.forward(parameters)
        losses.append(float(values[d.model.loss.name]))
        if not math.isfinite(losses[-1]):
            raise UsageError(f"--lr: at rate {rate:g} the loss is no number after {step} steps; choose a smaller one")
        if step < steps:
            slopes = passes.backward(parameters, values)
            parameters = {name: old - rate * slopes[name] for name, old in parameters.items()}
    return parameters, tuple(losses)


def _sizes(
    d: Derivation, given: Mapping[str, Any], usual: Mapping[str, int], asked: Mapping[str, int]
) -> dict[str, int]:
    """Find a number for every dimension: from the data, then as asked for, then the usual one. Errors: UsageError."""
    found: dict[str, int] = {}
    for name, array in given.items():
        for length, number in zip(_lengths(d.model.nodes[name]), array.shape, strict=True):
            if length.is_Symbol and found.setdefault(str(length), number) != number:
                raise UsageError(f"the training data disagree about {length}: {found[str(length)]} and {number}")
    for size in map(str, d.model.sizes):
        if size in found and asked.get(size, found[size]) != found[size]:
            raise UsageError(f"--{size} {asked[size]}: the training data have {size} = {found[size]}; leave it out")
        if size not in found and size not in asked and size not in usual:
            raise UsageError(f"--train needs a number for {size}: give --{size}")
        found.setdefault(size, asked.get(size, usual.get(size, 0)))
    return found


def _lengths(node: Node) -> tuple[Expr, ...]:
    return tuple(i.upper - i.lower + 1 for i in node.indices)


def _shape(node: Node, sizes: Mapping[str, int]) -> tuple[int, ...]:
    """Return the shape of a family for given sizes."""
    return tuple(int(e.subs({s: sizes[str(s)] for s in e.free_symbols})) for e in _lengths(node))
