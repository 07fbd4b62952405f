"""Nodes, and states through time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from sympy import Rational

from random_graphs.cases import Law
from random_graphs.draws import Family
from random_graphs.expressions import Expressions
from random_graphs.letters import Letter, Span, whole
from random_graphs.terms import Term, number, total

STATE = 3.0  # values of recurrent states stay within


class Recurrences(Expressions):
    """What is computed: nodes over letters, and recurrences with gates."""

    def node(self) -> None:
        """A node over zero to three letters, made of what there is."""
        scope = self.rng.sample(self.letters, min(self.rng.choice([0, 1, 1, 1, 2, 2, 3]), len(self.letters)))
        if len(scope) < 2 and self.chance(0.1):
            own = self.undeclared(self.rng.choice(self.dims))
            scope = [own, *(a for a in scope if a.name != own.name)]
        self.define(self.name("n"), scope, self.expr(scope, self.rng.choice([1, 1, 1, 2, 2, 3]), self.families))

    def define(self, name: str, scope: Sequence[Letter], term: Term) -> Family:
        """A node by its definition."""
        over = tuple(a.idx for a in scope)
        return self.known(name, self.graph.node(name, term.expr, over=over[0] if len(over) == 1 else over), scope, term)

    def known(self, name: str, symbol: Any, scope: Sequence[Letter], term: Term) -> Family:
        """A node of the graph with its second writing."""
        self.case.laws[name], self.case.axes[name] = [Law(tuple(scope), term)], tuple(a.span for a in scope)
        self.families.append(Family(name, symbol, self.case.axes[name], term.low, term.high))
        return self.families[-1]

    # recurrences
    def recurrence(self) -> None:
        """One or two states through time, perhaps with gates, forward or backward."""
        time, step, lag = self.time(), self.rng.choice([-1, -1, 1]), self.rng.choice([1, 1, 1, 2])
        self.note("backward in time" if step > 0 else "forward in time")
        self.note(f"lag {lag}")
        space = [self.rng.choice([a for a in self.letters if a.name != time.name])] if self.chance(0.35) else []
        self.note("vector state" if space else "scalar state")
        scope = [time, *space]
        states = [self.state(scope, step, lag) for _ in range(self.rng.choice([1, 1, 2]))]
        if len(states) > 1:
            self.note("coupled")
        past = tuple(time.value + step * k for k in range(1, lag + 1))
        seen, gates = [replace(s, times=past) for s in states], []
        for _ in range(self.rng.choice([0, 0, 0, 1, 1, 2])):
            self.note("gate")
            gates.append(self.gate(scope, [*self.families, *gates, *seen, *seen]))
        for n, state in enumerate(states):
            self.law(state, scope, [*self.families, *gates, *seen], seen[n], gates)
            seen[n] = replace(state, times=(time.value, *past))  # those that follow may read it now
        self.families += [replace(f, times=(), axes=self.case.axes[f.name]) for f in (*gates, *states)]

    def time(self) -> Letter:
        """The index of time: one that exists, or a new one over 1..T, 0..T or 1..3."""
        old = [a for a in self.letters if a.name in "tu"]
        if old and (len(old) == 2 or self.chance(0.5)):
            return self.rng.choice(old)
        if old:
            span = old[0].span
        elif self.chance(0.15):
            span = Span(whole(1), whole(self.rng.randint(1, 4)))
        else:
            span = self.size("T", self.rng.randint(1, 5))
            span = Span(span.low - 1, span.high) if self.chance(0.1) else span
        letter = self.declare(span, "u" if old else "t")
        self.dims.append(span)
        self.leaf("input", (span,) if self.chance(0.7) else (span, self.rng.choice(self.dims)))
        return letter

    def state(self, scope: Sequence[Letter], step: int, lag: int) -> Family:
        """Open a state with its start values."""
        name, span, space = self.name("h"), scope[0].span, tuple(scope[1:])
        edge, start, laws = span.high if step > 0 else span.low, {}, []
        for k in range(1, lag + 1):
            at, value = edge + step * k, self.begin(space)
            start[at.expr] = value.expr
            laws.append(Law(space, value, at))
        over = tuple(a.idx for a in scope)
        (symbol,) = self.graph.states(name, over[0] if len(over) == 1 else over, start)
        whole_time = Span(span.low, edge + lag) if step > 0 else Span(edge - lag, span.high)
        self.case.laws[name], self.case.axes[name] = laws, (whole_time, *(a.span for a in space))
        return Family(name, symbol, (span, *(a.span for a in space)), -STATE, STATE)

    def begin(self, space: Sequence[Letter]) -> Term:
        """A start value: a number, a parameter, an expression."""
        kind = self.rng.choice(["zero", "zero", "number", "parameter", "parameter", "expression"])
        self.note(f"start {kind}")
        if kind == "zero":
            return number(0)
        if kind == "number":
            return number(Rational(1, 2))
        if kind == "parameter":
            term = self.read(self.leaf("parameter", tuple(a.span for a in space), "real"), space)
        else:
            term = self.expr(space, 1, self.families)
        return term if term.size <= STATE else self.squash(term)

    def gate(self, scope: Sequence[Letter], pool: Sequence[Family]) -> Family:
        """A node inside the recurrence, to be read at its own time."""
        term = self.function_of(
            self.expr(scope, self.rng.choice([1, 1, 2]), pool), self.rng.choice(["tanh", "sigmoid"])
        )
        self.define(self.name("g"), scope, term)
        return replace(self.families.pop(), times=(scope[0].value,))

    def law(
        self, state: Family, scope: Sequence[Letter], pool: Sequence[Family], own: Family, gates: list[Family]
    ) -> None:
        """Close a state: it depends on its own past, and on what else there is."""
        past = self.read(own, scope)
        if len(scope) > 1 and self.chance(0.6):
            self.note("matrix times state")
            bound = self.over(scope[1].span)
            bound = scope[1] if bound.name == scope[0].name else bound
            inner = [*(a for a in scope if a.name != bound.name), bound]
            weight = self.leaf("parameter", (scope[1].span, scope[1].span), "real")
            past = total(self.read(weight, inner) * self.read(own, inner), [bound], True)
        fresh = self.tame(self.expr(scope, self.rng.choice([0, 0, 1, 1, 2]), pool))
        kind = self.rng.choice(["linear", "activation", "activation", "gated"])
        self.note(f"law {kind}")
        if kind == "linear":
            term = past * number(Rational(1, 16)) + (fresh if fresh.size <= 1 else self.squash(fresh))
        elif kind == "activation":
            past = past * self.atom(scope, 0, pool) if self.chance(0.5) else past
            term = self.squash(self.tame(past + fresh))
        else:
            share = self.read(self.rng.choice(gates) if gates else self.gate(scope, pool), scope)
            term = (share * past + (number(1) - share) * fresh) * number(Rational(1, 32))
        term = self.squash(term) if term.size > STATE else term
        term = self.function_of(term, "relu") if self.chance(0.1) else term
        self.graph.update(state.symbol, term.expr)
        self.case.laws[state.name].append(Law(tuple(scope), term))
