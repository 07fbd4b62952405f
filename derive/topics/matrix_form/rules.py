"""What makes matrices: each function gives the shortest form that follows from a rule of matrix algebra.

(A B)^T = B^T A^T, diag(v) w = v * w entry by entry, v^T v = |v|^2, tr(A^T A) = |A|^2, A v + B v = (A + B) v. Of two
forms that differ in their transposes the one with fewer stands.
"""

from __future__ import annotations

from typing import Any

from sympy import Add, Expr, Mul, Pow, S, Tuple, preorder_traversal

from derive.expressions.matrices import (
    HOLE,
    ONE,
    Diag,
    DiagonalOf,
    Entrywise,
    Eye,
    Hadamard,
    Kron,
    Length,
    Low,
    Lower,
    Ones,
    Plus,
    Power,
    Scaled,
    Stacked,
    Submatrix,
    Summed,
    Symmetric,
    Times,
    Trace,
    Transpose,
    Unvec,
    Vec,
    Zeros,
    is_scalar,
    shape,
)
from derive.expressions.products import minus_in_front
from derive.memo import memo

BY_ENTRY = (Hadamard, Plus, Entrywise)


def transpose(x: Expr) -> Expr:
    """x^T, taken inwards where that leaves no more transposes than before, and into a sum of products."""
    if (
        is_scalar(x)
        or isinstance(x, (Diag, Eye, Symmetric))
        or (isinstance(x, Power) and isinstance(x.args[0], Symmetric))
    ):
        return x
    if isinstance(x, Transpose):
        return x.args[0]
    if isinstance(x, Times):
        return times(*(transpose(a) for a in reversed(x.args)))
    if isinstance(x, Scaled):
        return scaled(x.args[0], transpose(x.args[1]))
    if isinstance(x, Zeros):
        return Zeros(*reversed(x.args))
    if isinstance(x, Submatrix) and not (isinstance(turned := transpose(x.args[0]), Transpose) and _transposes(turned)):
        return Submatrix(turned, *x.columns, *x.rows)
    if isinstance(x, Stacked):
        return Stacked(*(Tuple(*map(transpose, column)) for column in zip(*x.args, strict=True)))
    if isinstance(x, Summed):
        return Summed(transpose(x.args[0]), *x.args[1:])
    if isinstance(x, BY_ENTRY):
        turned = _turned(x)
        inwards = _of_products(x) or _transposes(turned) < 1 + _transposes(x)
        return turned if inwards else Transpose(x)
    return Transpose(x)


def _of_products(x: Expr) -> bool:
    """True for a sum of products, such as A B + C D: a reader expects B^T A^T + D^T C^T."""
    return isinstance(x, Plus) and all(isinstance(a.args[1] if isinstance(a, Scaled) else a, Times) for a in x.args)


def _turned(x: Expr) -> Expr:
    """The transpose, taken through an operation on entries."""
    if isinstance(x, Entrywise):
        return Entrywise(x.args[0], *(transpose(a) for a in x.args[1:]))
    return x.func(*(transpose(a) for a in x.args))


@memo
def _transposes(x: Expr) -> int:
    """How many transposes one reads; that of an inverse, A^-T, is none."""
    return (isinstance(x, Transpose) and not _is_inverse(x.args[0])) + sum(map(_transposes, x.args))


def _is_inverse(x: Expr) -> bool:
    return isinstance(x, Power) and bool(x.args[1] == -1)


def _shorter(x: Expr) -> Expr:
    """Of a number and its transpose, which are the same, the one with fewer transposes: x^T A y for y^T A^T x."""
    if len(x.args) < 3 or not is_scalar(x):
        return x
    turned = Times(*(transpose(a) for a in reversed(x.args)))
    return turned if _turns(turned) < _turns(x) else x


def _turns(x: Expr) -> int:
    return sum(isinstance(part, Transpose) for part in preorder_traversal(x))


def _upright(x: Expr) -> Expr:
    """What is made entry by entry of transposes, as one transpose."""
    if not isinstance(x, BY_ENTRY) or shape(x)[1] == ONE or not any(isinstance(a, Transpose) for a in x.args):
        return x
    turned = _turned(x)
    return Transpose(turned) if 1 + _transposes(turned) < _transposes(x) else x


def times(*factors: Expr) -> Expr:
    """The matrix product, flat, scalars in front."""
    scale, flat = _unscaled(factors, Times)
    flat = [f for f in flat if not isinstance(f, Eye)] or flat[:1]
    for at in range(len(flat) - 1):
        found = _pair(flat[at], flat[at + 1])
        if found is not None:
            return scaled(scale, times(*flat[:at], found, *flat[at + 2 :]))
    return scaled(scale, flat[0] if len(flat) == 1 else _shorter(Times(*flat)))


