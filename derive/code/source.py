"""What the parts of a module's text share: the identifiers of a derivation, its shapes, how its sizes are found."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cached_property

from sympy import Expr, Symbol

from derive.chain.derivation import Derivation
from derive.code.at_zero import slopes_of_norms, zero_log_zero
from derive.code.backward import Backward
from derive.code.draws import without_draws
from derive.code.families import Families
from derive.code.forward import Forward
from derive.code.lower import Lowering
from derive.code.names import Identifiers
from derive.code.printer import CodePrinter
from derive.code.python_text import quoted
from derive.code.stable import Stable
from derive.code.targets import Target
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
        forward = self._lowering(lambda expr: zero_log_zero(stable(expr)))
        backward = self._lowering(lambda expr: slopes_of_norms(zero_log_zero(stable(expr)), d.model.nodes))
        self.integers = forward.integers
        self.forward = Forward(self.families, forward, self.show)
        self.backward = Backward(self.families, backward, self.show, stable)
        self.leaves = [n for n in d.model.nodes.values() if n.is_leaf]

    def _lowering(self, evaluated: Callable[[Expr], Expr]) -> Lowering:
        return Lowering(self.names, self.d.model.sizes, self.families.element, evaluated)

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

    def shape(self, ranges: Sequence[Interval]) -> str:
        """Write a shape as code."""
        return self.print(self.integers.shape(ranges))

    def axes(self, ranges: Sequence[Interval]) -> tuple[str, ...]:
        """Write the length of each axis as code."""
        return tuple(self.print(self.integers.length(r)) for r in ranges)

    @cached_property
    def solved(self) -> tuple[list[str], list[str]]:
        """Write the sizes as lines of code, and return those that no array tells, which have to be given."""
        lines, missing = [], {self.names[str(s)]: s for s in self.d.model.sizes}
        for name, ranges in self.shapes.items():
            for axis, (low, high) in enumerate(ranges):
                found = _alone(high - low + 1, list(missing.values()))
                if found:
                    symbol, factor, rest = found
                    identifier = self.names[str(symbol)]
                    moved = f" - {rest}" if rest > 0 else f" + {-rest}" if rest else ""
                    text = f"given[{quoted(name)}].shape[{axis}]{moved}"
                    lines.append(f"{identifier} = " + (text if factor == 1 else f"({text}) // {factor}"))
                    del missing[identifier]
        return [f"{n} = given[{quoted(n)}]" for n in missing] + lines, list(missing)


def _alone(length: Expr, open_: Sequence[Symbol]) -> tuple[Symbol, int, int] | None:
    """Return (size, factor, rest) if a length is factor * size + rest, for a size that is still open."""
    for symbol in open_:
        factor = length.coeff(symbol)
        rest = length - factor * symbol
        if length.free_symbols == {symbol} and factor.is_Integer and factor > 0 and rest.is_Integer:
            return symbol, int(factor), int(rest)
    return None
