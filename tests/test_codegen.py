"""Generated modules: they compute what the derivation says, for every size, in numpy and in torch."""

import random

import numpy as np
import pytest
import random_graphs
import sympy
import torch
from generated import failures, loaded, module, point
from small_models import MODELS, written

from derive import Function, Graph, Sum, exp, log, sigmoid, sqrt, stop, tanh
from derive.cli.checking import variants
from derive.cli.main import run
from derive.code.draws import without_draws
from derive.errors import ModelError, UsageError
from derive.expressions import functions
from derive.memo import forget
from derive.model.sizes import fitting
from derive.problems import load, names

SEEDS, CHUNK, DRAWS = 80, 20, 20


def draws(d, count, seed=0):
    """Sizes from 1 to 6: all 1 first, then at random."""
    rng = random.Random(seed)
    found = [{s: 1 if n == 0 else rng.randint(1, 6) for s in d.model.sizes} for n in range(count)]
    return [(fitting(d.model, sizes, {}), n) for n, sizes in enumerate(found)]


def derivations(name):
    """Every reading of a problem with every choice of its options."""
    problem = load(name)
    for choice in variants(problem):
        for reading in problem.readings:
            yield reading.build(**choice).derive().derivation


# The numbers


@pytest.mark.parametrize("name", names())
def test_problems(name):
    """Every node, every gradient, at sizes from 1 to 6; the first variant at 20 draws, the others at fewer."""
    for n, d in enumerate(derivations(name)):
        assert failures(d, draws(d, DRAWS if n == 0 else 4, n)) == []


@pytest.mark.parametrize("name", MODELS)
def test_small_models(name):
    """One model for each kind of expression: deltas, strides, triangular sums, starts, both directions of time."""
    d = written(MODELS[name]).derive().derivation
    sizes = [fitting(d.model, dict.fromkeys(d.model.sizes, n), {}) for n in (1, 2, 4)]
    assert failures(d, [(s, n) for n, s in enumerate(sizes)]) == []


@pytest.mark.parametrize("first", range(0, SEEDS, CHUNK))
def test_random_graphs(first):
    """Models that nobody chose."""
    wrong = {}
    for seed in range(first, first + CHUNK):
        try:
            case = random_graphs.build(seed)
        except ModelError:  # refused: an empty range
            continue
        wrong[seed] = failures(case.graph.derive(case.wrt).derivation, [(case.sizes, seed)])
    assert not any(wrong.values()), {seed: found for seed, found in wrong.items() if found}


def dilated(g):
    """A convolution with dilation 2."""
    N, K = g.size("N"), g.size("K")
    i, k = g.index("i", N), g.index("k", K)
    w, x = g.parameter("w", K), g.parameter("x", N + 2 * K)
    y = g.node("y", Sum(w[k] * x[i + 2 * k], k), over=i)
    g.loss("L", Sum(y[i] ** 2, i))


def group_norm(g):
    """Every group of channels with a mean and a variance of its own."""
    N, G, C = g.size("N"), g.size("G"), g.size("C")
    n, a = g.index("n", N), g.index("a", G)
    c, e = g.indices("c e", C)
    x, s, r = g.parameter("x", N, G, C), g.parameter("s", G, C), g.input("r", N, G, C)
    m = g.node("m", Sum(x[n, a, e], e) / C, over=(n, a))
    v = g.node("v", Sum((x[n, a, e] - m[n, a]) ** 2, e) / C, over=(n, a))
    y = g.node("y", s[a, c] * (x[n, a, c] - m[n, a]) / sqrt(v[n, a] + 1), over=(n, a, c))
    g.loss("L", Sum(r[n, a, c] * y[n, a, c], n, a, c))


def factorisation_machine(g):
    """Pairs of features weighted by the product of their factors."""
    D, K = g.size("D"), g.size("K")
    i, j = g.indices("i j", D)
    k = g.index("k", K)
    v, w, x = g.parameter("v", D, K), g.parameter("w", D), g.input("x", D)
    pairs = Sum(Sum(v[i, k] * v[j, k], k) * x[i] * x[j], (j, i + 1, D), (i, 1, D - 1))
    s = g.node("s", Sum(w[i] * x[i], i) + pairs)
    g.loss("L", (s - 1) ** 2)


