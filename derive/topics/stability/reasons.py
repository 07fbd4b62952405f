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
    "if {factor} is 1, every factor is 1; for −1 only the sign alternates and the size stays the same",
    "若 {factor} 等于 1，则每个因子都是 1；若等于 −1，则只有符号交替，大小不变",
)
SAME_SIZE = Text("every factor is {factor}", "每个因子都是 {factor}")
POWERS = Text(
    "every step back multiplies by the same matrix. The norm of its {k}-th power is at least {low} and at most {high}"
    ", where n is the number of its rows and c does not depend on {k}; the norm may grow before it shrinks",
    "每回退一步都乘以同一个矩阵，其 {k} 次幂的范数不小于 {low}，不大于 {high}，其中 n 是它的行数，c 与 {k} 无关；"
    "它可能先增大再减小",
)(k=STEPS)
JORDAN = Text(
    "the norm of the {k}-th power is then at least 1 and grows at most like a power of {k}. The norm does grow if an "
    "eigenvalue of absolute value 1 has a Jordan block of size 2 or more, and some adjoints may still vanish",
    "此时 {k} 次幂的范数不小于 1，且至多按 {k} 的幂次增长；若模为 1 的特征值有二阶或更高阶的若尔当块，范数确实增长；"
    "个别的伴随量仍可能消失",
)(k=STEPS)
EIGENVECTOR = Text(
    "in the eigenspace of the largest eigenvalue of the transpose, every step back multiplies the size of an adjoint "
    "by the size of that eigenvalue; the adjoints that do not grow exponentially lie in a subspace of lower dimension",
    "在转置矩阵按模最大的特征值的特征空间里，伴随量每回退一步，其大小就乘以该特征值的模；"
    "不按指数增长的伴随量只在一个维数更低的子空间里",
)
AT_MOST = Text(
    "no step multiplies a norm by more than {bound}, so {k} steps multiply it by at most its {k}-th power",
    "任何一步对范数所乘的因子都不超过 {bound}，回退 {k} 步至多乘以它的 {k} 次幂",
)(k=STEPS)
NO_GROWTH = Text(
    "if {bound} is at most 1, no step can make the norm of an adjoint larger",
    "若 {bound} 不超过 1，任何一步都不会使伴随量的范数变大",
)
NO_GROWTH_COUPLED = Text(
    "the blocks of a product of {k} steps are at most those of the {k}-th power of B, and for a spectral radius of at "
    "most 1 these do not grow exponentially",
    "{k} 步之积各块的范数不超过 B 的 {k} 次幂的对应元素，谱半径不超过 1 时后者不按指数增长",
)(k=STEPS)
AT_LEAST = Text(
    "no step multiplies by less than {bound}, so {k} steps multiply by at least its {k}-th power",
    "任何一步所乘的因子都不小于 {bound}，回退 {k} 步至少乘以它的 {k} 次幂",
)(k=STEPS)
SAME_NUMBER = Text(
    "the derivatives of the activation can be arbitrarily small, so the bounds do not show that the product must "
    "grow. At a fixed point, that is, a state that a step leaves unchanged under constant inputs, every step "
    "multiplies by the same {gain}",
    "激活函数的导数可以任意小，因此上面的界不能说明因子之积必定增长。在输入不变的不动点（经过一步而不变的状态）处，"
    "每一步都乘以同样的 {gain}",
)
SAME_MATRIX = Text(
    "the bounds limit a norm only from above, so they do not show that the product must grow. At a fixed point, that "
    "is, a state that a step leaves unchanged under constant inputs, every step multiplies by the same matrix, the "
    "Jacobian {gain} at this point",
    "上面的界只从上方限制范数，不能说明因子之积必定增长。在输入不变的不动点（经过一步而不变的状态）处，"
    "每一步都乘以同一个矩阵，即该处的雅可比矩阵 {gain}",
)
ENTRYWISE = Text(
    "block by block, the norm of a step's Jacobian is at most the matrix of bounds, and that of a product of {k} steps "
    "at most its {k}-th power, which tends to zero",
    "一步雅可比矩阵各块的范数都不超过界矩阵的对应元素，因此 {k} 步之积各块的范数不超过界矩阵的 {k} "
    "次幂的对应元素，而后者趋于零",
)(k=STEPS)
SERIES = Text(
    "looking back from the step of the loss, the sizes of the contributions add up to at most {total} times the "
    "largest immediate partial derivative of a step, times the size of the adjoint at the step of the loss. This is a "
    "bound, not a limit: as the sequence length grows, the gradient need not converge, and it decays where the "
    "immediate partial derivatives decay",
    "从损失所在的时间步往回看，各贡献的大小之和不超过 {total} 乘以各步直接偏导数的最大值，"
    "再乘以损失所在步的伴随量的大小。这是界而不是极限：序列变长时梯度不一定收敛；直接偏导数衰减时，梯度也衰减",
)
SUMMABLE = Text(
    "looking back from the step of the loss, the norms of the factors have a finite sum, so the sum of the "
    "contributions is bounded if the immediate partial derivatives of the steps are. This is a bound, not a limit: as "
    "the sequence length grows, the gradient need not converge, and it decays where the immediate partial derivatives "
    "decay",
    "从损失所在的时间步往回看，各因子范数之和有限，因此只要各步的直接偏导数有界，各贡献之和就有界。这是界而不是极限："
    "序列变长时梯度不一定收敛；直接偏导数衰减时，梯度也衰减",
)
EQUAL_PARTS = Text(
    "the steps have no input, so the state only carries the start value on. All T contributions are then equal, and "
    "each has T − 1 factors, those of its state and those of its adjoint: their sum is like T times the power T − 1",
    "各步没有任何输入，状态只是传递初值。于是 T 个贡献都相等，每个都带有 T − 1 "
    "个因子（来自状态的和来自伴随量的）：它们的和与 T 乘以因子的 T − 1 次幂同阶",
)
FADING_PARTS = Text(
    "the steps have no input, so the state only carries the start value on. Each of the T contributions then has T − "
    "1 factors, those of its state and those of its adjoint, and their sum tends to zero as well",
    "各步没有任何输入，状态只是传递初值。于是 T 个贡献各带有 T − 1 个因子（来自状态的和来自伴随量的），"
    "它们的和也趋于零",
)
ONE_SIZE = Text(
    "This concerns the factor, not the contributions. If {factor} is larger than 1 in absolute value, the state grows "
    "with {t} while the factor decreases, for bounded inputs that do not cancel this growth. The contributions of all "
    "steps to the gradient of a weight in {factor} are then of about the same size, and distant contributions do not "
    "dominate.",
    "这里说的是因子，而不是贡献。若 {factor} 的绝对值大于 1，而输入有界且不抵消这种增长，则状态随 {t} 增大，"
    "因子却随之减小。于是各步对 {factor} 中权重的梯度的贡献大小相近，相距较远的贡献并不占优。",
)(t=Symbol("t"))
NEVER_BELOW = Text(
    "The bound {bound} of a step is at least 1 for all weights, so it does not show that the product vanishes; {k} "
    "steps multiply by at most {power}.",
    "一步的界 {bound} 无论权重如何都不小于 1，因此不能说明因子之积消失；{k} 步至多乘以 {power}。",
)(k=STEPS)
NEVER_BELOW_COUPLED = Text(
    "An entry on the diagonal of B is at least 1 for all weights, so the powers of B do not tend to zero, and the "
    "bounds do not show that the product vanishes.",
    "B 的对角线上有一个元素无论权重如何都不小于 1，因此 B 的幂不趋于零；这些界不能说明因子之积消失。",
)
PARTS = Text(
    "The loss depends on a part of the recurrence on which no later step depends, so its gradient is not carried back "
    "by the factors alone; nothing is stated about the whole gradient.",
    "损失依赖于递推中后续时间步用不到的部分，其梯度不只由这些因子传回；对整个梯度不作结论。",
)
LAGS = Text(
    "The recurrence looks {lag} steps back, and a start value of one of them is missing; nothing is concluded here.",
    "该递推回看 {lag} 步，其中某一步没有初值；这里不作结论。",
)
LAGS_FADE = Text(
    "the norm of the adjoint at one step is at most {bound} times the largest of those of the next steps that read it, "
    "so these tend to zero like a power",
    "某一步伴随量的范数至多是读取它的后续各步伴随量范数之最大者的 {bound} 倍，因此它们按指数趋于零",
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
    "The Jacobian of every step is the identity, and so is the product over any number of steps: an adjoint neither "
    "grows nor decays on its way back to an earlier state.",
    "每一步的雅可比矩阵都是单位矩阵，任意多步之积仍是单位矩阵：伴随量在传回更早状态的途中既不增长也不衰减。",
)
UNBOUNDED = Text(
    "We found no bound of the derivative of {of} with respect to {wrt} that holds for all inputs, so nothing is "
    "concluded here.",
    "没有为 {of} 对 {wrt} 的导数找到对所有输入都成立的界，因此这里不作结论。",
)
NOTHING = {UNBOUNDED.en, LAGS.en}  # nothing is concluded
