"""Softmaxes and their logarithms are found in a program by what it computes, and left to torch's own functions."""

from collections.abc import Callable
from typing import NamedTuple

import pytest
import torch
from generated import loaded

from derive import Graph, Sum, exp, log, sqrt
from derive.code.fused import fused
from derive.code.named_axes import ALL
from derive.code.trees import Call, Name, NewAxis, Pick, Plus, Reduce, Times


def rows(g, temperature=1):
    """Scores z of N rows, their softmax over the columns."""
    N, C = g.size("N"), g.size("C")
    n, c, k = g.index("n", N), *g.indices("c k", C)
    z = g.parameter("z", N, C)
    return n, c, k, z, g.node("p", exp(z[n, c] / temperature) / Sum(exp(z[n, k] / temperature), k), over=(n, c))


def along_the_first(g):
    N, C = g.size("N"), g.size("C")
    n, m, c = *g.indices("n m", N), g.index("c", C)
    z = g.parameter("z", N, C)
    p = g.node("p", exp(z[n, c]) / Sum(exp(z[m, c]), m), over=(n, c))
    g.loss("L", Sum(p[n, c] ** 2, n, c))


def in_the_middle(g):
    A, B, C = g.size("A"), g.size("B"), g.size("C")
    a, b, c, k = g.index("a", A), g.index("b", B), *g.indices("c k", C)
    z = g.parameter("z", A, C, B)
    p = g.node("p", exp(z[a, c, b]) / Sum(exp(z[a, k, b]), k), over=(a, c, b))
    g.loss("L", Sum(p[a, c, b] ** 2, a, b, c))


def by_a_temperature(g):
    n, c, _, _, p = rows(g, g.constant("tau", domain="positive"))
    g.loss("L", Sum(p[n, c] ** 2, n, c))


def weighted(g):
    n, c, k, z, _ = rows(g)
    w = g.parameter("w", n.upper)
    o = g.node("o", w[n] * exp(z[n, c] - w[n]) / (sqrt(2) * Sum(exp(z[n, k] - w[n]), k)), over=(n, c))
    g.loss("L", Sum(o[n, c] ** 2, n, c))


def entropy(g):
    n, c, _, _, p = rows(g)
    g.loss("L", -Sum(p[n, c] * log(p[n, c]), n, c))


def a_total(g):
    n, _, k, z, _ = rows(g)
    g.loss("L", Sum(log(Sum(exp(z[n, k]), k)) ** 2, n))


class Case(NamedTuple):
    """A model, what its code calls, and the loss as torch writes it."""

    build: Callable
    calls: tuple[str, ...]
    loss: Callable


CASES = (
    Case(along_the_first, ("torch.softmax(z, 0)",), lambda a: (a["z"].softmax(0) ** 2).sum()),
    Case(in_the_middle, ("torch.softmax(z, 1)",), lambda a: (a["z"].softmax(1) ** 2).sum()),
    Case(by_a_temperature, ("torch.softmax(z / tau, 1)",), lambda a: ((a["z"] / a["tau"]).softmax(1) ** 2).sum()),
    Case(weighted, ("torch.softmax(", ", 1)"), lambda a: (a["w"][:, None] ** 2 * a["z"].softmax(1) ** 2).sum() / 2),
    Case(
        entropy,
        ("torch.softmax(z, 1)", "torch.log_softmax(z, 1)"),
        lambda a: -(a["z"].softmax(1) * a["z"].log_softmax(1)).sum(),
    ),
    Case(a_total, ("torch.logsumexp(z, 1)",), lambda a: (a["z"].logsumexp(1) ** 2).sum()),
)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.build.__name__)
@pytest.mark.parametrize("scale", (1, 1000))
def test_as_torch_writes_it(case, scale):
    """The code calls torch's function and no exponential, and agrees with torch in float32 also where exp overflows."""
    g = Graph(case.build.__name__)
    case.build(g)
    text = g.derive().to_code("torch", check=False)
    assert all(call in text for call in case.calls)
    assert "torch.exp(" not in text and "amax(" not in text
    generator, sizes = torch.Generator().manual_seed(0), {"N": 3, "A": 3, "B": 4, "C": 5}
    module = loaded(text)
    given = {
        n: scale * torch.randn([sizes[s] for s in shape], generator=generator) for n, shape in module["SHAPES"].items()
    }
    given |= {"tau": torch.tensor(0.7)} if "tau" in given else {}
    leaves = {n: a.clone().requires_grad_() for n, a in given.items()}
    loss = case.loss(leaves)
    loss.backward()
    torch.testing.assert_close(module["forward"](**given)["L"], loss.detach(), rtol=1e-5, atol=1e-5)
    for name, found in module["backward"](**given).items():
        torch.testing.assert_close(found, leaves[name].grad, rtol=1e-4, atol=1e-4)


