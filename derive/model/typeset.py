"""Names that a reader could not tell apart: `x1` and `x_1`, `x1` and the element `x[1]`, `sigma` and the sigmoid.

They are refused where the second of the two is written, for a page says what its letters are only by how they look.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping

from sympy import E, Expr, Integer, KroneckerDelta, pi, preorder_traversal

from derive.errors import ModelError
from derive.expressions.functions import row_of
from derive.expressions.notation import latex_name, parts
from derive.memo import memo
from derive.model.model import Node

DELTA = "delta"
CONSTANTS = {"pi": (pi, "the number pi"), "e": (E, "the number e")}


def same_name(name: str, others: Iterable[str]) -> None:
    """Errors: ModelError for a name that is typeset as another one is."""
    own = latex_name(name)
    for other in others:
        if latex_name(other) == own and other != name:
            raise ModelError(f"{name} is typeset as {other} is; give one of them another name")


def same_element(new: Node, nodes: Mapping[str, Node], letters: Iterable[str]) -> None:
    """Errors: ModelError for a name that looks like elements of a family: h1 beside h[i], w_t[j] beside w[t, j]."""
    known, stem = set(letters), parts(new.name)[:2]
    for other in nodes.values():
        if (other.indices or new.indices) and other.name != new.name and parts(other.name)[:2] == stem:
            for one, family in ((new, other), (other, new)):
                for element in _elements(one, family, known):
                    raise ModelError(f"{one.name} is typeset as {element} is; give one of them another name")


def _elements(one: Node, other: Node, letters: set[str]) -> Iterator[str]:
    """How a family can be read as elements of another one: its further subscripts as numbers and letters."""
    own, shorter = parts(one.name)[2], parts(other.name)[2]
    more = own[len(shorter) :]
    if own[: len(shorter)] != shorter or not more:
        return
    for places in (more, tuple("".join(more))):
        fits = len(places) + len(one.indices) == len(other.indices)
        if fits and all(_place(p, other, axis, letters) for axis, p in enumerate(places)) and not _is(one, other):
            yield f"{other.name}[{', '.join((*places, *map(str, one.indices)))}]"
            return


def _place(text: str, node: Node, axis: int, letters: set[str]) -> bool:
    """True for a letter, and for a number that is not surely outside of the range of an axis."""
    if not text.isdigit():
        return text in letters
    idx, at = node.indices[axis], Integer(text)
    starts = [case.position[axis] for case in node.cases]
    return at in starts or not ((at - idx.lower).is_negative or (idx.upper - at).is_negative)


def _is(one: Node, other: Node) -> bool:
    """True if elements of the other are this very quantity: h0 is the start of h."""
    return any(case.expr == one.generic for case in other.cases)


def same_sign(new: Node, nodes: Mapping[str, Node]) -> None:
    """Errors: ModelError for a number named as a function or a constant that the model uses: sigma beside the sigmoid.

    A family `delta` with two indices looks like Kronecker's delta, which pages use whatever the model is made of.
    """
    if new.name == DELTA and len(new.indices) == 2:
        raise ModelError(f"{DELTA} with two indices is typeset as Kronecker's delta is; give it another name")
    if not new.indices and "_" not in latex_name(new.name):  # no sign has a subscript
        _unlike([new], [*nodes.values(), new])
    if any(_signs(case.expr) for case in new.cases):
        _unlike((n for n in nodes.values() if not n.indices), [new])


def _unlike(numbers: Iterable[Node], nodes: Iterable[Node]) -> None:
    plain = {latex_name(n.name): n.name for n in numbers}
    for sign, what in (s for node in nodes for case in node.cases for s in _signs(case.expr)):
        if sign in plain:
            raise ModelError(f"{plain[sign]} is typeset as {what} is; give it another name")


@memo
def _signs(expr: Expr) -> tuple[tuple[str, str], ...]:
    """The signs that an expression brings to a page besides names, in LaTeX, with what they stand for."""
    found = {}
    for part in preorder_traversal(expr):
        row = None if isinstance(part, KroneckerDelta) else row_of(part)
        if row is not None and row.notation != "raised":  # pages write exp(x) beside a letter e
            found[re.split(r"[(^ ]", row.latex.format("", "", ""))[0]] = str(row.title.pick("en"))
        for name, (constant, what) in CONSTANTS.items():
            if part is constant:
                found[latex_name(name)] = what
    return tuple(found.items())
