"""The conditions for vanishing and exploding gradients on the page: bounds, claims with reasons, and the evidence."""

from __future__ import annotations

from collections.abc import Iterator

from sympy import Eq, Expr, S, Symbol

from derive.chain.derivation import Term
from derive.expressions.symbols import Partial
from derive.language import Text
from derive.page.blocks import Block, Equations, Heading, Paragraph, Row, Table
from derive.page.numerals import Numeral
from derive.topics.stability.conditions import Analysis, Condition, minors
from derive.topics.stability.measurements import DISTANCES, Finding, Measured

HEAD = Text("When the gradient explodes, and when it vanishes", "梯度何时爆炸，何时消失")
CARRIES = Text(
    "The contribution of a step to the gradient carries one factor for every step between it and the loss. Whether "
    "distant steps count is decided by the product of these factors.",
    "某一时间步对梯度的贡献，从它到损失之间每一步都带一个因子。遥远的时间步是否起作用，取决于这些因子之积。",
)
BOUNDS = Text(
    "Bounds that hold for all inputs, from the ranges of the functions and of their slopes. A norm of inputs is the "
    "largest absolute value at any time; a norm of a matrix with the sign for infinity is its largest row sum.",
    "对所有输入都成立的界，由各函数及其导数的取值范围得到。输入的范数指任意时刻的最大绝对值；"
    "矩阵的无穷范数指最大的行绝对值之和。",
)
BOUND = Text("bounds {quantity}", "{quantity} 的界")
MINORS = Text(
    "The matrix has no negative entries, so its spectral radius is below 1 exactly if these are positive:",
    "该矩阵没有负元素，因此它的谱半径小于 1 当且仅当下列各式为正：",
)
SENTENCES = {
    ("vanishes", "exact", "distant"): Text(
        "The contribution of distant steps vanishes if and only if {claim}: {reason}.",
        "遥远时间步的贡献消失，当且仅当 {claim}：{reason}。",
    ),
    ("stays", "exact", "distant"): Text(
        "It keeps its size if and only if {claim}: {reason}.", "它保持大小不变，当且仅当 {claim}：{reason}。"
    ),
    ("explodes", "exact", "distant"): Text(
        "It explodes if and only if {claim}: {reason}.", "它爆炸，当且仅当 {claim}：{reason}。"
    ),
    ("vanishes", "sufficient", "distant"): Text(
        "The contribution of distant steps vanishes if {claim}; this is sufficient: {reason}.",
        "若 {claim}，则遥远时间步的贡献消失（充分条件）：{reason}。",
    ),
    ("explodes", "sufficient", "distant"): Text(
        "It explodes if {claim}; this is sufficient: {reason}.", "若 {claim}，则它爆炸（充分条件）：{reason}。"
    ),
    ("explodes", "necessary", "distant"): Text(
        "It can explode only if {claim}; this is necessary, not sufficient: {reason}.",
        "只有当 {claim} 时它才可能爆炸（必要而不充分）：{reason}。",
    ),
    ("explodes", "local", "distant"): Text(
        "Where it does explode is a local question: {reason}; there it explodes if and only if {claim}.",
        "它究竟在哪里爆炸是局部问题：{reason}；在该处它爆炸，当且仅当 {claim}。",
    ),
    ("stays", "sufficient", "whole"): Text(
        "The whole gradient is another matter. If {claim}, it converges as the sequence grows: {reason}.",
        "整个梯度则是另一回事。若 {claim}，它随序列变长而收敛：{reason}。",
    ),
}
ANSWER = (Text("what", "结论"), Text("when", "条件"), Text("how firm", "性质"))
KINDS = {
    ("vanishes", "distant"): Text("distant contributions vanish", "遥远的贡献消失"),
    ("stays", "distant"): Text("they keep their size", "遥远的贡献大小不变"),
    ("explodes", "distant"): Text("they explode", "遥远的贡献爆炸"),
    ("stays", "whole"): Text("the whole gradient converges", "整个梯度收敛"),
}
STRENGTHS = {
    "exact": Text("if and only if", "充要条件"),
    "sufficient": Text("sufficient", "充分条件"),
    "necessary": Text("necessary", "必要条件"),
    "local": Text("at a fixed point", "在不动点处"),
}
EVIDENCE = Text("Evidence", "数值证据")
MEASURED = Text(
    "Random weights, scaled so that the first column is what the condition compares with 1; inputs at rest, nearly so, "
    "small and large, and where possible the state held at a fixed point. In the columns: the largest norm, "
    "over all draws, of the adjoint {k} steps before the end, relative to the end, from torch.autograd in float64; "
    "last, what one step multiplies by over the far half (least and largest).",
    "权重随机选取并缩放，使条件中与 1 比较的数等于第一列的值；输入取静止、近于静止、小和大几种，"
    "可能时还把状态保持在不动点处。各列为：距末尾 {k} 步处伴随量的范数相对于末尾的值，取所有抽样中的最大者，"
    "由 torch.autograd 以 float64 算得；最后一列为后半段每一步所乘的倍数（最小与最大）。",
)
WHOLE = Text(
    "The whole gradient: the sum of the contributions of the last {k} steps, relative to the largest single one.",
    "整个梯度：最后 {k} 步的贡献之和，相对于其中最大的一项。",
)
STEP = Text("per step", "每步倍数")
DRAWS = Text("draws", "抽样数")
JACOBIANS = Text(
    "The Jacobian of one step was compared with torch.autograd at {points} random points; "
    "worst relative error {error}.",
    "一步的雅可比矩阵在 {points} 个随机点上与 torch.autograd 作了比较，最大相对误差为 {error}。",
)
K = Symbol("k")