def _pair(a: Expr, b: Expr) -> Expr | None:
    """A rule for two neighbours of a product; None where there is none."""
    if is_scalar(a) or is_scalar(b):
        return scaled(a, b) if is_scalar(a) else scaled(b, a)
    if isinstance(a, Zeros) or isinstance(b, Zeros):
        return Zeros(shape(a)[0], shape(b)[1])
    if isinstance(a, Transpose) and a.args[0] == b and shape(b)[1] == ONE:
        return shape(b)[0] if isinstance(b, Ones) else Length(b) ** 2
    if isinstance(a, Transpose) and isinstance(a.args[0], Ones) and isinstance(b, DiagonalOf):
        return Trace(b.args[0])
    if isinstance(a, Diag) and shape(b)[1] == ONE:
        return hadamard(a.args[0], b)
    if isinstance(b, Diag) and shape(a)[0] == ONE:
        return transpose(hadamard(transpose(a), b.args[0]))
    if isinstance(a, Diag) and isinstance(b, Diag):
        return Diag(hadamard(a.args[0], b.args[0]))
    return _powers(a, b)


def _powers(a: Expr, b: Expr) -> Expr | None:
    """A A is A^2, A^T A^T is (A^2)^T, A A^-1 is the identity; None where the two are no powers of one matrix."""
    if isinstance(a, Transpose) and isinstance(b, Transpose):
        found = _powers(b.args[0], a.args[0])
        return None if found is None else transpose(found)
    (base, first), (other, last) = (x.args if isinstance(x, Power) else (x, ONE) for x in (a, b))
    if base != other or isinstance(base, Times) or shape(a) != shape(b) or shape(a)[0] != shape(a)[1]:
        return None
    exponent = first + last
    return Eye(shape(a)[0]) if exponent == 0 else base if exponent == 1 else Power(base, exponent)


def trace_of(a: Expr, b: Expr) -> Expr:
    """tr(a^T b)."""
    scale, (a, b) = _unscaled([a, b], ())
    if a == b:
        return scaled(scale, Length(a) ** 2)
    found = times(transpose(a), b)
    turned = transpose(found)  # tr(A) is tr(A^T)
    return scaled(scale, Trace(turned if _marks(turned) < _marks(found) else found))


def _marks(x: Expr) -> tuple[int, int]:
    """How many transposes there are, those of inverses last."""
    return _transposes(x), _turns(x)


def diagonal_of(x: Expr) -> Expr:
    """The diagonal of a square matrix as a column, that of a sum as the sum of the diagonals."""
    scale, x = x.args if isinstance(x, Scaled) else (S.One, x)
    return scaled(scale, x.args[0] if isinstance(x, Diag) else DiagonalOf(x.args[0] if isinstance(x, Transpose) else x))


def hadamard(*factors: Expr) -> Expr:
    """The product entry by entry, scalars in front, ones left out."""
    scale, flat = _unscaled(factors, Hadamard)
    if any(isinstance(f, Zeros) for f in flat):
        return Zeros(*shape(flat[0]))
    if any(isinstance(f, Transpose) and isinstance(f.args[0], Lower) for f in flat):
        return scaled(scale, transpose(hadamard(*map(transpose, flat))))
    if any(isinstance(f, Lower) for f in flat):
        return scaled(scale, _low(flat))
    if any(isinstance(f, Eye) for f in flat):
        rest = hadamard(*(f for f in flat if not isinstance(f, Eye)), Ones(shape(flat[0])[0]))
        return scaled(scale, Eye(shape(flat[0])[0]) if isinstance(rest, Ones) else Diag(diagonal_of(rest)))
    kept = [f for f in flat if not isinstance(f, Ones)] or flat[:1]
    return scaled(scale, kept[0] if len(kept) == 1 else _upright(Hadamard(*kept)))


def _low(factors: list[Expr]) -> Expr:
    """The lower triangle with half of the diagonal: A times 1 - I/2 entry by entry, below the diagonal."""
    n = shape(factors[0])[0]
    halved = plus(times(Ones(n), transpose(Ones(n))), scaled(-S.Half, Eye(n)))
    rest = [f for f in factors if f != halved and not isinstance(f, Lower)]
    if len(rest) + 2 != len(factors):
        return Hadamard(*factors)
    return Low(hadamard(*rest) if rest else times(Ones(n), transpose(Ones(n))))


def _unscaled(factors: tuple[Expr, ...] | list[Expr], kind: Any) -> tuple[Expr, list[Expr]]:
    """The scalars of a product, and its other factors, nested products of the kind opened."""
    scale: Expr = S.One
    flat: list[Expr] = []
    for factor in factors:
        if isinstance(factor, Scaled):
            scale, factor = scale * factor.args[0], factor.args[1]
        flat += factor.args if isinstance(factor, kind) else [factor]
    return scale, flat


