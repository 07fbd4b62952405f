"""dropout, layer_norm_1d and batch_norm_1d as generated: equal to torch's own layers, forward, state and gradients."""

import inspect
from functools import cache

import numpy as np
import pytest
import torch
from generated import loaded
from torch.nn import functional

from derive import Argument, Function, Graph, ModelError, Signature
from derive.cli.main import run
from derive.memo import forget
from derive.problems import load

SHAPES = [(1, 1), (1, 4), (2, 1), (5, 3), (6, 6), (32, 7)]
MORE = [s for s in SHAPES if s[0] > 1]


@cache
def module(problem, target="torch"):
    """The generated module of the first reading of a problem."""
    reading = load(problem).readings[0]
    return loaded(reading.build().derive().to_code(target, reading.signature))


def drawn(*shapes, seed=0):
    """Random float64 tensors that want a gradient."""
    generator = torch.Generator().manual_seed(seed)
    return [torch.randn(s, generator=generator, dtype=torch.float64).requires_grad_() for s in shapes]


def same(ours, theirs, wanted, upstream):
    """Values and gradients to 1e-10."""
    assert torch.allclose(ours, theirs, rtol=0, atol=1e-10)
    for a, b in zip(*(torch.autograd.grad(y, wanted, upstream) for y in (ours, theirs)), strict=True):
        assert torch.allclose(a, b, rtol=1e-10, atol=1e-10)


@pytest.mark.parametrize(
    "problem, name, signature",
    [
        ("dropout", "dropout", "(x, p=0.5, training=True)"),
        ("layer-norm", "layer_norm_1d", "(x, gamma, beta, eps=1e-05)"),
        (
            "batch-norm",
            "batch_norm_1d",
            "(x, gamma, beta, moving_mean, moving_var, eps=1e-05, momentum=0.1, training=True)",
        ),
    ],
)
@pytest.mark.parametrize("target", ["torch", "numpy"])
def test_signatures(problem, name, signature, target):
    """As on the exercise sheet."""
    assert str(inspect.signature(module(problem, target)[name])) == signature


# Layer normalisation


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("eps", [1e-5, 0.3])
def test_layer_norm(shape, eps):
    """Against torch's own, a single feature included."""
    x, gamma, beta, upstream = drawn(shape, shape[1:], shape[1:], shape)
    ours = module("layer-norm")["layer_norm_1d"](x, gamma, beta, eps)
    same(ours, functional.layer_norm(x, shape[1:], gamma, beta, eps), (x, gamma, beta), upstream)


# Batch normalisation


@pytest.mark.parametrize("shape", MORE)
@pytest.mark.parametrize("momentum", [0.1, 0.0, 1.0])
def test_batch_norm_in_training(shape, momentum):
    """Values, gradients, and the averages after two batches: the variance without bias, as torch keeps it."""
    gamma, beta, upstream = drawn(shape[1:], shape[1:], shape)
    mean, var = torch.full(shape[1:], 0.5, dtype=torch.float64), torch.full(shape[1:], 2.0, dtype=torch.float64)
    theirs = mean.clone(), var.clone()
    for seed in (1, 2):
        (x,) = drawn(shape, seed=seed)
        y = module("batch-norm")["batch_norm_1d"](x, gamma, beta, mean, var, 1e-4, momentum)
        by_torch = functional.batch_norm(x, *theirs, gamma, beta, training=True, momentum=momentum, eps=1e-4)
        same(y, by_torch, (x, gamma, beta), upstream)
        assert all(torch.allclose(a, b, rtol=0, atol=1e-10) for a, b in zip((mean, var), theirs, strict=True))


@pytest.mark.parametrize("shape", SHAPES)
def test_batch_norm_at_inference(shape):
    """A batch of one is no exception, and the averages stay."""
    x, gamma, beta, upstream = drawn(shape, shape[1:], shape[1:], shape)
    mean, var = torch.full(shape[1:], 0.5, dtype=torch.float64), torch.full(shape[1:], 2.0, dtype=torch.float64)
    y = module("batch-norm")["batch_norm_1d"](x, gamma, beta, mean, var, training=False)
    same(y, functional.batch_norm(x, mean, var, gamma, beta, eps=1e-5), (x, gamma, beta), upstream)
    assert torch.all(mean == 0.5) and torch.all(var == 2)


