"""The value of the algebra of matrices, in columns of three and matrices of three by three."""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce
from typing import Any

import numpy as np
from sympy import Expr, Indexed, Max, Pow, preorder_traversal
from sympy.core.function import AppliedUndef
from sympy.matrices import MatrixBase

from derive.expressions import matrices as mat
from derive.expressions.functions import row_of
from derive.expressions.indices import name_of
from derive.expressions.matrix_functions import OfMatrix, Written, WrittenScalar
from derive.expressions.nabla import Nabla, NablaScalar
from derive.expressions.norms import Norm, SpectralRadius
from derive.expressions.symbols import Immediate, Partial
from derive.proofread import numbers as of
from derive.proofread.functions import function, of_matrix
from derive.proofread.meant import Env, Meant, meaning
from derive.proofread.names import as_it_looks, key
from derive.proofread.numbers import SIDE, Value


def _family(element: Any, axes: Sequence[Any], m: Meant, env: Env) -> Value:
    """A family as a column or a matrix; what is left of its indices says which one."""
    sides = [1 if mat.size(i) == 1 else SIDE for i in axes]
    rows = (sides[0], sides[1] if len(sides) > 1 else 1)
    base = getattr(element, "base", None)
    running = [i for i in getattr(element, "indices", ()) if i in axes]
    fixed = [i for i in getattr(element, "indices", ()) if i not in axes]
    if isinstance(base, Written):
        return _of_matrix(base, fixed, m, env)
    if isinstance(base, Nabla):
        return _nabla(base, m, rows)
    found = m.leaf(name_of(element) if base is not None else element.name, fixed, env, rows)
    return found.T if len(running) > 1 and running != list(axes) else found


@meaning.register(mat.Whole)
def _(expr: mat.Whole, m: Meant, env: Env) -> Value:
    element, axes = expr.element, expr.axes
    if not isinstance(element, Partial):
        return _family(element, axes, m, env)
    top = _family(element.of, axes, m, env) if set(axes) & set(getattr(element.of, "indices", ())) else None
    of_what = m.value(element.of, env) if top is None else top
    return of.derivative("+" * isinstance(element, Immediate), of_what, _family(element.wrt, axes, m, env))


@meaning.register(mat.Named)
def _(expr: mat.Named, m: Meant, env: Env) -> Value:
    name = expr.args[0]
    if isinstance(name, Partial):  # of two columns it is a matrix, of the loss a column
        top = (SIDE, 1) if expr.shape[1] != 1 else ()
        return of.derivative("", _column(name.of, top, m, env), _column(name.wrt, (SIDE, 1), m, env))
    if isinstance(name, AppliedUndef):  # a function of columns
        inner = [_column(a, _shape(expr), m, env) for a in name.args]
        return of.applied("".join(key(str(name.func))), *inner)
    base = getattr(name, "base", name)
    if isinstance(base, Written):
        return _of_matrix(base, getattr(name, "indices", ()), m, env)
    return _column(name, _shape(expr), m, env)


def _shape(expr: mat.Matrix) -> tuple[int, ...]:
    return tuple(1 if n == 1 else SIDE for n in expr.shape)


def _column(name: Any, shape: tuple[int, ...], m: Meant, env: Env) -> Value:
    places = name.indices if isinstance(name, Indexed) else ()
    return m.leaf(name_of(name) if places else str(name), places, env, shape)


@meaning.register(mat.Dots)
def _(expr: mat.Dots, m: Meant, env: Env) -> Value:
    return of.leaf("dots", (), (SIDE, SIDE))


@meaning.register(mat.Ones)
def _(expr: mat.Ones, m: Meant, env: Env) -> Value:
    return of.applied("ones", m.value(expr.args[0], env)) * np.ones((SIDE, 1))


@meaning.register(mat.Eye)
def _(expr: mat.Eye, m: Meant, env: Env) -> Value:
    return of.applied("eye", m.value(expr.args[0], env)) * np.eye(SIDE)


