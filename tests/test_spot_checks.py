"""Statements of the sheets that a reviewer recomputed with separate code: what is printed, and that it is right.

A formula is compared with the string that stands in a box, and the same formula is computed here with plain numpy or
torch. Nothing of the engine evaluates it.
"""

from __future__ import annotations

import itertools
from fractions import Fraction
from functools import cache

import numpy as np
import pytest
import torch
from alphabets import letters
from generated import loaded

from derive.problems import load
from derive.topics.worked.numbers_as_typed import parse
from derive.topics.worked.worked import work
from tests.shared_sheets import sheet

LANGUAGES = ("en", "zh")
RNG = np.random.default_rng(0)


@cache
def page(*words: str, lang: str = "en", detail: str = "brief") -> str:
    """A sheet as text, without its line breaks."""
    return " ".join(
        sheet(words[0], (*words[1:], "--detail", detail, "--format", "text", "--no-check", "--lang", lang))[0].split()
    )


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize(
    ("words", "box"),
    [
        (("bptt",), "∂L/∂wₕₕ = ∂L/∂o_T w_qh Σ_{t=1..T} wₕₕ^(T-t) hₜ₋₁"),
        (("bptt",), "∂L/∂wₕₓ = ∂L/∂o_T w_qh Σ_{t=1..T} wₕₕ^(T-t) xₜ"),
        (("lstm",), "b_f ≥ r_f - log (2^(1/k) - 1)"),
        (("batch-norm",), "1/s_d (∂L/∂x̂_nd - 1/N Σ_{m=1..N} ∂L/∂x̂_md"),
        (("batch-norm",), "- x̂_nd/N Σ_{m=1..N} ∂L/∂x̂_md x̂_md)"),
        (("layer-norm",), "1/sₙ (∂L/∂x̂_nd - 1/D Σ_{k=1..D} ∂L/∂x̂ₙₖ - x̂_nd/D Σ_{k=1..D} ∂L/∂x̂ₙₖ x̂ₙₖ)"),
        (("weight-norm",), "∂L/∂v = g/n ∂L/∂w - g/n² ∂L/∂g v"),
        (("weight-norm",), "∂L/∂g = 1/n Σ_{j=1..D} ∂L/∂wⱼ vⱼ"),
        (("dropout",), "E[r²] = e² + p/(1 - p) Σ_{j=1..D} wⱼ² xⱼ²"),
        (("dropout",), "∂J/∂p = 1/(1 - p)² Σ_{j=1..D} wⱼ² xⱼ²"),
        (("adam",), "θₜ = θₛₜₐᵣₜ - α g/(|g| + ε) t"),
        (("softmax-ce",), "∂L/∂z = p - y"),
        (("softmax-ce", "--labels", "any"), "∂L/∂z = (𝟏_Cᵀ y) p - y"),
        (("attention",), "∂L/∂Q = 1/√(D) ∂L/∂S K"),
        (("attention",), "∂L/∂K = 1/√(D) (∂L/∂S)ᵀ Q"),
        (("attention",), "∂L/∂V = Aᵀ ∂L/∂O"),
        (("max",), "∂L/∂xᵢ = pᵢ ∂L/∂y (1 - y/τ + xᵢ/τ)"),
    ],
)
def test_what_stands_in_the_box(words, box, lang):
    assert letters(box) in letters(page(*words, lang=lang))


def test_backpropagation_through_seven_steps():
    """L = sin(o_T): the two boxes of bptt, in torch."""
    x = torch.tensor(RNG.normal(size=7))
    hx, hh, qh = (torch.tensor(v, dtype=torch.float64, requires_grad=True) for v in (0.7, -0.9, 1.3))
    states = [torch.zeros((), dtype=torch.float64)]
    for t in range(7):
        states.append(hx * x[t] + hh * states[-1])
    o = qh * states[-1]
    torch.sin(o).backward()
    slope, w = np.cos(o.item()) * qh.item(), hh.item()
    by_hh = slope * sum(w ** (7 - t) * states[t - 1].item() for t in range(1, 8))
    by_hx = slope * sum(w ** (7 - t) * x[t - 1].item() for t in range(1, 8))
    assert [hh.grad.item(), hx.grad.item()] == pytest.approx([by_hh, by_hx], rel=1e-12)


@pytest.mark.parametrize("k", [1, 10, 100])
def test_the_bias_of_a_gate_keeps_exactly_a_half(k):
    """b = r - log(2^(1/k) - 1): the least gate is sigma(b - r), and its k-th power is 1/2."""
    assert (1 / (1 + np.exp(np.log(2 ** (1 / k) - 1)))) ** k == pytest.approx(0.5, rel=1e-12)


