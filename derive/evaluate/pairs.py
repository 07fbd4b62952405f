"""A sum over many letters, summed out letter by letter: tr(A B C D) is sum_i sum_k (sum_j A_ij B_jk) (sum_l C_kl D_li).

A factor that does not depend on a letter stands in front of its sum, so that no array has an axis for every letter.
The order is that of the smallest arrays first, as an einsum path has it.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce
from math import prod
from operator import mul
from typing import Any

from sympy import Expr, Mul, Sum

from derive.evaluate.backend import Array, Backend
from derive.expressions.intervals import inside
from derive.expressions.traverse import free_indices

FEW = 3  # letters from which on it is worth while


def factors(expr: Expr) -> tuple[Expr, ...]:
    """The factors of a sum that goes letter by letter; none where an end is a letter, or a factor masks the others."""
    if not isinstance(expr, Sum) or len(expr.limits) < FEW:
        return ()
    if any(free_indices(e) for _, *ends in expr.limits for e in ends):
        return ()
    found = Mul.make_args(expr.function)
    return () if len(found) < FEW or any(isinstance(f, inside) for f in found) else found


def summed(values: Sequence[Any], ends: Sequence[tuple[int, int, int]], backend: Backend, depth: int) -> Array:
    """The sum of a product of arrays over some axes, each given with its first and last index value."""
    arrays = [v for v in values if getattr(v, "shape", ())]
    scale = reduce(mul, (v for v in values if not getattr(v, "shape", ())), 1)
    left = {axis: last - first + 1 for axis, first, last in ends}
    while left:
        axis = min(left, key=lambda a: _size([x for x in arrays if _long(x, a, depth)], depth))
        moving = [x for x in arrays if _long(x, axis, depth)]
        if moving:
            arrays = [x for x in arrays if not _long(x, axis, depth)] + [backend.total(reduce(mul, moving), axis)]
        else:
            scale = scale * left[axis]  # as many equal terms
        del left[axis]
    found: Array = reduce(mul, arrays, backend.zeros((1,)) + scale)
    return found


def _long(array: Array, axis: int, depth: int) -> bool:
    """True if an array has different numbers along an axis; those of numbers at the points alone have no axes."""
    return len(array.shape) == depth + 1 and array.shape[axis] > 1


def _size(arrays: Sequence[Array], depth: int) -> int:
    """How many numbers the product of some arrays has."""
    return prod(max((x.shape[a] for x in arrays), default=1) for a in range(depth + 1)) if arrays else 0
