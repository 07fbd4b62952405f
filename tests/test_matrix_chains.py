"""Products in which a matrix occurs several times, as nodes: the letters of the author never matter.

Each model is written twice: as a graph with Sum, and as one `torch.einsum` whose gradient is autograd's.
"""

from __future__ import annotations

import random
from typing import NamedTuple

import numpy as np
import pytest
import torch
from generated import loaded
from sympy import Idx, KroneckerDelta

from derive import Graph, Sum

ALPHABETS = ("i j k l m", "p q r s u", "m k i l j")
N = 3


class Chain(NamedTuple):
    """A product: the family and the letters of each factor, by number, and the letters of the node."""

    factors: tuple[tuple[str, tuple[int, ...]], ...]
    over: tuple[int, ...]


BY_HAND = {
    "A A x": Chain((("A", (0, 1)), ("A", (1, 2)), ("x", (2,))), (0,)),
    "A' A x": Chain((("A", (1, 0)), ("A", (1, 2)), ("x", (2,))), (0,)),
    "A A' x": Chain((("A", (0, 1)), ("A", (2, 1)), ("x", (2,))), (0,)),
    "A A A": Chain((("A", (0, 1)), ("A", (1, 2)), ("A", (2, 3))), (0, 3)),
    "A A' A": Chain((("A", (0, 1)), ("A", (2, 1)), ("A", (2, 3))), (0, 3)),
    "A A' 1": Chain((("A", (0, 1)), ("A", (2, 1))), (0,)),
    "A A A A": Chain((("A", (0, 1)), ("A", (1, 2)), ("A", (2, 3)), ("A", (3, 4))), (0, 4)),
    "tr A A B A": Chain((("A", (0, 1)), ("A", (1, 2)), ("B", (2, 3)), ("A", (3, 0))), ()),
    "A A B, one letter a row and a subscript": Chain((("A", (1, 0)), ("B", (1, 2)), ("A", (2, 3))), (3, 2, 0)),
    "(A A) beside A": Chain((("A", (0, 1)), ("A", (1, 2)), ("A", (3, 0))), (0, 2, 3)),
}


def drawn(seed: int) -> Chain:
    """A product of two to four matrices, each A or B, some transposed; a vector, an open end, a sum or a trace after
    it, and a factor beside it for the ranks up to 3."""
    draw = random.Random(seed)
    count = draw.randint(2, 4)
    factors: list[tuple[str, tuple[int, ...]]] = [
        (draw.choice("AAB"), draw.choice(((n, n + 1), (n + 1, n)))) for n in range(count)
    ]
    end = draw.choice(("x", "open", "open", "ones", "trace"))
    over = [0] if end != "trace" else []
    if end == "trace":
        factors = [(f, tuple(0 if a == count else a for a in at)) for f, at in factors]
    elif end == "x":
        factors.append(("x", (count,)))
    elif end == "open":
        over.append(count)
    if len(over) == 2 and draw.random() < 0.3:
        over.append(draw.randrange(1, count))
    draw.shuffle(over)
    return Chain(tuple(factors), tuple(over))


def graph(chain: Chain, letters: str, nested: bool) -> Graph:
    """The chain as a node y, and L = sum of y squared; `nested` puts a sum around each factor's rest."""
    g = Graph("chain")
    size = g.size("N")
    names = g.indices(letters, size)
    families = {"A": g.parameter("A", size, size), "B": g.parameter("B", size, size), "x": g.parameter("x", size)}
    parts = [families[f][tuple(names[a] for a in at)] for f, at in chain.factors]
    summed = sorted({a for _, at in chain.factors for a in at} - set(chain.over))
    body = parts[0]
    if nested:
        body, left = 1, list(summed)
        for at, part in reversed(list(enumerate(parts))):
            body = part * body
            ended = [a for a in left if not any(a in other for _, other in chain.factors[:at])]
            left = [a for a in left if a not in ended]
            body = Sum(body, *(names[a] for a in ended)) if ended else body
    else:
        for part in parts[1:]:
            body = body * part
        body = Sum(body, *(names[a] for a in summed)) if summed else body
    over = tuple(names[a] for a in chain.over)
    y = g.node("y", body, over=over)
    g.loss("L", Sum(y[over] ** 2, *over) if over else y**2)
    return g


