"""The law of the data after t steps of a diffusion (Ho et al. 2020), from one step to the next."""

from sympy import Symbol

from derive import Graph, Problem, Size, Text, sqrt

problem = Problem(
    title=Text("Mean and variance of diffused data", "扩散数据的均值与方差"),
    statement=Text(
        "A diffusion step maps the mean m of the data to √α m, and multiplies w, which is 1 minus their variance, by "
        "α. Derive both after t steps that start from a given point, where the variance is 0.",
        "扩散的一步把数据的均值 m 变为 √α m，并把 w（1 减方差）乘以 α。从给定的一点（方差为 0）出发，"
        "请推导 t 步之后的这两个量。",
    ),
    group="probability",
    sizes=(Size("T", Text("number of steps", "步数"), most=1000),),
)

m_t, w_t, x_0 = (Symbol(name, real=True) for name in ("m_t", "w_t", "x_0"))
so = Text(
    "A sum of independent normal quantities is normal. So after t steps from {start} the data are normal with mean "
    "{mean} and variance {variance}: the t steps together are one step whose {keep} is the product of those of the "
    "single steps.",
    "独立正态量之和仍服从正态分布。所以从 {start} 出发 t 步之后，数据服从正态分布，均值为 {mean}，方差为 {variance}："
    "t 步合起来相当于一步，其 {keep} 是各步之积。",
)


@problem.reading(
    notes=(so(start=x_0, mean=m_t, variance=1 - w_t, keep=Symbol("alpha", real=True)),),
)
def all_steps() -> Graph:
    """m_t = sqrt(alpha_t) m_{t-1}, w_t = 1 - v_t = alpha_t w_{t-1}."""
    g = Graph("all steps")
    T = g.size("T")
    t = g.index("t", T)
    alpha, x0 = g.constant("alpha", T, domain="probability"), g.constant("x_0")
    g.recurrence("m", lambda m: sqrt(alpha[t]) * m[t - 1], over=t, start={0: x0})
    g.recurrence("w", lambda w: alpha[t] * w[t - 1], over=t, start={0: 1})
    return g
