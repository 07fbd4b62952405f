"""Models made of products: shared, repeated and transposed factors, conditions, ties, singular coefficients, masks."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import torch
from sympy import Eq, Expr, Idx, Max, Ne, Piecewise, Rational, log, sqrt

from derive.model.sizes import fitting
from random_graphs.cases import Case, Law, World
from random_graphs.draws import Family
from random_graphs.letters import Env, Letter, Span, whole
from random_graphs.maker import Maker
from random_graphs.terms import Array, Term, number, total

ZERO = torch.zeros((), dtype=torch.float64)


class Products(Maker):
    """Makes one case: a few families that many factors share, nodes of rank 0 to 3, recurrences with lags and masks."""

    def make(self) -> Case:
        """One or two sizes with several letters each, leaves that fit them, nodes, a loss over all their elements."""
        for name in self.rng.sample(["C", "D", "N"], self.rng.choice([1, 1, 1, 2])):
            self.dims.append(self.size(name, self.rng.choice([1, 2, 3, 3])))
        for span in self.dims:
            for _ in range(4 if len(self.dims) == 1 else 3):
                self.declare(span)
        for rank in (2, 2, 1, self.rng.choice([0, 1, 2, 3])):
            self.leaf("parameter" if self.chance(0.8) else "constant", self.axes(rank), "real")
        if self.chance(0.4):
            self.leaf("parameter", self.axes(1), "binary")
        for _ in range(self.rng.choice([1, 1, 2])):
            if self.chance(0.2):
                self.in_time()
            else:
                self.as_node()
        self.squares()
        return self.case

    def axes(self, rank: int) -> tuple[Span, ...]:
        """Mostly one range for all axes, so that a matrix can follow itself."""
        one = self.rng.choice(self.dims)
        return tuple(one if self.chance(0.8) else self.rng.choice(self.dims) for _ in range(rank))

    def as_node(self) -> None:
        """A node of rank 0 to 3, sometimes over a part of a range, a product or a sum of two."""
        scope = self.rng.sample(self.letters, self.rng.choice([0, 1, 1, 2, 2, 2, 3]))
        if scope and self.chance(0.1):
            self.note("node over a part")
            part = self.partly(scope[0])
            scope[0] = replace(part, idx=Idx(part.name, (part.span.low.expr, part.span.high.expr)))
        term = self.product(scope, self.families)
        if self.chance(0.25):
            self.note("sum of products")
            term = term + self.product(scope, self.families)
        self.define(self.name("y"), scope, self.function_of(term, "tanh") if self.chance(0.1) else term)
        self.note(f"node of rank {len(scope)}")

    # products
    def product(self, scope: Sequence[Letter], pool: Sequence[Family]) -> Term:
        """Two to four factors of the pool in letters of the scope and up to three summed ones, flat or nested."""
        inner = [a for a in self.letters if a.name not in {b.name for b in scope}]
        bound = self.rng.sample(inner, min(len(inner), self.rng.choice([0, 1, 1, 2, 2, 3])))
        if scope and self.chance(0.06):
            self.note("letter of the node summed")
            again = self.rng.choice(scope).name
            bound += [a for a in self.letters if a.name == again]
        if bound and self.chance(0.15):
            bound[0] = self.partly(bound[0])
        names = {b.name for b in bound}
        letters = [*(a for a in scope if a.name not in names), *bound]
        drawn = [self.factor(letters, pool) for _ in range(self.rng.randint(2, 4))]
        return self.summed(drawn, bound)

    def summed(self, drawn: Sequence[tuple[Term, set[str]]], bound: Sequence[Letter]) -> Term:
        """The product summed over letters; nested, a letter is summed as soon as all its factors are there."""
        if not self.chance(0.4):
            found = drawn[0][0]
            for term, _ in drawn[1:]:
                found = found * term
            return total(found, bound, False) if bound else found
        self.note("nested sums")
        found, left = drawn[-1][0], list(bound)
        for at in range(len(drawn) - 1, -1, -1):
            found = drawn[at][0] * found if at < len(drawn) - 1 else found
            ended = [a for a in left if not any(a.name in names for _, names in drawn[:at])]
            left = [a for a in left if a not in ended]
            found = total(found, ended, False) if ended else found
        return found

    def partly(self, letter: Letter) -> Letter:
        """The letter over 2..N, or over 1..N - 1."""
        self.note("part of a range")
        span = letter.span
        part = Span(span.low + 1, span.high) if self.chance(0.5) else Span(span.low, span.high - 1)
        return replace(letter, span=part, reach=part)

    def factor(self, letters: Sequence[Letter], pool: Sequence[Family]) -> tuple[Term, set[str]]:
        """One factor and the names of its letters: an element, a coefficient, under a condition, or a maximum."""
        term, names = self.element(letters, pool)
        kind = self.rng.choices(["element", "condition", "tie", "singular", "power"], [12, 2, 1.5, 1.5, 1])[0]
        if kind == "condition":
            return self.conditional(term, names, letters, pool)
        if kind == "tie":
            return self.tied(term, names, letters, pool)
        if kind == "singular":
            return self.singular(term, names, letters)
        if kind == "power":
            return term.through(lambda x: x**2, lambda x: x * x, 0, term.size**2), names
        return term, names

    def element(self, letters: Sequence[Letter], pool: Sequence[Family]) -> tuple[Term, set[str]]:
        """An element at plain letters in any order, perhaps the same twice; a number where no letter fits."""
        family = self.rng.choice(pool)
        places = []
        for axis in family.axes:
            fitting = [a for a in letters if axis.holds(a.reach)]
            if not fitting:
                return number(self.rng.choice([2, -1, Rational(1, 2)])), set()
            places.append(self.rng.choice(fitting))
        names = tuple(a.name for a in places)
        if len(set(names)) < len(names):
            self.note("diagonal")

        def at(world: World, env: Env) -> Array:
            return world.element(family.name, tuple(env[n] for n in names))

        expr = family.symbol[tuple(a.idx for a in places)] if places else family.symbol
        return Term(expr, at, family.low, family.high), set(names)

    def conditional(
        self, term: Term, names: set[str], letters: Sequence[Letter], pool: Sequence[Family]
    ) -> tuple[Term, set[str]]:
        """The factor under a condition on letters or on the sign of a value, else 0 or another factor."""
        other, more = self.element(letters, pool) if self.chance(0.3) else (number(0), set())
        low, high = min(term.low, other.low), max(term.high, other.high)
        if len(letters) < 2 or self.chance(0.3):
            self.note("condition on a value")
            sign, also = self.element(letters, [f for f in pool if f.name[0] in "wa"])

            def by_value(world: World, env: Env) -> Array:
                return torch.where(sign.at(world, env) > 0, term.at(world, env), other.at(world, env))

            found = Piecewise((term.expr, sign.expr > 0), (other.expr, True))
            return Term(found, by_value, low, high), names | more | also
        self.note("condition on letters")
        one, two = self.rng.sample(list(letters), 2)
        shift = self.rng.choice([0, 0, 0, 1])
        tests: list[tuple[Any, Callable[[int, int], bool]]] = [
            (one.idx <= two.idx + shift, lambda x, y: x <= y),
            (one.idx > two.idx + shift, lambda x, y: x > y),
            (Eq(one.idx, two.idx + shift), lambda x, y: x == y),
            (Ne(one.idx, two.idx + shift), lambda x, y: x != y),
        ]
        condition, true = self.rng.choice(tests)

        def by_letters(world: World, env: Env) -> Array:
            return (term if true(env[one.name], env[two.name] + shift) else other).at(world, env)

        found = Piecewise((term.expr, condition), (other.expr, True))
        return Term(found, by_letters, low, high), names | more | {one.name, two.name}

    def tied(
        self, term: Term, names: set[str], letters: Sequence[Letter], pool: Sequence[Family]
    ) -> tuple[Term, set[str]]:
        """A maximum, often of whole numbers; those that tie share the slope, as torch.amax has it."""
        whole_numbers = [f for f in self.families if f.name in self.case.leaves and self.domain(f) == "binary"]
        terms = {term.expr: term}
        for _ in range(self.rng.choice([1, 2, 2])):
            other, more = self.element(letters, whole_numbers if whole_numbers and self.chance(0.7) else pool)
            other, more = (number(self.rng.choice([0, 1])), set()) if self.chance(0.25) else (other, more)
            terms[other.expr], names = other, names | more
        expr = Max(*terms)
        if not isinstance(expr, Max):
            return terms.get(expr, term), names
        self.note("maximum")
        kept = [terms[a] for a in expr.args]

        def at(world: World, env: Env) -> Array:
            values = torch.broadcast_tensors(*(k.at(world, env) for k in kept))
            return torch.stack(values).amax(dim=0)

        return Term(expr, at, max(k.low for k in kept), max(k.high for k in kept)), names

    def domain(self, family: Family) -> str:
        """The domain of a leaf."""
        return self.case.leaves[family.name]

    def singular(self, term: Term, names: set[str], letters: Sequence[Letter]) -> tuple[Term, set[str]]:
        """A coefficient that exists on the part of a range over which its letter runs, and not beside it."""
        parts = [a for a in letters if a.span.low == whole(2)] or list(letters)
        if not parts:
            return term, names
        self.note("singular coefficient")
        letter = self.rng.choice(parts)
        gap = letter.idx - 1 if letter.span.low == whole(2) else letter.idx
        low = 1 if letter.span.low == whole(2) else 0
        kinds: list[tuple[Expr, Callable[[float], float]]] = [
            (1 / gap, lambda n: 1 / n),
            (log(gap), lambda n: float(torch.log(torch.tensor(n, dtype=torch.float64)))),
            (sqrt(gap), lambda n: n**0.5),
        ]
        expr, value = self.rng.choice(kinds)

        def at(world: World, env: Env) -> Array:
            return term.at(world, env) * value(float(env[letter.name] - low))

        return Term(term.expr * expr, at, -2 * term.size, 2 * term.size), names | {letter.name}

    # recurrences
    def in_time(self) -> None:
        """A state with a lag of one to three, its past masked by letters, by 0 or 1, or by a triangular sum."""
        time, lag = self.time(), self.rng.choice([1, 1, 2, 3])
        space = [self.rng.choice([a for a in self.letters if a.name not in "tu"])] if self.chance(0.6) else []
        scope, start, laws, name = [time, *space], {}, [], self.name("h")
        for k in range(1, lag + 1):
            value = self.begin(space)
            at = time.span.low - k
            start[at.expr] = value.expr
            laws.append(Law(tuple(space), value, at))
        over = tuple(a.idx for a in scope)
        (symbol,) = self.graph.states(name, over if space else over[0], start)
        axes = (time.span, *(a.span for a in space))
        self.case.axes[name] = (Span(time.span.low - lag, time.span.high), *axes[1:])
        self.case.laws[name] = laws
        state = Family(name, symbol, axes, -3.0, 3.0)
        term = self.past(state, scope, time, 1)
        for k in range(2, lag + 1):
            if k == lag or self.chance(0.5):
                self.note(f"lag {k} of a masked state")
                term = term + self.past(state, scope, time, k)
        term = term + self.element(scope, [f for f in self.families if f.name in self.case.leaves])[0]
        term = self.function_of(term, "tanh") if self.chance(0.7) else term * number(Rational(1, 8))
        self.graph.update(symbol, term.expr)
        self.case.laws[name].append(Law(tuple(scope), term))
        self.families.append(replace(state, axes=self.case.axes[name]))

    def past(self, state: Family, scope: Sequence[Letter], time: Letter, lag: int) -> Term:
        """A share of the state so many steps before: scaled, masked, or a row of a matrix times it."""
        when = time.value - lag

        def before(letter: Letter | None) -> Term:
            def at(world: World, env: Env) -> Array:
                return world.element(state.name, (when.at(env), *([env[letter.name]] if letter else [])))

            return Term(state.symbol[(when.expr, *([letter.idx] if letter else []))], at, -3.0, 3.0)

        if len(scope) == 1:
            weight = self.read(self.leaf("parameter", (), "real"), scope)
            if self.chance(0.4):
                self.note("mask in time")
                mask = self.read(self.leaf("input", (time.span,), "binary"), [time])
                return mask * weight * before(None)
            return weight * before(None)
        own = scope[1]
        bound = self.over(own.span)
        if bound.name in (own.name, time.name):
            return self.read(self.leaf("parameter", (own.span,), "real"), [own]) * before(own)
        matrix = self.leaf("parameter", (own.span, own.span), "real")
        turned = self.chance(0.3)
        entry, _ = self.at_letters(matrix, (bound, own) if turned else (own, bound))
        body = entry * before(bound)
        kind = self.rng.choice(["full", "mask", "triangular"])
        if kind == "triangular" and bound.span == own.span:
            self.note("triangular sum of states")
            bound = replace(bound, span=Span(bound.span.low, own.value))
        elif kind == "mask":
            self.note("mask on letters")
            plain = body

            def masked(world: World, env: Env) -> Array:
                return plain.at(world, env) if env[bound.name] <= env[own.name] else ZERO

            body = Term(Piecewise((plain.expr, bound.idx <= own.idx), (0, True)), masked, plain.low, plain.high)
        return total(body, [bound], False)

    def at_letters(self, family: Family, letters: Sequence[Letter]) -> tuple[Term, set[str]]:
        """The element of a family at these letters."""
        names = tuple(a.name for a in letters)
        found = family.symbol[tuple(a.idx for a in letters)]
        at = lambda world, env: world.element(family.name, tuple(env[n] for n in names))  # noqa: E731
        return Term(found, at, family.low, family.high), set(names)

    # the loss
    def squares(self) -> None:
        """The squares of all elements of every node, at every step; sometimes a product with a leaf beside."""
        term = number(0)
        for family in [f for f in self.families if f.name not in self.case.leaves]:
            laws = self.case.laws[family.name]
            letters = list(laws[-1].letters)
            if any(a.name in {b.name for b in letters[:n]} for n, a in enumerate(letters)):
                continue
            one, _ = self.at_letters(family, letters) if letters else self.alone_of(family)
            body = one.through(lambda x: x**2, lambda x: x * x, 0, one.size**2) if self.chance(0.7) else one
            if not letters or self.chance(0.3):
                body = body * self.element(letters, [f for f in self.families if f.name in self.case.leaves])[0]
            if len(laws) > 1:
                self.note("loss at every step")
            term = term + (total(body, letters, False) if letters else body)
        self.graph.loss("J", term.expr)
        self.case.laws["J"], self.case.axes["J"] = [Law((), term)], ()

    def alone_of(self, family: Family) -> tuple[Term, set[str]]:
        """A node of rank 0."""
        return Term(family.symbol, lambda world, env: world.element(family.name, ()), family.low, family.high), set()


def build_products(seed: int) -> Case:
    """The case of a seed: always the same one, at sizes for which it exists."""
    case = Products(seed).make()
    case.sizes.update(fitting(case.graph.model(), case.sizes, {}))
    return case
