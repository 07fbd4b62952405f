"""Expressions to mathematics, in the order in which an author writes them.

sympy keeps b + w1*x1 in an order of its own; here a term stands where its first declared name stands, a positive term
comes first, a product is numbers, names, brackets, functions. With a `loop` index every formula is a template: its
index expressions become marks that `Template` fills in for each time step, so that no sympy object is made per step.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import lru_cache

from sympy import (
    Add,
    Expr,
    Idx,
    Indexed,
    IndexedBase,
    Integer,
    Max,
    Mul,
    Piecewise,
    Pow,
    Product,
    Rational,
    Sum,
    Symbol,
)
from sympy.core.function import AppliedUndef

from derive.algebra import weight
from derive.derivation import Line, Term
from derive.functions import row_of
from derive.indices import BINDERS, linear, name_of, substitute
from derive.limits import LimitOf
from derive.partials import Immediate, Partial
from derive.rendering.style import STYLES, Style

ADD, MUL, POWER, ATOM = 1, 2, 3, 4
Printed = tuple[str, int]
MARK = re.compile("\x02(-?\\d+),(-?\\d+)\x03")


@lru_cache(maxsize=64)
def printer(
    style: str, order: tuple[str, ...], sizes: tuple[tuple[Symbol, int], ...] = (), loop: Idx | None = None
) -> Printer:
    """The printer for a style, the names in the order of their definition, numbers for sizes, and a loop index."""
    return Printer(STYLES[style], order, sizes, loop)


class Printer:
    """Prints expressions, terms and lines; remembers what it has printed."""

    def __init__(
        self, style: Style, order: Sequence[str], sizes: Sequence[tuple[Symbol, int]] = (), loop: Idx | None = None
    ):
        self.style, self.loop = style, loop
        self.rank = {name: at for at, name in enumerate(order)}
        self.numbers = tuple(sizes)
        self.sizes = {s: Rational(n) for s, n in sizes}
        self._seen: dict[Expr, Printed] = {}

    def __call__(self, expr: object) -> str:
        """An expression, a line or a term as mathematics; anything else as plain text."""
        if isinstance(expr, Line):
            return self.line(expr.terms)
        if isinstance(expr, Term):
            return self.line((expr,))
        if isinstance(expr, IndexedBase):
            return self.style.name(expr.name, ())
        return self.printed(expr)[0] if isinstance(expr, Expr) else str(expr)

    def line(self, terms: Sequence[Term], join: str | None = None) -> str:
        """A sum of products as they stand; `join` goes between the factors."""
        return signed(self.term(t, join, lone=len(terms) == 1) for t in terms)

    def terms(self, expr: Expr) -> list[str]:
        """The terms of an expression, each with its sign where it is negative."""
        negative = all(a.could_extract_minus_sign() for a in expr.args)
        parts = self.ordered(expr.args) if isinstance(expr, Add) and not negative else [expr]
        return [self.printed(a)[0] for a in parts]

    def term(self, term: Term, join: str | None = None, lone: bool = False) -> str:
        """A product as it stands, under its sums; brackets around sums of terms and later negative factors.

        A `lone` term of a single factor needs no brackets: nothing stands beside it.
        """
        if len(term.factors) == 1 and not term.sums and (lone or not isinstance(term.factors[0], Add)):
            return self.printed(term.factors[0])[0]
        parts = []
        for at, factor in enumerate(term.factors):
            text, level = self.printed(factor)
            open_end = _open(factor) and at < len(term.factors) - 1
            leading = at == 0 and not term.sums and not isinstance(factor, Add)
            parts.append(text if (level > ADD or leading) and not open_end else self.style.brackets(text))
        text = self._joined(parts) if join is None else join.join(parts)
        return "".join(self._total(limit) for limit in term.sums) + text

    def printed(self, expr: Expr) -> Printed:
        """(text, how tightly it binds)."""
        found = self._seen.get(expr)
        if found is None:
            found = self._seen[expr] = self._print(expr)
        return found

    def _print(self, expr: Expr) -> Printed:
        for kind, method in _METHODS:
            if isinstance(expr, kind):
                printed: Printed = getattr(self, method)(expr)
                return printed
        return self._function(expr)

    def at(self, expr: Expr, level: int) -> str:
        """The expression, in brackets where it binds less tightly than `level`."""
        text, found = self.printed(expr)
        return text if found >= level else self.style.brackets(text)

    # leaves
    def _symbol(self, expr: Symbol) -> Printed:
        number = self.sizes.get(expr)
        return (str(number) if number is not None else self.style.name(expr.name, ())), ATOM

    def _idx(self, expr: Idx) -> Printed:
        return self.index(expr), ATOM

    def _indexed(self, expr: Indexed) -> Printed:
        return self.style.name(name_of(expr), tuple(self.index(i) for i in expr.indices)), ATOM

    def index(self, expr: Expr) -> str:
        """An index expression, t+1 or 2i+p; a mark where it moves with the loop."""
        expr = substitute(expr, self.sizes) if self.sizes else expr
        if self.loop is not None and self.loop in expr.free_symbols:
            form = linear(expr, self.loop)
            if form is not None and form[1].is_Integer:
                return f"\x02{form[0]},{form[1]}\x03"
        terms = sorted(Add.make_args(expr), key=lambda a: (a.could_extract_minus_sign(), a.is_number, str(a)))
        return signed((self._index_term(a) for a in terms), "")

    def _index_term(self, term: Expr) -> str:
        if isinstance(term, (Idx, Symbol)):
            return self.style.name(name_of(term), ())
        if isinstance(term, Mul):
            head, *rest = term.args
            sign = "-" if head == -1 else self.index(head)
            return sign + "".join(self._index_term(r) for r in rest)
        return str(term) if term.is_number else self.printed(term)[0]

    def _rational(self, expr: Rational) -> Printed:
        if expr.q == 1:
            return str(expr.p), ATOM if expr.p >= 0 else ADD
        text = self.style.fraction(str(abs(expr.p)), str(expr.q))
        return ("-" if expr.p < 0 else "") + text, MUL if expr.p > 0 else ADD

    # compounds
    def _add(self, expr: Add) -> Printed:
        if expr.has(Idx) and all(isinstance(a, (Idx, Integer)) for a in expr.args):
            return self.index(expr), ADD
        if all(a.could_extract_minus_sign() for a in expr.args):
            return "-" + self.style.brackets(signed(self.printed(-a)[0] for a in self.ordered(expr.args))), ADD
        return signed(self.printed(a)[0] for a in self.ordered(expr.args)), ADD

    def ordered(self, args: Sequence[Expr]) -> list[Expr]:
        """Terms as an author puts them: by the first name declared, no minus in front if it need not be."""
        terms = sorted(args, key=self._place)
        first = terms[0]
        if first.could_extract_minus_sign():
            positive = [a for a in terms if not a.could_extract_minus_sign() and weight(a) <= weight(first)]
            return [*positive[:1], *(a for a in terms if a not in positive[:1])]
        return terms

    def _place(self, expr: Expr) -> tuple[int, int]:
        """Where an expression stands: the rank of its first declared name, numbers before names; then its length."""
        names = [self.rank.get(s.name, 0) for s in expr.free_symbols if not isinstance(s, (Idx, Indexed))]
        return min(names, default=-1), weight(expr)

    def _mul(self, expr: Mul) -> Printed:
        number, factors = expr.as_coeff_mul()
        sign, number = ("-", -number) if number.is_negative else ("", number)
        below = [f for f in factors if isinstance(f, Pow) and f.exp.is_negative]
        above = sorted((f for f in factors if f not in below), key=lambda f: (_class(f), *self._place(f)))
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
            text += (self.style.dot if part[:1].isdigit() else self.style.space) + part
        return text

    def _factor(self, factor: Expr, last: bool) -> str:
        text, level = self.printed(factor)
        return text if level > ADD and (last or not _open(factor)) else self.style.brackets(text)

    def _fraction(self, number: Rational, above: list[Expr], below: list[Expr]) -> str:
        """Names go over the fraction line, brackets only where they stand alone; partials and sums stand behind it."""
        behind = [f for f in above if isinstance(f, (Partial, *BINDERS))]
        over = [f for f in above if f not in behind]
        top = self._product(Rational(number.p), over) if over or not above or number.p != 1 else "1"
        if len(over) == 1 and number.p == 1:
            top = self.at(over[0], MUL) if self.style.wide_fractions else self.printed(over[0])[0]
        below = sorted(below, key=lambda f: (_class(f), *self._place(f)))
        bottom = self._product(Rational(number.q), below)
        if len(below) == 1 and number.q == 1:
            bottom = self.at(below[0], POWER) if self.style.wide_fractions else self.printed(below[0])[0]
        elif self.style.wide_fractions:
            bottom = self.style.brackets(bottom)
        rest = [self._factor(f, f is behind[-1]) for f in behind]
        return self._joined([self.style.fraction(top, bottom), *rest])

    def _power(self, expr: Pow) -> Printed:
        if row_of(expr) is not None:
            return self._function(expr)
        base, exponent = expr.args
        if exponent.is_number and exponent.is_negative:
            return self._fraction(Rational(1), [], [base**-exponent]), MUL
        counted = all(isinstance(s, (Idx, Symbol)) and s.is_integer for s in exponent.free_symbols)
        raised = self._raised(base, self.index(exponent) if counted else self.printed(exponent)[0])
        return raised, POWER

    def _raised(self, base: Expr, exponent: str) -> str:
        row = row_of(base)
        if row is not None and row.name in ("tanh", "sin", "cos") and self.style.latex:
            return rf"\{row.name}^{{{exponent}}}({self.printed(base.args[0])[0]})"
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

    def _partial(self, expr: Partial) -> Printed:
        mark = "+" if isinstance(expr, Immediate) else ""
        return self.style.partial(self(expr.of), self(expr.wrt), mark), ATOM if self.style.key == "latex" else POWER

    def _limit(self, expr: LimitOf) -> Printed:
        of, variable, to = expr.args
        return self.style.limit(self(variable), "" if to.is_infinite else self(to)) + self.at(of, MUL), MUL

    def _abstract(self, expr: AppliedUndef) -> Printed:
        return f"{self.style.name(str(expr.func), ())}({', '.join(self(a) for a in expr.args)})", ATOM

    def _piecewise(self, expr: Piecewise) -> Printed:
        parts = [f"{self.printed(v)[0]} [{c}]" for v, c in expr.args]
        return "; ".join(parts), ADD

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
        text = self.style.pattern(row).format(self._argument(row.name, expr.args[0]))
        return text, POWER if row.name in ("exp", "sqrt") else MUL if row.name == "log" else ATOM

    def _argument(self, name: str, inner: Expr) -> str:
        return self.at(inner, ATOM) if name == "log" else self.printed(inner)[0]


_METHODS: tuple[tuple[type, str], ...] = (
    (Idx, "_idx"),
    (Symbol, "_symbol"),
    (Indexed, "_indexed"),
    (Rational, "_rational"),
    (Add, "_add"),
    (Mul, "_mul"),
    (Pow, "_power"),
    (Sum, "_sum"),
    (Product, "_prod"),
    (Partial, "_partial"),
    (LimitOf, "_limit"),
    (AppliedUndef, "_abstract"),
    (Piecewise, "_piecewise"),
    (Max, "_max"),
)


def _open(factor: Expr) -> bool:
    """Does it end in a sum, which would swallow what follows?"""
    return any(isinstance(f, BINDERS) for f in Mul.make_args(factor))


def _class(factor: Expr) -> int:
    """The order of factors: partials, names and their powers, brackets, functions, indicators, sums."""
    if isinstance(factor, Partial):
        return 0
    if isinstance(factor, Pow) and row_of(factor) is None:
        return _class(factor.base)
    if isinstance(factor, (Symbol, Indexed, Rational)):
        return 1
    if isinstance(factor, Add):
        return 2
    if isinstance(factor, BINDERS):
        return 5
    return 4 if type(factor).__name__ in ("step", "share", "inside", "KroneckerDelta") else 3


def signed(terms: Iterable[str], space: str = " ") -> str:
    """Terms joined by + or by their own minus sign."""
    text = ""
    for term in terms:
        if not text:
            text = term
        else:
            text += f"{space}-{space}{term[1:].lstrip()}" if term.startswith("-") else f"{space}+{space}{term}"
    return text


class Template:
    """Text with index marks: `fill(t)` puts t into every mark a*t + b; an exponent 1 is not written."""

    def __init__(self, text: str):
        marks = dict.fromkeys(MARK.findall(text))
        self._marks = [(f"\x02{a},{b}\x03", int(a), int(b)) for a, b in marks]
        self._powers = {mark for mark, _, _ in self._marks if f"^{{{mark}}}" in text or f"^({mark})" in text}
        self.text = text

    def fill(self, t: int) -> str:
        """The text at one time step."""
        text = self.text
        for mark, a, b in self._marks:
            number = str(a * t + b)
            if number == "1" and mark in self._powers:
                text = text.replace(f"^{{{mark}}}", "").replace(f"^({mark})", "")
            text = text.replace(mark, number)
        return text
