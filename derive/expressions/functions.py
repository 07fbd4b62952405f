"""The table of elementwise functions: a function is one row here, and nothing else anywhere.

The page, the check, the worked numbers, the generated code and `--ops` read all that they need from the row. What a
row leaves out is made from its definition. A user adds a row by `derive.elementwise(...)` (model/new_function.py).

Each row gets its tests for free (tests/test_functions.py loops over the table): the slope is the derivative of the
value, torch agrees on a grid, the ranges are attained, the generated code runs, both languages carry the same formulas.

A slope is written in x, and in the function's own value y where textbooks do so: the slope of tanh is 1 - y^2.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from fractions import Fraction
from functools import cache
from typing import Any, Literal, NamedTuple

from sympy import Abs, Expr, Max, Min, Pow, S, Symbol, cos, erf, exp, lambdify, log, oo, pi, sign, sin, sqrt

from derive.errors import ModelError
from derive.expressions.activations import ACTIVATIONS, kink
from derive.expressions.elementary import ELEMENTARY
from derive.expressions.elementwise import Compared, Elementwise, only, share, step
from derive.expressions.several import SEVERAL, tied
from derive.language import Text

Range = tuple[Any, Any]
ANY: Range = (-oo, oo)
X = Symbol("x", real=True)


class Row(NamedTuple):
    """One elementwise function; `row(...)` makes one from the fields that are no consequence of the others.

    What it is: `value` applies it to a sympy expression, `definition` says the same in simpler operations (None where
    it is elementary); `slope` is its derivative in x, `slope_in_value` the same in its own value y, `inverse` gives x
    for a value. The ranges are closed and hold for all x of the `domain`; where they are (-oo, oo), nothing is claimed.
    `kinks` are the points without a derivative at which the function goes on, and `convention` says what is taken
    there, or at the end of the domain. A `symmetric` function rises, and the ends of its value range are mirror images:
    f(-x) = low + high - f(x). An `indicator` is 0 or 1. The argument of an `activation` gets a name, its
    pre-activation. `arity` says in how many of its arguments, the first ones, it has a slope. Of several, `slope` is
    that in the first, given the others, where they can be exchanged, as those of a maximum (which may be more than two,
    and so may those of `share`, its slope); else `slopes` are those in each, None where it can only be a number.

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
    slopes: tuple[Callable[..., Expr] | None, ...] = ()

    def has_slope(self, n: int) -> bool:
        """Can the n-th argument be more than a number?"""
        return not self.slopes or self.slopes[n] is not None

    def slope_in(self, n: int, arguments: Sequence[Expr]) -> Expr:
        """The slope in the n-th of several arguments. Errors: ModelError where there is none."""
        if not self.slopes:
            return self.slope(arguments[n], *(a for at, a in enumerate(arguments) if at != n))
        found = self.slopes[n]
        if found is None:
            raise ModelError(f"the argument {n + 1} of {self.name} has to be a number: there is no slope in it")
        return found(*arguments)


def row(name: str, value: Callable[..., Expr], slope: Callable[..., Expr] | None = None, **fields: Any) -> Row:
    """A row of the table. What is left out follows from the rest: the rule, the spelling, the number."""
    slope = slope or next(s for s in fields["slopes"] if s is not None)
    if isinstance(value, type) and issubclass(value, Elementwise):
        fields.setdefault("definition", value.definition)
    title = fields.setdefault("title", Text(name, name))
    space = " " if title.zh.isascii() else ""
    fields.setdefault("rule", Text(f"derivative of {title.en}", f"{title.zh}{space}的导数"))
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


def _root(x: Fraction) -> Fraction | None:
    above, below = math.isqrt(abs(x.numerator)), math.isqrt(x.denominator)
    return Fraction(above, below) if x == Fraction(above**2, below**2) else None


