"""The table of elementwise functions: a new function is a new row here, and nothing else anywhere.

Each row gets its tests for free (tests/test_functions.py loops over the table): the slope is the derivative of the
value, torch agrees on a grid, the ranges are attained, both languages carry the same formulas.

A slope is written in x, and in the function's own value y where textbooks do so: the slope of tanh is 1 - y^2.
The ranges (closed hulls) are what the analysis of exploding gradients will read.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from fractions import Fraction
from typing import Any, NamedTuple

from sympy import Abs, Expr, Max, Pow, Rational, S, cos, erf, exp, log, oo, pi, sign, sin, sqrt, tanh

from derive.expressions.elementwise import Elementwise, elementwise, share, step
from derive.language import Text

sigmoid = elementwise("sigmoid", lambda x: 1 / (1 + exp(-x)), {0: S.Half})
relu = elementwise("relu", lambda x: Max(x, 0), {0: 0})
leaky_relu = elementwise("leaky_relu", lambda x: Max(x, x / 100), {0: 0})
elu = elementwise("elu", lambda x: Max(x, 0) - Max(1 - exp(x), 0), {0: 0})
softplus = elementwise("softplus", lambda x: log(1 + exp(x)), {0: log(2)})
silu = elementwise("silu", lambda x: x / (1 + exp(-x)), {0: 0})
gelu = elementwise("gelu", lambda x: x * (1 + erf(x / sqrt(2))) / 2, {0: 0})


class Row(NamedTuple):
    """One elementwise function.

    `value` applies it to a sympy expression; `slope` is its derivative in x, `slope_in_value` the same in its own
    value y. `latex` and `text` print it; `torch` is its name in torch. `number` computes it on a float; `exact` gives
    the rational value at a rational argument, None where there is none. `kinks` are the points without a derivative,
    and `convention` says what torch takes there. The argument of an `activation` gets a name, its pre-activation.
    With `arity` 2 (max, power) the slope is that in the first argument. A `symmetric` function rises, and the ends of
    its value range are mirror images: f(-x) = low + high - f(x).
    """

    name: str
    value: Callable[..., Expr]
    slope: Callable[..., Expr]
    slope_range: tuple[Any, Any]
    value_range: tuple[Any, Any]
    latex: str
    text: str
    torch: str
    number: Callable[..., float]
    rule: Text
    slope_in_value: Callable[[Expr], Expr] | None = None
    exact: Callable[..., Any] = lambda *x: None
    kinks: tuple[int, ...] = ()
    convention: Text | None = None
    activation: bool = False
    domain: tuple[Any, Any] = (-oo, oo)
    arity: int = 1
    symmetric: bool = False


def _only(argument: int, value: Fraction | int) -> Callable[[Fraction], Any]:
    return lambda x: Fraction(value) if x == argument else None


def _sigmoid(x: float) -> float:
    return 1 / (1 + math.exp(-x)) if x >= 0 else math.exp(x) / (1 + math.exp(x))


def _softplus(x: float) -> float:
    return max(x, 0.0) + math.log1p(math.exp(-abs(x)))


def _normal_cdf(x: Expr) -> Expr:
    return (1 + erf(x / sqrt(2))) / 2


def _normal_density(x: Expr) -> Expr:
    return exp(-(x**2) / 2) / sqrt(2 * pi)


def _root(x: Fraction) -> Fraction | None:
    above, below = math.isqrt(abs(x.numerator)), math.isqrt(x.denominator)
    return Fraction(above, below) if x == Fraction(above**2, below**2) else None


def _kink(en: str, zh: str) -> Text:
    return Text(f"At 0 {en}; the page and the check follow torch.", f"在 0 处，{zh}；本页与验证都采用 torch 的约定。")


_BY_TIE = Text("Where the arguments of a maximum tie, each takes half of the slope, as torch does.",
               "最大值的两个自变量相等时，各取一半导数（与 torch 一致）。")  # fmt: skip
SILU_TOP = 1.0998393194871298  # slope of SiLU where (x - 2) e^x = x + 2; its least slope is 1 minus this
GELU_TOP = 1.1289041451851548  # slope of GELU at the square root of 2; its least slope is 1 minus this
QUARTER, PERCENT = Rational(1, 4), Rational(1, 100)

TABLE: tuple[Row, ...] = (
    Row("identity", lambda x: x, lambda x: S.One, (1, 1), (-oo, oo), "{}", "{}", "clone", lambda x: x,
        Text("the identity has slope 1", "恒等函数的导数是 1"), exact=lambda x: x),
    Row("sigmoid", sigmoid, lambda x: sigmoid(x) * (1 - sigmoid(x)), (0, QUARTER), (0, 1),
        r"\sigma({})", "σ({})", "sigmoid", _sigmoid, Text("slope of the sigmoid", "sigmoid 的导数"),
        lambda y: y * (1 - y), _only(0, Fraction(1, 2)), activation=True, symmetric=True),
    Row("tanh", tanh, lambda x: 1 - tanh(x) ** 2, (0, 1), (-1, 1),
        r"\tanh({})", "tanh({})", "tanh", math.tanh, Text("slope of tanh", "tanh 的导数"),
        lambda y: 1 - y**2, _only(0, 0), activation=True, symmetric=True),
    Row("relu", relu, step, (0, 1), (0, oo),
        r"\mathrm{{ReLU}}({})", "ReLU({})", "relu", lambda x: max(x, 0), Text("slope of ReLU", "ReLU 的导数"),
        exact=lambda x: max(x, Fraction(0)), kinks=(0,), activation=True,
        convention=_kink("ReLU has a kink and its slope is taken as 0", "ReLU 不可导，其导数约定为 0")),
    Row("leaky_relu", leaky_relu, lambda x: PERCENT + (1 - PERCENT) * step(x), (PERCENT, 1), (-oo, oo),
        r"\mathrm{{LeakyReLU}}({})", "LeakyReLU({})", "nn.functional.leaky_relu", lambda x: max(x, x / 100),
        Text("slope of leaky ReLU", "leaky ReLU 的导数"),
        exact=lambda x: max(x, x / 100), kinks=(0,), activation=True,
        convention=_kink("leaky ReLU has a kink and its slope is taken as 1/100",
                         "leaky ReLU 不可导，其导数约定为 1/100")),
    Row("elu", elu, lambda x: step(x) + (1 - step(x)) * exp(x), (0, 1), (-1, oo),
        r"\mathrm{{ELU}}({})", "ELU({})", "nn.functional.elu", lambda x: x if x > 0 else math.expm1(x),
        Text("slope of ELU", "ELU 的导数"), exact=lambda x: x if x >= 0 else None, activation=True),
    Row("softplus", softplus, sigmoid, (0, 1), (0, oo),
        r"\mathrm{{softplus}}({})", "softplus({})", "nn.functional.softplus", _softplus,
        Text("slope of softplus, the sigmoid", "softplus 的导数是 sigmoid"), activation=True),
    Row("gelu", gelu, lambda x: _normal_cdf(x) + x * _normal_density(x), (1 - GELU_TOP, GELU_TOP),
        (-0.16997120747990369, oo),
        r"\mathrm{{GELU}}({})", "GELU({})", "nn.functional.gelu",
        lambda x: x * (1 + math.erf(x / math.sqrt(2))) / 2, Text("slope of GELU", "GELU 的导数"),
        exact=_only(0, 0), activation=True),
    Row("silu", silu, lambda x: sigmoid(x) * (1 + x * (1 - sigmoid(x))), (1 - SILU_TOP, SILU_TOP),
        (-0.27846454276107380, oo),
        r"\mathrm{{SiLU}}({})", "SiLU({})", "nn.functional.silu", lambda x: x * _sigmoid(x),
        Text("slope of SiLU", "SiLU 的导数"), exact=_only(0, 0), activation=True),
    Row("exp", exp, exp, (0, oo), (0, oo), "e^{{{}}}", "exp({})", "exp", math.exp,
        Text("the exponential is its own slope", "指数函数的导数是它自身"), lambda y: y, _only(0, 1)),
    Row("log", log, lambda x: 1 / x, (0, oo), (-oo, oo), r"\log {}", "log {}", "log", math.log,
        Text("slope of the logarithm", "对数的导数"), exact=_only(1, 0), domain=(0, oo)),
    Row("sqrt", sqrt, lambda x: 1 / (2 * sqrt(x)), (0, oo), (0, oo), r"\sqrt{{{}}}", "√({})", "sqrt", math.sqrt,
        Text("slope of the square root", "平方根的导数"), lambda y: 1 / (2 * y), _root, domain=(0, oo)),
    Row("abs", Abs, sign, (-1, 1), (0, oo), r"\lvert {}\rvert", "|{}|", "abs", abs,
        Text("slope of the absolute value, the sign", "绝对值的导数是符号函数"), exact=abs, kinks=(0,),
        convention=_kink("the absolute value has a kink; any slope in [−1, 1] is a subgradient, and 0 is taken",
                         "绝对值不可导，[−1, 1] 中任一值都是次梯度，约定取 0")),
    Row("sign", sign, lambda x: S.Zero, (0, 0), (-1, 1), r"\mathrm{{sign}}({})", "sign({})", "sign",
        lambda x: (x > 0) - (x < 0), Text("the sign is constant on either side of 0", "符号函数在 0 的两侧都是常数"),
        exact=lambda x: Fraction((x > 0) - (x < 0)), kinks=(0,),
        convention=_kink("the sign jumps and its slope is taken as 0", "符号函数有跳跃，其导数约定为 0")),
    Row("step", step, lambda x: S.Zero, (0, 0), (0, 1), r"\mathbf{{1}}[{} > 0]", "1[{} > 0]", "step",
        lambda x: float(x > 0), Text("the unit step is constant on either side of 0", "阶跃函数在 0 的两侧都是常数"),
        exact=lambda x: Fraction(x > 0), kinks=(0,),
        convention=_kink("the unit step jumps and its slope is taken as 0", "阶跃函数有跳跃，其导数约定为 0")),
    Row("share", share, lambda x: S.Zero, (0, 0), (0, 1), r"\mathbf{{1}}[{} > 0]", "1[{} > 0]", "share",
        lambda x: ((x > 0) + (x >= 0)) / 2, Text("constant on either side of a tie", "在相等点的两侧都是常数"),
        exact=lambda x: Fraction((x > 0) + (x >= 0), 2), kinks=(0,),
        convention=_BY_TIE),
    Row("sin", sin, cos, (-1, 1), (-1, 1), r"\sin({})", "sin({})", "sin", math.sin,
        Text("slope of the sine", "正弦的导数"), exact=_only(0, 0), activation=True),
    Row("cos", cos, lambda x: -sin(x), (-1, 1), (-1, 1), r"\cos({})", "cos({})", "cos", math.cos,
        Text("slope of the cosine", "余弦的导数"), exact=_only(0, 1), activation=True),
    Row("erf", erf, lambda x: 2 * exp(-(x**2)) / sqrt(pi), (0, 2 / sqrt(pi)), (-1, 1),
        r"\mathrm{{erf}}({})", "erf({})", "erf", math.erf, Text("slope of erf", "erf 的导数"),
        exact=_only(0, 0), symmetric=True),
    Row("max", Max, lambda a, b: share(a - b), (0, 1), (-oo, oo), r"\max({})", "max({})", "maximum", max,
        Text("the maximum passes the slope to its largest argument", "最大值把导数传给最大的自变量"),
        exact=max, kinks=(0,), convention=_BY_TIE, arity=2),
    Row("power", Pow, lambda x, n: n * x ** (n - 1), (-oo, oo), (-oo, oo), "{}^{{{}}}", "{}^{}", "pow", pow,
        Text("power rule", "幂函数求导法则"), arity=2),
)  # fmt: skip

BY_NAME = {row.name: row for row in TABLE}
_BY_CLASS = {row.value: row for row in TABLE if isinstance(row.value, type) and row.arity == 1}
for _class, _row in _BY_CLASS.items():
    if issubclass(_class, Elementwise):
        _class.slope = staticmethod(_row.slope)


def row_of(expr: Expr) -> Row | None:
    """The row of the outermost function of an expression; None for sums, products and symbols."""
    if isinstance(expr, Pow) and expr.exp is S.Half:
        return BY_NAME["sqrt"]
    return _BY_CLASS.get(type(expr))


def argument(expr: Expr) -> Expr:
    """What the outermost function is applied to (the base, for a square root)."""
    return expr.args[0]


def function_named(name: str) -> Callable[[Expr], Expr]:
    """The function of a table row by its name, for options such as `--activation tanh`; KeyError if unknown."""
    return BY_NAME[name].value
