"""What is known beyond the chain rule, as equalities that a line may use by name: `left = right`, because `reason`.

A declaration gives one (y sums to 1), a definition gives one (sum_k x_k = D mu; exp(z_i)/sum_k exp(z_k) = p_i), and so
does a gradient that is derived already. A fact holds for all values of its `indices`.
"""

from __future__ import annotations

from collections.abc import Sequence

from sympy import Add, Expr, Idx, Indexed, IndexedBase, KroneckerDelta, Mul, Pow, S, Sum, Symbol, cancel

from derive.chain.sums import MANY, Fact, Facts, multiplied, summed
from derive.expressions.canonical import canonical
from derive.expressions.indices import fresh, index, limits, sum_over
from derive.expressions.intervals import inside
from derive.expressions.matrix_functions import OfMatrix, identity
from derive.expressions.powers import Monomial, monomial
from derive.expressions.symbols import Partial
from derive.language import Text
from derive.memo import memo
from derive.model.model import Case, Model, Node, Whole
from derive.model.nameless import is_softmax
from derive.model.structure import seen

SUMS_TO = Text("{family} sums to {value}", "{family} 的各元素之和为 {value}")
SUMS_OVER = Text("{family} sums to {value} over {idx}", "{family} 对 {idx} 求和为 {value}")
AMONG = Text("{position} is one of 1, …, {last}", "{position} 取 1, …, {last} 之一")
TOTAL = Text("{node} sums to {value} over {idx}, by its definition", "由定义，{node} 对 {idx} 求和为 {value}")
DEFINED = Text("by the definition of {node}", "由 {node} 的定义")
NAMED = Text("the value of the sum follows from {known}", "该求和式的值由 {known} 得出")
SYMMETRIC = Text("{matrix} is symmetric", "{matrix} 是对称矩阵")
TRIANGULAR = Text("{matrix} is lower triangular", "{matrix} 是下三角矩阵")
BY = Text("by {identity}", "由 {identity}")
ORTHOGONAL = Text("the columns of {matrix}, and its rows, are orthonormal", "{matrix} 的列与行分别标准正交")
Places = tuple[Expr | int, Expr | int]
WIDEST = 60  # operations; a longer sum is not simplified


@memo
def known(model: Model) -> Facts:
    """What a model knows: the sums that are declared or that its nodes are defined by, and its softmaxes by name."""
    found: Facts = ()
    for node in model.nodes.values():
        found += tuple(
            f for f in (*declared(node), *among(node), *defined(node)) if isinstance(f.left, Sum) or is_softmax(f.left)
        )
        found += totals(node, found)
    return found + tuple(fact for node in model.nodes.values() for fact in structural(node))


@memo
def totals(node: Node, facts: Facts) -> Facts:
    """A node whose elements sum to what is known: a softmax to 1, and labels that are mixed with the uniform ones."""
    expr = node.cases[0].expr if len(node.cases) == 1 else None
    if expr is None or not (facts or expr.has(Sum)) or multiplied(expr) > MANY:
        return ()
    return tuple(fact for idx in reversed(node.indices) if (fact := _total(node, idx, facts)) is not None)


def _total(node: Node, idx: Idx, facts: Facts) -> Fact | None:
    """The sum over one of its indices."""
    total, _ = summed(sum_over(node.cases[0].expr, (limits(idx),)), facts, always=True)
    narrow = total.count_ops() < WIDEST
    value = canonical(total) if narrow else total
    quotient = any(p.exp.could_extract_minus_sign() for p in value.atoms(Pow))
    if narrow and (quotient or not value.has(Sum)):  # without a fraction line no sum is cancelled
        value = cancel(value)
    if value.has(Sum) or idx in value.free_symbols or isinstance(value, Add):
        return None
    others = tuple(i for i in node.indices if i != idx)
    return Fact(sum_over(node.generic, (limits(idx),)), value, others, TOTAL(node=node.generic, idx=idx, value=value))


@memo
def declared(leaf: Node) -> Facts:
    """`sums_to`: the sum over the last index."""
    if leaf.sums_to is None:
        return ()
    *others, last = leaf.indices
    family = leaf.generic if others else leaf.symbol
    reason = (SUMS_OVER if others else SUMS_TO)(family=family, value=leaf.sums_to, **({"idx": last} if others else {}))
    return (Fact(sum_over(leaf.generic, (limits(last),)), leaf.sums_to, tuple(others), reason),)


@memo
def among(leaf: Node) -> Facts:
    """Positions: one index of their axis is equal to each of them."""
    if not isinstance(leaf.domain, Whole):
        return ()
    k = index("_k", 1, leaf.domain.most)
    because = AMONG(position=leaf.generic, last=leaf.domain.most)
    return (Fact(sum_over(KroneckerDelta(leaf.generic, k), (limits(k),)), S.One, leaf.indices, because),)


