"""Every fixed sentence of a sheet, in both languages. Values in braces are formulas, which both languages share."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from derive.language import Text

MODEL = Text("The model", "模型")
FLOWS = Text("What flows where", "计算流程")
FORWARD = Text("Forward pass", "前向计算")
BACKWARD = Text("Backward pass", "反向传播")
GRADIENTS = Text("Gradients of the parameters", "参数的梯度")
GRADIENTS_BOTH = Text("Gradients of inputs and parameters", "输入与参数的梯度")
GRADIENTS_IN = Text("Gradients of the inputs", "输入的梯度")
RESULTS = Text("Results", "结果")
WITH_ADJOINTS = Text(
    "The adjoints in these formulas, in the order in which they are computed:", "式中的伴随量，按计算的先后次序："
)
ALIKE = Text("In the same way, with other quantities:", "同理，换成其他量：")
WHERE_PARTIALS = Text("{reason}, where {partials}", "{reason}，其中 {partials}")
SINCE = Text("as {partials}", "因为 {partials}")
GROUPED = Text("{count} quantities", "{count} 个量")
NUMBERS = Text("The numbers worked", "代入数值")
CHECK = Text("Verification", "验证")
IN_TIME = Text("The recursion, step by step in time", "按时间步写出的递推")

SOURCE = Text("Problem {source}: solution, derived and checked by derive", "题目 {source}：解答由 derive 推导并验证")
IN_BOOK = Text("{source}: solution, derived and checked by derive", "{source}：解答由 derive 推导并验证")
DERIVED = Text("Derived and checked by derive", "由 derive 推导并验证")
VERDICT = Text(
    "{label} {count} quantities  worst error {worst}  {verdict}", "{label} {count} 个量  最大误差 {worst}  {verdict}"
)
OK = Text("ok", "一致")
FAILED = Text("FAILED at {quantity}", "{quantity} 不一致")
READING = Text("{label}", "{label}")
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
    "{name} is one of 1, …, {most}: given positions, at which nothing is differentiated",
    "{name} 取 1, …, {most} 之一：它们是给定的位置，不对其求导",
)
ABOVE = Text("{name} is greater than {low}", "{name} 大于 {low}")
BELOW = Text("{name} is less than {high}", "{name} 小于 {high}")
WITHIN = Text("{name} lies between {low} and {high}", "{name} 介于 {low} 与 {high} 之间")
STRUCTURES = {
    "symmetric": Text("{name} is symmetric", "{name} 是对称矩阵"),
    "positive definite": Text("{name} is symmetric and positive definite", "{name} 是对称正定矩阵"),
    "orthogonal": Text("{name} is orthogonal", "{name} 是正交矩阵"),
    "triangular": Text("{name} is lower triangular", "{name} 是下三角矩阵"),
}
FREE = Text(
    "{structure}. Its gradient {G} above is the free one, as torch computes it: every element is varied by itself. "
    "{then}",
    "{structure}。上面的梯度 {G} 是自由梯度（与 torch 相同）：每个元素都当作独立变量。{then}",
)
KEPT = {
    "symmetric": Text(
        "Where only the elements on and below the diagonal are free, the gradient with respect to them is {own}.",
        "若只有对角线及其下方的元素可以自由变化，则对它们的梯度为 {own}。",
    ),
    "orthogonal": Text(
        "Its part along which the matrix stays orthogonal is {own}.", "其中使矩阵保持正交的部分为 {own}。"
    ),
    "triangular": Text(
        "With respect to the elements on and below the diagonal alone, the gradient is the lower triangle of {own}.",
        "若只对对角线及其下方的元素求导，则梯度为 {own} 的下三角部分。",
    ),
}
FACTOR = Text(
    "In its Cholesky factor, which only a symmetric matrix has, half of a change of an element is one of its mirror "
    "image.",
    "其 Cholesky 分解只对对称矩阵有定义，因此其中对一个元素的改变有一半算在与它对称的元素上。",
)
MOMENT = Text("{equation}", "{equation}")
INDEPENDENT = Text(
    "all {name} are independent of each other and of every other random quantity",
    "所有 {name} 彼此独立，也独立于其他随机量",
)
NORMAL = Text("{name} is normal", "{name} 服从正态分布")
JOINTLY_NORMAL = Text(
    "the {name} are jointly normal over {idx}; apart from that they are independent, also of every other random "
    "quantity",
    "{name} 关于 {idx} 服从联合正态分布；除此之外彼此独立，也独立于其他随机量",
)
INDEPENDENT_ONE = Text("{name} is independent of every other random quantity", "{name} 独立于其他随机量")
ONE_HOT = Text("{name} is 1 for one {idx} and 0 for the others", "{name} 只对一个 {idx} 等于 1，对其余的等于 0")
AS_GIVEN = Text("The model as given:", "题目给出的模型：")
RANGED = Text("{name} ({ranges})", "{name}（{ranges}）")
FOR = Text("for {ranges}", "{ranges}")
FLOW_HEADER = (Text("quantity", "量"), Text("computed from", "由何计算"), Text("used by", "被何使用"))
PARAMETER = Text("parameter", "参数"), Text("parameters", "参数")  # one, several
INPUT = Text("input", "输入"), Text("inputs", "输入")
LOSS = Text("the loss", "损失")
NOBODY = Text("nothing", "无")
ONLY_SLOPES = Text("the derivatives", "各导数")
UNUSED = Text(
    "The parameter {name} cannot reach the loss: nothing uses it. Its gradient is zero.",
    "参数 {name} 无法影响损失：没有任何量使用它。它的梯度为零。",
)
UNREACHABLE = Text(
    "The parameter {name} cannot reach the loss: the path {path} ends there, for nothing uses {end}. "
    "Its gradient is zero, whatever the data.",
    "参数 {name} 无法影响损失：路径 {path} 到此为止，没有任何量使用 {end}。无论数据如何，它的梯度都为零。",
)
ONLY = Text(
    "Only {element} reaches the loss; the adjoint of any other {family} is zero.",
    "只有 {element} 影响损失，其余 {family} 的伴随量都为零。",
)
ZERO = Text(
    "The derivative of {loss} with respect to {name} is zero: {name} cannot reach the loss.",
    "{loss} 对 {name} 的导数为零：{name} 无法影响损失。",
)
CANCELS = Text(
    "So {gradient} is zero at every point: its contributions cancel, since {because}.",
    "因此 {gradient} 恒为零：各项贡献相消（{because}）。",
)
NAMED = Text("Give the pre-activation a name, {names}", "给激活前的量命名为 {names}")
NAMED_SCORES = Text("Give the scores of the softmax a name, {names}", "给 softmax 的得分命名为 {names}")
NAMED_SOFTMAX = Text("Give the softmax a name, {names}", "给 softmax 命名为 {names}")
NAMED_WEIGHTS = Text(
    "The derivatives hold a softmax, which gets a name too, {names}", "导数中出现 softmax，也给它命名为 {names}"
)
NAMED_ABSTRACT = Text("The abstract part is a quantity of its own, {names}", "抽象的部分单独记为 {names}")
BECOME = Text("{said}; these equations are then", "{said}，于是有")
STOP = Text("{said}.", "{said}。")
WORDS = Text("Here the words stand for", "其中各词的含义为")
SPELLED = Text("What the model writes out is a function with a name:", "模型中写开的式子是有名称的函数：")
SO = Text("So these equations become", "于是下列各式写成")
UNROLLED_FORWARD = Text("Written out for {sizes}:", "当 {sizes} 时逐步写出：")
UNROLLED_BACKWARD = Text(
    "Written out for {sizes}, in the order in which it is computed:", "当 {sizes} 时按计算的先后逐步写出："
)
SEED = Text(
    "Begin at the loss, whose derivative with respect to itself is 1, and go backwards: the adjoint of a quantity is "
    "the derivative of {loss} with respect to it, the sum over its users of the user's adjoint times the local "
    "partial.",
    "从损失出发逐层向后推导，损失对自身的导数为 1。一个量的伴随量是 {loss} 对它的导数，"
    "等于对它的每个使用者，把使用者的伴随量乘以局部偏导数后求和。",
)
ORDER = Text(
    "A step of {quantities} may read every step before it, not only the last. Values are computed in the order "
    "{ranges}, adjoints in the opposite order, each from those of all the steps that read it.",
    "{quantities} 的每一步可以用到之前的每一步，而不只是上一步。前向按 {ranges} 的次序计算，"
    "反向按相反的次序，每个伴随由用到它的所有后续步的伴随得到。",
)
ORDER_OF_LOOPS = Text(
    "The elements of {quantities} are computed in loops inside each other, the outermost first: {ranges}. So each is "
    "computed after those that it reads. The adjoints are computed in the opposite order: each after those of the "
    "elements that read it.",
    "{quantities} 用嵌套循环计算，先写的是外层：{ranges}；这样每个元素都在它所用到的元素之后算出。"
    "伴随按相反的次序计算：每个伴随都在用到它的那些元素的伴随之后算出。",
)
NO_CLAIM = Text(
    "Claims about exploding and vanishing gradients are about recurrences that step through one index and look back a "
    "fixed number of steps. This one does not, so none is made.",
    "关于梯度爆炸与消失的结论只适用于沿一个指标推进、且每步只回看固定步数的递推；这里不是这种情形，因此不作结论。",
)
IMMEDIATE = Text(
    "A partial with a plus is immediate: only the use in that very equation counts, everything else is held fixed.",
    "带加号的偏导数是直接偏导数：只计该式中的直接出现，其余的量都视为固定。",
)
STEP = Text("Step {number}: {target}{where}", "第 {number} 步：{target}{where}")
WHERE = Text(" for {ranges}", "（{ranges}）")
EVERYWHERE = Text("", "")
CLOSED = Text("Closed form of {adjoint}", "{adjoint} 的封闭形式")
RECURSION_ON = Text(
    "The recursion refers to itself one step on, and begins at the other end:",
    "递推式引用后一个时间步的自身，并从另一端开始：",
)
RECURSION_BACK = Text(
    "The recursion refers to itself one step back, and begins at the start value:",
    "递推式引用前一个时间步的自身，并从初值开始：",
)
PUT_IN = Text("Put in what is known, for {ranges}:", "代入已知的结果，{ranges}：")
UNFOLD = Text("Unfold it from where it begins:", "从起点开始逐步展开：")
CLAIM = Text("One factor for every step, so for every {ranges}", "每一步贡献一个因子，因此对任意 {ranges}")
CLAIM_TERMS = Text("Every step adds a term, so for every {ranges}", "每一步增加一项，因此对任意 {ranges}")
CLAIM_SUM = Text(
    "Every step adds a term, and every later step multiplies it by its factor, so for every {ranges}",
    "每一步增加一项，此后的每一步再给它乘上一个因子，因此对任意 {ranges}",
)
INDUCTION = Text("Proof by induction. {base} {step}", "用归纳法证明。{base}{step}")
NO_FACTOR = Text("At {end} no factor is left, and the boundary value stands.", "当 {end} 时没有因子，只剩边界值。")
NO_TERM = Text(
    "At {end} the sum is empty and no factor is left: the boundary value stands.",
    "当 {end} 时和式为空，也没有因子，只剩边界值。",
)
ONE_TERM = Text("At {end} the sum has a single term, the boundary value.", "当 {end} 时和式只有一项，即边界值。")
BOUNDARY = Text(
    "At {end} the formula gives {boundary}, the boundary value.", "当 {end} 时该式等于 {boundary}，即边界值。"
)
FROM_NEXT = Text("If it holds one step on, insert it into the recursion:", "假设对后一个时间步成立，代入递推式：")
FROM_LAST = Text("If it holds one step before, insert it into the recursion:", "假设对前一个时间步成立，代入递推式：")
HYPOTHESIS = Text("insert the claim for the neighbouring step", "代入相邻时间步的结论")
FACTOR_IN = Text("the factor enters the sum", "因子移入和式")
OWN_TERM = Text("the last term is that of {term}", "最后一项正是 {term} 的那一项")
WRITTEN_OUT = Text("written out", "逐项写出")
AT_TIME = Text("At {time}:", "{time} 时：")
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
    "The remarks below the gradients are arguments in words; they were not compared.",
    "梯度之后的说明是文字论证，未作数值比较。",
)
CHECKED_VALUES = Text(
    "Every line of every closed form of a value was compared with the values that the model's own equations give, step "
    "by step in float64, at {samples} random points.",
    "每个取值的封闭形式的每一行都在 {samples} 个随机点上（float64）与按模型方程逐步算出的值作了比较。",
)
STAYS = Text(
    "The loss {loss} is abstract, so {quantity} is given and stays as it stands.",
    "损失 {loss} 没有给出具体形式，因此 {quantity} 视为已知，保留原样。",
)
CHECKED_SIZES = Text("Sizes used: {sizes}.", "所用的尺寸：{sizes}。")
CHECK_HEADER = (
    Text("quantity", "量"),
    Text("numbers compared", "比较的数值个数"),
    Text("worst relative error", "最大相对误差"),
    Text("verdict", "结论"),
)
AGREES = Text("agrees", "一致")
DISAGREES = Text("differs", "不一致")
FORWARD_VALUES = Text("Forward, with the numbers put in:", "前向计算，代入数值：")
BACKWARD_VALUES = Text("Backward, with the numbers put in:", "反向传播，代入数值：")
INDEX = Text("index", "指标")
UPDATE = Text(
    "One step of gradient descent with learning rate {rate} = {value} moves every parameter against its gradient:",
    "以学习率 {rate} = {value} 执行一次梯度下降，每个参数沿负梯度方向移动：",
)
RULE_OF_UPDATE = Text(
    "Gradient descent with learning rate {rate} updates every parameter against its gradient:",
    "以学习率 {rate} 作梯度下降，每个参数沿负梯度方向更新：",
)


PICTURE = Text(
    "Solid arrows compute the values; dashed arrows carry the adjoints back, each multiplied by the local partial "
    "beside it.",
    "实线箭头表示前向计算；虚线箭头把伴随量向后传递，并乘以箭头旁的局部偏导数。",
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
    return _joined(texts, (" ", ""))


def apart(texts: Sequence[Text]) -> Text:
    """Several clauses with commas of their own, semicolons in between."""
    return _joined(texts, ("; ", "；"))


def _joined(texts: Sequence[Text], joints: tuple[str, str]) -> Text:
    names = [f"s{k}" for k in range(len(texts))]
    en, zh = (joint.join("{" + name + "}" for name in names) for joint in joints)
    return Text(en, zh)(**dict(zip(names, texts, strict=True)))


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
