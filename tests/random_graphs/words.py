"""Words for formulas over a letter, and gradients that stop, in a node of their own."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from sympy import Rational

from derive import dot, log_softmax, logsumexp, mean, norm, normalize, softmax, stop, var
from random_graphs.cases import World
from random_graphs.derivatives import Derivatives
from random_graphs.letters import Env, whole
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


class Words(Derivatives):
    """A node that a word makes of an expression."""

    def word(self) -> None:
        """The word over one letter; an element of a softmax stands over that letter too."""
        letter = self.over(self.rng.choice([d for d in self.dims if d.never_empty and d.low == whole(1)]))
        others = [a for a in self.letters if a.name != letter.name and self.chance(0.4)][:1]
        kind = self.rng.choice([*WORDS, *ELEMENTS])
        self.note(kind)
        body = self.squash(self.expr([*others, letter], 1, self.families))
        if kind in ("norm", "normalize", "dot"):
            body = body + number(2)
        made, torch_, most = {**WORDS, **ELEMENTS}[kind]

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
