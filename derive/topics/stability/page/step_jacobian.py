"""The Jacobian of one step on the page: each block with its paths, and the product of Jacobians over many steps."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from sympy import Expr, ImmutableDenseMatrix, IndexedBase, Integer, Product

from derive.chain.derivation import Term
from derive.expressions.indices import index, name_of, substitute
from derive.expressions.matrices import Dots, Named, Power, Times, Transpose
from derive.expressions.norms import IDENTITY
from derive.expressions.symbols import Partial
from derive.language import Text
from derive.page import sentences as say
from derive.page.blocks import Block, Equations, Heading, Paragraph, Row, Table
from derive.page.spans import span
from derive.topics.jacobian.paths import Entry, Link, Path
from derive.topics.stability.conditions import Analysis
from derive.topics.stability.lags import Copy
from derive.topics.stability.losses import Reads, reads
from derive.topics.stability.remedies import as_matrix, linear, norm_keeping
from derive.topics.stability.step_jacobian import StepJacobian
from derive.topics.topic import Context

HEAD = Text("The Jacobian of one step", "一步的雅可比矩阵")
ONE_STEP = Text("One step has the following Jacobian:", "一步的雅可比矩阵为：")
STANDS_BELOW = Text(
    "The Jacobian of one step is derived below, in the section of this name.",
    "一步的雅可比矩阵在下文同名的一节中推导。",
)
WITHIN = Text(
    "The Jacobian says how the state depends on the state one step before: multiply the local partial derivatives "
    "along every path within the step, and add the paths up.",
    "雅可比矩阵表示某一时刻的状态如何依赖于前一步的状态：在这一步之内，沿每条路径把局部偏导数相乘，再把各条路径相加。",
)
PATHS = Text("Path by path:", "逐条路径：")
PATH = (Text("path", "路径"), Text("product of the local partials", "局部偏导数之积"), Text("kind", "类型"))
DIRECT = Text("direct", "直接路径")
THROUGH = Text("through {gate}", "经过 {gate}")
MULTIPLY = Text(
    "By the chain rule, the Jacobian over many steps is the product of the Jacobians of the steps:",
    "由链式法则，跨越多步的雅可比矩阵等于各步雅可比矩阵之积：",
)
SINGLE = Text(
    "Let {jacobian} be the matrix with these entries. The Jacobian over many steps is the product of these matrices, "
    "the latest on the left:",
    "设 {jacobian} 是由这些元素组成的矩阵。跨越多步的雅可比矩阵是这些矩阵之积，最晚的一步在最左边：",
)
ORDERED = Text(
    "Let {state} collect the states at one time, and let {jacobian} be the matrix of the blocks above. The Jacobian "
    "over many steps is the product of these matrices, the latest on the left:",
    "把同一时刻的各状态合记为 {state}，{jacobian} 是由以上各块组成的矩阵。跨越多步的雅可比矩阵是这些矩阵之积，"
    "最晚的一步在最左边：",
)
ENTRIES = Text("Let {jacobian} be the matrix with these entries.", "设 {jacobian} 是由这些元素组成的矩阵。")
BLOCKS = Text(
    "Let {state} collect the states at one time, and let {jacobian} be the matrix of the blocks above.",
    "把同一时刻的各状态合记为 {state}，{jacobian} 是由以上各块组成的矩阵。",
)
COMPANION = Text(
    "{jacobian} is the matrix of these blocks, the companion matrix: below them it only hands earlier values on.",
    "{jacobian} 是由这些块组成的矩阵，即友矩阵：其余的行只是把较早的值向后传递。",
)
LAGGED = Text(
    "The recurrence looks back {lag} steps, so the state at one time is {state} = ({parts}): all that later "
    "steps read. Each partial below holds the other parts of the state before fixed.",
    "该递推回看 {lag} 步，因此某一时刻的状态是 {state} = ({parts})，即后续各步所读取的全部。"
    "下面每个偏导数都固定前一时刻状态的其余部分。",
)
MATRIX = Text(
    "{jacobian} is the matrix of these blocks, the companion matrix: below them it only hands earlier values on. "
    "Over many steps of {state} the matrices multiply, the latest on the left:",
    "{jacobian} 是由这些块组成的矩阵，即友矩阵：其余的行只是把较早的值向后传递。"
    "对 {state} 跨越多步时矩阵相乘，最晚的一步在最左边：",
)
BACKWARD = Text(
    "Of the states, only the last one enters the loss directly, so its adjoint is carried back by the transposes in "
    "the opposite order:",
    "各状态中只有最后一个直接进入损失，因此其伴随量由各转置矩阵按相反的次序传回：",
)
CONSTANT = Text("the matrix is the same at every step", "每一步的矩阵都相同")
PROOF = Text(
    "Proof by induction. For {end} the product is empty. One step further back, the last state depends on the earlier "
    "state only through the state in between, so by the chain rule one more factor appears on the right:",
    "用数学归纳法证明。当 {end} 时没有因子。再往前一步，最后的状态只通过中间的状态依赖于更早的状态，由链式法则，"
    "右边多出一个因子：",
)


def step_jacobian_section(analysis: Analysis, context: Context, states: Sequence[Expr] = ()) -> Iterator[Block]:
    """The section on the Jacobian of one step of a recurrence; its heading names the `states` of one among several."""
    jacobian, derivation = analysis.jacobian, context.derived.derivation
    yield Heading(say.OF_READING(head=HEAD, reading=list(states)) if states else HEAD)
    yield Paragraph(WITHIN)
    entries = _entries(analysis)
    yield from _blocks(analysis)
    if context.detail == "full" and any(len(e.paths) > 1 for e in entries):
        yield Paragraph(PATHS)
        yield Table(PATH, tuple(_path(jacobian, e, p) for e in entries for p in e.paths))
    if jacobian.lag == 1:
        yield from _scalar(jacobian) if jacobian.scalar else _matrix(analysis, context.detail)
        if len(jacobian.states) == 1 and not jacobian.scalar and reads(derivation, jacobian) is Reads.LAST:
            yield Paragraph(BACKWARD)
            yield Equations((_carried(jacobian, derivation.loss),), boxed=True)


def jacobian_answer(analysis: Analysis, below: bool) -> Iterator[Block]:
    """The Jacobian of one step for the results: one block as it is, of several where they stand `below`."""
    if below and len(_entries(analysis)) > 1:
        yield Paragraph(STANDS_BELOW)
        return
    yield Paragraph(ONE_STEP, ONE_STEP)
    yield from _blocks(analysis)


def _blocks(analysis: Analysis) -> Iterator[Block]:
    """The blocks of the Jacobian of one step; where the recurrence looks back several, with what its state is."""
    jacobian, copies = analysis.jacobian, _copies(analysis)
    if copies:
        parts = [_at(_plain_of(analysis, s.generic)) for s in jacobian.states]
        lag = str(1 + max(c.steps for c in copies.values()))
        lagged = LAGGED(lag=lag, state=_vector(jacobian)(jacobian.index), parts=parts)
        yield Paragraph(lagged, lagged)
    yield Equations(tuple(map(_block, _entries(analysis))), listed=True)


def _entries(analysis: Analysis) -> list[Entry]:
    """The blocks that do more than hand an earlier value on, as they stand on the page."""
    copies = _copies(analysis)
    return [_plain(analysis, e) for row in analysis.jacobian.entries for e in row if name_of(e.of) not in copies]


def _copies(analysis: Analysis) -> Mapping[str, Copy]:
    return analysis.unfolded.copies if analysis.unfolded is not None else {}


def _in_matrix(analysis: Analysis, entry: Entry) -> Expr:
    """A block of the matrix of one step; those that only hand earlier values on are 0 and the identity."""
    if analysis.unfolded is None or name_of(entry.of) not in analysis.unfolded.copies:
        return Partial(*(_at(_plain_of(analysis, e)) for e in (entry.of, entry.wrt)))
    if entry.value == 0:
        return Integer(0)
    return Integer(1) if len(entry.of.indices) == 1 else IDENTITY


def _plain_of(analysis: Analysis, expr: Expr) -> Expr:
    return expr if analysis.unfolded is None else analysis.unfolded.plain(expr)


def _plain(analysis: Analysis, entry: Entry) -> Entry:
    """An entry as it stands on the page: without names for earlier values."""
    back = analysis.unfolded
    if back is None:
        return entry

    def link(k: Link) -> Link:
        return k._replace(user=back.plain(k.user), value=back.plain(k.value))

    paths = tuple(p._replace(links=tuple(map(link, p.links))) for p in entry.paths)
    return Entry(back.plain(entry.of), back.plain(entry.wrt), paths)


def _block(entry: Entry) -> Row:
    """A block as the sum of its paths."""
    return Row(Partial(entry.of, entry.wrt), tuple(p.term for p in entry.paths) or (Term((entry.value,)),))


def _path(jacobian: StepJacobian, entry: Entry, path: Path) -> tuple[Any, ...]:
    """A row of the table of paths: the elements on the path, the product of its local partials, the gates on it."""
    stations = [entry.wrt, *(k.user for k in reversed(path.links))]
    states = {s.name for s in jacobian.states}
    passed = [k.user for k in path.links[1:] if name_of(k.user) not in states and not k.node.implied]
    kind: object = THROUGH(gate=passed) if passed else DIRECT
    return say.arrow(stations), path.term, kind


def _scalar(jacobian: StepJacobian) -> Iterator[Block]:
    entry, t = jacobian.entries[0][0], jacobian.index
    end = jacobian.end
    k = index("s" if name_of(t) == "k" else "k", t.lower, t.upper)
    last = substitute(entry.of, {t: end})
    factor = Partial(substitute(entry.of, {t: k}), substitute(entry.wrt, {t: k}))
    limits = (k, t + 1, end) if jacobian.stage.direction > 0 else (k, end, t - 1)
    yield Paragraph(MULTIPLY)
    yield Equations((Row(Partial(last, entry.of), Product(factor, limits)),))


def _matrix(analysis: Analysis, detail: str) -> Iterator[Block]:
    """The Jacobian over many steps as an ordered product of the Jacobians of single steps; in detail "full" with the
    matrix of one step and a proof."""
    jacobian = analysis.jacobian
    n, t, after, end = jacobian.size, jacobian.index, jacobian.stage.direction, jacobian.end
    state = _vector(jacobian)

    def change(late: Expr, early: Expr) -> Named:
        return Named(Partial(state(late), state(early)), n, n)

    def product(first: Expr) -> Times:
        return Times(_step(jacobian, end), _step(jacobian, end - after), Dots(n, n), _step(jacobian, first))

    blocks = [[_in_matrix(analysis, entry) for entry in row] for row in jacobian.entries]
    if len(blocks) == 1:
        yield Paragraph(SINGLE(jacobian=_step(jacobian, t)), ENTRIES(jacobian=_step(jacobian, t)))
    else:
        told, asked = (ORDERED, BLOCKS) if analysis.unfolded is None else (MATRIX, COMPANION)
        names = {"state": state(t), "jacobian": _step(jacobian, t)}
        yield Paragraph(told(**names), asked(**names))
    if len(blocks) > 1 and detail == "full":
        yield Equations((Row(_step(jacobian, t), (Term((ImmutableDenseMatrix(blocks),)),)),))
    yield Equations((Row(change(end, t), product(t + after)),), boxed=detail == "full")
    weight = norm_keeping(analysis) if linear(analysis) else None
    if isinstance(weight, IndexedBase):
        power = Power(as_matrix(analysis, weight), (end - t) * after)
        yield Equations((Row(change(end, t), power, CONSTANT),))
    if detail != "full":
        return
    yield Paragraph(PROOF(end=span(t, end, end)))
    yield Equations(
        (
            Row(change(end, t - after), Times(change(end, t), change(t, t - after))),
            Row(None, Times(*product(t + after).args, _step(jacobian, t))),
            Row(None, product(t)),
        )
    )


def _step(jacobian: StepJacobian, time: Expr) -> Named:
    """J at a time: the Jacobian of the step to this time."""
    return Named(IndexedBase("J")[time], jacobian.size, jacobian.size)


def _carried(jacobian: StepJacobian, loss: Expr) -> Row:
    """The adjoint of the state at any time as a product of transposed Jacobians and the adjoint of the last state."""
    n, t, end, state = jacobian.size, jacobian.index, jacobian.end, _vector(jacobian)
    first, last = (Transpose(_step(jacobian, time)) for time in (t + jacobian.stage.direction, end))
    at_t, at_end = (Named(Partial(loss, state(time)), n) for time in (t, end))
    return Row(at_t, Times(first, Dots(n, n), last, at_end))


def _vector(jacobian: StepJacobian) -> Any:
    """A function of time that gives all states at this time as one vector: the only state, or s for several."""
    states = jacobian.states
    name = states[0].name if len(states) == 1 else next(n for n in ("s", "q", "u") if n not in {x.name for x in states})
    return lambda t: IndexedBase(name)[t]


def _at(element: Expr) -> Expr:
    """The state that an element belongs to, at the time of the element."""
    return IndexedBase(name_of(element))[element.indices[0]]
