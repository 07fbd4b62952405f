"""Generated code in float32 where a naive exponential overflows, beside torch's own functions at the same arrays."""

import numpy as np
import pytest
import torch
from float32_models import CASES
from generated import loaded, plain
from sympy import Symbol

from derive import Graph, Sum, exp, log, sigmoid, sqrt
from derive.code.exponents import peak
from derive.code.stable import Stable

SEEDS = range(4)


def modules(name):
    """The model's derivation, and its modules for both targets; some models do not exist at the check's least size."""
    g = Graph(name)
    CASES[name].build(g)
    solution = g.derive()
    return solution.derivation, {target: loaded(solution.to_code(target, check=False)) for target in ("numpy", "torch")}


def drawn(node, shape, scale, generator):
    """Random numbers of a leaf's domain."""
    unit = torch.rand(shape, generator=generator, dtype=torch.float64)
    if node.sums_to is not None and node.domain == "binary":
        return (unit == unit.amax(-1, keepdim=True)).double()
    if node.domain == "probability":
        return unit / unit.sum(-1, keepdim=True)
    kinds = {"binary": (unit > 0.5).double(), "positive": 0.5 + unit}
    return kinds.get(node.domain, (2 * unit - 1) * scale)


def by_torch(case, given, dtype):
    """Loss and gradients by torch's own functions."""
    leaves = {name: a.detach().to(dtype, copy=True).requires_grad_() for name, a in given.items()}
    value = case.torch(leaves)
    value.backward()
    return {"loss": value.detach(), **{name: a.grad for name, a in leaves.items() if a.grad is not None}}


def error(found, truth):
    """The greatest difference, by the size of the truth."""
    truth = truth.double()
    return float((torch.as_tensor(plain(found)).double() - truth).abs().max() / truth.abs().max().clamp(min=1))


@pytest.mark.parametrize("name", CASES)
def test_by_torchs_own_functions(name):
    """At |x| <= 1 in float64 to the last digits; at |x| <= 200 and 1000 in float32 about as exactly as torch's own."""
    case, (d, by_target) = CASES[name], modules(name)
    table = by_target["torch"]["SHAPES"]
    for seed in SEEDS:
        rng, generator = np.random.default_rng(seed), torch.Generator().manual_seed(seed)
        sizes = {str(s): int(rng.integers(2, 9)) for s in d.model.sizes}
        for scale, dtype in ((1.0, torch.float64), (case.scale, torch.float32), (5 * case.scale, torch.float32)):
            shapes = {n: tuple(sizes.get(axis) for axis in shape) for n, shape in table.items()}
            given = {n: drawn(d.model.nodes[n], s, scale, generator).to(dtype) for n, s in shapes.items()}
            truth, same = by_torch(case, given, torch.float64), by_torch(case, given, dtype)
            for target, module in by_target.items():
                arrays = given if target == "torch" else {n: a.numpy() for n, a in given.items()}
                with np.errstate(over="ignore", under="ignore", invalid="raise", divide="raise"):
                    found = {**module["backward"](**arrays), "loss": module["forward"](**arrays)[d.model.loss.name]}
                for quantity, value in found.items():
                    least = 1e-12 if dtype == torch.float64 else 2e-4 * scale / case.scale
                    allowed = max(least, 10 * error(same[quantity], truth[quantity]))
                    assert error(value, truth[quantity]) <= allowed, (target, quantity, seed, scale)


def test_without_the_shift_it_overflows(monkeypatch):
    """The cases are not harmless: evaluated as they are written, most of them are infinite or no numbers."""
    monkeypatch.setattr(Stable, "__call__", lambda self, expr: expr)
    monkeypatch.setattr(Stable, "can_overflow", lambda self, expr: False)
    broken = []
    for name, case in CASES.items():
        try:
            test_by_torchs_own_functions(name)
        except (AssertionError, FloatingPointError):
            broken.append(name)
        assert case.scale
    assert set(CASES) - set(broken) <= {"named", "written_out"}  # functions that are safe


def test_what_needs_no_shift_stays_as_it_is():
    """An exponential by itself, log(p + eps), and a model without exponentials are evaluated as they are written."""
    g = Graph("plain")
    N = g.size("N")
    i, k = g.indices("i k", N)
    z = g.parameter("z", N)
    p = g.node("p", exp(z[i]) / Sum(exp(z[k]), k), over=i)
    g.loss("L", Sum(log(p[i] + 1), i))
    stable = Stable(g.model().nodes)
    for expr in (exp(z[i]), log(p[i] + 1), Sum(p[i] * z[i], (i, 1, N)), exp(z[i]) * z[k], 1 - p[i], exp(-(z[i] ** 2))):
        assert stable(expr) == expr


def test_what_a_softmax_averages_has_no_exponent():
    """A mean with softmax weights is no exponential, so what is made of it is written by its name and stays short."""
    g = Graph("averaged")
    N = g.size("N")
    i, k = g.indices("i k", N)
    z, v = g.parameter("z", N), g.parameter("v", N, N)
    p = g.node("p", exp(z[i]) / Sum(exp(z[k]), k), over=i)
    o = g.node("o", Sum(p[k] * v[k, i], k), over=i)
    r = g.node("r", v[1, i] + o[i], over=i)
    y = g.node("y", r[i] / sqrt(Sum(r[k] ** 2, k)), over=i)
    g.loss("L", Sum(y[i] ** 2 * z[i], i))
    stable = Stable(g.model().nodes)
    assert set(stable.nodes) == {"p"}
    formula = g.model().nodes["y"].cases[0].expr
    assert stable(formula) == formula
    assert peak(z[i] - peak(z[k], [(k, 1, N)]), [(i, 1, N)]) == 0
    assert peak(z[i] - peak(z[k], [(k, 1, i)]), [(i, 1, N)]) != 0  # the greatest so far may be less than a later one


def test_a_logarithm_of_one_minus_tanh_squared():
    """The density of a squashed Gaussian needs log(1 - tanh(u)^2), which is log 4 - softplus(2u) - softplus(-2u)."""
    from derive import tanh

    g = Graph("squashed")
    u = g.parameter("u")
    g.loss("L", log(1 - tanh(u) ** 2))
    text = g.derive().to_code("torch")
    module, x = loaded(text), torch.tensor(50.0)
    expected = 2 * (np.log(2) - 50.0)  # minus 2 softplus(-100), which is 0 in any digit
    assert float(module["forward"](u=x)["L"]) == pytest.approx(expected, rel=1e-6)
    assert float(module["backward"](u=x)["u"]) == pytest.approx(-2.0)


def test_log_sigmoid_is_minus_softplus():
    """log(sigmoid(u)) is -softplus(-u), and log(1 - sigmoid(u)) is -softplus(u)."""
    from derive import softplus

    u = Symbol("u", real=True)
    stable = Stable()
    assert stable(log(sigmoid(u))) == -softplus(-u)
    assert stable(log(1 - sigmoid(u))) == -softplus(u)
    assert stable(1 / (1 + exp(-u))) == sigmoid(u)
