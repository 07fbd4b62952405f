"""The backward pass: every adjoint that a wanted gradient needs, by the steps of the derivation.

Where one form holds for all elements, it is the shortest line of the step: a - y, not the chain rule that led there.
Where users contribute to a part of the elements, each is added to its part, so that it is right for every size.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cached_property

from sympy import Add, Expr, Idx, Mod

from derive.chain.derivation import Adjoint, Step, Use
from derive.chain.steps import Steps
from derive.code.elements import Stored
from derive.code.families import Families
from derive.code.integers import Loops, scope_of
from derive.code.large_adjoints import LargeAdjoints
from derive.code.loops import joined, nested, opened, span, stacked, within, without
from derive.code.lower import Lowering
from derive.code.named_axes import pick, rearrange
from derive.code.scatter import added, masked, scatters
from derive.code.stable import Stable
from derive.code.trees import Apply, Assign, Name, Settle, Statement, Tree, names_in
from derive.expressions.indices import name_of, substitute
from derive.expressions.intervals import Interval
from derive.expressions.symbols import Partial
from derive.expressions.traverse import adjoints
from derive.expressions.weight import weight
from derive.model.reachability import reach
from derive.model.schedule import Stage


class Backward:
    """The statements of the backward pass."""

    def __init__(self, families: Families, lowering: Lowering, show: Callable[[object], str], stable: Stable):
        self.families, self.lowering, self.integers = families, lowering, lowering.integers
        self.d, self.show = self.families.derivation, show
        self.steps = Steps(self.d)
        self.numbered = self.steps.all()
        self._uses: dict[str, tuple[str, ...]] = {}
        self.put_in = LargeAdjoints(stable, self.d, {n: self._shortest(s) for n, s in self.formulas.items()})

    # which formula
    def complete(self, use: Use, adjoint: Adjoint) -> bool:
        """True if the contribution holds for every element."""
        return use.domain == self.families.stored[f"adjoint {adjoint.node.name}"].ranges

    @cached_property
    def formulas(self) -> Mapping[str, Step]:
        """Return the adjoints that have one form for all elements."""
        found = {}
        for name, adjoint in self.d.adjoints.items():
            steps = self.steps.of(name)
            if len(steps) == 1 and all(self.complete(u, adjoint) for u in adjoint.uses):
                found[name] = steps[0]
        return {n: step for n, step in found.items() if not (masked(self._shortest(step)) and self._scatters(n))}

    def formula(self, name: str) -> Expr:
        """Return the shortest line without a mask, if there is one; for what an abstract loss gives, its cotangent."""
        return self.put_in(self._shortest(self.formulas[name]))

    def _shortest(self, step: Step) -> Expr:
        if step.given:
            return Add(*(u.value(self.d.loss) for u in step.uses))
        lines = [line.expr for line in step.lines]
        return min([e for e in lines if not e.has(Mod)] or lines, key=lambda expr: (masked(expr), weight(expr)))

    def _scatters(self, name: str) -> bool:
        """True if the adjoint can be added where it is read, so that no mask is needed."""
        adjoint = self.d.adjoints[name]
        if any(s.time and name in s.families for s in self.d.stages):
            return False
        return all(scatters(u, self.families.stored[f"adjoint {name}"], self.d.loss) for u in adjoint.uses)

    def sources(self, name: str) -> list[Expr]:
        """Return the expressions that an adjoint is computed from."""
        if name in self.formulas:
            return [self.formula(name)]
        return [self.contribution(u) for u in self.d.adjoints[name].uses]

    def contribution(self, use: Use) -> Expr:
        """Return what one user adds to an adjoint."""
        return self.put_in(use.value(self.d.loss))

    @cached_property
    def needed(self) -> frozenset[str]:
        """Return the wanted gradients and the adjoints from which they are computed, not all of a recurrence."""
        return reach((n for n in self.d.wanted if n in self.d.adjoints), self._used)

    @cached_property
    def _together_with(self) -> Mapping[str, Sequence[str]]:
        """Return the families of one recurrence, or fixed point, by the name of each."""
        return {n: s.families for s in self.d.stages if s.time or s.implicit for n in s.families}

    def _used(self, name: str) -> tuple[str, ...]:
        """Return the adjoints that one is computed from."""
        if name not in self._uses:
            used = (p for expr in self.sources(name) for p in adjoints(expr))
            found = dict.fromkeys(name_of(p.wrt) for p in used if p.of == self.d.loss)
            self._uses[name] = tuple(n for n in found if n in self.d.adjoints)
        return self._uses[name]

    def _in_order(self, names: Sequence[str]) -> Iterator[str]:
        """Yield the names, each after those that it is computed from, which may be another gradient."""
        done: set[str] = set()

        def visit(name: str) -> Iterator[str]:
            if name in self.needed and name not in done:
                group = [n for n in self._together_with.get(name, (name,)) if n in self.needed]
                done.update(group)
                for used in (u for each in group for u in self._used(each)):
                    yield from visit(used)
                yield name

        for name in names:
            yield from visit(name)

    # the statements
    def statements(self) -> tuple[Statement, ...]:
        """Yield every needed adjoint: the nodes in the order of the pass, then the wanted leaves."""
        lines: list[Statement] = []
        inner = [n for n, a in self.d.adjoints.items() if not a.node.is_leaf]
        stages = {n: s for s in self.d.stages if s.time or s.implicit for n in s.families}
        for name in self._in_order([*inner, *(w for w in self.d.wanted if w not in inner)]):
            group = [n for n in inner if n in stages[name].families and n in self.needed] if name in stages else [name]
            lines += self._together(stages[name], group) if name in stages else self._whole(self.d.adjoints[name])
        return tuple(line for n, line in enumerate(lines) if not self._idle(line, lines[n + 1 :]))

    def _idle(self, line: Statement, later: list[Statement]) -> bool:
        """True for a list of time steps that nothing reads after its loop."""
        if not (isinstance(line, Assign) and isinstance(line.value, Apply) and line.value.function == "stack"):
            return False
        return line.target not in self.gradients().values() and not {*names_in(line.target)} & {*names_in(tuple(later))}

    def gradients(self) -> dict[str, Name | None]:
        """Return where the gradient of each wanted leaf is; None if the leaf cannot reach the loss."""
        return {w: self.families.stored[f"adjoint {w}"].tree if w in self.d.adjoints else None for w in self.d.wanted}

    def _remark(self, target: Partial, uses: tuple[Use, ...], verb: str, value: Expr) -> str:
        """Return the formula of a line, after the numbers of the steps that it stands for."""
        name = name_of(target.wrt)
        numbers = [str(s.number) for s in self.numbered if s.node.name == name and {*s.uses} & {*uses}]
        head = f"step {', '.join(numbers)}: " if numbers else ""
        return f"{head}{self.show(target)} {verb} {self.show(value)}"

    def _whole(self, adjoint: Adjoint) -> Iterator[Statement]:
        """Yield the statements of an adjoint without a recurrence."""
        name, own = adjoint.node.name, adjoint.node.indices
        stored = self.families.stored[f"adjoint {name}"]
        if name not in self.formulas:
            yield from self._collected(adjoint, stored)
            return
        expr = self.formula(name)
        value = self.lowering.full(expr, dict(zip(own, stored.ranges, strict=True)))
        yield Assign(stored.tree, value, self._remark(self._partial(adjoint), adjoint.uses, "=", expr))

    def _again(self, adjoint: Adjoint) -> Iterator[Statement]:
        """Yield the statements of an adjoint in a loop that solves for it.

        Where it is collected from its own elements, these are the old ones until the last contribution is added.
        """
        name, stored = adjoint.node.name, self.families.stored[f"adjoint {adjoint.node.name}"]
        if name in self.formulas or name not in self._used(name):
            yield from self._whole(adjoint)
            return
        new = replace(stored, tree=Name(self.families.names.fresh(f"new_{stored.tree.text}")))
        yield from self._collected(adjoint, new)
        yield Assign(stored.tree, new.tree)

    def _collected(self, adjoint: Adjoint, stored: Stored) -> Iterator[Statement]:
        """Add each contribution to its part of an adjoint, in the variable `stored`, from zeros on."""
        yield self._zeros(stored)
        for use in adjoint.uses:
            parts = scatters(use, stored, self.d.loss) if masked(use.value(self.d.loss)) else ()
            for part in parts:
                part = part._replace(value=self.put_in(part.value))
                remark = self._remark(self._partial(adjoint, part.position), (use,), "gets", part.value)
                yield added(part, stored, remark, self.lowering)
            if not parts:
                yield self._added(adjoint, use, stored)

    def _partial(self, adjoint: Adjoint, position: Sequence[Expr] | None = None) -> Partial:
        """Return the adjoint as a partial derivative, at its own indices or at a position."""
        node = adjoint.node
        return Partial(self.d.loss, node.generic if position is None else node.at(*position))

    def _added(self, adjoint: Adjoint, use: Use, stored: Stored, loops: Loops | None = None) -> Statement:
        """Add one contribution to the elements that it reaches; with a loop, that of one time step."""
        loops = loops or {}
        domains = dict(zip(adjoint.node.indices, use.domain, strict=True))
        fixed = {i: a for i, (a, b) in domains.items() if a == b and i not in loops}
        free = {i: d for i, d in domains.items() if i not in fixed and i not in loops}
        expr = substitute(self.contribution(use), fixed)
        value = self.lowering.value(expr, scope_of(free, loops))
        target = self._cell(stored, [fixed.get(i, i) for i in adjoint.node.indices], free, loops)
        remark = self._remark(self._partial(adjoint), (use,), "gets", self.contribution(use))
        return Assign(target, rearrange(value, list(free)), remark, adds=True)

    def _together(self, stage: Stage, group: list[str]) -> Iterator[Statement]:
        """Yield the statements of adjoints that need each other: in time, or as the solution of their equations."""
        if stage.time:
            yield from self._recurrence(stage, group)
            return
        stored = [self.families.stored[f"adjoint {name}"] for name in group]
        starts = tuple((s.tree, Apply("zeros", (self.integers.shape(s.ranges),))) for s in stored)
        yield Settle(starts, tuple(line for name in group for line in self._again(self.d.adjoints[name])))

    def _recurrence(self, stage: Stage, group: list[str]) -> Iterator[Statement]:
        """Step the adjoints of a recurrence against its direction."""
        for name in group:
            if stage.stepwise:
                yield opened(self.families, f"adjoint {name}", stage.time[name], "fresh slots", self.integers)
            else:
                yield self._zeros(self.families.stored[f"adjoint {name}"])
        first = self.d.model.nodes[group[0]]
        ranges = {n: self.families.stored[f"adjoint {n}"].ranges for n in group}
        whole = [span([ranges[n][each.axes[n]] for n in group]) for each in stage.loops]
        variables = [self.families.names.index(first.indices[a].name) for a in stage.axes(first.name)]
        lines = (line for n in group for line in self._step(self.d.adjoints[n], stage.axes(n), variables, whole))
        yield nested(variables, whole, [-each.direction for each in stage.loops], joined(lines), self.integers)
        for name in group if stage.stepwise else ():
            yield stacked(self.families, f"adjoint {name}")

    def _zeros(self, stored: Stored) -> Statement:
        return Assign(stored.tree, Apply("zeros", (self.integers.shape(stored.ranges),)))

    def _step(
        self, adjoint: Adjoint, axes: Sequence[int], variables: Sequence[str], whole: Sequence[Interval]
    ) -> Iterator[Statement]:
        """Compute one adjoint at one time."""
        node, stored = adjoint.node, self.families.stored[f"adjoint {adjoint.node.name}"]

        def loops(ranges: Sequence[Interval]) -> Loops:
            return {node.indices[a]: (v, ranges[a]) for a, v in zip(axes, variables, strict=True)}

        if node.name in self.formulas:
            yield from within(
                [self._whole_step(adjoint, loops(stored.ranges))], loops(stored.ranges), whole, self.integers
            )
            return
        for use in adjoint.uses:
            line = self._added(adjoint, use, stored, loops(use.domain))
            yield from within([line], loops(use.domain), whole, self.integers)

    def _whole_step(self, adjoint: Adjoint, loops: Loops) -> Statement:
        """Compute one adjoint at one time by the formula that holds for all of its elements."""
        node, stored = adjoint.node, self.families.stored[f"adjoint {adjoint.node.name}"]
        expr = self.formula(node.name)
        own = {i: r for i, r in zip(node.indices, stored.ranges, strict=True) if i not in loops}
        remark = self._remark(self._partial(adjoint), adjoint.uses, "=", expr)
        return Assign(self._cell(stored, node.indices, own, loops), self.lowering.full(expr, own, loops), remark)

    def _cell(self, stored: Stored, position: Sequence[Expr], own: Mapping[Idx, Interval], loops: Loops) -> Tree:
        """Return the place of elements in the variable of their family, inside of loops."""
        elements, tree, whole = self.lowering.elements, stored.tree, list(stored.ranges)
        if stored.time is None:
            return pick(tree, elements.places(position, whole, own, loops))
        position = [p for p in position if p not in loops]
        return pick(elements.slot(stored, loops), elements.places(position, without(whole, stored.time), own))
