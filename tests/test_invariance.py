"""What cannot change the loss has the gradient 0, and the page says so.

A number that is added to all values of which the mean is taken off, or to all scores of a softmax, changes nothing
after it. The expected zeros and ones need no derivation; beside them stand neighbours that are not invariant.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from sympy import Integer, KroneckerDelta, S

from derive import Function, Graph, Sum, exp, log, sqrt
from derive.chain.derivation import Line, Term
from derive.check.steps import verify
from derive.solution import Solution


def normalised(g: Graph, z: Any, letters: Any, over: tuple[Any, ...] = (), named: str = "s", mean: bool = True) -> Any:
    """z minus its mean over the first two letters (z's last axis), divided by its deviation; `over` are z's others."""
    i, k = letters
    N, e = i.upper, g.constant("epsilon", domain="positive")
    at = {"over": over} if over else {}
    mu = g.node("mu", Sum(z[(*over, k)], k) / N, **at) if mean else None
    own = (lambda node: node[over]) if over else (lambda node: node)
    middle = own(mu) if mean else 0
    variance = Sum((z[(*over, k)] - middle) ** 2, k) / N
    if named == "s":
        scale = own(g.node("s", sqrt(variance + e), **at))
    elif named == "v":
        scale = sqrt(own(g.node("v", variance, **at)) + e)
    else:
        scale = sqrt(variance + e)
    return g.node("x_hat", (z[(*over, i)] - middle) / scale, over=(*over, i))


def dense(g: Graph) -> tuple[Any, Any]:
    """z_n = sum_d x_nd w_d + b, and the letters of n."""
    N, D = g.size("N"), g.size("D")
    n, m = g.indices("n m", N)
    d = g.index("d", D)
    x, w, b = g.input("x", N, D), g.parameter("w", D), g.parameter("b")
    return g.node("z", Sum(x[n, d] * w[d], d) + b, over=n), (n, m)


def before_batch_norm(named: str, mean: bool = True) -> Graph:
    g = Graph("bias before batch normalisation")
    z, letters = dense(g)
    g.loss("L", Function("L")(normalised(g, z, letters, named=named, mean=mean)))
    return g


def mean_removed(named: bool) -> Graph:
    g = Graph("mean removed")
    z, (n, m) = dense(g)
    mean = Sum(z[m], m) / n.upper
    mu = g.node("mu", mean) if named else mean
    c = g.node("c", z[n] - mu, over=n)
    g.loss("L", Function("L")(c))
    return g


def variance() -> Graph:
    """The loss is the variance itself."""
    g = Graph("variance")
    z, (n, m) = dense(g)
    mu = g.node("mu", Sum(z[m], m) / n.upper)
    g.loss("L", Sum((z[n] - mu) ** 2, n) / n.upper)
    return g


def rows(per: str) -> tuple[Graph, Any, Any]:
    """z_nd = x_nd + b, where b is one number for a row or for a column."""
    g = Graph("rows")
    B, D = g.size("B"), g.size("D")
    n, d, k = g.index("n", B), *g.indices("d k", D)
    x, b = g.input("x", B, D), g.parameter("b", B if per == "row" else D)
    z = g.node("z", x[n, d] + b[n if per == "row" else d], over=(n, d))
    return g, z, (n, d, k)


def layer_norm(per: str) -> Graph:
    g, z, (n, d, k) = rows(per)
    g.loss("L", Function("L")(normalised(g, z, (d, k), (n,))))
    return g


def softmax(per: str, entropy: bool = False) -> Graph:
    g, z, (n, d, k) = rows(per)
    p = g.node("p", exp(z[n, d]) / Sum(exp(z[n, k]), k), over=(n, d))
    if entropy:
        y = g.target("y", n.upper, d.upper, one_hot=True)
        g.loss("L", -Sum(y[n, d] * log(p[n, d]), n, d))
    else:
        g.loss("L", Function("L")(p))
    return g


def attention(biased: str) -> Graph:
    """A bias of the keys adds q_i b to all scores of a row; one of the queries adds b k_j."""
    g = Graph("attention")
    T, D = g.size("T"), g.size("D")
    (i, j, k), (d, e) = g.indices("i j k", T), g.indices("d e", D)
    X, W, b, other = g.input("X", T, D), g.parameter("W", D, D), g.parameter("b", D), g.input("Y", T, D)
    V = g.input("V", T, D)
    K = g.node("K", Sum(X[j, e] * W[d, e], e) + b[d], over=(j, d))
    q, key = (other, K) if biased == "keys" else (K, other)
    score = g.node("S", Sum(q[i, d] * key[j, d], d) / sqrt(D), over=(i, j))
    P = g.node("P", exp(score[i, j]) / Sum(exp(score[i, k]), k), over=(i, j))
    out = g.node("O", Sum(P[i, j] * V[j, d], j), over=(i, d))
    g.loss("L", Function("L")(out))
    return g


ZERO: dict[str, Callable[[], Graph]] = {
    "batch norm, s named": lambda: before_batch_norm("s"),
    "batch norm, v named": lambda: before_batch_norm("v"),
    "batch norm, neither named": lambda: before_batch_norm(""),
    "a mean removed, named": lambda: mean_removed(True),
    "a mean removed, not named": lambda: mean_removed(False),
    "layer norm, a shift of each row": lambda: layer_norm("row"),
    "softmax, a shift of each row": lambda: softmax("row"),
    "cross-entropy, a shift of each row": lambda: softmax("row", entropy=True),
    "attention, a bias of the keys": lambda: attention("keys"),
    "a variance": variance,
}
NOT_ZERO: dict[str, Callable[[], Graph]] = {
    "root mean square norm": lambda: before_batch_norm("s", mean=False),
    "layer norm, a shift of each column": lambda: layer_norm("column"),
    "softmax, a shift of each column": lambda: softmax("column"),
    "cross-entropy, a shift of each column": lambda: softmax("column", entropy=True),
    "attention, a bias of the queries": lambda: attention("queries"),
}


@pytest.mark.parametrize("name", ZERO)
def test_zero_is_seen_and_said(name: str) -> None:
    """The gradient is 0, the page gives a reason in a sentence, and all of it agrees with autograd."""
    derived = ZERO[name]().derive()
    assert derived.gradient("b") == 0
    assert derived.verify(200).ok
    if name != "a variance":  # there the zero is already in the local partials
        assert "is zero at every point: its contributions cancel, since " in " ".join(
            derived.to_text(check=False).split()
        )
        assert "恒为零：各项贡献相消（" in derived.to_text("zh", check=False).replace("\n", "")


@pytest.mark.parametrize("name", NOT_ZERO)
def test_neighbours_are_not_zero(name: str) -> None:
    """What changes the loss keeps its gradient, and no page says that it cancels."""
    derived = NOT_ZERO[name]().derive()
    assert derived.gradient("b") != 0
    assert derived.verify(200).ok
    assert "is zero at every point" not in " ".join(derived.to_text(check=False).split())


def scaled(length: str, mean: bool = False, per_row: bool = False, epsilon: bool = False) -> Graph:
    """z = a x, row by row, divided by its length or its deviation, which is named or stands where it is used."""
    g = Graph("scaled")
    B, D = g.size("B"), g.size("D", least=2 if mean else 1)  # a single value has no deviation
    n, (d, k) = g.index("n", B), g.indices("d k", D)
    x, a = g.input("x", B, D), g.parameter("a", *((B,) if per_row else ()))
    z = g.node("z", (a[n] if per_row else a) * x[n, d], over=(n, d))
    middle = g.node("mu", Sum(z[n, k], k) / D, over=n)[n] if mean else S.Zero
    square = Sum((z[n, k] - middle) ** 2, k) / (D if mean else 1)
    square += g.constant("epsilon", domain="positive") if epsilon else 0
    if length == "root":
        s = g.node("s", sqrt(square), over=n)[n]
    else:
        s = sqrt(g.node("v", square, over=n)[n] if length == "square" else square)
    g.loss("L", Function("L")(g.node("u", (z[n, d] - middle) / s, over=(n, d))))
    return g


@pytest.mark.parametrize("length", ["root", "square", "inline"])
@pytest.mark.parametrize("mean", [True, False])
def test_scale_before_a_normalisation(length: str, mean: bool) -> None:
    """A factor of all values that are divided by their length or their deviation changes nothing without epsilon."""
    for per_row in (False, True):
        graph = scaled(length, mean, per_row)
        assert graph.derive().gradient("a") == 0
        derived = graph.derive()
        assert derived.verify(200).ok
        assert "the squares of" in " ".join(derived.to_text(check=False).split())


@pytest.mark.parametrize("mean", [True, False])
def test_epsilon_keeps_the_scale(mean: bool) -> None:
    """With epsilon the sum of squares is not N, and the factor has a gradient."""
    derived = scaled("root", mean, epsilon=True).derive()
    assert derived.gradient("a") != 0
    assert derived.verify(200).ok
    assert not planted(derived, "a")


def jacobian(graph: Graph, of: str, wrt: str) -> Any:
    """The value of a Jacobian; it is checked on the way."""
    return graph.derive().jacobian(of, wrt).value


def test_jacobians() -> None:
    """Sums of N terms 1/N are 1, and what is invariant has the Jacobian 0."""
    for named in ("s", "v"):
        assert jacobian(before_batch_norm(named), "x_hat", "b") == 0
    assert jacobian(before_batch_norm("s"), "mu", "b") == 1
    assert jacobian(before_batch_norm("s"), "s", "b") == 0
    assert jacobian(mean_removed(True), "c", "b") == 0
    assert jacobian(layer_norm("row"), "x_hat", "b") == 0
    assert isinstance(jacobian(layer_norm("row"), "mu", "b"), KroneckerDelta)
    assert jacobian(softmax("row"), "p", "b") == 0
    assert jacobian(attention("keys"), "P", "b") == 0
    assert jacobian(attention("keys"), "O", "b") == 0


def planted(derived: Solution, name: str) -> bool:
    """Does the check accept a step that claims 0 for the gradient of this family?"""
    zero = Line((Term((Integer(0),)),), None)
    steps = [replace(s, lines=(*s.lines, zero)) if s.node.name == name else s for s in derived.steps]
    assert any(S.Zero == s.value for s in steps)
    return verify(derived.derivation, steps, points=200).ok


def test_a_false_zero_is_caught() -> None:
    """A claim of 0 is judged by all terms that would have to cancel, and these are not much larger than the value."""
    assert planted(before_batch_norm("s").derive(), "b")
    assert not planted(before_batch_norm("s").derive(), "w")
    for name, model in NOT_ZERO.items():
        assert not planted(model().derive(), "b"), name
