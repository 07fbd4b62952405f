"""Which functions of normal quantities have a mean in closed form, and what they are written with.

ReLU, |u|, clip, ELU and GELU are products and sums of u, of e^u, of the step 1[u > 0] and of Phi(u). The mean of such a
function f at a normal u with mean m and variance v is `MEAN[f](m, v)`; its derivative in m is the mean of f'(u).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sympy import (
    Abs,
    Expr,
    Heaviside,
    Max,
    Min,
    Piecewise,
    Pow,
    Rational,
    cos,
    cosh,
    erf,
    erfc,
    exp,
    log,
    sign,
    sin,
    sinh,
    sqrt,
)

from derive.expressions.activations import (
    SELU_ALPHA,
    SELU_SCALE,
    elu,
    gelu,
    hardsigmoid,
    hardswish,
    hardtanh,
    leaky_relu,
    relu,
    relu6,
    selu,
)
from derive.expressions.elementary import exp2, expm1, normal_cdf
from derive.expressions.elementwise import step
from derive.expressions.several import clip, prelu
from derive.language import Text
from derive.topics.expectation.branches import by_branches, exceeds


def _relu(u: Expr) -> Expr:
    return u * step(u)


def _above(u: Expr, low: Expr) -> Expr:
    """How far u exceeds low, relu(u - low)."""
    return (u - low) * exceeds(u, low)


def _clipped(u: Expr, low: Expr, high: Expr) -> Expr:
    return low + _above(u, low) - _above(u, high)


def _hard(u: Expr) -> Expr:
    return _clipped(u + 3, Rational(0), Rational(6)) / 6


def _max(u: Expr, *others: Expr) -> Expr | None:
    if len(others) != 1:
        return None
    low, u = sorted((u, others[0]), key=lambda e: not e.is_number)  # Max(0, x) is relu(x)
    return low + _above(u, low)


def _min(u: Expr, *others: Expr) -> Expr | None:
    upper = _max(-u, *(-o for o in others))
    return None if upper is None else -upper


def _elu(u: Expr) -> Expr:
    return _relu(u) + (1 - step(u)) * (exp(u) - 1)


WRITTEN: dict[Any, Callable[..., Expr | None]] = {
    relu: _relu,
    leaky_relu: lambda u: u / 100 + Rational(99, 100) * _relu(u),
    prelu: lambda u, a: a * u + (1 - a) * _relu(u),
    Abs: lambda u: 2 * _relu(u) - u,
    sign: lambda u: 2 * step(u) - 1,
    Heaviside: lambda u, *at: step(u),
    Max: _max,
    Min: _min,
    relu6: lambda u: _clipped(u, Rational(0), Rational(6)),
    hardtanh: lambda u: _clipped(u, Rational(-1), Rational(1)),
    clip: _clipped,
    hardsigmoid: _hard,
    hardswish: lambda u: u * _hard(u),
    elu: _elu,
    selu: lambda u: SELU_SCALE * (_relu(u) + SELU_ALPHA * (1 - step(u)) * (exp(u) - 1)),
    gelu: lambda u: u * normal_cdf(u),
    erf: lambda u: 2 * normal_cdf(sqrt(2) * u) - 1,
    erfc: lambda u: 2 - 2 * normal_cdf(sqrt(2) * u),
    expm1: lambda u: exp(u) - 1,
    exp2: lambda u: exp(u * log(2)),
    sinh: lambda u: (exp(u) - exp(-u)) / 2,
    cosh: lambda u: (exp(u) + exp(-u)) / 2,
    Piecewise: by_branches,
}
MEAN: dict[Any, Callable[[Expr, Expr], Expr]] = {
    step: lambda m, v: normal_cdf(m / sqrt(v)),
    normal_cdf: lambda m, v: normal_cdf(m / sqrt(1 + v)),
    sin: lambda m, v: exp(-v / 2) * sin(m),
    cos: lambda m, v: exp(-v / 2) * cos(m),
}
WHY: dict[Any, Text] = {
    step: Text("the probability that a normal quantity is positive", "正态量取正值的概率"),
    normal_cdf: Text(
        "the probability that a standard normal quantity, independent of the other, lies below it",
        "一个与之独立的标准正态量小于它的概率",
    ),
    sin: Text("the imaginary part of the characteristic function", "特征函数的虚部"),
    cos: Text("the real part of the characteristic function", "特征函数的实部"),
}
CLOSED = "exp, relu, max, abs, sign, step, clip, elu, gelu, erf, normal_cdf, sin and cos of what is linear in them"


def written(expr: Expr) -> Expr | None:
    """Return a function of normal quantities in terms of those in `MEAN`, of exp and of products; None for others."""
    if isinstance(expr, Pow) and expr.base.is_positive and not expr.exp.is_Integer:
        made = exp(expr.exp * log(expr.base))
        return made if isinstance(made, exp) else None  # a root stays a root
    rule = WRITTEN.get(type(expr))
    return None if rule is None else rule(*expr.args)


def closed(expr: Expr) -> bool:
    """True for a function whose mean is known where its argument is normal."""
    return isinstance(expr, exp) or type(expr) in MEAN
