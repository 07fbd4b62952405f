"""The functions that networks apply to what comes in, as classes of sympy, and their rows of the table of functions.

Where torch has a function, its slope at a kink is torch's.
"""

from __future__ import annotations

import math
from fractions import Fraction
from typing import Any

from sympy import Abs, Expr, Float, Max, Min, Rational, S, Symbol, erf, exp, log, oo, pi, sqrt, tanh

from derive.expressions.elementwise import entry, function_class, only, step
from derive.language import Text

X = Symbol("x", real=True)
QUARTER, PERCENT = Rational(1, 4), Rational(1, 100)
SILU_TOP = 1.0998393194871298  # slope of SiLU where (x - 2) e^x = x + 2; its least slope is 1 minus this
GELU_TOP = 1.1289041451851548  # slope of GELU at the square root of 2; its least slope is 1 minus this
MISH_TOP, MISH_LOW = 1.0884981612517279, -0.11252612238946256  # slopes of mish at 1.4906 and -2.2564
# Klambauer et al. 2017, "Self-normalizing neural networks": the fixed point of mean 0 and variance 1
SELU_ALPHA, SELU_SCALE = Float("1.67326324235437728", 17), Float("1.05070098735548049", 17)

sigmoid = function_class("sigmoid", lambda x: 1 / (1 + exp(-x)), {0: S.Half})
relu = function_class("relu", lambda x: Max(x, 0), {0: 0})
leaky_relu = function_class("leaky_relu", lambda x: Max(x, x / 100), {0: 0})
elu = function_class("elu", lambda x: Max(x, 0) - Max(1 - exp(x), 0), {0: 0})
softplus = function_class("softplus", lambda x: log(1 + exp(x)), {0: log(2)})
silu = function_class("silu", lambda x: x / (1 + exp(-x)), {0: 0})
gelu = function_class("gelu", lambda x: x * (1 + erf(x / sqrt(2))) / 2, {0: 0})
relu6 = function_class("relu6", lambda x: Min(Max(x, 0), 6), {0: 0})
hardtanh = function_class("hardtanh", lambda x: Min(Max(x, -1), 1), {0: 0})
hardsigmoid = function_class("hardsigmoid", lambda x: Min(Max(x + 3, 0), 6) / 6, {0: S.Half})
hardswish = function_class("hardswish", lambda x: x * Min(Max(x + 3, 0), 6) / 6, {0: 0})
selu = function_class("selu", lambda x: SELU_SCALE * (Max(x, 0) - SELU_ALPHA * Max(1 - exp(x), 0)), {0: 0})
softsign = function_class("softsign", lambda x: x / (1 + Abs(x)), {0: 0})
mish = function_class("mish", lambda x: x * tanh(log(1 + exp(x))), {0: 0})
logsigmoid = function_class("logsigmoid", lambda x: -log(1 + exp(-x)), {0: -log(2)})


def plain_sigmoid(x: float) -> float:
    """1 / (1 + e^-x) on a float, without overflow."""
    return 1 / (1 + math.exp(-x)) if x >= 0 else math.exp(x) / (1 + math.exp(x))


def plain_softplus(x: float) -> float:
    """log(1 + e^x) on a float, without overflow."""
    return max(x, 0.0) + math.log1p(math.exp(-abs(x)))


def kink(en: str, zh: str, at: str = "0") -> Text:
    """The convention at a kink, as a clause of a sentence."""
    return Text(f"At {at} {en}, as PyTorch does.", f"在 {at} 处，{zh}（与 PyTorch 一致）。")


def _normal_cdf(x: Expr) -> Expr:
    return (1 + erf(x / sqrt(2))) / 2


def _normal_density(x: Expr) -> Expr:
    return exp(-(x**2) / 2) / sqrt(2 * pi)


def _mish_slope(x: Expr) -> Expr:
    return tanh(softplus(x)) + x * sigmoid(x) * (1 - tanh(softplus(x)) ** 2)


def _clamped(low: Any, high: Any) -> Any:
    return lambda x: min(max(x, low), high)


def _flat_at(name: str, at: str, at_zh: str) -> Text:
    return Text(
        f"At {at} {name} has kinks; we take its derivative there as 0, as PyTorch does.",
        f"在 {at_zh} 处，{name} 不可导，其导数约定为 0（与 PyTorch 一致）。",
    )