@meaning.register(mat.Zeros)
def _(expr: mat.Zeros, m: Meant, env: Env) -> Value:
    return 0.0


@meaning.register(mat.Unit)
def _(expr: mat.Unit, m: Meant, env: Env) -> Value:
    return of.leaf("unit", (m.value(expr.args[0], env),), (SIDE, 1))


@meaning.register(mat.Transpose)
def _(expr: mat.Transpose, m: Meant, env: Env) -> Value:
    return np.transpose(m.value(expr.args[0], env))


@meaning.register(mat.Times)
def _(expr: mat.Times, m: Meant, env: Env) -> Value:
    return m.product(expr.args, env)


@meaning.register(mat.Scaled)
def _(expr: mat.Scaled, m: Meant, env: Env) -> Value:
    scale, matrix = m.all(expr.args, env)
    return scale * matrix


@meaning.register(mat.Power)
def _(expr: mat.Power, m: Meant, env: Env) -> Value:
    return matrix_power(*m.all(expr.args, env))


def matrix_power(matrix: Value, exponent: Value) -> Value:
    """A power of a matrix; one that is no whole number is only what it is called."""
    if exponent == round(exponent):
        return of.power(matrix, exponent)
    return of.applied("power", matrix, exponent)


@meaning.register(mat.Plus)
def _(expr: mat.Plus, m: Meant, env: Env) -> Value:
    return reduce(np.add, m.all(expr.args, env))


@meaning.register(mat.Hadamard)
def _(expr: mat.Hadamard, m: Meant, env: Env) -> Value:
    return reduce(np.multiply, m.all(expr.args, env))


@meaning.register(mat.Entrywise)
def _(expr: mat.Entrywise, m: Meant, env: Env) -> Value:
    pattern, *rest = expr.args
    row, values = row_of(pattern), m.all(rest, env)
    if row is not None:
        return function(row, values)
    if isinstance(pattern, Pow):
        return values[0] ** float(pattern.exp)
    return of.extreme("max" if isinstance(pattern, Max) else "min", values)


@meaning.register(mat.Diag)
@meaning.register(mat.DiagonalOf)
def _(expr: Any, m: Meant, env: Env) -> Value:
    return of.diagonal(m.value(expr.args[0], env))


@meaning.register(mat.Kron)
def _(expr: mat.Kron, m: Meant, env: Env) -> Value:
    return np.kron(*m.all(expr.args, env))


@meaning.register(mat.Vec)
def _(expr: mat.Vec, m: Meant, env: Env) -> Value:
    return of.applied("vec", m.value(expr.args[0], env))


@meaning.register(mat.Unvec)
def _(expr: mat.Unvec, m: Meant, env: Env) -> Value:
    return of.applied("vec^-1", m.value(expr.args[0], env))


@meaning.register(mat.Lower)
def _(expr: mat.Lower, m: Meant, env: Env) -> Value:
    one = m.value(mat.Ones(expr.args[0]), env)
    return of.applied("tril", one @ one.T)


@meaning.register(mat.Low)
@meaning.register(mat.Softmax)
def _(expr: Any, m: Meant, env: Env) -> Value:
    return of.applied(type(expr).__name__.lower(), m.value(expr.args[0], env))


@meaning.register(mat.Trace)
def _(expr: mat.Trace, m: Meant, env: Env) -> Value:
    return float(np.trace(m.value(expr.args[0], env)))


@meaning.register(mat.Length)
def _(expr: mat.Length, m: Meant, env: Env) -> Value:
    return of.norm(m.value(expr.args[0], env), "" if mat.shape(expr.args[0])[1] == 1 else "F")


@meaning.register(mat.Summed)
def _(expr: mat.Summed, m: Meant, env: Env) -> Value:
    return m.under(expr.limits, lambda inner: m.value(expr.args[0], inner), env)


