"""Values of the measures of conditions: norms and spectral radii of random parameters, at every point at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch
from sympy import Dummy, Expr, Indexed, IndexedBase, Symbol
from sympy.matrices import MatrixBase

from derive.evaluate.kernels import Kernels
from derive.evaluate.store import Store
from derive.expressions.indices import substitute
from derive.expressions.norms import IDENTITY, Norm, SpectralRadius
from derive.memo import memo

Array = torch.Tensor


def measure(expr: Expr, store: Store, kernels: Kernels, where: Mapping[Symbol, Expr], points: int) -> Array:
    """The value of an expression in norms, spectral radii and scalars, shape (points,)."""
    formula, atoms = _named(expr, tuple(where.items()))
    for name, atom in atoms:
        value = _radius(atom, store, kernels, points) if isinstance(atom, SpectralRadius) else _norm(atom, store)
        store.put(name, value, [])
    with torch.no_grad():
        found: Array = kernels.evaluate(formula, store)
    return found.expand(points)


@memo
def _named(expr: Expr, where: tuple[tuple[Symbol, Expr], ...]) -> tuple[Expr, tuple[tuple[str, Expr], ...]]:
    """The expression with a name for every norm and spectral radius, and what the names stand for."""
    for symbol, value in reversed(where):
        expr = expr.xreplace({symbol: value})  # also B inside its spectral radius
    atoms = {f"size of {atom}": atom for atom in expr.atoms(SpectralRadius, Norm)}
    put = {atom: Symbol(name, real=True) for name, atom in atoms.items()}
    return substitute(expr, put), tuple(atoms.items())


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


@memo
def _blocks(matrix: MatrixBase) -> bool:
    """True if the entries are matrices themselves, and no numbers such as norms of matrices."""
    numbers = {n: Dummy() for n in matrix.atoms(Norm, Indexed)}
    return bool(matrix.xreplace(numbers).atoms(IndexedBase))


def _of_blocks(matrix: MatrixBase, store: Store, kernels: Kernels, points: int) -> Array:
    """A matrix of blocks in numbers: each is a sum of multiples of families and of the identity."""
    families, entries = _multiples(matrix)
    arrays = [store.whole(str(f)) for f in families]
    n = len(arrays[0])
    arrays.append(torch.eye(n, dtype=torch.float64).unsqueeze(-1))

    def block(multiples: Sequence[Expr]) -> Array:
        found = torch.zeros(n, n, points, dtype=torch.float64)
        for multiple, array in zip(multiples, arrays, strict=True):
            found = found + measure(multiple, store, kernels, {}, points) * array
        return found

    rows = [torch.cat([block(multiples) for multiples in row], dim=1) for row in entries]
    return torch.cat(rows, dim=0)


@memo
def _multiples(matrix: MatrixBase) -> tuple[list[Expr], list[list[list[Expr]]]]:
    """The families in a matrix of blocks, and of each entry what multiplies each of them and, at last, the identity."""
    families = sorted(matrix.atoms(IndexedBase), key=str)
    own = [*families, IDENTITY]
    return families, [[[entry.coeff(f) for f in own] for entry in matrix.row(r)] for r in range(matrix.rows)]


def radius(array: Array) -> Array:
    """The spectral radius of matrices of shape (n, n, points)."""
    finite = array.isfinite().all(dim=0).all(dim=0)
    found = torch.linalg.eigvals(torch.where(finite, array, 0.0).movedim(-1, 0)).abs().amax(dim=-1)
    return torch.where(finite, found, torch.inf)
