"""The axes of whole vectors and matrices: `mean(X, axis=0)`, `keepdims=True`, `x[:, None]`, and how shapes stretch.

Axes are counted from 0, and from the last by negative numbers, as in numpy; torch's words for them are read too.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sympy import Expr, Integer

from derive.errors import ModelError

Ends = tuple[Expr, Expr]
Shape = tuple[Ends, ...]
ONE: Ends = (Integer(1), Integer(1))  # an axis of length 1 stretches to the length that it meets
NAMES = {"dim": "axis", "keepdim": "keepdims", "ddof": "correction"}  # as torch has them, or numpy
NEW, FULL, REST = range(3)  # None, : and ... between the brackets


def options(word: str, given: Mapping[str, Any]) -> dict[str, Any]:
    """The options of a word under the names that they have here. Errors: ModelError for an axis that is none."""
    found = {NAMES.get(key, key): value for key, value in given.items()}
    if "unbiased" in found and word in ("var", "std"):
        found["correction"] = int(bool(found.pop("unbiased")))
    if not found.get("keepdims", True):
        del found["keepdims"]
    if found.get("axis", ()) is None:
        del found["axis"]
    axis = found.get("axis", ())
    wrong = [a for a in (axis if isinstance(axis, tuple | list) else (axis,)) if not _is_number(a)]
    if wrong:
        raise ModelError(f"{word}: axis is a whole number, 0 for the first, or several in brackets, found {wrong[0]!r}")
    if "axis" in found:
        found["axis"] = tuple(axis) if isinstance(axis, tuple | list) else (axis,)
    return found


def _is_number(axis: Any) -> bool:
    return isinstance(axis, int | Integer) and not isinstance(axis, bool)


def counted(axes: Sequence[Any] | None, count: int) -> tuple[int, ...] | None:
    """The axes as numbers from 0, all of them where none is said; None where there is no such axis, or one twice."""
    if axes is None:
        return tuple(range(count))
    found = tuple(int(a) + count if a < 0 else int(a) for a in axes)
    return found if len(set(found)) == len(found) and all(0 <= a < count for a in found) else None


def reduced(shape: Shape, axes: Sequence[int], keep: bool) -> Shape:
    """The shape that is left of one where these axes are summed; they have length 1 where they are kept."""
    return tuple(ONE if a in axes else ends for a, ends in enumerate(shape) if keep or a not in axes)


def stretched(shapes: Sequence[Shape]) -> Shape | None:
    """The shape of what is elementwise of these, the last axes beside each other; None where they do not fit."""
    found: list[Ends] = []
    for back in range(1, max(map(len, shapes)) + 1):
        ends = {shape[-back] for shape in shapes if len(shape) >= back and shape[-back] != ONE}
        if len(ends) > 1:
            return None
        found.append(*ends or (ONE,))
    return tuple(reversed(found))


def own_places(places: Sequence[Expr], own: Shape, whole: Shape) -> tuple[Expr, ...]:
    """The places in a part, of those in the whole: the last ones; what stretched is read at its only place."""
    last = zip(places[len(places) - len(own) :], own, whole[len(whole) - len(own) :], strict=True)
    return tuple(ONE[0] if ends == ONE != other else place for place, ends, other in last)


def pattern(places: Any) -> tuple[int, ...] | None:
    """What stands between brackets where it is made of `:`, `None` and `...` only; None for anything else."""
    typed = places if isinstance(places, tuple) else (places,)
    codes = [NEW if p is None else FULL if p == slice(None) else REST if p is ... else None for p in typed]
    return None if None in codes or codes.count(REST) > 1 else tuple(codes)  # type: ignore[arg-type]


def with_new(codes: Sequence[int], count: int) -> list[int] | None:
    """For each axis of x[:, None], the axis of x, or -1 for one that is new; None where x has fewer axes."""
    rest = count - codes.count(FULL)
    if rest < 0:
        return None
    codes = codes if REST in codes else [*codes, REST]
    spread = [code for c in codes for code in ([FULL] * rest if c == REST else [c])]
    axes = iter(range(count))
    return [-1 if code == NEW else next(axes) for code in spread]
