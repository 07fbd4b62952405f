"""The effect of a gate's bias: on the direct path from a state to itself the gate is the only factor.

    d c_t / d c_{t-1} = f_t = sigma(b_f + ...) >= sigma(b_f - r)        if all but the bias is at most r in size

The activation may be any that rises, mirrors its ends and has an inverse (the table of functions says so).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from sympy import Add, Expr, Ge, Indexed, Integer, Mul, Rational, S, Symbol
from sympy.core.relational import Relational

from derive.expressions.functions import Row
from derive.expressions.indices import name_of
from derive.model.model import Model
from derive.topics.jacobian.paths import Entry
from derive.topics.stability.bounds import Bounds
from derive.topics.stability.gains import activation
from derive.topics.stability.reasons import STEPS
from derive.topics.stability.step_jacobian import StepJacobian

KEPT = Rational(1, 2)


class Gate(NamedTuple):
    """The factor of a direct path: `share` is g or 1 - g for the gate g = `element`, at least `lower` for all inputs.

    `bias` is the gate's own bias, `rest` (in full: `value`) bounds the rest of its pre-activation, `row` is the
    activation. After k steps at least half is kept if `claim` holds.
    """

    entry: Entry
    element: Expr
    share: Expr
    bias: Expr
    rest: Symbol
    value: Expr
    row: Row
    sign: int

    @property
    def offset(self) -> Expr:
        """share = offset + f(sign * pre-activation): 1 - f(u) = 1 - low - high + f(-u), since f mirrors its ends."""
        return S.Zero if self.sign > 0 else 1 - sum(map(S, self.row.value_range))

    @property
    def lower(self) -> Expr:
        """The least share, since f rises: offset + f(u) with u = bias - rest, or -bias - rest for 1 - g."""
        return self.offset + self.row.value(self.sign * self.bias - self.rest)

    def least(self, steps: Expr) -> Expr:
        """The least u that keeps half: (offset + f(u))^k >= 1/2 exactly if u >= f^-1(2^(-1/k) - offset)."""
        assert self.row.inverse is not None
        return self.row.inverse(Integer(2) ** (-1 / steps) - self.offset)

    @property
    def claim(self) -> Relational:
        """The bias that keeps half of the direct path over k steps: sign * bias >= rest + least(k)."""
        return Ge(self.sign * self.bias, self.rest + self.least(STEPS), evaluate=False)


def gates(model: Model, jacobian: StepJacobian) -> Iterator[Gate]:
    """The gates on direct paths, from a state to itself, that have a bias of their own."""
    for n, row in enumerate(jacobian.entries):
        for path in (p for p in row[n].paths if p.direct):
            factors = [f for f in Mul.make_args(path.links[0].value) if f != path.delta]
            found = _gate(model, jacobian, row[n], factors[0]) if len(factors) == 1 else None
            if found is not None:
                yield found


def _gate(model: Model, jacobian: StepJacobian, entry: Entry, share: Expr) -> Gate | None:
    elements = [e for e in share.atoms(Indexed) if model.nodes[name_of(e)].cases]
    if len(elements) != 1 or (share != elements[0] and share != 1 - elements[0]):
        return None
    node = model.nodes[name_of(elements[0])]
    row = activation(node)
    if row is None or not row.symmetric or row.inverse is None:
        return None
    inner = model.nodes[name_of(node.cases[0].expr.args[0])].cases[0].expr
    bounds = Bounds(model, jacobian.index, order="rows")
    biases = [a for a in Add.make_args(inner) if bounds.is_given(a)]
    rest = bounds.magnitude(Add(*(a for a in Add.make_args(inner) if a not in biases)))
    if len(biases) != 1 or rest.has(S.Infinity):
        return None
    symbol = Symbol(f"r_{node.name}", nonnegative=True)
    sign = 1 if share == elements[0] else -1
    return Gate(entry, elements[0], share, biases[0], symbol, rest, row, sign)
