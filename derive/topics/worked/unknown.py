"""The input for which a quantity has a wished value: its definitions are undone from the last to the first."""

from __future__ import annotations

from fractions import Fraction
from typing import NamedTuple

from sympy import Expr, Rational, exp, expand, log

from derive.chain.derivation import Derivation
from derive.errors import UsageError
from derive.expressions.traverse import names
from derive.model.model import Model, Node
from derive.page.numerals import Numeral
from derive.page.worked_line import WorkedLine
from derive.topics.worked.numbers_as_typed import number
from derive.topics.worked.worked import Worked

# What undoes a function of one argument, by the function's name.
UNDONE = {"sigmoid": lambda y: log(y / (1 - y)), "exp": log, "log": exp}


class Solved(NamedTuple):
    """`of` has the value `wished` where `unknown` has `value`; the lines say one after another what follows."""

    of: Node
    wished: Fraction
    unknown: Node
    lines: tuple[WorkedLine, ...]
    value: Fraction | float


def solved(d: Derivation, worked: Worked, of: str, wished: str, unknown: str) -> Solved:
    """Find the unknown. Errors: UsageError where a definition cannot be undone, or holds the unknown twice."""
    model = d.model
    target, wish = model.nodes[of], number(wished, f"{of}=")
    known = {
        n.symbol: _exact(worked.value(name))
        for name, n in model.nodes.items()
        if not n.indices and name in worked.values
    }
    lines: list[WorkedLine] = []
    node, value = target, Rational(wish.numerator, wish.denominator)
    while node.name != unknown:
        inner = _on_the_way(model, node, unknown)
        right = _undone(node, inner)
        values = {**known, node.symbol: value}
        value = right.xreplace(values)
        if not value.is_real or value.is_finite is False:
            raise UsageError(f"{of} is never {wished}: no {inner.name} makes {node.name} that large or small")
        lines.append(
            WorkedLine(
                inner.symbol, right, {s: Numeral(_number(v)) for s, v in values.items()}, Numeral(_number(value))
            )
        )
        node = inner
    return Solved(target, wish, node, tuple(lines), _number(value))


def _exact(value: object) -> Expr:
    from sympy import sympify

    return Rational(value.numerator, value.denominator) if isinstance(value, Fraction) else sympify(value, strict=True)


def _number(value: Expr) -> Fraction | float:
    return Fraction(int(value.p), int(value.q)) if value.is_Rational else float(value)


def _on_the_way(model: Model, node: Node, unknown: str) -> Node:
    """The only quantity in a definition that depends on the unknown. Errors: UsageError."""
    used = [model.nodes[name] for name in model.used(node.name)]
    found = [n for n in dict.fromkeys(used) if n.name == unknown or _depends(model, n, unknown)]
    if len(found) != 1 or node.indices:
        raise UsageError(
            f"{node.name} depends on {unknown} in {len(found)} ways; it can be solved for where there is one"
        )
    return found[0]


def _depends(model: Model, node: Node, name: str) -> bool:
    return any(used == name or _depends(model, model.nodes[used], name) for used in model.used(node.name))


def _undone(node: Node, inner: Node) -> Expr:
    """The definition of a quantity, solved for the quantity in it. Errors: UsageError."""
    expr, y, x = node.cases[0].expr, node.symbol, inner.symbol
    if type(expr).__name__ in UNDONE and expr.args == (x,):
        return UNDONE[type(expr).__name__](y)
    slope = expand(expr).coeff(x, 1)
    rest = expand(expr - slope * x)
    if inner.name in names(rest) or inner.name in names(slope) or slope == 0:
        raise UsageError(f"{node.name} is no linear function of {inner.name}, and no function that can be undone")
    return (y - rest) / slope