def plus(*terms: Expr) -> Expr:
    """The sum, flat, zeros left out."""
    if all(map(is_scalar, terms)):
        return Add(*terms)
    flat = [t for term in terms for t in (term.args if isinstance(term, Plus) else [term])]
    kept = [t for t in flat if not isinstance(t, Zeros)] or flat[:1]
    common, kept = _common(_collected(kept))
    kept = _by_tails(kept) if shape(kept[0])[1] == ONE else kept
    if len(kept) == 1:
        return scaled(common, kept[0])
    return scaled(common, _between(kept) or _mirrored(kept) or _upright(Plus(*kept)))


def _mirrored(terms: list[Expr]) -> Expr | None:
    """low(A) + low(A)^T is A, where A is symmetric."""
    low = next((t.args[0] for t in terms if isinstance(t, Low)), None)
    same = low is not None and len(terms) == 2 and Transpose(Low(low)) in terms and transpose(low) == low
    return low if same else None


def _between(terms: list[Expr]) -> Expr | None:
    """X A Y + X B Y as X (A + B) Y, where A and B are lower triangles."""
    if not all(isinstance(t, Times) and len(t.args) == 3 and t.args[1].has(Low) for t in terms):
        return None
    if len({(t.args[0], t.args[-1]) for t in terms}) > 1:
        return None
    return times(terms[0].args[0], plus(*(t.args[1] for t in terms)), terms[0].args[-1])


def _by_tails(columns: list[Expr]) -> list[Expr]:
    """Products that end in the same column as one: A x + B x + b is (A + B) x + b."""
    groups: dict[Expr | tuple[Expr], list[Expr]] = {}
    for column in columns:
        scale, x = column.args if isinstance(column, Scaled) else (S.One, column)
        joins = isinstance(x, Times) and scale.is_number
        groups.setdefault(x.args[-1] if joins else (column,), []).append(column)
    return [same[0] if len(same) == 1 else _without_tail(same) for same in groups.values()]


def _without_tail(columns: list[Expr]) -> Expr:
    """A x + 2 B x as (A + 2 B) x."""
    split = [c.args if isinstance(c, Scaled) else (S.One, c) for c in columns]
    heads = [scaled(scale, times(*x.args[:-1])) for scale, x in split]
    return times(plus(*heads), split[0][1].args[-1])


def _collected(terms: list[Expr]) -> list[Expr]:
    """Equal terms as one, with the sum of their numbers."""
    found: dict[Expr, Expr] = {}
    for term in terms:
        scale, matrix = term.args if isinstance(term, Scaled) else (S.One, term)
        found[matrix] = found.get(matrix, S.Zero) + scale
    if len(found) == len(terms):
        return terms
    left = [scaled(scale, matrix) for matrix, scale in found.items() if scale != 0]
    return left or [Zeros(*shape(terms[0]))]


def _common(terms: list[Expr]) -> tuple[Expr, list[Expr]]:
    """A scalar that all terms carry, up to their signs, and the terms without it."""
    scales = [t.args[0] if isinstance(t, Scaled) else S.One for t in terms]
    first = -scales[0] if minus_in_front(scales[0]) else scales[0]
    signs = [s / first for s in scales]
    if any(abs(s) != 1 for s in signs):
        return S.One, terms
    common = -first if all(s == -1 for s in signs) else first
    return common, [scaled(1 / common, t) for t in terms]


def scaled(scale: Expr, x: Expr) -> Expr:
    """A scalar times a matrix."""
    if is_scalar(x):
        return Mul(scale, x)
    if isinstance(x, Scaled):
        scale, x = scale * x.args[0], x.args[1]
    if scale == 0:
        return Zeros(*shape(x))
    return x if scale == 1 else Scaled(scale, x)


def entrywise(pattern: Expr, *arguments: Expr) -> Expr:
    """A function of every entry; of a scalar the function itself."""
    if all(map(is_scalar, arguments)) and len(arguments) == 1:
        return pattern.xreplace({HOLE: arguments[0]})
    if isinstance(pattern, Pow) and isinstance(arguments[0], Ones):
        return arguments[0]
    return _upright(Entrywise(pattern, *arguments))


def vec(matrix: Expr) -> Expr:
    """The columns below each other: vec(P vec^-1(x) Q) = (Q^T * P) x with the Kronecker product."""
    if isinstance(matrix, Scaled):
        return scaled(matrix.args[0], vec(matrix.args[1]))
    factors = matrix.args if isinstance(matrix, Times) else (matrix,)
    at = next((n for n, f in enumerate(factors) if isinstance(f, Unvec)), None)
    if at is None:
        return Vec(matrix)
    left, right = factors[:at], factors[at + 1 :]
    column = factors[at].args[0]
    if not left and not right:
        return column
    rows, columns = shape(factors[at])
    both = transpose(times(*right)) if right else Eye(columns), times(*left) if left else Eye(rows)
    return times(kron(*both), column)


def kron(left: Expr, right: Expr) -> Expr:
    """The Kronecker product; of two transposed matrices the transpose of theirs."""
    if isinstance(left, Transpose) and isinstance(right, Transpose):
        return transpose(Kron(left.args[0], right.args[0]))
    return Kron(left, right)
