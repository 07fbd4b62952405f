"""`Sum` and `Product` as authors write them: sympy's own, whose refusals become a sentence about the model."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import sympy
from sympy import Expr, Idx

from derive.errors import ModelError
from derive.expressions.indices import BINDERS, bound, substitute
from derive.expressions.text import refuse_text
from derive.model.as_numpy import of_whole
from derive.model.whole import WORDS, is_whole

NONE: Mapping[str, Any] = {}


class AnyOf(type(sympy.Sum)):  # type: ignore[misc]
    """Every sum of sympy is a `Sum`, so that `isinstance`, `has` and `atoms` take the public name too."""

    def __instancecheck__(cls, instance: Any) -> bool:
        return isinstance(instance, cls.__base__)


class Sum(sympy.Sum, metaclass=AnyOf):  # type: ignore[misc]
    """The sum of `body` over indices, `Sum(W[i, j]*x[j], j)`, or over a part of a range, `Sum(h[t], (t, 2, T))`.

    What is made is sympy's own, but for one thing: sympy brings a condition out of an inner sum although it depends on
    the letter of that sum, which makes another model. Errors: ModelError where a sum leaves the range of its index, or
    is no sum at all.
    """

    def __new__(cls, body: Any, *limits: Any, **axes: Any) -> Expr:
        return made(sympy.Sum, body, limits, axes)


class Product(sympy.Product, metaclass=AnyOf):  # type: ignore[misc]
    """The product of `body` over indices, `Product(w[k], k)` or `Product(x[j], (j, 1, i))`, made as a `Sum` is."""

    def __new__(cls, body: Any, *limits: Any, **axes: Any) -> Expr:
        return made(sympy.Product, body, limits, axes)


def made(kind: Any, body: Any, limits: tuple[Any, ...], axes: Mapping[str, Any] = NONE) -> Expr:
    """What binds indices, of any kind, or a word of a whole thing, along axes. Errors: ModelError as for a `Sum`."""
    name = kind.__name__ if kind.__name__ in ("Sum", "Product") else kind.__name__.lower()
    refuse_text(name, (body, *limits))
    if axes or (is_whole(body) and (not limits or isinstance(limits[0], int))):
        return of_whole(name, (body, *limits), axes)
    for limit in limits:
        if isinstance(limit, (tuple, sympy.Tuple)) and len(limit) == 3 and isinstance(limit[0], Idx):
            _inside(name, *limit)
    inner = _with_conditions(body) if limits and isinstance(body, Expr) else {}
    try:
        made: Expr = kind(substitute(body, inner) if inner else body, *limits)
    except ValueError as error:
        raise ModelError(f"{name}: {error}; write {name}(x[i], i) or {name}(x[i], (i, first, last))") from None
    back = {mask: part for part, mask in inner.items()}
    return bound(kind, substitute(made.function, back), made.limits) if inner else made


def _with_conditions(body: Expr) -> dict[sympy.Basic, sympy.Basic]:
    """The outermost sums and products in `body` that hold a condition, each with a symbol that stands in for it."""
    if isinstance(body, BINDERS):
        return {body: sympy.Dummy(real=True)} if body.has(sympy.Piecewise) else {}
    found: dict[sympy.Basic, sympy.Basic] = {}
    for part in () if isinstance(body, Idx) else body.args:
        found |= _with_conditions(part)
    return found


def _inside(name: str, idx: Idx, first: Any, last: Any) -> None:
    """Refuse a sum that certainly begins before, or ends behind, the range of its index."""
    first, last = (sympy.sympify(end, strict=True) for end in (first, last))
    if idx.lower is None or idx.upper is None:
        return
    if (first - idx.lower).is_negative or (last - idx.upper).is_positive:
        raise ModelError(
            f"{name} over {idx} from {first} to {last}: the index {idx} runs from {idx.lower} to {idx.upper}; write "
            "the terms outside by themselves, as in h[0] + Sum(h[t], t)"
        )


WORDS |= {"Sum": Sum, "Product": Product}
