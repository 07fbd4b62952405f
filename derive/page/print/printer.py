"""Expressions to mathematics, in the order in which an author writes them.

`write` is the table of printers: the modules beside this one register a function for each kind of expression, and the
package imports them all. A function is given the expression and the `Printer`, which knows the style, the order of the
names and the numbers of the sizes, and prints the parts.

With a `loop` index every formula is a template: its index expressions become marks that `Template` fills in for each
time step, so that no sympy object is made per step.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property, lru_cache, partial, singledispatch

from sympy import Add, And, Expr, Idx, Mul, Or, Rational, S, Symbol
from sympy.core.relational import Relational
from sympy.matrices import MatrixBase

from derive.chain.derivation import Line, Term
from derive.expressions.coefficients import number_in_front
from derive.expressions.indices import BINDERS, Limits, denominator, linear, name_of, substitute
from derive.expressions.letters import Letters
from derive.expressions.matrices import Plus
from derive.expressions.said import Said, by_words, factors_by_words
from derive.memo import SIZE, memo
from derive.page.print.order import open_ended, ordered, signed
from derive.page.print.style import STYLES, Style
from derive.page.print.template import mark

ADD, MUL, POWER, ATOM = 1, 2, 3, 4  # how tightly a printed text binds
Printed = tuple[str, int]
DIGITS = tuple("0123456789")  # not the bold 1 of a column of ones


@partial(memo, size=64)
def printer(
    style: str,
    order: tuple[str, ...],
    sizes: tuple[tuple[Symbol, int], ...] = (),
    loop: Idx | None = None,
    words: tuple[Said, ...] = (),
    letters: Letters = (),
) -> Printer:
    """The printer for a style, the names in the order of their definition, numbers for sizes, and a loop index.

    Formulas that an author wrote by `words` are printed by them; `letters` stand for index letters that are names.
    """
    return Printer(STYLES[style], order, sizes, loop, words, letters)


@singledispatch
def write(expr: object, p: Printer) -> Printed:
    """The text of an expression and how tightly it binds. Errors: TypeError for a kind that no module registers."""
    raise TypeError(f"no way to print {type(expr).__name__}")


def _counted(factor: Expr) -> bool:
    """Is it a sum a number of times?"""
    return isinstance(factor, Mul) and len(factor.args) == 2 and factor.args[0].is_positive and open_ended(factor)


class Printer:
    """Prints expressions, terms and lines in one style, and remembers what it has printed."""

    def __init__(
        self,
        style: Style,
        order: Sequence[str],
        sizes: Sequence[tuple[Symbol, int]] = (),
        loop: Idx | None = None,
        words: tuple[Said, ...] = (),
        letters: Letters = (),
    ):
        self.style, self.loop, self.numbers, self.words, self.letters = style, loop, tuple(sizes), words, letters
        self._letters = dict(letters)
        self.rank = {name: at for at, name in enumerate(order)}
        self.sizes = {s: Rational(n) for s, n in sizes}
        self.printed = lru_cache(maxsize=SIZE)(self._print)
        self.index = lru_cache(maxsize=SIZE)(self._index)
        self.pieces = lru_cache(maxsize=SIZE)(self._pieces)

    def __call__(self, expr: object) -> str:
        """An expression, a line or a term as mathematics; anything else as plain text."""
        if isinstance(expr, (Expr, Relational, And, Or, MatrixBase)):
            return self.printed(expr)[0]
        if isinstance(expr, (Line, Term)):
            return self.line(expr.terms if isinstance(expr, Line) else (expr,))
        return str(expr)

    def _print(self, expr: Expr) -> Printed:
        """What `printed` remembers: a printer that writes some expressions otherwise overrides it."""
        if isinstance(expr, BINDERS) and self._binds(expr.limits):
            return self.still.printed(expr)
        return write(by_words(expr, self.words) if self.words and isinstance(expr, Expr) else expr, self)

    def at(self, expr: Expr, level: int) -> str:
        """The expression, in brackets where it binds less tightly than `level`."""
        text, found = self.printed(expr)
        return text if found >= level else self.style.brackets(text)

    def exponent(self, expr: Expr) -> str:
        """What stands raised: its fractions are written with a stroke."""
        return (self.above if self.style.latex else self).printed(expr)[0]

    @cached_property
    def above(self) -> Printer:
        """The printer of exponents."""
        return printer("exponent", tuple(self.rank), self.numbers, self.loop, self.words, self.letters)

    def _binds(self, limits: Sequence[Limits]) -> bool:
        """Whether a sign binds the letter of the loop, which then stays a letter below it."""
        return self.loop is not None and any(limit[0] == self.loop for limit in limits)

    @cached_property
    def still(self) -> Printer:
        """The printer without a loop."""
        return printer(self.style.key, tuple(self.rank), self.numbers, None, self.words, self.letters)

    def saying(self, words: tuple[Said, ...]) -> Printer:
        """The printer that knows these words only."""
        return printer(self.style.key, tuple(self.rank), self.numbers, self.loop, words, self.letters)

    # lines and terms

    def line(self, terms: tuple[Term, ...]) -> str:
        """A sum of products as they stand."""
        return signed(self.pieces(terms))

    def _pieces(self, right: Expr | tuple[Term, ...], dots: bool = False) -> tuple[str, ...]:
        """A right-hand side as its terms, each with its sign where it is negative; `dots` go between factors."""
        if isinstance(right, tuple):
            return tuple(self.term(t, self.style.dot if dots else None, lone=len(right) == 1) for t in right)
        right = by_words(right, self.words) if self.words else right
        whole = all(a.could_extract_minus_sign() for a in right.args) or number_in_front(right) != 1
        parts = ordered(right.args, self.rank) if isinstance(right, (Add, Plus)) and not whole else [right]
        return tuple(self.printed(a)[0] for a in parts)

    def term(self, term: Term, join: str | None = None, lone: bool = False) -> str:
        """A product as it stands, under its sums; brackets around sums of terms and later negative factors.

        A `lone` term of a single factor needs no brackets: nothing stands beside it.
        """
        if self._binds(term.sums):
            return self.still.term(term, join, lone)
        term = self._in_words(term) if self.words else term
        if len(term.factors) > 1 and term.factors[0] == -1 and join is None:
            return "-" + self.term(Term(term.factors[1:], term.sums))
        if len(term.factors) == 1 and not term.sums and (lone or not isinstance(term.factors[0], Add)):
            return self.printed(term.factors[0])[0]
        parts = []
        factors = [g for f in term.factors for g in (f.args if _counted(f) else (f,))]
        for at, factor in enumerate(factors):
            text, level = self.printed(factor)
            open_end = open_ended(factor) and at < len(factors) - 1
            leading = at == 0 and not term.sums and not isinstance(factor, Add)
            parts.append(text if (level > ADD or leading) and not open_end else self.style.brackets(text))
        return self.totals(term.sums) + (self.joined(parts) if join is None else join.join(parts))

    def _in_words(self, term: Term) -> Term:
        """The term with the words for its factors, or for all of it."""
        whole = by_words(term.expr, self.words) if term.sums else None
        if isinstance(whole, Said):
            return Term((whole,))
        return Term(factors_by_words(term.factors, self.words), term.sums)

    def joined(self, parts: Sequence[str]) -> str:
        """Printed factors side by side, with a dot before one that begins with a digit."""
        text = parts[0] if parts else "1"
        for part in parts[1:]:
            text += (self.style.dot if part[:1] in DIGITS else self.style.space) + part
        return text

    def totals(self, sums: Sequence[Limits]) -> str:
        """The signs of sums, each with its range; one that ends at the letter of another stands at the right of it."""
        letters = {s[0] for s in sums}
        nested = any(not letters.isdisjoint(end.free_symbols) for s in sums for end in s[1:])
        order = reversed(sums) if nested else sums  # inner ones come first; where it does not matter they stay so
        between = r"\," if self.style.latex else ""  # or the ranges of neighbours would touch
        return between.join(self.style.total(self.letter(i), self.index(a), self.index(b)) for i, a, b in order)

    # indices

    def letter(self, idx: Idx) -> str:
        """The letter of an index, which is none of the model's names."""
        return self._letters.get(name_of(idx), name_of(idx))

    def _index(self, expr: Expr) -> str:
        """An index expression, t+1 or 2i+p; a mark where it moves with the loop."""
        expr = substitute(expr, self.sizes) if self.sizes else expr
        if self.loop is not None and self.loop in expr.free_symbols:
            form = linear(expr, self.loop)
            if form is not None and form[1].is_Integer:
                return mark(*form)
        over = denominator(expr)
        if over > 1:
            top = self._index(over * expr)
            return f"({top})/{over}" if isinstance(over * expr, Add) else f"{top}/{over}"
        terms = sorted(Add.make_args(expr), key=lambda a: (a.could_extract_minus_sign(), a.is_number, str(a)))
        return signed((self._index_term(a) for a in terms), "")

    def _index_term(self, term: Expr) -> str:
        if term is S.Infinity:
            return r"\infty" if self.style.latex else "∞"
        if isinstance(term, (Idx, Symbol)):
            return self.style.name(self.letter(term) if isinstance(term, Idx) else name_of(term), ())
        if isinstance(term, Mul):
            head, *rest = term.args
            sign = "-" if head == -1 else self.index(head)
            return sign + "".join(f"({self.index(r)})" if isinstance(r, Add) else self._index_term(r) for r in rest)
        return str(term) if term.is_number else self.printed(term)[0]
