"""Words that no other seeds hold: further elementwise functions, laws of normal numbers, fixed points."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import torch
from sympy import (
    Heaviside,
    S,
    acos,
    acosh,
    asin,
    atanh,
    ceiling,
    digamma,
    erfinv,
    exp,
    floor,
    gamma,
    loggamma,
    polygamma,
    sign,
    sinh,
    tan,
    tanh,
)

from derive import (
    Covariance,
    Expectation,
    Sum,
    elementwise,
    entropy_normal,
    exp2,
    expm1,
    frac,
    hardshrink,
    hardswish,
    kl_normal,
    log2,
    log10,
    logit,
    normal_cdf,
    normal_logpdf,
    prelu,
    rounded,
    rsqrt,
    softshrink,
    std,
    tanhshrink,
    threshold,
    trunc,
)
from random_graphs.cases import World
from random_graphs.laws import Laws, Means, below
from random_graphs.letters import Env
from random_graphs.terms import MOST, Array, Term, number

F = torch.nn.functional
Of = tuple[Callable[[Any], Any], Callable[[Array], Array], float]
HALF, QUARTER = S.Half, S.One / 4

FAR = 30  # from here on few terms of the asymptotic series are enough


def psi(x: Array) -> Array:
    """The digamma function; torch's slope of its own has ten digits."""
    y = x + FAR
    return y.log() - 1 / (2 * y) - 1 / (12 * y**2) + 1 / (120 * y**4) - sum(1 / (x + k) for k in range(FAR))


def psi_prime(x: Array) -> Array:
    """Its derivative, of which torch has ten digits."""
    y = x + FAR
    return 1 / y + 1 / (2 * y**2) + 1 / (6 * y**3) - 1 / (30 * y**5) + sum(1 / (x + k) ** 2 for k in range(FAR))


# of a number between -1 and 1, and the largest value
OF_ONE: dict[str, Of] = {
    "hardswish": (lambda x: hardswish(3 * x), lambda x: F.hardswish(3 * x), 3.0),
    "normal cdf": (normal_cdf, torch.special.ndtr, 1.0),
    "tan": (tan, torch.tan, 1.6),
    "asin": (lambda x: asin(x / 2), lambda x: torch.asin(x / 2), 1.6),
    "acos": (lambda x: acos(x / 2), lambda x: torch.acos(x / 2), 3.2),
    "sinh": (sinh, torch.sinh, 1.2),
    "acosh": (lambda x: acosh(x + 3), lambda x: torch.acosh(x + 3), 2.1),
    "atanh": (lambda x: atanh(x / 2), lambda x: torch.atanh(x / 2), 0.6),
    "erfinv": (lambda x: erfinv(x / 2), lambda x: torch.erfinv(x / 2), 0.5),
    "gamma": (lambda x: gamma(x + 3), lambda x: torch.lgamma(x + 3).exp(), 6.0),
    "log gamma": (lambda x: loggamma(x + 3), lambda x: torch.lgamma(x + 3), 1.8),
    "digamma": (lambda x: digamma(x + 3), lambda x: psi(x + 3), 1.3),
    "polygamma": (lambda x: polygamma(1, x + 3), lambda x: psi_prime(x + 3), 0.7),
    "expm1": (expm1, torch.expm1, 1.8),
    "exp2": (exp2, torch.exp2, 2.0),
    "log2": (lambda x: log2(x + 3), lambda x: torch.log2(x + 3), 2.0),
    "log10": (lambda x: log10(x + 3), lambda x: torch.log10(x + 3), 1.0),
    "logit": (lambda x: logit(x / 4 + HALF), lambda x: torch.logit(x / 4 + 0.5), 1.2),
    "rsqrt": (lambda x: rsqrt(x + 3), lambda x: torch.rsqrt(x + 3), 0.8),
    "tanhshrink": (tanhshrink, F.tanhshrink, 0.3),
    "softshrink": (lambda x: softshrink(x, QUARTER), lambda x: F.softshrink(x, 0.25), 0.8),
    "hardshrink": (lambda x: hardshrink(x, QUARTER), lambda x: F.hardshrink(x, 0.25), 1.0),
    "threshold": (lambda x: threshold(x, 0, HALF), lambda x: F.threshold(x, 0, 0.5), 1.0),
    "prelu": (lambda x: prelu(x, QUARTER * x), lambda x: torch.where(x > 0, x, x * x / 4), 1.0),
    "floor": (lambda x: x * floor(3 * x), lambda x: x * torch.floor(3 * x), 3.0),
    "ceiling": (lambda x: x * ceiling(3 * x), lambda x: x * torch.ceil(3 * x), 3.0),
    "trunc": (lambda x: x * trunc(3 * x), lambda x: x * torch.trunc(3 * x), 3.0),
    "frac": (lambda x: x * frac(3 * x), lambda x: x * torch.frac(3 * x), 1.0),
    "rounded": (lambda x: x * rounded(3 * x), lambda x: x * torch.round(3 * x), 3.0),
    "sign": (lambda x: x * sign(x - HALF), lambda x: x * torch.sign(x - 0.5), 1.0),
    "step": (lambda x: x * Heaviside(x), lambda x: torch.where(x > 0, x, 0 * x), 1.0),
    "function of one's own": (
        lambda x: elementwise("bump", lambda t: exp(-(t**2)))(x),
        lambda x: torch.exp(-(x**2)),
        1.0,
    ),
}
# of two numbers between -1 and 1, a mean m and a variance v = exp(u)
OF_LAWS: dict[str, tuple[Callable[[Any, Any], Any], Callable[[Array, Array], Array], float]] = {
    "density": (
        lambda m, u: normal_logpdf(m, HALF, exp(u)),
        lambda m, u: torch.distributions.Normal(m, (u / 2).exp()).log_prob(torch.tensor(0.5)),
        5.0,
    ),
    "entropy": (lambda m, u: m * entropy_normal(exp(u)), lambda m, u: m * (u + 1 + math.log(2 * math.pi)) / 2, 2.0),
    "divergence": (
        lambda m, u: kl_normal(m, exp(u), HALF, 2),
        lambda m, u: (torch.exp(u) / 2 + (m - 0.5) ** 2 / 2 - 1 - u + math.log(2)) / 2,
        3.0,
    ),
}
FURTHER_MEANS: Means = {
    "covariance": (lambda x: Covariance(x, x**2), lambda m, s: 2 * m * s**2, 24.0),
    "probability": (lambda x: Expectation(Heaviside(x)), lambda m, s: below(m / s), 1.0),
}
KINDS = [*OF_ONE, *OF_LAWS, *FURTHER_MEANS, "std", "fixed point"]
STEPS = 90  # of an iteration that shrinks by 2/3 at least: what is left is 1e-16