def attention(g):
    """Scaled dot products, softmax, a weighted mean."""
    N, D = g.size("N"), g.size("D")
    n, m, k = g.indices("n m k", N)
    d = g.index("d", D)
    Q, K, V, r = g.parameter("Q", N, D), g.parameter("K", N, D), g.parameter("V", N, D), g.input("r", N, D)
    s = g.node("s", Sum(Q[n, d] * K[m, d], d) / sqrt(D), over=(n, m))
    p = g.node("p", exp(s[n, m]) / Sum(exp(s[n, k]), k), over=(n, m))
    o = g.node("o", Sum(p[n, m] * V[m, d], m), over=(n, d))
    g.loss("L", Sum(r[n, d] * o[n, d], n, d))


def mahalanobis(g):
    """The distance of rows from a centre, under a bilinear form."""
    N, D = g.size("N"), g.size("D")
    n = g.index("n", N)
    i, j = g.indices("i j", D)
    M, c, x = g.parameter("M", D, D), g.parameter("c", D), g.input("x", N, D)
    q = g.node("q", Sum((x[n, i] - c[i]) * M[i, j] * (x[n, j] - c[j]), i, j), over=n)
    g.loss("L", Sum(log(1 + q[n] ** 2), n))


@pytest.mark.parametrize("model", [dilated, group_norm, factorisation_machine, attention, mahalanobis])
def test_models_that_nobody_prepared(model):
    """No code of their own anywhere."""
    g = Graph(model.__name__)
    model(g)
    d = g.derive().derivation
    assert failures(d, draws(d, 8)) == []


def test_the_comparison_can_fail(monkeypatch):
    """With a wrong slope of tanh the gradients differ from torch's own of the generated forward pass."""
    row = functions.BY_NAME["tanh"]
    wrong = row._replace(slope_in_value=lambda y: 1 - y, slope=lambda x: 1 - sympy.tanh(x))
    monkeypatch.setitem(functions._BY_CLASS, sympy.tanh, wrong)
    forget()
    try:
        d = load("rnn").readings[0].build(activation="tanh", loss="squared").derive().derivation
        found = failures(d, draws(d, 2))
        assert any("autograd's dW_hh differs" in f for f in found)
    finally:
        forget()


# Types, gradcheck


@pytest.mark.parametrize("name", names())
@pytest.mark.parametrize("target", ["numpy", "torch"])
def test_float32_stays_float32(name, target):
    """Every node and gradient has the type of the inputs."""
    d = next(derivations(name))
    p, found = point(d, dict.fromkeys(d.model.sizes, 3), 0), module(d, target)
    names_ = dict(zip(without_draws(d).model.nodes, found["NAMES"].values(), strict=True))
    inputs = {
        names_.get(n, n): a.astype(np.float32) for n, a in p.given.items() if n in names_ or n not in d.model.nodes
    }
    inputs |= dict.fromkeys(found["SIZES"], 3)
    if target == "torch":
        inputs = {n: torch.tensor(a) if isinstance(a, np.ndarray) else a for n, a in inputs.items()}
    results = [found["forward"](**inputs)] + ([found["backward"](**inputs)] if d.model.has_loss else [])
    assert all(str(a.dtype).removeprefix("torch.") == "float32" for r in results for a in r.values())


def smooth(name: str) -> bool:
    """Is there a loss, and nothing in it that is stopped? Finite differences see through that."""
    model = next(derivations(name)).model
    return model.has_loss and not any(c.expr.has(stop) for n in model.nodes.values() for c in n.cases)


@pytest.mark.parametrize("name", filter(smooth, names()))
def test_gradcheck(name):
    """The autograd.Function against finite differences.

    A matrix that is declared symmetric is moved within the symmetric ones, A -> (A + A^T)/2: the gradient is derived
    for these alone, where A[p, q] may be read for A[q, p]. That element by element it is also autograd's is held by
    `test_problems`.
    """
    d = next(derivations(name))
    p, found = point(d, dict.fromkeys(d.model.sizes, 2), 1), module(d, "torch")
    names_ = dict(zip(without_draws(d).model.nodes, found["NAMES"].values(), strict=True))
    given = {
        names_.get(n, n): torch.tensor(a, dtype=torch.float64)
        for n, a in p.given.items()
        if n in names_ or n not in d.model.nodes
    }
    wanted = {names_[w] for w in d.wanted}
    arrays = [given[n].requires_grad_(n in wanted) for n in found["INPUTS"]]
    symmetric = {names_.get(node.name, node.name) for node in d.model.nodes.values() if node.is_leaf and node.symmetric}

    def loss(*given):
        moved = [(a + a.mT) / 2 if n in symmetric else a for n, a in zip(found["INPUTS"], given, strict=True)]
        return found["Loss"].apply(*moved, *(2 for _ in found["SIZES"]))

    assert torch.autograd.gradcheck(loss, arrays)


