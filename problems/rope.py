"""Rotary position embedding inside the scores of attention: arXiv 2104.09864."""

from derive import Function, Graph, Problem, Size, Sum, Text, cos, sin, sqrt

problem = Problem(
    title=Text("Rotary position embedding (RoPE)", "旋转位置编码（RoPE）"),
    statement=Text(
        "The components of queries and keys are grouped into P pairs. At position t, pair p is rotated by the angle t "
        "ω, where ω is a fixed frequency of the pair; then every query is compared with every key by a scaled dot "
        "product. A pair of a query is (q, u), and a pair of a key is (k, v). The loss is an unknown "
        "function of the scores. Derive the gradients with respect to queries and keys.",
        "查询与键的分量两两配对，共 P 对。位置 t 处的第 p 对旋转角度 t ω，其中 ω 是该对固定的频率；"
        "然后每个查询与每个键作缩放点积。查询的一对分量记为 (q, u)，键的一对分量记为 (k, v)。"
        "损失是得分的未知函数。请推导损失对查询与键的梯度。",
    ),
    group="attention",
    sizes=(
        Size("T", Text("positions", "位置数"), most=1000),
        Size("P", Text("pairs of components", "分量的对数"), most=1000),
    ),
)
turned = Text(
    "A rotation is an orthogonal map, so its transpose rotates back: the adjoint of a pair is the adjoint of the "
    "rotated pair, rotated by the opposite angle.",
    "旋转是正交变换，其转置就是反向旋转：把旋转后那一对的伴随量反向旋转同样的角度，即得原来那一对的伴随量。",
)
relative = Text(
    "Both versions are one model: as cos iω cos jω + sin iω sin jω = cos (i − j)ω and sin iω cos jω − cos iω sin jω = "
    "sin (i − j)ω, the scores depend on the positions only through their distance.",
    "两种写法是同一个模型：由 cos iω cos jω + sin iω sin jω = cos (i − j)ω 与 "
    "sin iω cos jω − cos iω sin jω = sin (i − j)ω，"
    "得分只通过距离依赖于位置。",
)


@problem.reading(Text("Pairs rotated", "逐对旋转"), notes=(turned,))
def model() -> Graph:
    """(a, b) = the turned query, (c, e) = the turned key; S_ij = (a_i c_j + b_i e_j) / sqrt(2P), summed over pairs."""
    g = Graph("rope")
    T, P = g.size("T"), g.size("P")
    t, i, j = g.indices("t i j", T)
    p = g.index("p", P)
    q, u, k, v = (g.input(name, T, P, gradient=True) for name in ("q", "u", "k", "v"))
    omega = g.constant("omega", P)
    angle = t * omega[p]
    a = g.node("a", q[t, p] * cos(angle) - u[t, p] * sin(angle), over=(t, p))
    b = g.node("b", q[t, p] * sin(angle) + u[t, p] * cos(angle), over=(t, p))
    c = g.node("c", k[t, p] * cos(angle) - v[t, p] * sin(angle), over=(t, p))
    e = g.node("e", k[t, p] * sin(angle) + v[t, p] * cos(angle), over=(t, p))
    S = g.node("S", (Sum(a[i, p] * c[j, p], p) + Sum(b[i, p] * e[j, p], p)) / sqrt(2 * P), over=(i, j))
    g.loss("L", Function("L")(S))
    return g


@problem.reading(Text("By distances", "按距离"), notes=(relative,))
def by_distance() -> Graph:
    """S_ij = sum_p (q_i k_j + u_i v_j) cos((i - j) omega) + (q_i v_j - u_i k_j) sin((i - j) omega), over sqrt(2P)."""
    g = Graph("rope")
    T, P = g.size("T"), g.size("P")
    i, j = g.indices("i j", T)
    p = g.index("p", P)
    q, u, k, v = (g.input(name, T, P, gradient=True) for name in ("q", "u", "k", "v"))
    omega = g.constant("omega", P)
    same, crossed = q[i, p] * k[j, p] + u[i, p] * v[j, p], q[i, p] * v[j, p] - u[i, p] * k[j, p]
    angle = (i - j) * omega[p]
    S = g.node("S", Sum(same * cos(angle) + crossed * sin(angle), p) / sqrt(2 * P), over=(i, j))
    g.loss("L", Function("L")(S))
    return g
