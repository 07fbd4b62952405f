"""What the libraries call things: one row for each target. Functions of the table are in code/functions.py."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from derive.expressions.matrix_functions import DECOMPOSITIONS
from derive.expressions.matrix_functions import TABLE as MATRIX_FUNCTIONS


class Target(NamedTuple):
    """A target: `patterns` are operations with places for their arguments, `span` is a helper written out.

    `module` is what the library is called in the code, `as_array` its function that makes an array, `array` what an
    array is an instance of. `kind` says how a new array gets the type of the others, `no_kind` the same where there is
    none; `drawn` are random zeros and ones in the shape of another array.
    """

    name: str
    module: str
    as_array: str
    imports: str
    patterns: Mapping[str, str]
    span: str
    einsum: str
    inner: str
    scatter: str
    kind: str
    no_kind: str
    drawn: str
    array: str


_SPAN = '''def span(first, last):
    """The whole numbers first..last."""
    return {}.arange(first, max(first, last + 1))
'''
_COMMON = {
    "least number": "min({0}, {1})",
    "greatest number": "max({0}, {1})",
    "slots": "[{zeros}] * {atom1}",
    "fresh slots": "[{zeros} for _ in range({1})]",
    "span": "span({0}, {1})",
    "root": "math.sqrt({0})",
    "quotient": "{atom0} // {atom1}",
    "rest": "{atom0} % {atom1}",
}

NUMPY = Target(
    "numpy",
    "np",
    "np.asarray",
    "import numpy as np",
    _COMMON
    | {
        "whole": "{0}.astype(int)",
        "maximum": "np.maximum({0}, {1})",
        "minimum": "np.minimum({0}, {1})",
        "least": "np.minimum({0}, {1})",
        "greatest": "np.maximum({0}, {1})",
        "where": "np.where({0}, {1}, {2})",
        "clip": "np.clip({0}, {1}, {2})",
        "remainder": "np.remainder({0}, {1})",
        "zeros": "np.zeros({0}, dtype)",
        "array": "np.asarray({0}, dtype)",
        "kept": "{0}",
        "stack": "np.stack({0}, axis={1})",
        "transpose": "transpose",
        "max": "max",
        "min": "min",
    }
    | {row.name: row.numpy for row in MATRIX_FUNCTIONS}
    | {name: numpy for name, (numpy, _) in DECOMPOSITIONS.items()},
    _SPAN.format("np"),
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
    "torch",
    "torch.as_tensor",
    "import functools\n\nimport torch",
    _COMMON
    | {
        "whole": "{0}.long()",
        "maximum": "torch.maximum({0}, {1})",
        "minimum": "torch.minimum({0}, {1})",
        "least": "torch.minimum(torch.as_tensor({0}), torch.as_tensor({1}))",
        "greatest": "torch.maximum(torch.as_tensor({0}), torch.as_tensor({1}))",
        "where": "torch.where(torch.as_tensor({0}), {1}, {2})",
        "clip": "torch.clamp({0}, {1}, {2})",
        "remainder": "torch.remainder({0}, {1})",
        "zeros": "torch.zeros({0}, **kind)",
        "array": "torch.as_tensor({0}, **kind)",
        "kept": "{0}.clone()",
        "stack": "torch.stack({0}, dim={1})",
        "transpose": "permute",
        "max": "amax",
        "min": "amin",
        "softmax": "torch.softmax({0}, {1})",
        "log_softmax": "torch.log_softmax({0}, {1})",
        "logsumexp": "torch.logsumexp({0}, {1})",
    }
    | {row.name: row.torch for row in MATRIX_FUNCTIONS}
    | {name: torch for name, (_, torch) in DECOMPOSITIONS.items()},
    _SPAN.format("torch"),
    'torch.einsum("{spec}", {operands})',
    "{total}",
    "{array}.index_put_({places}, {value}, accumulate=True)",
    'kind = {{"dtype": {0}.dtype, "device": {0}.device}}',
    "kind = {}",
    "torch.empty_like(torch.as_tensor({like})).bernoulli_({probability})",
    "torch.Tensor",
)

TARGETS = {target.name: target for target in (NUMPY, TORCH)}
