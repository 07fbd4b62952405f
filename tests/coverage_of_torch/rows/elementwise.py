"""Functions of one number, and of several, element by element: L = sum_n u_n f(x_n, ...)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from sympy import Abs, Max, Min, Piecewise, Rational, S, cos, log, pi, sign, sin, sqrt
from torch.nn import functional as F

from coverage_of_torch.table import Row
from derive import (
    Sum,
    acos,
    acosh,
    asin,
    asinh,
    atan,
    atan2,
    atanh,
    ceiling,
    clip,
    cosh,
    digamma,
    elu,
    erf,
    erfc,
    erfinv,
    exp,
    exp2,
    expm1,
    floor,
    frac,
    gelu,
    hardshrink,
    hardsigmoid,
    hardswish,
    hardtanh,
    hypot,
    leaky_relu,
    log1p,
    log2,
    log10,
    logaddexp,
    loggamma,
    logit,
    logsigmoid,
    mish,
    polygamma,
    prelu,
    relu,
    rounded,
    rsqrt,
    sigmoid,
    silu,
    sinh,
    softplus,
    softshrink,
    tan,
    tanh,
    threshold,
    trunc,
)

HALF = S.Half


def unary(name: str, f: Callable[..., Any], by_torch: Callable[..., Any], domain: str = "", form: str = "") -> Row:
    """A function of one number."""
    at = f"@{domain}" if domain else ""
    return Row(
        name, f"x:N{at} u:N", lambda v: Sum(v.u[v.n] * f(v.x[v.n]), v.n), lambda t: (t.u * by_torch(t.x)).sum(), form
    )


def binary(
    name: str, f: Callable[..., Any], by_torch: Callable[..., Any], one: str = "", other: str = "", form: str = ""
) -> Row:
    """A function of two numbers."""
    a, b = (f"@{d}" if d else "" for d in (one, other))
    return Row(
        name,
        f"x:N{a} y:N{b} u:N",
        lambda v: Sum(v.u[v.n] * f(v.x[v.n], v.y[v.n]), v.n),
        lambda t: (t.u * by_torch(t.x, t.y)).sum(),
        form,
    )


def ternary(name: str, f: Callable[..., Any], by_torch: Callable[..., Any], domain: str = "", form: str = "") -> Row:
    """A function of three numbers."""
    at = f"@{domain}" if domain else ""
    return Row(
        name,
        f"x:N y:N{at} z:N{at} u:N",
        lambda v: Sum(v.u[v.n] * f(v.x[v.n], v.y[v.n], v.z[v.n]), v.n),
        lambda t: (t.u * by_torch(t.x, t.y, t.z)).sum(),
        form,
    )


def _by_torch_rrelu(t: Any) -> torch.Tensor:
    return (t.u * torch.where(t.x >= 0, t.x, t.x / 5)).sum()


NUMBERS = "for numbers that are finite, where it is the identity"

ROWS = (
    unary("abs", Abs, torch.abs),
    unary("acos", acos, torch.acos, "-1..1"),
    unary("acosh", acosh, torch.acosh, "1..oo"),
    unary("asin", asin, torch.asin, "-1..1"),
    unary("asinh", asinh, torch.asinh),
    unary("atan", atan, torch.atan),
    unary("atanh", atanh, torch.atanh, "-1..1"),
    unary("ceil", ceiling, torch.ceil),
    unary("floor", floor, torch.floor),
    unary("trunc", trunc, torch.trunc),
    unary("round", rounded, torch.round),
    unary("frac", frac, torch.frac),
    unary("cos", cos, torch.cos),
    unary("sin", sin, torch.sin),
    unary("tan", tan, torch.tan),
    unary("cosh", cosh, torch.cosh),
    unary("sinh", sinh, torch.sinh),
    unary("tanh", tanh, torch.tanh),
    unary("deg2rad", lambda x: x * pi / 180, torch.deg2rad),
    unary("rad2deg", lambda x: x * 180 / pi, torch.rad2deg),
    unary("digamma", digamma, torch.digamma, "positive"),
    unary("lgamma", loggamma, torch.lgamma, "positive"),
    unary("polygamma", lambda x: polygamma(2, x), lambda x: torch.polygamma(2, x), "positive"),
    unary(
        "mvlgamma", lambda x: log(pi) * HALF + loggamma(x) + loggamma(x - HALF), lambda x: torch.mvlgamma(x, 2), "1..3"
    ),
    unary("erf", erf, torch.erf),
    unary("erfc", erfc, torch.erfc),
    unary("erfinv", erfinv, torch.erfinv, "-1..1"),
    unary("special_erfcx", lambda x: exp(x**2) * erfc(x), torch.special.erfcx, ""),
    unary("special_entr", lambda x: -x * log(x), torch.special.entr, "positive"),
    unary("special_log_ndtr", lambda x: log(erfc(-x / sqrt(2)) / 2), torch.special.log_ndtr, ""),
    unary("special_ndtri", lambda x: sqrt(2) * erfinv(2 * x - 1), torch.special.ndtri, "probability"),
    unary("exp", exp, torch.exp),
    unary("exp2", exp2, torch.exp2),
    unary("expm1", expm1, torch.expm1),
    unary("log", log, torch.log, "positive"),
    unary("log10", log10, torch.log10, "positive"),
    unary("log1p", log1p, torch.log1p, "-1..2"),
    unary("log2", log2, torch.log2, "positive"),
    unary("logit", logit, torch.logit, "probability"),
    unary("neg", lambda x: -x, torch.neg),
    unary("reciprocal", lambda x: 1 / x, torch.reciprocal, "nonzero"),
    unary("rsqrt", rsqrt, torch.rsqrt, "positive"),
    unary("sqrt", sqrt, torch.sqrt, "positive"),
    unary("sign", sign, torch.sign),
    unary("sinc", lambda x: sin(pi * x) / (pi * x), torch.sinc, "nonzero"),
    unary("alias", lambda x: x, lambda x: x.view_as(x)),
    unary("clone", lambda x: x, torch.clone),
    unary("nan_to_num", lambda x: x, torch.nan_to_num, "", NUMBERS),
    unary("ldexp", lambda x: x * 2**3, lambda x: torch.ldexp(x, torch.tensor(3))),
    unary("sigmoid", sigmoid, torch.sigmoid),
    unary("relu", relu, torch.relu),
    unary("silu", silu, F.silu),
    unary("mish", mish, F.mish),
    unary("elu", lambda x: prelu(elu(x), Rational(3, 10)), lambda x: F.elu(x, 0.3)),
    unary("celu", lambda x: elu(x / 2) * 2, lambda x: F.celu(x, 2)),
    unary("gelu", gelu, F.gelu),
    unary("hardsigmoid", hardsigmoid, lambda x: F.relu6(x + 3) / 6),
    unary("hardswish", hardswish, F.hardswish),
    unary("hardshrink", hardshrink, F.hardshrink),
    unary("hardtanh", hardtanh, F.hardtanh),
    unary("leaky_relu", leaky_relu, F.leaky_relu),
    unary("log_sigmoid_forward", logsigmoid, F.logsigmoid),
    unary("softplus", softplus, F.softplus),
    unary("softshrink", softshrink, F.softshrink),
    unary("threshold", lambda x: threshold(x, Rational(1, 5), 3), lambda x: F.threshold(x, 0.2, 3.0)),
    Row(
        "_prelu_kernel",
        "x:N,D a:D u:N,D",
        lambda v: Sum(v.u[v.n, v.d] * prelu(v.x[v.n, v.d], v.a[v.d]), v.n, v.d),
        lambda t: (t.u * F.prelu(t.x, t.a)).sum(),
    ),
    Row(
        "rrelu_with_noise",
        "x:N u:N",
        lambda v: Sum(v.u[v.n] * prelu(v.x[v.n], Rational(1, 5)), v.n),
        _by_torch_rrelu,
        "with the slopes that were drawn as numbers",
    ),
    Row(
        "native_dropout",
        "x:N u:N@binary",
        lambda v: Sum(v.x[v.n] ** 2 * v.u[v.n] / Rational(4, 5), v.n),
        lambda t: (t.x**2 * t.u / 0.8).sum(),
        "with the mask that was drawn as an input",
    ),
    Row(
        "glu",
        "x:N,D y:N,D u:N,D",
        lambda v: Sum(v.u[v.n, v.d] * v.x[v.n, v.d] * sigmoid(v.y[v.n, v.d]), v.n, v.d),
        lambda t: (t.u * F.glu(torch.cat([t.x, t.y], 1))).sum(),
    ),
    binary("add", lambda x, y: x + 2 * y, lambda x, y: torch.add(x, y, alpha=2)),
    binary("sub", lambda x, y: x - 2 * y, lambda x, y: torch.sub(x, y, alpha=2)),
    binary("rsub", lambda x, y: y - 2 * x, lambda x, y: torch.rsub(x, y, alpha=2)),
    binary("mul", lambda x, y: x * y, torch.mul),
    binary("div", lambda x, y: x / y, torch.div, "", "nonzero"),
    binary("pow", lambda x, y: x**y, torch.pow, "positive"),
    binary("atan2", atan2, torch.atan2),
    binary("hypot", hypot, torch.hypot),
    binary("copysign", lambda x, y: Abs(x) * sign(y), torch.copysign, "", "nonzero"),
    binary("maximum", Max, torch.maximum),
    binary("minimum", Min, torch.minimum),
    binary("fmax", Max, torch.fmax, form=NUMBERS.replace("it is the identity", "it is the maximum")),
    binary("fmin", Min, torch.fmin, form=NUMBERS.replace("it is the identity", "it is the minimum")),
    binary("fmod", lambda x, y: x - y * trunc(x / y), torch.fmod, "", "nonzero"),
    binary("remainder", lambda x, y: x - y * floor(x / y), torch.remainder, "", "nonzero"),
    binary("logaddexp", logaddexp, torch.logaddexp),
    binary("logaddexp2", lambda x, y: log2(2**x + 2**y), torch.logaddexp2),
    binary("xlogy", lambda x, y: x * log(y), torch.xlogy, "", "positive"),
    binary("special_xlog1py", lambda x, y: x * log1p(y), torch.special.xlog1py, "", "-1..2"),
    binary("clamp_min", Max, lambda x, y: torch.maximum(x, y)),
    binary("clamp_max", Min, lambda x, y: torch.minimum(x, y)),
    ternary("clamp", lambda x, y, z: clip(x, -y, z), lambda x, y, z: torch.clamp(x, -y, z), "positive"),
    ternary("addcmul", lambda x, y, z: x + 3 * y * z, lambda x, y, z: torch.addcmul(x, y, z, value=3)),
    ternary("addcdiv", lambda x, y, z: x + 3 * y / z, lambda x, y, z: torch.addcdiv(x, y, z, value=3), "positive"),
    ternary("lerp", lambda x, y, z: x + z * (y - x), torch.lerp),
    ternary("where", lambda x, y, z: Piecewise((y, x > 0), (z, True)), lambda x, y, z: torch.where(x > 0, y, z)),
    ternary(
        "masked_fill",
        lambda x, y, z: Piecewise((7, y > z), (x, True)),
        lambda x, y, z: x.masked_fill((y > z).detach(), 7),
    ),
)
