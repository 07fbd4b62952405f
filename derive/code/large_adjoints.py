"""Adjoints that leave the range of the arrays' type, put into the formulas that read them.

Of a cross-entropy dL/dp = -y/p, which is infinite where the softmax p vanishes, and dL/dz = p (dL/dp - ...) multiplies
it by p again. Put in and multiplied out, that is p Sum(y) - y, an ordinary number.
"""

from __future__ import annotations

from collections.abc import Mapping

from sympy import Add, Expr, Mul, Pow

from derive.chain.derivation import Derivation
from derive.code.stable import Stable, positive
from derive.expressions.indices import name_of, substitute, through
from derive.expressions.traverse import adjoints, rewrite


class LargeAdjoints:
    """Called with an expression, puts in the adjoints of exponentials, and of quotients of them, that may be infinite.

    `formulas` are the adjoints that have one form for all elements, users first.
    """

    def __init__(self, stable: Stable, derivation: Derivation, formulas: Mapping[str, Expr]):
        self.derivation, self.large = derivation, dict[str, Expr]()
        for name, formula in formulas.items():
            if name in stable.nodes and stable.can_overflow(found := self(formula)):
                self.large[name] = found

    def __call__(self, expr: Expr) -> Expr:
        """Return an expression without such adjoints; the very same where there is none in it."""
        large = {p for p in adjoints(expr) if p.of == self.derivation.loss and name_of(p.wrt) in self.large}
        if not large:
            return expr
        return spread(rewrite(expr, lambda part: self._formula(part) if part in large else None))

    def _formula(self, adjoint: Expr) -> Expr:
        node = self.derivation.model.nodes[name_of(adjoint.wrt)]
        at = dict(zip(node.indices, getattr(adjoint.wrt, "indices", ()), strict=True))
        return substitute(self.large[node.name], at)


def spread(expr: Expr) -> Expr:
    """Multiply out the products with a sum in which something is divided by: p (a - y/p) is a p - y."""
    expr = positive(through(expr, spread))
    total = next((f for f in Mul.make_args(expr) if isinstance(f, Add) and any(map(_divides, f.args))), None)
    if total is None or not isinstance(expr, Mul):
        return expr
    return Add(*(spread(expr / total * term) for term in total.args))


def _divides(term: Expr) -> bool:
    return any(isinstance(f, Pow) and f.exp.is_negative for f in Mul.make_args(term))
