"""Fixed points z = f(z), derived by their equation, beside autograd through the iteration and exact solutions."""

from dataclasses import replace

import pytest
import torch
from generated import loaded, plain
from sympy import Symbol, cos, simplify, sin

from derive import Graph, ModelError, Piecewise, Sum, UsageError, log, logsumexp, relu, sigmoid, sqrt, tanh
from derive.check.steps import Checker
from derive.problems import load


def equilibrium(activation=tanh):
    """z = f(W z + b), L = |z|^2/2."""
    g = Graph("equilibrium")
    n = g.size("n")
    i, j = g.indices("i j", n)
    W, b = g.parameter("W", n, n), g.parameter("b", n)
    z = g.fixed_point("z", lambda z: activation(Sum(W[i, j] * z[j], j) + b[i]), over=i)
    g.loss("L", Sum(z[i] ** 2, i) / 2)
    return g.derive()


def scalar():
    g = Graph("scalar")
    a, b = g.parameters("a b")
    z = g.fixed_point("z", lambda z: sigmoid(a * z + b))
    g.loss("L", z**2)
    return g.derive()


def batch():
    """A fixed point for each row, inside a model: h is computed before it, and y after it."""
    g = Graph("batch")
    N, D = g.size("N"), g.size("D")
    m, (d, k) = g.index("m", N), g.indices("d k", D)
    W, U, x = g.parameter("W", D, D), g.parameter("U", D, D), g.input("x", N, D, gradient=True)
    h = g.node("h", tanh(Sum(U[d, k] * x[m, k], k)), over=(m, d))
    z = g.fixed_point("z", lambda z: relu(Sum(W[d, k] * z[m, k], k) + h[m, d]), over=(m, d))
    y = g.node("y", z[m, d] * h[m, d], over=(m, d))
    g.loss("L", Sum(y[m, d] ** 2, m, d) / N)
    return g.derive()


def linear():
    g = Graph("linear")
    n = g.size("n")
    i, j = g.indices("i j", n)
    A, b, c = g.parameter("A", n, n), g.parameter("b", n), g.input("c", n)
    z = g.fixed_point("z", lambda z: Sum(A[i, j] * z[j], j) + b[i], over=i)
    g.loss("L", Sum(c[i] * z[i], i))
    return g.derive()


@pytest.mark.parametrize(
    "build", [equilibrium, scalar, batch, linear, lambda: load("deq").readings[0].build().derive()]
)
def test_autograd_through_the_iteration_agrees(build):
    """The whole adjoint of the fixed point, its parts and the gradients, every line of them."""
    assert build().verify(points=150).ok


def test_an_adjoint_without_the_equation_is_caught():
    """The derivative of the loss with respect to z alone, without what comes back through z = f(z), is refused."""
    d = equilibrium().derivation
    adjoint = d.adjoints["z"]
    alone = replace(adjoint, uses=tuple(u for u in adjoint.uses if u.direct))
    assert len(alone.uses) == 1 < len(adjoint.uses)
    wrong = replace(d, adjoints={**d.adjoints, "z": alone})
    sizes = dict.fromkeys(d.model.sizes, 3)
    rows = {r.name: r.ok for r in Checker(wrong, sizes, 50, 0).run(()).own}
    assert not rows["z"] and all(r.ok for r in Checker(d, sizes, 50, 0).run(()).own)


@pytest.mark.parametrize("target", ["numpy", "torch"])
@pytest.mark.parametrize("n", [1, 4, 30])
def test_generated_code_against_a_loop_in_torch(target, n):
    """Values and gradients by autograd through 2000 steps of a loop that is written here."""
    generator = torch.Generator().manual_seed(n)
    W = (torch.randn(n, n, generator=generator, dtype=torch.float64) * 0.4 / n**0.5).requires_grad_()
    b = torch.randn(n, generator=generator, dtype=torch.float64).requires_grad_()
    z = torch.zeros(n, dtype=torch.float64)
    for _ in range(2000):
        z = torch.tanh(W @ z + b)
    truth = torch.autograd.grad((z**2).sum() / 2, (W, b))
    module = loaded(equilibrium().to_code(target, check=False))
    given = {k: v.detach() if target == "torch" else v.detach().numpy() for k, v in (("W", W), ("b", b))}
    assert abs(plain(module["forward"](**given)["z"]) - z.detach().numpy()).max() < 1e-12
    found = module["backward"](**given)
    assert all(abs(plain(found[k]) - t.numpy()).max() < 1e-11 for k, t in zip(("W", "b"), truth, strict=True))


