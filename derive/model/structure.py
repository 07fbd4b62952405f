"""What is known of a square matrix as a whole: declared by the author, or seen in the definition of a node."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import permutations

from sympy import Abs, Basic, Expr, Idx, Indexed, KroneckerDelta, Matrix, Mul, Pow, Sum, Symbol, eye

from derive.errors import ModelError
from derive.expressions.canonical import depth
from derive.expressions.indices import bound, index, name_of, substitute, through
from derive.expressions.matrix_functions import OfMatrix
from derive.expressions.symbols import Partial
from derive.model.model import Case, Node

STRUCTURES = {
    "symmetric": "symmetric", "positive_definite": "positive definite", "orthogonal": "orthogonal",
    "triangular": "triangular",
}  # fmt: skip
MOST = 3  # sums over more indices than this are not compared in all orders


def declared(name: str, wishes: Mapping[str, object], indices: tuple[Idx, ...], domain: str, total: object) -> str:
    """The structure that a leaf is declared to have. Errors: ModelError for what no matrix can have."""
    for word, value in wishes.items():
        if word not in STRUCTURES:
            known = ", ".join(STRUCTURES)
            raise ModelError(f"{name}: unknown declaration {word!r}; a matrix can be declared {known}")
        if not isinstance(value, bool):
            raise ModelError(f"{name}: {word}={value!r}: expected True or False")
    found = [word for word, value in wishes.items() if value]
    if set(found) == {"symmetric", "positive_definite"}:
        found = ["positive_definite"]
    if len(found) > 1:
        raise ModelError(f"{name}: {found[0]} and {found[1]} together are not supported; declare the one that is used")
    if not found:
        return ""
    if not _square(indices):
        raise ModelError(f"{name}: {found[0]}=True is said of a square matrix, g.parameter({name!r}, n, n)")
    if domain != "real" or total is not None:
        raise ModelError(f"{name}: {found[0]}=True leaves no room for a domain or a sum; declare one of them")
    return STRUCTURES[found[0]]


def has(structure: str, matrix: Matrix) -> bool:
    """Do these rational numbers make a matrix of that structure?"""
    if structure == "triangular":
        return bool(matrix.is_lower)
    if structure == "orthogonal":
        return bool(matrix.T * matrix == eye(matrix.rows))
    return bool(matrix == matrix.T and (structure == "symmetric" or matrix.is_positive_definite))


def seen(indices: tuple[Idx, ...], cases: tuple[Case, ...], known: Mapping[str, Node | Symbol]) -> str:
    """The structure that a definition shows: that exchanging its two indices changes nothing."""
    if len(cases) != 1 or not _square(indices):
        return ""
    expr = cases[0].expr
    symmetric = frozenset(n.name for n in known.values() if isinstance(n, Node) and n.symmetric)
    if isinstance(expr, OfMatrix):
        if expr.row.name != "inverse":
            return "triangular" if expr.row.name == "cholesky" else "orthogonal" if expr.row.rank == 2 else ""
        node = known[expr.matrix.name]
        return node.structure if isinstance(node, Node) and node.structure != "" else ""
    if cases[0].position != indices:
        return ""
    i, j = indices[-2:]
    turned = substitute(expr, {i: j, j: i})
    return "symmetric" if _form(expr, symmetric) == _form(turned, symmetric) else ""


def stays(node: Node, known: Mapping[str, Node | Symbol]) -> None:
    """A state that is declared symmetric begins so, and its law makes a symmetric matrix of symmetric ones.

    Errors: ModelError where a definition does not show it.
    """
    for case in node.cases if node.structure else ():
        if not seen(node.indices, (Case(node.indices, case.expr),), known):
            i, j = node.indices[-2:]
            raise ModelError(
                f"{node.name} is declared symmetric, but {node.at(*case.position)} = {case.expr} does not show it: "
                f"exchanging {i} and {j} changes it; leave symmetric=True out, or write it as the mean of both"
            )


def _square(indices: tuple[Idx, ...]) -> bool:
    """Are the last two indices, rows and columns, of one range?"""
    return len(indices) >= 2 and len({(i.lower, i.upper) for i in indices[-2:]}) == 1


def bottlenecks(matrix: Node) -> Iterator[Expr]:
    """Numbers that the rank of a matrix of products cannot exceed: N for X^T X/c, whose sum joins rows and columns."""
    whole = Mul.make_args(matrix.cases[0].expr) if len(matrix.cases) == 1 else ()
    sums = [f for f in whole if isinstance(f, Sum)]
    row, column = matrix.indices[-2:]
    if len(sums) != 1 or any({row, column} & f.free_symbols for f in whole if f is not sums[0]):
        return
    factors = [f.free_symbols for f in Mul.make_args(sums[0].function)]
    for idx, low, high in sums[0].limits:
        joined = {row}
        while more := {s for f in factors if f & joined for s in f if isinstance(s, Idx)} - joined - {idx}:
            joined |= more
        if column not in joined:
            yield high - low + 1


def _form(expr: Basic, symmetric: frozenset[str]) -> Expr:
    """One spelling for expressions that differ in the letters of their sums and in the order of symmetric indices."""
    if isinstance(expr, Partial):  # an adjoint of a symmetric matrix need not be symmetric
        return expr
    if isinstance(expr, Indexed) and name_of(expr) in symmetric:
        *batch, i, j = expr.indices
        return expr.base[(*batch, *sorted((i, j), key=str))]
    deltas = [f for f in expr.args if isinstance(f, KroneckerDelta)] if isinstance(expr, Mul) else []
    if deltas:  # d_i where i = j is d_j
        one, other = sorted(deltas[0].args, key=str)
        return (
            deltas[0] * _form(substitute(expr / deltas[0], {other: one}), symmetric) if isinstance(other, Idx) else expr
        )
    if not isinstance(expr, Sum) or len(expr.limits) > MOST:
        found = through(expr, lambda part: _form(part, symmetric))
        even = isinstance(found, Abs) or (isinstance(found, Pow) and found.exp.is_even)
        turned = even and found.args[0].could_extract_minus_sign()  # (x - y)^2 is (y - x)^2
        return found.func(-found.args[0], *found.args[1:]) if turned else found
    spelled, first = [], depth(expr.function)  # the letters of the sums inside are taken
    for order in permutations(expr.limits):
        letters: dict[Basic, Basic] = {b[0]: index(f"_{first + n}", *b[1:]) for n, b in enumerate(order)}
        ends = [(letters[i], substitute(a, letters), substitute(b, letters)) for i, a, b in order]
        spelled.append(bound(Sum, _form(substitute(expr.function, letters), symmetric), ends))
    return min(spelled, key=str)
