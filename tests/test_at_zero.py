"""What generated code takes where a formula has no number: the slope of a norm at 0, and 0 log 0; as torch does."""

import numpy as np
import pytest
import torch
from generated import loaded, plain
from sympy import Symbol

from derive import Graph, Sum, exp, log, norm, relu, sqrt

TORCH_NORM = torch.linalg.vector_norm


def family(g, *sizes):
    """A parameter over sizes, and its indices."""
    own = [g.size(s) for s in sizes]
    return g.parameter("x", *own), [g.index(letter, s) for letter, s in zip("ijk", own, strict=False)]


def euclidean(g):
    x, (i,) = family(g, "N")
    return sqrt(Sum(x[i] ** 2, i))


def named(g):
    x, (i,) = family(g, "N")
    r = g.node("r", sqrt(Sum(x[i] ** 2, i)))
    return 3 * r + r**2


def distance(g):
    x, (i,) = family(g, "N")
    y = g.input("y", i.upper)
    return sqrt(Sum((x[i] - y[i]) ** 2, i))


def frobenius(g):
    x, (i, j) = family(g, "N", "M")
    return sqrt(Sum(x[i, j] ** 2, i, j))


def group_lasso(g):
    x, (i, j) = family(g, "N", "M")
    return Sum(sqrt(Sum(x[i, j] ** 2, j)), i)


def of_two(g):
    x, y = g.parameter("x"), g.parameter("y")
    return sqrt(x**2 + y**2)


NORMS = {
    euclidean: lambda a: TORCH_NORM(a["x"]),
    named: lambda a: 3 * TORCH_NORM(a["x"]) + (a["x"] ** 2).sum(),
    distance: lambda a: TORCH_NORM(a["x"] - a["y"]),
    frobenius: lambda a: TORCH_NORM(a["x"]),
    group_lasso: lambda a: TORCH_NORM(a["x"], dim=1).sum(),
    of_two: lambda a: TORCH_NORM(torch.stack([a["x"], a["y"]])),
}


def modules(build):
    """The modules of a loss for both targets."""
    g = Graph(build.__name__)
    g.loss("L", build(g))
    d = g.derive()
    return {target: loaded(d.to_code(target)) for target in ("numpy", "torch")}


@pytest.mark.parametrize("build", NORMS)
def test_the_slope_of_a_norm_at_zero(build):
    """0 for what is 0, in the type of the arrays and without a warning; elsewhere the slope, as torch's norm has it."""
    generator = torch.Generator().manual_seed(0)
    for target, module in modules(build).items():
        for zeros in (True, False):
            shapes = {n: tuple({"N": 3, "M": 2}[s] for s in shape) for n, shape in module["SHAPES"].items()}
            given = {n: torch.randn(s, generator=generator) * (not zeros) for n, s in shapes.items()}
            given = {n: torch.cat([0 * a[:1], a[1:]]) if build is group_lasso else a for n, a in given.items()}
            leaves = {n: a.clone().requires_grad_() for n, a in given.items()}
            NORMS[build](leaves).backward()
            with np.errstate(all="raise"):
                arrays = given if target == "torch" else {n: a.numpy() for n, a in given.items()}
                found = module["backward"](**arrays)
            for name, value in found.items():
                assert str(value.dtype).endswith("float32")
                assert plain(value) == pytest.approx(leaves[name].grad.numpy(), abs=1e-6)


@pytest.mark.parametrize("named", [True, False])
@pytest.mark.parametrize("of", [lambda r: r, lambda r: exp(-r), lambda r: 1 / (1 + r), lambda r: relu(1 - r) ** 2])
def test_all_distances_between_points(named, of):
    """The distance of a point from itself is 0: page, check and code count its slope as 0, as torch.norm does."""
    g = Graph("distances")
    N, D = g.size("N"), g.size("D")
    x, (i, k), d = g.parameter("x", N, D), g.indices("i k", N), g.index("d", D)
    r = norm(x[i, d] - x[k, d], d)
    if named:
        r = g.node("r", r, over=(i, k))[i, k]
    g.loss("L", Sum(of(r), i, k))
    solution = g.derive()
    assert solution.verify(20).first_failure is None
    assert "a vector over its norm counts as 0" in " ".join(solution.to_text(check=False).split())
    x = torch.randn(4, 3, dtype=torch.float64, generator=torch.Generator().manual_seed(0), requires_grad=True)
    distances = TORCH_NORM(x[:, None] - x[None], dim=-1)
    values = {"exp": torch.exp, "relu": torch.relu}
    sum(eval(str(of(Symbol("r"))), values, {"r": e}) for e in distances.flatten()).backward()
    for target in ("numpy", "torch"):
        given = x.detach() if target == "torch" else x.detach().numpy()
        found = loaded(solution.to_code(target, check=False))["backward"](x=given)["x"]
        assert plain(found) == pytest.approx(x.grad.numpy(), abs=1e-12)


