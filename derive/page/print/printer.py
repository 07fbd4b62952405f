"""Expressions to mathematics, in the order in which an author writes them.

With a `loop` index every formula is a template: its index expressions become marks that `Template` fills in for each
time step, so that no sympy object is made per step.
"""

from __future__ import annotations

from functools import cached_property, lru_cache, partial
from typing import Any

from sympy import (
    Add,
    And,
    Expr,
    Float,
    Idx,
    Indexed,
    IndexedBase,
    Max,
    Mul,
    Not,
    Or,
    Piecewise,
    Pow,
    Product,
    Rational,
    S,
    Sum,
    Symbol,
)
from sympy.core.function import AppliedUndef
from sympy.core.relational import Relational
from sympy.matrices import MatrixBase

from derive.chain.derivation import Line, Term
from derive.expressions.functions import Row, row_of
from derive.expressions.matrices import Matrix, Plus
from derive.expressions.moments import Moment
from derive.expressions.norms import Norm, SpectralRadius
from derive.expressions.symbols import Immediate, LimitOf, Partial, Tangent
from derive.memo import SIZE, memo
from derive.page.print.atoms import ADD, ATOM, BINDS, MUL, POWER, Printed
from derive.page.print.matrices import Matrices
from derive.page.print.order import open_ended, signed
from derive.page.print.style import STYLES


@partial(memo, size=64)
def printer(
    style: str, order: tuple[str, ...], sizes: tuple[tuple[Symbol, int], ...] = (), loop: Idx | None = None
) -> Printer:
    """The printer for a style, the names in the order of their definition, numbers for sizes, and a loop index."""
    return Printer(STYLES[style], order, sizes, loop)


