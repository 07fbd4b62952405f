"""The table of elementwise functions: a function is one row here, and nothing else anywhere.

The page, the check, the worked numbers, the generated code and `--ops` read all that they need from the row. What a
row leaves out is made from its definition. A user adds a row by `derive.elementwise(...)` (model/new_function.py).

Each row gets its tests for free (tests/test_functions.py loops over the table): the slope is the derivative of the
value, torch agrees on a grid, the ranges are attained, the generated code runs, both languages carry the same formulas.

A slope is written in x, and in the function's own value y where textbooks do so: the slope of tanh is 1 - y^2.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from fractions import Fraction
from functools import cache
from typing import Any, Literal, NamedTuple

from sympy import (
    Abs,
    Eq,
    Expr,
    Max,
    Pow,
    Rational,
    S,
    Symbol,
    cos,
    erf,
    exp,
    lambdify,
    log,
    oo,
    pi,
    sign,
    sin,
    sqrt,
    tanh,
)

from derive.errors import ModelError
from derive.expressions.elementwise import Elementwise, function_class, share, step
from derive.language import Text

sigmoid = function_class("sigmoid", lambda x: 1 / (1 + exp(-x)), {0: S.Half})
relu = function_class("relu", lambda x: Max(x, 0), {0: 0})
leaky_relu = function_class("leaky_relu", lambda x: Max(x, x / 100), {0: 0})
elu = function_class("elu", lambda x: Max(x, 0) - Max(1 - exp(x), 0), {0: 0})
softplus = function_class("softplus", lambda x: log(1 + exp(x)), {0: log(2)})
silu = function_class("silu", lambda x: x / (1 + exp(-x)), {0: 0})
gelu = function_class("gelu", lambda x: x * (1 + erf(x / sqrt(2))) / 2, {0: 0})

Range = tuple[Any, Any]
ANY: Range = (-oo, oo)
X = Symbol("x", real=True)


class Row(NamedTuple):
    """One elementwise function; `row(...)` makes one from the fields that are no consequence of the others.

    What it is: `value` applies it to a sympy expression, `definition` says the same in simpler operations (None where
    it is elementary); `slope` is its derivative in x, `slope_in_value` the same in its own value y, `inverse` gives x
    for a value. The ranges are closed and hold for all x of the `domain`; where they are (-oo, oo), nothing is claimed.
    `kinks` are the points without a derivative at which the function goes on, and `convention` says what is taken
    there, or at the end of the domain. A `symmetric` function
    rises, and the ends of its value range are mirror images: f(-x) = low + high - f(x). An `indicator` is 0 or 1. The
    argument of an `activation` gets a name, its pre-activation. With `arity` 2 the slope is that in the first argument,
    given the others; a maximum may have more than two, and `share`, its slope, then has more than one.

    How it is computed: `number` on a float; `exact` gives the rational value at a rational argument, None where there
    is none. `torch` and `numpy` are the library's own name for it, or Python text in {0}; empty where the library has
    nothing: there it is computed by its definition, and `code` is a function written with more care than that.

    How it is written: `title` in a sentence, `rule` as the reason of a step, `latex` and `text` in formulas, around an
    argument that stands in brackets, behind a prefix (log x), raised (e^x) or under a root; `latex_power` is its power.
    """

    name: str
    value: Callable[..., Expr]
    slope: Callable[..., Expr]
    title: Text
    rule: Text
    latex: str
    text: str
    number: Callable[..., float]
    definition: Callable[..., Expr] | None = None
    slope_in_value: Callable[[Expr], Expr] | None = None
    inverse: Callable[[Expr], Expr] | None = None
    exact: Callable[..., Any] = lambda *x: None
    value_range: Range = ANY
    slope_range: Range = ANY
    domain: Range = ANY
    kinks: tuple[Any, ...] = ()
    convention: Text | None = None
    torch: str = ""
    numpy: str = ""
    code: str = ""
    notation: Literal["brackets", "prefix", "raised", "root"] = "brackets"
    latex_power: str = ""
    activation: bool = False
    symmetric: bool = False
    indicator: bool = False
    arity: int = 1


def row(name: str, value: Callable[..., Expr], slope: Callable[..., Expr], **fields: Any) -> Row:
    """A row of the table. What is left out follows from the rest: the rule, the spelling, the number."""
    if isinstance(value, type) and issubclass(value, Elementwise):
        fields.setdefault("definition", value.definition)
    title = fields.setdefault("title", Text(name, name))
    space = " " if title.zh.isascii() else ""
    fields.setdefault("rule", Text(f"slope of {title.en}", f"{title.zh}{space}的导数"))
    word = name.replace("_", r"\_")
    fields.setdefault("latex", rf"\mathrm{{{{{word}}}}}({{}})")
    fields.setdefault("text", f"{name}({{}})")
    fields.setdefault("number", _by_definition(name, fields.get("definition") or value))
    return Row(name, value, slope, **fields)


def _by_definition(name: str, definition: Callable[..., Expr]) -> Callable[[float], float]:
    """The function on a float, by Python's math; the functions in its definition by their own rows."""

    @cache
    def compiled() -> Callable[[float], float]:
        known = {row.name: row.number for row in BY_NAME.values() if row.arity == 1 and row.name != name}
        found: Callable[[float], float] = lambdify(X, definition(X), [known, "math"])
        return found

    return lambda x: float(compiled()(x))


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