def soft_bellman():
    """V_i = log sum_j exp(R_ij + V_j/2): soft values; the loss is one of them."""
    g = Graph("bellman")
    S = g.size("S")
    i, j = g.indices("i j", S)
    R = g.parameter("R", S, S)
    V = g.fixed_point("V", lambda V: logsumexp(R[i, j] + V[j] / 2, j), over=i)
    g.loss("L", V[1])
    given = {"R": torch.linspace(-1, 1, 9, dtype=torch.float64).reshape(3, 3).sin()}
    return g, given, {}, lambda V, R: torch.logsumexp(R + V / 2, 1), lambda V: V[0]


def implicit_euler():
    """x_t = x_{t-1} - sin(a x_t)/4 from s on; the loss is of the last step."""
    g = Graph("euler")
    T = g.size("T")
    t = g.index("t", T)
    a, s = g.parameters("a s")
    x = g.fixed_point("x", lambda x: Piecewise((x[t - 1], t > 1), (s, True)) - sin(a * x[t]) / 4, over=t)
    g.loss("L", x[T] ** 2)
    given = {k: torch.tensor(v, dtype=torch.float64) for k, v in (("a", 1.2), ("s", 0.7))}
    return g, given, {"T": 3}, lambda x, a, s: torch.cat((s[None], x[:-1])) - (a * x).sin() / 4, lambda x: x[2] ** 2


def on_a_grid():
    """z_mi reads its row, its neighbour below and the first row; the loss is of two elements."""
    g = Graph("grid")
    M, N = g.size("M"), g.size("N")
    m, (i, j) = g.index("m", M), g.indices("i j", N)
    a, X = g.parameter("a"), g.parameter("X", M, N)

    def law(z):
        return a * Sum(z[m, j], j) / 5 + Piecewise((z[m + 1, i], m < M), (a, True)) / 3 + sin(z[1, i]) / 5 + X[m, i]

    z = g.fixed_point("z", law, over=(m, i))
    g.loss("L", z[1, N] ** 2 + z[M, 1])
    given = {"a": torch.tensor(0.7, dtype=torch.float64), "X": torch.linspace(-1, 1, 9, dtype=torch.float64).view(3, 3)}

    def step(z, a, X):
        return a * z.sum(1, keepdim=True) / 5 + torch.cat((z[1:], a.expand(1, 3))) / 3 + z[0].sin() / 5 + X

    return g, given, {}, step, lambda z: z[0, 2] ** 2 + z[2, 0]


@pytest.mark.parametrize("build", [soft_bellman, implicit_euler, on_a_grid])
def test_an_adjoint_collected_in_several_statements_reads_its_old_elements(build):
    """Both targets beside torch.autograd through 300 steps; the loop once read what it had just cleared."""
    g, given, sizes, step, loss = build()
    leaves = {k: v.clone().requires_grad_() for k, v in given.items()}
    z = torch.zeros((3, 3) if build is on_a_grid else 3, dtype=torch.float64)
    for _ in range(300):
        z = step(z, **leaves)
    truth = dict(zip(leaves, torch.autograd.grad(loss(z), leaves.values()), strict=True))
    solution = g.derive()
    for target in ("numpy", "torch"):
        inputs = {k: v if target == "torch" else v.numpy() for k, v in given.items()}
        found = loaded(solution.to_code(target, check=False))["backward"](**inputs, **sizes)
        assert all(abs(plain(found[k]) - t.numpy()).max() < 1e-12 for k, t in truth.items())


