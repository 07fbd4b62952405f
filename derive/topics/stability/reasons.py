"""The reasons of the conditions, in both languages."""

from sympy import Symbol

from derive.language import Text

STEPS = Symbol("k", positive=True)
JORDAN_GROWTH = Symbol("c", positive=True) * STEPS ** (Symbol("n", positive=True) - 1)

POWER = Text(
    "every step back multiplies by the same number {factor}, so {k} steps multiply by its {k}-th power",
    "每回退一步都乘以同一个数 {factor}，回退 {k} 步就乘以它的 {k} 次幂",
)(k=STEPS)
BOTH_SIGNS = Text(
    "if {factor} is 1 every factor is 1; if it is -1 only the sign alternates, the size stays",
    "若 {factor} 等于 1，则每个因子都是 1；若等于 -1，则只有符号交替，大小不变",
)
POWERS = Text(
    "every step back multiplies by the same matrix. The norm of its {k}-th power is at least {low} and at most {high}, "
    "where n is the number of its rows and c does not depend on {k}; it may grow before it shrinks",
    "每回退一步都乘以同一个矩阵，其 {k} 次幂的范数不小于 {low}，不大于 {high}，其中 n 是它的行数，c 与 {k} 无关；"
    "它可能先增大再减小",
)(k=STEPS)
JORDAN = Text(
    "the norm of the {k}-th power is then at least 1 and grows at most like a power of {k}. It does grow if an "
    "eigenvalue of absolute value 1 has a Jordan block larger than one, and single adjoints may vanish",
    "此时 {k} 次幂的范数不小于 1，且至多按 {k} 的幂次增长；若模为 1 的特征值有大于一阶的若尔当块，它确实增长；"
    "个别的伴随量仍可能消失",
)(k=STEPS)
EIGENVECTOR = Text(
    "in the eigenspace of the largest eigenvalue of the transpose an adjoint grows by its size at every step back; the "
    "adjoints that do not grow exponentially lie in a subspace of lower dimension",
    "在转置矩阵最大特征值（按模）的特征空间里，伴随量每回退一步都按它增长；不按指数增长的伴随量只在一个维数更低的子空间里",
)
AT_MOST = Text(
    "no step multiplies a norm by more than {bound}, so {k} steps multiply it by at most its {k}-th power",
    "任何一步对范数所乘的因子都不超过 {bound}，回退 {k} 步至多乘以它的 {k} 次幂",
)(k=STEPS)
NO_GROWTH = Text(
    "while {bound} is at most 1 no step makes the norm of an adjoint larger",
    "只要 {bound} 不超过 1，任何一步都不会使伴随量的范数变大",
)
NO_GROWTH_COUPLED = Text(
    "the blocks of a product of {k} steps are at most those of the {k}-th power of B, and for a spectral radius of at "
    "most 1 these do not grow exponentially",
    "{k} 步乘积的各块不超过 B 的 {k} 次幂的对应元素，谱半径不超过 1 时后者不按指数增长",
)(k=STEPS)
AT_LEAST = Text(
    "no step multiplies by less than {bound}, so {k} steps multiply by at least its {k}-th power",
    "任何一步所乘的因子都不小于 {bound}，回退 {k} 步至少乘以它的 {k} 次幂",
)(k=STEPS)
SAME_NUMBER = Text(
    "the bounds do not show that it must, as the slopes may be small. At a fixed point, a state that a step does not "
    "change, under constant inputs, every step multiplies by the same {gain}",
    "由于斜率可能很小，上面的界不能说明它必定增长。在输入不变的不动点（经过一步而不变的状态）处，"
    "每一步都乘以同样的 {gain}",
)
SAME_MATRIX = Text(
    "the bounds do not show that it must, as they bound a norm from above only. At a fixed point, a state that a step "
    "does not change, under constant inputs, every step multiplies by the same matrix, the Jacobian {gain} there",
    "上面的界只从上方限制范数，不能说明它必定增长。在输入不变的不动点（经过一步而不变的状态）处，"
    "每一步都乘以同一个矩阵，即该处的雅可比矩阵 {gain}",
)
ENTRYWISE = Text(
    "block by block the Jacobian of a step is at most the matrix of bounds, so a product of {k} steps is at most its "
    "{k}-th power, and that tends to zero",
    "一步雅可比矩阵的各块都不超过界矩阵的对应元素，因此 {k} 步的乘积不超过界矩阵的 {k} 次幂，而后者趋于零",
)(k=STEPS)
SERIES = Text(
    "looking back from the step that the loss reads, the sizes of the contributions add up to at most {total} times "
    "the largest immediate partial of a step, times the size of the adjoint there. This is a bound, not a limit: as "
    "the sequence grows the gradient need not converge, and it fades where the immediate partials do",
    "从损失所读取的时间步往回看，各贡献的大小之和不超过 {total} 乘以各步即时偏导数的最大值，再乘以该处伴随量的大小。"
    "这是界而不是极限：序列变长时梯度不一定收敛，而即时偏导数衰减时它也衰减",
)
SUMMABLE = Text(
    "looking back from the step that the loss reads, the norms of the factors have a finite sum, so the contributions "
    "stay bounded in sum if the immediate partials of the steps do. This is a bound, not a limit: as the sequence "
    "grows the gradient need not converge, and it fades where the immediate partials do",
    "从损失所读取的时间步往回看，各因子范数之和有限，因此只要各步的即时偏导数有界，各贡献之和就有界。"
    "这是界而不是极限：序列变长时梯度不一定收敛，而即时偏导数衰减时它也衰减",
)
EQUAL_PARTS = Text(
    "nothing enters at the steps, so the state only carries its start on. All T contributions are then equal, and each "
    "carries T - 1 factors in all, those of its state and those of its adjoint: their sum is like T times the power "
    "T - 1",
    "各步没有任何输入，状态只是传递初值。于是 T 个贡献都相等，每个都带有 T - 1 个因子（来自状态的和来自伴随量的）："
    "它们的和如同 T 乘以 T - 1 次幂",
)
FADING_PARTS = Text(
    "nothing enters at the steps, so the state only carries its start on. Each of the T contributions then carries "
    "T - 1 factors in all, those of its state and those of its adjoint, and their sum tends to zero as well",
    "各步没有任何输入，状态只是传递初值。于是 T 个贡献各带有 T - 1 个因子（来自状态的和来自伴随量的），"
    "它们的和也趋于零",
)
ONE_SIZE = Text(
    "This is about the factor, not about the contributions: if {factor} is larger than 1 in size, the state that a "
    "step reads grows with {t} as the factor falls, for bounded inputs "
    "that do not cancel this growth. The contributions of all steps to the gradient "
    "of a weight in {factor} are then of about one size, and distant ones do not dominate.",
    "这里说的是因子，而不是贡献：若 {factor} 的绝对值大于 1，而输入有界且不抵消这种增长，"
    "则各步读取的状态随 {t} 增大，因子却随之减小。"
    "于是各步对 {factor} 中权重的梯度的贡献大小相近，遥远的贡献并不占优。",
)(t=Symbol("t"))
NEVER_BELOW = Text(
    "The bound of a step, {bound}, is at least 1 whatever the weights are, so it does not show that the factor "
    "vanishes; {k} steps multiply by at most {power}.",
    "一步的界 {bound} 无论权重如何都不小于 1，因此不能说明因子消失；{k} 步至多乘以 {power}。",
)(k=STEPS)
NEVER_BELOW_COUPLED = Text(
    "A bound on the diagonal of B is at least 1 whatever the weights are, so its powers do not tend to zero; the "
    "bounds do not show that the factor vanishes.",
    "B 的对角线上有一个界无论权重如何都不小于 1，因此它的幂不趋于零；这些界不能说明因子消失。",
)
PARTS = Text(
    "The loss reads a part of the recurrence that no later step reads, so its gradient is not carried back by the "
    "factors alone; nothing is claimed about the whole gradient.",
    "损失读取了递推中后续时间步不读取的部分，其梯度不只由这些因子传回；对整个梯度不作结论。",
)
LAGS = Text(
    "The recurrence looks {lag} steps back, and a start value of one of them is missing; nothing is concluded here.",
    "该递推回看 {lag} 步，其中某一步没有初值；这里不作结论。",
)
LAGS_FADE = Text(
    "the norm of the adjoint at one step is at most {bound} times the largest of those of the next steps that read it, "
    "so these tend to zero like a power",
    "某一步伴随量的范数至多是读取它的后续各步伴随量范数之最大者的 {bound} 倍，因此它们像幂一样趋于零",
)
LAGS_HOLD = Text(
    "while {bound} is at most 1 no adjoint is larger than the largest of those of the next steps that read it",
    "只要 {bound} 不超过 1，任何一步的伴随量都不超过读取它的后续各步伴随量之最大者",
)
NEVER_BELOW_LAGGED = Text(
    "The sum of the bounds of all lags, {bound}, is at least 1 whatever the weights are, so it does not show that the "
    "factor vanishes.",
    "各阶滞后的界之和 {bound} 无论权重如何都不小于 1，因此不能说明因子消失。",
)
IDENTITY = Text(
    "Every factor is the identity, and so is their product over any number of steps: what a loss at one step says "
    "about an earlier state neither grows nor fades on the way back.",
    "每个因子都是恒等映射，任意多步之积仍是恒等映射：某一步的损失对更早状态的影响在回传途中既不增长也不衰减。",
)
UNBOUNDED = Text(
    "No bound of the derivative of {of} with respect to {wrt} was found that holds for all inputs, so nothing is "
    "concluded here.",
    "没有找到 {of} 对 {wrt} 的导数对所有输入都成立的界，因此这里不作结论。",
)
