"""Words for formulas over a letter, and gradients that stop, in a node of their own."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from sympy import Rational, S, oo

from derive import (
    Sum,
    amax,
    atan2,
    clip,
    cosh,
    dot,
    exp,
    hypot,
    log,
    log1p,
    log_softmax,
    logaddexp,
    logsumexp,
    mean,
    norm,
    normalize,
    softmax,
    stop,
    var,
)
from random_graphs.cases import World
from random_graphs.derivatives import Derivatives
from random_graphs.letters import Env, Span, whole
from random_graphs.terms import MOST, Array, Term, number

Made = Callable[..., Any]
WORDS: dict[str, tuple[Made, Callable[[Array], Array], float]] = {  # over the first axis, and the largest value
    "logsumexp": (logsumexp, lambda x: torch.logsumexp(x, 0), 3.0),
    "mean": (mean, lambda x: x.mean(0), 1.0),
    "var": (var, lambda x: x.var(0, correction=0), 1.0),
    "norm": (norm, lambda x: torch.linalg.vector_norm(x, dim=0), 3.0 * MOST),
    "dot": (lambda x, i: dot(x, x, i), lambda x: (x * x).sum(0), 9.0 * MOST),
}
ELEMENTS: dict[str, tuple[Made, Callable[[Array], Array], float]] = {
    "softmax": (softmax, lambda x: x.softmax(0), 1.0),
    "log softmax": (log_softmax, lambda x: x.log_softmax(0), 6.0),
    "normalize": (normalize, lambda x: x / torch.linalg.vector_norm(x, dim=0), 1.0),
}


FURTHER: dict[str, tuple[Made, Callable[[Array], Array], float]] = {  # for seeds that had no word before
    "norm 1": (lambda x, i: norm(x, i, p=1), lambda x: torch.linalg.vector_norm(x, ord=1, dim=0), 3.0 * MOST),
    "norm 3": (lambda x, i: norm(x, i, p=3), lambda x: torch.linalg.vector_norm(x, ord=3, dim=0), 3.0 * MOST),
    "norm oo": (lambda x, i: norm(x, i, p=oo), lambda x: torch.linalg.vector_norm(x, ord=torch.inf, dim=0), 3.0),
    "largest": (amax, lambda x: x.amax(0), 3.0),
    "logaddexp": (lambda x, i: mean(logaddexp(x, 2 * x - 3), i), lambda x: torch.logaddexp(x, 2 * x - 3).mean(0), 5.0),
    "hypot": (lambda x, i: mean(hypot(x, 1 - x), i), lambda x: torch.hypot(x, 1 - x).mean(0), 5.0),
    "atan2": (lambda x, i: mean(atan2(1 - x, x), i), lambda x: torch.atan2(1 - x, x).mean(0), 4.0),
    "clip": (lambda x, i: mean(clip(x, S(3) / 2, S(5) / 2), i), lambda x: x.clamp(1.5, 2.5).mean(0), 3.0),
    "log1p": (lambda x, i: mean(log1p(x), i), lambda x: torch.log1p(x).mean(0), 2.0),
    "log of cosh": (lambda x, i: mean(log(1 + cosh(x)), i), lambda x: torch.log(1 + torch.cosh(x)).mean(0), 4.0),
    "log of a sum": (lambda x, i: log(Sum(exp(x) * x, i)), lambda x: torch.log((torch.exp(x) * x).sum(0)), 9.0),
}


class Words(Derivatives):
    """A node that a word makes of an expression."""

    def never_empty(self) -> list[Span]:
        """The ranges from 1 that have an element, whatever the sizes."""
        return [d for d in self.dims if d.never_empty and d.low == whole(1)]

    def word(self) -> None:
        """One of the words, or an element of a softmax."""
        self.of_word({**WORDS, **ELEMENTS}, ("norm", "normalize", "dot"))

    def further_word(self) -> None:
        """One of the further words, over numbers from 1 to 3."""
        self.of_word(FURTHER, tuple(FURTHER))

    def of_word(self, words: dict[str, tuple[Made, Callable[[Array], Array], float]], away: tuple[str, ...]) -> None:
        """A word over one letter; an element of a softmax stands over that letter too. Some stay away from 0."""
        letter = self.over(self.rng.choice(self.never_empty()))
        others = [a for a in self.letters if a.name != letter.name and self.chance(0.4)][:1]
        kind = self.rng.choice([*words])
        self.note(kind)
        body = self.squash(self.expr([*others, letter], 1, self.families))
        if kind in away:
            body = body + number(2)
        made, torch_, most = words[kind]

        def at(world: World, env: Env) -> Array:
            values = [body.at(world, {**env, letter.name: n}) for n in letter.span.numbers(env)]
            found = torch_(torch.stack(torch.broadcast_tensors(*values)))
            return found[env[letter.name] - letter.span.low.at(env)] if kind in ELEMENTS else found

        term = Term(made(body.expr, letter.idx), at, -most, most) * number(Rational(1, 2))
        if self.chance(0.3):
            self.note("stop")
            held = self.squash(self.atom(others, 0, self.families))
            term = term * held.through(stop, torch.Tensor.detach, held.low, held.high)
        self.define(self.name("n"), [*others, letter] if kind in ELEMENTS else others, term)
