"""The reasons of the conditions, in both languages."""

from sympy import Symbol

from derive.language import Text

STEPS = Symbol("k", positive=True)

POWER = Text(
    "every step back multiplies by the same number {factor}, so {k} steps multiply by its {k}-th power",
    "每回退一步都乘以同一个数 {factor}，回退 {k} 步就乘以它的 {k} 次幂",
)(k=STEPS)
BOTH_SIGNS = Text(
    "if {factor} is 1 every factor is 1; if it is -1 only the sign alternates, the size stays",
    "若 {factor} 等于 1，则每个因子都是 1；若等于 -1，则只有符号交替，大小不变",
)
EIGENVALUES = Text(
    "every step back multiplies by the same matrix, and the size of its {k}-th power behaves like the {k}-th power of "
    "its largest eigenvalue",
    "每回退一步都乘以同一个矩阵，其 {k} 次幂的大小由最大特征值（按模）的 {k} 次幂决定",
)(k=STEPS)
JORDAN = Text(
    "the size stays bounded if the eigenvalues of absolute value 1 have no Jordan block larger than one; with such a "
    "block it grows like a power of {k}",
    "若模为 1 的特征值没有大于一阶的若尔当块，大小保持有界；若有，则按 {k} 的幂次增长",
)(k=STEPS)
AT_MOST = Text(
    "no step multiplies by more than {bound}, so {k} steps multiply by at most its {k}-th power",
    "任何一步所乘的因子都不超过 {bound}，回退 {k} 步至多乘以它的 {k} 次幂",
)(k=STEPS)
NO_GROWTH = Text(
    "while {bound} is at most 1 no product over steps can grow exponentially, so an explosion needs more than 1",
    "只要 {bound} 不超过 1，逐步的乘积就不会按指数增长，所以要爆炸必须大于 1",
)
AT_LEAST = Text(
    "no step multiplies by less than {bound}, so {k} steps multiply by at least its {k}-th power",
    "任何一步所乘的因子都不小于 {bound}，回退 {k} 步至少乘以它的 {k} 次幂",
)(k=STEPS)
LOCAL = Text(
    "the slope may come as near to 0 as it likes, so no condition on the weights alone forces an explosion. At a fixed "
    "point, a state that a step does not change, every step multiplies by the same {gain}",
    "斜率可以任意接近 0，所以仅凭权重的条件不能保证爆炸。在不动点（经过一步而不变的状态）处，每一步都乘以同样的 {gain}",
)
ENTRYWISE = Text(
    "block by block the Jacobian of a step is at most the matrix of bounds, so a product of {k} steps is at most its "
    "{k}-th power, and that tends to zero",
    "一步雅可比矩阵的各块都不超过界矩阵的对应元素，因此 {k} 步的乘积不超过界矩阵的 {k} 次幂，而后者趋于零",
)(k=STEPS)
NEAR = Text(
    "it is the sum of the contributions of all steps; the distant ones fade, but the last step's own contribution "
    "carries no such factor and does not fade, so that the near steps decide",
    "它是各时间步贡献之和；遥远的贡献衰减，但最后一步自己的贡献不带这样的因子，并不衰减，因此由近处的时间步决定",
)
LAGS = Text(
    "The recurrence looks {lag} steps back, so one step has no Jacobian by itself; nothing is concluded here.",
    "该递推回看 {lag} 步，单独一步没有自己的雅可比矩阵；这里不作结论。",
)
UNBOUNDED = Text(
    "The derivative of {of} with respect to {wrt} has no bound that holds for all inputs, so nothing can be concluded "
    "from the weights alone.",
    "{of} 对 {wrt} 的导数没有对所有输入都成立的界，因此仅凭权重无法得出结论。",
)
