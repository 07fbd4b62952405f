"""Reads back what a page prints: every formula of its blocks, as it is printed in LaTeX."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

import numpy as np
from sympy import Expr, Symbol
from sympy.core.relational import Relational

from derive.chain.derivation import Line, Term
from derive.errors import ReadError, VerificationError
from derive.expressions.letters import Letters
from derive.expressions.matrices import Operator, Signature
from derive.expressions.said import Said, Spelled, factors_by_words
from derive.memo import memo
from derive.page import blocks as b
from derive.page.numerals import Numeral
from derive.page.print.formulas import Formulas
from derive.page.spans import Span
from derive.proofread import meant_matrices, meant_words
from derive.proofread.in_numbers import InNumbers
from derive.proofread.meant import Meant, Unmeant
from derive.proofread.numbers import agree, near
from derive.proofread.printed import Printed, printed
from derive.proofread.seen import Seen, Unseen
from derive.proofread.shapes import shapes
from derive.read.reader import formula, read
from derive.read.tree import Node, Range, Relation

Sizes = tuple[tuple[Symbol, int], ...]
SIGNS = {r"\odot": "times", r"\oslash": "divide"}
APART = "a word and its formula stand side by side"
KINDS = (meant_matrices, meant_words)  # imported for what they register


class Proofread(NamedTuple):
    """How many formulas say what they stand for, those that do not, and those that were not understood, with the why.

    All are as they are printed in LaTeX.
    """

    agree: int
    wrong: tuple[str, ...]
    unread: tuple[tuple[str, str], ...]

    def required(self) -> Proofread:
        """The same, if nothing is wrong. Errors: VerificationError, with the formula."""
        if self.wrong:
            raise VerificationError(f"{self.wrong[0]} does not say what was checked; nothing is printed")
        return self


def proofread(sheet: Iterable[b.Block], formulas: Formulas) -> Proofread:
    """Compare every formula of a page with what it stands for; each counts once."""
    with np.errstate(all="ignore"):
        found = {
            each: verdict(each, formulas.sizes, formulas.words, formulas.letters) for each in printed(sheet, formulas)
        }
    wrong = tuple(each.latex for each, said in found.items() if said is False)
    unread = tuple((each.latex, said) for each, said in found.items() if isinstance(said, str))
    return Proofread(len(found) - len(wrong) - len(unread), wrong, unread)


@memo
def verdict(one: Printed, sizes: Sizes, words: tuple[Said, ...] = (), letters: Letters = ()) -> bool | str:
    """Whether a formula, as it is read, says what it stands for; the reason where it is not understood."""
    try:
        return _same(one, _values(sizes, letters), words) or (_has_word(one.latex, words) and APART)
    except (ReadError, Unseen, Unmeant, ArithmeticError, ValueError, LookupError, TypeError) as error:
        return f"{type(error).__name__}: {error}"


def _has_word(latex: str, words: tuple[Said, ...]) -> bool:
    """Whether a word stands in a formula: it is read as a function of its own, so that by its formula it is another."""
    return any(f"\\operatorname{{{word.name.removeprefix('log_')}}}" in latex for word in words)


@memo
def _values(sizes: Sizes, letters: Letters) -> Meant:
    return Meant(dict(sizes), dict(letters))


def _same(one: Printed, meant: Meant, words: tuple[Said, ...]) -> bool:
    if isinstance(one.meant, Numeral):
        return near(Seen(()).value(formula(one.latex)), float(one.meant.value))
    if isinstance(one.meant, Span):
        return _ranges(one, meant)
    if one.numbers:
        value, names = meant.with_names(lambda: _meant(one.meant, one.at, InNumbers(meant, one.numbers), ()))
        return near(Seen(names).value(formula(one.latex)), value)
    if isinstance(one.meant, Operator):
        return SIGNS.get(one.latex) == str(one.meant.args[0])
    value, names = meant.with_names(lambda: _meant(one.meant, one.at, meant, words))
    if isinstance(one.meant, Signature):
        return agree(shapes(one.latex, Seen(names)), value)
    return agree(Seen(names).value(formula(one.latex)), value)


def _meant(what: Any, at: tuple[Any, ...], meant: Meant, words: tuple[Said, ...]) -> Any:
    if isinstance(what, Line):
        what = what.terms
    if isinstance(what, Spelled):  # a word as its formula, in which other words may stand
        word = what.args[0]
        return _meant(word.formula, at, meant, tuple(w for w in words if w.name != word.name))
    if isinstance(what, tuple) and not isinstance(what, Term):
        return sum(_meant(term, at, meant, words) for term in what)
    if isinstance(what, Term):
        whole = meant_words.in_words(what.expr, words) if words and what.sums else None
        if isinstance(whole, Said):
            return meant.value(whole, at)
        factors = tuple(meant_words.in_words(f, words) for f in factors_by_words(what.factors, words))
        return meant.value(Term(factors, what.sums) if words else what, at)
    return meant.value(
        meant_words.in_words(what, words) if words and isinstance(what, (Expr, Relational)) else what, at
    )


def _ranges(one: Printed, meant: Meant) -> bool:
    """Whether `t = 1, ..., T` says so: its letter and its two ends."""
    ends, names = meant.with_names(lambda: [meant.value(e) for e in one.meant])
    parts = _range_parts([item for row in read(f"${one.latex}$") for item in row.items])
    return parts is not None and all(agree(Seen(names).value(p), e) for p, e in zip(parts, ends, strict=True))


def _range_parts(items: list[Node]) -> tuple[Node, Node, Node] | None:
    """The letter and the two ends; of `t = 1, 2` the second end stands by itself."""
    first, *others = items
    if isinstance(first, Range) and not others:
        return first.index, first.first, first.last
    if isinstance(first, Relation) and first.signs == ("=",) and len(others) < 2:
        return first.sides[0], first.sides[1], (others or [first.sides[1]])[0]
    return None
