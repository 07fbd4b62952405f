"""Every fixed sentence of a sheet, in both languages. Values in braces are formulas, which both languages share."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from derive.expressions.symbols import Blank
from derive.language import Text, joined

MODEL = Text("The model", "模型")
FLOWS = Text("Dependencies", "变量依赖关系")
FORWARD = Text("Forward pass", "前向计算")
BACKWARD = Text("Backward pass", "反向传播")
GRADIENTS = Text("Gradients of the parameters", "参数的梯度")
GRADIENTS_BOTH = Text("Gradients of inputs and parameters", "输入与参数的梯度")
GRADIENTS_IN = Text("Gradients of the inputs", "输入的梯度")
RESULTS = Text("Results", "结果")
WITH_ADJOINTS = Text("The adjoints in these formulas are computed in this order:", "式中的伴随量按以下次序计算：")
DIFFERENCES = Text("What is the same as above is not repeated.", "与上文相同的部分不再重复。")
ADJOINTS_BELOW_ONE = Text(
    "The adjoints in these formulas are derived in step {numbers}.", "式中的伴随量在第 {numbers} 步推导。"
)
ADJOINTS_BELOW = Text(
    "The adjoints in these formulas are derived in steps {numbers}.", "式中的伴随量在第 {numbers} 步推导。"
)
UNCHANGED_ONE = Text("The step above for {targets} is unchanged.", "{targets} 的推导与上文相同。")
UNCHANGED = Text("The steps above for {targets} are unchanged.", "{targets} 的推导与上文相同。")
AS_IN_STEP = Text("In the same way as in step {numbers}{sizes}:", "与第 {numbers} 步同理{sizes}：")
AS_IN_STEPS = Text("In the same way as in steps {numbers}{sizes}:", "与第 {numbers} 步同理{sizes}：")
RUN = Text("{first} to {last}", "{first} 至 {last}")
WITH_SIZES = Text(", with {sizes}", "，此时 {sizes}")
ALIKE_IN_RESULTS = (  # one, several
    Text("The result for {wrt} follows in the same way, as {partials}.", "同理得到 {wrt} 的结果，因为 {partials}。"),
    Text(
        "The others in the results follow in the same way, as {partials}.",
        "同理得到结果中的其余各式，因为 {partials}。",
    ),
)
ALIKE = Text("In the same way, with the quantities changed:", "同理，换成其他量：")
WHERE_PARTIALS = Text("{reason}, where {partials}", "{reason}，其中 {partials}")
SINCE = Text("as {partials}", "因为 {partials}")
SINCE_BY = Text("as {partial}, {rule}", "因为 {partial}，{rule}")
BY_RULE = Text("{partial}, {rule}", "{partial}，{rule}")
NUMBERS = Text("Numerical example", "数值例子")
CHECK = Text("Verification", "验证")
IN_TIME = Text("The recursion, step by step in time", "按时间步写出的递推")

TASK_IN_BOOK = Text("{source}", "{source}")
IN_BOOK = Text("{source}: solution, derived and checked by derive", "{source}：解答由 derive 推导并验证")
DERIVED = Text("Derived and checked by derive", "由 derive 推导并验证")
ONE_VERDICT = Text(
    "{label} {count} quantity    worst error {worst}  {verdict}", "{label} {count} 个量  最大误差 {worst}  {verdict}"
)
VERDICT = Text(
    "{label} {count} quantities  worst error {worst}  {verdict}", "{label} {count} 个量  最大误差 {worst}  {verdict}"
)
OK = Text("ok", "一致")
FAILED = Text("FAILED at {quantity}", "{quantity} 不一致")
TASK = Text("Problem {number}. {title}", "第 {number} 题：{title}")
TASK_WITH_MARKS = Text("Problem {number}. {title} ({marks} marks)", "第 {number} 题：{title}（{marks} 分）")
ONE_MARK = Text("Problem {number}. {title} ({marks} mark)", "第 {number} 题：{title}（{marks} 分）")
QUESTION = Text("({letter}) {asked}", "({letter}) {asked}")
QUESTION_WITH_MARKS = Text("({letter}) {asked} [{marks}]", "({letter}) {asked}（{marks} 分）")
TOTAL = Text("The sheet has {tasks} problems, worth {marks} marks in all.", "本卷共 {tasks} 题，满分 {marks} 分。")
TOTAL_OF_ONE = Text("The sheet has one problem, worth {marks} marks.", "本卷共 1 题，满分 {marks} 分。")
OF_TASKS = Text("Problems {number}: {said}", "第 {number} 题：{said}")
OF_TASK = Text("Problem {number}: {said}", "第 {number} 题：{said}")
VERSION = Text("Version {number}", "第 {number} 号卷")
IN_CODE = Text("The two passes in {library}", "{library} 中的前向传播与反向传播")
TASK_HEADER = (
    Text("problem", "题目"),
    Text("quantities compared", "比较的量"),
    Text("worst relative error", "最大相对误差"),
    Text("verdict", "结论"),
)
READING = Text("{label}", "{label}")
OF_READING = Text("{head}: {reading}", "{head}：{reading}")
KINDS = {
    "parameter": Text("Parameters: {names}.", "参数：{names}。"),
    "input": Text("Inputs: {names}.", "输入：{names}。"),
    "target": Text("Target: {names}.", "目标：{names}。"),
    "constant": Text("Constants: {names}.", "常数：{names}。"),
    "random": Text("Random: {names}.", "随机量：{names}。"),
}
ASSUMED = Text("Assumed: {assumptions}.", "假设：{assumptions}。")
DOMAINS = {
    "positive": Text("{name} is positive", "{name} 为正"),
    "nonzero": Text("{name} is not zero", "{name} 不为零"),
    "probability": Text("{name} lies between 0 and 1", "{name} 介于 0 与 1 之间"),
    "binary": Text("{name} is 0 or 1", "{name} 取 0 或 1"),
    "sign": Text("{name} is 1 or −1", "{name} 取 1 或 −1"),
}
POSITIONS = Text(
    "{name} is a given position among 1, …, {most}, not differentiated",
    "{name} 是 1, …, {most} 中的给定值，不对其求导",
)
ABOVE = Text("{name} is greater than {low}", "{name} 大于 {low}")
BELOW = Text("{name} is less than {high}", "{name} 小于 {high}")
WITHIN = Text("{name} lies between {low} and {high}", "{name} 介于 {low} 与 {high} 之间")
INVERTIBLE = Text("{name} is invertible", "{name} 可逆")
STRUCTURES = {
    "symmetric": Text("{name} is symmetric", "{name} 是对称矩阵"),
    "positive definite": Text("{name} is symmetric and positive definite", "{name} 是对称正定矩阵"),
    "orthogonal": Text("{name} is orthogonal", "{name} 是正交矩阵"),
    "triangular": Text("{name} is lower triangular", "{name} 是下三角矩阵"),
}
SEVERAL = {  # what is assumed of one quantity, said of several
    one.en: several
    for one, several in (
        (DOMAINS["positive"], Text("{name} are positive", "{name} 为正")),
        (DOMAINS["nonzero"], Text("{name} are not zero", "{name} 不为零")),
        (DOMAINS["probability"], Text("{name} lie between 0 and 1", "{name} 介于 0 与 1 之间")),
        (DOMAINS["binary"], Text("each of {name} is 0 or 1", "{name} 取 0 或 1")),
        (DOMAINS["sign"], Text("each of {name} is 1 or −1", "{name} 取 1 或 −1")),
        (STRUCTURES["symmetric"], Text("{name} are symmetric", "{name} 是对称矩阵")),
        (
            STRUCTURES["positive definite"],
            Text("{name} are symmetric and positive definite", "{name} 是对称正定矩阵"),
        ),
        (STRUCTURES["orthogonal"], Text("{name} are orthogonal", "{name} 是正交矩阵")),
        (STRUCTURES["triangular"], Text("{name} are lower triangular", "{name} 是下三角矩阵")),
        (INVERTIBLE, Text("{name} are invertible", "{name} 可逆")),
    )
}
FREE = Text(
    "{structure}. The gradient {G} above treats every element as an independent variable "
    "(the free gradient), as PyTorch does. {then}",
    "{structure}。上面的梯度 {G} 把每个元素都当作独立变量（即自由梯度，与 PyTorch 一致）。{then}",
)
KEPT = {
    "symmetric": Text(
        "Where only the elements on and below the diagonal are free, the gradient with respect to them is {own}.",
        "若只有对角线及其下方的元素可以自由变化，则对它们的梯度为 {own}。",
    ),
    "orthogonal": Text(
        "Its projection onto the directions along which the matrix stays orthogonal is {own}.",
        "它在使矩阵保持正交的方向上的投影为 {own}。",
    ),
    "triangular": Text(
        "With respect to the elements on and below the diagonal alone, the gradient is the lower triangle of {own}.",
        "若只对对角线及其下方的元素求导，则梯度为 {own} 的下三角部分。",
    ),
}
FACTOR = Text(
    "The Cholesky factor is defined for symmetric matrices only, so a change of an element counts half as a change of "
    "its mirror image.",
    "Cholesky 分解只对对称矩阵有定义，因此对一个元素的改变有一半算在与它对称的元素上。",
)
MOMENT = Text("{equation}", "{equation}")
INDEPENDENT = Text(
    "all {name} are independent of each other and of every other random quantity",
    "所有 {name} 彼此独立，也独立于其他随机量",
)
NORMAL = Text("{name} is normal", "{name} 服从正态分布")
JOINTLY_NORMAL = Text(
    "the {name} are jointly normal over {idx}, and otherwise independent of each other and of every other random "
    "quantity",
    "{name} 关于 {idx} 服从联合正态分布，除此之外彼此独立，也独立于其他随机量",
)
INDEPENDENT_ONE = Text("{name} is independent of every other random quantity", "{name} 独立于其他随机量")
ONE_HOT = Text("{name} is 1 for one {idx} and 0 for the others", "{name} 只对一个 {idx} 等于 1，对其余的等于 0")
RANGED = Text("{name} ({ranges})", "{name}（{ranges}）")
FOR = Text("for {ranges}", "{ranges}")
FLOW_HEADER = (Text("quantity", "量"), Text("computed from", "依赖于"), Text("used by", "被用于"))
PARAMETER = Text("parameter", "参数"), Text("parameters", "参数")  # one, several
INPUT = Text("input", "输入"), Text("inputs", "输入")
LOSS = Text("—", "—")
NOBODY = Text("nothing", "无")
ONLY_SLOPES = Text("the derivatives", "各导数")
UNUSED = (  # one, several
    Text(
        "The parameter {names} cannot reach the loss, as nothing is computed from it. Its gradient is zero.",
        "参数 {names} 不影响损失：没有任何量由它算出，因此它的梯度为零。",
    ),
    Text(
        "The parameters {names} cannot reach the loss, as nothing is computed from them. Their gradients are zero.",
        "参数 {names} 不影响损失：没有任何量由它们算出，因此它们的梯度为零。",
    ),
)
UNREACHABLE = (
    Text(
        "The parameter {names} cannot reach the loss: the path {path} ends there, as nothing is computed from {end}. "
        "Its gradient is zero for all data.",
        "参数 {names} 不影响损失：路径 {path} 就此中断，没有任何量由 {end} 算出。无论数据如何，它的梯度都为零。",
    ),
    Text(
        "The parameters {names} cannot reach the loss: their path {path} ends there, as nothing is computed from "
        "{end}. Their gradients are zero for all data.",
        "参数 {names} 不影响损失：它们的路径 {path} 就此中断，没有任何量由 {end} 算出。无论数据如何，"
        "它们的梯度都为零。",
    ),
)
ONLY = Text(
    "Only {element} reaches the loss; the adjoint of any other {family} is zero.",
    "只有 {element} 影响损失，其余 {family} 的伴随量都为零。",
)
ZERO = Text(
    "The derivative of {loss} with respect to {name} is zero: {name} cannot reach {loss}.",
    "{loss} 对 {name} 的导数为零：{name} 不影响 {loss}。",
)
CANCELS = Text(
    "So {gradient} is zero at every point: its contributions cancel, since {because}.",
    "因此 {gradient} 恒为零：各项贡献相消（{because}）。",
)
NAMED = (  # one, several; so below
    Text("Denote the pre-activation by {names}", "记预激活值为 {names}"),
    Text("Denote the pre-activations by {names}", "记各预激活值为 {names}"),
)
NAMED_SCORES = (
    Text("Denote the scores in the softmax by {names}", "记 softmax 中的得分为 {names}"),
    Text("Denote the scores in the softmaxes by {names}", "记各 softmax 中的得分为 {names}"),
)
NAMED_SOFTMAX = (
    Text("Denote the softmax by {names}", "记 softmax 为 {names}"),
    Text("Denote the softmaxes by {names}", "记各 softmax 为 {names}"),
)
NAMED_WEIGHTS = (
    Text("A softmax occurs in the derivatives; denote it by {names}", "导数中出现 softmax，记为 {names}"),
    Text("Softmaxes occur in the derivatives; denote them by {names}", "导数中出现 softmax，分别记为 {names}"),
)
NAMED_ABSTRACT = (
    Text("Denote the abstract part by {names}", "记未给出具体形式的部分为 {names}"),
    Text("Denote the abstract parts by {names}", "记未给出具体形式的各部分为 {names}"),
)
BECOME = Text("{said}. These equations are then:", "{said}，于是有：")
DENOTED = Text("{said}:", "{said}：")
STOP = Text("{said}.", "{said}。")
WORDS = Text("The named functions are defined as follows:", "其中各函数的定义为：")
SPELLED = Text("Parts of the model are functions that have a name:", "模型中的下列式子是有名称的函数：")
SO = Text("So these equations become:", "于是下列各式写成：")
UNROLLED_FORWARD = Text("Written out for {sizes}:", "当 {sizes} 时逐步写出：")
UNROLLED_BACKWARD = Text(
    "Written out for {sizes}, in the order in which it is computed:", "当 {sizes} 时按计算的先后逐步写出："
)
SEED = Text(
    "Work backwards from {loss}. The adjoint of a quantity, the derivative of {loss} with respect to it, is "
    "a sum over all that is computed directly from it: adjoint times local partial derivative.",
    "从 {loss} 出发反向推导。一个量的伴随量，即 {loss} 对它的导数，等于所有直接依赖于它的量的伴随量与相应局部偏导"
    "数的乘积之和。",
)
ORDER = Text(
    "Each step of {quantities} may depend on all earlier steps, not only on the previous one. The values are computed "
    "in the order {ranges}. The adjoints are computed in the opposite order, each from the adjoints of all steps that "
    "depend on it.",
    "{quantities} 的每一步可以依赖于之前的每一步，而不只是上一步。各个值按 {ranges} 的次序计算；伴随量按相反的次序计"
    "算，每个伴随量由所有依赖于它的后续步的伴随量得到。",
)
ORDER_OF_LOOPS = Text(
    "The elements of {quantities} are computed in nested loops, the outermost first: {ranges}. Thus each element is "
    "computed after those on which it depends. The adjoints are computed in the opposite order, each after the "
    "adjoints of the elements that depend on it.",
    "{quantities} 的元素由嵌套循环计算，最外层在前：{ranges}；这样每个元素都在它所依赖的元素之后算出。伴随量按相反的次"
    "序计算，每个伴随量都在依赖于它的那些元素的伴随量之后算出。",
)
NO_CLAIM = Text(
    "The statements about exploding and vanishing gradients hold for recurrences that run along one index and look "
    "back a fixed number of steps. This recurrence is of another kind, so no such statement is made.",
    "关于梯度爆炸与消失的结论只适用于沿一个指标推进、且每步只回看固定步数的递推。这里的递推不属于此类，因此不作结论。",
)
APART = Text(
    "The cases of the steps hold as written for {size} of at least {least}; of a smaller {size} nothing is claimed.",
    "各步中分情形的写法在 {size} 不小于 {least} 时成立；{size} 更小时不作结论。",
)
IMMEDIATE = Text(
    "∂⁺ is the immediate partial derivative: only the explicit occurrence is differentiated.",
    "∂⁺ 表示直接偏导数：只对该式中显式出现的量求导，其余的量都视为固定。",
)
STEP = Text("Step {number}: {target}{where}", "第 {number} 步：{target}{where}")
STEPS = Text("Steps {first} to {last}: {targets}", "第 {first} 至 {last} 步：{targets}")
ASIDE = Text("({words})", "（{words}）")
WHERE = Text(" for {ranges}", "（{ranges}）")
EVERYWHERE = Text("", "")
CLOSED = Text("Closed form of {adjoint}", "{adjoint} 的通项公式")
RECURSION_ON = Text("The recursion runs backwards, starting from {end}:", "该递推式从 {end} 开始，逆向递推：")
RECURSION_BACK = Text("The recursion runs forwards, starting from {end}:", "该递推式从 {end} 开始，正向递推：")
AS_FOR = Text("In the same way as for {quantity}:", "与 {quantity} 同理：")
AS_FOR_ABOVE = Text("In the same way as for {quantity} above:", "与上文的 {quantity} 同理：")
PUT_IN = Text("Substitute the results above, for {ranges}:", "代入以上结果（{ranges}）：")
UNFOLD = Text("Unroll the recursion from {end}:", "从 {end} 起逐步展开：")
CLAIM = Text(
    "Each step contributes one factor. So we obtain, for {ranges}:", "每一步贡献一个因子。于是对 {ranges} 得到："
)
CLAIM_TERMS = Text("Each step adds a term. So we obtain, for {ranges}:", "每一步增加一项。于是对 {ranges} 得到：")
CLAIM_SUM = Text(
    "Each step adds a term, and each later step multiplies this term by a factor. So we obtain, for {ranges}:",
    "每一步增加一项，此后的每一步再把该项乘以一个因子。于是对 {ranges} 得到：",
)
WHICH = Text("which rule?", "用哪条法则？")  # is asked of a line that is left out of a step
OBTAINED = Text("We obtain, for {ranges}:", "对 {ranges} 得到：")  # what an exercise says of the claim
BY_INDUCTION = Text("Prove it by induction:", "请用数学归纳法证明：")
# One dotted line each, which no page stretches.
CONCLUDE = Text("Conclusion in words: {line}", "结论（文字）：{line}")(line=Blank())
CONCLUDE_TOO = Text("{line}", "{line}")(line=Blank())
REASONS = Text("Why these conditions? {line}", "为什么有这些条件？{line}")(line=Blank())
INDUCTION = Text("Proof by induction. {base} {step}", "用数学归纳法证明。{base}{step}")
NO_FACTOR = Text(
    "For {end} no factor is left, and the formula gives the boundary value.", "当 {end} 时没有因子，该式即为边界值。"
)
NO_TERM = Text(
    "For {end} the sum is empty, and the formula gives {boundary}, the boundary value.",
    "当 {end} 时和式为空，该式等于 {boundary}，即边界值。",
)
ONE_TERM = Text("For {end} the sum has a single term, the boundary value.", "当 {end} 时和式只有一项，即边界值。")
BOUNDARY = Text(
    "For {end} the formula gives {boundary}, the boundary value.", "当 {end} 时该式等于 {boundary}，即边界值。"
)
FROM_NEIGHBOUR = Text(
    "Assume that the formula holds for {there}. Then, by the recursion:", "假设该式对 {there} 成立，则由递推式得："
)
HYPOTHESIS = Text("by the induction hypothesis", "由归纳假设")
FACTOR_IN = Text("move the factor into the sum", "因子移入和式")
OWN_TERM = Text("the last term is the one with {term}", "最后一项正是 {term} 的项")
WRITTEN_OUT = Text("written out", "逐项写出")
WRITTEN_OUT_AS = Text("written out, as {zeros}", "逐项写出，其中 {zeros}")
CHECKED = Text(
    "Every adjoint, and every line of the equalities that lead to it, was compared with torch.autograd in float64 at "
    "{samples} random points.",
    "每个伴随量以及得出它的每一行等式都在 {samples} 个随机点上（float64）与 torch.autograd 作了比较。",
)
CHECKED_BUT = Text(
    "The adjoints and the equalities that lead to them were compared with torch.autograd in float64 at {samples} "
    "random points, but none of these points meets {conditions}: what is derived for such a branch was not checked.",
    "各伴随量以及得出它们的等式在 {samples} 个随机点上（float64）与 torch.autograd 作了比较，"
    "但没有任何点满足 {conditions}：这样的分支上的推导未经验证。",
)
REMARKS = Text(
    "The remarks are arguments in words and were not compared.",
    "文字说明属于论证，未作数值比较。",
)
CHECKED_VALUES = Text(
    "Every line of the closed forms of the values was compared with the values that the model's own equations give "
    "step by step, in float64 at {samples} random points.",
    "各通项公式的推导的每一行都在 {samples} 个随机点上（float64）与按模型方程逐步算出的值作了比较。",
)
READ_BACK = Text(
    "Every formula was read back from the page and is the one that was compared.",
    "页上的每个公式都按印出的样子重新读入，与所核对的公式一致。",
)
READ_BACK_IN_PART = Text(
    "Of the {all} formulas, {read} were read back from the page and are those that were compared.",
    "{all} 个公式中有 {read} 个按印出的样子重新读入，与所核对的公式一致。",
)
STAYS = Text(
    "The loss {loss} is left abstract, so {quantity} is treated as given.",
    "损失 {loss} 没有给出具体形式，因此把 {quantity} 视为已知。",
)
CHECKED_SIZES = Text("The sizes used in the check are {sizes}.", "检验所用的维数：{sizes}。")
CHECK_HEADER = (
    Text("quantity", "量"),
    Text("numbers compared", "比较的数值个数"),
    Text("worst relative error", "最大相对误差"),
    Text("verdict", "结论"),
)
AGREE = Text(
    "In all, {count} quantities agree, each at {points} numbers; the worst relative error is {error}.",
    "共 {count} 个量，每个量比较 {points} 个数值，全部一致，最大相对误差为 {error}。",
)
ONE_AGREES = Text(
    "The quantity agrees at {points} numbers; the worst relative error is {error}.",
    "比较了 {points} 个数值，全部一致，最大相对误差为 {error}。",
)
AGREES = Text("agrees", "一致")
DISAGREES = Text("differs", "不一致")
FORWARD_VALUES = Text("Forward pass with these values:", "代入数值，前向计算：")
BACKWARD_VALUES = Text("Backward pass with these values:", "代入数值，反向传播：")
INDEX = Text("index", "指标")
PARAMETER_OF, VALUE = Text("parameter", "参数"), Text("value", "值")
SLOPE, NEW_VALUE = Text("gradient", "梯度"), Text("new value", "新值")
UPDATE = Text(
    "One step of gradient descent with learning rate {rate} = {value} moves every parameter along its negative "
    "gradient:",
    "以学习率 {rate} = {value} 执行一次梯度下降，每个参数沿负梯度方向移动：",
)
RULE_OF_UPDATE = Text(
    "Gradient descent with learning rate {rate} moves every parameter along its negative gradient:",
    "以学习率 {rate} 作梯度下降，每个参数沿负梯度方向更新：",
)


PICTURE = Text(
    "Dashed arrows pass the adjoints back, each multiplied by the local partial derivative beside it.",
    "虚线箭头把伴随量反向传递，并乘以箭头旁的局部偏导数。",
)
_WORDS = Text("{words}", "{words}")
_TEXTS = Text("{texts}", "{texts}")
_BOTH = Text("({values})", "（{values}）")


def plain(words: str) -> Text:
    """Words that are the same in both languages."""
    return _WORDS(words=words)


def listed(texts: Sequence[Text]) -> Text:
    """Several short texts in a row."""
    return _TEXTS(texts=list(texts))


def one_after_another(texts: Sequence[Text]) -> Text:
    """Several sentences as one paragraph."""
    return texts[0] if len(texts) == 1 else joined(texts, (" ", ""))


def sentence(text: Text) -> Text:
    """A clause as a sentence: capital and full stop."""
    opened = text.en[:1].upper() + text.en[1:]
    return Text(opened + ".", text.zh + "。", text.values)


def arrow(names: Sequence[Any]) -> Text:
    """a to b to c, as a path."""
    places = {f"n{k}": name for k, name in enumerate(names)}
    template = " → ".join("{" + key + "}" for key in places)
    return Text(template, template)(**places)


def both(values: Sequence[Any]) -> Text:
    """Two values or more that hold together."""
    return _BOTH(values=list(values))