@pytest.mark.parametrize("axis", [0, 1])
def test_normalisation(axis):
    """1/s (g - mean of g - x_hat times the mean of g x_hat), over the batch or over the features."""
    x = torch.tensor(RNG.normal(size=(4, 3)), requires_grad=True)
    g = torch.tensor(RNG.normal(size=(4, 3)))
    s = torch.sqrt(x.var(axis, unbiased=False, keepdim=True) + 1e-5)
    hat = (x - x.mean(axis, keepdim=True)) / s
    (hat * g).sum().backward()
    with torch.no_grad():
        found = (g - g.mean(axis, keepdim=True) - hat * (g * hat).mean(axis, keepdim=True)) / s
    assert torch.allclose(x.grad, found, rtol=1e-10)


def test_weight_normalisation():
    """w = g v/n: the box of v, which is orthogonal to v."""
    v = torch.tensor(RNG.normal(size=4), requires_grad=True)
    scale, up = torch.tensor(1.7, dtype=torch.float64, requires_grad=True), torch.tensor(RNG.normal(size=4))
    n = v.norm()
    (scale * v / n * up).sum().backward()
    by_g = (up * v).sum() / n
    found = (scale / n * up - scale / n**2 * by_g * v).detach()
    assert torch.allclose(v.grad, found) and scale.grad.item() == pytest.approx(by_g.item())
    assert abs(float(v.detach() @ found)) < 1e-12


def test_dropout_over_all_masks():
    """E[r^2] with r = sum of w_j x_j m_j/(1 - p) - y is e^2 + p/(1 - p) sum of w_j^2 x_j^2, over 16 masks."""
    w, x, y, p = (
        [Fraction(k, 7) for k in (1, -3, 2, 5)],
        [Fraction(k, 3) for k in (2, 1, -4, 1)],
        Fraction(1, 2),
        Fraction(1, 4),
    )
    mean = Fraction(0)
    for mask in itertools.product((0, 1), repeat=4):
        weight = np.prod([(1 - p) if m else p for m in mask])
        r = sum(a * b * m / (1 - p) for a, b, m in zip(w, x, mask, strict=True)) - y
        mean += weight * r**2
    e = sum(a * b for a, b in zip(w, x, strict=True)) - y
    noise = sum(a**2 * b**2 for a, b in zip(w, x, strict=True))
    assert mean == e**2 + p / (1 - p) * noise and noise / (1 - p) ** 2 >= 0


def test_adam_under_a_constant_gradient():
    """theta_t = theta_0 - alpha g t/(|g| + eps), nine steps of torch.optim.Adam."""
    theta, g = torch.nn.Parameter(torch.tensor(2.0, dtype=torch.float64)), -0.3
    adam = torch.optim.Adam([theta], lr=0.1, eps=0.01)
    for t in range(1, 10):
        theta.grad = torch.tensor(g, dtype=torch.float64)
        adam.step()
        assert theta.item() == pytest.approx(2 - 0.1 * g * t / (abs(g) + 0.01), rel=1e-12)


def test_softmax_with_cross_entropy():
    """p - y where the labels sum to 1, else p sum(y) - y."""
    for y in ([0.2, 0.3, 0.5], [1.0, 2.0, 0.5]):
        z, label = (
            torch.tensor([0.4, -1.0, 2.0], dtype=torch.float64, requires_grad=True),
            torch.tensor(y, dtype=torch.float64),
        )
        (-(label * torch.log_softmax(z, 0)).sum()).backward()
        assert torch.allclose(z.grad, torch.softmax(z.detach(), 0) * label.sum() - label)


def test_attention():
    """dS = A * (dO V' - the row sums of A * dO V'), and the three boxes."""
    q, k, v, up = (torch.tensor(RNG.normal(size=s), requires_grad=True) for s in ((3, 2), (4, 2), (4, 5), (3, 5)))
    a = torch.softmax(q @ k.T / 2**0.5, dim=1)
    (a @ v * up.detach()).sum().backward()
    with torch.no_grad():
        back = up @ v.T
        s = a * (back - (a * back).sum(1, keepdim=True))
        assert torch.allclose(q.grad, s @ k / 2**0.5) and torch.allclose(k.grad, s.T @ q / 2**0.5)
        assert torch.allclose(v.grad, a.T @ up)


def test_the_numbers_of_the_convolution():
    """By hand: outputs 10, 12, 14; dL/dw 3, 6, 15, 18; dL/dx -1, 0, 0, 1 and 1, 2, 2, 1."""
    words = sheet("conv2d", ("--format", "text"))[0].split()
    for row in (["10", "12", "14"], ["3", "6", "15", "18"], ["-1", "0", "0", "1"], ["1", "2", "2", "1"]):
        assert set(row) <= set(words)


