"""Words that an author may use in place of a formula: `softmax(x[i], i)`, `var(x[i], i)`, `norm(x[i], i)`.

Each makes the formula that it stands for, which is what is derived; the page shows the word, and says its formula once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import wraps
from inspect import Parameter, signature
from typing import Any, TypeVar

from sympy import Abs, Expr, Idx, Piecewise, S, exp, log, sqrt, tanh

from derive.errors import ModelError
from derive.expressions.activations import relu
from derive.expressions.extremes import Amax, Amin, Body
from derive.expressions.indices import bound_indices, fresh, substitute
from derive.expressions.said import Said
from derive.expressions.text import refuse_text
from derive.model.as_numpy import AXES, of_whole
from derive.model.author_sum import Sum, made
from derive.model.whole import WORDS, is_whole

Limit = Any  # an index, or (index, first, last)
Made = TypeVar("Made", bound=Callable[..., Expr])


def word(function: Made) -> Made:
    """The word, refusing text, which sympy would run.

    Of whole vectors and matrices it is read later; an elementwise one, without limits, is a formula like any other.
    """
    over_all = "limits" in signature(function).parameters
    if over_all:
        WORDS[function.__name__] = function

    @wraps(function)
    def checked(*given: Any, **options: Any) -> Expr:
        name = function.__name__
        refuse_text(name, (*given, *options.values()))
        whole = next((e for e in given if is_whole(e)), None) if over_all else None
        if whole is not None:
            if any(isinstance(e, (Idx, tuple)) for e in given):
                raise ModelError(f"{name}: {whole} is a whole family; give its element, such as {name}({whole}[i], i)")
            found = of_whole(name, given, options)
            _refuse_beside(name, function, found.operands, found.options)
            return found
        if over_all and options.keys() & AXES:
            of_whole(name, given, options)  # which says that there are no axes
        return function(*given, **options)

    return checked  # type: ignore[return-value]


def _refuse_beside(name: str, function: Callable[..., Expr], given: Sequence[Any], options: Iterable[str]) -> None:
    """Of whole vectors and matrices a word takes as many as it has places for, and its own options."""
    kinds = [(p.name, p.kind) for p in signature(function).parameters.values()]
    count = sum(kind is Parameter.POSITIONAL_OR_KEYWORD for _, kind in kinds)
    known = [key for key, kind in kinds if kind is Parameter.KEYWORD_ONLY]
    wrong = [*(e for e in given if not is_whole(e)), *(key for key in options if key not in known)]
    if wrong or len(given) != count:
        found = wrong[0] if wrong else ", ".join(map(str, given))
        raise ModelError(
            f"{name}: of whole vectors or matrices it takes {count} and nothing else but an axis, found {found}; say "
            f"along which axis or index, as in {name}({'X, Y' if count == 2 else 'X, axis=1'}), {name}(x[n, c], c)"
        )


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
    return _said("mean", Sum(body, *limits) / _count(*limits), [body], limits)


@word
def var(body: Any, *limits: Limit, correction: Any = 0) -> Expr:
    """The variance over indices, divided by their number less `correction`: 1 for the unbiased estimate."""
    return _said("var" if correction == 0 else "", _variance(body, limits, correction), [body], limits)


@word
def std(body: Any, *limits: Limit, correction: Any = 0) -> Expr:
    """The standard deviation, the root of `var`."""
    return _said("std" if correction == 0 else "", sqrt(_variance(body, limits, correction)), [body], limits)


@word
def dot(a: Any, b: Any, *limits: Limit) -> Expr:
    """The inner product: Sum(a[i]*b[i], i)."""
    return _said("dot", Sum(a * b, *limits), [a, b], limits)


@word
def norm(body: Any, *limits: Limit, p: Any = 2) -> Expr:
    """The p-norm over indices: the root of the sum of squares; for p=oo the largest absolute value."""
    if p == S.Infinity:
        found = amax(Abs(body), *limits)
    elif p == 2:
        found = sqrt(Sum(body**2, *limits))
    else:
        total = Sum(Abs(body) ** p, *limits)
        found = total if p == 1 else total ** (1 / S(p))
    return _said("norm" if p == 2 or len(limits) == 1 else "", found, [body], limits, p=0 if p == S.Infinity else p)


@word
def normalize(body: Any, *limits: Limit, p: Any = 2) -> Expr:
    """An element over the norm of all: x[i] / norm(x[i], i)."""
    formula = body / norm(*_apart(body, *limits), p=p)
    return _said("normalize", formula, [body], limits, limits)


@word
def logsumexp(body: Any, *limits: Limit) -> Expr:
    """log(Sum(exp(x[i]), i))."""
    return _said("logsumexp", log(Sum(exp(body), *limits)), [body], limits)


@word
def softmax(body: Any, *limits: Limit) -> Expr:
    """An element of the softmax over indices: exp(x[i]) / Sum(exp(x[k]), k)."""
    other, *others = _apart(body, *limits)
    return _said("softmax", exp(body) / Sum(exp(other), *others), [other], others, limits)


@word
def log_softmax(body: Any, *limits: Limit) -> Expr:
    """The logarithm of an element of the softmax: x[i] - logsumexp(x[k], k)."""
    other, *others = _apart(body, *limits)
    return _said("log_softmax", body - log(Sum(exp(other), *others)), [other], others, limits)


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


def _said(
    name: str, formula: Expr, bodies: Sequence[Any], limits: Sequence[Limit], at: Sequence[Limit] = (), p: Any = 0
) -> Expr:
    """The formula as one that is a word, where its indices run over the whole of their ranges."""
    parts = any(isinstance(limit, tuple) for limit in limits)
    if not name or not limits or parts or not formula.has(Idx):
        return formula
    return Said(name, formula, [made(Body, body, tuple(limits)) for body in bodies], at, p)


def _variance(body: Any, limits: Sequence[Limit], correction: Any) -> Expr:
    total: Expr = Sum((body - mean(*_apart(body, *limits))) ** 2, *limits)
    return total / (_count(*limits) - correction)


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
    taken = body.free_symbols | bound_indices(body)  # the sums inside keep their letters
    for limit in limits:
        idx: Idx = limit[0] if isinstance(limit, tuple) else limit
        other = fresh(idx, taken)
        taken.add(other)
        body = substitute(body, {idx: other})
        found.append((other, *limit[1:]) if isinstance(limit, tuple) else other)
    return [body, *found]
