"""The rule that takes a factor out that all terms share."""

from __future__ import annotations

from collections.abc import Iterator

from sympy import Add, Mul, Sum

from derive.chain.derivation import Line, Term
from derive.expressions.powers import split
from derive.expressions.symbols import Partial
from derive.language import Text

SHARED = Text("take out the common factor", "提取公因子")


def _share(terms: tuple[Term, ...]) -> Iterator[Line]:
    """A factor of all terms in front of a bracket: an adjoint, or one of sums, which would not be multiplied out."""
    flat = [[g for f in t.factors for g in Mul.make_args(f)] for t in terms]
    shared, rest = split(flat)
    worth = any(isinstance(f, Sum) for t in flat for f in t) or any(isinstance(f, Partial) for f in shared)
    if shared and worth and not any(t.sums for t in terms):
        yield Line((Term((*shared, Add(*rest))),), SHARED)
