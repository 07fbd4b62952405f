"""What the parts of a module's text share: the identifiers of a derivation, its shapes, how its sizes are found."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cached_property
from typing import NamedTuple

from sympy import Add, Expr, Function, Idx, Indexed, Symbol

from derive.chain.derivation import Derivation
from derive.code.backward import Backward
from derive.code.common_subexpressions import shared
from derive.code.draws import without_draws
from derive.code.families import Families
from derive.code.forward import Forward
from derive.code.fused import fused
from derive.code.indicators import guarded
from derive.code.lower import Lowering
from derive.code.names import Identifiers
from derive.code.printer import CodePrinter
from derive.code.python_text import quoted
from derive.code.stable import Stable
from derive.code.targets import Target
from derive.code.trees import Statement
from derive.evaluate.at_zero import slopes_of_norms, zero_log_zero
from derive.expressions.indices import limits, name_of
from derive.expressions.intervals import Interval
from derive.page.print.printer import printer


class Source:
    """One derivation for one target; `suffix` tells its functions from those of another one in the same module."""

    def __init__(self, d: Derivation, target: Target, suffix: str = ""):
        d = without_draws(d)
        self.d, self.target, self.suffix, self.print = d, target, suffix, CodePrinter(target)
        self.names = Identifiers(c.expr for node in d.model.nodes.values() for c in node.cases)
        self.show = printer("text", d.model.order)
        for name in [*d.model.nodes, *(str(s) for s in d.model.sizes)]:
            self.names[name]
        self.families = Families(d, self.names)
        stable = Stable(d.model.nodes)
        forward = self._lowering(lambda expr: guarded(zero_log_zero(stable(expr))))
        backward = self._lowering(lambda expr: guarded(slopes_of_norms(zero_log_zero(stable(expr)), d.model.nodes)))
        self.integers = forward.integers
        self.forward = Forward(self.families, forward, self.show)
        self.backward = Backward(self.families, backward, self.show, stable)
        self.leaves = [n for n in d.model.nodes.values() if n.is_leaf]

    def _lowering(self, evaluated: Callable[[Expr], Expr]) -> Lowering:
        return Lowering(self.names, self.d.model.sizes, self.families.element, evaluated, self._finite)

    def _finite(self, expr: Expr) -> bool:
        """True for what is given, and for what is made of sizes alone."""
        if isinstance(expr, (Symbol, Indexed)) and name_of(expr) in self.d.model.nodes:
            return self.d.model.nodes[name_of(expr)].is_leaf
        return not expr.atoms(Indexed, Idx, Function) and expr.free_symbols <= {*self.d.model.sizes}

    @property
    def table(self) -> str:
        """Write the table of the shapes in the module."""
        return f"SHAPES{self.suffix.upper()}"

    @cached_property
    def shapes(self) -> dict[str, tuple[Interval, ...]]:
        """Return the ranges of the leaves by identifier."""
        return {self.names[n.name]: self.families.stored[n.name].ranges for n in self.leaves}

    @cached_property
    def optional(self) -> dict[str, tuple[Interval, ...]]:
        """Return the ranges of the partials of an abstract loss."""
        given = self.families.cotangents
        return {self.names[c.name]: self.families.stored[f"given {c.name}"].ranges for c in given}

    def tidied(self, lines: Sequence[Statement]) -> tuple[Statement, ...]:
        """Leave to the library what it has a function for, and compute once what would be computed twice."""
        lines = fused(tuple(lines)) if "softmax" in self.target.patterns else lines
        return shared(lines, self.names.local())

    @cached_property
    def backward_lines(self) -> tuple[Statement, ...]:
        """Return the statements of the backward pass."""
        return self.tidied(self.backward.statements())

    def shape(self, ranges: Sequence[Interval]) -> str:
        """Write a shape as code."""
        return self.print(self.integers.shape(ranges))

    def axes(self, ranges: Sequence[Interval]) -> tuple[str, ...]:
        """Write the length of each axis as code."""
        return tuple(self.print(self.integers.length(r)) for r in ranges)

    @cached_property
    def sizes(self) -> list[Symbol]:
        """Return the sizes that the model uses; one that is only declared is asked of nobody."""
        nodes = self.d.model.nodes.values()
        read = [*(c.expr for n in nodes for c in n.cases), *(e for n in nodes for i in n.indices for e in limits(i))]
        ranges = [e for s in self.families.stored.values() for pair in s.ranges for e in pair]
        used = {s for e in (*read, *ranges) for s in e.atoms(Symbol)}
        return [s for s in self.d.model.sizes if s in used]

    @cached_property
    def solved(self) -> tuple[list[str], list[str]]:
        """Write the sizes as lines of code, and return those that no array tells, which have to be given.

        A length may hold sizes that are known already: of H + R - 1 it is H once R is found. Where only a sum is left,
        H + W, its first size has to be given, and the other follows.
        """
        lengths = [(n, axis, b - a + 1) for n, ranges in self.shapes.items() for axis, (a, b) in enumerate(ranges)]
        lines, given, open_ = list[str](), list[str](), list(self.sizes)
        while open_:
            found = [(alone, n, at) for n, at, length in lengths if (alone := _alone(length, open_)) is not None]
            held = (s for _, _, length in lengths for s in open_ if length.has(s))
            symbol = found[0][0].size if found else next(held, open_[0])
            identifier = self.names[str(symbol)]
            value = self._from_length(*found[0]) if found else f"given[{quoted(identifier)}]"
            lines.append(f"{identifier} = {value}")
            given += [] if found else [identifier]
            open_.remove(symbol)
        return lines, given

    def _from_length(self, alone: Alone, name: str, axis: int) -> str:
        """Write a size by the length of an axis."""
        text, rest = f"given[{quoted(name)}].shape[{axis}]", alone.rest
        if rest != 0:
            number = self.print(self.integers.number(-rest if rest.is_negative else rest))
            text += (" + " if rest.is_negative else " - ") + (f"({number})" if isinstance(rest, Add) else number)
        if alone.factor == 1:
            return text
        return f"{text if rest == 0 else f'({text})'} // {self.print(self.integers.number(alone.factor))}"


class Alone(NamedTuple):
    """A length as factor * size + rest, both of which are known."""

    size: Symbol
    factor: Expr
    rest: Expr


def _alone(length: Expr, open_: Sequence[Symbol]) -> Alone | None:
    """Read a length that holds one size only that is still open."""
    for size in open_:
        factor = length.coeff(size)
        found = Alone(size, factor, length - factor * size)
        if factor.is_positive and factor.is_integer and not (factor.has(*open_) or found.rest.has(*open_)):
            return found
    return None
