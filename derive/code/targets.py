"""What the libraries call things: one row for each target, and the functions that a library does not have."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from derive.expressions.functions import TABLE


class Target(NamedTuple):
    """A target: `patterns` are operations with places for their arguments, `own` the functions written out.

    `kind` says how a new array gets the type of the others, `no_kind` the same where there is none; `drawn` are random
    zeros and ones in the shape of another array, `array` is what an array is an instance of.
    """

    name: str
    imports: str
    patterns: Mapping[str, str]
    own: Mapping[str, str]
    einsum: str
    inner: str
    scatter: str
    kind: str
    no_kind: str
    drawn: str
    array: str


_SPAN = '''def span(first, last):
    """The whole numbers first..last."""
    return {}.arange(first, last + 1)
'''
_SHARED = {
    "step": '''def step(x):
    """1 where x is positive, 0 elsewhere."""
    return {array}(x > 0, dtype=x.dtype)
''',
    "share": '''def share(x):
    """1 where x is positive, 1/2 at 0, 0 elsewhere."""
    return ({array}(x > 0, dtype=x.dtype) + {array}(x >= 0, dtype=x.dtype)) / 2
''',
}


def _shared(array: str, module: str) -> dict[str, str]:
    return {"span": _SPAN.format(module), **{name: text.format(array=array) for name, text in _SHARED.items()}}


_COMMON = {
    "least number": "min({0}, {1})",
    "greatest number": "max({0}, {1})",
    "slots": "[{zeros}] * {atom1}",
    "fresh slots": "[{zeros} for _ in range({1})]",
    "span": "span({0}, {1})",
    "identity": "{0}",
}

NUMPY = Target(
    "numpy",
    "import numpy as np",
    _COMMON
    | {row.name: f"np.{row.torch}({{0}})" for row in TABLE if row.arity == 1}
    | {row: f"{row}({{0}})" for row in ("sigmoid", "leaky_relu", "elu", "gelu", "silu", "step", "share", "erf")}
    | {
        "relu": "np.maximum({0}, 0)",
        "softplus": "np.logaddexp({0}, 0)",
        "maximum": "np.maximum({0}, {1})",
        "least": "np.minimum({0}, {1})",
        "greatest": "np.maximum({0}, {1})",
        "where": "np.where({0}, {1}, {2})",
        "clip": "np.clip({0}, {1}, {2})",
        "zeros": "np.zeros({0}, dtype)",
        "array": "np.asarray({0}, dtype)",
        "stack": "np.stack({0}, axis={1})",
        "transpose": "transpose",
    },
    _shared("np.asarray", "np")
    | {
        "sigmoid": '''def sigmoid(x):
    """1 / (1 + exp(-x)), without overflow."""
    small = np.exp(-np.abs(x))
    return np.where(x >= 0, 1, small) / (1 + small)
''',
        "leaky_relu": '''def leaky_relu(x):
    """x where it is positive, x / 100 elsewhere."""
    return np.maximum(x, x / 100)
''',
        "elu": '''def elu(x):
    """x where it is positive, exp(x) - 1 elsewhere."""
    return np.where(x > 0, x, np.expm1(np.minimum(x, 0)))
''',
        "silu": '''def silu(x):
    """x sigmoid(x)."""
    return x * sigmoid(x)
''',
        "gelu": '''def gelu(x):
    """x times the normal distribution function at x."""
    return x * (1 + erf(x / 2**0.5)) / 2
''',
        "erf": '''def erf(x):
    """The error function, element by element: numpy has none."""
    return np.asarray(np.frompyfunc(math.erf, 1, 1)(x), dtype=np.asarray(x).dtype)
''',
    },
    'np.einsum("{spec}", {operands}, optimize=True)',
    'np.einsum("{spec}", {left}, {right})',
    "np.add.at({array}, {places}, {value})",
    "dtype = {}.dtype",
    "dtype = np.float64",
    "np.random.random_sample(np.shape({like})) < {probability}",
    "np.ndarray",
)

TORCH = Target(
    "torch",
    "import functools\n\nimport torch",
    _COMMON
    | {row.name: f"torch.{row.torch}({{0}})" for row in TABLE if row.arity == 1}
    | {
        "softplus": "torch.logaddexp({0}, torch.zeros_like({0}))",
        "step": "step({0})",
        "share": "share({0})",
        "identity": "{0}",
        "maximum": "torch.maximum({0}, {1})",
        "least": "torch.minimum(torch.as_tensor({0}), torch.as_tensor({1}))",
        "greatest": "torch.maximum(torch.as_tensor({0}), torch.as_tensor({1}))",
        "where": "torch.where(torch.as_tensor({0}), {1}, {2})",
        "clip": "torch.clamp({0}, {1}, {2})",
        "zeros": "torch.zeros({0}, **kind)",
        "array": "torch.as_tensor({0}, **kind)",
        "stack": "torch.stack({0}, dim={1})",
        "transpose": "permute",
    },
    _shared("torch.as_tensor", "torch"),
    'torch.einsum("{spec}", {operands})',
    "{total}",
    "{array}.index_put_({places}, {value}, accumulate=True)",
    'kind = {{"dtype": {0}.dtype, "device": {0}.device}}',
    "kind = {}",
    "torch.empty_like(torch.as_tensor({like})).bernoulli_({probability})",
    "torch.Tensor",
)

TARGETS = {target.name: target for target in (NUMPY, TORCH)}
