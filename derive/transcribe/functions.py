"""What the names of functions in LaTeX mean: each is a word of the model language."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import sympy
from sympy import Abs, Expr, Heaviside, Max, Min, erf, exp, log, sign, sqrt, tan, tanh

from derive.expressions.functions import function_named

# Names by which tables of `derive` go under another one.
_SAME = {"ln": "log", "sgn": "sign", "sig": "sigmoid", "logistic": "sigmoid", "relu": "relu", "swish": "silu"}
_SYMPY: dict[str, Callable[..., Expr]] = {
    **{"log": log, "exp": exp, "tanh": tanh, "tan": tan, "sign": sign, "erf": erf, "abs": Abs, "sqrt": sqrt},
    **{name: getattr(sympy, name) for name in ("sin", "cos", "sinh", "cosh", "asin", "acos", "atan")},
    **{"arcsin": sympy.asin, "arccos": sympy.acos, "arctan": sympy.atan, "max": Max, "min": Min},
    **{"clip": Max, "clamp": Max, "step": Heaviside, "cot": sympy.cot},
}

# Functions of a whole vector; the words of the model language have the same names.
OF_VECTORS = frozenset(["softmax", "log_softmax", "logsoftmax", "logsumexp", "normalize", "mean", "var", "std"])
OF_MATRICES = frozenset(["det", "tr", "trace", "logdet"])


def elementwise(name: str) -> Callable[..., Any] | None:
    """The function of a number that a name of LaTeX stands for; None if there is none.

    >>> elementwise("ReLU").__name__
    'relu'
    """
    plain = _SAME.get(name.lower(), name.lower()).replace(" ", "_")
    if plain in _SYMPY:
        return _SYMPY[plain]
    for known in (plain, {"leakyrelu": "leaky_relu", "logsigmoid": "logsigmoid"}.get(plain, plain)):
        try:
            return function_named(known)
        except KeyError:
            continue
    return None
