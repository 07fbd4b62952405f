"""A formula as it is printed, "-X⁻ᵀ a bᵀ X⁻ᵀ", as numbers: names are tensors, and neighbours are multiplied.

This is another way from the text to numbers than those of the program: it reads what a reader sees.
"""

from __future__ import annotations

import re
from typing import Any

import torch

Array = torch.Tensor
MARKS = {"ᵀ": ".T", "⁻¹": ".I", "⁻ᵀ": ".I.T", "⁺": ".P", "²": "**2", "³": "**3", "⁻²": ".I**2"}
MARK = re.compile("|".join(sorted(MARKS, key=len, reverse=True)))
SIZE = r"(?:([A-Z])|\(([^()]*)\))"
ONES, EYE = re.compile("𝟏_" + SIZE), re.compile("I_" + SIZE)
ADJOINT = re.compile(r"∂L/∂(\w+)")
SIGNS = str.maketrans({"⊙": "*", "⊘": "/", "√": "sqrt", "^": "**"})
SIDE_BY_SIDE = re.compile(r"(?<=[\w)\]]) (?=[\w(])")


class Number:
    """A tensor, with the operations by which a formula is written."""

    def __init__(self, value: Any):
        value = torch.as_tensor(value, dtype=torch.float64)
        self.value = value.reshape(1, 1) if value.ndim == 0 else value

    T = property(lambda self: Number(self.value.mT))
    I = property(lambda self: Number(torch.linalg.inv(self.value)))  # noqa: E741
    P = property(lambda self: Number(torch.linalg.pinv(self.value)))

    def __matmul__(self, other: Any) -> Number:
        a, b = self.value, _value(other)
        return Number(a * b if a.numel() == 1 or b.numel() == 1 else a @ b)

    def __add__(self, other: Any) -> Number:
        return Number(self.value + _value(other))

    def __sub__(self, other: Any) -> Number:
        return Number(self.value - _value(other))

    def __mul__(self, other: Any) -> Number:
        return Number(self.value * _value(other))

    def __truediv__(self, other: Any) -> Number:
        return Number(self.value / _value(other))

    def __pow__(self, power: Any) -> Number:
        """A power of a number; of a square matrix the product with itself."""
        if self.value.numel() > 1 and self.value.shape[0] == self.value.shape[1]:
            return Number(torch.linalg.matrix_power(self.value, int(_value(power))))
        return Number(self.value ** _value(power))

    def __neg__(self) -> Number:
        return Number(-self.value)


def _value(x: Any) -> Array:
    return Number(x).value if not isinstance(x, Number) else x.value


def _adjugate(x: Array) -> Array:
    """The adjugate by its minors."""
    n = range(len(x))
    minors = [[(-1) ** (i + j) * _without(x, j, i).det() for j in n] for i in n]
    return torch.tensor(minors, dtype=x.dtype)


def _without(x: Array, row: int, column: int) -> Array:
    kept = [[k for k in range(len(x)) if k != gone] for gone in (row, column)]
    return x[kept[0]][:, kept[1]]


def _alpha(x: Array) -> Array:
    """The sums along the diagonals of a matrix, from the lower left corner to the upper right one."""
    return torch.stack([x.diagonal(k).sum() for k in range(1 - len(x), len(x))])[:, None]


def _even_alpha(x: Array) -> Array:
    """The sums along both diagonals at each distance from the main one."""
    below = [x.diagonal(-k).sum() for k in range(1, len(x))]
    return _alpha(x)[len(x) - 1 :] + torch.stack([torch.zeros((), dtype=x.dtype), *below])[:, None]


def _diag(x: Array) -> Array:
    """The diagonal matrix of a column, and the column of the diagonal of a matrix."""
    return torch.diag(x[:, 0]) if x.shape[1] == 1 else x.diagonal()[:, None]


FUNCTIONS = {
    "tr": torch.trace, "det": torch.linalg.det, "diag": _diag, "adj": _adjugate, "alpha": _alpha,
    "even_alpha": _even_alpha, "norm": torch.linalg.norm,
    **{name: getattr(torch, name) for name in ("exp", "log", "sin", "cos", "tan", "sqrt")},
}  # fmt: skip


def value(text: str, names: dict[str, Any]) -> Array:
    """The value of a printed formula. `names` holds its matrices, columns, numbers and sizes."""
    known: dict[str, Any] = {"Number": Number} | {name: Number(v) for name, v in names.items() if not callable(v)}
    for name, function in FUNCTIONS.items():
        known[name] = lambda x, f=function: Number(f(_value(x)))
    known["one"] = lambda n: Number(torch.ones(int(_value(n)), 1))
    known["eye"] = lambda n: Number(torch.eye(int(_value(n))))
    found = eval(python(text), {"__builtins__": {}}, known)
    return _value(found)


def python(text: str) -> str:
    """The formula as Python has it."""
    text = re.sub(r"\b(log|sin|cos) (\w+)", r"\1(\2)", text)
    text = re.sub(r"‖([^‖]*)‖", r"norm(\1)", text)
    text = ONES.sub(r"one(\1\2)", EYE.sub(r"eye(\1\2)", ADJOINT.sub(r"adjoint_\1", text)))
    text = MARK.sub(
        lambda m: MARKS[m[0]],
        text.translate(SIGNS),
    )
    return SIDE_BY_SIDE.sub(" @ ", re.sub(r"(?<![\w.])(\d+)(?![\w.])", r"(num(\1))", text).replace("num", "Number"))