@pytest.mark.parametrize("target", ["torch", "numpy"])
def test_a_batch_of_one_in_training_is_refused(target):
    """As torch refuses it: the variance without bias divides by N - 1."""
    make = torch.ones if target == "torch" else np.ones
    with pytest.raises(ValueError, match="needs N >= 2, found N = 1"):
        module("batch-norm", target)["batch_norm_1d"](make((1, 3)), make(3), make(3), make(3), make(3))
    with pytest.raises(ValueError, match="Expected more than 1 value"):
        functional.batch_norm(torch.ones(1, 3), torch.ones(3), torch.ones(3), training=True)


# Dropout


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("p", [0.0, 0.1, 0.5, 0.9])
def test_dropout(shape, p):
    """The same seed gives the same mask, and then everything is equal."""
    x, upstream = drawn(shape, shape)
    torch.manual_seed(7)
    ours = module("dropout")["dropout"](x, p)
    torch.manual_seed(7)
    same(ours, functional.dropout(x, p), (x,), upstream)
    same(module("dropout")["dropout"](x, p, training=False), x.clone(), (x,), upstream)


def test_dropout_keeps_the_mean():
    """Of a million ones a part p is dropped; those that are kept are scaled."""
    torch.manual_seed(0)
    y = module("dropout")["dropout"](torch.ones(1000, 1000), 0.25)
    assert abs(float((y == 0).double().mean()) - 0.25) < 0.002 and abs(float(y.mean()) - 1) < 0.002


@pytest.mark.parametrize("p", [-0.1, 1.5, float("nan")])
def test_no_probability(p):
    """Refused in both modes."""
    for training in (True, False):
        with pytest.raises(ValueError, match="p: expected a number from 0 to 1"):
            module("dropout")["dropout"](torch.ones(2, 2), p, training)


def test_nothing_kept():
    """1/(1 - p) has no value at 1."""
    with pytest.raises(ValueError, match="divides by 1 - p"):
        module("dropout")["dropout"](torch.ones(2, 2), 1.0)


# All of them


def arguments(name):
    """Arguments of a small batch, the scalars left at their defaults."""
    x, gamma, beta = drawn((4, 3), (3,), (3,))
    state = torch.zeros(3, dtype=torch.float64), torch.ones(3, dtype=torch.float64)
    return {"dropout": (x,), "layer_norm_1d": (x, gamma, beta), "batch_norm_1d": (x, gamma, beta, *state)}[name]


FUNCTIONS = [("dropout", "dropout"), ("layer-norm", "layer_norm_1d"), ("batch-norm", "batch_norm_1d")]


@pytest.mark.parametrize("problem, name", FUNCTIONS)
def test_gradcheck(problem, name):
    """Against finite differences, in training; a mask is drawn with the same seed each time."""
    made, given = module(problem)[name], arguments(name)

    def layer(*inputs):
        torch.manual_seed(0)
        return made(*inputs, *(a.clone() for a in given[3:]))

    assert torch.autograd.gradcheck(layer, given[:3])


@pytest.mark.parametrize("problem, name", FUNCTIONS)
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64, torch.bfloat16])
def test_types_stay(problem, name, dtype):
    """A default such as eps does not widen the type."""
    given = [a.detach().to(dtype).requires_grad_(a.requires_grad) for a in arguments(name)]
    y = module(problem)[name](*given)
    assert y.dtype == dtype and torch.autograd.grad(y.sum(), given[0])[0].dtype == dtype