def test_a_linear_one_is_a_solution():
    """z = (I - A)^-1 b: by torch.linalg, the gradient with respect to b is (I - A)^-T c, and u z^T for A."""
    generator = torch.Generator().manual_seed(0)
    A, b, c = (torch.randn(s, generator=generator, dtype=torch.float64) * 0.3 for s in ((3, 3), (3,), (3,)))
    u, z = torch.linalg.solve((torch.eye(3) - A).T, c), torch.linalg.solve(torch.eye(3) - A, b)
    found = loaded(linear().to_code("torch", check=False))["backward"](A=A, b=b, c=c)
    assert torch.allclose(found["b"], u, atol=1e-12) and torch.allclose(found["A"], torch.outer(u, z), atol=1e-12)


def test_what_does_not_settle_is_an_error():
    """An iteration that goes round in a circle has no fixed point that it comes to."""
    module = loaded(equilibrium().to_code("numpy", check=False))
    around = torch.tensor([[0.0, -9.0], [9.0, 0.0]]).numpy()
    with pytest.raises(ValueError, match="z: nothing settled within 10000 steps"):
        module["forward"](W=around, b=torch.tensor([0.1, 0.1]).numpy())
    g = Graph("away")
    b = g.parameter("b")
    z = g.fixed_point("z", lambda z: b - 3 * z)
    g.loss("L", z**2)
    with pytest.raises(UsageError, match="the iteration for z settles at hardly any"):
        g.derive().verify()


def test_the_page_says_what_is_assumed():
    """In both languages: a solution exists, I - J can be inverted, and the equation of the adjoint."""
    solution = equilibrium()
    en, zh = solution.to_text(check=False), solution.to_text("zh", check=False)
    assert "is invertible there" in " ".join(en.split()) and "可逆" in zh
    for text in (en, zh):
        text = " ".join(text.split())
        assert "u = v + Jᵀ u" in text and "∂L/∂W = ∂L/∂z_z zᵀ" in text


def implicit_steps():
    """z_t = tanh(w z_t/4 + a z_{t-1} + b z_{t-2} + x_t), whose past before the start is c: implicit Euler steps."""
    g = Graph("steps")
    T = g.size("T")
    t = g.index("t", T)
    w, a, b, c, x = *g.parameters("w a b c"), g.input("x", T)

    def before(z, lag):
        return Piecewise((z[t - lag], t > lag), (c, True))

    z = g.fixed_point("z", lambda z: tanh(w * z[t] / 4 + a * before(z, 1) + b * before(z, 2) + x[t]), over=t)
    g.loss("L", Sum(z[t] ** 2, t))
    return g.derive()


def test_implicit_steps_that_look_back_twice():
    """Each step solved by itself, 200 iterations of it, by torch."""
    w, a, b, c = (torch.tensor(v, dtype=torch.float64, requires_grad=True) for v in (0.9, 0.5, -0.7, 0.3))
    x = torch.linspace(-1, 1, 6, dtype=torch.float64)
    past = [c, c]
    for now in x:
        z = torch.zeros((), dtype=torch.float64)
        for _ in range(200):
            z = torch.tanh(w * z / 4 + a * past[-1] + b * past[-2] + now)
        past.append(z)
    truth = torch.autograd.grad(sum(z**2 for z in past[2:]), (w, a, b, c))
    solution = implicit_steps()
    assert solution.verify(points=30).ok
    given = {"w": w, "a": a, "b": b, "c": c}
    found = loaded(solution.to_code("torch", check=False))["backward"](x=x, **{k: v.detach() for k, v in given.items()})
    assert all(abs(found[k] - t) < 1e-12 for k, t in zip(given, truth, strict=True))


def refused(build, match):
    with pytest.raises(ModelError, match=match) as error:
        build()
    assert "\n" not in str(error.value)


