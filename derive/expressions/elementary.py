"""The elementary and special functions of analysis, as rows of the table of functions.

sympy's own functions are taken as they are; those that sympy has not, or writes otherwise, are classes made here.
"""

from __future__ import annotations

import math
from fractions import Fraction
from typing import Any

from sympy import (
    Abs,
    Float,
    S,
    acos,
    acosh,
    asin,
    asinh,
    atan,
    atanh,
    ceiling,
    cosh,
    erf,
    erfc,
    erfinv,
    exp,
    floor,
    gamma,
    log,
    loggamma,
    oo,
    pi,
    polygamma,
    sign,
    sinh,
    sqrt,
    tan,
)  # fmt: skip

from derive.expressions.elementwise import entry, function_class, only
from derive.language import Text

DIGITS = 25
LARGEST = 171.6  # the gamma function of more is no double

expm1 = function_class("expm1", lambda x: exp(x) - 1, {0: 0})
log1p = function_class("log1p", lambda x: log(1 + x), {0: 0})
log2 = function_class("log2", lambda x: log(x) / log(2), {1: 0, 2: 1})
log10 = function_class("log10", lambda x: log(x) / log(10), {1: 0, 10: 1})
exp2 = function_class("exp2", lambda x: 2**x, {0: 1})
logit = function_class("logit", lambda x: log(x / (1 - x)), {S.Half: 0})
trunc = function_class("trunc", lambda x: sign(x) * floor(Abs(x)))
frac = function_class("frac", lambda x: x - trunc(x).doit(), {0: 0})  # as torch: sympy's own is x - floor(x)
rounded = function_class("rounded", lambda x: floor(x + S.Half) + ceiling((2 * x - 1) / 4) - floor((2 * x - 1) / 4) - 1)
normal_cdf = function_class("normal_cdf", lambda x: (1 + erf(x / sqrt(2))) / 2, {0: S.Half})
stop = function_class("stop", lambda x: x)

INVERSE_ERROR = """def erfinv(x):
    \"\"\"The inverse of the error function, element by element: an estimate, then Halley's steps.\"\"\"

    def one(v):
        if not abs(v) < 1:
            return math.copysign(math.inf, v) if abs(v) == 1 else math.nan
        part = 2 / (0.147 * math.pi) + math.log1p(-v * v) / 2
        y = math.sqrt(math.sqrt(part * part - math.log1p(-v * v) / 0.147) - part)
        for _ in range(3):
            miss = math.erf(y) - abs(v) if y < 0.5 else 1 - abs(v) - math.erfc(y)
            step = miss * math.exp(y * y) * math.sqrt(math.pi) / 2
            y -= step / (1 + y * step)
        return math.copysign(y, v)

    return np.asarray(np.frompyfunc(one, 1, 1)(x), dtype=np.asarray(x).dtype)
"""
POLYGAMMA = """def polygamma(n, x):
    \"\"\"The n-th derivative of the digamma function, for x > 0: a recurrence, then the asymptotic series.\"\"\"
    n, total, y = int({array}(n).reshape(-1)[0]), 0 * x, x + 20
    for k in range(20):
        total = total + (x + k) ** (-n - 1)
    tail = 1 / (2 * y ** (n + 1)) * math.factorial(n)
    numbers = (1 / 6, -1 / 30, 1 / 42, -1 / 30, 5 / 66, -691 / 2730, 7 / 6)  # of Bernoulli
    for k, number in enumerate(numbers, 1):
        tail = tail + number * math.factorial(2 * k + n - 1) / math.factorial(2 * k) / y ** (2 * k + n)
    first = -{module}.log(y) if n == 0 else math.factorial(n - 1) / y**n
    return (-1) ** (n + 1) * (math.factorial(n) * total + first + tail)
"""


def _by_math(name: str, what: str) -> str:
    """The code of a function that Python's math has and numpy has not."""
    return f'''def {name}(x):
    """{what}, element by element: numpy has none."""
    return np.asarray(np.frompyfunc(math.{name}, 1, 1)(x), dtype=np.asarray(x).dtype)
'''


def _gamma(x: float) -> float:
    return math.gamma(x) if x < LARGEST else math.inf


