"""A sum over many letters is evaluated letter by letter, and gives the number that the whole grid gives."""

import time
from functools import reduce
from operator import matmul, mul

import pytest
import torch

from derive import Graph, KroneckerDelta, Sum, tanh
from derive.check.samples import Sample
from derive.evaluate.pairs import factors

LETTERS = "i j k l m n p q"


def trace(count, named):
    """The trace of a product of matrices, as the loss or as a node."""
    g = Graph("trace")
    D = g.size("D")
    letters = g.indices(" ".join(LETTERS.split()[:count]), D)
    matrices = g.parameters(" ".join("ABCEFGHU"[:count]), D, D)
    body = reduce(mul, (M[a, b] for M, a, b in zip(matrices, letters, letters[1:] + letters[:1], strict=True)))
    total = Sum(body, *letters)
    g.loss("L", g.node("y", total) ** 2 if named else total)
    return g


@pytest.mark.parametrize("named", [False, True])
def test_the_trace_of_eight_matrices(named):
    """Within a few seconds; a grid of 6^8 numbers at every point took minutes."""
    d = trace(8, named).derive()
    began = time.process_time()
    assert d.verify().ok and time.process_time() - began < 10


def value(g, sizes):
    """The value of the loss at one point, and the leaves."""
    sample = Sample(g.derive().derivation, sizes, 1, 1)
    store = sample.store()
    sample.passes.forward(store)
    return store.whole("L")[0], {k: v[..., 0] for k, v in sample.numbers.items()}


@pytest.mark.parametrize("size", [1, 2, 3])
@pytest.mark.parametrize("count", [3, 4, 6])
def test_the_trace_is_that_of_torch(count, size):
    g = trace(count, False)
    found, leaves = value(g, dict.fromkeys(g.derive().model.sizes, size))
    assert torch.isclose(found, torch.trace(reduce(matmul, leaves.values())), rtol=1e-13)


def whole(A, b, c, n):
    """The other sums of `test_every_kind_of_factor`, on the whole grid."""
    i, j, k, m = torch.meshgrid(*(torch.arange(n),) * 4, indexing="ij")
    return (A[i, j] * b[j] * c * (k + 1) * (i == k) * torch.tanh(A[k, i] + b[m])).sum()


@pytest.mark.parametrize("size", [1, 2, 4])
def test_every_kind_of_factor(size):
    """Numbers, an index as a number, a delta, a function of two elements, a letter that only one factor has."""
    g = Graph("mixed")
    N = g.size("N")
    i, j, k, m = g.indices("i j k m", N)
    A, b, c = g.parameter("A", N, N), g.parameter("b", N), g.parameter("c")
    g.loss("L", Sum(A[i, j] * b[j] * c * k * KroneckerDelta(i, k) * tanh(A[k, i] + b[m]), i, j, k, m))
    found, leaves = value(g, {N: size})
    assert torch.isclose(found, whole(n=size, **leaves), rtol=1e-13)
    assert g.derive().verify().ok


def test_letters_that_no_factor_has_are_counted():
    """And a sum over nothing is 0."""
    g = Graph("counted")
    N, M = g.size("N"), g.size("M")
    i, j, k = g.index("i", N), g.index("j", N), g.index("k", M)
    a, b, c = g.parameter("a", N), g.parameter("b", N), g.parameter("c")
    g.loss("L", Sum(a[i] * b[i] * c * a[i], i, j, (k, 2, M)))
    for m in (1, 3):
        found, leaves = value(g, {N: 4, M: m})
        assert torch.isclose(found, (leaves["a"] ** 2 * leaves["b"] * leaves["c"]).sum() * 4 * (m - 1), rtol=1e-13)


def test_what_goes_as_before():
    """Two letters, two factors, an end that is a letter, a sum that is no product of three."""
    g = Graph("others")
    N = g.size("N")
    i, j, k = g.indices("i j k", N)
    x = g.parameter("x", N)
    body = x[i] * x[j] * x[k]
    assert len(factors(Sum(body, i, j, k))) == 3
    for other in (Sum(x[i] * x[j] * 2, i, j), Sum(x[i] * x[j], i, j, k), Sum(body, (k, 1, j), (j, 1, N), (i, 1, N))):
        assert factors(other) == ()