def conditions(analysis: Analysis, measured: Measured | None) -> Iterator[Block]:
    """The section on when the gradient of one recurrence explodes or vanishes."""
    yield Heading(HEAD)
    yield Paragraph(CARRIES)
    if analysis.where:
        yield Paragraph(BOUNDS)
        yield Equations(tuple(_bounds(analysis)))
    if analysis.silence is not None:
        yield Paragraph(analysis.silence)
    if analysis.conditions:
        rows = [(KINDS[c.kind, c.about], c.claim, STRENGTHS[c.strength]) for c in analysis.conditions]
        yield Table(ANSWER, tuple(rows))
    for condition in analysis.conditions:
        yield Paragraph(sentence(condition))
        if condition is analysis.conditions[0] and analysis.bound is not None and analysis.bound.rows > 1:
            yield Paragraph(MINORS)
            yield Equations(tuple(Row(m, (Term((S.Zero,)),), sign=">") for m in minors(analysis.bound)))
    if measured is not None and measured.blocks:
        yield from _evidence(measured)


def _bounds(analysis: Analysis) -> Iterator[Row]:
    """A row for each named bound: the bound, its value, and the gate, state or block of the Jacobian that it bounds."""
    entries = [e for row in analysis.jacobian.entries for e in row]
    bounded: dict[str, Expr] = {f"{k.node.name}_max": k.user for e in entries for p in e.paths for k in p.links}
    bounded |= {str(b): Partial(e.of, e.wrt) for b, e in zip(analysis.bound or (), entries, strict=True)}
    for symbol, value in analysis.where:
        quantity = bounded.get(str(symbol))
        right = value if isinstance(value, Expr) else (Term((value,)),)
        yield Row(symbol, right, None if quantity is None else BOUND(quantity=quantity))


def sentence(condition: Condition) -> Text:
    """A condition as a sentence with its reason."""
    template = SENTENCES[condition.kind, condition.strength, condition.about]
    return template(claim=condition.claim, reason=condition.reason)


def _evidence(measured: Measured) -> Iterator[Block]:
    """The evidence: a table for each measure of a condition."""
    yield Heading(EVIDENCE, 1)
    error = max((error for _, error in measured.blocks), default=0.0)
    yield Paragraph(JACOBIANS(points=str(measured.points), error=float(error)))
    shown: set[tuple[object, str]] = set()
    for finding in measured.findings:
        key = (finding.condition.measure, finding.condition.about)
        if finding.settings and key not in shown:
            whole = finding.condition.about == "whole"
            if not any(about == finding.condition.about for _, about in shown):
                yield Paragraph((WHOLE if whole else MEASURED)(k=K))
            shown.add(key)
            yield _table(finding, whole)


def _table(finding: Finding, whole: bool) -> Table:
    header = [finding.condition.measure, *(Eq(K, d, evaluate=False) for d in DISTANCES), *([] if whole else [STEP])]
    rows = []
    for s in finding.settings:
        rate = [] if whole else [_between(*s.rates)]
        rows.append((_number(s.measure), *(_number(high) for _, high in s.norms), *rate))
    return Table(tuple(header), tuple(rows))


def _number(value: float) -> Numeral:
    return Numeral(float(f"{value:.2g}"))


def _between(low: float, high: float) -> object:
    a, b = float(f"{low:.3g}"), float(f"{high:.3g}")
    return Numeral(a) if a == b else BETWEEN(low=Numeral(a), high=Numeral(b))


BETWEEN = Text("{low} to {high}", "{low} 至 {high}")
