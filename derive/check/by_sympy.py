"""A second opinion for small models of scalars: sympy differentiates the composed loss, at rational points, exactly.

The derived gradient is composed from the recorded contributions, independently of torch and of floating point.
"""

from __future__ import annotations

import random
from collections.abc import Iterator

from sympy import Expr, Float, Integer, Pow, Rational, Symbol, ceiling, floor

from derive.chain.derivation import Derivation
from derive.chain.partials import surrogate
from derive.check.report import Report, Row
from derive.expressions.indices import substitute
from derive.expressions.symbols import Given, Immediate, Partial
from derive.language import Text

SMALL = 12  # nodes
POINTS = 3
DIGITS = 30
LARGEST = 1000  # exponent of a rational number that is written out
LEAST = Rational(1, 10**60)  # evalf finds DIGITS of any number; 0 that it does not see as such is below 1e-100
EXACTLY = Text(
    "Every gradient was also compared with the one that sympy finds on its own, at {points} rational points.",
    "每个梯度还在 {points} 个有理点上与 sympy 独立求得的结果作了比较。",
)


class Floor(floor):  # type: ignore[misc]
    """The largest whole number that is not larger, of which sympy's own does not know that its slope is 0."""

    def fdiff(self, argindex: int = 1) -> Expr:
        """The slope between two jumps."""
        return Integer(0)


def exact_points(derivation: Derivation, seed: int = 0) -> Report:
    """One row for each gradient of a small model without indices; none for other models."""
    model = derivation.model
    computed = [n for n in model.nodes.values() if not n.is_leaf]
    composed = not any(n.implicit for n in computed)
    if len(computed) > SMALL or any(n.indices for n in model.nodes.values()) or not composed:
        return Report()
    leaves = _composed(derivation)
    rows = []
    for name in (n for n in derivation.wanted if n in derivation.adjoints):
        values = leaves if model.nodes[name].is_leaf else _composed(derivation, name)
        rows.append(_row(derivation, name, values, random.Random(seed)))
    return Report(tuple(rows), samples=POINTS, notes=(EXACTLY(points=str(POINTS)),)) if rows else Report()


def _composed(d: Derivation, kept: str = "") -> dict[str, Expr]:
    """Every node as an expression in the leaves (and the partials of abstract functions), and in the node `kept`."""
    found: dict[str, Expr] = {}
    for node in d.model.nodes.values():
        if not node.is_leaf and node.name != kept:
            expr = surrogate(node, d.model.nodes) if node.abstract is not None else node.cases[0].expr
            found[node.name] = substitute(_plain(expr), {d.model.nodes[n].symbol: e for n, e in found.items()})
    return found


def _plain(expr: Expr) -> Expr:
    """Partials of abstract functions as plain symbols; functions that jump so that sympy can differentiate them."""
    names = {p: Symbol(f"d{p.of}_d{p.wrt}", real=True) for p in expr.atoms(Given, Immediate)}
    found = substitute(expr, names)
    return found.replace(floor, Floor).replace(ceiling, lambda x: -Floor(-x))


def _gradient(d: Derivation, name: str) -> Expr:
    """The derived gradient as an expression in values only: contributions put into contributions."""
    total = sum((u.value(d.loss) for u in d.adjoints[name].uses), Rational(0))
    inner = {p: _gradient(d, str(p.wrt)) for p in total.atoms(Partial) if type(p) is Partial}
    return _plain(substitute(total, inner))


def _row(d: Derivation, name: str, values: dict[str, Expr], rng: random.Random) -> Row:
    symbol = d.model.nodes[name].symbol
    expected = values[d.model.loss.name].diff(symbol)
    derived = substitute(_gradient(d, name), {d.model.nodes[n].symbol: e for n, e in values.items()})
    errors = [_error(_at(expected, p), _at(derived, p)) for p in _points(expected, derived, rng)]
    return Row(Partial(d.loss, symbol), len(errors), max(errors), "against sympy, at rational points")


def _error(expected: Expr, derived: Expr) -> float:
    """The relative error: evalf works with more digits where terms cancel."""
    return float(abs(expected - derived) / max(abs(expected), LEAST))


def _at(expr: Expr, point: dict[Symbol, Rational]) -> Expr:
    """The value at a point: a rational number where it is one and is no power of a million digits, else 30 digits."""
    if any(abs(power.exp) > LARGEST for power in expr.atoms(Pow) if power.exp.is_number):
        point = {symbol: Float(value, DIGITS) for symbol, value in point.items()}
    value = substitute(expr, point)
    return value if value.is_Rational else value.evalf(DIGITS)


def _points(expected: Expr, derived: Expr, rng: random.Random) -> Iterator[dict[Symbol, Rational]]:
    names = sorted(expected.free_symbols | derived.free_symbols, key=str)
    for _ in range(POINTS):
        yield {s: Rational(rng.randint(1, 19), rng.choice((20, 21, 23))) for s in names}
