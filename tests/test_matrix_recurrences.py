"""Functions of whole matrices inside the step of a recurrence, against torch.autograd on the loop written by hand."""

from __future__ import annotations

import re
import types
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import pytest
import torch
from alphabets import letters

from derive import (
    Graph,
    KroneckerDelta,
    Sum,
    cholesky,
    det,
    eigenvalues,
    inverse,
    logdet,
    matrix_power,
    solve,
    tanh,
)
from derive.errors import ModelError

Array = torch.Tensor
N, T, K = 3, 4, 2
inv = torch.linalg.inv


class Names(types.SimpleNamespace):
    """A graph with a positive definite start V, a positive definite Q, and columns x_t."""


def names() -> Names:
    g = Graph("in time")
    n, steps = g.size("n"), g.size("T")
    i, j, k = g.indices("i j k", n)
    t, r = g.index("t", steps), g.index("r", steps)
    V, Q = (g.parameter(name, n, n, positive_definite=True) for name in "VQ")
    return Names(g=g, n=n, T=steps, i=i, j=j, k=k, t=t, r=r, V=V, Q=Q, x=g.input("x", steps, n))


def information(s: Names) -> None:
    """P_t = (P_{t-1}^-1 + Q)^-1, a node in the step between."""
    (P,) = s.g.states("P", over=(s.t, s.i, s.j), start={0: s.V[s.i, s.j]}, symmetric=True)
    M = s.g.node("M", inverse(P)[s.t - 1, s.i, s.j] + s.Q[s.i, s.j], over=(s.t, s.i, s.j))
    s.g.update(P, inverse(M)[s.t, s.i, s.j])
    s.g.loss("L", Sum(P[s.T, s.i, s.j] * s.x[s.T, s.i], s.i, s.j))


def numbers_of_a_state(s: Names) -> None:
    """P_t = Q + (log det P_{t-1} + 1/det P_{t-1}) I, and the log-determinants of all steps in the loss."""

    def law(P: Any) -> Any:
        return s.Q[s.i, s.j] + (logdet(P)[s.t - 1] + 1 / det(P)[s.t - 1]) * KroneckerDelta(s.i, s.j) / 9

    P = s.g.recurrence("P", law, over=(s.t, s.i, s.j), start={0: s.V[s.i, s.j]}, symmetric=True)
    s.g.loss("L", Sum(logdet(P)[s.t] * s.x[s.t, 1], s.t))


def solution(s: Names) -> None:
    """h_t = tanh(M_t^-1 x_t) with M_t = Q + h_{t-1} h_{t-1}^T."""
    (h,) = s.g.states("h", over=(s.t, s.i), start={0: 0})
    M = s.g.node("M", s.Q[s.i, s.j] + h[s.t - 1, s.i] * h[s.t - 1, s.j], over=(s.t, s.i, s.j))
    s.g.update(h, tanh(Sum(inverse(M)[s.t, s.i, s.j] * s.x[s.t, s.j], s.j)))
    s.g.loss("L", Sum(h[s.t, s.i] ** 2, s.i, s.t) + Sum(solve(M, s.x)[s.t, s.i], s.i, s.t))


def factor_and_power(s: Names) -> None:
    """P_t = C C^T + Q^2/9 + P_{t-1}^-2/9 where C is the Cholesky factor of P_{t-1}, without its first column."""

    def law(P: Any) -> Any:
        factor = cholesky(P)
        whole = Sum(factor[s.t - 1, s.i, s.k] * factor[s.t - 1, s.j, s.k] * s.x[s.t, s.k] ** 2, s.k)
        return whole + s.Q[s.i, s.j] + matrix_power(P, -2)[s.t - 1, s.i, s.j] / 9

    P = s.g.recurrence("P", law, over=(s.t, s.i, s.j), start={0: s.V[s.i, s.j]}, symmetric=True)
    s.g.loss("L", Sum(P[s.T, s.i, s.j], s.i, s.j))


def backwards(s: Names) -> None:
    """P_t = (P_{t+1} + x_t x_t^T)^-1 from T + 1 down: the Riccati recursion of control."""
    (P,) = s.g.states("P", over=(s.t, s.i, s.j), start={s.T + 1: s.V[s.i, s.j]})
    M = s.g.node("M", P[s.t + 1, s.i, s.j] + s.x[s.t, s.i] * s.x[s.t, s.j] + s.Q[s.i, s.j], over=(s.t, s.i, s.j))
    s.g.update(P, inverse(M)[s.t, s.i, s.j])
    s.g.loss("L", Sum(P[1, s.i, s.j], s.i, s.j))


