"""What has no parts to arrange: names, indices, numbers. And how tightly printed text binds."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from functools import lru_cache

from sympy import Add, Expr, Float, Idx, Indexed, IndexedBase, Mul, Rational, S, Symbol

from derive.expressions.indices import linear, name_of, substitute
from derive.memo import SIZE
from derive.page.numerals import Numeral
from derive.page.print.order import Order, signed
from derive.page.print.style import Style
from derive.page.print.template import mark

ADD, MUL, POWER, ATOM = 1, 2, 3, 4
BINDS = {"brackets": ATOM, "prefix": MUL, "raised": POWER, "root": POWER}  # a function, by its notation
Printed = tuple[str, int]


class Atoms(Order, ABC):
    """Prints names, indices and numbers; remembers what it has printed."""

    def __init__(
        self, style: Style, order: Sequence[str], sizes: Sequence[tuple[Symbol, int]] = (), loop: Idx | None = None
    ):
        super().__init__(order)
        self.style, self.loop = style, loop
        self.numbers = tuple(sizes)
        self.sizes = {s: Rational(n) for s, n in sizes}
        self.printed = lru_cache(maxsize=SIZE)(self._print)
        self.index = lru_cache(maxsize=SIZE)(self._index)

    @abstractmethod
    def _print(self, expr: Expr) -> Printed:
        """(text, how tightly it binds)."""

    def at(self, expr: Expr, level: int) -> str:
        """The expression, in brackets where it binds less tightly than `level`."""
        text, found = self.printed(expr)
        return text if found >= level else self.style.brackets(text)

    def _symbol(self, expr: Symbol) -> Printed:
        number = self.sizes.get(expr)
        return (str(number) if number is not None else self.style.name(expr.name, ())), ATOM

    def _family(self, expr: IndexedBase) -> Printed:
        return self.style.name(expr.name, ()), ATOM

    def _idx(self, expr: Idx) -> Printed:
        return self.index(expr), ATOM

    def _indexed(self, expr: Indexed) -> Printed:
        return self.style.name(name_of(expr), tuple(self.index(i) for i in expr.indices)), ATOM

    def _index(self, expr: Expr) -> str:
        """An index expression, t+1 or 2i+p; a mark where it moves with the loop."""
        expr = substitute(expr, self.sizes) if self.sizes else expr
        if self.loop is not None and self.loop in expr.free_symbols:
            form = linear(expr, self.loop)
            if form is not None and form[1].is_Integer:
                return mark(*form)
        terms = sorted(Add.make_args(expr), key=lambda a: (a.could_extract_minus_sign(), a.is_number, str(a)))
        return signed((self._index_term(a) for a in terms), "")

    def _index_term(self, term: Expr) -> str:
        if term is S.Infinity:
            return r"\infty" if self.style.latex else "∞"
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

    def _float(self, expr: Float) -> Printed:
        text = Numeral(float(expr)).text(self.style.latex)
        return text, ADD if expr < 0 else ATOM if text.replace(".", "").isdigit() else MUL
