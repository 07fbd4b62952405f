"""Formulas of whole vectors and matrices: `W @ x`, `X.T`, `tanh(W @ x + b)`. They mean what they do in numpy."""

import random
import subprocess
import sys

import numpy as np
import pytest
import sympy
import torch

from derive import (
    Abs,
    Function,
    Graph,
    Max,
    ModelError,
    Piecewise,
    Sum,
    amax,
    clip,
    dot,
    exp,
    inverse,
    log,
    logsumexp,
    mean,
    norm,
    relu,
    sigmoid,
    sin,
    softmax,
    solve,
    sqrt,
    std,
    tanh,
    var,
)  # fmt: skip
from derive.code.running import NumpyPasses, loaded
from derive.page.print.formulas import Formulas
from derive.proofread.proofread import proofread
from derive.sheet.notation import notation
from derive.sheet.sheet import task
from derive.topics.topic import Ask

SIZES = {"N": 4, "D": 2, "H": 3}
LEAVES = {"W": "HD", "U": "HD", "X": "ND", "S": "HH", "b": "H", "c": "H", "x": "D", "s": "", "M": "NH", "e": "N"}
TORCH = {
    "tanh": torch.tanh, "sigmoid": torch.sigmoid, "sin": torch.sin, "softmax": lambda z: torch.softmax(z, 0),
    "norm": torch.linalg.norm, "mean": torch.mean, "logsumexp": lambda z: torch.logsumexp(z, tuple(range(z.ndim))),
    "Sum": torch.sum, "dot": torch.dot,
}  # fmt: skip
DERIVE = {
    "tanh": tanh, "sigmoid": sigmoid, "sin": sin, "softmax": softmax, "norm": norm, "mean": mean,
    "logsumexp": logsumexp, "Sum": Sum, "dot": dot,
}  # fmt: skip


def model() -> tuple[Graph, dict[str, object]]:
    """A graph with the leaves, all of them parameters."""
    g = Graph("whole")
    sizes = {name: g.size(name) for name in SIZES}
    return g, {name: g.parameter(name, *(sizes[axis] for axis in shape)) for name, shape in LEAVES.items()}


def formula(r: random.Random, shape: str, depth: int) -> str:
    """A random formula of that shape, in the words that numpy, torch and derive share."""

    def of(other: str) -> str:
        return formula(r, other, depth - 1)

    leaves = [name for name, own in LEAVES.items() if own == shape]
    ways = []
    if depth > 0:
        k = r.choice("DH")
        ways += [lambda: f"{r.choice(('tanh', 'sigmoid', 'sin'))}({of(shape)})", lambda: f"({of(shape)} + {of(shape)})"]
        ways += [lambda: f"({of(shape)} * {of(shape)})", lambda: f"(s * {of(shape)})", lambda: f"({of(shape)} / 2)"]
        if len(shape) == 1:
            ways += [lambda: f"({of(shape + k)} @ {of(k)})", lambda: f"({of(k)} @ {of(k + shape)})"] * 2
            ways += [lambda: f"softmax({of(shape)})"]
            word = r.choice(
                ("sum(1)", "sum(dim=-1)", "mean(dim=1)", "logsumexp(1)", "amax(dim=1)", "var(1, unbiased=False)")
            )
            ways += [lambda: f"({of(shape + k)}).{word}", lambda: f"({of(k + shape)}).{word.replace('1', '0', 1)}"]
        if len(shape) == 2:
            ways += [lambda: f"({of(shape[0] + k)} @ {of(k + shape[1])})", lambda: f"({of(shape[::-1])}).T"] * 2
            ways += [lambda: f"({of(shape)} + {of(shape[1])})"]  # the last axis
            ways += [
                lambda: f"({of(shape)} - ({of(shape)}).mean(dim=1, keepdim=True))",
                lambda: f"({of(shape)}).softmax(0)",
            ]
            column = [f"{name}[:, None]" for name, own in LEAVES.items() if own == shape[0]]
            ways += [lambda: f"({column[0]} * {of(shape[1])})", lambda: f"({of(shape)} + {column[0]})"]
        if not shape:
            ways += [lambda: f"({of(k)} @ {of(k)})", lambda: f"dot({of(k)}, {of(k)})"]
            ways += [lambda: f"{r.choice(('Sum', 'mean', 'norm', 'logsumexp'))}({of(r.choice(('H', 'ND')))})"]
    if leaves and (not ways or r.random() < 0.2):
        return r.choice(leaves)
    if not ways:  # no leaf has this shape, and it is deep enough
        turned = "H" in shape
        return f"({of(shape[::-1])}).T" if turned else f"({of(shape[0] + 'H')} @ {of('H' + shape[1])})"
    return r.choice(ways)()


