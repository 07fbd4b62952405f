"""The forward pass: every node from the leaves, stage by stage; a recurrence steps through its time in a loop."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace

from sympy import Expr, Idx, Max, Min

from derive.chain.partials import surrogate
from derive.code.families import Families, scope_of, without
from derive.code.program import Apply, Assign, Branch, Loop, Name, Pick, Statement, Tree, Truth
from derive.expressions.indices import apart
from derive.expressions.intervals import Interval, hull
from derive.model.model import Case, Node
from derive.model.reachability import downstream
from derive.model.schedule import Stage


class Forward:
    """The statements of the forward pass. `known` can be computed, `linear` only from the partials of L."""

    def __init__(self, families: Families, show: Callable[[object], str]):
        self.families, self.model, self.show = families, families.model, show
        nodes = [n for n in self.model.nodes.values() if not n.is_leaf]
        abstract = [n for n in nodes if n.abstract is not None]
        after = {n.name for n in nodes if any(n is a or n.name in downstream(self.model, a.name) for a in abstract)}
        self.linear = tuple(n.name for n in nodes if n.name in after)
        self.known = tuple(n.name for n in nodes if n.name not in after)

    def statements(self, names: Iterable[str]) -> tuple[Statement, ...]:
        """The stages of the families named."""
        wanted = set(names)
        stages = [s for s in self.families.derivation.stages if wanted & set(s.families)]
        return tuple(line for stage in stages for line in self._stage(stage))

    def _stage(self, stage: Stage) -> Iterator[Statement]:
        nodes = [self.model.nodes[name] for name in stage.families]
        if stage.time:
            yield from self._recurrence(stage, nodes)
        elif len(nodes[0].cases) == 1:
            case = nodes[0].cases[0]
            yield Assign(self._name(nodes[0]), self._value(nodes[0], case), self._remark(nodes[0], case))
        else:
            yield from self._pieces(nodes[0])

    def _name(self, node: Node) -> Name:
        return self.families.stored[node.name].tree

    def _remark(self, node: Node, case: Case) -> str:
        return f"{self.show(node.at(*case.position))} = {self.show(self._expr(node, case))}"

    def _expr(self, node: Node, case: Case) -> Expr:
        """The definition, no sum of which binds a letter of its own; a linear one for an abstract function."""
        if node.abstract is None:
            return apart(case.expr, [i for i in case.position if isinstance(i, Idx)])
        used = {c.argument for c in self.families.cotangents if c.node is node}
        kept = node.abstract.func(*(a for a in dict.fromkeys(node.abstract.args) if a in used))
        return surrogate(node._replace(cases=(Case(case.position, kept),)), self.model.nodes)

    def _value(self, node: Node, case: Case, time: int | None = None) -> Tree:
        """A definition over its own letters, but for the axis that a loop steps through."""
        own = [p for axis, p in enumerate(case.position) if isinstance(p, Idx) and axis != time]
        intervals = {i: (i.lower, i.upper) for i in own}
        stepped = {
            p: (self._letter(p), (p.lower, p.upper)) for p in case.position if p not in own and isinstance(p, Idx)
        }
        value = self.families.lower(self._expr(node, case), scope_of(intervals, stepped))
        return self.families.filled(value, own, list(intervals.values()))

    def _letter(self, idx: Idx) -> str:
        return self.families.names.letter(idx.name)

    def _pieces(self, node: Node) -> Iterator[Statement]:
        """A family with start values and no recurrence."""
        whole = self.families.stored[node.name].ranges
        yield Assign(self._name(node), Apply("zeros", (self.families.shape(whole),)))
        for case in node.cases:
            own = {i: (i.lower, i.upper) for i in case.position if isinstance(i, Idx)}
            target = Pick(self._name(node), tuple(self.families.places(case.position, whole, own)))
            yield Assign(target, self._value(node, case), self._remark(node, case))

    def _recurrence(self, stage: Stage, nodes: list[Node]) -> Iterator[Statement]:
        """Lists of time steps, filled in a loop, then one array for each family."""
        closed = dict(self.families.stored)
        for node in nodes:
            yield from self._opened(node, stage.time[node.name])
        first, last = span([bound(n.indices[stage.time[n.name]]) for n in nodes])
        idx = nodes[0].indices[stage.time[nodes[0].name]]
        body = joined(
            line for node in nodes for line in self._law(node, stage.time[node.name], self._letter(idx), (first, last))
        )
        yield loop(self._letter(idx), (first, last), stage.direction, body, self.families)
        for node in nodes:
            name = self._name(node)
            yield Assign(name, Apply("stack", (name, Name(str(stage.time[node.name])))))
        self.families.stored.update({n.name: closed[n.name] for n in nodes})

    def _opened(self, node: Node, time: int) -> Iterator[Statement]:
        stored = self.families.stored[node.name]
        self.families.stored[node.name] = replace(stored, time=time)
        shape = self.families.shape(list(without(stored.ranges, time)))
        yield Assign(stored.tree, Apply("slots", (shape, self.families.length(stored.ranges[time]))))
        for case in (c for c in node.cases[1:] if c.expr != 0):
            target = Pick(stored.tree, (self.families.number(case.position[time] - stored.ranges[time][0]),))
            yield Assign(target, self._value(node, case), self._remark(node, case))

    def _law(self, node: Node, time: int, variable: str, whole: Interval) -> Iterator[Statement]:
        case, stored = node.cases[0], self.families.stored[node.name]
        idx = node.indices[time]
        self.families.names.given[f"index {idx.name}"] = variable  # a loop has one variable
        place = self.families.whole(idx - stored.ranges[time][0], scope_of({}, {idx: (variable, bound(idx))})).tree
        line = Assign(Pick(stored.tree, (place,)), self._value(node, case, time), self._remark(node, case))
        yield from within([line], variable, bound(idx), whole, self.families)


def bound(idx: Idx) -> Interval:
    """The range of an index."""
    return idx.lower, idx.upper


def span(intervals: list[Interval]) -> Interval:
    """From the first to the last value of all."""
    return hull(intervals, (Min(*(a for a, _ in intervals)), Max(*(b for _, b in intervals))))


def loop(variable: str, whole: Interval, step: int, body: tuple[Statement, ...], families: Families) -> Statement:
    """A loop over all values of a range, upwards or downwards."""
    first, last = whole if step > 0 else whole[::-1]
    return Loop(variable, families.number(first), families.number(last + step), step, body)


def joined(lines: Iterable[Statement]) -> tuple[Statement, ...]:
    """The lines, neighbours with the same condition under one."""
    found: list[Statement] = []
    for line in lines:
        last = found[-1] if found else None
        if isinstance(line, Branch) and isinstance(last, Branch) and line.condition == last.condition:
            found[-1] = Branch(line.condition, last.body + line.body)
        else:
            found.append(line)
    return tuple(found)


def within(
    lines: list[Statement], variable: str, interval: Interval, whole: Interval, families: Families
) -> Iterator[Statement]:
    """The lines, under a condition where they do not hold for every value of the loop."""
    truths = []
    if interval[0] != whole[0]:
        truths.append(Truth(">=", (Name(variable), families.number(interval[0]))))
    if interval[1] != whole[1]:
        truths.append(Truth("<=", (Name(variable), families.number(interval[1]))))
    condition = truths[0] if len(truths) == 1 else Truth("and", tuple(truths))
    yield from lines if not truths else [Branch(condition, tuple(lines))]