Z, ROWS = Name("z"), (ALL, NewAxis())


def shifted(peak):
    return Call("exp", (Plus(((1, Z), (-1, peak))),))


def kept(kind, array, axis, places=ROWS):
    return Pick(Reduce(kind, array, (axis,)), places)


def test_another_axis_is_no_softmax():
    """Not where the shift, the sum or its place belongs to another axis, nor where another array is summed."""
    own = shifted(kept("max", Z, 1))
    assert fused(Times((own,), (kept("sum", own, 1),))).function == "softmax"
    other = shifted(kept("max", Z, 0))
    for above, below in (
        (other, kept("sum", other, 1)),
        (own, kept("sum", own, 0)),
        (own, Reduce("sum", own, (1,))),
        (own, kept("max", own, 1)),
        (own, kept("sum", shifted(kept("max", Name("u"), 1)), 1)),
        (shifted(kept("max", Name("u"), 1)), kept("sum", own, 1)),
    ):
        tree = Times((above,), (below,))
        assert fused(tree) == tree


def test_only_the_whole_logarithm():
    """z - m - log s is a log_softmax; without m, with another sign or another array it stays as it is."""
    total = Reduce("sum", shifted(kept("max", Z, 1)), (1,))
    peak, logarithm = kept("max", Z, 1), Pick(Call("log", (total,)), ROWS)
    assert fused(Plus(((1, Z), (-1, peak), (-1, logarithm)))).function == "log_softmax"
    for terms in (
        ((1, Z), (-1, logarithm)),
        ((1, Z), (1, peak), (-1, logarithm)),
        ((1, Z), (-1, Reduce("max", Z, (1,))), (-1, logarithm)),
    ):
        assert fused(Plus(terms)) == Plus(terms)
    other = fused(Plus(((1, Name("u")), (-1, peak), (-1, logarithm))))
    assert next(t for _, t in other.terms) == Name("u") and "logsumexp" in str(other)


def test_what_is_saved_for_backward():
    """Only what the backward pass reads is kept from the forward pass: of a softmax its values, not its scores."""
    g = Graph("softmax")
    n, c, _, _, p = rows(g)
    w = g.input("w", n.upper, c.upper)
    g.loss("L", Sum(w[n, c] * p[n, c], n, c))
    assert loaded(g.derive().to_code("torch", check=False))["SAVED"] == ("w", "p")


@pytest.mark.parametrize("target", ("numpy", "torch"))
def test_a_causal_sum_stays_a_matrix_product(target):
    """The gradients of causal attention need no array of more axes than the scores have."""
    from derive.problems import load

    text = load("causal-attention").readings[0].build().derive().to_code(target, check=False)
    lines = {line.split(" = ")[0].strip(): line for line in text.split("\n") if " = " in line}
    for name, with_ in (("dQ", "@ K"), ("dK", "@ Q")):
        assert with_ in lines[name] and ", None, :" not in lines[name] and "math.sqrt(D)" in lines[name]
