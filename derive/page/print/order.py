"""Puts terms and factors into the order in which an author writes them.

sympy keeps b + w1*x1 in an order of its own; here a term stands where its first declared name stands, a positive term
comes first, a product is numbers, names, brackets, functions.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from sympy import Add, Basic, Expr, Idx, Indexed, KroneckerDelta, Mul, Pow, Symbol

from derive.expressions.functions import row_of
from derive.expressions.indices import BINDERS
from derive.expressions.intervals import inside
from derive.expressions.matrices import Matrix, Transpose
from derive.expressions.said import Said
from derive.expressions.symbols import Partial
from derive.expressions.weight import weight


def ordered(args: Sequence[Expr], rank: Mapping[str, int]) -> list[Expr]:
    """Terms as an author puts them: by the first name declared, no minus in front if it need not be."""
    places = {a: place(a, rank) for a in args}
    alike = len({*places.values()}) < len(places)
    terms = sorted(
        args,
        key=lambda a: (
            places[a],
            *((shift(a), len(a.atoms(Transpose)) if isinstance(a, Matrix) else 0) if alike else (0, 0)),
        ),
    )
    first = terms[0]
    if first.could_extract_minus_sign():
        positive = [a for a in terms if not a.could_extract_minus_sign()]
        return [*positive[:1], *(a for a in terms if a not in positive[:1])]
    return terms


def place(expr: Expr, rank: Mapping[str, int]) -> tuple[int, int]:
    """Where an expression stands: the rank of its first declared name, numbers before names; then its length."""
    names = [rank.get(s.name, 0) for s in _symbols(expr) if not isinstance(s, (Idx, Indexed))]
    return min(names, default=-1), weight(expr)


def _symbols(expr: Basic) -> set[Basic]:
    """What is written in an expression; of a word, what it is said of."""
    if not expr.has(Said):
        found: set[Basic] = expr.free_symbols
        return found
    parts = [b.function for b in expr.bodies] if isinstance(expr, Said) else expr.args
    return set().union(*map(_symbols, parts))


def shift(expr: Expr) -> int:
    """By how much the positions in an expression are shifted in all: x_{t-1} stands before x_{t+1}."""
    return sum(int(p.as_coeff_Add()[0]) for e in expr.atoms(Indexed) for p in e.indices if p.has(Idx))


def kind(factor: Expr) -> int:
    """The order of factors: numbers, partials, names and their powers, brackets, functions, indicators, sums."""
    if factor.is_number:
        return -1
    if isinstance(factor, Partial):
        return 0
    if isinstance(factor, Pow) and row_of(factor) is None:
        return kind(factor.base)
    if isinstance(factor, (Symbol, Indexed)):
        return 1
    if isinstance(factor, Add):
        return 2
    if isinstance(factor, BINDERS):
        return 6
    row = row_of(factor)
    indicator = row.indicator if row is not None else isinstance(factor, (inside, KroneckerDelta))
    prefix = row is not None and row.notation == "prefix"
    return 5 if indicator else 4 if prefix else 3


def open_ended(factor: Expr) -> bool:
    """True if it ends in a sum, which would swallow a factor that follows."""
    return any(isinstance(f, BINDERS) for f in Mul.make_args(factor))


def signed(terms: Iterable[str], space: str = " ") -> str:
    """Terms joined by + or by their own minus sign."""
    return f"{space}+{space}".join(terms).replace(f"+{space}-", f"-{space}")