U, V = Symbol("u", real=True), Symbol("v", real=True)  # letters for what a convention is said of
_BY_TIE = Text(
    "Where two arguments of a maximum tie, each takes half of the slope, as torch does: {share} is 1 for {over}, 1/2 "
    "for {tie} and 0 for {under}.",
    "最大值的两个自变量相等时，各取一半导数（与 torch 一致）："
    "{share} 在 {over} 时为 1，在 {tie} 时为 1/2，在 {under} 时为 0。",
)(share=share(U), over=U > 0, tie=Eq(U, 0), under=U < 0)
BY_TIES = Text(
    "Where {n} arguments of a maximum tie, each takes {part} of the slope, as torch.amax does: {share} is 0 where one "
    "of the differences is negative, and otherwise 1 over one more than the number of differences that are 0.",
    "最大值的 {n} 个自变量相等时，各取导数的 {part}（与 torch.amax 一致）：只要有一个差为负，{share} 就为 0，"
    "否则等于 1 除以“为 0 的差的个数加一”。",
)(n=Symbol("n"), part=1 / Symbol("n"), share=share(U, V))
_ROOT = Text(
    "At 0 the square root has no slope: what is derived here holds where the argument of every root is positive, and "
    "at 0 numbers are infinite or undefined, as in torch.",
    "平方根在 0 处没有导数：这里的推导只在每个根号下的量为正时成立；在 0 处，数值为无穷大或没有定义（与 torch 一致）。",
)
SILU_TOP = 1.0998393194871298  # slope of SiLU where (x - 2) e^x = x + 2; its least slope is 1 minus this
GELU_TOP = 1.1289041451851548  # slope of GELU at the square root of 2; its least slope is 1 minus this
QUARTER, PERCENT = Rational(1, 4), Rational(1, 100)

