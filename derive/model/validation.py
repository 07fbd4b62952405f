"""What a graph refuses, each with one line that says what was found and what to do."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from fractions import Fraction
from numbers import Number
from typing import Any

from sympy import (
    Basic,
    Derivative,
    Expr,
    Float,
    I,
    Idx,
    Indexed,
    IndexedBase,
    Integer,
    Integral,
    Limit,
    Order,
    Pow,
    Rational,
    S,
    Subs,
    Symbol,
    nan,
    oo,
    preorder_traversal,
    sympify,
    zoo,
)
from sympy.core.function import AppliedUndef
from sympy.functions.elementary.piecewise import ExprCondPair
from sympy.matrices.kind import MatrixKind
from sympy.tensor.array.ndim_array import ArrayKind

from derive.errors import ModelError
from derive.expressions.indices import BINDERS
from derive.expressions.matrix_functions import OfMatrix
from derive.expressions.notation import NAME
from derive.expressions.symbols import Partial
from derive.expressions.traverse import free_indices, rewrite
from derive.memo import one
from derive.model.model import NOTHING, Domain, Model, Node, references
from derive.model.schedule import stages
from derive.model.typeset import same_name

REAL = "complex numbers are out: write the real and the imaginary part as two real quantities"
DOMAINS = ("real", "positive", "probability", "binary", "sign", "nonzero")


def expression(value: Any, where: str) -> Expr:
    """A sympy expression from an expression or an exact number; text is never evaluated."""
    if isinstance(value, Expr):
        value = _exact(one(value))
        if any(a.is_real is False and not a.is_infinite for a in value.atoms(type(I), Pow)):
            raise ModelError(f"{where}: {value} is complex; {REAL}")
        for atom in _not_finite(value) if value.has(nan, oo, -oo, zoo) else ():
            remark = "; -oo may only be the value of a branch, as in Piecewise((s, j <= i), (-oo, True))"
            raise ModelError(
                f"{where}: expected a finite real expression, found {atom} in {value}{remark * (atom is -oo)}"
            )
        foreign(value, where)
        for family in bare(value):
            raise ModelError(
                f"{where}: the family {family} stands without an index; write {family}[...], or a word for the whole "
                f"of a matrix, such as inverse({family})[i, j], or all without indices, as in g.define('h', W @ x)"
            )
        return value
    if isinstance(value, (int, Fraction)) and not isinstance(value, bool):
        return Rational(value) if isinstance(value, Fraction) else Integer(value)
    if isinstance(value, float) and value == value and abs(value) != float("inf"):
        return Rational(repr(value))
    remark = f"; {REAL}" if isinstance(value, complex) else ""
    raise ModelError(
        f"{where}: expected a sympy expression or a finite number, found {value!r} ({type(value).__name__}){remark}"
    )


def _exact(expr: Expr) -> Expr:
    """The floats that are short in binary as fractions: x**2.0 is x**2, which is no power of positive numbers only, and
    the slope of 0.5 x**2 is x, not 1.0 x."""

    def short(part: Expr) -> Expr | None:
        return Rational(str(part)) if part.is_Float and abs(part) <= 1000 and (8 * part) % 1 == 0 else None

    return rewrite(expr, short) if expr.atoms(Float) else expr


def _not_finite(expr: Basic) -> Iterator[Basic]:
    """What is no real number; an infinite branch is one: a mask, which exp and maxima make finite again."""
    if expr in (nan, oo, -oo, zoo):
        yield expr
    elif not isinstance(expr, Idx):
        masked = isinstance(expr, ExprCondPair) and expr.args[0] in (oo, -oo)
        for arg in expr.args[masked:]:
            yield from _not_finite(arg)


def foreign(expr: Expr, where: str) -> None:
    """Refuse what looks like mathematics but is none of a graph's: sympy's own matrices, and what waits for `doit()`.

    A sum whose range runs downwards is refused too, for sympy counts it with the other sign and others count nothing.
    """
    for part in preorder_traversal(expr):
        array = (type(part).__module__ or "").startswith("sympy.tensor.array.")
        if array or isinstance(getattr(part, "kind", None), (MatrixKind, ArrayKind)):
            raise ModelError(
                f"{where}: {part} is a matrix of sympy; a matrix is a family of this graph, read by its indices: "
                "A = g.parameter('A', n, n) and A[i, j], a product as Sum(A[i, k]*B[k, j], k)"
            )
        if isinstance(part, Partial):
            raise ModelError(
                f"{where}: {part} is known by name only; a derivative in a definition is g.derivative(f, x)"
            )
        if isinstance(part, (Derivative, Integral, Limit, Order, Subs)):
            name = type(part).__name__
            raise ModelError(f"{where}: {part} is not computed; write its value, such as {name}(...).doit()")
        for idx, low, high in part.limits if isinstance(part, BINDERS) else ():
            if (low - high).is_nonnegative and low - high not in (0, 1):  # by 1: empty, as one writes it
                raise ModelError(f"{where}: {idx} runs from {low} down to {high}; write ({idx}, {high}, {low})")


def bare(expr: Basic) -> Iterator[IndexedBase]:
    """The families without an index, but for the arguments of an abstract function."""
    if isinstance(expr, IndexedBase):
        yield expr
    elif not isinstance(expr, (Indexed, OfMatrix)):
        for arg in expr.args:
            if not (isinstance(expr, AppliedUndef) and isinstance(arg, IndexedBase)):
                yield from bare(arg)


def over(value: Any) -> tuple[Idx, ...]:
    """The indices of a family: one, or several."""
    indices = tuple(value) if isinstance(value, (tuple, list)) else (value,)
    for idx in indices:
        if not isinstance(idx, Idx):
            raise ModelError(f"over={idx!r}: expected an index; make it with g.index(name, size)")
    return indices


def dimension(value: Any, sizes: Iterable[Symbol]) -> tuple[Expr, Expr]:
    """The ends of a range: 1 and a size or number, or a pair (lower, upper)."""
    if isinstance(value, tuple) and len(value) != 2:
        raise ModelError(f"a range has two ends, (lower, upper); found {value}")
    low, high = (expression(end, "a range") for end in (value if isinstance(value, tuple) else (1, value)))
    foreign = (low.free_symbols | high.free_symbols) - set(sizes)
    if foreign or not (low.is_integer and high.is_integer):
        raise ModelError(f"the range {low}..{high} is not made of whole numbers and the sizes of this graph")
    if (high - low).is_negative:
        raise ModelError(f"the range {low}..{high} is empty")
    return low, high


def refers_to_itself(node: Node) -> None:
    """A fixed point is one of a definition that holds it, and says more than that it is itself."""
    if node.name not in {use.name for use in references(node.cases[0].expr, node.indices)}:
        raise ModelError(f"{node.name}: a fixed point refers to itself, and this does not; write it with g.node(...)")
    itself = node.at(*node.indices)
    if node.cases[0].expr == itself:
        raise ModelError(f"{node.name}: every number satisfies {itself} = {itself}; give it an equation")


def new_name(name: str, taken: Mapping[str, str]) -> None:
    """A name is a word, and new, also to the eye; `taken` says what each of the others is."""
    if not isinstance(name, str) or not NAME.fullmatch(name):
        raise ModelError(f"the name {name!r} is not a word like w_hh, x1 or theta")
    if name in taken:
        what = f": it is {taken[name]} already" if taken[name] else ""
        raise ModelError(f"{name} is defined twice{what}; give the second one another name")
    same_name(name, taken)


def least(name: str, found: Any) -> None:
    """The least number of a size is a whole number from 1."""
    if isinstance(found, bool) or not isinstance(found, int) or found < 1:
        raise ModelError(f"the size {name}: least={found!r} is not a whole number from 1")


def domain(name: str, found: Any) -> Domain:
    """The values that a leaf may take have a name, or lie between two ends."""
    if isinstance(found, (tuple, list)) and len(found) == 2:
        low, high = (sympify(end, strict=True) if isinstance(end, (Number, Expr)) else S.NaN for end in found)
        if not (low.is_number and high.is_number and low.is_extended_real and high.is_extended_real and low < high):
            raise ModelError(f"{name}: domain={found}: expected two numbers, the lower one first; oo is a number here")
        return {(-oo, oo): "real", (S.Zero, oo): "positive", (S.Zero, S.One): "probability"}.get(
            (low, high), (low, high)
        )
    if not isinstance(found, str) or found not in DOMAINS:
        raise ModelError(
            f"{name}: unknown domain {found!r}; the domains are {', '.join(DOMAINS)}, and intervals such as (1, oo)"
        )
    return found


def places(name: str, low: Expr, dimensions: tuple[Any, ...]) -> None:
    """Positions count from 1, and there are several."""
    if low != 1:
        raise ModelError(f"{name}: positions count from 1; among= is a size, found a range from {low}")
    if not dimensions:
        raise ModelError(f"{name}: positions have an index of their own: g.positions({name!r}, N, among=C)")


def total(name: str, found: Expr | None, domain: Domain, has_index: bool) -> None:
    """The elements of a family of numbers can sum to a number, those that lie between 0 and 1 to 1."""
    if found is None:
        return
    if not has_index:
        raise ModelError(f"{name}: sums_to={found} needs an index to sum over; {name} is a single number")
    if not found.is_Rational:
        raise ModelError(f"{name}: sums_to={found} is not a number")
    if not isinstance(domain, str):
        raise ModelError(f"{name}: elements in an interval of their own cannot be declared to sum to {found}")
    if not {"real": True, "nonzero": False, "sign": False, "positive": found > 0}.get(domain, found == 1):
        raise ModelError(f"{name}: elements that are {domain} cannot be declared to sum to {found}")


def scalar_loss(name: str, expr: Any) -> None:
    """A loss has no free index."""
    free = free_indices(expression(expr, name))
    if free:
        raise ModelError(f"the loss {name} is not a scalar: it depends on the index {free[0]}; sum or average over it")


def cycles(model: Model) -> None:
    """Every cycle is a recurrence: it steps through one index in one direction; without a loss there is one."""
    recurs = any(stage.time for stage in stages(model))
    if model.loss is NOTHING and not recurs and not model.of_kind("random"):
        raise ModelError(f"the graph {model.title!r} has no loss; end it with g.loss(name, expression)")
