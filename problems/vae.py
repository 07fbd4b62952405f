"""A variational autoencoder: the evidence lower bound, reparametrised (Kingma and Welling 2014)."""

from sympy import Symbol

from derive import Expectation, Graph, Problem, Size, Sum, Text, exp, kl_normal, log, normal_logpdf, sigmoid

problem = Problem(
    title=Text("Variational autoencoder", "变分自编码器"),
    statement=Text(
        "The encoder gives a mean and a log variance for each latent variable; the prior is standard normal. Derive "
        "the divergence of the encoder's distribution from the prior, and the gradient of the negative evidence lower "
        "bound for one draw of the noise, with reparametrised latent variables and a Bernoulli decoder.",
        "编码器为每个隐变量给出均值与对数方差，先验为标准正态分布。请推导编码器分布与先验之间的 KL 散度，"
        "并在重参数化下，对一次噪声取值推导负证据下界的梯度；解码器为伯努利分布。",
    ),
    group="probability",
    sizes=(
        Size("D", Text("length of an input", "输入的维数"), most=1000),
        Size("K", Text("number of latent variables", "隐变量的个数"), most=1000),
    ),
)


ratio = Text(
    "{r} is the logarithm of the ratio of two densities at {z}, that of the encoder's distribution over that of the "
    "prior; the divergence is the sum of its expectations.",
    "{r} 是编码器分布与先验在 {z} 处的密度之比的对数；散度就是其期望之和。",
)(r=Symbol("r_k", real=True), z=Symbol("z_k", real=True))


@problem.reading(Text("The divergence from the prior", "与先验的 KL 散度"), notes=(ratio,))
def divergence() -> Graph:
    """E_q[log q(z) - log p(z)] = sum_k (mu_k^2 + e^s_k - s_k - 1)/2."""
    g = Graph("divergence")
    K = g.size("K")
    k, _ = g.indices("k l", K)
    mu, s = g.parameter("mu", K), g.parameter("s", K)
    z = g.normal("z", K, mean=mu, variance=exp(s[k]))
    r = g.node("r", normal_logpdf(z[k], mu[k], exp(s[k])) - normal_logpdf(z[k]), over=k)
    Q = g.node("Q", Expectation(r[k]), over=k)
    g.loss("L", Sum(Q[k], k))
    return g


mu_k, s_k, eps_k = (Symbol(f"{name}_k", real=True) for name in ("mu", "s", "epsilon"))
one_draw = Text(
    "The distribution of {eps} contains no parameter, so the gradient of the expected loss is the expectation of this "
    "gradient. This exchanges derivative and expectation, which is allowed here because the loss is differentiable "
    "and its derivative grows at most as {growth} times a polynomial in {eps}. The average over independent draws of "
    "{eps} is therefore an unbiased estimate.",
    "{eps} 的分布不含参数，所以期望损失的梯度就是此梯度的期望；这里交换了求导与期望的次序，因为损失可导，"
    "且其导数的增长不超过 {growth} 乘以 {eps} 的多项式。因此对 {eps} 的独立取值作平均，得到无偏估计。",
)


@problem.reading(Text("The evidence lower bound", "证据下界"), notes=(one_draw(eps=eps_k, growth=exp(s_k / 2)),))
def bound() -> Graph:
    """L = -sum_i (x_i log p_i + (1 - x_i) log(1 - p_i)) + KL, z_k = mu_k + e^(s_k/2) eps_k."""
    g = Graph("vae")
    D, K = g.size("D"), g.size("K")
    i, k = g.index("i", D), g.index("k", K)
    x, eps = g.target("x", D, domain="probability"), g.input("epsilon", K)
    A, B = g.parameters("A B", K, D)
    V, c = g.parameter("V", D, K), g.parameter("c", D)
    mu = g.node("mu", Sum(A[k, i] * x[i], i), over=k)
    s = g.node("s", Sum(B[k, i] * x[i], i), over=k)
    z = g.node("z", mu[k] + exp(s[k] / 2) * eps[k], over=k)
    p = g.node("p", sigmoid(Sum(V[i, k] * z[k], k) + c[i]), over=i)
    R = g.node("R", -Sum(x[i] * log(p[i]) + (1 - x[i]) * log(1 - p[i]), i))
    Q = g.node("Q", Sum(kl_normal(mu[k], exp(s[k])), k))
    g.loss("L", R + Q)
    return g
