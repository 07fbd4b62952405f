"""Claims that are true and say nothing, and numbers that are too small for a comparison to see them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields

from flint import arb

from derive.errors import DeriveError
from derive.judge import derivatives
from derive.judge.answer import Claim
from derive.judge.arithmetic import is_number
from derive.judge.balls import NoValue, ball, middle
from derive.judge.formulas import Formulas
from derive.judge.places import NotWhole, OutOfRange
from derive.read.tree import Added, Bracketed, Fraction, Multiplied, Node, Number, Scripted, Symbol, children
from derive.transcribe.occurrences import occurrence

SMALLEST, LARGEST = arb(10) ** -25, arb(10) ** 25
DEEPEST = 20  # definitions that are looked through


def says_nothing(claim: Claim, formulas: Formulas) -> bool:
    """Whether both sides are the same formula, or the same derivative, brackets and new names apart."""
    left, right = (_bare(side, formulas) for side in (claim.left, claim.right))
    if _same(left, right):
        return True
    one, two = (_gradient(side, formulas) for side in (left, right))
    return one is not None and one == two


def _bare(node: Node, formulas: Formulas) -> Node:
    """A formula without brackets around it, and what a name stands for that the answer has defined."""
    for _ in range(DEEPEST):
        if isinstance(node, Bracketed) and len(node.items) == 1 and node.brackets in ("()", "[]", "{}"):
            node = node.items[0]
        elif isinstance(node, Added) and node.signs == "+":
            node = node.terms[0]
        elif isinstance(node, Symbol | Scripted) and (formula := _defined(node, formulas)) is not None:
            node = formula
        else:
            break
    return node


def _defined(node: Node, formulas: Formulas) -> Node | None:
    name = occurrence(node)
    if name is None or name.power is not None or name.transposed or formulas.names.find(name) is not None:
        return None
    for definition in formulas.defined.get((name.base, name.marks), []):
        if len(definition.places) == len(name.places) and all(map(_same, definition.places, name.places)):
            return definition.formula
    return None


def _same(one: Node, other: Node) -> bool:
    """Whether two trees are the same, wherever they stand."""
    if type(one) is not type(other):
        return False
    own = [(getattr(one, f.name), getattr(other, f.name)) for f in fields(one) if f.name not in ("start", "end")]
    mine, others = list(children(one)), list(children(other))
    plain = all(a == b for a, b in own if not isinstance(a, Node | tuple) and not isinstance(b, Node | tuple))
    words = all(_words(a) == _words(b) for a, b in own)
    return plain and words and len(mine) == len(others) and all(map(_same, mine, others))


def _words(value: object) -> tuple[object, ...]:
    return tuple(v for v in value if isinstance(v, str)) if isinstance(value, tuple) else ()


def _gradient(node: Node, formulas: Formulas) -> tuple[str, tuple[str, ...]] | None:
    """By what the loss is differentiated, if a formula is nothing but a derivative of the loss."""
    found = derivatives.fraction(node) if isinstance(node, Fraction) else None
    if found is None:
        factors, signs = (node.factors, node.signs) if isinstance(node, Multiplied) else ((node,), ("",))
        taken = derivatives.inline(factors, signs)
        found = taken.derivative if taken is not None and taken.taken == len(factors) and not taken.rest else None
    if found is None or found.immediate or found.second or found.wrt.transposed:
        return None
    of, wrt = occurrence(found.of), formulas.names.find(found.wrt)
    if of is None or wrt is None or not formulas.names.is_loss(of):
        return None
    return wrt.name, tuple(formulas.source[p.start : p.end] for p in wrt.places)


def tiny(node: Node, formulas: Formulas) -> bool:
    """Whether a number in a formula is so small, or so large, that a comparison to 30 digits does not see all of it."""
    for part in _numbers(node):
        try:
            size = abs(ball(middle(formulas.value(part, {}).numbers.ravel()[0])))
        except (DeriveError, NoValue, NotWhole, OutOfRange, ValueError, TypeError, ArithmeticError):
            continue
        if not size.is_finite() or (size != 0 and not SMALLEST < size < LARGEST):
            return True
    return False


def _numbers(node: Node) -> Iterator[Node]:
    """The parts of a formula that are made of numbers alone."""
    if isinstance(node, Number) or (not isinstance(node, Symbol) and is_number(node)):
        yield node
    for child in children(node):
        yield from _numbers(child)
