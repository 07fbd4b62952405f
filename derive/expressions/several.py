"""Elementwise functions of several numbers, as rows of the table of functions."""

from __future__ import annotations

import math
from fractions import Fraction
from typing import Any

from sympy import Eq, Expr, Heaviside, Max, Min, Pow, S, Symbol, atan2, exp, log, oo, sqrt

from derive.expressions.activations import sigmoid
from derive.expressions.elementwise import Compared, between, entry, equal, function_class, share, step
from derive.language import Text

clip = function_class("clip", lambda x, low, high: Min(Max(x, low), high), nargs=3)
hypot = function_class("hypot", lambda x, y: sqrt(x**2 + y**2), nargs=2)
logaddexp = function_class("logaddexp", lambda x, y: log(exp(x) + exp(y)), nargs=2)
prelu = function_class("prelu", lambda x, a: Max(x, 0) + a * Min(x, 0), nargs=2)


def _log_add(x: float, y: float) -> float:
    return max(x, y) + math.log1p(math.exp(-abs(x - y)))


def _lower_end(x: Expr, a: Expr, b: Expr) -> Expr:
    """The slope of clip in a: 1 where x < a, but where b is not above a the value is b, min(max(x, a), b)."""
    return step(a - x) * (1 if (b - a).is_positive else step(b - a))


def _upper_end(x: Expr, a: Expr, b: Expr) -> Expr:
    """The slope of clip in b: 1 where the larger of x and a is above b."""
    return step((x if (b - a).is_positive else Max(x, a)) - b)


_CLIPPED = Text(
    "clip(x, a, b) has kinks at a and b: for a ≤ x ≤ b we take its derivative with respect to x as 1; for x outside, "
    "the derivative passes to the endpoint, as in torch.clamp.",
    "clip(x, a, b) 在两端不可导：a ≤ x ≤ b 时对 x 的导数取 1，在此之外导数传给相应的端点（与 torch.clamp 一致）。",
)
U, V = Symbol("u", real=True), Symbol("v", real=True)  # letters for what a convention is said of


def tied(en: str, zh: str) -> Text:
    """What happens where two arguments of an extremum are equal, and the sign that says it."""
    return Text(
        f"Where two arguments of a {en} are equal, each of them takes half of the derivative, as in PyTorch: "
        "{share} is 1 for {over}, 1/2 for {tie} and 0 for {under}.",
        f"{zh}的两个自变量相等时，各取一半导数（与 PyTorch 一致）："
        "{share} 在 {over} 时为 1，在 {tie} 时为 1/2，在 {under} 时为 0。",
    )(share=share(U), over=U > 0, tie=Eq(U, 0), under=U < 0)


def tied_of_many(en: str, zh: str) -> Text:
    """The same of an extremum with more than two arguments."""
    return Text(
        f"Where {{n}} arguments of a {en} are equal, each of them takes {{part}} of the derivative, as in "
        f"torch.a{en[:3]}: "
        "{share} is 0 if one of the differences is negative; otherwise it is 1 divided by one more than the number of "
        "differences that are 0.",
        f"{zh}的 {{n}} 个自变量相等时，各取导数的 {{part}}（与 torch.a{en[:3]} 一致）："
        "只要有一个差为负，{share} 就为 0，否则等于 1 除以“为 0 的差的个数加一”。",
    )(n=Symbol("n"), part=1 / Symbol("n"), share=share(U, V))


BY_TIES = {Max: tied_of_many("maximum", "最大值"), Min: tied_of_many("minimum", "最小值")}
EXTREME = Text(
    "Where several elements are the largest or the least, they share the derivative equally, as in torch.amax: the "
    "sum in the denominator is the number of these elements.",
    "若有几个元素同为最大（或最小），它们均分其导数（与 torch.amax 一致）：分母中的和就是这些元素的个数。",
)
_HEAVISIDE = Text(
    "The unit step jumps at 0; we take its derivative there as 0, as PyTorch does.",
    "在 0 处阶跃函数有跳跃，其导数约定为 0（与 PyTorch 一致）。",
)
_CONSTANT = Text("the unit step is constant on either side of 0", "阶跃函数在 0 的两侧都是常数")

