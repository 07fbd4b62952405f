"""The evaluation's array operations, in torch float64. Arrays end with the axis of the sample points."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from functools import cache, reduce
from operator import mul
from typing import Any

import torch

from derive.errors import UsageError
from derive.evaluate.compile import elementwise
from derive.expressions.functions import BY_NAME, TABLE, Row, X
from derive.expressions.matrix_functions import MatrixRow
from derive.expressions.one_variable import points

Array = torch.Tensor
CLOSE = 1e-9
CONDITION = 1e4  # beyond it, autograd's own rounding errors would be taken for wrong lines
FUNCTIONS: dict[str, Callable[[Array], Array]] = {
    "inverse": torch.linalg.inv,
    "logdet": lambda matrix: torch.linalg.slogdet(matrix)[1],
    "det": torch.linalg.det,
    "cholesky": torch.linalg.cholesky,
    "eigenvalues": torch.linalg.eigvalsh,
    "eigenvectors": lambda matrix: torch.linalg.eigh(matrix)[1],
    "singular_values": torch.linalg.svdvals,
    "left_singular_vectors": lambda matrix: torch.linalg.svd(matrix, full_matrices=False)[0],
    "right_singular_vectors": lambda matrix: torch.linalg.svd(matrix, full_matrices=False)[2].mT,
}


class TorchBackend:
    """torch, float64 unless told otherwise."""

    def __init__(self, dtype: torch.dtype = torch.float64):
        self.dtype = dtype

    def constant(self, value: Any) -> Any:
        """A float, or an int where it is whole."""
        return int(value) if value.is_Integer else float(value)

    def apply(self, row: Row, *x: Any) -> Any:
        """The function of the row, by torch's own where it has one."""
        return function(row)(*map(self._tensor, x))

    def of_matrix(self, row: MatrixRow, matrix: Array) -> Array:
        """torch.linalg's function of each matrix that is not singular, as far as float64 can tell."""
        each = matrix.movedim(-1, 0)
        regular = _regular(row, each.detach())
        eye = torch.eye(*each.shape[-2:], dtype=each.dtype)
        found = FUNCTIONS[row.name](torch.where(regular[..., None, None], each, eye))
        return torch.where(regular.reshape(*regular.shape, *[1] * row.rank), found, torch.nan).movedim(0, -1)

    def power(self, x: Any, exponent: Any) -> Any:
        """Whole powers by torch.pow, 1/x by reciprocal."""
        if not isinstance(x, torch.Tensor):  # of numbers Python raises for 1/0, and is complex for a root of -1
            whole = exponent.is_Integer and exponent > 0
            return x ** int(exponent) if whole else float(self.power(self._tensor(x), exponent))
        if exponent == -1:
            return x.reciprocal()
        return x * x if exponent == 2 else x.pow(int(exponent) if exponent.is_Integer else float(exponent))

    def maximum(self, *arrays: Any) -> Any:
        """torch.amax, numbers allowed among the arrays. Of torch.maximum twice, three that tie have other slopes."""
        if len(arrays) == 2:
            return torch.maximum(*map(self._tensor, arrays))
        return torch.stack(torch.broadcast_tensors(*map(self._tensor, arrays))).amax(dim=0)

    def minimum(self, *arrays: Any) -> Any:
        """torch.amin, as `maximum`."""
        if len(arrays) == 2:
            return torch.minimum(*map(self._tensor, arrays))
        return torch.stack(torch.broadcast_tensors(*map(self._tensor, arrays))).amin(dim=0)

    def integers(self, first: int, last: int, shape: tuple[int, ...]) -> Array:
        """A grid of index values, which remembers where it runs: what is read along it is a slice."""
        grid = torch.arange(first, last + 1).reshape(shape)
        grid.ends = first, last  # type: ignore[attr-defined]
        return grid

    def gather(self, array: Array, positions: tuple[Any, ...]) -> Array:
        """Advanced indexing; positions outside are clamped, a mask takes their value away. A run is not copied."""
        if all(isinstance(p, int) for p in positions):
            return array[tuple(min(max(p, 0), n - 1) for p, n in zip(positions, array.shape, strict=False))]
        if array.dim() == len(positions) + 1 and (part := _part(array, positions)) is not None:
            return part
        run = _run(positions[0], array.shape[0]) if len(positions) == 1 else None
        if run is not None:
            return array[run].reshape(*positions[0].shape, -1)
        grids = [p if isinstance(p, torch.Tensor) else torch.tensor(p) for p in positions]
        return array[tuple(g.clamp(0, n - 1) for g, n in zip(grids, array.shape, strict=False))]

    def whole(self, x: Array) -> Any:
        """Whole numbers without the axis of the points."""
        found = x.detach()[..., 0].round().long()
        return found if found.dim() else int(found)

    def choose(self, truth: Any, a: Any, b: Any) -> Any:
        """torch.where, or a plain choice."""
        if isinstance(truth, bool):
            return a if truth else b
        return torch.where(truth, self._tensor(a), self._tensor(b))

    def on_branch(self, truth: Any, earlier: Sequence[Any], x: Array) -> Array:
        """x where the branch is taken, and its bare number elsewhere."""
        if not (torch.is_grad_enabled() and x.requires_grad):
            return x
        for other in earlier:
            truth = truth & (not other if isinstance(other, bool) else ~other)
        return self.choose(truth, x, x.detach())

    def _tensor(self, value: Any) -> Array:
        """A plain number as a tensor."""
        return value if isinstance(value, torch.Tensor) else torch.tensor(float(value), dtype=self.dtype)

    def mask(self, truth: Array) -> Array:
        """Numbers for index values or truth values, with an axis for the points."""
        return truth.to(self.dtype).unsqueeze(-1)

    def total(self, x: Array, axis: int) -> Array:
        """Sum, the axis kept."""
        return x.sum(dim=axis, keepdim=True)

    def product(self, x: Array, axis: int) -> Array:
        """Product, the axis kept; for autograd factor by factor, as the slope of torch.prod divides: noise for 0."""
        if x.requires_grad:
            return reduce(mul, x.unbind(axis)).unsqueeze(axis)
        return x.prod(dim=axis, keepdim=True)

    def amax(self, x: Any, axis: int | tuple[int, ...]) -> Array:
        """Largest, the axis kept."""
        return x.amax(dim=axis, keepdim=True)

    def amin(self, x: Any, axis: int | tuple[int, ...]) -> Array:
        """Least, the axis kept."""
        return x.amin(dim=axis, keepdim=True)

    def stack(self, slices: Sequence[Array]) -> Array:
        """torch.stack of slices made equally long in points."""
        return torch.stack(torch.broadcast_tensors(*slices))

    def zeros(self, shape: tuple[int, ...]) -> Array:
        """Zeros."""
        return torch.zeros(shape, dtype=self.dtype)