TABLE: tuple[Row, ...] = (
    row(
        "identity", lambda x: x, lambda x: S.One, value_range=(-oo, oo), slope_range=(1, 1),
        rule=Text("the identity has slope 1", "恒等函数的导数是 1"), latex="{}", text="{}",
        torch="clone", numpy="{0}", number=lambda x: x, exact=lambda x: x,
    ),
    row(
        "sigmoid", sigmoid, lambda x: sigmoid(x) * (1 - sigmoid(x)), value_range=(0, 1), slope_range=(0, QUARTER),
        slope_in_value=lambda y: y * (1 - y), inverse=lambda y: -log(1 / y - 1),
        title=Text("the sigmoid", "sigmoid"), latex=r"\sigma({})", text="σ({})",
        torch="sigmoid", number=_sigmoid, exact=_only(0, Fraction(1, 2)), activation=True, symmetric=True,
        code="""def sigmoid(x):
    \"\"\"1 / (1 + exp(-x)), without overflow.\"\"\"
    small = np.exp(-np.abs(x))
    return np.where(x >= 0, 1, small) / (1 + small)
""",
    ),
    row(
        "tanh", tanh, lambda x: 1 - tanh(x) ** 2, value_range=(-1, 1), slope_range=(0, 1),
        definition=lambda x: 1 - 2 / (exp(2 * x) + 1), slope_in_value=lambda y: 1 - y**2,
        inverse=lambda y: log((1 + y) / (1 - y)) / 2,
        latex=r"\tanh({})", latex_power=r"\tanh^{{{1}}}({0})", torch="tanh", numpy="tanh", number=math.tanh,
        exact=_only(0, 0), activation=True, symmetric=True,
    ),
    row(
        "relu", relu, step, value_range=(0, oo), slope_range=(0, 1), kinks=(0,),
        convention=_kink("ReLU has a kink and its slope is taken as 0", "ReLU 不可导，其导数约定为 0"),
        title=Text("ReLU", "ReLU"), latex=r"\mathrm{{ReLU}}({})", text="ReLU({})",
        torch="relu", numpy="np.maximum({0}, 0)", number=lambda x: max(x, 0), exact=lambda x: max(x, Fraction(0)),
        activation=True,
    ),
    row(
        "leaky_relu", leaky_relu, lambda x: PERCENT + (1 - PERCENT) * step(x), slope_range=(PERCENT, 1), kinks=(0,),
        convention=_kink("leaky ReLU has a kink and its slope is taken as 1/100",
                         "leaky ReLU 不可导，其导数约定为 1/100"),
        title=Text("leaky ReLU", "leaky ReLU"), latex=r"\mathrm{{LeakyReLU}}({})", text="LeakyReLU({})",
        torch="nn.functional.leaky_relu", number=lambda x: max(x, x / 100), exact=lambda x: max(x, x / 100),
        activation=True,
    ),
    row(
        "elu", elu, lambda x: step(x) + (1 - step(x)) * exp(x), value_range=(-1, oo), slope_range=(0, 1),
        title=Text("ELU", "ELU"), latex=r"\mathrm{{ELU}}({})", text="ELU({})",
        torch="nn.functional.elu", number=lambda x: x if x > 0 else math.expm1(x),
        exact=lambda x: x if x >= 0 else None, activation=True,
        code="""def elu(x):
    \"\"\"x where it is positive, exp(x) - 1 elsewhere.\"\"\"
    return np.where(x > 0, x, np.expm1(np.minimum(x, 0)))
""",
    ),
    row(
        "softplus", softplus, sigmoid, value_range=(0, oo), slope_range=(0, 1),
        rule=Text("slope of softplus, the sigmoid", "softplus 的导数是 sigmoid"),
        torch="torch.logaddexp({0}, torch.zeros_like({0}))",  # torch's softplus takes the slope 1 from x = 20 on
        numpy="np.logaddexp({0}, 0)", number=_softplus, activation=True,
    ),
    row(
        "gelu", gelu, lambda x: _normal_cdf(x) + x * _normal_density(x),
        value_range=(-0.16997120747990369, oo), slope_range=(1 - GELU_TOP, GELU_TOP),
        title=Text("GELU", "GELU"), latex=r"\mathrm{{GELU}}({})", text="GELU({})",
        torch="nn.functional.gelu", number=lambda x: x * (1 + math.erf(x / math.sqrt(2))) / 2, exact=_only(0, 0),
        activation=True,
    ),
    row(
        "silu", silu, lambda x: sigmoid(x) * (1 + x * (1 - sigmoid(x))),
        value_range=(-0.27846454276107380, oo), slope_range=(1 - SILU_TOP, SILU_TOP),
        title=Text("SiLU", "SiLU"), latex=r"\mathrm{{SiLU}}({})", text="SiLU({})",
        torch="nn.functional.silu", number=lambda x: x * _sigmoid(x), exact=_only(0, 0), activation=True,
        code="""def silu(x):
    \"\"\"x sigmoid(x).\"\"\"
    return x * sigmoid(x)
""",
    ),
    row(
        "exp", exp, exp, value_range=(0, oo), slope_range=(0, oo), slope_in_value=lambda y: y,
        rule=Text("the exponential is its own slope", "指数函数的导数是它自身"),
        latex="e^{{{}}}", notation="raised", torch="exp", numpy="exp", number=math.exp, exact=_only(0, 1),
    ),
    row(
        "log", log, lambda x: 1 / x, slope_range=(0, oo), domain=(0, oo),
        title=Text("the logarithm", "对数"), latex=r"\log {}", text="log {}", notation="prefix",
        torch="log", numpy="log", number=math.log, exact=_only(1, 0),
    ),
    row(
        "sqrt", sqrt, lambda x: 1 / (2 * sqrt(x)), value_range=(0, oo), slope_range=(0, oo), domain=(0, oo),
        slope_in_value=lambda y: 1 / (2 * y), convention=_ROOT,
        title=Text("the square root", "平方根"), latex=r"\sqrt{{{}}}", text="√({})", notation="root",
        torch="sqrt", numpy="sqrt", number=math.sqrt, exact=_root,
    ),
    row(
        "abs", Abs, sign, value_range=(0, oo), slope_range=(-1, 1), definition=lambda x: Max(x, -x), kinks=(0,),
        convention=_kink("the absolute value has a kink; any slope in [−1, 1] is a subgradient, and 0 is taken",
                         "绝对值不可导，[−1, 1] 中任一值都是次梯度，约定取 0"),
        rule=Text("slope of the absolute value, the sign", "绝对值的导数是符号函数"),
        latex=r"\lvert {}\rvert", text="|{}|", torch="abs", numpy="abs", number=abs, exact=abs,
    ),
    row(
        "sign", sign, lambda x: S.Zero, value_range=(-1, 1), slope_range=(0, 0), kinks=(0,),
        convention=_kink("the sign jumps and its slope is taken as 0", "符号函数有跳跃，其导数约定为 0"),
        rule=Text("the sign is constant on either side of 0", "符号函数在 0 的两侧都是常数"),
        latex=r"\mathrm{{sign}}({})", torch="sign", numpy="sign", number=lambda x: (x > 0) - (x < 0),
        exact=lambda x: Fraction((x > 0) - (x < 0)),
    ),
    row(
        "step", step, lambda x: S.Zero, value_range=(0, 1), slope_range=(0, 0), kinks=(0,),
        convention=_kink("the unit step jumps and its slope is taken as 0", "阶跃函数有跳跃，其导数约定为 0"),
        rule=Text("the unit step is constant on either side of 0", "阶跃函数在 0 的两侧都是常数"),
        latex=r"\mathbf{{1}}[{} > 0]", text="1[{} > 0]", indicator=True,
        number=lambda x: float(x > 0), exact=lambda x: Fraction(x > 0),
        code="""def step(x):
    \"\"\"1 where x is positive, 0 elsewhere.\"\"\"
    return {array}(x > 0, dtype=x.dtype)
""",
    ),
    row(
        "share", share, lambda *x: S.Zero, value_range=(0, 1), slope_range=(0, 0), kinks=(0,), convention=_BY_TIE,
        rule=Text("constant on either side of a tie", "在相等点的两侧都是常数"),
        latex=r"\mathbf{{1}}[{} \succeq 0]", text="1[{} ⪰ 0]", indicator=True,
        number=lambda *x: float(share.at(*x)), exact=share.at,
        code="""def share(x, *others):
    \"\"\"0 where an argument is negative, else 1/(1 + k), where k arguments are 0: the slope of a maximum.\"\"\"
    inside, ties = {array}(x >= 0, dtype=x.dtype), {array}(x == 0, dtype=x.dtype)
    for other in others:
        inside = inside * {array}(other >= 0, dtype=x.dtype)
        ties = ties + {array}(other == 0, dtype=x.dtype)
    return inside / (1 + ties)
""",
    ),
    row(
        "sin", sin, cos, value_range=(-1, 1), slope_range=(-1, 1), title=Text("the sine", "正弦"),
        latex=r"\sin({})", latex_power=r"\sin^{{{1}}}({0})", torch="sin", numpy="sin", number=math.sin,
        exact=_only(0, 0), activation=True,
    ),
    row(
        "cos", cos, lambda x: -sin(x), value_range=(-1, 1), slope_range=(-1, 1), title=Text("the cosine", "余弦"),
        latex=r"\cos({})", latex_power=r"\cos^{{{1}}}({0})", torch="cos", numpy="cos", number=math.cos,
        exact=_only(0, 1), activation=True,
    ),
    row(
        "erf", erf, lambda x: 2 * exp(-(x**2)) / sqrt(pi), value_range=(-1, 1), slope_range=(0, 2 / sqrt(pi)),
        latex=r"\mathrm{{erf}}({})", torch="erf", number=math.erf, exact=_only(0, 0), symmetric=True,
        code="""def erf(x):
    \"\"\"The error function, element by element: numpy has none.\"\"\"
    return np.asarray(np.frompyfunc(math.erf, 1, 1)(x), dtype=np.asarray(x).dtype)
""",
    ),
    row(
        "max", Max, lambda a, *others: share(*(a - b for b in others)), slope_range=(0, 1), kinks=(0,),
        convention=_BY_TIE, arity=2,
        rule=Text("the maximum passes the slope to its largest argument", "最大值把导数传给最大的自变量"),
        latex=r"\max({})", text="max({})", torch="maximum", numpy="maximum", number=max, exact=max,
    ),
    row(
        "power", Pow, lambda x, n: n * x ** (n - 1), rule=Text("power rule", "幂函数求导法则"), arity=2,
        latex="{}^{{{}}}", text="{}^{}", torch="pow", numpy="power", number=pow,
    ),
)  # fmt: skip

