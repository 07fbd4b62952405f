"""The second writing of a model: Python loops over index values, torch numbers, nothing of derive."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from sympy import Symbol

from derive import Graph
from random_graphs.letters import Env, Letter, Span, Whole
from random_graphs.terms import Array, Term


@dataclass(frozen=True)
class Law:
    """One definition of a family, for its letters; `fixed` is its only element on the first axis, for a start value."""

    letters: tuple[Letter, ...]
    term: Term
    fixed: Whole | None = None

    def env(self, sizes: Env, position: tuple[int, ...]) -> Env | None:
        """The letters' values at a position; None where the law does not hold."""
        rest = position
        if self.fixed is not None:
            if self.fixed.at(sizes) != position[0]:
                return None
            rest = position[1:]
        env = {**sizes, **{a.name: p for a, p in zip(self.letters, rest, strict=True)}}
        return env if all(env[a.name] in a.span.numbers(sizes) for a in self.letters) else None


class World:
    """The values of one forward pass: every element, computed once.

    `given` holds the leaves, `partials` those of the abstract function L, with a last axis for the sample points.
    """

    def __init__(self, case: Case, sizes: Env, given: Mapping[str, Array], partials: Mapping[str, Array]):
        self.case, self.sizes, self.given, self.partials = case, sizes, given, partials
        self.kept: dict[tuple[str, tuple[int, ...]], Array] = {}

    def element(self, name: str, position: tuple[int, ...] = ()) -> Array:
        """One element of a family. Errors: IndexError for an element that nothing defines."""
        if (name, position) not in self.kept:
            self.kept[name, position] = self.computed(name, position)
        return self.kept[name, position]

    def computed(self, name: str, position: tuple[int, ...]) -> Array:
        """An element from its definition."""
        if name in self.given:
            return self.part(self.given[name], name, position)
        for law in self.case.laws[name]:
            env = law.env(self.sizes, position)
            if env is not None:
                return law.term.at(self, env)
        raise IndexError(f"{name}{list(position)} is defined by nothing")

    def place(self, name: str, position: int) -> int:
        """A position, which is the same at every sample point."""
        return int(self.element(name, (position,))[0])

    def cotangent(self, name: str, position: tuple[int, ...]) -> Array:
        """The partial of L in one element."""
        return self.part(self.partials[name], name, position)

    def part(self, array: Array, name: str, position: tuple[int, ...]) -> Array:
        """One element of a given array."""
        for place, axis in zip(position, self.case.axes[name], strict=True):
            if place not in axis.numbers(self.sizes):
                raise IndexError(f"{name}{list(position)} is out of range")
            array = array[place - axis.low.at(self.sizes)]
        return array


@dataclass
class Case:
    """A model, the numbers of its sizes, what to differentiate by (None: the parameters), and its second writing."""

    seed: int
    graph: Graph
    sizes: dict[Symbol, int] = field(default_factory=dict)
    wrt: list[str] | None = None
    leaves: dict[str, str] = field(default_factory=dict)  # their domains
    positions: dict[str, Span] = field(default_factory=dict)  # arrays of positions, and in what range each lies
    axes: dict[str, tuple[Span, ...]] = field(default_factory=dict)  # of every family, start values included
    laws: dict[str, list[Law]] = field(default_factory=dict)
    features: set[str] = field(default_factory=set)
    products: dict[str, tuple[Span, Span]] = field(default_factory=dict)  # sizes that are products, by their names

    @property
    def env(self) -> Env:
        """The sizes by name."""
        found = {str(s): n for s, n in self.sizes.items()}
        return found | {name: a.high.at(found) * b.high.at(found) for name, (a, b) in self.products.items()}

    def reference(self, given: Mapping[str, Array], partials: Mapping[str, Array] | None = None) -> Array:
        """The loss at every sample point; leaves, and partials of the abstract L, have shape (*sizes, points)."""
        return World(self, self.env, given, partials or {}).element("J")

    def __str__(self) -> str:
        """The model, one definition a line."""
        lines = [f"seed {self.seed}  {', '.join(f'{s} = {n}' for s, n in self.sizes.items())}  wrt {self.wrt}"]
        model = self.graph.model()
        for node in (model.given or model).nodes.values():
            ranges = ", ".join(f"{i} = {i.lower}..{i.upper}" for i in node.indices)
            if node.is_leaf:
                lines.append(f"  {node.kind} {node.generic}  {node.domain}  {ranges}")
            lines += [f"  {node.at(*c.position)} = {c.expr}  {ranges}" for c in node.cases]
        return "\n".join(lines)
