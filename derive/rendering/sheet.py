"""From a derivation to the blocks of a sheet: model, what flows where, forward, backward, gradients, numbers, check."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from sympy import Expr, Symbol, preorder_traversal

from derive.derivation import Derivation, Step, Term
from derive.functions import row_of
from derive.indices import bound_indices, sized
from derive.language import Text
from derive.model import Model, Node, Reference
from derive.partials import Immediate
from derive.paths import dead_end
from derive.rendering import sentences as say
from derive.rendering.blocks import Block, Equations, Expanded, Heading, Paragraph, Row, Table, Title
from derive.rendering.numbers import RATE, numbers
from derive.rendering.numerals import Numeral
from derive.rendering.span import Known, Ranges, span
from derive.rendering.unrolled import backward_in_time, forward_in_time, shown
from derive.verification.report import Report
from derive.worked import Worked


@dataclass(frozen=True)
class Part:
    """One reading of a problem, derived: what a sheet shows of it."""

    derivation: Derivation
    steps: tuple[Step, ...]
    sizes: Mapping[Symbol, int]
    report: Report | None = None
    label: Text | None = None
    worked: Worked | None = None
    remark: Text | None = None
    notes: tuple[Text, ...] = ()
    update: bool = False
    rate: Fraction | None = None


def sheet(parts: Sequence[Part], head: Title | None = None, detail: str = "brief") -> Iterator[Block]:
    """The blocks of a whole sheet; `detail` "full" prints every time step."""
    yield head or Title(say.plain(parts[0].derivation.model.title), say.DERIVED)
    for part in parts:
        if part.label is not None:
            yield Heading(say.READING(label=part.label), 0)
        yield from _part(part, detail)


def _part(part: Part, detail: str) -> Iterator[Block]:
    model = part.derivation.model
    yield from given(model.given or model)
    yield from flows(part.derivation)
    yield from forward(part, detail)
    yield from backward(part, detail)
    yield from gradients(part, detail)
    if part.worked is not None:
        yield from numbers(part.derivation, part.worked, part.remark, part.steps)
    yield from check(part)


def given(model: Model) -> Iterator[Block]:
    """The model as its author wrote it, and what its letters are."""
    yield Heading(say.MODEL)
    yield Paragraph(say.AS_GIVEN)
    yield Equations(tuple(_definitions(model)))
    for kind, sentence in say.KINDS.items():
        nodes = model.of_kind(kind)
        if nodes:
            yield Paragraph(sentence(names=[_leaf(n) for n in nodes]))


def _leaf(node: Node) -> object:
    ranges = Ranges(tuple(span(i, i.lower, i.upper) for i in node.indices))
    return say.RANGED(name=node.generic, ranges=ranges) if node.indices else node.generic


def _definitions(model: Model) -> Iterator[Row]:
    for node in model.nodes.values():
        for case in node.cases:
            ranges = Ranges(tuple(span(i, low, high) for i, low, high in case.bounds))
            yield Row(node.at(*case.position), case.expr, say.FOR(ranges=ranges) if case.bounds else None)


def flows(d: Derivation) -> Iterator[Block]:
    """Who is computed from what and used by whom, and what cannot reach the loss."""
    model = d.model
    yield Heading(say.FLOWS)
    rows = []
    for node in model.nodes.values():
        used = sorted((u for c in node.cases for u in model.uses(c)), key=lambda u: model.order.index(u.name))
        sources = list(dict.fromkeys(_element(model, use) for use in used))
        users = [u.generic for u in model.users(node.name)]
        if not node.is_leaf or (node.kind == "parameter"):
            rows.append(
                (node.generic, sources or say.PARAMETER, users or (say.LOSS if node is model.loss else say.NOBODY))
            )
    yield Table(say.FLOW_HEADER, tuple(rows))
    for node in d.unreachable:
        path = dead_end(model, node)
        yield Paragraph(_stranded(node, path))
    for adjoint in d.adjoints.values():
        if any(
            low == high and idx.lower != idx.upper
            for idx, (low, high) in zip(adjoint.node.indices, adjoint.support, strict=True)
        ):
            point = adjoint.node.at(*(low for low, _ in adjoint.support))
            yield Paragraph(say.ONLY(element=point, family=adjoint.node.generic))


def _element(model: Model, use: Reference) -> Expr:
    """What a definition refers to: an element, or a family as a whole by its generic element."""
    node = model.nodes[use.name]
    return node.generic if use.position is None else node.at(*use.position)


def _stranded(node: Node, path: list[Node]) -> Text:
    if len(path) == 1:
        return say.UNUSED(name=node.generic)
    return say.UNREACHABLE(name=node.generic, path=say.arrow([n.generic for n in path]), end=path[-1].generic)


def forward(part: Part, detail: str) -> Iterator[Block]:
    """The equations as they are computed, pre-activations named; every time step where T has a number."""
    model = part.derivation.model
    implied = [n.generic for n in model.nodes.values() if n.implied]
    unrolled = list(forward_in_time(part.derivation, part.sizes, detail))
    if not implied and not unrolled:
        return
    yield Heading(say.FORWARD)
    if implied:
        yield Paragraph(say.NAMED(names=implied))
        yield Equations(tuple(_definitions(model)))
    if unrolled:
        yield Paragraph(say.UNROLLED_FORWARD(sizes=_numbers(part.sizes)))
        yield from unrolled


def _conventions(model: Model) -> Iterator[Text]:
    """What is agreed at the kinks of the functions used, each once."""
    seen = {}
    for node in model.nodes.values():
        for case in node.cases:
            for expr in preorder_traversal(case.expr):
                row = row_of(expr)
                if row is not None and row.convention is not None:
                    seen[row.name] = row.convention
    yield from seen.values()


def backward(part: Part, detail: str) -> Iterator[Block]:
    """One step for each adjoint and region, then, where T has a number, the recursion written out."""
    loss = part.derivation.loss
    yield Heading(say.BACKWARD)
    yield Paragraph(say.SEED(loss=loss))
    if any(isinstance(f, Immediate) for s in part.steps for t in s.chain for f in t.factors):
        yield Paragraph(say.IMMEDIATE)
    for convention in _conventions(part.derivation.model):
        yield Paragraph(convention)
    for step in part.steps:
        if not step.node.is_leaf:
            yield from _step(step)
    unrolled = list(backward_in_time(part.derivation, part.steps, part.sizes, detail))
    if unrolled:
        yield Heading(say.IN_TIME, 1)
        yield Paragraph(say.UNROLLED_BACKWARD(sizes=_numbers(part.sizes)))
        yield from unrolled


def _step(step: Step) -> Iterator[Block]:
    yield Heading(say.STEP(number=str(step.number), target=step.target, where=_where(step)), 2)
    if step.given:
        yield Paragraph(say.STAYS(quantity=step.target, loss=step.target.args[0]))
        return
    yield Paragraph(say.sentence(step.reason))
    yield Equations(tuple(_rows(step)))


def _where(step: Step) -> Text:
    """For which index values a step holds; silent for a single one, which its symbol shows."""
    ranges = [
        span(i, low, high)
        for axis, (i, (low, high)) in enumerate(zip(step.node.indices, step.region.ranges, strict=True))
        if not step.region.is_point(axis)
    ]
    return say.WHERE(ranges=Ranges(tuple(ranges))) if ranges else say.EVERYWHERE


def _rows(step: Step) -> Iterator[Row]:
    """The chain rule in symbols, the local partials with their rules, the chain of equalities."""
    direct = len(step.uses) == 1 and step.uses[0].direct
    if not direct:
        yield Row(step.target, step.chain, dots=True)
        for local in step.locals:
            if str(local.symbol) != str(local.value):
                yield Row(local.symbol, local.value, say.listed(local.rules), gap=True)
    for number, line in enumerate(step.lines):
        yield Row(step.target if number == 0 else None, line.terms, line.reason, gap=number == 0 and not direct)


def gradients(part: Part, detail: str) -> Iterator[Block]:
    """The gradients that were asked for, each in a box."""
    yield Heading(say.GRADIENTS)
    for step in part.steps:
        if step.node.is_leaf:
            yield from _step(step)
            yield from _written_out(step, part.sizes, detail)
            yield Equations((Row(step.target, step.lines[-1].terms),), boxed=True)
    for node in part.derivation.unreachable:
        yield Paragraph(say.ZERO(name=node.generic, loss=part.derivation.loss))
    for note in part.notes:
        yield Paragraph(note)
    if part.update:
        yield from _update(part)


def _update(part: Part) -> Iterator[Block]:
    """w <- w - eta dL/dw in symbols, with the gradient put in."""
    rate = Numeral(part.rate) if part.rate is not None else None
    yield Paragraph(say.RULE_OF_UPDATE(rate=RATE) if rate is None else say.UPDATE(rate=RATE, value=rate))
    rows = []
    for step in (s for s in part.steps if s.node.is_leaf):
        element = step.target.args[1]
        rows.append(Row(element, (Term((element,)), Term((-RATE, step.target))), arrow=True))
        rows.append(Row(None, (Term((element,)), Term((-RATE, step.value)))))
    yield Equations(tuple(rows))


def _written_out(step: Step, sizes: Mapping[Symbol, int], detail: str) -> Iterator[Block]:
    """A sum over time with a number of steps, term by term."""
    last = step.lines[-1].terms
    if len(last) == 1 and len(last[0].sums) == 1:
        idx, low, high = last[0].sums[0]
        low, high = sized(low, sizes), sized(high, sizes)
        if low.is_Integer and high.is_Integer and high > low and not bound_indices(last[0].factors[0]):
            times = shown(range(int(high), int(low) - 1, -1), detail)
            yield Expanded(step.target, type(last[0])(last[0].factors), idx, times, say.WRITTEN_OUT)


def check(part: Part) -> Iterator[Block]:
    """The verification as a small table."""
    report, order = part.report, [s.node.name for s in part.steps]
    if report is None:
        return
    yield Heading(say.CHECK)
    yield Paragraph(say.CHECKED(samples=str(report.samples)))
    if any(_conventions(part.derivation.model)):
        yield Paragraph(say.BOTH_SIDES)
    if report.exact:
        yield Paragraph(say.EXACTLY(points=str(report.exact)))
    if report.sizes:
        sizes = [[Known(name, n) for name, n in one] for one in report.sizes]
        yield Paragraph(say.CHECKED_SIZES(sizes=[say.both(s) if len(s) > 1 else s[0] for s in sizes]))
    rows = sorted(report.rows, key=lambda r: order.index(r.name))
    yield Table(
        say.CHECK_HEADER,
        tuple((r.quantity, str(r.points), r.error, say.AGREES if r.ok else say.DISAGREES) for r in rows),
    )


def _numbers(sizes: Mapping[Symbol, int]) -> list[Known]:
    return [Known(str(s), n) for s, n in sizes.items()]
