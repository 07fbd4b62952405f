"""The sympy side of an elementwise function that sympy does not have: one class from one definition.

`function_class("sigmoid", lambda x: 1/(1 + exp(-x)), at={0: 1/2})` is an ordinary sympy Function: it differentiates,
evaluates to any precision, rewrites to its definition with `.doit()`, and stays `sigmoid(z)` on the page.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from sympy import Expr, Function, Integer, S


class Elementwise(Function):
    """A real function of real arguments, applied to every element of a tensor by itself."""

    is_real = True
    definition: Callable[..., Expr]
    slope: Callable[..., Expr]  # set where the table of functions is built
    at: Mapping[Expr, Expr] = {}

    @classmethod
    def eval(cls, *arguments: Expr) -> Expr | None:
        """The exact value at the points where there is one; unevaluated elsewhere."""
        return cls.at.get(arguments[0]) if len(arguments) == 1 else None

    def fdiff(self, argindex: int = 1) -> Expr:
        """sympy's own `diff` uses the same slope as the table of functions."""
        return type(self).slope(*self.args) if argindex == 1 else Integer(0)

    def doit(self, **hints: Any) -> Expr:
        """The definition, with its arguments done first."""
        return type(self).definition(*(a.doit(**hints) for a in self.args))

    def _eval_evalf(self, prec: int) -> Expr:
        return type(self).definition(*self.args)._eval_evalf(prec)


def function_class(name: str, definition: Callable[..., Expr], at: Mapping[Any, Any] = {}) -> type[Elementwise]:
    """A new function class; `at` lists arguments with an exact value. Errors: none, it only defines."""
    exact = {S(k): S(v) for k, v in at.items()}
    namespace = {"definition": staticmethod(definition), "at": exact, "nargs": 1, "__module__": __name__}
    return type(name, (Elementwise,), namespace)


class Jump(Function):
    """A function that is constant on either side of 0, where it jumps."""

    is_real = True
    is_nonnegative = True
    nargs = 1

    def fdiff(self, argindex: int = 1) -> Expr:
        """Zero, also at the jump."""
        return Integer(0)

    def _eval_evalf(self, prec: int) -> Expr:
        return self.func(self.args[0]._eval_evalf(prec))


class step(Jump):
    """1 where the argument is positive, 0 elsewhere, also at 0: torch's slope of ReLU."""

    @classmethod
    def eval(cls, x: Expr) -> Expr | None:
        return Integer(int(bool(x > 0))) if x.is_Number else None


class share(Jump):
    """1 where the argument is positive, 1/2 at 0, 0 elsewhere: torch's slope of max(a, b) in a, at a - b."""

    @classmethod
    def eval(cls, x: Expr) -> Expr | None:
        if not x.is_Number:
            return None
        return S.Half if x == 0 else Integer(int(bool(x > 0)))
