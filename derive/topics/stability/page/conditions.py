"""The conditions for vanishing and exploding gradients on the page: bounds, claims with reasons, and the evidence."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from sympy import Basic, Eq, Expr, S, Symbol
from sympy.matrices import MatrixBase

from derive.chain.derivation import Term
from derive.expressions.norms import Norm, SpectralRadius
from derive.expressions.symbols import Partial
from derive.language import Text
from derive.page import sentences as say
from derive.page.blocks import Block, Equations, Heading, Paragraph, Row, Table
from derive.page.numerals import Numeral
from derive.topics.stability.conditions import Analysis, Condition, Told, minors
from derive.topics.stability.measurements import DISTANCES, Finding, Measured
from derive.topics.stability.page.step_jacobian import jacobian_answer
from derive.topics.stability.reasons import NOTHING

HEAD = Text("When the gradient explodes, and when it vanishes", "梯度何时爆炸，何时消失")
CARRIES = Text(
    "Each step back multiplies an adjoint by one factor. The statements are about the product of {k} such factors as "
    "{k} grows, and hold for any loss. The contribution of a step to a gradient is such a product times an immediate "
    "partial derivative, which may itself grow or decay.",
    "每回退一步，伴随量乘上一个因子。结论讨论步数 {k} 增大时 {k} 个因子之积，对任何损失都成立。"
    "某一步对梯度的贡献是这样的积再乘以直接偏导数，而后者本身也可能增大或衰减。",
)
BOUNDS = Text(
    "The ranges of the functions and of their derivatives give bounds that hold for all inputs.",
    "下列界对所有输入都成立，由各函数及其导数的取值范围得到。",
)
OF_INPUTS = Text(
    "The norm of an input is its largest absolute value over all steps.", "输入的范数指它在所有时刻的最大绝对值。"
)
OF_ROWS = Text(
    "The infinity norm of a matrix is its maximum absolute row sum.", "矩阵的无穷范数指各行绝对值之和的最大值。"
)
BOUND = Text("bound of {quantity}", "{quantity} 的界")
MINORS = Text(
    "The entries of this matrix are nonnegative, so its spectral radius is below 1 if and only if these quantities "
    "are positive:",
    "该矩阵元素非负，因此它的谱半径小于 1 当且仅当下列各式为正：",
)
ONLY_SUFFICIENT = Text(
    "The bounds are for the worst inputs. If the condition fails, as often with open gates, nothing follows.",
    "这些界对应最坏的输入。若条件不成立（偏置使门保持打开时往往如此），则由它得不出任何结论。",
)
SENTENCES = {
    ("vanishes", "exact", "distant"): Text(
        "The product tends to zero, for every adjoint, if and only if {claim}: {reason}.",
        "因子之积（对每个伴随量）趋于零，当且仅当 {claim}：{reason}。",
    ),
    ("stays", "exact", "distant"): Text(
        "The product has the same size for every number of steps if and only if {claim}: {reason}.",
        "因子之积的大小对任何步数都不变，当且仅当 {claim}：{reason}。",
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
        "The product tends to zero if {claim} (a sufficient condition): {reason}.",
        "若 {claim}，则因子之积趋于零（充分条件）：{reason}。",
    ),
    ("explodes", "sufficient", "distant"): Text(
        "The product grows exponentially if {claim} (a sufficient condition): {reason}.",
        "若 {claim}，则因子之积按指数增长（充分条件）：{reason}。",
    ),
    ("explodes", "necessary", "distant"): Text(
        "The product can grow exponentially only if {claim} (a necessary condition, not a sufficient one): {reason}.",
        "只有当 {claim} 时因子之积才可能按指数增长（必要而不充分）：{reason}。",
    ),
    ("explodes", "local", "distant"): Text(
        "Whether the product does grow depends on the states: {reason}. There the product grows exponentially if and "
        "only if {claim}.",
        "因子之积是否确实增长取决于状态：{reason}。在该处它按指数增长，当且仅当 {claim}。",
    ),
    ("bounded", "sufficient", "whole"): Text(
        "The whole gradient is the sum of the contributions of all steps. If {claim}, and if the immediate partial "
        "derivatives of the steps and of the loss are bounded, then the whole gradient is bounded: {reason}.",
        "整个梯度是各步贡献之和。若 {claim}，且各步与损失的直接偏导数有界，则整个梯度有界：{reason}。",
    ),
    ("bounded", "sufficient", "term"): Text(
        "The whole gradient is a sum over the terms of the loss and, for each term, over the steps before it. If "
        "{claim}, and if the immediate partial derivatives of the steps and of the loss are bounded, then the "
        "gradient of each term is bounded, whatever its step, while the whole gradient can grow like the number of "
        "terms: {reason}.",
        "整个梯度是损失的各项以及每一项之前各步的贡献之和。若 {claim}，且各步与损失的直接偏导数有界，"
        "则每一项的梯度有界，与该项在哪一步无关；整个梯度则可能随项数增长：{reason}。",
    ),
    ("vanishes", "exact", "whole"): Text(
        "The whole gradient, divided by the adjoint of the last state, tends to zero as the sequence length grows if "
        "and only if {claim}: {reason}.",
        "序列变长时，整个梯度与最后状态的伴随量之比趋于零，当且仅当 {claim}：{reason}。",
    ),
    ("vanishes", "sufficient", "whole"): Text(
        "The whole gradient, divided by the adjoint of the last state, tends to zero as the sequence length grows if "
        "{claim}: {reason}.",
        "若 {claim}，则序列变长时整个梯度与最后状态的伴随量之比趋于零：{reason}。",
    ),
}
OVER_MANY_STEPS = Text(
    "Going back {k} steps multiplies an adjoint by a product of {k} factors, one for each step. As {k} grows:",
    "回退 {k} 步，伴随量乘上 {k} 个因子之积，每步一个；当 {k} 增大时：",
)
BLOCKS = Text(
    "B is the matrix of the bounds, valid for all inputs, of the blocks of the Jacobian of one step.",
    "B 由一步雅可比矩阵各块的界组成，这些界对所有输入都成立。",
)
ONE_BOUND = Text(
    "B is a bound, valid for all inputs, of the norm of the Jacobian of one step.",
    "B 是一步雅可比矩阵的范数的界，对所有输入都成立。",
)
BELOW = Text("It is given below.", "其表达式见下文。")
RADIUS = Text(
    "{radius} is the spectral radius, the largest absolute value of an eigenvalue.",
    "{radius} 是谱半径，即特征值绝对值的最大值。",
)
SPECTRAL = Text(
    "{norm} is the spectral norm, the largest factor by which the matrix lengthens a vector.",
    "{norm} 是谱范数，即该矩阵把向量拉长的最大倍数。",
)
AT_REST = Text(
    "{jacobian} is the Jacobian of one step at a fixed point, a state that a step leaves unchanged under constant "
    "inputs.",
    "{jacobian} 是一步在不动点处的雅可比矩阵；不动点指输入不变时经过一步而不变的状态。",
)
STATES_AT_REST = Text(
    "{states} stands for the value at a fixed point, a state that a step leaves unchanged under constant inputs.",
    "{states} 表示在不动点处的值；不动点指输入不变时经过一步而不变的状态。",
)
ANSWER = (Text("statement", "结论"), Text("condition", "条件"), Text("type", "性质"))
KINDS = {
    ("vanishes", "distant"): Text("the product tends to zero", "因子之积趋于零"),
    ("stays", "distant"): Text("the size of the product stays the same", "因子之积大小不变"),
    ("subexponential", "distant"): Text("the product does neither", "因子之积既不趋于零也不按指数增长"),
    ("explodes", "distant"): Text("the product grows exponentially", "因子之积按指数增长"),
    ("bounded", "whole"): Text(
        "the whole gradient is bounded if all immediate partial derivatives are", "各直接偏导数有界时，整个梯度有界"
    ),
    ("bounded", "term"): Text(
        "the gradient of each loss term is bounded if all immediate partial derivatives are",
        "各直接偏导数有界时，损失每一项的梯度有界",
    ),
    ("vanishes", "whole"): Text(
        "the whole gradient tends to zero, relative to the adjoint of the last state",
        "整个梯度（相对于最后状态的伴随量）趋于零",
    ),
}
NOT_GROWING = Text("the product does not grow exponentially", "因子之积不按指数增长")
ALWAYS = Text("always", "总是成立")
AT_MOST_ONE = Text(
    "The product does not grow exponentially, for the bound of a step is {measure}.",
    "因子之积不按指数增长，因为一步的界为 {measure}。",
)
CERTAIN = {  # where the number that is compared with 1 is known, so that there is nothing to be fulfilled
    ("vanishes", "distant"): Text("The product tends to zero: {reason}.", "因子之积趋于零：{reason}。"),
    ("stays", "distant"): Text(
        "The size of the product is the same for every number of steps: {reason}.",
        "因子之积的大小对任何步数都不变：{reason}。",
    ),
    ("subexponential", "distant"): Text(
        "The product neither tends to zero nor grows exponentially: {reason}.",
        "因子之积既不趋于零、也不按指数增长：{reason}。",
    ),
    ("explodes", "distant"): Text(
        "The product grows exponentially, for almost every adjoint: {reason}.",
        "因子之积（对几乎每个伴随量）按指数增长：{reason}。",
    ),
    ("bounded", "whole"): Text(
        "The whole gradient is the sum of the contributions of all steps. It is bounded if the immediate partial "
        "derivatives of the steps and of the loss are: {reason}.",
        "整个梯度是各步贡献之和。只要各步与损失的直接偏导数有界，整个梯度就有界：{reason}。",
    ),
    ("bounded", "term"): Text(
        "The whole gradient is a sum over the terms of the loss and, for each term, over the steps before it. The "
        "gradient of each term is bounded, whatever its step, if the immediate partial derivatives of the steps and of "
        "the loss are, while the whole gradient can grow like the number of terms: {reason}.",
        "整个梯度是损失的各项以及每一项之前各步的贡献之和。只要各步与损失的直接偏导数有界，每一项的梯度就有界，"
        "与该项在哪一步无关；整个梯度则可能随项数增长：{reason}。",
    ),
    ("vanishes", "whole"): Text(
        "The whole gradient, divided by the adjoint of the last state, tends to zero as the sequence length grows: "
        "{reason}.",
        "序列变长时，整个梯度与最后状态的伴随量之比趋于零：{reason}。",
    ),
}
STRENGTHS = {
    "exact": Text("if and only if", "充要条件"),
    "sufficient": Text("sufficient", "充分条件"),
    "necessary": Text("necessary", "必要条件"),
    "local": Text("at a fixed point", "在不动点处"),
}
EVIDENCE = Text("Evidence", "数值证据")
MEASURED = Text(
    "We draw random weights and rescale them so that the number that the condition compares with 1 takes the value in "
    "the first column; square matrices also include rotations, orthogonal matrices, triangular matrices with equal "
    "eigenvalues, diagonal matrices and matrices of rank one. The inputs are zero, tiny, random, alternating, growing "
    "or constant, and where possible the state is also held at a fixed point. The columns in the middle show the "
    "largest norm, over all draws, of the product of the factors of {k} steps, from torch.autograd in float64. The "
    "last column shows the smallest and the largest average factor per step between the {half}th and the {last}th "
    "step back.",
    "随机选取权重并缩放，使条件中与 1 比较的数等于第一列的值；方阵还包括旋转矩阵、正交矩阵、特征值相等的三角矩阵、"
    "对角矩阵与秩一矩阵。输入分别取零、很小、随机、正负交替、增大和不变，可能时还使状态停留在不动点。"
    "中间各列为 {k} 步因子之积的范数在所有抽样中的最大值，由 torch.autograd 以 float64 算得；"
    "最后一列为回退第 {half} 至 {last} 步之间平均每步的因子（最小与最大）。",
)(half=str(DISTANCES[-1] // 2), last=str(DISTANCES[-1]))
STEP = Text("per step", "每步的因子")
DRAWS = Text("draws", "抽样数")
JACOBIANS = Text(
    "The Jacobian of one step was compared with torch.autograd at {points} random points; "
    "worst relative error {error}.",
    "一步的雅可比矩阵在 {points} 个随机点上与 torch.autograd 作了比较，最大相对误差为 {error}。",
)
K = Symbol("k")


def conditions(
    analysis: Analysis, measured: Measured | None, detail: str, states: Sequence[Expr] = ()
) -> Iterator[Block]:
    """The section on when the gradient of one recurrence explodes or vanishes: the bounds, and the first of the
    statements that the table of the results names; in detail "full" all of them with their reasons and tables. The
    heading names the `states` of one recurrence among several. In brief there is none where nothing is concluded."""
    if detail != "full" and analysis.silence is not None and analysis.silence.en in NOTHING:
        return
    yield Heading(say.OF_READING(head=HEAD, reading=list(states)) if states else HEAD)
    if analysis.conditions or detail == "full":
        yield Paragraph(CARRIES(k=K))
    if analysis.where:
        yield Paragraph(_of_bounds(analysis))
        yield Equations(tuple(_bounds(analysis)), listed=True)
    if analysis.silence is not None:
        yield Paragraph(analysis.silence)
    for n, condition in enumerate(analysis.conditions if detail == "full" else analysis.conditions[:1]):
        yield Paragraph(sentence(condition), None if n else say.REASONS)
        if condition.measure == SpectralRadius(Symbol("B")) and condition.kind == "vanishes":
            yield from _excluded(analysis, detail)
    if detail == "full" or not analysis.conditions:
        yield from map(Paragraph, analysis.notes)
    if detail != "full":
        return
    if measured is not None and measured.blocks:
        yield from _evidence(measured)


def _of_bounds(analysis: Analysis) -> Text:
    """Say where the bounds come from, and what the norms in them are."""
    kinds = {n.kind for _, value in analysis.where for n in _norms(value)}
    return say.one_after_another([BOUNDS, *[OF_INPUTS] * ("largest" in kinds), *[OF_ROWS] * ("rows" in kinds)])


def _norms(value: object) -> set[Norm]:
    """The norms in what a bound is: an expression, or a matrix of them."""
    return value.atoms(Norm) if isinstance(value, (Basic, MatrixBase)) else set()


def _excluded(analysis: Analysis, detail: str) -> Iterator[Block]:
    """Say what a spectral radius below 1 asks of the bounds, and that nothing follows where it is not."""
    assert analysis.bound is not None
    if detail == "full":
        yield Paragraph(MINORS)
        yield Equations(tuple(Row(m, (Term((S.Zero,)),), sign=">") for m in minors(analysis.bound)), listed=True)
    yield Paragraph(ONLY_SUFFICIENT)


def answer(found: Analysis | Told, detail: str) -> Iterator[Block]:
    """The Jacobian of one step and the conditions as a table, for the results at the beginning of a sheet; with what
    the bounds are and, of what is told, with the first reason where no section below has them."""
    analysis = found.analysis if isinstance(found, Told) else found
    below = detail != "answer" and found is analysis
    if analysis.conditions:
        yield from jacobian_answer(analysis, below)
        yield Paragraph(OVER_MANY_STEPS(k=K), OVER_MANY_STEPS(k=K))
        yield Table(ANSWER, tuple(map(_row, analysis.conditions)), given=1)
        if said := list(_signs(analysis, below)):
            yield Paragraph(say.one_after_another(said))
        if analysis.where and not below:
            yield Paragraph(_of_bounds(analysis))
            yield Equations(tuple(_bounds(analysis)), listed=True)
        if detail != "answer" and not below:
            yield Paragraph(sentence(analysis.conditions[0]), say.REASONS)


def _signs(analysis: Analysis, below: bool) -> Iterator[Text]:
    """Say what the signs in the table stand for that no formula above it has."""
    measures = [c.measure for c in analysis.conditions if not c.measure.is_number]
    radii = [m for m in measures if isinstance(m, SpectralRadius)]
    used = {s.name: s for m in measures for s in m.free_symbols}
    if "B" in used:
        yield BLOCKS if radii else ONE_BOUND
        if below:
            yield BELOW
    norms = {n for m in measures for n in m.atoms(Norm) if n.kind == "2"}
    yield from (SPECTRAL(norm=norm) for norm in sorted(norms, key=str))
    if radii:
        yield RADIUS(radius=radii[0])
    at_rest = [s for name, s in used.items() if name.endswith("_star")]
    if Symbol("J_star") in at_rest:
        yield AT_REST(jacobian=Symbol("J_star"))
    elif at_rest:
        yield STATES_AT_REST(states=at_rest)


def _row(condition: Condition) -> tuple[object, ...]:
    if condition.measure.is_number:
        kind = NOT_GROWING if condition.strength == "necessary" else KINDS[condition.kind, condition.about]
        return kind, ALWAYS, Text("", "")
    return KINDS[condition.kind, condition.about], condition.claim, STRENGTHS[condition.strength]


def _bounds(analysis: Analysis) -> Iterator[Row]:
    """A row for each named bound: the bound, its value, and the gate, state or block of the Jacobian that it bounds."""
    entries = [e for row in analysis.jacobian.entries for e in row]
    bounded: dict[str, Expr] = {f"{k.node.name}_max": k.user for e in entries for p in e.paths for k in p.links}
    bounded |= {str(b): Partial(e.of, e.wrt) for b, e in zip(analysis.bound or (), entries, strict=True)}
    for symbol, value in analysis.where:
        quantity = bounded.get(str(symbol))
        right = value if isinstance(value, Expr) else (Term((value,)),)
        yield Row(symbol, right, None if quantity is None else BOUND(quantity=quantity), named=True)


def sentence(condition: Condition) -> Text:
    """A condition as a sentence with its reason."""
    if condition.measure.is_number:  # of two numbers kept are a claim that holds, and growth that would need 1 > 1
        if condition.strength == "necessary":
            return AT_MOST_ONE(measure=condition.measure)
        return CERTAIN[condition.kind, condition.about](reason=condition.reason)
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
