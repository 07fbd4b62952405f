"""The rule that sums over an index that is read as a block and a place: by both of them."""

from __future__ import annotations

from collections.abc import Iterator

from sympy import Eq, Expr, Idx, IndexedBase

from derive.chain.derivation import Line, Term
from derive.chain.rules.rule import Terms
from derive.chain.sums import Facts
from derive.expressions.blocks import Block, Place, in_blocks
from derive.expressions.indices import Limits, substitute
from derive.expressions.traverse import free_indices
from derive.language import Text
from derive.memo import memo

BY_BLOCKS = Text("every {idx} is one {pair}: sum over both", "每个 {idx} 唯一地写成 {pair}：改为对这两个指标求和")


def by_blocks(terms: Terms, facts: Facts = ()) -> Iterator[Line]:
    """A sum over an index that stands in blocks is one over the blocks and the places in them.

    >>> show(by_blocks, Term((u[i], KroneckerDelta(k, Place(i, 2))), ((i, S(1), 2 * n),)))
    sum over i: u[i] * KroneckerDelta(-2*ceiling(i/2) + i + 2, k)
    = sum over l: sum over j: u[2*j + l - 2] * KroneckerDelta(k, l)    \
(every i is one Eq(i, 2*j + l - 2): sum over both)
    """
    for at, term in enumerate(terms):
        found = next((f for limit in term.sums if (f := _blocks(term, limit))), None)
        if found is not None:
            new, value = found
            (old,) = (limit[0] for limit in term.sums if limit not in new.sums)
            terms = (*terms[:at], new, *terms[at + 1 :])
            yield Line(terms, BY_BLOCKS(idx=old, pair=Eq(old, value, evaluate=False)))
            yield from by_blocks(terms, facts)
            return


def _blocks(term: Term, limit: Limits) -> tuple[Term, Expr] | None:
    """The term by blocks of one length, and what the index is then."""
    idx, *_ = limit
    parts = [p for f in term.factors for p in _parts(f) if p.args[0] == idx]
    length = parts[0].args[1] if parts else None
    if length is None or _is_end(idx, term):
        return None
    taken = {*(s[0] for s in term.sums), *(i for f in term.factors for i in f.atoms(Idx, IndexedBase))}
    found = in_blocks(limit, length, taken)
    if found is None:
        return None
    factors = tuple(substitute(f, {idx: found.value}) for f in term.factors)
    at = term.sums.index(limit)
    return term._replace(factors=factors, sums=(*term.sums[:at], *found.limits, *term.sums[at + 1 :])), found.value


@memo
def _parts(factor: Expr) -> frozenset[Expr]:
    """The blocks and places in a factor."""
    return frozenset(factor.atoms(Block, Place))


def _is_end(idx: Idx, term: Term) -> bool:
    """Does another sum end at the index?"""
    return any(idx in free_indices(end) for s in term.sums for end in s[1:])
