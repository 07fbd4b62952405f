"""Words that an author may use in place of a formula: `softmax(x[i], i)`, `var(x[i], i)`, `norm(x[i], i)`.

Each makes the formula that it stands for, which is what the page shows and what is derived.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar

from sympy import Abs, Expr, Idx, Piecewise, S, exp, log, sqrt, tanh

from derive.expressions.activations import relu
from derive.expressions.extremes import Amax, Amin
from derive.expressions.indices import fresh, substitute
from derive.expressions.text import refuse_text
from derive.model.author_sum import Sum, made

Limit = Any  # an index, or (index, first, last)
Made = TypeVar("Made", bound=Callable[..., Expr])


def word(function: Made) -> Made:
    """The word, refusing text, which sympy would run."""

    @wraps(function)
    def checked(*given: Any, **options: Any) -> Expr:
        refuse_text(function.__name__, (*given, *options.values()))
        return function(*given, **options)

    return checked  # type: ignore[return-value]


@word
def amax(body: Any, *limits: Limit) -> Expr:
    """The largest of `body` over indices, `amax(x[i], i)`; those that tie share its slope equally, as in torch.amax."""
    return made(Amax, body, limits)


@word
def amin(body: Any, *limits: Limit) -> Expr:
    """The least of `body` over indices, as `amax`."""
    return made(Amin, body, limits)


@word
def mean(body: Any, *limits: Limit) -> Expr:
    """The mean over indices: Sum(x[i], i)/N."""
    return Sum(body, *limits) / _count(*limits)


@word
def var(body: Any, *limits: Limit, correction: Any = 0) -> Expr:
    """The variance over indices, divided by their number less `correction`: 1 for the unbiased estimate."""
    return Sum((body - mean(*_apart(body, *limits))) ** 2, *limits) / (_count(*limits) - correction)


@word
def std(body: Any, *limits: Limit, correction: Any = 0) -> Expr:
    """The standard deviation, the root of `var`."""
    return sqrt(var(body, *limits, correction=correction))


@word
def dot(a: Any, b: Any, *limits: Limit) -> Expr:
    """The inner product: Sum(a[i]*b[i], i)."""
    return Sum(a * b, *limits)


@word
def norm(body: Any, *limits: Limit, p: Any = 2) -> Expr:
    """The p-norm over indices: the root of the sum of squares; for p=oo the largest absolute value."""
    if p == S.Infinity:
        return amax(Abs(body), *limits)
    if p == 2:
        return sqrt(Sum(body**2, *limits))
    total = Sum(Abs(body) ** p, *limits)
    return total if p == 1 else total ** (1 / S(p))


@word
def normalize(body: Any, *limits: Limit, p: Any = 2) -> Expr:
    """An element over the norm of all: x[i] / norm(x[i], i)."""
    return body / norm(*_apart(body, *limits), p=p)


@word
def logsumexp(body: Any, *limits: Limit) -> Expr:
    """log(Sum(exp(x[i]), i))."""
    return log(Sum(exp(body), *limits))


@word
def softmax(body: Any, *limits: Limit) -> Expr:
    """An element of the softmax over indices: exp(x[i]) / Sum(exp(x[k]), k)."""
    other, *others = _apart(body, *limits)
    return exp(body) / Sum(exp(other), *others)


@word
def log_softmax(body: Any, *limits: Limit) -> Expr:
    """The logarithm of an element of the softmax: x[i] - logsumexp(x[k], k)."""
    return body - logsumexp(*_apart(body, *limits))


@word
def softshrink(x: Any, at: Any = S.Half) -> Expr:
    """x moved towards 0 by `at`, and 0 where it is smaller: relu(x - at) - relu(-x - at)."""
    return relu(x - at) - relu(-x - at)


@word
def hardshrink(x: Any, at: Any = S.Half) -> Expr:
    """x where it is larger than `at` in absolute value, 0 elsewhere."""
    return Piecewise((x, Abs(x) > at), (0, True))


@word
def tanhshrink(x: Any) -> Expr:
    """x - tanh(x)."""
    return x - tanh(x)


@word
def threshold(x: Any, at: Any, value: Any) -> Expr:
    """x where it is larger than `at`, `value` elsewhere."""
    return Piecewise((x, x > at), (value, True))


@word
def rsqrt(x: Any) -> Expr:
    """1 / sqrt(x)."""
    return 1 / sqrt(x)


def _count(*limits: Limit) -> Expr:
    """How many values indices have together."""
    found = S.One
    for limit in limits:
        low, high = limit[1:] if isinstance(limit, tuple) else (limit.lower, limit.upper)
        found *= high - low + 1
    return found


def _apart(body: Any, *limits: Limit) -> list[Any]:
    """The body in other letters, with limits in these letters: for a sum beside the element that is written."""
    body, found = S(body), []
    taken = set(body.free_symbols)
    for limit in limits:
        idx: Idx = limit[0] if isinstance(limit, tuple) else limit
        other = fresh(idx, taken)
        taken.add(other)
        body = substitute(body, {idx: other})
        found.append((other, *limit[1:]) if isinstance(limit, tuple) else other)
    return [body, *found]
