"""The slopes of words, as reasons: that of a softmax is known, and needs no quotient rule in a reader's eyes."""

from __future__ import annotations

from typing import NamedTuple

from sympy import Add, Expr, Mul, Sum

from derive.expressions.said import Said, by_words
from derive.expressions.traverse import names, rewrite
from derive.language import Text, distinct
from derive.memo import memo

SLOPES = {
    "softmax": Text("derivative of the softmax", "softmax 的导数"),
    "log_softmax": Text("derivative of the logarithm of a softmax", "softmax 的对数的导数"),
    "logsumexp": Text("the derivative of logsumexp is the softmax", "logsumexp 的导数是 softmax"),
    "mean": Text("the derivative of a mean is one over the number of elements", "均值的导数是元素个数的倒数"),
    "var": Text(
        "the derivative of a variance is twice the deviation over the number of elements",
        "方差的导数是离差的两倍除以元素个数",
    ),
    "std": Text(
        "derivative of a standard deviation: the deviation over the product of the standard deviation and the number "
        "of elements",
        "标准差的导数是离差除以标准差与元素个数之积",
    ),
    "norm": Text("derivative of the norm", "范数的导数"),
    "dot": Text("the derivative of an inner product is the other factor", "内积的导数是另一个因子"),
}


class Slopes(NamedTuple):
    """The reasons for the slopes of the words in a definition, and whether they are all that is needed."""

    reasons: tuple[Text, ...] = ()
    complete: bool = False


NO_SLOPES = Slopes()


@memo
def slopes(definition: Expr, name: str, words: tuple[Said, ...]) -> Slopes:
    """Why the partial by a family is what it is, where the definition reads it through words."""
    if not words:
        return NO_SLOPES
    written = by_words(definition, words)
    found = [w for w in written.atoms(Said) if name in names(w.formula)]
    if not found:
        return NO_SLOPES
    rest = rewrite(written, lambda part: Add() if isinstance(part, Said) else None)
    reasons = distinct(SLOPES[w.name] for w in sorted(found, key=str))
    return Slopes(tuple(reasons), _bare(written) and name not in names(rest))


def _bare(expr: Expr) -> bool:
    """Is it linear in the words that it holds, as far as one can see: are these factors of its terms?"""
    factors = (f for a in Add.make_args(expr) for f in Mul.make_args(a))
    return all(isinstance(f, Said) or not f.has(Said) or (isinstance(f, Sum) and _bare(f.function)) for f in factors)