@pytest.mark.parametrize("seed", range(24))
def test_random_formulas_are_those_of_torch(seed):
    """The value and every gradient, of a loss with a node in between."""
    r = random.Random(seed)
    node, loss = formula(r, r.choice(("H", "HD", "D")), 2), formula(r, "", 3)
    g, symbols = model()
    h = g.define("h", eval(node, DERIVE | symbols))
    last = f"({loss}) + Sum(tanh(h)) + 0 * norm(X)"
    g.loss("L", eval(f"({loss})", DERIVE | symbols) + Sum(tanh(h)))
    generator = np.random.default_rng(seed)
    arrays = {n: generator.uniform(-1, 1, [SIZES[a] for a in shape]) for n, shape in LEAVES.items()}
    passes = NumpyPasses(g.derive().derivation, arrays, SIZES)
    values = passes.forward({})
    found = passes.backward({}, values)
    tensors = {n: torch.tensor(a, requires_grad=True) for n, a in arrays.items()}
    expected = eval(last, TORCH | tensors | {"h": eval(node, TORCH | tensors)})
    gradients = torch.autograd.grad(expected, list(tensors.values()), allow_unused=True)
    assert np.allclose(values["L"], expected.item(), rtol=1e-9), (node, loss)
    for name, gradient in zip(tensors, gradients, strict=True):
        exact = np.zeros_like(arrays[name]) if gradient is None else gradient.numpy()
        assert np.allclose(found.get(name, 0), exact, rtol=1e-8, atol=1e-10), (name, node, loss)


def classifier(whole: bool) -> Graph:
    """Two layers and a softmax, with and without indices."""
    g = Graph("classifier")
    D, H, C = g.size("D"), g.size("H"), g.size("C")
    d, h, c = g.index("d", D), g.index("h", H), g.index("c", C)
    W, b, V = g.parameter("W", H, D), g.parameter("b", H), g.parameter("V", C, H)
    x, y = g.input("x", D), g.target("y", C, one_hot=True)
    if whole:
        a = g.define("a", tanh(W @ x + b))
        p = g.define("p", softmax(V @ a))
        g.loss("L", -y @ log(p) + norm(b) ** 2)
    else:
        a = g.node("a", tanh(Sum(W[h, d] * x[d], d) + b[h]), over=h)
        p = g.node("p", softmax(Sum(V[c, h] * a[h], h), c), over=c)
        g.loss("L", -Sum(y[c] * log(p[c]), c) + norm(b[h], h) ** 2)
    return g


def batch(whole: bool) -> Graph:
    """A layer on a batch, its bias added to every row, and the mean of squares."""
    g = Graph("batch")
    N, D, H = g.size("N"), g.size("D"), g.size("H")
    n, d, h = g.index("n", N), g.index("d", D), g.index("h", H)
    X, W, b, Y = g.input("X", N, D), g.parameter("W", H, D), g.parameter("b", H), g.target("Y", N, H)
    if whole:
        A = g.define("A", relu(X @ W.T + b))
        g.loss("L", mean((A - Y) ** 2))
    else:
        A = g.node("A", relu(Sum(X[n, d] * W[h, d], d) + b[h]), over=(n, h))
        g.loss("L", mean((A[n, h] - Y[n, h]) ** 2, n, h))
    return g