# The text


def perceptron():
    """Two layers, a batch, names that are no identifiers of Python, or are used by the module itself."""
    g = Graph('a "quoted" \\ title\n"""')
    N, D, H = g.size("N"), g.size("D"), g.size("values")
    n, d, h = g.index("n", N), g.index("d", D), g.index("h", H)
    W, dz, x, y = g.parameter("lambda", H, D), g.parameter("dz", H), g.input("np", N, D), g.target("sum", N)
    z = g.node("z", Sum(W[h, d] * x[n, d], d), over=(n, h))
    a = g.node("class", sigmoid(z[n, h]), over=(n, h))
    g.loss("L", Sum((Sum(a[n, h] * dz[h], h) - y[n]) ** 2, n) / 2)
    return g


def test_names_are_safe():
    """Keywords, builtins, the module's own names, an adjoint's name: each gets an identifier of its own."""
    d = perceptron().derive().derivation
    assert failures(d, draws(d, 3)) == []
    assert module(d, "numpy")["NAMES"][r"\lambda"] == "lambda_"


@pytest.mark.parametrize("target", ["numpy", "torch"])
def test_no_loop_but_over_time(target):
    """A batch is a matrix product; a recurrence steps through its time, forward in one loop, backward in another."""
    text = perceptron().derive().to_code(target)
    body = text[text.index("def _forward") :]
    assert "for " not in body.split("class Loss")[0].replace("for name in", "") and " @ " in body
    text = load("rnn").readings[0].build(activation="tanh", loss="squared").derive().to_code(target)
    loops = [line.strip() for line in text.splitlines() if line.strip().startswith("for t")]
    assert loops == ["for t in range(1, T + 1):", "for t in range(T, 0, -1):"]
    assert "W_hh @ h[t - 1]" in text


def test_shifts_and_strides_are_slices():
    """No index array and no mask where a slice does."""
    g = Graph()
    C = g.size("C")
    i = g.index("i", C)
    x = g.parameter("x", 2 * C + 1)
    g.loss("L", Sum(x[2 * i + 1] * x[i], i))
    text = g.derive().to_code()
    forward = text[text.index("def _forward") : text.index("def backward")]
    assert "x[2::2] @ x[:C]" in forward and "span(" not in forward


def test_steps_stand_beside_the_lines():
    """The formula and the number of its step."""
    text = load("logistic").readings[0].build().derive().to_code()
    assert "dz = a - y  # step 2: ∂L/∂z = a - y" in text


# What is refused


@pytest.fixture(scope="module")
def networks():
    """The module of a recurrent layer, for both targets."""
    d = load("rnn").readings[0].build(activation="tanh", loss="abstract").derive().derivation
    return {target: module(d, target) for target in ("numpy", "torch")}


GOOD = {"W_hh": np.eye(2), "W_hx": np.ones((2, 3)), "b": np.ones(2), "x": np.ones((4, 3)), "y": np.ones(2)}


@pytest.mark.parametrize("target", ["numpy", "torch"])
@pytest.mark.parametrize(
    "wrong, said",
    [
        ({"b": None}, "missing: b"),
        ({"bias": 1.0}, "unknown: bias"),
        ({"b": np.ones(3)}, r"b: expected the shape \(H\) = \(2,\), found \(3,\)"),
        ({"x": np.ones(3)}, r"x: expected 2 axes \(T, D\), found \(3,\)"),
        ({"x": np.ones((0, 3))}, "the size T must be a whole number from 1, found 0"),
        ({"b": "text"}, "b: expected an array of numbers"),
        ({"cotangent": np.ones(3)}, "cotangent: expected the shape"),
    ],
)
def test_wrong_inputs(networks, target, wrong, said):
    """One clear ValueError."""
    with pytest.raises(ValueError, match=said) as error:
        networks[target]["forward"](**GOOD | wrong)
    assert "\n" not in str(error.value)