SEVERAL: tuple[dict[str, Any], ...] = (
    entry(
        name="min", value=Min, slope=lambda a, *others: share(*(Compared(b, a) for b in others)), slope_range=(0, 1),
        kinks=(0,), convention=tied("minimum", "最小值"), arity=2, definition=lambda *x: -Max(*(-a for a in x)),
        rule=Text("the minimum passes the derivative to its least argument", "最小值把导数传给最小的自变量"),
        latex=r"\min({})", text="min({})", torch="minimum", numpy="minimum", number=min, exact=min,
    ),
    entry(
        name="heaviside", value=Heaviside, slope=lambda *x: S.Zero, value_range=(0, 1), slope_range=(0, 0), kinks=(0,),
        convention=_HEAVISIDE, title=Text("the unit step", "阶跃函数"), rule=_CONSTANT, latex=r"\mathrm{{H}}({0})",
        text="H({0})", number=lambda x, at=0.5: float(x > 0) if x else float(at),
        exact=lambda x, at=Fraction(1, 2): Fraction(x > 0) if x else at, numpy="np.heaviside({0})",
        code="""def heaviside(x, at_zero):
    \"\"\"0 below 0, 1 above, and the second argument at 0.\"\"\"
    return {array}(x > 0, dtype=x.dtype) + at_zero * {array}(x == 0, dtype=x.dtype)
""",
    ),
    entry(
        name="between", value=between, arity=3, slope=lambda *x: S.Zero, kinks=(0,), value_range=(0, 1),
        slope_range=(0, 0),
        convention=_CLIPPED, rule=Text("constant inside and outside", "在区间内外都是常数"),
        latex=r"\mathbf{{1}}[{1} \le {0} \le {2}]", text="1[{1} ≤ {0} ≤ {2}]", indicator=True,
        number=lambda x, low, high: float(low <= x <= high), exact=lambda x, low, high: Fraction(low <= x <= high),
        code="""def between(x, low, high):
    \"\"\"1 where low <= x <= high, 0 elsewhere: the slope of clip.\"\"\"
    return {array}((x >= low) & (x <= high), dtype=x.dtype)
""",
    ),
    entry(
        name="equal", value=equal, arity=2, slope=lambda *x: S.Zero, kinks=(0,), value_range=(0, 1),
        slope_range=(0, 0), convention=EXTREME, rule=Text("constant apart from a tie", "除相等点外为常数"),
        latex=r"\mathbf{{1}}[{0} = {1}]", text="1[{0} = {1}]", indicator=True,
        number=lambda x, y: float(x == y), exact=lambda x, y: Fraction(x == y),
        code="""def equal(x, y):
    \"\"\"1 where two numbers are equal, 0 elsewhere: which of many is the largest.\"\"\"
    return {array}(x == y, dtype=x.dtype)
""",
    ),
    entry(
        name="clip", value=clip, arity=3, convention=_CLIPPED, kinks=(0,), slope_range=(0, 1),
        slopes=(between, _lower_end, _upper_end),
        rule=Text("inside the interval the derivative of the clipped quantity is 1", "在区间内部，截断函数的导数为 1"),
        torch="torch.clamp({0})", numpy="np.clip({0})", number=lambda x, a, b: min(max(x, a), b),
        exact=lambda x, a, b: min(max(x, a), b),
    ),
    entry(
        name="prelu", value=prelu, arity=2, kinks=(0,),
        slopes=(lambda x, a: step(x) + a * (1 - step(x)), lambda x, a: Min(x, 0)),
        convention=Text(
            "PReLU has a kink at 0; we take its derivative there as that on the left, as PyTorch does.",
            "在 0 处，PReLU 不可导，其导数约定为左导数（与 PyTorch 一致）。",
        ),
        title=Text("PReLU", "PReLU"), latex=r"\mathrm{{PReLU}}({})", text="PReLU({})",
        number=lambda x, a: x if x > 0 else a * x, exact=lambda x, a: x if x > 0 else a * x,
        code="""def prelu(x, a):
    \"\"\"x where it is positive, a x elsewhere.\"\"\"
    return {module}.where(x > 0, x, a * x)
""",
    ),
    entry(
        name="atan2", value=atan2, arity=2,
        slopes=(lambda y, x: x / (x**2 + y**2), lambda y, x: -y / (x**2 + y**2)),
        title=Text("the angle of a point", "点的辐角"), torch="atan2", numpy="arctan2", number=math.atan2,
    ),
    entry(
        name="hypot", value=hypot, slope=lambda x, y: x / hypot(x, y), slope_range=(-1, 1), value_range=(0, oo),
        arity=2, title=Text("the hypotenuse", "斜边长"), torch="hypot", numpy="hypot", number=math.hypot,
    ),
    entry(
        name="logaddexp", value=logaddexp, slope=lambda x, y: sigmoid(x - y), slope_range=(0, 1), arity=2,
        title=Text("the logarithm of a sum of exponentials", "指数和的对数"),
        torch="logaddexp", numpy="logaddexp", number=_log_add,
    ),
    entry(
        name="power", value=Pow, slope=lambda x, n: n * x ** (n - 1),
        rule=Text("power rule", "幂函数求导法则"), arity=2,
        latex="{}^{{{}}}", text="{}^{}", torch="pow", numpy="power", number=pow,
    ),
)  # fmt: skip
