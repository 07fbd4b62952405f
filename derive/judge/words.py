"""Every sentence of a judgement, in both languages."""

from __future__ import annotations

from derive.language import Text

TITLE = Text("Judgement", "评阅")
VERDICTS = {
    "right": Text("right", "正确"),
    "convention": Text("right, up to a convention", "正确（约定不同）"),
    "slip": Text("wrong", "错误"),
    "follows": Text("wrong, but it follows from the line before", "错误，但由上一行推得"),
    "wrong": Text("wrong", "错误"),
    "undecided": Text("undecided", "未能判定"),
    "unreadable": Text("cannot be read", "无法读取"),
}
SLIPS = {
    "sign": Text("The sign is wrong.", "符号错误。"),
    "factor": Text(
        "A factor is wrong: multiplied by {factor}, the formula is right.", "系数有误：乘以 {factor} 后正确。"
    ),
    "batch": Text("The sum over {index} is missing.", "缺少对 {index} 的求和。"),
    "transpose": Text(
        "A transpose is missing or too much: {part} should be {other}.", "转置有误：{part} 应为 {other}。"
    ),
    "index": Text("An index is off by one: {part} should be {other}.", "指标差一：{part} 应为 {other}。"),
    "path": Text("The path through {through} is missing.", "遗漏了经由 {through} 的路径。"),
    "immediate": Text(
        "This is only the immediate part of the total derivative; what comes back through {through} is missing.",
        "这只是全导数的直接部分，遗漏了经由 {through} 传回的部分。",
    ),
    "weight": Text("The factor {factor} is left out.", "遗漏了因子 {factor}。"),
    "surplus": Text("The factor {factor} is too much.", "多了因子 {factor}。"),
    "elementwise": Text(
        "An elementwise product and a matrix product are mixed up in {part}.", "{part} 处混淆了逐元素乘积与矩阵乘法。"
    ),
}
CONVENTIONS = {
    "layout": Text(
        "It is the transpose of the gradient in the shape of the variable: the other layout.",
        "结果是按变量形状所写梯度的转置：布局约定不同。",
    ),
    "elementwise": Text(
        "It is the diagonal of the derivative, which has no other elements.", "这里只写出该导数的对角元，其余元素为零。"
    ),
    "product": Text(
        "Two columns side by side are taken as multiplied element by element; with a sign it is clear.",
        "两个列向量并列，这里按逐元素相乘理解；写出乘号更清楚。",
    ),
    "order": Text(
        "The factors of the product are meant in descending order, the last index on the left.",
        "连乘按下标递减的次序理解，下标最大的因子在最左边。",
    ),
    "kink": Text(
        "At the kink itself another value is taken; everywhere else both agree.", "仅在折点处取值不同，其余处一致。"
    ),
    "symmetric": Text(
        "It is the derivative for independent elements of a symmetric matrix.", "这里按对称矩阵的独立元素求导。"
    ),
}
DEFINES = Text("This defines {name}.", "这里定义了 {name}。")
SHAPES = Text("The shapes do not go together: {shapes}.", "形状不相容：{shapes}。")
MISSING = Text(
    "The right side asks for an element that does not exist, such as one before the first step.",
    "右边用到了不存在的元素，例如第一步之前的量。",
)
UNBOUND = Text("The index {index} on the right is bound by nothing.", "右边的指标 {index} 未经求和，也不出现在左边。")
EXAMPLE = Text(
    "{where} the left side is {left} and the right side is {right}.", "{where}左边为 {left}，右边为 {right}。"
)
AT = Text("At {numbers}", "当 {numbers} 时，")
IN = Text("With random numbers and {numbers}", "取随机数且 {numbers} 时，")
RANDOM = Text("With random numbers", "取随机数时，")
RETURNS = Text(
    "{where} the gradient is {right} and the function returns {found}.", "{where}梯度为 {right}，而函数返回 {found}。"
)
NOT_RETURNED = Text("The function does not return this gradient.", "函数没有返回该梯度。")
OVER_AXIS = (
    Text("The sum over the rows is missing.", "缺少对各行的求和。"),
    Text("The sum over the columns is missing.", "缺少对各列的求和。"),
)
TURNED = Text("The gradient is transposed.", "梯度多了一次转置。")
TURNED_ALONE = Text(
    "The gradient is transposed, and another one in this answer has the shape of its variable.",
    "该梯度多了一次转置，而本答案中另有梯度按变量的形状书写。",
)
FOLLOWS = Text("It is what the wrong line before leads to.", "这是由前面的错误得出的结果。")
LONG = Text("It takes too long to compute this.", "计算该式耗时过长。")
NOWHERE = Text(
    "It could be computed at none of {count} random points, of sizes {sizes}.",
    "在 {count} 个随机点处均无法求值（维数 {sizes}）。",
)
FAR = Text("This line has no claim that numbers decide.", "该行没有可用数值判定的等式。")
EQUATION = Text(
    "This holds for some values of a name only, and nothing says for which.",
    "该式只对某些取值成立，而文中没有说明是哪些。",
)
WHERE = Text("It holds under the condition that is stated: {where}.", "在所给条件 {where} 下成立。")
CONDITION = Text(
    "It depends on the condition {part}, and nothing is known of that.", "该式取决于条件 {part}，而无法得知其含义。"
)
ONE_SIDE = Text(
    "Both sides agree wherever they were computed, but no point was found on one side of {part}.",
    "凡求值之处两边都相等，但没有找到位于 {part} 另一侧的点。",
)
SAME_SIDE = Text(
    "Whatever values the quantities have, the kink of {part} is never passed.",
    "各量无论取何值，都不会越过 {part} 的折点。",
)
BEYOND = Text(
    "Both sides agree wherever they were computed, but no size was larger than {number}.",
    "凡求值之处两边都相等，但没有试过大于 {number} 的维数。",
)
TINY = Text(
    "Both sides agree to 30 digits; a number in it is too small, or too large, for its effect to be seen.",
    "两边的前 30 位数字一致；式中有的数过小或过大，看不出其影响。",
)
SAYS_NOTHING = Text("Both sides say the same, so that nothing is claimed.", "等号两边是同一个量，等于什么也没有说。")
SHOULD = Text("It should be {value}.", "应为 {value}。")
NUMBER = Text("The value is {value}.", "其值为 {value}。")
FIRST = Text("Claim {number} is the first that does not follow.", "第一个不成立的等式是第 {number} 个。")
ALL_RIGHT = Text("Every line follows.", "每一行都成立。")
COUNT = Text("{right} of {all} lines are right.", "共 {all} 行，正确 {right} 行。")
READ = Text("{message}", "{message}")
CANNOT = {
    "multiplied": Text("{one} and {other} cannot be multiplied", "{one} 与 {other} 不能相乘"),
    "multiplied as matrices": Text(
        "{one} and {other} cannot be multiplied as matrices", "{one} 与 {other} 不能作矩阵乘法"
    ),
    "combined element by element": Text(
        "{one} and {other} cannot be combined element by element", "{one} 与 {other} 不能逐元素运算"
    ),
    "multiplied element by element": Text(
        "{one} and {other} cannot be multiplied element by element", "{one} 与 {other} 不能逐元素相乘"
    ),
    "divided": Text("{one} cannot be divided by {other}", "{one} 不能除以 {other}"),
    "divided element by element": Text(
        "{one} cannot be divided element by element by {other}", "{one} 不能逐元素除以 {other}"
    ),
    "added": Text("{one} and {other} cannot be added", "{one} 与 {other} 不能相加"),
    "added to I": Text(
        "{one} and {other} cannot be added; the size of I is not known here",
        "{one} 与 {other} 不能相加，这里不知道单位矩阵的阶数",
    ),
    "multiplied as column and row": Text(
        "{one} and {other} cannot be multiplied; a product of a column with a row is a matrix",
        "{one} 与 {other} 不能相乘，列向量与行向量之积是矩阵",
    ),
    "multiplied by the chain rule": Text(
        "{one} and {other} cannot be multiplied by the chain rule", "{one} 与 {other} 不能按链式法则相乘"
    ),
}
DIVIDED = Text("{one} cannot be divided by {other}", "{one} 不能除以 {other}")
EXPONENT = Text("an exponent is a number, and this is {shape}", "指数须为标量，这里为 {shape}")
SQUARE = Text("{name} is for a square matrix, and this is {shape}", "{name} 须作用于方阵，这里为 {shape}")
POWERLESS = Text("{shape} has no power", "{shape} 没有幂")
BELONGS = Text("{right}, where {left} belongs", "右边为 {right}，这里应为 {left}")
RETURNED = Text("the function returns {found}, and the gradient has {true}", "函数返回 {found}，而梯度为 {true}")
SIZES = Text("{sizes}", "{sizes}")
NUMBER_SHAPE = Text("a number", "标量")
ELEMENT = Text("element ({place})", "第 ({place}) 个元素")
FORMULA = Text("formula", "公式")
UNREAD = {  # what is often met in an answer that cannot be read
    said.en: said
    for said in (
        Text("this name is not in the model, and nothing before defines it", "模型中没有这个量，前面也没有定义它"),
        Text("the model has no quantity of this name to differentiate by", "模型中没有这个量，不能对它求导"),
        Text("the model has no quantity of this name that could be differentiated", "模型中没有这个量，不能求它的导数"),
        Text(
            "only a named quantity can be differentiated here; give it a name", "这里只能对有名称的量求导，请先给它命名"
        ),
        Text("second derivatives are not judged yet", "目前不评阅二阶导数"),
        Text("this is no index here", "这里不能作为指标"),
        Text("this is no formula that has a value", "这不是可以求值的公式"),
        Text("a change alone has no value; write a derivative", "单独的微分没有值，请写成导数"),
        Text("this is defined by itself, and nothing says where that begins", "该量由自身定义，而没有给出初值"),
    )
}
LINE = Text("line {number}: {text}", "第 {number} 行：{text}")
HEAD = Text("{name}: {verdict}. {count}", "{name}：{verdict}。{count}")
TITLED = Text("{name}: {verdict}", "{name}：{verdict}")
WITH = Text("{verdict}. {said}", "{verdict}。{said}")
EMPTY = Text("No equation was found that could be judged.", "没有找到可以判定的等式。")
OUTSIDE = Text(
    "This looks like a formula, and it stands outside of the dollars; write it between them, $...$.",
    "这像是公式，却写在美元符号之外；请写成 $...$。",
)
ONLY = Text("It holds in one version of the task only: {version}.", "仅在题目的这一版本中成立：{version}。")
NO_EQUATION = Text("Only equations are judged, and this is none.", "只判定等式，而此处不是等式。")
