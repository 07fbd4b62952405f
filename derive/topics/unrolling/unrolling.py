"""What a derivation costs: once for every number of steps T, or once for each T of a graph that is unrolled.

Counted are the adjoints that are derived, the lines of the generated code, and the nodes that torch records when the
forward pass runs. The numbers at which both are run are drawn with a seed, so that each run gives the same table.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from fractions import Fraction
from typing import Any, NamedTuple, Protocol

from sympy import Symbol

from derive.chain.derivation import Derivation
from derive.chain.derived import Derived
from derive.errors import ModelError

Arrays = Mapping[str, Any]


class Derivable(Protocol):
    """A graph."""

    def derive(self) -> Derived:
        """Its derivation."""


class Unrolled(NamedTuple):
    """The question: `build(T)` makes the graph of T steps, which has the same parameters and inputs; `at` are the T."""

    size: str
    at: tuple[int, ...]
    build: Callable[[int], Derivable]
    seed: int = 0


class Counts(NamedTuple):
    """What was counted at one number of steps: derived in general, then unrolled, then recorded by torch."""

    steps: int
    adjoints: int
    lines: int
    unrolled_adjoints: int
    unrolled_lines: int
    recorded: int


class Run(NamedTuple):
    """The gradients of the general derivation and of the unrolled one at the same numbers, which are `given`."""

    derived: Derived
    general: Arrays
    unrolled: Arrays


class Measured(NamedTuple):
    """The answer: a row for each number of steps, and the runs from which it is checked."""

    size: Symbol
    seed: int
    rows: tuple[Counts, ...]
    runs: tuple[Run, ...]


class Law(NamedTuple):
    """What all rows have in common: start + slope T."""

    start: Fraction
    slope: Fraction


def measured(derived: Derived, asked: Unrolled) -> Measured:
    """Derive and count for every number of steps. Errors: ModelError for a size that the model does not have."""
    size = next((s for s in derived.model.sizes if str(s) == asked.size), None)
    if size is None:
        raise ModelError(f"unrolled: the model has no size {asked.size}")
    rows, runs = [], []
    for steps in asked.at:
        own = asked.build(steps).derive()
        row, run = _one(derived, own, asked, steps)
        rows.append(row)
        runs.append(run)
    return Measured(size, asked.seed, tuple(rows), tuple(runs))


def law(steps: Sequence[int], counts: Sequence[int]) -> Law | None:
    """The line through all pairs, exactly; None where they lie on none, or where there are fewer than three.

    >>> law((1, 2, 4), (5, 7, 11))
    Law(start=Fraction(3, 1), slope=Fraction(2, 1))
    >>> law((1, 2, 4), (1, 4, 16))
    """
    if len(steps) < 3:
        return None
    slope = Fraction(counts[1] - counts[0], steps[1] - steps[0])
    start = counts[0] - slope * steps[0]
    fits = all(start + slope * t == n for t, n in zip(steps, counts, strict=True))
    return Law(start, slope) if fits else None


def _one(derived: Derived, own: Derived, asked: Unrolled, steps: int) -> tuple[Counts, Run]:
    from derive.topics.unrolling.check.recorded import recorded

    given = _numbers(own.derivation, asked.seed)
    general = _gradients(derived.derivation, given, {asked.size: steps})
    row = Counts(
        steps,
        len(derived.derivation.adjoints),
        _lines(derived.derivation),
        len(own.derivation.adjoints),
        _lines(own.derivation),
        recorded(derived.derivation, given),
    )
    return row, Run(own, general, _gradients(own.derivation, given, {}))


def _lines(d: Derivation) -> int:
    """The lines of the two generated passes."""
    from derive.code.listing import listing

    return sum(1 for line in listing(d, "numpy").splitlines() if line.strip())


def _numbers(d: Derivation, seed: int) -> dict[str, Any]:
    """A number between -1 and 1 for every leaf, drawn with the seed."""
    import numpy as np

    generator = np.random.default_rng(seed)
    return {n.name: generator.uniform(-1, 1, tuple(_shape(n.indices))) for n in d.model.nodes.values() if n.is_leaf}


def _shape(indices: Sequence[Any]) -> Iterator[int]:
    return (int(i.upper - i.lower + 1) for i in indices)


def _gradients(d: Derivation, given: Arrays, sizes: Mapping[str, int]) -> dict[str, Any]:
    """The gradients of the parameters, by the generated code."""
    from derive.code.running import NumpyPasses

    passes = NumpyPasses(d, given, sizes)
    return passes.backward({}, passes.forward({}))
