"""Nodes that are means of functions of normal quantities; the values are written by hand, from the integral."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import torch
from sympy import Rational

from derive import Abs, Expectation, Variance, cos, exp, relu
from random_graphs.cases import World
from random_graphs.letters import Env
from random_graphs.positions import Positions
from random_graphs.terms import Array, Term, number, total


def below(x: Array) -> Array:
    return (1 + torch.special.erf(x / math.sqrt(2))) / 2


def rectified(m: Array, s: Array) -> Array:
    """E[relu(x)] for x ~ N(m, s^2)."""
    return m * below(m / s) + s * torch.exp(-((m / s) ** 2) / 2) / math.sqrt(2 * math.pi)


# a function of x ~ N(m, s^2), its mean, and the largest value for |m| <= 3 and s <= 2
Means = dict[str, tuple[Callable[[Any], Any], Callable[[Array, Array], Array], float]]
MEANS: Means = {
    "third moment": (lambda x: Expectation(x**3), lambda m, s: m**3 + 3 * m * s**2, 70.0),
    "fourth moment": (lambda x: Expectation(x**4), lambda m, s: m**4 + 6 * m**2 * s**2 + 3 * s**4, 400.0),
    "variance of a square": (lambda x: Variance(x**2), lambda m, s: 4 * m**2 * s**2 + 2 * s**4, 200.0),
    "mean of exp": (lambda x: Expectation(exp(x / 4)), lambda m, s: torch.exp(m / 4 + s**2 / 32), 3.0),
    "mean of cos": (lambda x: Expectation(cos(x)), lambda m, s: torch.cos(m) * torch.exp(-(s**2) / 2), 1.0),
    "mean of relu": (lambda x: Expectation(relu(x)), rectified, 5.0),
    "mean of abs": (lambda x: Expectation(Abs(x)), lambda m, s: 2 * rectified(m, s) - m, 7.0),
    "mean of a product": (
        lambda x: Expectation(x * relu(x)),
        lambda m, s: m * rectified(m, s) + s**2 * below(m / s),
        15.0,
    ),
}


class Laws(Positions):
    """Means over normal numbers, each with a mean and a deviation of its own, or over a sum of many."""

    def law_of(self, means: Means = MEANS) -> None:
        """E[f(m_i + s_i e_i)], or E[f(m + sum_k w_k e_k)] of which the variance is the sum of squares."""
        kind = self.rng.choice([*means])
        self.note(kind)
        f, mean, most = means[kind]
        i = self.over(self.rng.choice(self.never_empty()))
        e = self.graph.normal(self.name("e"), i.span.high.expr)
        if self.chance(0.5):
            self.note("sum of normal numbers")
            w = self.read(self.leaf("parameter", (i.span,), "positive"), [i]) * number(Rational(1, 2))
            m, own = self.read(self.leaf("parameter", (), "real"), []), []
            squares = total(w.through(lambda x: x**2, lambda x: x * x, 0, 1), [i], True)
            x = m.expr + total(Term(w.expr * e[i.idx], w.at, -1, 1), [i], True).expr
            deviation = lambda world, env: squares.at(world, env).sqrt()  # noqa: E731
        else:
            s = self.read(self.leaf("parameter", (i.span,), "positive"), [i])
            m, own = self.read(self.leaf("parameter", (i.span,), "real"), [i]), [i]
            x, deviation = m.expr + s.expr * e[i.idx], s.at

        def at(world: World, env: Env) -> Array:
            return mean(m.at(world, env), deviation(world, env))

        found = Term(f(x), at, -most, most) * number(Rational(1, math.ceil(most)))
        self.define(self.name("n"), own, found)