def whole_past(s: Names) -> None:
    """P_t = (V + sum of all P_s before t)^-1: recursive least squares in one line."""
    (P,) = s.g.states("P", over=(s.t, s.i, s.j), start={})
    M = s.g.node("M", s.V[s.i, s.j] + Sum(P[s.r, s.i, s.j], (s.r, 1, s.t - 1)), over=(s.t, s.i, s.j))
    s.g.update(P, inverse(M)[s.t, s.i, s.j])
    s.g.loss("L", Sum(P[s.t, s.i, s.j] * s.x[s.t, s.i], s.i, s.j, s.t))


def many(s: Names) -> None:
    """K such filters at once: P[k, t] = (P[k, t-1] + w_k Q)^-1."""
    c = s.g.index("c", s.g.size("K"))
    w = s.g.parameter("w", s.g._sizes["K"], domain="positive")
    (P,) = s.g.states("P", over=(c, s.t, s.i, s.j), start={(c, 0, s.i, s.j): s.V[s.i, s.j]})
    M = s.g.node("M", P[c, s.t - 1, s.i, s.j] + w[c] * s.Q[s.i, s.j], over=(c, s.t, s.i, s.j))
    s.g.update(P, inverse(M)[c, s.t, s.i, s.j])
    s.g.loss("L", Sum(P[c, s.T, s.i, s.j], s.i, s.j, c))


def values_of_a_state(s: Names) -> None:
    """P_t = Q + V / (sum of the roots of the eigenvalues of P_{t-1})."""

    def law(P: Any) -> Any:
        return s.Q[s.i, s.j] + s.V[s.i, s.j] / Sum(eigenvalues(P)[s.t - 1, s.k] ** 2, s.k)

    P = s.g.recurrence("P", law, over=(s.t, s.i, s.j), start={0: s.V[s.i, s.j]}, symmetric=True)
    s.g.loss("L", Sum(P[s.T, s.i, s.j], s.i, s.j))


def steps(first: Array, law: Callable[[Array, int], Array]) -> list[Array]:
    """The states 0..T of a loop."""
    found = [first]
    for t in range(T):
        found.append(law(found[-1], t))
    return found


def by_information(a: Any) -> Array:
    return (steps(a.V, lambda P, t: inv(inv(P) + a.Q))[-1] * a.x[-1][:, None]).sum()


def by_numbers(a: Any) -> Array:
    P = steps(a.V, lambda P, t: a.Q + (P.logdet() + 1 / P.det()) * torch.eye(N) / 9)
    return sum(p.logdet() * x[0] for p, x in zip(P[1:], a.x, strict=True))


def by_solution(a: Any) -> Array:
    M = lambda h: a.Q + torch.outer(h, h)  # noqa: E731
    h = steps(torch.zeros(N), lambda h, t: (inv(M(h)) @ a.x[t]).tanh())
    return sum((b**2).sum() + (inv(M(b0)) @ x).sum() for b0, b, x in zip(h, h[1:], a.x, strict=False))


def by_factor(a: Any) -> Array:
    def law(P: Array, t: int) -> Array:
        C = torch.linalg.cholesky(P)
        return C @ torch.diag(a.x[t] ** 2) @ C.T + a.Q + inv(P) @ inv(P) / 9

    return steps(a.V, law)[-1].sum()


def by_past(a: Any) -> Array:
    P: list[Array] = []
    for _ in range(T):
        P.append(inv(a.V + sum(P)))
    return sum((p * x[:, None]).sum() for p, x in zip(P, a.x, strict=True))


class Model(NamedTuple):
    write: Callable[[Names], None]
    torch: Callable[[Any], Array]
    forms: tuple[str, ...] = ()