@memo
def defined(node: Node) -> Facts:
    """A definition that is a product gives its value a name; one with a single sum gives that sum a value.

    A product of plain names, w = g v/n, is as readable as its own name and stays; a quotient of two, u = x/r, is not.
    """
    if len(node.cases) != 1 or node.abstract is not None:
        return ()
    if not node.cases[0].expr.free_symbols >= set(node.indices):
        return ()  # any letter would do for an index that the value does not have
    factors = Mul.make_args(node.cases[0].expr)
    reason = DEFINED(node=node.generic)
    sums = [f for f in factors if isinstance(f, Sum)]
    rest = Mul(*(f for f in factors if not isinstance(f, Sum)))
    found = []
    if len(sums) == 1 and not rest.free_symbols & set(node.indices) and _never_zero(rest):
        found.append(Fact(sums[0], node.generic / rest, node.indices, reason))
    elif len((product := monomial(factors)).powers) > 1 and nameable(product):
        found.append(Fact(node.cases[0].expr, node.generic, node.indices, reason))
    return tuple(found)


def nameable(product: Monomial) -> bool:
    """Is a product longer to read than a name: does it hold more than plain names, or is it a quotient of two?"""
    plain = all(isinstance(base, (Symbol, Indexed)) for base in product.powers)
    quotient = product.number == 1 and sorted(bool(e > 0) for e in product.powers.values()) == [False, True]
    return not plain or quotient


def _never_zero(expr: Expr) -> bool:
    """One divides only by numbers and sizes."""
    return all(s.is_Symbol and s.is_integer and s.is_positive for s in expr.free_symbols) and expr != 0


@memo
def naming(partial: Partial, value: Expr) -> Facts:
    """From `partial = sum / factor`: the sum, written by the partial.

    Nothing where one would divide by a quantity, and nothing where the partial has an index that the sum has not.
    """
    sums = [f for f in Mul.make_args(value) if isinstance(f, Sum)]
    if len(sums) != 1 or not partial.indices <= sums[0].free_symbols:
        return ()
    inverse = 1 / Mul(*(f for f in Mul.make_args(value) if f is not sums[0]))
    divides = any(isinstance(f, Pow) and f.exp.is_negative for f in Mul.make_args(inverse))
    return () if divides else (Fact(sums[0], partial * inverse, (), NAMED(known=partial)),)


@memo
def structural(node: Node) -> Facts:
    """What is known of a whole matrix: S[j, i] is S[i, j], L[i, j] is 0 for j > i; Q^T Q, Q Q^T and A A^-1 are I."""
    expr = node.cases[0].expr if len(node.cases) == 1 else None
    inverse = expr if isinstance(expr, OfMatrix) and expr.row.name == "inverse" else None
    if not node.structure and inverse is None:
        return ()
    *batch, i, j = node.indices
    found: Facts = ()
    if node.symmetric:
        found += (Fact(node.at(*batch, j, i), node.generic, node.indices, SYMMETRIC(matrix=node.matrix)),)
    if node.structure == "triangular":
        above = inside(j, i + 1, i.upper) * node.generic
        found += (Fact(above, S.Zero, node.indices, TRIANGULAR(matrix=node.matrix)),)
    if node.structure == "orthogonal":
        found += _identity(node, ORTHOGONAL(matrix=node.matrix), [((0, i), (0, j)), ((i, 0), (j, 0))], node.symbol)
    if inverse is not None:
        because = BY(identity=identity(inverse, node.symbol))
        turned = [((i, 0), (j, 0))] if node.symmetric else [((i, 0), (0, j)), ((0, j), (i, 0))]
        found += _identity(node, because, turned, inverse.matrix)
    return found


@memo
def turned_adjoint(model: Model, node: Node, adjoint: Partial, value: Expr) -> Facts:
    """The adjoint of a matrix that is seen to be symmetric: dL/dK = -K^-1 B K^-1 where B and K are."""
    if node.is_leaf or node.structure not in ("symmetric", "positive definite"):
        return ()
    if not seen(node.indices, (Case(node.indices, value),), model.nodes):
        return ()
    *batch, i, j = node.indices
    other = Partial(adjoint.of, node.at(*batch, j, i))
    return (Fact(other, adjoint, node.indices, SYMMETRIC(matrix=Partial(adjoint.of, node.matrix))),)


def _identity(node: Node, because: Text, pairs: Sequence[tuple[Places, Places]], other: IndexedBase) -> Facts:
    """Sums over products of two elements that are the identity; 0 stands for the index that is summed."""
    *batch, i, j = node.indices
    k = fresh(i, node.indices)

    def at(family: IndexedBase, places: Places) -> Expr:
        return family[(*batch, *(k if p == 0 else p for p in places))]

    sums = (sum_over(at(other, a) * at(node.symbol, b), (limits(k),)) for a, b in pairs)
    return tuple(Fact(total, KroneckerDelta(i, j), node.indices, because) for total in sums)
