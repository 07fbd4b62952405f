"""Sums, products, fractions and powers."""

from __future__ import annotations

from collections.abc import Sequence

from sympy import Add, Expr, Idx, Integer, Mul, Pow, Product, Rational, Sum, Symbol

from derive.expressions.functions import row_of
from derive.expressions.indices import BINDERS, name_of
from derive.expressions.matrices import Times, Trace
from derive.expressions.symbols import Partial
from derive.page.print.atoms import ADD, ATOM, MUL, POWER, Atoms, Printed
from derive.page.print.order import kind, open_ended, signed

DIGITS = tuple("0123456789")  # not the bold 1 of a column of ones


class Arithmetic(Atoms):
    """Prints what is added, multiplied, divided and raised, with the brackets that it needs."""

    def _add(self, expr: Add) -> Printed:
        if expr.has(Idx) and all(isinstance(a, (Idx, Integer)) for a in expr.args):
            return self.index(expr), ADD
        if all(a.could_extract_minus_sign() for a in expr.args):
            return "-" + self.style.brackets(signed(self.printed(-a)[0] for a in self.ordered(expr.args))), ADD
        return signed(self.printed(a)[0] for a in self.ordered(expr.args)), ADD

    def _mul(self, expr: Mul) -> Printed:
        number, factors = expr.as_coeff_mul()
        sign, number = ("-", -number) if number.is_negative else ("", number)
        below = [f for f in factors if isinstance(f, Pow) and f.exp.is_negative]
        above = sorted((f for f in factors if f not in below), key=lambda f: (kind(f), *self.place(f)))
        text = self._fraction(number, above, [f.base**-f.exp for f in below]) if below else self._product(number, above)
        return sign + text, ADD if sign else MUL

    def _product(self, number: Rational, factors: Sequence[Expr]) -> str:
        parts = [self._factor(f, f is factors[-1]) for f in factors]
        if number != 1:
            parts = [self.printed(number)[0], *parts]
        return self._joined(parts)

    def _joined(self, parts: Sequence[str]) -> str:
        text = parts[0] if parts else "1"
        for part in parts[1:]:
            text += (self.style.dot if part[:1] in DIGITS else self.style.space) + part
        return text

    def _factor(self, factor: Expr, last: bool) -> str:
        text, level = self.printed(factor)
        return text if level > ADD and (last or not open_ended(factor)) else self.style.brackets(text)

    def _fraction(self, number: Rational, above: list[Expr], below: list[Expr]) -> str:
        """Names go over the fraction line, brackets only where they stand alone; partials and sums stand behind it."""
        behind = [f for f in above if isinstance(f, (Partial, Times, Trace, *BINDERS))]
        over = [f for f in above if f not in behind]
        top = self._product(Rational(number.p), over) if over or not above or number.p != 1 else "1"
        if len(over) == 1 and number.p == 1:
            top = self.at(over[0], MUL) if self.style.wide_fractions else self.printed(over[0])[0]
        below = sorted(below, key=lambda f: (kind(f), *self.place(f)))
        bottom = self._product(Rational(number.q), below)
        if len(below) == 1 and number.q == 1:
            bottom = self.at(below[0], POWER) if self.style.wide_fractions else self.printed(below[0])[0]
        elif self.style.wide_fractions:
            bottom = self.style.brackets(bottom)
        rest = [self._factor(f, f is behind[-1]) for f in behind]
        return self._joined([self.style.fraction(top, bottom), *rest])

    def _power(self, expr: Pow) -> Printed:
        base, exponent = expr.args
        if exponent.is_number and exponent.is_negative:
            return self._fraction(Rational(1), [], [base**-exponent]), MUL
        counted = all(isinstance(s, (Idx, Symbol)) and s.is_integer for s in exponent.free_symbols)
        raised = self._raised(base, self.index(exponent) if counted else self._exponent(exponent))
        return raised, POWER

    def _exponent(self, expr: Expr) -> str:
        return self.printed(expr)[0]

    def _raised(self, base: Expr, exponent: str) -> str:
        row = row_of(base)
        if row is not None and row.latex_power and self.style.latex:
            return row.latex_power.format(self.printed(base.args[0])[0], exponent)
        return self.style.power(self.at(base, ATOM), exponent)

    def _total(self, limit: tuple[Idx, Expr, Expr]) -> str:
        return self.style.total(name_of(limit[0]), self.index(limit[1]), self.index(limit[2]))

    def _sum(self, expr: Sum) -> Printed:
        body = self.at(expr.function, MUL)
        return "".join(self._total(limit) for limit in expr.limits) + body, MUL

    def _prod(self, expr: Product) -> Printed:
        body = self.at(expr.function, MUL)
        signs = [self.style.product(name_of(i), self.index(a), self.index(b)) for i, a, b in expr.limits]
        return "".join(signs) + body, MUL