class Printer(Matrices):
    """Prints expressions, terms and lines."""

    def __init__(self, *given: Any):
        super().__init__(*given)
        self.pieces = lru_cache(maxsize=SIZE)(self._pieces)

    def __call__(self, expr: object) -> str:
        """An expression, a line or a term as mathematics; anything else as plain text."""
        if isinstance(expr, (Expr, Relational, MatrixBase)):
            return self.printed(expr)[0]
        if isinstance(expr, (Line, Term)):
            return self.line(expr.terms if isinstance(expr, Line) else (expr,))
        return str(expr)

    def line(self, terms: tuple[Term, ...]) -> str:
        """A sum of products as they stand."""
        return signed(self.pieces(terms))

    def _pieces(self, right: Expr | tuple[Term, ...], dots: bool = False) -> tuple[str, ...]:
        """A right-hand side as its terms, each with its sign where it is negative; `dots` go between factors."""
        if isinstance(right, tuple):
            return tuple(self.term(t, self.style.dot if dots else None, lone=len(right) == 1) for t in right)
        return self._terms(right)

    def _terms(self, expr: Expr) -> tuple[str, ...]:
        negative = all(a.could_extract_minus_sign() for a in expr.args)
        parts = self.ordered(expr.args) if isinstance(expr, (Add, Plus)) and not negative else [expr]
        return tuple(self.printed(a)[0] for a in parts)

    def term(self, term: Term, join: str | None = None, lone: bool = False) -> str:
        """A product as it stands, under its sums; brackets around sums of terms and later negative factors.

        A `lone` term of a single factor needs no brackets: nothing stands beside it.
        """
        if len(term.factors) == 1 and not term.sums and (lone or not isinstance(term.factors[0], Add)):
            return self.printed(term.factors[0])[0]
        parts = []
        for at, factor in enumerate(term.factors):
            text, level = self.printed(factor)
            open_end = open_ended(factor) and at < len(term.factors) - 1
            leading = at == 0 and not term.sums and not isinstance(factor, Add)
            parts.append(text if (level > ADD or leading) and not open_end else self.style.brackets(text))
        text = self._joined(parts) if join is None else join.join(parts)
        return "".join(self._total(limit) for limit in term.sums) + text

    def _print(self, expr: Expr) -> Printed:
        for kind, method in _METHODS:
            if isinstance(expr, kind):
                printed: Printed = getattr(self, method)(expr)
                return printed
        return self._function(expr)

    def _power(self, expr: Pow) -> Printed:
        return super()._power(expr) if row_of(expr) is None else self._function(expr)

    def _partial(self, expr: Partial) -> Printed:
        if isinstance(expr.of, Partial):
            return self.style.second(self(expr.of.of), self(expr.of.wrt), self(expr.wrt)), POWER
        mark = "+" if isinstance(expr, Immediate) else ""
        return self.style.partial(self(expr.of), self(expr.wrt), mark), ATOM if self.style.key == "latex" else POWER

    def _along(self, expr: Tangent) -> Printed:
        return self.style.along(self(expr.args[0])), MUL

    def _limit(self, expr: LimitOf) -> Printed:
        of, variable, to = expr.args
        return self.style.limit(self(variable), "" if to.is_infinite else self(to)) + self.at(of, MUL), MUL

    def _moment(self, expr: Moment) -> Printed:
        return self.style.moment(expr.sign, ", ".join(self(a) for a in expr.args)), ATOM

    def _abstract(self, expr: AppliedUndef) -> Printed:
        return f"{self.style.name(str(expr.func), ())}({', '.join(self(a) for a in expr.args)})", ATOM

    def _piecewise(self, expr: Piecewise) -> Printed:
        """Each value with its condition; the last one's too, which sympy only calls true."""
        rows: list[tuple[str, str]] = []
        before: list[Any] = []
        for value, condition in expr.args:
            when = Not(Or(*before)).to_nnf() if condition is S.true and before else condition
            rows.append((self.printed(value)[0], self._condition(when)))
            before.append(condition)
        return self.style.cases(rows), ATOM

    def _condition(self, expr: Any) -> str:
        """A comparison, or several joined by and and or."""
        if isinstance(expr, (And, Or)):
            sign = self.style.both if isinstance(expr, And) else self.style.either
            return sign.join(sorted(self._joint(a) for a in expr.args))
        return self(expr) if isinstance(expr, Relational) else str(expr)

    def _joint(self, expr: Any) -> str:
        return f"({self._condition(expr)})" if isinstance(expr, (And, Or)) else self._condition(expr)

    def _max(self, expr: Max) -> Printed:
        inner = ", ".join(self.printed(a)[0] for a in self.ordered(expr.args))
        return (rf"\max({inner})" if self.style.latex else f"max({inner})"), ATOM

    def _function(self, expr: Expr) -> Printed:
        name = type(expr).__name__
        if name == "KroneckerDelta":
            return self.style.delta(self.index(expr.args[0]), self.index(expr.args[1])), ATOM
        if name == "inside":
            return self.style.condition(*(self.index(expr.args[n]) for n in (1, 0, 2))), ATOM
        row = row_of(expr)
        if row is None:
            return f"{name}({', '.join(self(a) for a in expr.args)})", ATOM
        return self.style.pattern(row).format(self._argument(row, expr.args[0])), BINDS[row.notation]

    def _argument(self, row: Row, inner: Expr) -> str:
        if row.notation == "raised":
            return self._exponent(inner)
        return self.at(inner, ATOM) if row.notation == "prefix" else self.printed(inner)[0]

    def _exponent(self, expr: Expr) -> str:
        """What stands raised: its fractions are written with a stroke."""
        return (self.above if self.style.latex else self).printed(expr)[0]

    @cached_property
    def above(self) -> Printer:
        """The printer of exponents."""
        return printer("exponent", tuple(self.rank), self.numbers, self.loop)


_METHODS: tuple[tuple[type, str], ...] = (
    (Idx, "_idx"),
    (IndexedBase, "_family"),
    (Symbol, "_symbol"),
    (Indexed, "_indexed"),
    (Rational, "_rational"),
    (Float, "_float"),
    (Add, "_add"),
    (Mul, "_mul"),
    (Pow, "_power"),
    (Sum, "_sum"),
    (Product, "_prod"),
    (Partial, "_partial"),
    (Tangent, "_along"),
    (LimitOf, "_limit"),
    (AppliedUndef, "_abstract"),
    (Piecewise, "_piecewise"),
    (Max, "_max"),
    (Norm, "_norm"),
    (SpectralRadius, "_radius"),
    (Moment, "_moment"),
    (MatrixBase, "_matrix"),
    (Relational, "_relation"),
    (Matrix, "_algebra"),
)