MODELS = {
    "information": Model(information, by_information, ("Mₜ = Q + Pₜ₋₁⁻¹", "Pₜ = Mₜ⁻¹", "-Mₜ⁻¹ ∂L/∂Pₜ Mₜ⁻¹")),
    "numbers of a state": Model(numbers_of_a_state, by_numbers),
    "solution": Model(solution, by_solution, ("zₜ = Mₜ⁻¹ xₜ", "Mₜ = Q + hₜ₋₁ hₜ₋₁ᵀ")),
    "factor and power": Model(factor_and_power, by_factor),
    "backwards": Model(
        backwards,
        lambda a: steps(a.V, lambda P, t: inv(P + torch.outer(a.x[T - 1 - t], a.x[T - 1 - t]) + a.Q))[-1].sum(),
        ("Pₜ = Mₜ⁻¹",),
    ),
    "whole past": Model(whole_past, by_past, ("Pₜ = Mₜ⁻¹",)),
    "many": Model(many, lambda a: sum(steps(a.V, lambda P, t, w=w: inv(P + w * a.Q))[-1].sum() for w in a.w)),
    "values of a state": Model(
        values_of_a_state,
        lambda a: steps(a.V, lambda P, t: a.Q + a.V / (torch.linalg.eigvalsh(P) ** 2).sum())[-1].sum(),
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", MODELS)
def test_equal_to_torch(name: str) -> None:
    """The engine's own check, the forms on the page, and the code of both targets."""
    model, s = MODELS[name], names()
    model.write(s)
    d = s.g.derive()
    assert d.verify(points=6, conditions=False).ok
    page = re.sub(" +", " ", d.to_text(check=False, detail="full"))
    assert [form for form in model.forms if letters(form) not in letters(page)] == []
    assert "1[1 ≤" not in page
    rng = np.random.default_rng(5)
    sizes = {"n": N, "T": T, "K": K}
    torch.set_default_dtype(torch.float64)
    for target in ("numpy", "torch"):
        module = types.ModuleType("generated")
        exec(d.to_code(target), module.__dict__)
        shapes = {k: tuple(sizes[e] for e in dims) for k, dims in module.SHAPES.items()}
        given = {k: rng.normal(size=shape) for k, shape in shapes.items()}
        given |= {k: given[k] @ given[k].T / 4 + np.eye(N) for k in "VQ" if k in given}
        given |= {"w": np.abs(given["w"])} if "w" in given else {}
        tensors = {k: torch.tensor(v, requires_grad=True) for k, v in given.items()}
        loss = model.torch(types.SimpleNamespace(**tensors))
        loss.backward()
        more = {k: sizes[k] for k in module.SIZES}
        arrays = given if target == "numpy" else {k: torch.tensor(v) for k, v in given.items()}
        assert float(module.forward(**arrays, **more)["L"]) == pytest.approx(loss.item(), rel=1e-9)
        for wanted, gradient in module.backward(**arrays, **more).items():
            truth = torch.zeros(()) if tensors[wanted].grad is None else tensors[wanted].grad
            np.testing.assert_allclose(np.asarray(gradient), np.broadcast_to(truth, gradient.shape), 1e-8, 1e-12)
    torch.set_default_dtype(torch.float32)


def test_a_state_that_is_not_seen_to_stay_symmetric_is_refused() -> None:
    s = names()
    A = s.g.parameter("A", s.n, s.n)
    (P,) = s.g.states("P", over=(s.t, s.i, s.j), start={0: s.V[s.i, s.j]}, symmetric=True)
    with pytest.raises(ModelError, match=r"P is declared symmetric, but P\[t, i, j\] = .* exchanging i and j") as law:
        s.g.update(P, Sum(A[s.i, s.k] * P[s.t - 1, s.k, s.j], s.k))
    assert "\n" not in str(law.value)
    with pytest.raises(ModelError, match=r"P is declared symmetric, but P\[0, i, j\] = A\[i, j\]"):
        names_ = names()
        A = names_.g.parameter("A", names_.n, names_.n)
        start = {0: A[names_.i, names_.j]}
        names_.g.recurrence(
            "P", lambda P: P[names_.t - 1, names_.i, names_.j], (names_.t, names_.i, names_.j), start, True
        )
    with pytest.raises(ModelError, match="symmetric=True is said of a square matrix"):
        s.g.states("h", over=s.t, start={0: 0}, symmetric=True)


def test_a_function_of_the_same_step_is_a_cycle() -> None:
    s = names()
    with pytest.raises(ModelError, match="is not a recurrence") as cycle:
        P = s.g.states("P", over=(s.t, s.i, s.j), start={0: s.V[s.i, s.j]})[0]
        s.g.update(P, inverse(P)[s.t, s.i, s.j] + s.Q[s.i, s.j])
        s.g.loss("L", Sum(P[s.T, s.i, s.i], s.i))
        s.g.derive()
    assert "\n" not in str(cycle.value)


def test_the_inverse_of_a_state_with_a_closed_form() -> None:
    """S_t = S_{t-1} + x_t x_t^T has one, I + sum_s x_s x_s^T; its inverse is still that of S, by torch."""
    g = Graph("online ridge")
    T, n = g.size("T"), g.size("n")
    t, (i, j) = g.index("t", T), g.indices("i j", n)
    x, w = g.input("x", T, n, gradient=True), g.parameter("w", n)
    (S,) = g.states("S", over=(t, i, j), start={0: KroneckerDelta(i, j)}, symmetric=True)
    g.update(S, S[t - 1, i, j] + x[t, i] * x[t, j])
    g.loss("L", Sum(w[i] * inverse(S)[t, i, j] * x[t, j], t, i, j))
    solution = g.derive()
    assert "(St-1)ij" in letters(solution.to_text(check=False)) and solution.verify(points=20, conditions=False).ok
    a, b = torch.randn(4, 3, dtype=torch.float64, requires_grad=True), torch.randn(3, dtype=torch.float64)
    state, loss = torch.eye(3, dtype=torch.float64), 0
    for now in a:
        state = state + torch.outer(now, now)
        loss = loss + b @ torch.linalg.solve(state, now)
    module = types.ModuleType("made")
    exec(solution.to_code("torch", check=False), module.__dict__)
    assert torch.allclose(module.backward(x=a.detach(), w=b)["x"], torch.autograd.grad(loss, a)[0], atol=1e-12)