class Remaining(Laws):
    """Nodes of these words."""

    def remaining(self) -> None:
        """One of them in turn, so that a run holds each."""
        kind = KINDS[self.case.seed // 10 % len(KINDS)]
        if kind in OF_ONE:
            self.of_one(kind)
        elif kind in OF_LAWS:
            self.of_a_law(kind)
        elif kind in FURTHER_MEANS:
            self.law_of({kind: FURTHER_MEANS[kind]})
        else:
            {"std": self.spread, "fixed point": self.fixed}[kind]()

    def number_between(self, letters: list[Any]) -> Term:
        """An expression between -1 and 1."""
        return self.squash(self.expr(letters, 1, self.families))

    def some_letters(self) -> list[Any]:
        return [a for a in self.letters if self.chance(0.5)][:2]

    def of_one(self, kind: str) -> None:
        """A function of the table."""
        letters = self.some_letters()
        self.note(kind)
        outer, torch_, most = OF_ONE[kind]
        body = self.number_between(letters)
        body = body if body.size <= 1 else body * number(S.One / math.ceil(body.size))
        self.define(self.name("n"), letters, body.through(outer, torch_, -most, most))

    def of_a_law(self, kind: str) -> None:
        """The log density, the entropy or the divergence of a normal law."""
        letters = self.some_letters()
        self.note(kind)
        word, torch_, most = OF_LAWS[kind]
        m, u = self.number_between(letters), self.number_between(letters)

        def at(world: World, env: Env) -> Array:
            return torch_(m.at(world, env), u.at(world, env))

        self.define(self.name("n"), letters, Term(word(m.expr, u.expr), at, -most, most))

    def spread(self) -> None:
        """A standard deviation, of numbers that differ; that of one constant is 0 for torch, and rounding for us."""
        self.note("std")
        letter = self.over(self.rng.choice([d for d in self.never_empty() if d.high.parts]))
        body = self.number_between([letter])
        body = body + Term(letter.idx, lambda world, env: torch.tensor(float(env[letter.name])), 0.0, float(MOST))

        def at(world: World, env: Env) -> Array:
            values = [body.at(world, {**env, letter.name: n}) for n in letter.span.numbers(env)]
            spread = torch.stack(torch.broadcast_tensors(*values)).var(0, correction=0)
            return torch.where(spread > 0, spread, 1.0).sqrt() * (spread > 0)  # of a single number it is 0, and flat

        self.define(self.name("n"), [], Term(std(body.expr, letter.idx), at, 0.0, 1.0 + MOST))

    def fixed(self) -> None:
        """z_i = tanh(z_i/3 + sum_j z_j/18 + b_i), which shrinks; the reference is differentiated through its steps."""
        self.note("fixed point")
        i = self.over(self.rng.choice(self.never_empty()))
        j = self.declare(i.span)
        b, name = self.number_between([i]), self.name("n")
        law = lambda z: tanh(z[i.idx] / 3 + Sum(z[j.idx], j.idx) / (3 * MOST) + b.expr)  # noqa: E731
        symbol = self.graph.fixed_point(name, law, over=i.idx)

        def at(world: World, env: Env) -> Array:
            numbers = list(i.span.numbers(env))
            given = torch.stack(torch.broadcast_tensors(*(b.at(world, {**env, i.name: n}) for n in numbers)))
            z = torch.zeros_like(given)
            for _ in range(STEPS):
                z = torch.tanh(z / 3 + z.sum(0) / (3 * MOST) + given)
            return z[env[i.name] - i.span.low.at(env)]

        self.known(name, symbol, [i], Term(symbol[i.idx], at, -1.0, 1.0))
