"""Limits of values in closed form: as time goes on, or as a constant becomes large or small.

sympy finds the limit; a power b^t with 0 < b < 1 is given to it as e^(-kt) with k > 0. Where the limit is 0,
the leading term c x^p says how it is approached, and the exact relative deviation 1 - u / (c x^p) proves it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from sympy import Dummy, Expr, Idx, Pow, S, Symbol, exp, factor_terms, limit, nan, oo, sympify, together, zoo

from derive.chain.closed_forms.values import Solved
from derive.errors import ModelError
from derive.expressions.indices import name_of, substitute
from derive.expressions.symbols import LimitOf
from derive.model.domains import positive, proper
from derive.model.model import Model, Node

POWERS = (1, 2, 3)  # a leading term is looked for among these powers of the variable


class Limit(NamedTuple):
    """The question: the limit of a quantity in a constant or in its time, towards oo or 0.

    `worked` gives numbers to constants, such as `{"epsilon": 1}`; the answer is also written with these.
    """

    quantity: str
    variable: str
    to: str = "oo"
    worked: Mapping[str, int] = {}


class Limiting(NamedTuple):
    """The answer: `value` tends to `limit`. If this is 0, it does so like `leading`, up to the relative `deviation`.

    `vanishing` are the powers in it that tend to 0.
    """

    node: Node
    variable: Expr
    to: Expr
    value: Expr
    limit: Expr
    vanishing: tuple[Expr, ...] = ()
    leading: Expr | None = None
    deviation: Expr | None = None
    worked: Mapping[Expr, Expr] = {}

    @property
    def symbol(self) -> LimitOf:
        """The limit as it is written."""
        return LimitOf(self.node.generic, self.variable, self.to)


def limiting(model: Model, values: tuple[Solved, ...], asked: Limit) -> Limiting:
    """Find the limit of one value. Errors: ModelError if it has no closed form in that variable or no finite limit."""
    what = f"the limit of {asked.quantity} in {asked.variable}"
    solved = next((s for s in values if s.node.name == asked.quantity), None)
    if solved is None:
        raise ModelError(f"{what}: it has no closed form")
    free = [s for s in solved.value.free_symbols if isinstance(s, (Symbol, Idx)) and name_of(s) == asked.variable]
    if not free:
        raise ModelError(f"{what}: its closed form {solved.value} does not contain {asked.variable}")
    to = oo if asked.to == "oo" else S.Zero
    towards = _limit(solved.value, free[0], to, model.nodes)
    if towards.is_finite is False or towards.has(oo, -oo, zoo, nan):
        raise ModelError(f"{what}: it is not finite")
    worked = {model.nodes[name].symbol: sympify(number, strict=True) for name, number in asked.worked.items()}
    fading = tuple(sorted(_fading(solved.value, free[0], model.nodes), key=str))
    found = Limiting(solved.node, free[0], to, solved.value, towards, fading, worked=worked)
    return found if towards != 0 or fading else _leading(found, model.nodes)


def _fading(value: Expr, variable: Expr, nodes: Mapping[str, Node]) -> set[Expr]:
    """Return the powers b^t with 0 < b < 1."""
    return {p for p in value.atoms(Pow) if variable in p.exp.free_symbols and proper(p.base, nodes)}


def _leading(found: Limiting, nodes: Mapping[str, Node]) -> Limiting:
    """Add the leading term of a value that tends to 0: c / x^p as x grows, c x^p as x shrinks."""
    for p in POWERS:
        scale = found.variable ** (p if found.to is oo else -p)
        c = _limit(found.value * scale, found.variable, found.to, nodes)
        if c != 0 and c.is_finite is not False and found.variable not in c.free_symbols:
            leading = c / scale
            return found._replace(leading=leading, deviation=factor_terms(together(1 - found.value / leading)))
    return found


def _limit(value: Expr, variable: Expr, to: Expr, nodes: Mapping[str, Node]) -> Expr:
    """Ask sympy for the limit, given what the domains say: positive leaves, and b^t with 0 < b < 1 as e^(-kt)."""
    x = Dummy("x", positive=True) if to is oo else Dummy("x", real=True)
    known = {
        n.symbol: Dummy(n.name, positive=True)
        for n in nodes.values()
        if n.is_leaf and not n.indices and positive(n) and n.symbol != variable
    }
    rates: dict[Expr, Symbol] = {}
    fading = _fading(value, variable, nodes)
    powers = {p: exp(-rates.setdefault(p.base, Dummy("k", positive=True)) * p.exp) for p in fading}
    plain = substitute(substitute(value, powers), {variable: x, **known})
    back = {v: k for k, v in known.items()} | {x: variable}
    found = substitute(limit(plain, x, to), back)
    return found.xreplace({exp(-k): b for b, k in rates.items()})
