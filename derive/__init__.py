"""derive: symbolic derivations for deep learning, every line checked against torch.autograd.

    from derive import Graph, sigmoid, log

    g = Graph("logistic loss")
    w, b = g.parameters("w b")
    x, y = g.input("x"), g.target("y", domain="binary")
    a = g.node("a", sigmoid(w*x + b))
    g.loss("L", -(y*log(a) + (1 - y)*log(1 - a)))
    print(g.derive().to_text())

Names are loaded when they are first used, so `import derive` costs nothing and never loads torch.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from derive import display

if TYPE_CHECKING:
    from sympy import (
        Abs,
        Function,
        Heaviside,
        KroneckerDelta,
        Max,
        Min,
        Piecewise,
        Rational,
        acos,
        acosh,
        asin,
        asinh,
        atan,
        atan2,
        atanh,
        ceiling,
        cos,
        cosh,
        digamma,
        erf,
        erfc,
        erfinv,
        exp,
        floor,
        gamma,
        log,
        loggamma,
        polygamma,
        sign,
        sin,
        sinh,
        sqrt,
        tan,
        tanh,
    )

    from derive.code.signature import Argument, Signature
    from derive.errors import DeriveError, ModelError, MomentError, UsageError, VerificationError
    from derive.expressions.activations import (
        elu,
        gelu,
        hardsigmoid,
        hardswish,
        hardtanh,
        leaky_relu,
        logsigmoid,
        mish,
        relu,
        relu6,
        selu,
        sigmoid,
        silu,
        softplus,
        softsign,
    )
    from derive.expressions.elementary import (
        exp2,
        expm1,
        frac,
        log1p,
        log2,
        log10,
        logit,
        normal_cdf,
        rounded,
        stop,
        trunc,
    )
    from derive.expressions.functions import function_named
    from derive.expressions.moments import Covariance, Expectation, Variance
    from derive.expressions.several import clip, hypot, logaddexp, prelu
    from derive.graph import Graph
    from derive.language import Text
    from derive.layers.builder import Layers
    from derive.model.author_sum import Product, Sum
    from derive.model.matrix_words import (
        cholesky,
        det,
        eigenvalues,
        inverse,
        kron,
        logdet,
        matrix_power,
        singular_values,
        solve,
        trace,
        vec,
    )
    from derive.model.new_function import elementwise
    from derive.model.normal_words import entropy_normal, kl_normal, normal_logpdf
    from derive.model.words import (
        amax,
        amin,
        dot,
        hardshrink,
        log_softmax,
        logsumexp,
        mean,
        norm,
        normalize,
        rsqrt,
        softmax,
        softshrink,
        std,
        tanhshrink,
        threshold,
        var,
    )
    from derive.problem import Option, Problem, Size
    from derive.solution import Solution
    from derive.topics.crossing.crossing import Crossings
    from derive.topics.limits.limits import Limit
    from derive.topics.training.training import TrainingSet
    from derive.topics.unrolling.unrolling import Unrolled
    from derive.topics.worked.example import Example

__version__ = "0.1.0"

_HOME = {
    "derive.errors": ("DeriveError", "ModelError", "MomentError", "UsageError", "VerificationError"),
    "derive.expressions.activations": (
        "elu", "gelu", "hardsigmoid", "hardswish", "hardtanh", "leaky_relu", "logsigmoid", "mish", "relu", "relu6",
        "selu", "sigmoid", "silu", "softplus", "softsign",
    ),
    "derive.expressions.elementary": (
        "exp2", "expm1", "frac", "log1p", "log2", "log10", "logit", "normal_cdf", "rounded", "stop", "trunc",
    ),
    "derive.expressions.functions": ("function_named",),
    "derive.expressions.several": ("clip", "hypot", "logaddexp", "prelu"),
    "derive.graph": ("Graph",),
    "derive.language": ("Text",),
    "derive.layers.builder": ("Layers",),
    "derive.topics.crossing.crossing": ("Crossings",),
    "derive.topics.limits.limits": ("Limit",),
    "derive.topics.unrolling.unrolling": ("Unrolled",),
    "derive.expressions.moments": ("Covariance", "Expectation", "Variance"),
    "derive.problem": ("Option", "Problem", "Size"),
    "derive.code.signature": ("Argument", "Signature"),
    "derive.solution": ("Solution",),
    "derive.model.author_sum": ("Product", "Sum"),
    "derive.model.words": (
        "amax", "amin", "dot", "hardshrink", "log_softmax", "logsumexp", "mean", "norm", "normalize", "rsqrt",
        "softmax", "softshrink", "std", "tanhshrink", "threshold", "var",
    ),
    "derive.model.matrix_words": (
        "cholesky", "det", "eigenvalues", "inverse", "kron", "logdet", "matrix_power", "singular_values",
        "solve", "trace", "vec",
    ),
    "derive.model.new_function": ("elementwise",),
    "derive.model.normal_words": ("entropy_normal", "kl_normal", "normal_logpdf"),
    "derive.topics.training.training": ("TrainingSet",),
    "derive.topics.worked.example": ("Example",),
    "sympy": (
        "Abs", "Function", "Heaviside", "KroneckerDelta", "Max", "Min", "Piecewise", "Rational", "acos",
        "acosh", "asin", "asinh", "atan", "atan2", "atanh", "ceiling", "cos", "cosh", "digamma", "erf", "erfc",
        "erfinv", "exp", "floor", "gamma", "log", "loggamma", "polygamma", "sign", "sin", "sinh",
        "sqrt", "tan", "tanh",
    ),
}  # fmt: skip
_MODULE_OF = {name: module for module, names in _HOME.items() for name in names}

__all__ = [
    "Abs", "Argument", "Covariance", "Crossings", "DeriveError", "Example", "Expectation", "Function", "Graph",
    "Heaviside", "KroneckerDelta", "Layers", "Limit", "Max", "Min", "ModelError", "MomentError", "Option", "Piecewise",
    "Problem", "Product", "Rational", "Signature", "Size", "Solution", "Sum", "Text", "TrainingSet", "Unrolled",
    "UsageError", "Variance", "VerificationError", "acos", "acosh", "amax", "amin", "asin", "asinh", "atan", "atan2",
    "atanh", "ceiling", "cholesky", "clip", "cos", "cosh", "det", "digamma", "dot", "eigenvalues", "elementwise", "elu",
    "entropy_normal", "erf", "erfc", "erfinv", "exp", "exp2", "expm1", "floor", "frac", "function_named",
    "gamma", "gelu", "hardshrink", "hardsigmoid", "hardswish", "hardtanh", "hypot", "inverse", "kl_normal",
    "kron", "leaky_relu", "log", "log10", "log1p", "log2", "log_softmax", "logaddexp", "logdet", "loggamma", "logit",
    "logsigmoid", "logsumexp", "matrix_power", "mean", "mish", "norm", "normal_cdf", "normal_logpdf",
    "normalize", "polygamma", "prelu", "relu", "relu6", "rounded", "rsqrt", "selu", "sigmoid", "sign", "silu",
    "sin", "singular_values", "sinh", "softmax", "softplus", "softshrink", "softsign", "solve", "sqrt", "std", "stop",
    "tan", "tanh", "tanhshrink", "threshold", "trace", "trunc", "var", "vec",
]  # fmt: skip


def __getattr__(name: str) -> Any:
    """Load a public name from its module."""
    if name not in _MODULE_OF:
        raise AttributeError(f"module 'derive' has no attribute {name!r}")
    value = getattr(importlib.import_module(_MODULE_OF[name]), name)
    globals()[name] = value
    return value


def _markdown(thing: Any) -> str:
    from derive.notebook import markdown

    return markdown(thing)


def _plain(thing: Any) -> str:
    from derive.notebook import plain

    return plain(thing)


display.renderer, display.plain_renderer = _markdown, _plain


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
