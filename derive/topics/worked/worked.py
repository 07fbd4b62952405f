"""The numbers of an exercise, worked: every value and adjoint, exact where rational, and a step of gradient descent."""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

import numpy as np
from sympy import IndexedBase, Matrix, Rational, Symbol

from derive.chain.derivation import Derivation
from derive.errors import UsageError
from derive.evaluate.exact import ExactBackend, Number
from derive.evaluate.passes import Passes, cotangents, leaves
from derive.evaluate.store import Store
from derive.expressions.indices import name_of
from derive.expressions.traverse import names
from derive.model.reachability import random_names, valueless
from derive.model.structure import has
from derive.topics.worked.numbers_as_typed import Spot, Wanted, assign, spots


@dataclass(frozen=True)
class Worked:
    """All numbers of one exercise: values and adjoints by family (object arrays without the axis of points), update.

    `updated` maps each parameter to its value after w - rate * gradient.
    """

    given: Mapping[str, Any]
    values: Mapping[str, Any]
    adjoints: Mapping[str, Any]
    low: Mapping[str, tuple[int, ...]]
    rate: Fraction | None
    updated: Mapping[str, Any] = field(default_factory=dict)

    def value(self, name: str, position: tuple[int, ...] = ()) -> Number:
        """The value of one element."""
        return _element(self.values[name], self.low[name], position)

    def adjoint(self, name: str, position: tuple[int, ...] = ()) -> Number:
        """The derivative of the loss with respect to one element."""
        return _element(self.adjoints[name], self.low[f"adjoint {name}"], position)


def _element(array: Any, low: tuple[int, ...], position: tuple[int, ...]) -> Number:
    found: Number = array[tuple(p - a for p, a in zip(position, low, strict=True))]
    return found


def work(
    derivation: Derivation, sizes: Mapping[Symbol, int], at: Mapping[str, str], rate: Fraction | None = None
) -> Worked:
    """Work the numbers `at` (name to text). Errors: UsageError: a missing or foreign name, a size without a number."""
    missing = [s for s in derivation.model.sizes if s not in sizes]
    if missing:
        raise UsageError(f"--at works numbers, so every size needs one: give --{missing[0]}")
    _needs_no_value(derivation)
    passes = Passes(derivation, sizes, ExactBackend())
    store = Store(passes.backend)
    wanted = _wanted(derivation, passes)
    numbers = assign(wanted, at)
    _as_declared(derivation, wanted, numbers)
    for name, (ranges, _) in wanted.items():
        lengths = [b - a + 1 for a, b in ranges]
        array = np.empty((*lengths, 1), dtype=object)
        for spot in itertools.product(*(range(n) for n in lengths)):
            position = tuple(s + a for s, (a, _) in zip(spot, ranges, strict=True))
            array[(*spot, 0)] = numbers[(name, position)]
        store.put(name, array, ranges)
    try:
        averaged = averaged_out(derivation)
        for stage in (s for s in derivation.stages if not averaged & set(s.families)):
            passes.compute(stage, store)
        passes.backward(store)
        done = _finished(derivation, store, numbers, rate)
        _in_range(done)
    except OverflowError:
        raise UsageError("these numbers lead beyond 1e308; choose smaller ones") from None
    return done


def _in_range(worked: Worked) -> None:
    """Refuse a number beyond the range of floats, which no page can show. Errors: OverflowError."""
    for array in itertools.chain(worked.values.values(), worked.adjoints.values(), worked.updated.values()):
        if not all(math.isfinite(float(v)) for v in array.flat):
            raise OverflowError


def _as_declared(derivation: Derivation, wanted: Wanted, numbers: Mapping[tuple[str, Spot], Fraction]) -> None:
    """Refuse elements that do not sum to what is declared of them, or make another matrix. Errors: UsageError."""
    for node in (n for n in leaves(derivation.model) if n.structure):
        (low, high), _ = wanted[node.name][0]
        places = range(low, high + 1)
        elements = [[Rational(*numbers[node.name, (a, b)].as_integer_ratio()) for b in places] for a in places]
        if not has(node.structure, Matrix(elements)):
            raise UsageError(f"--at: {node.name} is declared {node.structure}, and these numbers are not")
    for node in (n for n in leaves(derivation.model) if n.sums_to is not None):
        rows: dict[Spot, Fraction] = {}
        for spot in spots(wanted[node.name][0]):
            rows[spot[:-1]] = rows.get(spot[:-1], Fraction(0)) + numbers[node.name, spot]
        for found in rows.values():
            if found != Fraction(str(node.sums_to)):
                raise UsageError(f"--at: {node.name} sums to {found}, but it is declared to sum to {node.sums_to}")


def _needs_no_value(derivation: Derivation) -> None:
    """Refuse a gradient such as that of L(x)^2, which contains the value of an abstract function."""
    unknown = valueless(derivation.model)
    for use in (u for adjoint in derivation.adjoints.values() for u in adjoint.uses if unknown):
        for name in sorted(names(use.local) & unknown):
            raise UsageError(f"--at: the gradients need the value of {name}, which is abstract; give it a form")


def averaged_out(derivation: Derivation) -> frozenset[str]:
    """Return the random quantities over which the loss is averaged, and what uses them: they need no number."""
    return random_names(derivation.model.nodes) - derivation.reaching


def _wanted(derivation: Derivation, passes: Passes) -> Wanted:
    """Return, for each name as it is typed, its ranges and the elements that must be given a number."""
    found: dict[str, tuple[list[tuple[int, int]], set[Spot]]] = {
        n.name: (passes.ranges(n), set(spots(passes.ranges(n))))
        for n in leaves(derivation.model)
        if n.name not in averaged_out(derivation)
    }
    for key, node in cotangents(derivation.model):
        found[key] = passes.ranges(node), set()
    for node in derivation.model.nodes.values():
        for given in node.abstract.args if node.abstract is not None else ():
            name = name_of(given)
            if derivation.model.nodes[name].kind not in ("target", "input", "constant", "random"):
                ranges, needed = found[f"d{node.name}/d{name}"]
                whole = isinstance(given, IndexedBase)
                fixed = tuple(passes.number(i) for i in getattr(given, "indices", ()))
                needed |= set(spots(ranges)) if whole else {fixed}
    return found


def _finished(d: Derivation, store: Store, given: Mapping[Any, Fraction], rate: Fraction | None) -> Worked:
    values = {name: _array(store.whole(name)) for name in d.model.nodes if name not in averaged_out(d)}
    adjoints = {name: _array(store.whole(f"adjoint {name}")) for name in d.adjoints}
    updated = {}
    if rate is not None:
        for node in (n for n in d.model.of_kind("parameter") if n.name in d.wanted):
            slope = adjoints.get(node.name, Fraction(0))
            updated[node.name] = np.asarray(values[node.name] - rate * slope, dtype=object)
    return Worked(
        {n if not s else f"{n}{list(s)}": v for (n, s), v in given.items()}, values, adjoints, store.low, rate, updated
    )


def _array(points: Any) -> Any:
    """Return the numbers at the only point, as an array even if the family has no index."""
    array = np.empty(points.shape[:-1], dtype=object)
    array[...] = points[..., 0]
    return array