def test_a_size_that_only_a_sum_tells():
    """Of H + R - 1 a known R leaves H; of H + W one is asked for; a size that nothing uses is not."""
    g = Graph("sums of sizes")
    H, W, R, K = g.size("H"), g.size("W"), g.size("R"), g.size("K", least=3)
    assert K.name == "K"
    r, h, k = g.index("r", R), g.index("h", H), g.index("k", H + W)
    w, x, z = g.parameter("w", R), g.input("x", H + R - 1), g.input("z", H + W)
    g.loss("L", Sum(w[r] * x[h + r - 1], h, r) + Sum(z[k] ** 2, k) * Sum(w[r], r) / W)
    found = module(g.derive().derivation, "numpy")
    assert found["SIZES"] == ()
    arrays = {"w": np.arange(2.0), "x": np.arange(4.0), "z": np.arange(5.0)}  # R = 2, H = 3, W = 2
    assert found["forward"](**arrays)["L"] == 1 + 2 + 3 + 30 / 2
    with pytest.raises(ValueError, match=r"z: expected the shape|the size W must be"):
        found["forward"](**{**arrays, "z": np.arange(2.0)})

    g = Graph("one sum")
    H, W = g.size("H"), g.size("W")
    z, v, k = g.input("z", H + W), g.parameter("v"), g.index("k", H + W)
    g.loss("L", v * Sum(z[k], k) / W)
    found = module(g.derive().derivation, "numpy")
    with pytest.raises(ValueError, match=r"missing: H; .*; H is a size that no shape tells: give it as a number"):
        found["forward"](z=np.ones(5), v=1.0)
    assert found["forward"](z=np.ones(5), v=1.0, H=3)["L"] == 5 / 2


@pytest.mark.parametrize("target", ["numpy", "torch"])
def test_an_abstract_loss_needs_its_cotangent(networks, target):
    """Forward goes without it, and leaves the loss out; backward does not."""
    assert "L" not in networks[target]["forward"](**GOOD)
    with pytest.raises(ValueError, match="missing: cotangent"):
        networks[target]["backward"](**GOOD)
    assert set(networks[target]["backward"](**GOOD, cotangent=np.ones(2))) == {"W_hh", "W_hx", "b"}


def test_a_loss_of_two_arguments_has_two_cotangents():
    """Each with the name of its argument."""
    g = Graph()
    a, b = g.parameters("a b")
    u, v = g.node("u", a * b), g.node("v", a + b)
    g.loss("L", Function("L")(u, v))
    found = module(g.derive().derivation, "numpy")["backward"](a=2.0, b=3.0, cotangent_u=1.0, cotangent_v=10.0)
    assert (float(found["a"]), float(found["b"])) == (13.0, 12.0)


def test_another_target():
    """Refused with the ones there are."""
    with pytest.raises(UsageError, match="choose one of numpy, torch"):
        load("logistic").readings[0].build().derive().to_code("jax")


# The command


def test_the_command_prints_a_module(capsys, tmp_path):
    """To standard output or into a file, with the options of the problem."""
    assert run(["code", "bptt", "--activation", "tanh", "--target", "torch"]) == 0
    text = capsys.readouterr().out
    assert "torch.tanh" in text and "Loss" in loaded(text)
    assert run(["code", "bptt", "--activation", "tanh", "--target", "torch", "-o", str(tmp_path / "net.py")]) == 0
    assert (tmp_path / "net.py").read_text(encoding="utf-8") == text


@pytest.mark.parametrize(
    "argv", [["code"], ["code", "nothing"], ["code", "bptt", "--target", "jax"], ["code", "relu-mse", "--reading", "x"]]
)
def test_the_command_refuses(capsys, argv):
    """One line, exit 2."""
    assert run(argv) == 2
    out, err = capsys.readouterr()
    assert out == "" and err.startswith("derive: ") and err.count("\n") == 1 and "internal" not in err


def test_both_directions_of_time():
    """A state that is computed from the next one steps down, and its adjoint steps up."""
    g = Graph()
    T = g.size("T")
    t = g.index("t", T)
    w, x = g.parameter("w"), g.input("x", T)
    h = g.recurrence("h", lambda h: tanh(w * h[t + 1] + x[t]), over=t, start={T + 1: w})
    g.loss("L", Sum(h[t] ** 2, t))
    d = g.derive().derivation
    assert failures(d, draws(d, 6)) == []
    text = g.derive().to_code()
    assert text.index("for t in range(T, 0, -1)") < text.index("for t in range(1, T + 2)")


# What is added where it is read


