"""The check of large sizes: fewer points where memory is short, one line where it is too short, no digits lost."""

import pytest

from derive import Graph, Sum, UsageError, tanh
from derive.check import memory


def scalar_rnn(steps):
    """h_t = tanh(w h_{t-1} + u x_t), and the square of the last one as the loss."""
    g = Graph("rnn")
    T = g.size("T")
    t = g.index("t", T)
    w, u, x = g.parameter("w"), g.parameter("u"), g.input("x", T)
    h = g.recurrence("h", lambda h: tanh(w * h[t - 1] + u * x[t]), over=t, start={0: 0})
    g.loss("L", h[T] ** 2)
    return g.derive(sizes={"T": steps})


def test_fewer_points_where_memory_is_short(monkeypatch):
    """The closed form of dL/dw is a sum of T products over up to T steps: T * T numbers for every point."""
    monkeypatch.setattr(memory, "MOST", 40 * 40 * 8 * 25)
    report = scalar_rnn(40).verify(conditions=False)
    assert report.ok
    assert 1 <= report.samples <= 25


def test_what_is_too_large_is_one_line(monkeypatch):
    """Where not even one point fits, the line says how much it would take and what to do."""
    monkeypatch.setattr(memory, "MOST", 40 * 40 * 8 - 1)
    with pytest.raises(
        UsageError, match=r"rnn: the check at T = 40 needs an array of .* GB for one point; give smaller"
    ):
        scalar_rnn(40).gradient("w")
    assert scalar_rnn(40).gradient("w", check=False).has(Sum)


def test_a_thousand_steps():
    """Products of a thousand slopes leave float64's range, and so do adjoints: a right derivation is not refused."""
    assert scalar_rnn(1000).verify(points=30, conditions=False).ok


def test_the_size_of_nested_sums():
    """A sum inside a sum, and a product whose range moves with an index, take an axis for each of their indices."""
    from derive.check.torch_backend import TorchBackend
    from derive.evaluate.passes import Passes

    d = scalar_rnn(10)
    passes = Passes(d.derivation, d.sizes, TorchBackend())
    lines = [line.expr for s in d.closed_steps for line in s.lines]
    sizes = [memory._largest(e, memory._declared(e, passes), passes) for e in lines]
    assert sizes == [10 * 9]  # the steps t = 1..10, and k = t + 1..10, nine at most