def test_refusals():
    """A recurrence that is none names the word; a law without itself; what is no sum of paths."""
    g = Graph("g")
    n = g.size("n")
    i, j = g.indices("i j", n)
    W, b = g.parameter("W", n, n), g.parameter("b", n)
    refused(lambda: g.fixed_point("z", lambda z: tanh(b[i]), over=i), "refers to itself, and this does not")
    refused(lambda: g.fixed_point("z", lambda z: z[i], over=i), r"every number satisfies z\[i\] = z\[i\]")
    g.recurrence("z", lambda z: tanh(Sum(W[i, j] * z[j], j) + b[i]), over=i, start={})
    g.loss("L", Sum(b[i], i))
    refused(g.derive, r"say g\.fixed_point\('z', \.\.\.\) if z is the fixed point")
    g = Graph("with a start")
    t = g.index("t", g.size("T"))
    (h,) = g.states("h", over=t, start={0: 0})
    z = g.fixed_point("z", lambda z: tanh(z[t] / 2 + h[t - 1]), over=t)
    g.update(h, z[t])
    g.loss("L", Sum(h[t], t))
    refused(g.derive, "let z read its own past, and its start under a condition")
    refused(lambda: equilibrium().jacobian("z", "b"), "z is a fixed point: its derivative solves an equation")
    refused(lambda: equilibrium().hessian("b"), "second derivatives through it are not derived")


@pytest.mark.parametrize("loss", [log, sqrt])
def test_the_range_of_a_fixed_point_is_not_asked_of_itself(loss):
    """r = w r/2 + 1 stands in its own definition: r = 2/(2 - w), dr/dw = r^2/2, with a target before f(r)."""
    g = Graph("target")
    w, t = g.parameter("w", domain="positive"), g.target("t")
    r = g.fixed_point("r", lambda r: w * r / 2 + 1)
    g.loss("L", t * loss(r))
    d = g.derive()
    assert "∂L/∂w" in d.to_text()
    found = loaded(d.to_code("torch"))["backward"](w=0.5, t=3.0)["w"]
    value = 2 / 1.5
    slope = 1 / value if loss is log else 0.5 / value**0.5
    assert abs(float(found) - 3 * slope * value**2 / 2) < 1e-9


def test_what_is_not_finite_behind_a_fixed_point_is_not_blamed_on_it():
    """log(r) of a negative r, where the iteration settles; and an iteration that does not."""
    g = Graph("log")
    n = g.size("n")
    i, b = g.index("i", n), g.parameter("b", n)
    r = g.fixed_point("r", lambda r: tanh(r[i]) / 2 + b[i], over=i)
    g.loss("L", Sum(log(r[i]), i))
    with pytest.raises(UsageError, match="declare the inputs' domains"):
        g.derive().to_text()
    g = Graph("far")
    w = g.parameter("w")
    g.loss("L", g.fixed_point("r", lambda r: 5 * r + w + 10) ** 2)
    with pytest.raises(UsageError, match="the iteration for r settles at hardly any"):
        g.derive().to_text()


def kepler(g):
    """E = M + e sin E: dE/dM = 1/(1 - e cos E), and L = cos E - e."""
    M, e = g.parameter("M"), g.parameter("e", domain="probability")
    E = g.fixed_point("E", lambda E: M + e * sin(E))
    g.loss("L", cos(E) - e)
    return "M", -sin(E) / (1 - e * cos(E))


def through_a_node(g):
    """z = cos(a z)/2, whose argument gets a name: dz/da = -z s/(2 + a s), s = sin(a z); L = a z."""
    a = g.parameter("a")
    z = g.fixed_point("z", lambda z: cos(a * z) / 2)
    g.loss("L", a * z)
    return "a", z - a * z * sin(Symbol("z_z", real=True)) / (2 + a * sin(Symbol("z_z", real=True)))


def each_for_itself(g):
    """z_i = sin(z_i)/2 + b_i is an equation of one number for every i."""
    i = g.index("i", g.size("n"))
    b = g.parameter("b", i.upper)
    z = g.fixed_point("z", lambda z: sin(z[i]) / 2 + b[i], over=i)
    g.loss("L", Sum(z[i] ** 2, i))
    return "b", 2 * z[i] / (1 - cos(z[i]) / 2)


@pytest.mark.parametrize("build", [kepler, through_a_node, each_for_itself])
def test_the_equation_of_a_number_is_solved(build):
    """The gradient holds no adjoint on both sides, and of a number the page speaks of no matrix."""
    g = Graph(build.__name__)
    name, expected = build(g)
    d = g.derive()
    assert simplify(d.gradient(name) - expected) == 0
    for lang in ("en", "zh"):
        assert ("I_n" in d.to_text(lang)) is (build is each_for_itself)
