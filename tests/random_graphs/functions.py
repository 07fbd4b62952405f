"""Functions of a term, kept where they are smooth and small enough."""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
from sympy import Abs, Expr, Rational, asinh, atan, cos, erf, erfc, exp, log, sin, sqrt, tanh

from derive import (
    elu,
    gelu,
    hardsigmoid,
    hardtanh,
    leaky_relu,
    logsigmoid,
    mish,
    relu,
    relu6,
    selu,
    sigmoid,
    silu,
    softplus,
    softsign,
)
from random_graphs.draws import Draws
from random_graphs.terms import Array, Term, number

LARGE = 40.0  # values beyond are squashed

ROOT2 = math.sqrt(2)
# A function for sympy, for torch, and on a float if it is monotone.
FUNCTIONS: dict[str, tuple[Callable[..., Expr], Callable[[Array], Array], Callable[[float], float] | None]] = {
    "tanh": (tanh, torch.tanh, math.tanh),
    "sigmoid": (sigmoid, torch.sigmoid, lambda x: (1 + math.tanh(x / 2)) / 2),
    "softplus": (softplus, lambda x: torch.log(1 + torch.exp(x)), lambda x: math.log(1 + math.exp(x))),
    "relu": (relu, lambda x: torch.where(x > 0, x, 0 * x), lambda x: max(x, 0.0)),
    "leaky_relu": (leaky_relu, lambda x: torch.where(x > 0, x, x / 100), lambda x: max(x, x / 100)),
    "elu": (elu, lambda x: torch.where(x > 0, x, torch.exp(x) - 1), lambda x: x if x > 0 else math.exp(x) - 1),
    "erf": (erf, torch.special.erf, math.erf),
    "gelu": (gelu, lambda x: x * (1 + torch.special.erf(x / ROOT2)) / 2, None),
    "silu": (silu, lambda x: x / (1 + torch.exp(-x)), None),
    "atan": (atan, torch.atan, math.atan),
    "asinh": (asinh, torch.asinh, math.asinh),
    "erfc": (erfc, torch.special.erfc, None),
    "softsign": (softsign, lambda x: x / (1 + x.abs()), lambda x: x / (1 + abs(x))),
    "logsigmoid": (logsigmoid, torch.nn.functional.logsigmoid, lambda x: -math.log(1 + math.exp(-x))),
    "mish": (mish, torch.nn.functional.mish, None),
    "selu": (selu, torch.nn.functional.selu, lambda x: 1.06 * x if x > 0 else 1.76 * (math.exp(x) - 1)),
    "relu6": (relu6, torch.nn.functional.relu6, lambda x: min(max(x, 0.0), 6.0)),
    "hardtanh": (hardtanh, torch.nn.functional.hardtanh, lambda x: min(max(x, -1.0), 1.0)),
    "hardsigmoid": (
        hardsigmoid,
        lambda x: torch.nn.functional.relu6(x + 3) / 6,
        lambda x: min(max(x + 3, 0.0), 6.0) / 6,
    ),
    "sin": (sin, torch.sin, None),
    "cos": (cos, torch.cos, None),
}


class Functions(Draws):
    """Functions whose argument stays away from what they do not take."""

    def function_of(self, term: Term, kind: str | None = None) -> Term:
        """A function of a term."""
        kind, term = kind or self.rng.choice([*FUNCTIONS, "exp", "log", "sqrt"]), self.tame(term)
        self.note(kind)
        if kind == "exp":
            term = term if term.high <= 3 else self.squash(term)
            return term.through(exp, torch.exp, math.exp(term.low), math.exp(term.high))
        if kind == "log":
            term = self.positive(term)
            return term.through(log, torch.log, math.log(term.low), math.log(term.high))
        if kind == "sqrt":
            term = self.positive(term)
            return term.through(sqrt, torch.sqrt, math.sqrt(term.low), math.sqrt(term.high))
        outer, torch_, monotone = FUNCTIONS[kind]
        if monotone is not None:
            return term.through(outer, torch_, monotone(term.low), monotone(term.high))
        low, high = {"sin": (-1.0, 1.0), "cos": (-1.0, 1.0), "erfc": (0.0, 2.0)}.get(kind, (-0.31, max(0.0, term.high)))
        return term.through(outer, torch_, low, high)

    def positive(self, term: Term) -> Term:
        """Something positive made of a term, away from 0."""
        if term.low >= 0.2:
            return term
        self.note("made positive")
        kind = self.rng.choice(["square", "softplus", "exp", "abs"])
        if kind == "square":
            return term.through(lambda x: x**2, lambda x: x * x, 0, term.size**2) + number(1)
        if kind == "softplus":
            return self.function_of(term, "softplus") + number(Rational(1, 2))
        if kind == "abs":
            return term.through(Abs, torch.abs, 0, term.size) + number(Rational(1, 2))
        return self.function_of(self.squash(term), "exp")

    def squash(self, term: Term) -> Term:
        """The same brought into about [-1, 1]."""
        kind = self.rng.choice(["tanh", "sigmoid", "divide", "divide", "erf"])
        if kind == "divide":
            return term * number(Rational(1, max(1, math.ceil(term.size))))
        outer, torch_, monotone = FUNCTIONS[kind]
        assert monotone is not None
        return term.through(outer, torch_, monotone(term.low), monotone(term.high))

    def tame(self, term: Term) -> Term:
        """Squashed if it may be large."""
        return self.squash(term) if term.size > LARGE else term