def test_softmax_in_the_place_of_a_maximum():
    """y = sum of p_i x_i with p = softmax(x/tau): the box p_i (1 - y/tau + x_i/tau)."""
    x, tau = torch.tensor([0.3, -1.0, 2.0], dtype=torch.float64, requires_grad=True), 0.7
    p = torch.softmax(x / tau, 0)
    y = (p * x).sum()
    y.backward()
    assert torch.allclose(x.grad, (p * (1 - y / tau + x / tau)).detach())


@pytest.mark.parametrize(
    ("values", "slopes"), [((1, 1, 0), (0.5, 0.5, 0)), ((1, 1, 1), (1 / 3,) * 3), ((0, 2, 1), (0, 1, 0))]
)
def test_ties_of_a_maximum_are_those_of_amax(values, slopes):
    """The box, the sentence above it and the generated code: n arguments that tie have 1/n each."""
    assert "each of them takes 1/n of the derivative, as in torch.amax" in page("max")
    d = load("max").readings[0].build().derive()
    given = {f"x{n}": np.float64(v) for n, v in enumerate(values, 1)}
    code = loaded(d.to_code("numpy"))
    found = code["backward"](**given, cotangent=np.float64(1))
    assert [float(found[f"x{n}"]) for n in (1, 2, 3)] == pytest.approx(slopes)
    x = torch.tensor(values, dtype=torch.float64, requires_grad=True)
    x.amax().backward()
    assert x.grad.tolist() == pytest.approx(slopes)


@pytest.mark.parametrize("reading", [0, 1])
def test_the_numbers_of_the_two_layers_by_hand(reading):
    """z = W x + b, a_1 = max(0, z_1), the output with x_1 (as printed) or with a_2 (as meant), L = (a - y)^2/2."""
    problem = load("relu-mse").readings[reading]
    d, at = problem.build().derive(), parse(problem.wishes["example"].at)
    v = {name: Fraction(text) for name, text in at.items()}
    z1 = v["w11"] * v["x1"] + v["w12"] * v["x2"] + v["b1"]
    z2 = v["w21"] * v["x1"] + v["w22"] * v["x2"] + v["b2"]
    a1, a2 = max(z1, 0), max(z2, 0)
    second = a2 if reading else v["x1"]
    a = v["w31"] * a1 + v["w32"] * second
    found = work(d.derivation, d.sizes, at)
    assert found.value("a") == a and found.value("L") == (a - v["y"]) ** 2 / 2
    assert found.adjoint("w31") == (a - v["y"]) * a1 and found.adjoint("w32") == (a - v["y"]) * second
    assert found.adjoint("w11") == (a - v["y"]) * v["w31"] * (z1 > 0) * v["x1"]


SAID = [
    # words of the sheet, what it says, what it must not say
    (("bptt",), ("gradient need not converge", "bounds what is dropped: ‖R_K‖₂ ≤ G"), ("it converges as the",)),
    (("bptt", "--loss-at", "every"), ("gradient of each loss term", "(Σ_{s=1..T} ‖∂⁺L/∂hₛ‖₂)"), ("it converges",)),
    (("rnn", "--activation", "identity"), ("neither ρ(Wₕₕ) = 1 if and only if",), ("keep their size",)),
    (("rnn",), ("every step multiplies by the same matrix",), ("by the same ρ",)),
    (("bptt",), ("The norm of the clipped gradient", "the learning rate times τ"), ("step is never longer",)),
    (("lasso",), ("does not keep such a weight at zero",), ("the weight stays zero",)),
]  # fmt: skip


@pytest.mark.parametrize(("words", "said", "never"), SAID)
def test_what_the_sheets_say(words, said, never):
    text = page(*words, detail="full")
    assert all(letters(s) in letters(text) for s in said), text
    assert not any(letters(s) in letters(text) for s in never)


def test_gradient_descent_does_not_keep_a_weight_of_the_lasso_at_zero():
    """w = 0, strength 1, rest 0.1, rate 0.1, sign(0) = 0: -0.01, 0.08, -0.03, 0.06, by the printed update."""
    w, seen = Fraction(0), []
    for _ in range(4):
        w -= Fraction(1, 10) * (((w > 0) - (w < 0)) + Fraction(1, 10))
        seen.append(float(w))
    assert seen == pytest.approx([-0.01, 0.08, -0.03, 0.06])


def test_an_orthogonal_matrix_keeps_every_adjoint():
    q, _ = np.linalg.qr(RNG.normal(size=(5, 5)))
    back = np.linalg.matrix_power(q.T, 100) @ np.ones(5)
    assert np.linalg.norm(back) == pytest.approx(5**0.5, rel=1e-12)
