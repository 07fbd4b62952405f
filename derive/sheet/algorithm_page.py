"""The page of the backward pass as an algorithm."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby

from sympy import Expr, Idx

from derive.chain.derivation import Term
from derive.chain.derived import Derived
from derive.expressions.indices import sized
from derive.expressions.intervals import Interval
from derive.expressions.symbols import Partial
from derive.language import Text, clauses, joined
from derive.page import sentences as say
from derive.page.blocks import Block as Shown
from derive.page.blocks import Equations, Heading, Paragraph, Row
from derive.page.spans import Ranges, span
from derive.sheet.algorithm import Algorithm, Block, algorithm
from derive.sheet.alike import Group
from derive.sheet.groups import groups, in_short
from derive.sheet.needed import Line
from derive.sheet.part import Part

TITLE = Text("The backward pass as an algorithm", "反向传播的算法")
FIRST = Text("First:", "首先：")
THEN = Text("Then:", "然后：")
AFTER = Text("After the loop:", "循环结束后：")
IN_ORDER = Text("For {loops}, in this order:", "对 {loops}，按下列顺序依次计算：")
LOOP = Text("{t} = {first}, …, {last}", "{t} 从 {first} 到 {last}")
SEMICOLONS = ("; ", "；")
ALL = Text("{parts}.", "{parts}。")
INSIDE = (", and each time for ", "，每次再对 ")
BEGIN = Text("Set {sums} to 0.", "令 {sums} 为 0。")
BEGIN_ALL = Text("Every gradient that is added up in a loop starts at 0.", "在循环中累加的各梯度以 0 为初值。")
SPARSE = Text("Adjoints that are not computed are 0.", "未计算的伴随量为 0。")
LIKEWISE = Text("likewise {others}, see step {number}", "{others} 同理，见第 {number} 步")
LIKEWISE_ALL = Text("likewise the others of step {number}", "第 {number} 步中其余各量同理")
NAMED = 3  # gradients that are named one by one
BY_STEP = Text("{targets} by step {numbers}", "{targets}（第 {numbers} 步）")
BY_STEPS = Text("{targets} by steps {numbers}", "{targets}（第 {numbers} 步）")
ADDED = Text(
    "then add to the gradient of step {numbers} its terms with these adjoints",
    "再把第 {numbers} 步的梯度中含这些伴随量的项累加进去",
)
ADDED_BY_STEPS = Text(
    "then add to the gradients of steps {numbers} their terms with these adjoints",
    "再把第 {numbers} 步的各梯度中含这些伴随量的项累加进去",
)
FEW = 15  # of more lines than that, brief names the steps; one that is for all values of an index counts twice


def shown(part: Part) -> Iterator[Shown]:
    """Show the algorithm, if there is one; a long one, and one that stands above written out in time, in full only."""
    if part.detail != "full" and _written_out(part.derived):
        return
    found = algorithm(part.derived)
    if found is None:
        return
    alike = {} if part.detail == "full" else {id(s): g for g in groups(part) for s in (g.first, *g.others)}
    lines = [_together(block.lines, alike) for block in found.blocks]
    yield Heading(TITLE, 1)
    start = [sentence for sentence in (_begin(found, part.detail), SPARSE if found.sparse else None) if sentence]
    few = part.detail == "full" or sum(map(_lines, found.blocks, lines)) <= FEW
    if start and few:
        yield Paragraph(joined(start, (" ", "")))
    for n, (block, rows) in enumerate(zip(found.blocks, lines, strict=True)):
        head = _head(block, n, len(found.blocks))
        if not few:
            begin = start if n == 0 else []
            yield Paragraph(joined([*begin, head, _by_steps(block, part, alike)], (" ", "")))
            continue
        yield Paragraph(head, head)
        yield Equations(tuple(_row(line, reason, block) for line, reason in rows), listed=True)


def _lines(block: Block, rows: Lines) -> int:
    inside = {loop.index for loop in block.loops}
    return sum(1 + any(i not in inside and low != high for i, (low, high) in line.ranges) for line, _ in rows)


def _by_steps(block: Block, part: Part, alike: Mapping[int, Group]) -> Text:
    """The adjoints of a block in their order with the steps that derive them, and the steps that add to a gradient."""
    numbers: dict[Expr, list[int]] = {}
    for line in (line for line in block.lines if not line.adds):
        target = Partial(part.derived.loss, line.step.node.generic)
        numbers.setdefault(target, []).append(alike[id(line.step)].number)
    added = {alike[id(line.step)].number for line in block.lines if line.adds}
    said = [_said(list(t), n, (BY_STEP, BY_STEPS)) for n, t in groupby(numbers, lambda t: sorted(set(numbers[t])))]
    said += [_said([], sorted(added), (ADDED, ADDED_BY_STEPS))] if added else []
    return ALL(parts=joined(said, SEMICOLONS))


def _said(targets: Sequence[Expr], numbers: Sequence[int], words: tuple[Text, Text]) -> Text:
    return words[len(numbers) > 1](targets=targets, numbers=in_short(numbers))


Lines = list[tuple[Line, Text | None]]  # each with what is said of others that are computed like it


def _together(lines: Sequence[Line], alike: Mapping[int, Group]) -> Lines:
    """Of lines whose steps are alike, the first, with the names of the others."""
    found: dict[object, list[Line]] = {}
    for n, line in enumerate(lines):
        group = alike.get(id(line.step))
        found.setdefault((group.number, line.adds, line.ranges) if group is not None else n, []).append(line)
    return [(own[0], _likewise(own[1:], alike)) for own in found.values()]


def _likewise(others: Sequence[Line], alike: Mapping[int, Group]) -> Text | None:
    if not others:
        return None
    number = alike[id(others[0].step)].number
    return LIKEWISE_ALL(number=number) if len(others) > NAMED else LIKEWISE(others=_targets(others), number=number)


def _targets(lines: Sequence[Line]) -> list[Expr]:
    return list(dict.fromkeys(line.target for line in lines))


def _begin(found: Algorithm, detail: str) -> Text | None:
    if not found.sums:
        return None
    return BEGIN_ALL if detail != "full" and len(found.sums) > NAMED else BEGIN(sums=list(found.sums))


def _head(block: Block, n: int, of: int) -> Text:
    """What stands over a block: its loops, or where it comes."""
    if not block.loops:
        return FIRST if n == 0 else AFTER if n == of - 1 else THEN
    return IN_ORDER(loops=joined([LOOP(t=t, first=a, last=b) for t, a, b in block.loops], INSIDE))


def _written_out(derived: Derived) -> bool:
    """Does the sheet hold every step, as each recurrence has one loop, over a known number of them?"""
    nodes = derived.model.nodes
    stages = [s for s in derived.derivation.stages if s.time]
    indices = [nodes[name].indices[axis] for s in stages for name, axis in list(s.time.items())[:1]]
    ends = (sized(e, derived.sizes) for i in indices for e in (i.lower, i.upper))
    return bool(stages) and not any(s.inner for s in stages) and all(e.is_Integer for e in ends)


def _row(line: Line, likewise: Text | None, block: Block) -> Row:
    said = [(i, *ends) for i, ends in line.ranges if _is_said(i, ends, block)]
    ranges = [span(*each) for each in said]
    reasons = [say.FOR(ranges=Ranges(tuple(ranges)))] if ranges else []
    reason = clauses([*reasons, likewise] if likewise is not None else reasons) if ranges or likewise else None
    if line.adds:
        return Row(line.target, (Term((line.target,)), *line.terms), reason, sign="<-")
    return Row(line.target, line.terms, reason)


def _is_said(i: Idx, ends: Interval, block: Block) -> bool:
    """Is a range said? Not the one of a whole loop; and not a single value beside the loops, which the target shows."""
    loop = next((loop for loop in block.loops if loop.index == i), None)
    return ends[0] != ends[1] if loop is None else {*ends} != {loop.first, loop.last}