def strided(kernel, step, dims):
    """A convolution with a step, of one or two dimensions; its input is an input whose gradient is wanted."""
    g = Graph("strided")
    sizes = [g.size(s) for s in "AB"[:dims]]
    own = [g.index(i, s) for i, s in zip("ij", sizes, strict=False)]
    more = [g.index(i, kernel) for i in "pq"[:dims]]
    w = g.parameter("w", *(kernel for _ in own))
    x = g.input("x", *(step * (s - 1) + kernel for s in sizes), gradient=True)
    places = [step * (i - 1) + p for i, p in zip(own, more, strict=True)]
    y = g.node("y", Sum(w[tuple(more)] * x[tuple(places)], *more), over=tuple(own))
    g.loss("L", Sum(y[tuple(own)] ** 2, *own) / 2)
    return g.derive()


@pytest.mark.parametrize("kernel, step, dims", [(1, 1, 1), (3, 1, 1), (3, 2, 1), (2, 3, 1), (2, 2, 2), (3, 1, 2)])
def test_convolutions_are_scattered(kernel, step, dims):
    """Right, also where windows overlap or leave gaps, and no mask in the backward pass."""
    d = strided(kernel, step, dims).derivation
    assert failures(d, draws(d, 6)) == []
    for target, word in (("numpy", "np.add.at(dx"), ("torch", "dx.index_put_(")):
        text = strided(kernel, step, dims).to_code(target)
        body = text[text.index("def _backward") :].split("class Loss")[0]
        assert (word in body) == (kernel > 1) and ">=" not in body


def test_a_stride_alone_is_a_slice():
    """Every letter has an axis of its own: no index array."""
    g = Graph()
    C = g.size("C")
    i = g.index("i", C)
    x = g.parameter("x", 2 * C + 1)
    g.loss("L", Sum(x[2 * i + 1] * x[i], i))
    text = g.derive().to_code()
    assert "dx[2::2] += x[:C]" in text and "dx[:C] += x[2::2]" in text


def test_without_scatters_the_masks_give_the_same(monkeypatch):
    """The mechanism is one of two; the other one is compared with it."""
    monkeypatch.setattr("derive.code.backward.scatters", lambda *_: ())
    d = strided(3, 2, 1).derivation
    assert failures(d, draws(d, 6)) == [] and ">=" in strided(3, 2, 1).to_code()


# What a module says


def test_assumptions_stand_in_the_docstring():
    """The labels sum to 1, the mask is 0 or 1, the rate a probability: gradients may rely on them."""
    some = {name: load(name) for name in ("softmax-ce", "dropout", "layer-norm", "relu-mse")}
    said = {name: p.readings[0].build(**p.choices({})).derive().to_code() for name, p in some.items()}
    assert "y sums to 1" in said["softmax-ce"].split('"""')[1]
    assert "is 0 or 1" in said["dropout"].split('"""')[1] and "p lies between 0 and 1" in said["dropout"]
    assert "ε is positive" in said["layer-norm"].split('"""')[1]
    assert "Assumed" not in said["relu-mse"]


def test_a_python_number_does_not_decide_the_type():
    """float32 arrays stay float32 beside eps=1e-5, and float64 ones get it in full precision."""
    d = next(derivations("layer-norm"))
    x = np.array([[1.0, 1.0 + 1e-3]])
    ones = np.ones(2)
    for target in ("numpy", "torch"):
        forward = module(d, target)["forward"]
        assert float(forward(x=x, gamma=ones, beta=ones, epsilon=1e-5)["s"][0]) == np.sqrt(x.var() + 1e-5)
        single = {n: a.astype(np.float32) for n, a in (("x", x), ("gamma", ones), ("beta", ones))}
        assert "float32" in str(forward(**single, epsilon=1e-5)["y"].dtype)


def test_the_refusal_of_a_size_names_an_element_in_braces():
    """x_{2d} stands in the message as it is written."""
    g = Graph("second row")
    n, d = g.size("H"), g.size("D")
    i = g.index("d", d)
    x = g.parameter("x", n, d)
    g.loss("L", Sum(x[2, i] ** 2, i))
    code = loaded(g.derive().to_code())
    assert code["forward"](x=np.ones((2, 3)))["L"] == 3
    with pytest.raises(ValueError, match=r"^x_2d needs H >= 2, found H = 1$"):
        code["forward"](x=np.ones((1, 3)))
