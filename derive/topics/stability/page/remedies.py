"""Remedies on the page, each derived: the bias of a gate, clipping, truncation, weights that keep norms."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from sympy import Expr, Function, Idx, Indexed, IndexedBase, Integer, Pow, S, Sum, Symbol, Tuple

from derive.chain.derivation import Step, Term
from derive.expressions.indices import bound, index, name_of
from derive.expressions.matrices import Eye, Named, Plus, Power, Scaled, Summed, Times, Transpose, Whole, shape
from derive.expressions.norms import Norm
from derive.expressions.symbols import Immediate, Partial
from derive.language import Text
from derive.page.blocks import Block, Equations, Heading, Paragraph, Row, Table
from derive.page.numerals import Numeral
from derive.topics.stability.conditions import Analysis, Condition
from derive.topics.stability.gates import Gate
from derive.topics.stability.losses import Reads
from derive.topics.stability.measurements import Measured
from derive.topics.stability.reasons import STEPS
from derive.topics.stability.remedies import KEPT, Truncation, as_matrix, bounding, linear, norm_keeping, truncations

HEAD = Text("Remedies", "缓解方法")
GATE = Text(
    "The bias of {gate}. On the direct path from {before} to {after} the only factor is {share}: it contains no "
    "weight and no derivative of an activation, so this path preserves the adjoint where {share} is near 1. For all "
    "inputs the pre-activation differs from the bias by at most {rest}, and {function} is increasing; hence",
    "{gate} 的偏置。从 {before} 到 {after} 的直接路径上唯一的因子是 {share}，其中既没有权重，"
    "也没有激活函数的导数；当 {share} 接近 1 时，伴随量沿这条路径基本不变。无论输入如何，"
    "预激活值与偏置之差不超过 {rest}，而 {function} 是增函数，于是",
)
ASKED = Text(
    "For all inputs, let {rest} bound the difference between the pre-activation of {gate} and its bias. Bound "
    "{share} from below.",
    "设 {rest} 为 {gate} 的预激活值与其偏置之差在所有输入上的上界。求 {share} 的下界。",
)
HALF_ASKED = Text(
    "The direct path shall retain at least 1/2 after {k} steps.", "要求回退 {k} 步后，直接路径上至少保留 1/2。"
)
HALF = Text(
    "After {k} steps the direct path retains at least {lower}. This is at least 1/2 if and only if",
    "回退 {k} 步后，直接路径上至少保留 {lower}。它不小于 1/2，当且仅当",
)
ROOT = Text("take the {k}-th root", "开 {k} 次方")
INVERSE = Text("apply the inverse of {function}, which is increasing", "取 {function} 的反函数，它是增函数")
GATE_TABLE = (
    Text("steps {k}", "步数 {k}")(k=STEPS),
    Text("smallest share kept, over all draws", "所有抽样中保留的最小比例"),
)
CLIP = Text(
    "Clipping. A gradient {g} whose norm exceeds {tau} is multiplied by {factor}, which is below 1:",
    "梯度裁剪。若梯度 {g} 的范数超过 {tau}，就乘以小于 1 的 {factor}：",
)
CLIPPED = Text(
    "The norm of the clipped gradient is at most {tau}, and its direction is unchanged; a step of gradient descent is "
    "at most the learning rate times {tau}. Clipping limits the update; it cannot restore a gradient that has "
    "vanished.",
    "裁剪后梯度的范数不超过 {tau}，方向不变；梯度下降的一步不超过学习率乘以 {tau}。这限制了更新的大小，"
    "但不能恢复已经消失的梯度。",
)
TRUNCATE = Text(
    "Truncation. Only the last {K} steps of the sums over time are kept. The part of the gradient of each recurrent "
    "weight that is dropped is",
    "截断。对时间的求和只保留最后 {K} 步。各循环权重的梯度中舍去的部分为",
)
TRUNCATE_EACH = Text(
    "Truncation. Each term of the loss is carried back {K} steps and no further: for the term at step s, the "
    "contributions of the steps s − {K} and earlier are dropped. {R} is the sum of all that is dropped.",
    "截断。损失的每一项只传回 {K} 步：对第 s 步的那一项，舍去第 s − {K} 步及更早各步的贡献。{R} 是舍去部分之和。",
)
REMAINDER = Text(
    "Each step back multiplies the norm of the adjoint of the state by at most {gain}. Let {G} be the largest "
    "immediate partial derivative of a step with respect to the weights. If {claim}, the geometric series bounds what "
    "is dropped:",
    "每回退一步，状态伴随量的范数至多乘以 {gain}。设 {G} 为各步对权重的直接偏导数的最大值。若 {claim}，"
    "由等比级数得到舍去部分的界：",
)
COUPLED = Text(
    "Each step back multiplies the norms of the adjoints by at most the transpose of {B}, so the powers of {B} bound "
    "what is dropped. If {claim}, these powers add up to",
    "每回退一步，由各伴随量的范数组成的向量至多乘以 {B} 的转置，因此舍去的部分由 {B} 的幂控制。若 {claim}，"
    "这些幂之和为",
)
CUT_AT = Text(
    "We measured this with torch.autograd in random cells with {measure} = {value}, for the loss at the last step. "
    "The table shows the largest values of the norm of what is dropped, divided by that of the whole gradient and by "
    "its bound. A value of at most 1 in the last column means that the bound held in every cell. The dropped part can "
    "be larger than the whole gradient, as contributions can cancel.",
    "下表由 torch.autograd 在 {measure} = {value} 的随机单元中测得，损失取在最后一步："
    "表中是舍去部分的范数分别与整个梯度的范数、与误差上界之比的最大值。最后一列不超过 1，"
    "表示误差上界在每个单元中都成立。各贡献可能互相抵消，因此舍去的部分可以大于整个梯度。",
)
CUT_TABLE = (
    Text("steps kept {K}", "保留步数 {K}")(K=KEPT),
    Text("dropped / gradient", "舍去部分与整个梯度之比"),
    Text("dropped / bound", "舍去部分与误差上界之比"),
)
KEEP = Text(
    "Orthogonal initialisation. If {W} is orthogonal at the start (for example the identity), a step back of the "
    "linear cell preserves the norm of every adjoint {adjoint}:",
    "正交初始化。若 {W} 在初始时是正交矩阵（例如单位矩阵），线性单元每回退一步都保持伴随量 {adjoint} 的范数：",
)
SIGN = Text(
    "Unit weight. If {W} starts at 1 or −1, a step back of the linear cell preserves the size of every adjoint "
    "{adjoint}:",
    "单位权重。若 {W} 的初值为 1 或 −1，线性单元每回退一步都保持伴随量 {adjoint} 的大小：",
)
KEEP_ASKED = Text(
    "Orthogonal initialisation. Let {W} be orthogonal at the start, and {adjoint} an adjoint. What does a step back of "
    "the linear cell do to its norm?",
    "正交初始化。设 {W} 在初始时是正交矩阵，{adjoint} 为任一伴随量。线性单元回退一步，它的范数怎样变化？",
)
SIGN_ASKED = Text(
    "Unit weight. Let {W} be 1 or −1 at the start, and {adjoint} an adjoint. What does a step back of the linear cell "
    "do to its size?",
    "单位权重。设 {W} 的初值为 1 或 −1，{adjoint} 为任一伴随量。线性单元回退一步，它的大小怎样变化？",
)
SLOPES = Text(
    "In this cell each step also multiplies by derivatives of the activation, which are at most 1 in absolute value: "
    "no step back can lengthen an adjoint, and a step preserves its length if and only if they are 1 in absolute value "
    "wherever the adjoint is not 0.",
    "在本单元中每一步还要乘以激活函数的导数，它们的绝对值不超过 1：任何一步都不会使伴随量变长；"
    "当且仅当伴随量不为 0 的各处导数的绝对值都是 1 时，长度才不变。",
)
KEEP_TABLE = (Text("steps back", "回退步数"), Text("smallest norm", "最小范数"), Text("largest norm", "最大范数"))
ADJOINT = Symbol("lamda", real=True)


def remedies(analysis: Analysis, steps: Sequence[Step], measured: Measured | None, detail: str) -> Iterator[Block]:
    """The section on what helps against vanishing and exploding gradients of one recurrence.

    What helps any network, clipping and truncation, stands there in detail "full" only.
    """
    weight = norm_keeping(analysis)
    if detail != "full" and not analysis.gates and weight is None:
        return
    yield Heading(HEAD)
    shown = measured if detail == "full" else None  # a table measures what is proved above it
    for gate in analysis.gates:
        yield from _gate(gate, shown)
    if detail == "full":
        yield from _everywhere(analysis, steps, measured)
    if weight is not None:
        yield from _keeping(analysis, weight, shown)


def _everywhere(analysis: Analysis, steps: Sequence[Step], measured: Measured | None) -> Iterator[Block]:
    """Yield clipping and truncation."""
    yield from _clipping()
    if analysis.reads is not Reads.PARTS and any(c.kind == "vanishes" for c in analysis.conditions):
        yield from _truncation(analysis, tuple(truncations(analysis, steps)), measured)


def _same_element(before: Expr, after: Expr) -> Expr:
    """The element on the direct path: in a vector each leads to itself, as the delta in the Jacobian says."""
    if not isinstance(before, Indexed) or before.base != after.base:
        return before
    pairs = zip(before.indices, after.indices, strict=True)
    return before.base[tuple(own if isinstance(own, Idx) and isinstance(at, Idx) else at for at, own in pairs)]


def _gate(gate: Gate, measured: Measured | None) -> Iterator[Block]:
    entry = gate.entry
    names = {
        "gate": gate.element,
        "before": _same_element(entry.wrt, entry.of),
        "after": entry.of,
        "function": gate.row.title,
    }
    yield Paragraph(
        GATE(share=gate.share, rest=gate.rest, **names), ASKED(share=gate.share, rest=gate.rest, gate=gate.element)
    )
    yield Equations((Row(gate.rest, gate.value), Row(gate.share, gate.lower, sign=">=")), listed=True)
    half = Integer(2) ** (-1 / STEPS)
    least = gate.sign * gate.bias - gate.rest
    yield Paragraph(HALF(k=STEPS, lower=gate.lower**STEPS), HALF_ASKED(k=STEPS))
    root = Row(gate.lower, half, ROOT(k=STEPS), sign=">=")
    yield Equations((root, Row(least, gate.least(STEPS), INVERSE(function=gate.row.title), sign=">=")))
    left, right = gate.claim.args
    yield Equations((Row(left, right, sign=">="),), boxed=True)
    kept = [k for k in measured.kept if k.gate == gate] if measured is not None else []
    if kept:
        yield Table(GATE_TABLE, tuple((Numeral(k.steps), _short(k.least)) for k in kept))


def _clipping() -> Iterator[Block]:
    g, tau = Named(Symbol("g"), Symbol("n")), Symbol("tau", positive=True)
    size = Norm(g, "2")
    yield Paragraph(CLIP(g=g, tau=tau, factor=tau / size))
    yield Equations((Row(Norm(Scaled(tau / size, g), "2"), (Term((tau / size, size)),)), Row(None, tau)))
    yield Paragraph(CLIPPED(tau=tau))


def _truncation(analysis: Analysis, cuts: Sequence[Truncation], measured: Measured | None) -> Iterator[Block]:
    used = {a.name for p in analysis.jacobian.paths() for a in p.value.free_symbols if isinstance(a, Symbol)}
    recurrent = [c for c in cuts if name_of(c.target.args[1]) in used]
    if not recurrent:
        return
    if analysis.reads is Reads.LAST:
        yield Paragraph(TRUNCATE(K=KEPT))
        yield Equations(tuple(Row(Function("R_K")(c.target.args[1]), c.dropped) for c in recurrent))
    else:
        yield Paragraph(TRUNCATE_EACH(K=KEPT, R=Symbol("R_K")))
    claim = bounding(analysis)
    if claim is not None:
        yield from _series(analysis, claim, recurrent[0].target.args[0])
    if measured is not None and measured.remainders:
        first = measured.remainders[0]
        yield Paragraph(CUT_AT(measure=first.measure, value=Numeral(first.value)))
        rows = tuple((Numeral(r.steps), _short(r.dropped), _short(r.of_bound)) for r in measured.remainders)
        yield Table(CUT_TABLE, rows)


def _series(analysis: Analysis, condition: Condition, loss: Expr) -> Iterator[Block]:
    """The bound of what truncation drops: the geometric series of the gain, or of the matrix of bounds."""
    assert analysis.bound is not None
    k, G = index("k", KEPT, S.Infinity), Symbol("G", nonnegative=True)
    if analysis.bound.rows > 1:
        n = Integer(analysis.bound.rows)
        B = Named(Symbol("B"), n, n)
        rest = Power(Plus(Eye(n), Scaled(Integer(-1), B)), Integer(-1))
        yield Paragraph(COUPLED(B=B, claim=condition.claim))
        yield Equations((Row(Summed(Power(B, k), Tuple(k, KEPT, S.Infinity)), Times(Power(B, KEPT), rest)),))
        return
    gain = analysis.bound[0, 0]
    read, sums = _read(analysis, loss)
    yield Paragraph(REMAINDER(gain=gain, G=G, claim=condition.claim))
    series = bound(Sum, gain**k, [(k, KEPT, S.Infinity)])
    total = gain**KEPT / (1 - gain)
    outer = bound(Sum, read, sums) if sums else read
    first, closed = (Term((G, outer, part)) for part in (series, total))
    yield Equations((Row(Norm(Symbol("R_K"), "2"), (first,), sign="<="), Row(None, (closed,))))


def _read(analysis: Analysis, loss: Expr) -> tuple[Expr, list[tuple[Expr, ...]]]:
    """The size of what the loss reads of a state, and the sum over the steps at which it does."""
    jacobian, order = analysis.jacobian, "2" if analysis.jacobian.scalar or analysis.order == "2" else "1"
    state = IndexedBase(jacobian.states[0].name)
    if analysis.reads is Reads.LAST:
        return Norm(Partial(loss, state[jacobian.end]), order), []
    t = jacobian.index
    s = index("s", t.lower, t.upper)
    return Norm(Immediate(loss, state[s]), order), [(s, t.lower, t.upper)]


def _keeping(analysis: Analysis, weight: Symbol | IndexedBase, measured: Measured | None) -> Iterator[Block]:
    yield from _kept_size(weight) if isinstance(weight, Symbol) else _kept_length(as_matrix(analysis, weight))
    if not linear(analysis):
        yield Paragraph(SLOPES)
    if measured is not None and measured.preserved:
        rows = tuple((Numeral(p.steps), _short(p.least), _short(p.largest)) for p in measured.preserved)
        yield Table(KEEP_TABLE, rows)


def _kept_size(weight: Symbol) -> Iterator[Block]:
    """|w lambda| = |lambda| for a number w of size 1."""
    size = Norm(ADJOINT, "abs")
    yield Paragraph(SIGN(W=weight, adjoint=ADJOINT), SIGN_ASKED(W=weight, adjoint=ADJOINT))
    first = Row(Norm(Times(weight, ADJOINT), "abs"), (Term((Norm(weight, "abs"), size)),))
    yield Equations((first, Row(None, size)))


def _kept_length(W: Whole) -> Iterator[Block]:
    """|W^T lambda|^2 = lambda^T W W^T lambda = |lambda|^2 for an orthogonal matrix W."""
    adjoint = Named(ADJOINT, shape(W)[0])
    back, turned = Times(Transpose(W), adjoint), Transpose(adjoint)
    yield Paragraph(KEEP(W=W, adjoint=ADJOINT), KEEP_ASKED(W=W, adjoint=ADJOINT))
    first = Row(Pow(Norm(back, "2"), 2), Times(turned, W, *back.args))
    yield Equations((first, Row(None, Times(turned, adjoint)), Row(None, Norm(ADJOINT, "2") ** 2)))


def _short(value: float) -> Numeral:
    return Numeral(float(f"{value:.2g}"))