@pytest.mark.parametrize("make", [classifier, batch])
@pytest.mark.parametrize("lang", ["en", "zh"])
def test_the_page_is_that_of_the_indices(make, lang):
    """It is one model, however it is written."""
    assert make(True).derive().to_text(lang, check=False) == make(False).derive().to_text(lang, check=False)


def test_what_else_a_formula_may_hold():
    """Cases, extremes, functions of a matrix, an abstract loss, a number beside elements: checked against autograd."""
    g = Graph("more")
    n = g.size("n")
    i, j = g.indices("i j", n)
    S, x, y, s = g.parameter("S", n, n, positive_definite=True), g.input("x", n), g.input("y", n), g.parameter("s")
    q = g.define("q", x @ inverse(S) @ x + s * amax(x) + std(y))
    v = g.define("v", Piecewise((x, x > 0), (2 * y, True)) + Max(x, y) + clip(Abs(y), 0, 1) + solve(S, y))
    w = g.node("w", (x @ y) * S[i, j] * v[i], over=(i, j))
    g.loss("L", q + Sum(w[i, j] ** 2, i, j) + v.T @ v)
    assert g["q"] is q
    assert g.derive().verify(points=60).ok
    abstract = Graph("abstract")
    z = abstract.define("z", exp(abstract.parameter("a", 3)))
    abstract.loss("L", Function("L")(z))
    assert abstract.derive().verify(points=20).ok


def layer_norm(write: str) -> Graph:
    """A normalisation of each row, with the axes kept, with new ones, and with indices."""
    g = Graph("layer norm")
    N, D = g.size("N"), g.size("D", least=2)
    n, d = g.index("n", N), g.index("d", D)
    X, a, Y = g.parameter("X", N, D), g.parameter("a", D), g.target("Y", N, D)
    keep = write == "keepdims"
    if write == "indices":
        m, v = g.node("m", mean(X[n, d], d), over=n), g.node("v", var(X[n, d], d) + 1, over=n)
        out = g.node("out", (X[n, d] - m[n]) / sqrt(v[n]) * a[d], over=(n, d))
    else:
        m, v = g.define("m", X.mean(axis=1, keepdims=keep)), g.define("v", X.var(axis=1, keepdims=keep) + 1.0)
        m, v = (m, v) if keep else (m[:, None], v[..., None])
        out = g.define("out", (X - m) / sqrt(v) * a)
        assert m[n, 1] == g["m"][n]
    g.loss("L", mean((out[n, d] - Y[n, d]) ** 2, n, d))
    return g


@pytest.mark.parametrize("write", ["keepdims", "None"])
def test_kept_and_new_axes_make_the_page_of_the_indices(write):
    """A column of means has one index, and no second one that is always 1."""
    assert layer_norm(write).derive().to_text(check=False) == layer_norm("indices").derive().to_text(check=False)


def test_a_float_that_is_a_fraction_is_exact():
    """x**2.0 is x**2, also of a negative x, and 0.5 x**2 has the slope x; 0.1 stays as it was typed."""
    g = Graph("floats")
    x = g.parameter("x", g.size("N"))
    g.loss("L", 0.5 * (x**2.0).sum() + ((x**2 + 1) ** 0.5).sum() + (0.1 * x).sum())
    slope = g.derive().gradient("x")
    (letter,) = slope.atoms(sympy.Idx)
    assert slope == x[letter] + x[letter] / sympy.sqrt(x[letter] ** 2 + 1) + sympy.Float("0.1")


