"""A formula that its author wrote by a word: `softmax(x[i], i)` is one, and stays one until a graph reads it.

A graph keeps the words apart from the definitions, which hold the formulas alone: what is derived, checked and
generated is the same for both. `by_words` writes an expression with the words of a model where their formulas stand.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import product
from typing import Any

from sympy import Add, Basic, Expr, Idx, Indexed, IndexedBase, Mul, Pow, S, Sum, Symbol, Tuple
from sympy.core.symbol import Str
from sympy.printing.precedence import precedence

from derive.errors import ModelError
from derive.expressions.canonical import canonical
from derive.expressions.extremes import Body, number_of
from derive.expressions.indices import limits, name_of, substitute, through
from derive.expressions.powers import monomial
from derive.expressions.traverse import free_indices, names, rewrite
from derive.memo import memo

OF_ONE = ("softmax", "log_softmax")  # an element of what the word makes
OF_VECTORS = ("norm", "dot")  # of elements these cannot be said
FORMULAS = ("normalize",)  # a vector over its norm is written so


class Said(Expr):
    """The word `name` for `formula`: over each of `bodies`, which bind their letters, at the
    elements `at` of a softmax, with the order `p` of a norm, 0 for the largest, and the power to which it is raised."""

    is_commutative = True
    is_real = True
    __iter__ = None

    def __new__(cls, name: Any, formula: Expr, bodies: Any, at: Any = (), p: Any = S.Zero, power: Any = S.One) -> Said:
        made: Said = Expr.__new__(cls, Str(str(name)), formula, Tuple(*bodies), Tuple(*at), S(p), S(power))
        return made

    name = property(lambda self: str(self.args[0]))
    formula = property(lambda self: self.args[1])
    bodies = property(lambda self: tuple(self.args[2]))
    at = property(lambda self: tuple(self.args[3]))
    p = property(lambda self: self.args[4])
    power = property(lambda self: self.args[5])
    precedence = property(lambda self: precedence(self.formula))

    def __getitem__(self, place: Any) -> Expr:
        """A word is a number, an element of a softmax too. Errors: ModelError, which says how a place is read."""
        raise ModelError(number_of(self.name, place))

    def _eval_is_positive(self) -> bool | None:
        return self.formula.is_positive  # type: ignore[no-any-return]

    def _eval_is_negative(self) -> bool | None:
        return self.formula.is_negative  # type: ignore[no-any-return]

    def _eval_is_zero(self) -> bool | None:
        return self.formula.is_zero  # type: ignore[no-any-return]

    def _eval_derivative(self, s: Any) -> Expr:
        return self.formula.diff(s)

    def _sympystr(self, printer: Any) -> str:
        return str(printer._print(self.formula))

    def _latex(self, printer: Any) -> str:
        return str(printer._print(self.formula))


class Spelled(Expr):
    """A word, to be printed as its formula."""

    is_commutative = True


def plain(expr: Any) -> Any:
    """The expression with the formulas of its words."""
    if not isinstance(expr, Basic) or not expr.has(Said):
        return expr
    return plain(expr.formula) if isinstance(expr, Said) else through(expr, plain)


def _written_out(expr: Any) -> Any:
    """The expression with the formulas of the words that are not said."""
    if not expr.has(Said):
        return expr
    return expr.formula if isinstance(expr, Said) and expr.name in FORMULAS else through(expr, _written_out)


def words(expr: Any) -> tuple[Said, ...]:
    """The words in an expression, each with formulas in place of the words inside; longer ones first."""
    if not isinstance(expr, Basic) or not expr.has(Said):
        return ()
    expr = _written_out(expr)
    found = [through(word, plain) for word in expr.atoms(Said)]
    for power in expr.atoms(Pow):  # the square of a norm is a sum, in which no norm is left
        if isinstance(power.base, Said) and power.base.name == "norm" and not isinstance(plain(power), Pow):
            word = through(power.base, plain)
            found.append(Said(word.name, plain(power), word.bodies, word.at, word.p, power.exp))
    return distinct(w for w in found if _sayable(w))


def _sayable(word: Said) -> bool:
    """Does a reader see what is meant: vectors of a norm, the letter of an element?"""
    of_vectors = word.name not in OF_VECTORS or None not in map(whole, word.bodies)
    return of_vectors and set(word.at) <= set(free_indices(word.formula))


def distinct(found: Iterable[Said]) -> tuple[Said, ...]:
    """The words that are not others in other letters, longer formulas first."""
    kept: list[Said] = []
    for word in sorted(dict.fromkeys(found), key=lambda w: (-w.formula.count_ops(), str(w.formula))):
        if not isinstance(by_words(word.formula, tuple(kept)), Said):
            kept.append(word)
    return tuple(kept)


@memo
def by_words(expr: Expr, known: tuple[Said, ...]) -> Expr:
    """The expression with words in place of their formulas, whatever letters these have."""
    known = tuple(w for w in known if names(w.formula) <= names(expr))
    if not known:
        return expr
    return rewrite(expr, lambda part: _said(part, known))


def _said(part: Expr, known: tuple[Said, ...]) -> Expr | None:
    """A part in words; None where it is no formula of a word as a whole."""
    if isinstance(part, (Said, Spelled)):
        return part
    for word in known:
        if isinstance(part, Mul) and isinstance(word.formula, Mul):
            found = _of_product(part, word)
            if found is not None:
                return _others(found, known)
        power = _of_power(part, word)
        if power is not None:
            return power
    return None


def _others(product: Expr, known: tuple[Said, ...]) -> Expr:
    """A product of which one formula has become a word: what is left of it may be another word as a whole."""
    factors = Mul.make_args(product)
    said, rest = [f for f in factors if f.has(Said)], [f for f in factors if not f.has(Said)]
    return Mul(*(by_words(f, known) for f in said), by_words(Mul(*rest), known))


def _of_power(part: Expr, word: Said) -> Expr | None:
    """The word that a part is; of a norm also its reciprocal and other powers of a root."""
    formula, ratio = word.formula, S.One
    if isinstance(part, Pow) and isinstance(formula, Pow) and part.exp.is_number and formula.exp.is_number:
        ratio = part.exp / formula.exp
        part, formula = part.base, formula.base
    if not ratio.is_Integer or type(part) is not type(formula) or part.count_ops() != formula.count_ops():
        return None
    for letters in _letters(part, word):
        if canonical(part) == canonical(substitute(formula, letters)):
            return substitute(word, letters) ** ratio
    return None


def _of_product(part: Mul, word: Said) -> Expr | None:
    """A product by the word, as often as it holds the formula; None where it does not."""
    rest, found = monomial([part]), []
    for letters in _letters(part, word):
        inner = monomial([substitute(word.formula, letters)])
        while inner.divides(rest) and len(inner.powers) > 1:
            found.append(substitute(word, letters))
            rest = rest.over(inner)
    spelling = {canonical(total): total for total in part.atoms(Sum)}
    return Mul(rest.written(spelling), *found) if found else None


def _letters(part: Expr, word: Said) -> Iterator[dict[Basic, Basic]]:
    """The letters and fixed positions that a part may have in place of those of a word."""
    own = free_indices(word.formula)
    letters = free_indices(part)
    fixed = sorted({p for e in part.atoms(Indexed) for p in e.indices if not p.has(Idx)}, key=str)
    choices = [
        [*(i for i in letters if limits(i)[1:] == limits(w)[1:]), *(p for p in fixed if _within(p, w))] for w in own
    ]
    for chosen in product(*choices):
        yield dict(zip(own, chosen, strict=True))


def _within(place: Expr, idx: Idx) -> bool:
    return bool((place - idx.lower).is_nonnegative and (idx.upper - place).is_nonnegative)


def factors_by_words(factors: Sequence[Expr], known: tuple[Said, ...]) -> tuple[Expr, ...]:
    """The factors of a product as they stand, those that together are a formula by its word."""
    left = [by_words(f, known) for f in factors]
    for word in known:
        for letters in _letters(Mul(*left), word) if isinstance(word.formula, Mul) else ():
            wanted = {canonical(f) for f in substitute(word.formula, letters).args}
            if wanted <= {canonical(f) for f in left}:
                at = next(n for n, f in enumerate(left) if canonical(f) in wanted)
                left = [f for n, f in enumerate(left) if canonical(f) not in wanted or n == at]
                left[at] = substitute(word, letters)
    return tuple(left)


def whole(total: Body) -> Expr | None:
    """What is summed, as a vector: x_n for x[n, i] over i, also of sums and multiples; None where it is no such."""
    bound = tuple(i for i, *_ in total.limits)
    return _vector(total.function, bound)


def _vector(expr: Expr, bound: tuple[Idx, ...]) -> Expr | None:
    if isinstance(expr, Indexed):
        places = tuple(expr.indices)
        rest = places[: -len(bound)]
        if (
            set(places[len(rest) :]) != set(bound)
            or any(r.has(*bound) for r in rest)
            or type(expr.base) is not IndexedBase
        ):
            return None
        if len(bound) > 1 and places[len(rest) :] != bound[::-1] and places[len(rest) :] != bound:
            return None
        return expr.base[rest] if rest else Symbol(name_of(expr), real=True)
    if isinstance(expr, Add):
        parts = [_vector(a, bound) for a in expr.args]
        return None if None in parts else Add(*parts)  # type: ignore[arg-type]
    if isinstance(expr, Mul):
        moving = [f for f in expr.args if f.has(*bound)]
        inner = _vector(moving[0], bound) if len(moving) == 1 else None
        return None if inner is None else Mul(*(f for f in expr.args if f is not moving[0]), inner)
    return None