BY_NAME: dict[str, Row] = {}  # the table as it stands: these rows, and those that a user has added
_BY_CLASS: dict[Any, Row] = {}


def register(row: Row) -> None:
    """Put a row into the table."""
    BY_NAME[row.name] = row
    if isinstance(row.value, type) and row.arity == 1:
        _BY_CLASS[row.value] = row
        if issubclass(row.value, Elementwise):
            row.value.slope = staticmethod(row.slope)


for _row in TABLE:
    register(_row)


def row_of(expr: Expr) -> Row | None:
    """The row of the outermost function of an expression; None for sums, products and symbols."""
    if isinstance(expr, Pow) and expr.exp is S.Half:
        return BY_NAME["sqrt"]
    return _BY_CLASS.get(type(expr))


def defined(row: Row) -> bool:
    """Must generated code define the function, because a library has no name or formula for it?"""
    return row.arity == 1 and not (row.torch and row.numpy)


def arguments(expr: Expr) -> tuple[Expr, ...]:
    """What the outermost function is applied to (the base, for a square root); several only for `share`."""
    return (expr.base,) if isinstance(expr, Pow) else expr.args


def argument(expr: Expr) -> Expr:
    """What the outermost function is applied to, where that is one expression."""
    return arguments(expr)[0]


def row_or_maximum(expr: Expr) -> Row | None:
    """As `row_of`, with the row of the maximum for a maximum."""
    return BY_NAME["max"] if isinstance(expr, Max) else row_of(expr)


def function_named(name: str) -> Callable[[Expr], Expr]:
    """The function of a table row by its name, for options such as `--activation tanh`; KeyError if unknown."""
    return BY_NAME[name].value


def unknown(expr: Expr) -> ModelError:
    """The refusal of a function that has no row; it says how a user adds one."""
    name = type(expr).__name__
    return ModelError(
        f"derive does not know the function {name}; say what it is, {name} = derive.elementwise({name!r}, "
        f"lambda x: ...), and use that in the graph"
    )