WRONG = [
    (lambda g, W, x, b, s: g.define("h", W @ b), "h: (W @ b): W is a matrix (H x D) and b is a vector (H); as in"),
    (lambda g, W, x, b, s: g.define("h", W + b), "b is a vector (H) and W is a matrix (H x D); what is elementwise"),
    (lambda g, W, x, b, s: g.define("h", W @ x @ W.T), "((W @ x) @ W.T): (W @ x) is a vector (H) and W.T is a"),
    (lambda g, W, x, b, s: 2 @ x, "@ with x: expected a family of the graph or a formula of such on the other"),
    (lambda g, W, x, b, s: W @ [1, 2], "found [1, 2] (list); declare it"),
    (lambda g, W, x, b, s: np.eye(2) @ W, "(ndarray); declare it"),
    (lambda g, W, x, b, s: W @ sympy.eye(2), "declare it"),
    (lambda g, W, x, b, s: s @ x, "@ multiplies whole vectors and matrices, and s is a number; numbers multiply by *"),
    (lambda g, W, x, b, s: g.define("h", (x @ x) @ x), "(x @ x) is a number; numbers multiply by *"),
    (lambda g, W, x, b, s: g.loss("L", W @ x), "L: (W @ x) is a vector (H), not a number;"),
    (lambda g, W, x, b, s: g.loss("L", x), "L: x is a vector (D), not a number; Sum(x) is one"),
    (lambda g, W, x, b, s: g.define("h", softmax(W)), "softmax(W) is of a vector, and W is a matrix (H x D)"),
    (lambda g, W, x, b, s: g.define("h", dot(b, x)), "dot(b, x) is of equal shapes, found a vector (H)"),
    (lambda g, W, x, b, s: dot(x), "dot: of whole vectors or matrices it takes 2 and nothing else but an axis"),
    (lambda g, W, x, b, s: g.define("h", softmax(W, dim=2)), "W is a matrix (H x D), its axes are 0 and 1"),
    (lambda g, W, x, b, s: norm(W, 1), "norm: of whole vectors or matrices it takes 1 and nothing else"),
    (lambda g, W, x, b, s: softmax(W, g.index("i", 3)), "softmax: W is a whole family; give its element"),
    (lambda g, W, x, b, s: (W @ x)[1], "(W @ x)[1]: give it a name, h = g.define('h', (W @ x)), and read h[1]"),
    (lambda g, W, x, b, s: g.define("h", x * b[g.index("h", 3)]), "the index h stands in a formula"),
    (lambda g, W, x, b, s: g.loss("L", Sum(x, g.index("d", 3))), "holds whole vectors or matrices"),
    (lambda g, W, x, b, s: g.define("h", Graph().parameter("q", 3) @ x), "h: q is no family of this graph so far"),
    (lambda g, W, x, b, s: g.define("h", "W @ x"), "found 'W @ x' (str)"),
    (lambda g, W, x, b, s: g["nothing"], "'nothing' is not in the graph; it has W, x, b, s"),
]  # fmt: skip


@pytest.mark.parametrize(("wrong", "words"), WRONG, ids=[words[:40] for _, words in WRONG])
def test_refused(wrong, words):
    """One line that says what the shapes are, and never an error of Python's."""
    g = Graph("refused")
    D, H = g.size("D"), g.size("H")
    W, x, b, s = g.parameter("W", H, D), g.input("x", D), g.parameter("b", H), g.parameter("s")
    with pytest.raises(ModelError) as refusal:
        wrong(g, W, x, b, s)
    assert words in str(refusal.value) and "\n" not in str(refusal.value)


def test_a_number_has_no_transpose_and_a_family_is_no_list():
    """`hasattr(expr, "T")` stays false for numbers, as sympy has it; list(W) would never end."""
    g = Graph("t")
    s, W = g.parameter("s"), g.parameter("W", 2, 2)
    assert not hasattr(s, "T") and not hasattr(W[1, 1] + 1, "T") and hasattr(tanh(W), "T")
    with pytest.raises(TypeError):
        list(W)