def truth(chain: Chain, given: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """autograd's gradients of the sum of the squares of the product, written as one einsum."""
    tensors = {name: torch.tensor(a, requires_grad=True) for name, a in given.items()}
    spec = ",".join("".join("abcde"[a] for a in at) for _, at in chain.factors)
    y = torch.einsum(spec + "->" + "".join("abcde"[a] for a in chain.over), *(tensors[f] for f, _ in chain.factors))
    grads = torch.autograd.grad((y**2).sum(), list(tensors.values()), allow_unused=True)
    zeros = {name: np.zeros_like(a) for name, a in given.items()}
    return {n: zeros[n] if grad is None else grad.numpy() for n, grad in zip(given, grads, strict=True)}


def faults(chain: Chain, letters: str, nested: bool, seed: int) -> list[str]:
    """What is wrong with the derivation of a chain in these letters; nothing where all is well."""
    d = graph(chain, letters, nested).derive()
    wrong = [f"{bad.quantity}: {bad.error:.1e}" for bad in [d.verify(3, seed).first_failure] if bad]
    rng = np.random.default_rng(seed)
    given = {"A": rng.normal(size=(N, N)), "B": rng.normal(size=(N, N)), "x": rng.normal(size=N)}
    found = loaded(d.to_code("numpy"))["backward"](**given)
    for name, right in truth(chain, given).items():
        if not np.allclose(found[name], right, rtol=1e-10, atol=1e-10):
            wrong.append(f"generated code: d{name}")
        value = d.gradient(name)
        if value != 0 and value.has(KroneckerDelta):
            wrong.append(f"a delta is left: {value}")
        if value != 0 and (bad := shadowed(value, set())):
            wrong.append(f"{bad} is bound where it is free: {value}")
    return wrong


def shadowed(expr, taken: set[str]) -> set[str]:
    """The letters that a sum binds although they mean something outside of it."""
    if isinstance(expr, Sum):
        own = {b[0].name for b in expr.limits}
        return (own & taken) or shadowed(expr.function, taken | own)
    here = taken | {s.name for s in expr.free_symbols if isinstance(s, Idx)}
    return set().union(*(shadowed(a, here) for a in expr.args)) if not isinstance(expr, Idx) else set()


@pytest.mark.parametrize("letters", ALPHABETS)
@pytest.mark.parametrize("name", BY_HAND)
def test_a_matrix_twice_in_one_node(name, letters):
    """A A x and its like: right in every spelling, without a delta, without a letter that is bound twice."""
    assert faults(BY_HAND[name], letters, False, 0) == []


@pytest.mark.parametrize("seed", range(24))
def test_random_products_as_nodes(seed):
    """Two to four factors, shared and transposed, as nodes of rank 0 to 3, the sums flat or nested."""
    assert faults(drawn(seed), ALPHABETS[seed % 3], seed % 2 == 1, seed) == []


def test_the_textbook_form():
    """y = A A x: dL/dA = A' g x' + g x' A' with g = dL/dy = 2 y, by the product rule for y = A (A x)."""
    g = graph(BY_HAND["A A x"], "i j k l m", False)
    assert "∂L/∂A = 2 (Aᵀ y xᵀ + y xᵀ Aᵀ)" in " ".join(g.derive().to_text().split())


def test_a_delta_stays_below_a_sum_that_does_not_reach_it():
    """z_t = c_t^2 + sum of c_s over s < t: dL/dc at c = 1, 2, 3 is 2 c_t 2 z_t + sum of 2 z_s over s > t, by hand
    z = (1, 5, 12): (4 + 34, 40 + 24, 144)."""
    g = Graph("lifted delta")
    size = g.size("T")
    t, s = g.indices("t s", size)
    c = g.parameter("c", size)
    z = g.node("z", c[t] ** 2 + Sum(c[s], (s, 1, t - 1)), over=t)
    g.loss("L", Sum(z[t] ** 2, t))
    d = g.derive()
    assert d.verify(20).ok
    backward = loaded(d.to_code("numpy"))["backward"]
    assert np.allclose(backward(c=np.array([1.0, 2.0, 3.0]))["c"], [38, 64, 144])


def test_a_value_that_does_not_depend_on_an_index_is_not_written_by_a_name_with_that_index():
    """y_ikq = w_q sum_p w_p: no step may write w_q sum_j w_j as y_iiq, where i is the letter of a sum or of nothing."""
    g = Graph("stray letter")
    size = g.size("C")
    q, p, i, k = g.indices("q p i k", size)
    w = g.parameter("w", size)
    y = g.node("y", w[q] * Sum(w[p], p), over=(i, k, q))
    z = g.node("z", Sum(w[q] ** 3 * y[q, q, q], q))
    g.loss("L", 2 * z**2 + Sum(y[i, k, q], i, k, q))
    d = g.derive()
    for step in d.steps:
        for line in step.lines:
            assert {a for a in line.expr.free_symbols if isinstance(a, Idx)} <= set(step.node.indices)
    assert d.verify(60).ok
