"""The delta stays, for the reader to see, where an element of a user reads a family at its own place and under a sum.

p_j = exp(z_j) / sum_k exp(z_k) uses z_i in its numerator where j = i, and in its sum for every j. The two are one
partial, dp_j/dz_i = delta_ij exp(z_j)/S - exp(z_j) exp(z_i)/S^2, and dp_i/dz_i is both of them, not the first.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from sympy import Basic, Expr, Idx, KroneckerDelta

from derive.chain.derivation import Use
from derive.expressions.contraction import Contraction
from derive.expressions.indices import apart, fresh, name_of, substitute
from derive.expressions.intervals import covers, image


def with_visible_deltas(uses: Sequence[Use], own: Sequence[Idx]) -> list[Use]:
    """Return the uses of a family with the indices `own`; one whose delta is solved is written with it under the sum
    of another use of its user.
    """

    def visible(use: Use) -> Use:
        return next((_with_delta(use, other, own) for other in uses if _is_term_of(use, other, own)), use)

    return [visible(use) for use in uses]


def _solved_indices(use: Use, other: Use) -> dict[Idx, Expr]:
    """Return the indices that `other` sums over and that `use` has solved for, each with the value that was found."""
    mine = {b[0] for b in use.outer}
    summed = {b[0] for b in other.outer} - mine
    return {j: i for j, i in zip(other.contraction.at, use.contraction.at, strict=True) if j in summed}


def _is_term_of(use: Use, other: Use, own: Sequence[Idx]) -> bool:
    """True if `use` is `other` at the indices that `use` has solved for."""
    if use.user is not other.user or use.case is not other.case or use.direct or use.domain != other.domain:
        return False
    solved = _solved_indices(use, other)
    rest = tuple(b for b in other.outer if b[0] not in solved)
    at = tuple(substitute(a, solved) for a in other.contraction.at)
    plain = all(isinstance(i, Idx) for i in solved.values())
    return bool(solved) and plain and rest == use.outer and at == use.contraction.at and _within(use, other, own)


def _within(use: Use, other: Use, own: Sequence[Idx]) -> bool:
    """True if the sums of `other` pass through every solved place: the sum over s = t + 1..T has no term s = t."""
    solved = _solved_indices(use, other)
    sums = {i: (low, high) for i, low, high in other.outer}
    ranges = dict(zip(own, use.domain, strict=True)) | {i: ends for i, ends in sums.items() if i not in solved}

    def covered(j: Idx) -> bool:
        low, high = (substitute(end, solved) for end in sums[j])
        return covers((low, high), image(solved[j], ranges))

    return all(covered(j) for j in solved)


def _with_delta(use: Use, other: Use, own: Sequence[Idx]) -> Use:
    """Write `use` as a sum with a delta, under the sums of `other`."""
    solved = _solved_indices(use, other)
    back = {i: j for j, i in solved.items()}
    mine = _renamed_apart(use.contraction, {*own, *(b[0] for b in other.outer)})
    factors = (*(substitute(f, back) for f in mine.factors), *(KroneckerDelta(*p) for p in back.items()))
    return replace(use, contraction=replace(mine, at=other.contraction.at, outer=other.outer, factors=factors))


def _renamed_apart(contraction: Contraction, taken: Iterable[Idx]) -> Contraction:
    """Rename the indices of sums inside the contraction that are in `taken`: letters that will stand free there."""
    renamed: dict[Basic, Expr] = {}
    names = {name_of(t) for t in taken}
    for idx, _, _ in contraction.inner:
        if name_of(idx) in names:
            inside = {i for f in contraction.factors for i in f.atoms(Idx)} | {b[0] for b in contraction.inner}
            used = {*taken, *inside, *renamed.values()}
            renamed[idx] = fresh(idx, used)
    inner = tuple(
        (renamed.get(i, i), substitute(low, renamed), substitute(high, renamed)) for i, low, high in contraction.inner
    )
    factors = tuple(apart(substitute(f, renamed), taken) for f in contraction.factors)
    return replace(contraction, factors=factors, inner=inner)  # type: ignore[arg-type]