def _regular(row: MatrixRow, matrix: Array) -> Array:
    """Which matrices have a value of the function, and a slope, that rounding does not decide."""
    finite = matrix.isfinite().all(dim=-1).all(dim=-1)
    matrix = torch.where(finite[..., None, None], matrix, 0.0)
    if row.name.startswith("eigen"):
        return finite & _apart(torch.linalg.eigvalsh(matrix))
    regular = finite & (torch.linalg.cond(matrix) < CONDITION)
    if row.name == "cholesky":
        return regular & (torch.linalg.eigvalsh(matrix)[..., 0] > 0)
    return regular if row.square else regular & _apart(torch.linalg.svdvals(matrix))


def _apart(values: Array) -> Array:
    """Do these differ from each other? The vectors of equal ones are not determined."""
    return (values.diff(dim=-1).abs() * CONDITION > values.abs().amax(dim=-1, keepdim=True)).all(dim=-1)


def _part(array: Array, positions: Sequence[Any]) -> Array | None:
    """A view of the elements along grids that know their ends, each along an axis of its own; None elsewhere."""
    ends = [(p, p) if isinstance(p, int) else getattr(p, "ends", None) for p in positions]
    if not all(e is not None and 0 <= e[0] <= e[1] < n for e, n in zip(ends, array.shape, strict=False)):
        return None
    axes = [_long(p) for p in positions]
    own = [axis for axis in axes if axis >= 0]
    if len(set(own)) < len(own):
        return None
    found = array[tuple([slice(a, b + 1) for a, b in ends])]  # type: ignore[misc]
    if own != sorted(own):
        found = found.permute(*sorted(range(len(axes)), key=lambda n: axes[n]), len(axes))
    shapes = [p.shape for p in positions if isinstance(p, torch.Tensor)]
    return found.reshape(*(shapes[0] if len(shapes) == 1 else map(max, zip(*shapes, strict=True))), -1)


def _long(position: Any) -> int:
    """The axis along which a grid is long, -1 where it is one place."""
    return next((n for n, length in enumerate(getattr(position, "shape", ())) if length > 1), -1)


def _run(grid: Array, size: int) -> slice | None:
    """The slice of a grid whose positions follow each other and lie inside; None for any other."""
    flat = grid.reshape(-1)
    if not len(flat):
        return None
    first, last = int(flat[0]), int(flat[-1])
    if first < 0 or last >= size or last - first + 1 != len(flat):
        return None
    return slice(first, last + 1) if torch.equal(flat, torch.arange(first, last + 1)) else None


def function(row: Row) -> Callable[..., Array]:
    """The callable of a row: torch's own, else the text of the table, else the definition on tensors.

    Errors: UsageError for a name that torch does not have.
    """
    if row.torch and "{" not in row.torch:
        return _named(row.name, row.torch)
    if row.torch or row.code:
        return _written(row.name, row.torch, row.code, row.arity)
    return _defined(row.name, row.definition or row.value)


@cache
def _named(name: str, dotted: str) -> Callable[..., Array]:
    try:
        found: Callable[..., Array] = reduce(getattr, dotted.split("."), torch)  # type: ignore[assignment]
    except AttributeError:
        raise UsageError(f"{name}: torch has no {dotted}; leave torch= out, and the definition is evaluated") from None
    if BY_NAME[name] not in TABLE:
        _agrees(BY_NAME[name], found)
    return found


def _agrees(row: Row, by_torch: Callable[[Array], Array]) -> None:
    """Errors: UsageError where the function that a user names has other values than the definition."""
    for point in map(float, points(row.domain)):
        theirs, ours = float(by_torch(torch.tensor(point, dtype=torch.float64))), row.number(point)
        if not abs(theirs - ours) <= CLOSE * (1 + abs(ours)):
            raise UsageError(f"{row.name}: torch.{row.torch} is {theirs:.6g} at {point:.6g}, the definition {ours:.6g}")


@cache
def _written(name: str, text: str, code: str, arity: int) -> Callable[..., Array]:
    """The text that generated code has, run here. It comes from the package's own table; a user gives no text."""
    own = ", ".join(f"x{n}" for n in range(arity))
    module = code.replace("{array}", "torch.as_tensor").replace("{module}", "torch")
    whole = f"def {name}({own}):\n    return {text.format(own)}" if text else module
    scope: dict[str, Any] = {"torch": torch, "math": math}
    exec(whole, scope)
    found: Callable[..., Array] = scope[name]
    return found


@cache
def _defined(name: str, definition: Callable[..., Any]) -> Callable[[Array], Array]:
    """The definition in tensors, so that autograd differentiates it by torch's own rules."""
    return elementwise(definition(X), TorchBackend())