def _jumps(en: str, zh: str, but: tuple[str, str] = ("", "")) -> Text:
    return Text(
        f"At every integer{but[0]} {en} jumps; we take its derivative there as that on either side, as PyTorch does.",
        f"{zh}在每个{but[1]}整数处有跳跃，其导数取两侧的值（与 PyTorch 一致）。",
    )


_BUT_0 = (" but 0", "非零")
_FLAT = Text("constant between two jumps", "在两个跳跃点之间为常数")
_HALVES = Text(
    "Rounding jumps where its argument is halfway between two integers; we take its derivative there as 0. Such an "
    "argument is rounded to the even integer, as in PyTorch.",
    "自变量恰在两个整数正中时，取整函数有跳跃，其导数约定为 0；此时舍入到偶数（与 PyTorch 一致）。",
)

ELEMENTARY: tuple[dict[str, Any], ...] = (
    entry(
        name="normal_cdf", value=normal_cdf, slope=lambda x: exp(-(x**2) / 2) / sqrt(2 * pi), value_range=(0, 1),
        slope_range=(0, 1 / sqrt(2 * pi)), title=Text("the normal distribution function", "标准正态分布函数"),
        latex=r"\Phi({})", text="Φ({})", torch="special.ndtr", number=lambda x: math.erfc(-x / math.sqrt(2)) / 2,
        exact=only(0, Fraction(1, 2)), symmetric=True,
        code="""def normal_cdf(x):
    \"\"\"The probability that a standard normal number is at most x, element by element.\"\"\"
    one = np.frompyfunc(lambda v: math.erfc(-v / math.sqrt(2)) / 2, 1, 1)
    return np.asarray(one(x), dtype=np.asarray(x).dtype)
""",
    ),
    entry(
        name="tan", value=tan, slope=lambda x: 1 + tan(x) ** 2, slope_range=(1, oo), slope_in_value=lambda y: 1 + y**2,
        title=Text("the tangent", "正切"), latex=r"\tan({})", latex_power=r"\tan^{{{1}}}({0})", torch="tan",
        numpy="tan", number=math.tan, exact=only(0, 0),
    ),
    entry(
        name="asin", value=asin, slope=lambda x: 1 / sqrt(1 - x**2), value_range=(-pi / 2, pi / 2),
        slope_range=(1, oo), domain=(-1, 1), title=Text("the arcsine", "反正弦"), latex=r"\arcsin({})",
        text="arcsin({})", torch="asin", numpy="arcsin", number=math.asin, exact=only(0, 0),
    ),
    entry(
        name="acos", value=acos, slope=lambda x: -1 / sqrt(1 - x**2), value_range=(0, pi), slope_range=(-oo, -1),
        domain=(-1, 1), title=Text("the arccosine", "反余弦"), latex=r"\arccos({})", text="arccos({})", torch="acos",
        numpy="arccos", number=math.acos, exact=only(1, 0),
    ),
    entry(
        name="atan", value=atan, slope=lambda x: 1 / (1 + x**2), value_range=(-pi / 2, pi / 2), slope_range=(0, 1),
        title=Text("the arctangent", "反正切"), latex=r"\arctan({})", text="arctan({})", torch="atan", numpy="arctan",
        number=math.atan, exact=only(0, 0), symmetric=True,
    ),
    entry(
        name="sinh", value=sinh, slope=cosh, value_range=(-oo, oo), slope_range=(1, oo),
        definition=lambda x: (exp(x) - exp(-x)) / 2, title=Text("the hyperbolic sine", "双曲正弦"),
        latex=r"\sinh({})", latex_power=r"\sinh^{{{1}}}({0})", torch="sinh", numpy="sinh", number=math.sinh,
        exact=only(0, 0),
    ),
    entry(
        name="cosh", value=cosh, slope=sinh, value_range=(1, oo), slope_range=(-oo, oo),
        definition=lambda x: (exp(x) + exp(-x)) / 2, title=Text("the hyperbolic cosine", "双曲余弦"),
        latex=r"\cosh({})", latex_power=r"\cosh^{{{1}}}({0})", torch="cosh", numpy="cosh", number=math.cosh,
        exact=only(0, 1),
    ),
    entry(
        name="asinh", value=asinh, slope=lambda x: 1 / sqrt(1 + x**2), value_range=(-oo, oo), slope_range=(0, 1),
        title=Text("the inverse hyperbolic sine", "反双曲正弦"), latex=r"\mathrm{{arsinh}}({})", text="arsinh({})",
        torch="asinh", numpy="arcsinh", number=math.asinh, exact=only(0, 0),
    ),
    entry(
        name="acosh", value=acosh, slope=lambda x: 1 / sqrt(x**2 - 1), value_range=(0, oo), slope_range=(0, oo),
        domain=(1, oo), title=Text("the inverse hyperbolic cosine", "反双曲余弦"), latex=r"\mathrm{{arcosh}}({})",
        text="arcosh({})", torch="acosh", numpy="arccosh", number=math.acosh, exact=only(1, 0),
    ),
    entry(
        name="atanh", value=atanh, slope=lambda x: 1 / (1 - x**2), value_range=(-oo, oo), slope_range=(1, oo),
        domain=(-1, 1), title=Text("the inverse hyperbolic tangent", "反双曲正切"), latex=r"\mathrm{{artanh}}({})",
        text="artanh({})", torch="atanh", numpy="arctanh", number=math.atanh, exact=only(0, 0),
    ),
    entry(
        name="erfc", value=erfc, slope=lambda x: -2 * exp(-(x**2)) / sqrt(pi), value_range=(0, 2),
        slope_range=(-2 / sqrt(pi), 0), latex=r"\mathrm{{erfc}}({})", torch="erfc", number=math.erfc, exact=only(0, 1),
        code=_by_math("erfc", "1 minus the error function"),
    ),
    entry(
        name="erfinv", value=erfinv, slope=lambda x: sqrt(pi) * exp(erfinv(x) ** 2) / 2, value_range=(-oo, oo),
        slope_range=(sqrt(pi) / 2, oo), domain=(-1, 1), slope_in_value=lambda y: sqrt(pi) * exp(y**2) / 2,
        latex=r"\mathrm{{erf}}^{{-1}}({})", text="erf⁻¹({})", torch="erfinv",
        number=lambda x: float(erfinv(Float(x, DIGITS))),
        exact=only(0, 0), code=INVERSE_ERROR,
    ),
    entry(
        name="gamma", value=gamma, slope=lambda x: gamma(x) * polygamma(0, x), domain=(0, oo),
        value_range=(0.8856031944108887, oo), slope_range=(-oo, oo), title=Text("the gamma function", "伽马函数"),
        latex=r"\Gamma({})", text="Γ({})", torch="torch.exp(torch.lgamma({0}))", number=_gamma, exact=only(1, 1),
        code=_by_math("gamma", "The gamma function"),
    ),
    entry(
        name="loggamma", value=loggamma, slope=lambda x: polygamma(0, x), domain=(0, oo),
        value_range=(-0.1214862905358496, oo), slope_range=(-oo, oo),
        title=Text("the logarithm of the gamma function", "对数伽马函数"),
        rule=Text("the derivative of the log-gamma function is the digamma function", "对数伽马函数的导数是双伽马函数"),
        latex=r"\log \Gamma({})", text="log Γ({})", torch="lgamma", number=math.lgamma, exact=only(1, 0),
        code=_by_math("lgamma", "The logarithm of the gamma function").replace("def lgamma", "def loggamma"),
    ),
    entry(
        name="polygamma", value=polygamma, slopes=(None, lambda n, x: polygamma(n + 1, x)), arity=2, domain=(0, oo),
        title=Text("the polygamma function", "多伽马函数"),
        rule=Text("the derivative of a polygamma function is the next one", "多伽马函数的导数是下一阶多伽马函数"),
        latex=r"\psi({})", text="ψ({})", number=lambda n, x: float(polygamma(int(n), Float(x, DIGITS))), code=POLYGAMMA,
    ),
    entry(
        name="expm1", value=expm1, slope=exp, value_range=(-1, oo), slope_range=(0, oo),
        slope_in_value=lambda y: y + 1, rule=Text("derivative of the exponential minus 1", "指数函数减 1 的导数"),
        torch="expm1", numpy="expm1", number=math.expm1, exact=only(0, 0),
    ),
    entry(
        name="log1p", value=log1p, slope=lambda x: 1 / (1 + x), value_range=(-oo, oo), slope_range=(0, oo),
        domain=(-1, oo), rule=Text("derivative of the logarithm of 1 plus the argument", "自变量加 1 后取对数的导数"),
        torch="log1p", numpy="log1p", number=math.log1p, exact=only(0, 0),
    ),
    entry(
        name="log2", value=log2, slope=lambda x: 1 / (x * log(2)), value_range=(-oo, oo), slope_range=(0, oo),
        domain=(0, oo), title=Text("the logarithm to base 2", "以 2 为底的对数"), latex=r"\log_{{2}} {}",
        text="log₂ {}", notation="prefix", torch="log2", numpy="log2", number=math.log2, exact=only(1, 0),
    ),
    entry(
        name="log10", value=log10, slope=lambda x: 1 / (x * log(10)), value_range=(-oo, oo), slope_range=(0, oo),
        domain=(0, oo), title=Text("the logarithm to base 10", "以 10 为底的对数"), latex=r"\log_{{10}} {}",
        text="log₁₀ {}", notation="prefix", torch="log10", numpy="log10", number=math.log10, exact=only(1, 0),
    ),
    entry(
        name="exp2", value=exp2, slope=lambda x: log(2) * exp2(x), value_range=(0, oo), slope_range=(0, oo),
        slope_in_value=lambda y: log(2) * y, title=Text("the power of 2", "2 的幂"), latex="2^{{{}}}", text="2^({})",
        notation="raised", torch="exp2", numpy="exp2", number=lambda x: 2.0**x, exact=only(0, 1),
    ),
    entry(
        name="logit", value=logit, slope=lambda x: 1 / (x * (1 - x)), value_range=(-oo, oo), slope_range=(4, oo),
        domain=(0, 1), torch="logit", number=lambda x: math.log(x / (1 - x)), exact=only(S.Half, 0),
        code="""def logit(x):
    \"\"\"log(x / (1 - x)).\"\"\"
    return np.log(x) - np.log1p(-x)
""",
    ),
    entry(
        name="floor", value=floor, slope=lambda x: S.Zero, slope_range=(0, 0), kinks=(0,), rule=_FLAT,
        convention=_jumps("floor", "向下取整"), latex=r"\lfloor {}\rfloor", text="⌊{}⌋", torch="floor", numpy="floor",
        number=math.floor, exact=math.floor,
    ),
    entry(
        name="ceiling", value=ceiling, slope=lambda x: S.Zero, slope_range=(0, 0), kinks=(0,), rule=_FLAT,
        convention=_jumps("ceiling", "向上取整"), latex=r"\lceil {}\rceil", text="⌈{}⌉", torch="ceil", numpy="ceil",
        number=math.ceil, exact=math.ceil,
    ),
    entry(
        name="frac", value=frac, slope=lambda x: S.One, slope_range=(1, 1), value_range=(-1, 1), kinks=(1,),
        rule=Text("the derivative of the fractional part is 1 between two jumps", "小数部分在两个跳跃点之间的导数为 1"),
        convention=_jumps("the fractional part", "小数部分", _BUT_0), title=Text("the fractional part", "小数部分"),
        torch="frac", numpy="np.fmod({0}, 1)", number=lambda x: math.fmod(x, 1), exact=lambda x: x - math.trunc(x),
    ),
    entry(
        name="trunc", value=trunc, slope=lambda x: S.Zero, slope_range=(0, 0), rule=_FLAT, kinks=(1,),
        convention=_jumps("truncation", "截断取整", _BUT_0), torch="trunc", numpy="trunc", number=math.trunc,
        exact=math.trunc,
    ),
    entry(
        name="rounded", value=rounded, slope=lambda x: S.Zero, slope_range=(0, 0), rule=_FLAT, kinks=(S.Half,),
        convention=_HALVES, title=Text("rounding", "舍入"), latex=r"\mathrm{{round}}({})", text="round({})",
        torch="round", numpy="round", number=round, exact=round,
    ),
    entry(
        name="stop", value=stop, slope=lambda x: S.Zero, slope_range=(0, 0), definition=None,
        rule=Text("stopped: sg(x) is a constant for the gradient", "梯度在此截断：求导时把 sg(x) 视为常数"),
        latex=r"\mathrm{{sg}}({})", text="sg({})", torch="Tensor.detach", numpy="({0})", number=lambda x: x,
        exact=lambda x: x,
    ),
)  # fmt: skip
