"""The conditions for vanishing and exploding gradients on the page: bounds, claims with reasons, and the evidence."""

from __future__ import annotations

from collections.abc import Iterator

from sympy import Eq, Expr, S, Symbol

from derive.chain.derivation import Term
from derive.expressions.norms import SpectralRadius
from derive.expressions.symbols import Partial
from derive.language import Text
from derive.page.blocks import Block, Equations, Heading, Paragraph, Row, Table
from derive.page.numerals import Numeral
from derive.topics.stability.conditions import Analysis, Condition, minors
from derive.topics.stability.measurements import DISTANCES, Finding, Measured

HEAD = Text("When the gradient explodes, and when it vanishes", "梯度何时爆炸，何时消失")
CARRIES = Text(
    "What a loss at one step says about an earlier state is carried back by one factor for every step in between. The "
    "claims are about the product of these factors as the number {k} of steps grows, whatever the loss. A contribution "
    "to a gradient is this product times an immediate partial, which may itself grow or fade.",
    "某一步的损失对更早状态的影响，由其间每一步的一个因子传回。以下结论说的是步数 {k} 增大时这些因子之积，与损失无关。"
    "某一步对梯度的贡献是这个积再乘以即时偏导数，而后者本身也可能增大或衰减。",
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
ONLY_SUFFICIENT = Text(
    "The bounds are those of the worst inputs. Where the condition does not hold, as under a bias that keeps a gate "
    "open, nothing follows from it.",
    "这些界对应最坏的输入。若条件不成立（例如偏置使门保持打开），则由它得不出任何结论。",
)
SENTENCES = {
    ("vanishes", "exact", "distant"): Text(
        "The product tends to zero, for every adjoint, if and only if {claim}: {reason}.",
        "因子之积（对每个伴随量）趋于零，当且仅当 {claim}：{reason}。",
    ),
    ("stays", "exact", "distant"): Text(
        "The size of the product is the same at every distance if and only if {claim}: {reason}.",
        "因子之积在任何距离上大小都不变，当且仅当 {claim}：{reason}。",
    ),
    ("subexponential", "exact", "distant"): Text(
        "The product neither tends to zero nor grows exponentially if and only if {claim}: {reason}.",
        "因子之积既不趋于零、也不按指数增长，当且仅当 {claim}：{reason}。",
    ),
    ("explodes", "exact", "distant"): Text(
        "The product grows exponentially, for almost every adjoint, if and only if {claim}: {reason}.",
        "因子之积（对几乎每个伴随量）按指数增长，当且仅当 {claim}：{reason}。",
    ),
    ("vanishes", "sufficient", "distant"): Text(
        "The product tends to zero if {claim}; this is sufficient: {reason}.",
        "若 {claim}，则因子之积趋于零（充分条件）：{reason}。",
    ),
    ("explodes", "sufficient", "distant"): Text(
        "The product grows exponentially if {claim}; this is sufficient: {reason}.",
        "若 {claim}，则因子之积按指数增长（充分条件）：{reason}。",
    ),
    ("explodes", "necessary", "distant"): Text(
        "The product can grow exponentially only if {claim}; this is necessary, not sufficient: {reason}.",
        "只有当 {claim} 时因子之积才可能按指数增长（必要而不充分）：{reason}。",
    ),
    ("explodes", "local", "distant"): Text(
        "Where the product does grow is a local question: {reason}; there it grows exponentially if and only if "
        "{claim}.",
        "因子之积究竟在哪里增长是局部问题：{reason}；在该处它按指数增长，当且仅当 {claim}。",
    ),
    ("bounded", "sufficient", "whole"): Text(
        "The whole gradient is the sum of the contributions of all steps. If {claim}, and if the immediate partials "
        "of the steps and of the loss are bounded, so is their sum: {reason}.",
        "整个梯度是各步贡献之和。若 {claim}，且各步与损失的即时偏导数有界，则它有界：{reason}。",
    ),
    ("bounded", "sufficient", "term"): Text(
        "The whole gradient is the sum over the terms of the loss and over the steps before each. If {claim}, and "
        "if the immediate partials of the steps and of the loss are bounded, the gradient of each term is bounded, "
        "whatever its step, and the sum can grow like the number of terms: {reason}.",
        "整个梯度是对损失各项以及每项之前各步的贡献之和。若 {claim}，且各步与损失的即时偏导数有界，"
        "则每一项的梯度有界，与它在哪一步无关；总和则可以随项数增长：{reason}。",
    ),
    ("vanishes", "exact", "whole"): Text(
        "The whole gradient, relative to the adjoint of the last state, tends to zero as the sequence grows if and "
        "only if {claim}: {reason}.",
        "序列变长时，整个梯度（相对于最后状态的伴随量）趋于零，当且仅当 {claim}：{reason}。",
    ),
    ("vanishes", "sufficient", "whole"): Text(
        "The whole gradient, relative to the adjoint of the last state, tends to zero as the sequence grows if "
        "{claim}: {reason}.",
        "若 {claim}，则序列变长时整个梯度（相对于最后状态的伴随量）趋于零：{reason}。",
    ),
}
OVER_MANY_STEPS = Text(
    "Over {k} steps one factor for each step multiplies; as {k} grows (argued below):",
    "经过 {k} 步，每步贡献一个因子，这些因子连乘；当 {k} 增大时（论证见下文）：",
)
ANSWER = (Text("what", "结论"), Text("when", "条件"), Text("how firm", "性质"))
KINDS = {
    ("vanishes", "distant"): Text("the product tends to zero", "因子之积趋于零"),
    ("stays", "distant"): Text("its size stays the same", "因子之积大小不变"),
    ("subexponential", "distant"): Text("neither", "两者皆非"),
    ("explodes", "distant"): Text("the product grows exponentially", "因子之积按指数增长"),
    ("bounded", "whole"): Text("the whole gradient is bounded", "整个梯度有界"),
    ("bounded", "term"): Text("the gradient of each loss term is bounded", "损失每一项的梯度有界"),
    ("vanishes", "whole"): Text("the whole gradient tends to zero", "整个梯度趋于零"),
}
STRENGTHS = {
    "exact": Text("if and only if", "充要条件"),
    "sufficient": Text("sufficient", "充分条件"),
    "necessary": Text("necessary", "必要条件"),
    "local": Text("at a fixed point", "在不动点处"),
}
EVIDENCE = Text("Evidence", "数值证据")
MEASURED = Text(
    "Random weights are scaled so that the number that the condition compares with 1 takes the value in the first "
    "column; square weights are also rotations, orthogonal, triangular with equal eigenvalues, diagonal or of rank "
    "one. Inputs are zero, tiny, random, alternating, growing or constant, and where possible the state is also held "
    "at a fixed point. In the columns: the largest norm, over all draws, of the product of the factors of {k} steps, "
    "from torch.autograd in float64. Last: the mean factor of one step between the {half}th and the {last}th step back "
    "(least and largest).",
    "权重随机选取并缩放，使条件中与 1 比较的数等于第一列的值；"
    "方阵权重还取旋转、正交、特征值相等的三角、对角与秩一矩阵。"
    "输入分别取零、很小、随机、正负交替、增大和不变，可能时还把状态保持在不动点处。各列为：{k} 步因子之积的范数，"
    "取所有抽样中的最大者，由 torch.autograd 以 float64 算得；最后一列为回退第 {half} 至 {last} 步之间"
    "平均每步的因子（最小与最大）。",
)(half=str(DISTANCES[-1] // 2), last=str(DISTANCES[-1]))
STEP = Text("per step", "每步倍数")
DRAWS = Text("draws", "抽样数")
JACOBIANS = Text(
    "The Jacobian of one step was compared with torch.autograd at {points} random points; "
    "worst relative error {error}.",
    "一步的雅可比矩阵在 {points} 个随机点上与 torch.autograd 作了比较，最大相对误差为 {error}。",
)
K = Symbol("k")


def conditions(analysis: Analysis, measured: Measured | None, detail: str) -> Iterator[Block]:
    """The section on when the gradient of one recurrence explodes or vanishes; in detail "full" with its tables."""
    yield Heading(HEAD)
    yield Paragraph(CARRIES(k=K))
    if analysis.where:
        yield Paragraph(BOUNDS)
        yield Equations(tuple(_bounds(analysis)))
    if analysis.silence is not None:
        yield Paragraph(analysis.silence)
    for condition in analysis.conditions:
        yield Paragraph(sentence(condition))
        if condition.measure == SpectralRadius(Symbol("B")) and condition.kind == "vanishes":
            assert analysis.bound is not None
            yield Paragraph(MINORS)
            yield Equations(tuple(Row(m, (Term((S.Zero,)),), sign=">") for m in minors(analysis.bound)))
            yield Paragraph(ONLY_SUFFICIENT)
    yield from map(Paragraph, analysis.notes)
    if detail == "full" and measured is not None and measured.blocks:
        yield from _evidence(measured)


def answer(analysis: Analysis) -> Iterator[Block]:
    """The conditions as a table, for the results at the beginning of a sheet."""
    if analysis.conditions:
        rows = [(KINDS[c.kind, c.about], c.claim, STRENGTHS[c.strength]) for c in analysis.conditions]
        yield Paragraph(OVER_MANY_STEPS(k=K))
        yield Table(ANSWER, tuple(rows))


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
    shown: set[object] = set()
    for finding in (f for f in measured.findings if f.settings and f.condition.about == "distant"):
        if not shown:
            yield Paragraph(MEASURED(k=K))
        if finding.condition.measure not in shown:
            yield _table(finding)
        shown.add(finding.condition.measure)


def _table(finding: Finding) -> Table:
    header = (finding.condition.measure, *(Eq(K, d, evaluate=False) for d in DISTANCES), STEP)
    rows = [(_number(s.measure), *(_number(high) for _, high in s.norms), _between(*s.rates)) for s in finding.settings]
    return Table(header, tuple(rows))


def _number(value: float) -> Numeral:
    return Numeral(float(f"{value:.2g}"))


def _between(low: float, high: float) -> object:
    a, b = float(f"{low:.3g}"), float(f"{high:.3g}")
    return Numeral(a) if a == b else BETWEEN(low=Numeral(a), high=Numeral(b))


BETWEEN = Text("{low} to {high}", "{low} 至 {high}")
