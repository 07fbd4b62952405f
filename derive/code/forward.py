"""The forward pass: every node from the leaves, stage by stage; a recurrence steps through its time in a loop."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace

from sympy import Expr, Idx

from derive.chain.partials import surrogate
from derive.code.families import Families
from derive.code.integers import Loops
from derive.code.loops import declared, joined, nested, opened, span, stacked, within
from derive.code.lower import Lowering
from derive.code.named_axes import pick
from derive.code.trees import Apply, Assign, Name, Pick, Settle, Statement, Tree
from derive.expressions.indices import apart
from derive.expressions.intervals import Interval
from derive.model.model import Case, Node, is_notation
from derive.model.reachability import downstream
from derive.model.schedule import Stage


class Forward:
    """The statements of the forward pass: of `known` nodes, and of `linear` ones, which need the partials of L."""

    def __init__(self, families: Families, lowering: Lowering, show: Callable[[object], str]):
        self.families, self.lowering, self.integers = families, lowering, lowering.integers
        self.model, self.show = self.families.model, show
        nodes = [n for n in self.model.nodes.values() if not n.is_leaf]
        abstract = [n for n in nodes if n.abstract is not None]
        after = {n.name for n in nodes if any(n is a or n.name in downstream(self.model, a.name) for a in abstract)}
        self.linear = tuple(n.name for n in nodes if n.name in after)
        self.known = tuple(n.name for n in nodes if n.name not in after)

    def statements(self, names: Iterable[str]) -> tuple[Statement, ...]:
        """Yield the statements of the stages in which the named families are computed."""
        wanted = set(names)
        stages = [s for s in self.families.derivation.stages if wanted & set(s.families)]
        return tuple(line for stage in stages for line in self._stage(stage))

    def _stage(self, stage: Stage) -> Iterator[Statement]:
        nodes = [self.model.nodes[name] for name in stage.families]
        if stage.time:
            yield from self._recurrence(stage, nodes)
        elif stage.implicit:
            yield self._fixed_point(nodes)
        elif len(nodes[0].cases) == 1:
            case = nodes[0].cases[0]
            yield Assign(self._name(nodes[0]), self._value(nodes[0], case), self._remark(nodes[0], case))
        else:
            yield from self._pieces(nodes[0])

    def _fixed_point(self, nodes: list[Node]) -> Statement:
        """Compute the definitions of a fixed point again and again."""
        body = (Assign(self._name(n), self._value(n, n.cases[0]), self._remark(n, n.cases[0])) for n in nodes)
        solved = (n for n in nodes if n.implicit)
        return Settle(tuple((self._name(n), self._zeros(n)) for n in solved), tuple(body))

    def _zeros(self, node: Node) -> Tree:
        return Apply("zeros", (self.integers.shape(self.families.stored[node.name].ranges),))

    def _name(self, node: Node) -> Name:
        return self.families.stored[node.name].tree

    def _remark(self, node: Node, case: Case) -> str:
        if is_notation(node):
            return self.show(node.symbol)
        return f"{self.show(node.at(*case.position))} = {self.show(self._expr(node, case))}"

    def _expr(self, node: Node, case: Case) -> Expr:
        """Return the definition, whose sums bind none of its own indices; for an abstract function, a linear one."""
        if node.abstract is None:
            return apart(case.expr, [i for i in case.position if isinstance(i, Idx)])
        used = {c.argument for c in self.families.cotangents if c.node is node}
        reduced = node.abstract.func(*(a for a in dict.fromkeys(node.abstract.args) if a in used))
        return surrogate(node._replace(cases=(Case(case.position, reduced),)), self.model.nodes)

    def _value(self, node: Node, case: Case, loops: Loops | None = None) -> Tree:
        """Compute a definition over its own indices, without those that loops step through."""
        own = {p: declared(p) for p in case.position if isinstance(p, Idx) and p not in (loops or {})}
        return self.lowering.full(self._expr(node, case), own, loops)

    def _variable(self, idx: Idx) -> str:
        """Return the variable of a loop over an index."""
        return self.families.names.index(idx.name)

    def _pieces(self, node: Node) -> Iterator[Statement]:
        """Compute a family with start values that is no recurrence."""
        yield from self._begun(node)
        yield self._filled(node, node.cases[0])

    def _begun(self, node: Node) -> Iterator[Statement]:
        """Make the array of a family, with its start values."""
        whole = self.families.stored[node.name].ranges
        yield Assign(self._name(node), Apply("zeros", (self.integers.shape(whole),)))
        yield from (self._filled(node, case) for case in node.cases[1:] if case.expr != 0)

    def _filled(self, node: Node, case: Case, loops: Loops | None = None) -> Statement:
        """Compute the elements of one definition in the array of their family; of one step inside of loops."""
        whole = self.families.stored[node.name].ranges
        own = {i: declared(i) for i in case.position if isinstance(i, Idx) and i not in (loops or {})}
        target = pick(self._name(node), self.lowering.elements.places(case.position, whole, own, loops))
        return Assign(target, self._value(node, case, loops), self._remark(node, case))

    def _recurrence(self, stage: Stage, nodes: list[Node]) -> Iterator[Statement]:
        """Fill lists of time steps in a loop, then make each family one array; or fill arrays in loops."""
        for node in nodes:
            yield from self._opened(node, stage.time[node.name]) if stage.stepwise else self._begun(node)
        whole = [span([declared(n.indices[each.axes[n.name]]) for n in nodes]) for each in stage.loops]
        variables = [self._variable(nodes[0].indices[each.axes[nodes[0].name]]) for each in stage.loops]
        self._filling(stage)
        lines = (line for n in nodes for line in self._time_step(n, stage.axes(n.name), variables, whole))
        yield nested(variables, whole, [each.direction for each in stage.loops], joined(lines), self.integers)
        self._filling(stage, False)
        for node in nodes if stage.stepwise else ():
            yield stacked(self.families, node.name)

    def _filling(self, stage: Stage, on: bool = True) -> None:
        """Say that the arrays of a recurrence are being filled, or are complete."""
        for name in () if stage.stepwise else stage.families:
            self.families.stored[name] = replace(self.families.stored[name], filling=on)

    def _opened(self, node: Node, time: int) -> Iterator[Statement]:
        yield opened(self.families, node.name, time, "slots", self.integers)
        stored = self.families.stored[node.name]
        for case in (c for c in node.cases[1:] if c.expr != 0):
            target = Pick(stored.tree, (self.integers.number(case.position[time] - stored.ranges[time][0]),))
            yield Assign(target, self._value(node, case), self._remark(node, case))

    def _time_step(
        self, node: Node, axes: Sequence[int], variables: Sequence[str], whole: Sequence[Interval]
    ) -> Iterator[Statement]:
        case, stored = node.cases[0], self.families.stored[node.name]
        loops = {node.indices[a]: (v, declared(node.indices[a])) for a, v in zip(axes, variables, strict=True)}
        for idx, (variable, _) in loops.items():
            self.families.names.given[f"index {idx.name}"] = variable  # a loop has one variable
        if stored.time is None:
            line = self._filled(node, case, loops)
        else:
            slot = self.lowering.elements.slot(stored, loops)
            line = Assign(slot, self._value(node, case, loops), self._remark(node, case))
        yield from within([line], loops, whole, self.integers)
