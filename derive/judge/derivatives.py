r"""What is differentiated by what: `\frac{\partial L}{\partial w}`, `dL/dw`, `\nabla_w L`, `\partial L/\partial w`."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from derive.read.tree import Bracketed, Differential, Fraction, Multiplied, Node, Scripted, Symbol, walk
from derive.transcribe.occurrences import Occurrence, occurrence


class Derivative(NamedTuple):
    """`of` and `wrt` are names; `immediate` says that it was marked so; `order` is more than 1 for higher ones."""

    node: Node
    of: Node
    wrt: Occurrence
    immediate: bool = False
    second: bool = False


class Taken(NamedTuple):
    """A derivative that begins at a factor of a product: how many factors it takes, and what is left behind it."""

    derivative: Derivative
    taken: int
    rest: tuple[Node, ...] = ()


def fraction(node: Fraction) -> Derivative | None:
    r"""`\frac{\partial L}{\partial w}` and `\frac{dL}{dw}`; None for any other fraction."""
    top, bottom = _changed(node.numerator), _changed(node.denominator)
    if top is None or bottom is None or top[0] is None or bottom[0] is None:
        return None
    wrt = occurrence(bottom[0])
    if wrt is None:
        return None
    return Derivative(node, _head(top[0]), wrt, top[1], top[2])


def differentiated(nodes: Iterable[Node]) -> set[str]:
    """The names that are differentiated anywhere in formulas, without their scripts."""
    found = (_differentiated(part) for node in nodes for part in walk(node))
    return {name.base for of in found if of is not None and (name := occurrence(of)) is not None}


def _differentiated(node: Node) -> Node | None:
    if isinstance(node, Fraction) and (quotient := fraction(node)) is not None:
        return quotient.of
    factors, signs = (node.factors, node.signs) if isinstance(node, Multiplied) else ((node,), ("",))
    places = (inline(factors[n:], ("", *signs[n + 1 :])) for n in range(len(factors)))
    return next((taken.derivative.of for taken in places if taken is not None), None)


def _changed(node: Node) -> tuple[Node | None, bool, bool] | None:
    """What changes in `\\partial L` or `dL`, whether it is the immediate change, and whether it is a second one."""
    if isinstance(node, Differential):
        return node.body, node.sign == "immediate", node.order is not None
    if isinstance(node, Multiplied) and len(node.factors) > 1 and not any(node.signs):
        head, *rest = node.factors
        order = isinstance(head, Scripted)
        base = head.base if isinstance(head, Scripted) and head.below is None else head
        if isinstance(base, Symbol) and base.name == "d" and not base.marks:
            body = rest[0] if len(rest) == 1 else Multiplied(rest[0].start, node.end, tuple(rest), ("",) * len(rest))
            return body, False, order
    return None


def _head(node: Node) -> Node:
    """The name of `L(a, y)`."""
    if isinstance(node, Multiplied) and len(node.factors) == 2 and isinstance(node.factors[1], Bracketed):
        return node.factors[0]
    return node


def inline(factors: tuple[Node, ...], signs: tuple[str, ...]) -> Taken | None:
    r"""A derivative at the beginning of a product: `\nabla_w L`, `\frac{\partial}{\partial w} L`, `dL/dw`."""
    first = factors[0]
    if isinstance(first, Differential):
        return _in_a_line(first)
    if len(factors) > 1 and not signs[1]:
        wrt = _operator(first)
        if wrt is not None:
            extra = len(factors) > 2 and isinstance(factors[2], Bracketed) and not signs[2]
            return Taken(Derivative(first, factors[1], wrt), 3 if extra else 2)
    if len(factors) > 3 and signs[1:4] == ("", "/", "") and _is_d(first) and _is_d(factors[2]):
        wrt = occurrence(factors[3])
        return None if wrt is None else Taken(Derivative(first, factors[1], wrt), 4)
    return None


def _is_d(node: Node) -> bool:
    return isinstance(node, Symbol) and node.name == "d" and not node.marks


def _operator(node: Node) -> Occurrence | None:
    r"""What `\nabla_w` and `\frac{\partial}{\partial w}` differentiate by."""
    if isinstance(node, Scripted) and isinstance(node.base, Symbol) and node.base.name == "nabla" and node.below:
        return occurrence(node.below)
    if isinstance(node, Fraction):
        top, bottom = node.numerator, _changed(node.denominator)
        alone = (isinstance(top, Differential) and top.body is None) or _is_d(top)
        if alone and bottom is not None and bottom[0] is not None:
            return occurrence(bottom[0])
    return None


def _in_a_line(node: Differential) -> Taken | None:
    r"""`\partial L/\partial w`, and what the reader took along behind it."""
    body = node.body
    if not (isinstance(body, Multiplied) and "/" in body.signs):
        return None
    at = body.signs.index("/")
    below = body.factors[at]
    if not isinstance(below, Differential) or below.body is None:
        return None
    inner = below.body
    head, *behind = inner.factors if isinstance(inner, Multiplied) else (inner,)
    wrt = occurrence(head)
    if wrt is None:
        return None
    of = _head(body.factors[0])
    return Taken(Derivative(node, of, wrt, node.sign == "immediate"), 1, (*behind, *body.factors[at + 1 :]))