@pytest.mark.parametrize("named", [True, False])
def test_the_mean_distance_passes_the_check(named):
    """Where the slopes cancel, as on a line, rounding is forgiven although the norms of the diagonal are 0."""
    g = Graph("mean distance")
    N, D = g.size("N"), g.size("D")
    x, (i, k), d = g.parameter("x", N, D), g.indices("i k", N), g.index("d", D)
    r = norm(x[i, d] - x[k, d], d)
    g.loss("L", Sum(g.node("r", r, over=(i, k))[i, k] if named else r, i, k) / N**2)
    assert g.derive().verify().first_failure is None


def test_distances_in_units_of_a_length():
    """A kernel with a length for each axis, of points that coincide: the gradients of points and lengths, by torch."""
    g = Graph("scaled")
    N, D = g.size("N"), g.size("D")
    (n, m), d = g.indices("n m", N), g.index("d", D)
    x, unit = g.parameter("x", N, D), g.parameter("ell", D, domain="positive")
    r = g.node("r", norm((x[n, d] - x[m, d]) / unit[d], d), over=(n, m))
    g.loss("L", Sum((1 + r[n, m]) * exp(-r[n, m]) + r[n, m] ** 2 / 3, n, m))
    derived = g.derive()
    assert derived.verify(points=20).ok
    points = torch.tensor([[0.3, -1.0], [0.3, -1.0], [2.0, 0.5]], dtype=torch.float64, requires_grad=True)
    lengths = torch.tensor([0.7, 1.5], dtype=torch.float64, requires_grad=True)
    far = TORCH_NORM((points[:, None] - points[None]) / lengths, dim=-1)
    truth = torch.autograd.grad(((1 + far) * torch.exp(-far) + far**2 / 3).sum(), (points, lengths))
    for target, made in (("numpy", lambda a: a.detach().numpy()), ("torch", lambda a: a.detach())):
        found = loaded(derived.to_code(target, check=False))["backward"](x=made(points), ell=made(lengths))
        assert all(abs(plain(found[k]) - t.numpy()).max() < 1e-12 for k, t in zip(("x", "ell"), truth, strict=True))


def test_a_model_that_divides_by_a_norm_has_no_gradient_at_zero():
    """x / ||x|| has no value at 0; a gradient of 0 there would hide that."""
    g = Graph("unit vector")
    x, (i,) = family(g, "N")
    c = g.input("c", i.upper)
    r = g.node("r", sqrt(Sum(x[i] ** 2, i)))
    g.loss("L", Sum(c[i] * x[i] / r, i))
    module = loaded(g.derive().to_code("torch"))
    found = module["backward"](x=torch.zeros(3), c=torch.ones(3))["x"]
    assert not torch.isfinite(found).any()


def test_zero_times_its_logarithm():
    """p log p is 0 at 0, as torch.xlogy has it, its slope infinite there; of a negative p it is no number."""
    g = Graph("entropy")
    N = g.size("N")
    i, p = g.index("i", N), g.parameter("p", N, domain="probability")
    g.loss("L", -Sum(p[i] * log(p[i]), i))
    d = g.derive()
    for target, make in (("numpy", np.array), ("torch", torch.tensor)):
        module = loaded(d.to_code(target))
        with np.errstate(divide="ignore", invalid="ignore"):
            assert float(module["forward"](p=make([0.0, 0.5, 0.5]))["L"]) == pytest.approx(np.log(2))
            assert np.isnan(float(module["forward"](p=make([-1.0, 0.5, 0.5]))["L"]))
            slope = plain(module["backward"](p=make([0.0, 0.5, 0.5]))["p"])
        assert slope[0] == np.inf and slope[1:] == pytest.approx(np.log(2) - 1)
    assert "to its limit, 0" in d.to_text(check=False) and "按其极限取为 0" in d.to_text("zh", check=False)
