"""Values of the measures of conditions: norms and spectral radii of random parameters, at every point at once."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from sympy import Dummy, Expr, Indexed, IndexedBase, Symbol
from sympy.matrices import MatrixBase

from derive.evaluate.kernels import Kernels
from derive.evaluate.store import Store
from derive.expressions.indices import substitute
from derive.expressions.norms import IDENTITY, Norm, SpectralRadius

Array = torch.Tensor


def measure(expr: Expr, store: Store, kernels: Kernels, where: Mapping[Symbol, Expr], points: int) -> Array:
    """The value of an expression in norms, spectral radii and scalars, shape (points,)."""
    for symbol, value in reversed(list(where.items())):
        expr = expr.xreplace({symbol: value})  # also B inside its spectral radius
    put = {}
    for atom in expr.atoms(SpectralRadius) | expr.atoms(Norm):
        name = f"size of {atom}"  # the same at every call, so that the compiled expression is kept
        value = _radius(atom, store, kernels, points) if isinstance(atom, SpectralRadius) else _norm(atom, store)
        store.put(name, value, [])
        put[atom] = Symbol(name, real=True)
    with torch.no_grad():
        found: Array = kernels.evaluate(substitute(expr, put), store)
    return found.expand(points)


def _norm(atom: Norm, store: Store) -> Array:
    """Of a matrix the spectral norm or the largest row sum, else the largest absolute value.

    Of a family of matrices it is the largest of their norms.
    """
    array = store.whole(atom.name)
    if atom.over:
        array = array.movedim(int(atom.over[1]), 0)
    if atom.kind == "2":
        norms = torch.linalg.matrix_norm(array.movedim(-1, 0), 2)
        return norms.amax(dim=1) if atom.over else norms
    if atom.kind == "rows":
        return array.abs().sum(dim=-2).reshape(-1, array.shape[-1]).amax(dim=0)
    return array.abs().reshape(-1, array.shape[-1]).amax(dim=0)


def _radius(atom: SpectralRadius, store: Store, kernels: Kernels, points: int) -> Array:
    matrix = atom.args[0]
    if isinstance(matrix, MatrixBase) and _blocks(matrix):
        array = _of_blocks(matrix, store, kernels, points)
    elif isinstance(matrix, MatrixBase):
        entries = [measure(e, store, kernels, {}, points) for e in matrix]
        array = torch.stack(entries).reshape(matrix.rows, matrix.cols, points)
    else:
        array = store.whole(atom.name)
    return radius(array)


def _blocks(matrix: MatrixBase) -> bool:
    """True if the entries are matrices themselves, and no numbers such as norms of matrices."""
    numbers = {n: Dummy() for n in matrix.atoms(Norm, Indexed)}
    return bool(matrix.xreplace(numbers).atoms(IndexedBase))


def _of_blocks(matrix: MatrixBase, store: Store, kernels: Kernels, points: int) -> Array:
    """A matrix of blocks in numbers: each is a sum of multiples of families and of the identity."""
    families = sorted(matrix.atoms(IndexedBase), key=str)
    arrays = {f: store.whole(str(f)) for f in families}
    n = len(arrays[families[0]])
    arrays[IDENTITY] = torch.eye(n, dtype=torch.float64).unsqueeze(-1)

    def block(entry: Expr) -> Array:
        found = torch.zeros(n, n, points, dtype=torch.float64)
        for atom, array in arrays.items():
            found = found + measure(entry.coeff(atom), store, kernels, {}, points) * array
        return found

    rows = [torch.cat([block(e) for e in matrix.row(r)], dim=1) for r in range(matrix.rows)]
    return torch.cat(rows, dim=0)


def radius(array: Array) -> Array:
    """The spectral radius of matrices of shape (n, n, points)."""
    finite = array.isfinite().all(dim=0).all(dim=0)
    found = torch.linalg.eigvals(torch.where(finite, array, 0.0).movedim(-1, 0)).abs().amax(dim=-1)
    return torch.where(finite, found, torch.inf)