@pytest.mark.parametrize("problem, name", FUNCTIONS)
def test_numpy(problem, name):
    """The same numbers by numpy, its gradients by the pullback; float32 stays float32."""
    given = [a.detach().numpy().copy() for a in arguments(name)]
    y, pullback = module(problem, "numpy")[name](*given)
    ours = pullback(2 * np.ones_like(y))
    if name != "dropout":  # a mask of its own
        tensors = arguments(name)
        theirs = module(problem)[name](*tensors)
        assert np.allclose(y, theirs.detach().numpy(), atol=1e-12)
        slopes = torch.autograd.grad(theirs, tensors[:3], 2 * torch.ones_like(theirs))
        assert all(
            np.allclose(ours[n], s.numpy(), atol=1e-12) for n, s in zip(("x", "gamma", "beta"), slopes, strict=True)
        )
        assert all(np.allclose(a, b.numpy()) for a, b in zip(given[3:], tensors[3:], strict=True))
    else:
        kept = y != 0
        assert np.allclose(y[kept], 2 * given[0][kept]) and np.array_equal(ours["x"], np.where(kept, 4.0, 0.0))
    single = [a.astype(np.float32) for a in given]
    y, pullback = module(problem, "numpy")[name](*single)
    assert y.dtype == np.float32 and pullback(np.ones_like(y))["x"].dtype == np.float32


def test_wrong_shapes():
    """One clear ValueError, also for the pullback."""
    with pytest.raises(ValueError, match=r"gamma: expected the shape \(D\) = \(3,\), found \(2,\)"):
        module("layer-norm")["layer_norm_1d"](torch.ones(4, 3), torch.ones(2), torch.ones(3))
    _, pullback = module("layer-norm", "numpy")["layer_norm_1d"](np.ones((4, 3)), np.ones(3), np.ones(3))
    with pytest.raises(ValueError, match=r"cotangent: expected the shape \(N, D\) = \(4, 3\)"):
        pullback(np.ones((3, 4)))
    with pytest.raises(ValueError, match=r"moving_var: expected torch\.Tensor"):
        module("batch-norm")["batch_norm_1d"](torch.ones(2, 1), *(torch.ones(1) for _ in range(3)), [1.0])


def test_a_wrong_slope_is_seen():
    """The comparison can fail: with another slope of the root the gradient of layer norm is not torch's."""
    x, gamma, beta, upstream = drawn((5, 3), (3,), (3,), (5, 3))
    text = load("layer-norm").readings[0].build().derive().to_code("torch", load("layer-norm").readings[0].signature)
    wrong = loaded(text.replace("ds = -(", "ds = (", 1))
    with pytest.raises(AssertionError):
        same(wrong["layer_norm_1d"](x, gamma, beta), functional.layer_norm(x, (3,), gamma, beta), (x,), upstream)


# A signature that nobody prepared


def scaled(drawn_as="x"):
    """y = m a x / q: a mask, a scale, a divisor made of a size."""
    g = Graph("scaled")
    N = g.size("N")
    n = g.index("n", N)
    x, a, m = g.input("x", N, gradient=True), g.parameter("a"), g.constant("m", N, domain="binary")
    g.loss("L", Function("L")(g.node("y", a * m[n] * x[n] / (N - 2), over=n)))
    return g


def test_any_problem_may_declare_one():
    """A function of another model; its denominator is watched."""
    sign = Signature("scaled", (Argument("x"), Argument("a"), Argument("m")), result="y")
    made = loaded(scaled().derive().to_code("torch", sign))["scaled"]
    x, a = drawn((4,), ())
    m = torch.tensor([1.0, 0, 1, 1], dtype=torch.float64)
    same(made(x, a, m), a * m * x / 2, (x, a), torch.ones(4, dtype=torch.float64))
    with pytest.raises(ValueError, match="needs N >= 3, found N = 2"):
        made(torch.ones(2), 1.0, torch.ones(2))


def test_a_draw_needs_a_shape():
    """No argument is as long as the mask."""
    sign = Signature("scaled", (Argument("a"),), result="y", draws={"m": 1})
    with pytest.raises(ModelError, match="m is drawn, but no argument has its shape"):
        scaled().derive().to_code("torch", sign)


def test_the_command_writes_them(capsys):
    """`derive code` prints the function beside the passes."""
    assert run(["code", "batch-norm", "--target", "torch"]) == 0
    text = capsys.readouterr().out
    assert "def batch_norm_1d(" in text and "def forward(" in text
    forget()
    assert run(["code", "dropout", "--reading", "dropout"]) == 0
    assert "def dropout(" not in capsys.readouterr().out