@pytest.mark.parametrize("target", ["numpy", "torch"])
def test_a_gradient_that_another_one_is_written_in_is_computed_first(target):
    """dL/db = s p (S^T c - dL/ds): the line of db stood before that of ds, and the code failed where it was run."""
    g = Graph("order")
    H = g.size("H")
    b, c, S, s = g.parameter("b", H), g.parameter("c", H), g.parameter("S", H, H), g.parameter("s")
    g.loss("L", s * (softmax(b) @ (c @ S)))
    assert "dL/ds" in str(g.derive().gradient("b"))
    values = {n: torch.rand(shape, dtype=torch.float64) for n, shape in (("b", 3), ("c", 3), ("S", (3, 3)), ("s", ()))}
    given = values if target == "torch" else {n: v.numpy() for n, v in values.items()}
    found = loaded(g.derive().to_code(target, check=False))["backward"](**given)
    leaves = {n: v.clone().requires_grad_() for n, v in values.items()}
    loss = leaves["s"] * (torch.softmax(leaves["b"], 0) @ (leaves["c"] @ leaves["S"]))
    for name, slope in zip(leaves, torch.autograd.grad(loss, list(leaves.values())), strict=True):
        assert np.allclose(found[name], slope.numpy()), name


def test_a_product_inside_another_has_letters_of_its_own():
    """k_i is the sum over j of A_ij times the sum over another letter of B_jk x_k: i is free, and cannot be bound."""
    g = Graph("products")
    D = g.size("D")
    A, B, x = g.parameter("A", D, D), g.parameter("B", D, D), g.input("x", D)
    k = g.define("k", A @ (B @ x))
    g.loss("L", k @ k)
    (case,) = g.model().nodes["k"].cases
    (own,) = case.position
    assert own in case.expr.free_symbols
    assert all(own not in (limit[0] for limit in s.limits) for s in case.expr.atoms(sympy.Sum))


@pytest.mark.parametrize(
    "loss",
    [
        lambda A, X, w: (X @ w).var(),
        lambda A, X, w: std(A @ X),
        lambda A, X, w: (((X @ w) - (X @ w).mean()) ** 2).mean(),
        lambda A, X, w: ((A @ X - (A @ X).mean(axis=0)) ** 2).mean(),
        lambda A, X, w: (softmax(X @ X.T, axis=0) @ X).std(),
    ],
)
def test_a_word_beside_or_inside_a_word_says_on_the_page_what_was_checked(loss):
    """The mean in var(X w) is over k of the sum over j of X_kj w_j: with j for k, a reader would see X_jj w_j."""
    g = Graph()
    M, N, D = g.size("M"), g.size("N"), g.size("D")
    g.loss("L", loss(g.input("A", M, N), g.parameter("X", N, D), g.parameter("w", D)))
    part = g.derive().part(Ask({}, False))
    found = proofread(task([part], "brief"), Formulas("latex", *notation([part])))
    assert found.agree > 10 and not found.wrong


@pytest.mark.parametrize(
    "whole", [lambda X: X.sum(axis=1)[:, None] + X.sum(axis=1), lambda X: X.max(axis=1)[:, None] - X.mean(axis=1)]
)
def test_a_sum_along_an_axis_has_no_letter_of_what_is_defined(whole):
    """S_ij is the sum over k of X_ik and that of X_jk: i and j stand on the left."""
    g = Graph()
    X = g.parameter("X", g.size("N"), g.size("D"))
    S = g.define("S", whole(X))
    g.loss("L", S.sum())
    (case,) = g.model().nodes["S"].cases
    bound = [limit[0] for part in sympy.preorder_traversal(case.expr) for limit in getattr(part, "limits", ())]
    assert bound and {b.name for b in bound}.isdisjoint(own.name for own in case.position)


def test_whole_formulas_need_no_word_to_be_imported():
    """`from derive import Graph, tanh` is enough for @, .T and axes: the plainest model of all, in a fresh process."""
    program = (
        "from derive import Graph, tanh\n"
        "g = Graph('plain'); N, D, H = (g.size(s) for s in 'NDH')\n"
        "W, b, X = g.parameter('W', H, D), g.parameter('b', H), g.input('X', N, D)\n"
        "h = g.define('h', tanh(W @ X.mean(axis=0) + b)); g.loss('L', h @ h)\n"
        "print(g.derive().gradient('b'))"
    )
    found = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert found.returncode == 0 and "b" not in found.stderr, found.stderr