ACTIVATIONS: tuple[dict[str, Any], ...] = (
    entry(
        name="sigmoid", value=sigmoid, slope=lambda x: sigmoid(x) * (1 - sigmoid(x)), value_range=(0, 1),
        slope_range=(0, QUARTER), slope_in_value=lambda y: y * (1 - y), inverse=lambda y: -log(1 / y - 1),
        title=Text("the sigmoid", "sigmoid"), latex=r"\sigma({})", text="σ({})",
        torch="sigmoid", number=plain_sigmoid, exact=only(0, Fraction(1, 2)), activation=True, symmetric=True,
        code="""def sigmoid(x):
    \"\"\"1 / (1 + exp(-x)), without overflow.\"\"\"
    small = np.exp(-np.abs(x))
    return np.where(x >= 0, 1, small) / (1 + small)
""",
    ),
    entry(
        name="tanh", value=tanh, slope=lambda x: 1 - tanh(x) ** 2, value_range=(-1, 1), slope_range=(0, 1),
        definition=lambda x: 1 - 2 / (exp(2 * x) + 1), slope_in_value=lambda y: 1 - y**2,
        inverse=lambda y: log((1 + y) / (1 - y)) / 2,
        latex=r"\tanh({})", latex_power=r"\tanh^{{{1}}}({0})", torch="tanh", numpy="tanh", number=math.tanh,
        exact=only(0, 0), activation=True, symmetric=True,
    ),
    entry(
        name="relu", value=relu, slope=step, value_range=(0, oo), slope_range=(0, 1), kinks=(0,),
        convention=kink("ReLU has a kink; we take its derivative there as 0", "ReLU 不可导，其导数约定为 0"),
        title=Text("ReLU", "ReLU"), latex=r"\mathrm{{ReLU}}({})", text="ReLU({})",
        torch="relu", numpy="np.maximum({0}, 0)", number=lambda x: max(x, 0), exact=lambda x: max(x, Fraction(0)),
        activation=True,
    ),
    entry(
        name="leaky_relu", value=leaky_relu, slope=lambda x: PERCENT + (1 - PERCENT) * step(x),
        slope_range=(PERCENT, 1), kinks=(0,),
        convention=kink("leaky ReLU has a kink; we take its derivative there as 1/100",
                        "leaky ReLU 不可导，其导数约定为 1/100"),
        title=Text("leaky ReLU", "leaky ReLU"), latex=r"\mathrm{{LeakyReLU}}({})", text="LeakyReLU({})",
        torch="nn.functional.leaky_relu", number=lambda x: max(x, x / 100), exact=lambda x: max(x, x / 100),
        activation=True,
    ),
    entry(
        name="elu", value=elu, slope=lambda x: step(x) + (1 - step(x)) * exp(x), value_range=(-1, oo),
        slope_range=(0, 1), title=Text("ELU", "ELU"), latex=r"\mathrm{{ELU}}({})", text="ELU({})",
        torch="nn.functional.elu", number=lambda x: x if x > 0 else math.expm1(x),
        exact=lambda x: x if x >= 0 else None, activation=True,
        code="""def elu(x):
    \"\"\"x where it is positive, exp(x) - 1 elsewhere.\"\"\"
    return np.where(x > 0, x, np.expm1(np.minimum(x, 0)))
""",
    ),
    entry(
        name="selu", value=selu, slope=lambda x: SELU_SCALE * (step(x) + (1 - step(x)) * SELU_ALPHA * exp(x)),
        value_range=(-SELU_SCALE * SELU_ALPHA, oo), slope_range=(0, SELU_SCALE * SELU_ALPHA), kinks=(0,),
        convention=kink("SELU has a kink; we take its derivative there as that on the left, 1.758",
                        "SELU 不可导，其导数约定为左导数 1.758"),
        title=Text("SELU", "SELU"), latex=r"\mathrm{{SELU}}({})", text="SELU({})", torch="nn.functional.selu",
        number=lambda x: float(SELU_SCALE) * (x if x > 0 else float(SELU_ALPHA) * math.expm1(x)), activation=True,
        code="""def selu(x):
    \"\"\"The scaled exponential linear unit.\"\"\"
    return 1.0507009873554805 * np.where(x > 0, x, 1.6732632423543772 * np.expm1(np.minimum(x, 0)))
""",
    ),
    entry(
        name="softplus", value=softplus, slope=sigmoid, value_range=(0, oo), slope_range=(0, 1),
        rule=Text("the derivative of softplus is the sigmoid", "softplus 的导数是 sigmoid"),
        torch="torch.logaddexp({0}, torch.zeros_like({0}))",  # torch's softplus takes the slope 1 from x = 20 on
        numpy="np.logaddexp({0}, 0)", number=plain_softplus, activation=True,
    ),
    entry(
        name="logsigmoid", value=logsigmoid, slope=lambda x: sigmoid(-x), value_range=(-oo, 0), slope_range=(0, 1),
        latex=r"\log \sigma({})", text="log σ({})",
        torch="nn.functional.logsigmoid", numpy="np.negative(np.logaddexp(-({0}), 0))",
        number=lambda x: -plain_softplus(-x), activation=True,
    ),
    entry(
        name="gelu", value=gelu, slope=lambda x: _normal_cdf(x) + x * _normal_density(x),
        value_range=(-0.16997120747990369, oo), slope_range=(1 - GELU_TOP, GELU_TOP),
        title=Text("GELU", "GELU"), latex=r"\mathrm{{GELU}}({})", text="GELU({})",
        torch="nn.functional.gelu", number=lambda x: x * (1 + math.erf(x / math.sqrt(2))) / 2, exact=only(0, 0),
        activation=True,
    ),
    entry(
        name="silu", value=silu, slope=lambda x: sigmoid(x) * (1 + x * (1 - sigmoid(x))),
        value_range=(-0.27846454276107380, oo), slope_range=(1 - SILU_TOP, SILU_TOP),
        title=Text("SiLU", "SiLU"), latex=r"\mathrm{{SiLU}}({})", text="SiLU({})",
        torch="nn.functional.silu", number=lambda x: x * plain_sigmoid(x), exact=only(0, 0), activation=True,
        code="""def silu(x):
    \"\"\"x sigmoid(x).\"\"\"
    return x * sigmoid(x)
""",
    ),
    entry(
        name="mish", value=mish, slope=_mish_slope, value_range=(-0.3088434130172505, oo),
        slope_range=(MISH_LOW, MISH_TOP), title=Text("mish", "mish"), torch="nn.functional.mish",
        number=lambda x: x * math.tanh(plain_softplus(x)), exact=only(0, 0), activation=True,
        code="""def mish(x):
    \"\"\"x tanh(softplus(x)).\"\"\"
    return x * np.tanh(np.logaddexp(x, 0))
""",
    ),
    entry(
        name="relu6", value=relu6, slope=lambda x: step(x) * step(6 - x), value_range=(0, 6), slope_range=(0, 1),
        kinks=(0, 6), convention=_flat_at("ReLU6", "0 and 6", "0 与 6"), title=Text("ReLU6", "ReLU6"),
        latex=r"\mathrm{{ReLU6}}({})", text="ReLU6({})", torch="nn.functional.relu6", numpy="np.clip({0}, 0, 6)",
        number=_clamped(0, 6), exact=_clamped(Fraction(0), Fraction(6)), activation=True,
    ),
    entry(
        name="hardtanh", value=hardtanh, slope=lambda x: step(x + 1) * step(1 - x), value_range=(-1, 1),
        slope_range=(0, 1), kinks=(-1, 1), convention=_flat_at("hardtanh", "−1 and 1", "−1 与 1"),
        torch="nn.functional.hardtanh", numpy="np.clip({0}, -1, 1)", number=_clamped(-1, 1),
        exact=_clamped(Fraction(-1), Fraction(1)), activation=True,
    ),
    entry(
        name="hardsigmoid", value=hardsigmoid, slope=lambda x: step(x + 3) * step(3 - x) / 6, value_range=(0, 1),
        slope_range=(0, Rational(1, 6)), kinks=(-3, 3), convention=_flat_at("hardsigmoid", "−3 and 3", "−3 与 3"),
        torch="(torch.nn.functional.relu6(({0}) + 3) / 6)",  # torch's own slope is 1/6 in single precision
        numpy="np.clip(({0}) / 6 + 0.5, 0, 1)",
        number=lambda x: min(max(x + 3, 0), 6) / 6, exact=lambda x: min(max(x + 3, Fraction(0)), Fraction(6)) / 6,
        activation=True,
    ),
    entry(
        name="hardswish", value=hardswish, slope=lambda x: 1 - step(3 - x) * (1 - step(x + 3) * (x / 3 + S.Half)),
        value_range=(Rational(-3, 8), oo), slope_range=(-S.Half, Rational(3, 2)), kinks=(-3, 3),
        convention=Text(
            "At −3 and 3 hardswish has kinks; we take its derivative there as 0 and 1, as PyTorch does.",
            "在 −3 与 3 处，hardswish 不可导；其导数分别约定为 0 与 1（与 PyTorch 一致）。",
        ),
        torch="nn.functional.hardswish",
        number=lambda x: x * min(max(x + 3, 0), 6) / 6, activation=True,
        exact=lambda x: x * min(max(x + 3, Fraction(0)), Fraction(6)) / 6,
    ),
    entry(
        name="softsign", value=softsign, slope=lambda x: 1 / (1 + Abs(x)) ** 2, value_range=(-1, 1),
        slope_range=(0, 1), torch="nn.functional.softsign",
        number=lambda x: x / (1 + abs(x)), exact=lambda x: x / (1 + abs(x)), activation=True, symmetric=True,
    ),
)  # fmt: skip