_BY_TIE = tied("maximum", "最大值")
_ROOT = Text(
    "The square root has no derivative at 0. The derivation holds where the argument of every root is positive; at 0 "
    "the numbers are infinite or undefined, as in PyTorch.",
    "平方根在 0 处没有导数。这里的推导只在每个根号下的量为正时成立；在 0 处，数值为无穷大或没有定义（与 PyTorch 一"
    "致）。",
)
TABLE: tuple[Row, ...] = (
    row(
        "identity", lambda x: x, lambda x: S.One, value_range=(-oo, oo), slope_range=(1, 1),
        rule=Text("the derivative of the identity is 1", "恒等函数的导数是 1"), latex="{}", text="{}",
        torch="clone", numpy="{0}", number=lambda x: x, exact=lambda x: x,
    ),
    *(row(**fields) for fields in ACTIVATIONS),
    row(
        "exp", exp, exp, value_range=(0, oo), slope_range=(0, oo), slope_in_value=lambda y: y,
        rule=Text("the exponential is its own derivative", "指数函数的导数是它自身"),
        latex="e^{{{}}}", notation="raised", torch="exp", numpy="exp", number=math.exp, exact=only(0, 1),
    ),
    row(
        "log", log, lambda x: 1 / x, slope_range=(0, oo), domain=(0, oo),
        title=Text("the logarithm", "对数"), latex=r"\log {}", text="log {}", notation="prefix",
        torch="log", numpy="log", number=math.log, exact=only(1, 0),
    ),
    row(
        "sqrt", sqrt, lambda x: 1 / (2 * sqrt(x)), value_range=(0, oo), slope_range=(0, oo), domain=(0, oo),
        slope_in_value=lambda y: 1 / (2 * y), convention=_ROOT,
        title=Text("the square root", "平方根"), latex=r"\sqrt{{{}}}", text="√({})", notation="root",
        torch="sqrt", numpy="sqrt", number=math.sqrt, exact=_root,
    ),
    row(
        "abs", Abs, sign, value_range=(0, oo), slope_range=(-1, 1), definition=lambda x: Max(x, -x), kinks=(0,),
        convention=kink("the absolute value has a kink: any number in [−1, 1] is a subgradient, and we take 0",
                         "绝对值不可导，[−1, 1] 中任一值都是次梯度，约定取 0"),
        rule=Text("the derivative of the absolute value is the sign", "绝对值的导数是符号函数"),
        latex=r"\lvert {}\rvert", text="|{}|", torch="abs", numpy="abs", number=abs, exact=abs,
    ),
    row(
        "sign", sign, lambda x: S.Zero, value_range=(-1, 1), slope_range=(0, 0), kinks=(0,),
        convention=kink("the sign jumps; we take its derivative there as 0", "符号函数有跳跃，其导数约定为 0"),
        rule=Text("the sign is constant on either side of 0", "符号函数在 0 的两侧都是常数"),
        latex=r"\mathrm{{sign}}({})", torch="sign", numpy="sign", number=lambda x: (x > 0) - (x < 0),
        exact=lambda x: Fraction((x > 0) - (x < 0)),
    ),
    row(
        "step", step, lambda x: S.Zero, value_range=(0, 1), slope_range=(0, 0), kinks=(0,),
        convention=kink("the unit step jumps; we take its derivative there as 0", "阶跃函数有跳跃，其导数约定为 0"),
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
        exact=only(0, 0), activation=True,
    ),
    row(
        "cos", cos, lambda x: -sin(x), value_range=(-1, 1), slope_range=(-1, 1), title=Text("the cosine", "余弦"),
        latex=r"\cos({})", latex_power=r"\cos^{{{1}}}({0})", torch="cos", numpy="cos", number=math.cos,
        exact=only(0, 1), activation=True,
    ),
    row(
        "erf", erf, lambda x: 2 * exp(-(x**2)) / sqrt(pi), value_range=(-1, 1), slope_range=(0, 2 / sqrt(pi)),
        latex=r"\mathrm{{erf}}({})", torch="erf", number=math.erf, exact=only(0, 0), symmetric=True,
        code="""def erf(x):
    \"\"\"The error function, element by element: numpy has none.\"\"\"
    return np.asarray(np.frompyfunc(math.erf, 1, 1)(x), dtype=np.asarray(x).dtype)
""",
    ),
    row(
        "max", Max, lambda a, *others: share(*(Compared(a, b) for b in others)), slope_range=(0, 1), kinks=(0,),
        convention=_BY_TIE, arity=2,
        rule=Text("the maximum passes the derivative to its largest argument", "最大值把导数传给最大的自变量"),
        latex=r"\max({})", text="max({})", torch="maximum", numpy="maximum", number=max, exact=max,
    ),
    *(row(**fields) for fields in (*ELEMENTARY, *SEVERAL)),
)  # fmt: skip

BY_NAME: dict[str, Row] = {}  # the table as it stands: these rows, and those that a user has added
_BY_CLASS: dict[Any, Row] = {}
EXTREMA = (Max, Min)


def register(row: Row) -> None:
    """Put a row into the table."""
    BY_NAME[row.name] = row
    if isinstance(row.value, type) and not issubclass(row.value, (Max, Min, Pow)):
        _BY_CLASS[row.value] = row
        if issubclass(row.value, Elementwise):
            row.value.slope_in = staticmethod(row.slope_in)


for _row in TABLE:
    register(_row)


def row_of(expr: Expr) -> Row | None:
    """The row of the outermost function of an expression; None for sums, products and symbols."""
    if isinstance(expr, Pow) and expr.exp is S.Half:
        return BY_NAME["sqrt"]
    return _BY_CLASS.get(type(expr))


def defined(row: Row) -> bool:
    """Must generated code define the function, because a library has no name or formula for it?"""
    return not (row.torch and row.numpy)


def arguments(expr: Expr) -> tuple[Expr, ...]:
    """What the outermost function is applied to; the base, for a square root."""
    return (expr.base,) if isinstance(expr, Pow) else expr.args


def argument(expr: Expr) -> Expr:
    """What the outermost function is applied to, where that is one expression."""
    return arguments(expr)[0]


def row_or_extremum(expr: Expr) -> Row | None:
    """As `row_of`, with the rows of the maximum and the minimum for these."""
    return BY_NAME["max" if isinstance(expr, Max) else "min"] if isinstance(expr, EXTREMA) else row_of(expr)


def function_named(name: str) -> Callable[[Expr], Expr]:
    """The function of a table row by its name, for options such as `--activation tanh`; KeyError if unknown."""
    return BY_NAME[name].value


def unknown(expr: Expr) -> ModelError:
    """The refusal of a function that has no row; it says how a user adds one."""
    name = type(expr).__name__
    if name in BY_NAME:
        return ModelError(f"this {name} of sympy is another function; write from derive import {name}")
    return ModelError(
        f"derive does not know the function {name}; say what it is, {name} = derive.elementwise({name!r}, "
        f"lambda x: ...), and use that in the graph"
    )
