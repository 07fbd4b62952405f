"""The whole of a random model, and its loss."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import product
from typing import Any

import torch
from sympy import Function

from derive.model.sizes import fitting
from random_graphs.cases import Case, Law, World
from random_graphs.draws import Family
from random_graphs.letters import Env, Letter
from random_graphs.remaining import Remaining
from random_graphs.terms import Array, Term, total


class Maker(Remaining):
    """Makes one case; every choice is drawn from the seed's own generator."""

    def make(self) -> Case:
        """Sizes, leaves, nodes and recurrences, a loss."""
        self.ranges()
        for _ in range(self.rng.randint(1, 4)):
            self.leaf(self.rng.choice(["parameter", "parameter", "parameter", "input", "constant"]))
        self.leaf("parameter")
        for _ in range(self.rng.choice([1, 1, 1, 1, 2, 2, 3])):
            if self.chance(0.35):
                self.recurrence()
            else:
                self.node()
        if self.case.seed % 10 == 4:  # only these, for the seeds that are known stay the models that they were
            self.matrix()
        if self.case.seed % 20 == 19 and "real" in self.case.leaves.values():
            self.derivative()
        if self.case.seed % 10 == 7:
            self.word()
        if self.case.seed % 20 == 9:
            self.stacked()
        if self.case.seed % 10 == 1:
            self.rng.choice([self.positions, self.positions, self.law_of, self.further_word])()
        if self.case.seed % 10 == 3:
            self.remaining()
        self.loss()
        if self.chance(0.25):
            self.case.wrt = [f for f in self.case.leaves if self.chance(0.8)]
            self.note("wrt")
        return self.case

    def loss(self) -> None:
        """Sums over some of what there is; sometimes abstract."""
        computed = [f for f in self.families if f.name not in self.case.leaves]
        chosen = computed[-1:] + [f for f in computed[:-1] if self.chance(0.4)]
        if self.chance(0.15):
            term = self.abstract(self.rng.choice(chosen))
            if self.chance(0.3):
                term = term + self.share(self.rng.choice(self.families))
        else:
            term = self.share(chosen[0])
            for family in chosen[1:]:
                term = term + self.share(family)
        self.graph.loss("J", term.expr)
        self.case.laws["J"], self.case.axes["J"] = [Law((), term)], ()

    def share(self, family: Family) -> Term:
        """A scalar made of one family: its sum, a squared error, its last elements."""
        letters: list[Letter] = []
        for axis in family.axes:
            letter = self.over(axis)
            if self.chance(0.85) and letter.name not in {a.name for a in letters}:
                letters.append(letter)
        body = self.read(family, letters)
        for _ in range(3):  # rather one that reads all the letters
            if not all(body.expr.has(a.idx) for a in letters):
                body = self.read(family, letters)
        kind = self.rng.choice(["plain", "square", "weighted", "function"])
        if kind == "square":
            error = body - self.read(self.pick(letters, self.families), letters)
            body = error.through(lambda x: x**2 / 2, lambda x: x * x / 2, 0, error.size**2)
        elif kind == "weighted":
            body = body * self.atom(letters, 0, self.families)
        elif kind == "function":
            body = self.function_of(body)
        term = total(self.tame(body), letters, True) if letters else body
        if self.chance(0.15):
            self.note("function of a sum")
            term = self.function_of(term)
        return term

    def abstract(self, family: Family) -> Term:
        """L(h[T], y) or L(w), known by its partials only: the sum of partial times argument."""
        self.note("abstract loss")
        spans = tuple(a.span for a in self.case.laws[family.name][-1].letters)
        if spans and (self.chance(0.4) or not all(s.never_empty for s in spans)):
            return self.known_by_partials([(family.name, [s.numbers for s in spans])], [family.symbol])
        places = [self.rng.choice([s.low, s.high]) for s in spans]
        element = family.symbol[tuple(p.expr for p in places)] if places else family.symbol
        target = self.leaf("target", (), "real")
        ends = [lambda env, p=p: (p.at(env),) for p in places]
        return self.known_by_partials([(family.name, ends), (target.name, [])], [element, target.symbol])

    def known_by_partials(
        self, read: Sequence[tuple[str, Sequence[Callable[[Env], Sequence[int]]]]], arguments: Sequence[Any]
    ) -> Term:
        """The abstract function L of some elements of some families."""

        def at(world: World, env: Env) -> Array:
            found = torch.zeros((), dtype=torch.float64)
            for name, axes in read:
                for position in product(*(axis(env) for axis in axes)):
                    found = found + world.cotangent(name, position) * world.element(name, position)
            return found

        return Term(Function("L")(*arguments), at, -1, 1)


def build(seed: int) -> Case:
    """The case of a seed: always the same one, at sizes for which it exists: a family is never empty."""
    case = Maker(seed).make()
    case.sizes.update(fitting(case.graph.model(), case.sizes, {}))
    return case