@meaning.register(mat.Submatrix)
def _(expr: mat.Submatrix, m: Meant, env: Env) -> Value:
    both = zip((expr.rows, expr.columns), mat.shape(expr.args[0]), strict=True)
    ends = [None if (a, b) == (1, n) else (m.value(a, env), m.value(b, env)) for (a, b), n in both]
    return of.block(m.value(expr.args[0], env), ends)


@meaning.register(mat.Stacked)
def _(expr: mat.Stacked, m: Meant, env: Env) -> Value:
    return of.table([m.all(row, env) for row in expr.args])


@meaning.register(mat.Entry)
def _(expr: mat.Entry, m: Meant, env: Env) -> Value:
    matrix, *places = m.all(expr.args, env)
    return of.entry(matrix, tuple(places))


@meaning.register(Written)
@meaning.register(WrittenScalar)
def _(expr: Any, m: Meant, env: Env) -> Value:
    return _of_matrix(expr, (), m, env)


def _of_matrix(expr: Any, batch: Sequence[Expr], m: Meant, env: Env) -> Value:
    return of_matrix(expr.row, expr.positive, m.leaf(name_of(expr.matrix), batch, env, (SIDE, SIDE)))


def _element(expr: Any, position: Sequence[Expr], m: Meant, env: Env) -> Value:
    matrix = _of_matrix(expr, position[: expr.many], m, env)
    places = tuple(m.all(position[expr.many :], env))
    return of.entry(matrix, places) if places else matrix


@meaning.register(OfMatrix)
def _(expr: OfMatrix, m: Meant, env: Env) -> Value:
    return _element(expr, expr.indices, m, env)


@meaning.register(Nabla)
@meaning.register(NablaScalar)
def _(expr: Any, m: Meant, env: Env) -> Value:
    return _nabla(expr, m, ())


def _nabla(expr: Any, m: Meant, shape: tuple[int, ...]) -> Value:
    """The symbol of a derivative, as a whole of this shape."""
    wrt, of_what = ("".join(key(name_of(e))) for e in (expr.wrt, expr.of))
    m.names.add((("nabla", wrt, of_what), 0, shape))
    found = of.applied("nabla", of.leaf(wrt, (), ()), of.leaf(of_what, (), ()))
    return found * np.ones(shape) if shape else found


@meaning.register(Indexed)
def _(expr: Indexed, m: Meant, env: Env) -> Value:
    if isinstance(expr.base, Written):
        return _element(expr.base, expr.indices, m, env)
    if isinstance(expr.base, Nabla):
        return of.entry(m.value(expr.base, env), tuple(m.all(expr.indices, env)))
    return m.leaf(name_of(expr), expr.indices, env)


@meaning.register(Norm)
def _(expr: Norm, m: Meant, env: Env) -> Value:
    kind = {"rows": "inf", "largest": "inf"}.get(expr.kind, expr.kind)
    if expr.over:
        m.leaf(expr.name, (0,))
        return of.bound("sup", 0.0, 0.0, lambda p: of.norm(of.leaf(*as_it_looks(key(expr.name), (p,)), ()), kind))
    inner = m.value(expr.args[0], env)
    return of.applied("abs", inner) if kind == "abs" else of.norm(inner, kind)


@meaning.register(SpectralRadius)
def _(expr: SpectralRadius, m: Meant, env: Env) -> Value:
    return of.norm(m.value(expr.args[0], env), "rho")


@meaning.register(MatrixBase)
def _(expr: Any, m: Meant, env: Env) -> Value:
    return of.table([[float(m.value(e, env)) for e in expr.row(n)] for n in range(expr.rows)])


@meaning.register(mat.Operator)
def _(expr: mat.Operator, m: Meant, env: Env) -> Value:
    return str(expr.args[0])


@meaning.register(mat.Signature)
def _(expr: mat.Signature, m: Meant, env: Env) -> Value:
    for part in preorder_traversal(expr.args[0]):
        m.all(mat.shape(part), env)  # sizes in the middle of a product are names of the formula too
    return np.array([m.all(mat.shape(expr.args[0]), env)])
