"""The losses and optimisers of the catalogue: equal to torch's own functions, and printed as textbooks have them.

The references are torch's losses where torch has one, else the formula of the paper in torch, without ours.
"""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F
from alphabets import letters
from generated import loaded
from torch.distributions import Categorical, kl_divergence

from derive import Graph, Piecewise, Sum, exp, log, sigmoid, softmax
from derive.problems import load

N, C, D, T, B, K = 4, 5, 3, 2, 2, 3
EPS, RNG = 0.2, torch.Generator().manual_seed(0)


def normal(*shape, scale=1.0):
    return scale * torch.randn(shape, generator=RNG, dtype=torch.float64)


def labels(*shape, among=C):
    return torch.randint(among, shape, generator=RNG)


def one_hot(t, among=C):
    return F.one_hot(t, among).double()


def number(value):
    return torch.tensor(value, dtype=torch.float64)


def chosen(z, y):
    """The log-probability of tokens y under the scores z, summed over the last axis."""
    return torch.log_softmax(z, -1).gather(-1, y[..., None])[..., 0].sum(-1)


def dpo(w, r_w, l_, r_l, beta):
    return -F.logsigmoid(beta * ((w - r_w) - (l_ - r_l))).mean()


def ppo(a):
    r = torch.exp(a["ell"] - a["o"])
    return -torch.min(r * a["A"], r.clamp(1 - a["epsilon"], 1 + a["epsilon"]) * a["A"]).mean()


def grpo(a):
    A = (a["R"] - a["R"].mean()) / (a["R"].std(correction=0) + a["epsilon"])
    r, u = torch.exp(a["ell"] - a["ell"].detach()), a["ell_ref"] - a["ell"]
    return -(r * A[:, None] - a["beta"] * (torch.exp(u) - u - 1)).mean()


def focal(a):
    log_p = torch.log_softmax(a["z"], 1).gather(1, a["t"][:, None])[:, 0]
    return ((1 - log_p.exp()) ** a["gamma"] * -log_p).mean()


def jsd(a):
    p, q = a["z"].softmax(0), a["u"].softmax(0)
    m = Categorical((p + q) / 2)
    return (kl_divergence(Categorical(p), m) + kl_divergence(Categorical(q), m)) / 2


def triplet(power):
    def loss(a):
        d_p, d_q = ((a["a"] - a[x]).pow(2).sum(1).pow(power / 2) for x in "pq")
        return F.relu(d_p - d_q + a["m"]).mean()

    return loss


def info_nce(both):
    def loss(a):
        s, t = a["U"] @ a["V"].T / a["tau"], torch.arange(len(a["U"]))
        return (F.cross_entropy(s, t) + F.cross_entropy(s.T, t)) / 2 if both else F.cross_entropy(s, t)

    return loss


def chunks(a):
    z = torch.einsum("nd,bkd->nbk", a["X"], a["W"]).flatten(1)
    return F.cross_entropy(z, a["y"].flatten(1))


X, W, LABELS = normal(N, D), normal(C, D), labels(N)
ROWS, ONE = normal(N, C), one_hot(LABELS)
RATIOS = torch.tensor([0.4, -0.4, 0.05, 0.4, -0.4, -0.05], dtype=torch.float64)  # both sides of the clip, and inside
ADVANTAGES = torch.tensor([1.5, -2.0, 1.0, -0.5, 0.7, 0.0], dtype=torch.float64)
ELL = normal(6)
LOSSES = {
    ("linear-cross-entropy", 0): ({"X": X, "W": W, "y": ONE}, lambda a: F.cross_entropy(a["X"] @ a["W"].T, LABELS)),
    ("linear-cross-entropy", 1): ({"X": X, "W": W, "t": LABELS}, lambda a: F.cross_entropy(a["X"] @ a["W"].T, a["t"])),
    ("linear-cross-entropy", 2): (
        {"X": X, "W": normal(B, K, D), "y": one_hot(labels(N, among=B * K), B * K).reshape(N, B, K)},
        chunks,
    ),
    ("label-smoothing", 0): (
        {"z": ROWS, "y": ONE, "epsilon": number(EPS)},
        lambda a: F.cross_entropy(a["z"], LABELS, label_smoothing=EPS),
    ),
    ("z-loss", 0): (
        {"z": ROWS, "y": ONE, "zeta": number(0.3)},
        lambda a: F.cross_entropy(a["z"], LABELS) + a["zeta"] * (a["z"].logsumexp(1) ** 2).mean(),
    ),
    ("kl-divergence", 0): (
        {"z": normal(C), "u": normal(C)},
        lambda a: F.kl_div(a["u"].log_softmax(0), a["z"].log_softmax(0), reduction="sum", log_target=True),
    ),
    ("kl-divergence", 1): (
        {"u": ROWS, "p": normal(N, C).softmax(1), "tau": number(2.5)},
        lambda a: a["tau"] ** 2 * F.kl_div((a["u"] / a["tau"]).log_softmax(1), a["p"], reduction="batchmean"),
    ),
    ("jsd", 0): ({"z": normal(C), "u": normal(C)}, jsd),
    ("dpo", 0): (
        {**{name: normal(N) for name in ("ell_w", "r_w", "ell_l", "r_l")}, "beta": number(0.7)},
        lambda a: dpo(a["ell_w"], a["r_w"], a["ell_l"], a["r_l"], a["beta"]),
    ),
    ("dpo", 1): (
        {
            **{"z_w": normal(N, T, C), "z_l": normal(N, T, C), "y_w": labels(N, T), "y_l": labels(N, T)},
            **{"r_w": normal(N), "r_l": normal(N), "beta": number(0.7)},
        },
        lambda a: dpo(chosen(a["z_w"], a["y_w"]), a["r_w"], chosen(a["z_l"], a["y_l"]), a["r_l"], a["beta"]),
    ),
    ("ppo-clip", 0): ({"ell": ELL, "o": ELL - RATIOS, "A": ADVANTAGES, "epsilon": number(EPS)}, ppo),
    ("ppo-clip", 1): ({"ell": ELL, "o": ELL - RATIOS, "A": ADVANTAGES, "epsilon": number(EPS)}, ppo),
    ("grpo", 0): (
        {"ell": normal(N, T), "ell_ref": normal(N, T), "R": normal(N), "beta": number(0.1), "epsilon": number(1e-4)},
        grpo,
    ),
    ("info-nce", 0): ({"U": normal(N, D), "V": normal(N, D), "tau": number(0.5)}, info_nce(both=False)),
    ("info-nce", 1): ({"U": normal(N, D), "V": normal(N, D), "tau": number(0.5)}, info_nce(both=True)),
    ("triplet", 0): ({"a": normal(N, D), "p": normal(N, D), "q": normal(N, D), "m": number(0.5)}, triplet(2)),
    ("triplet", 1): (
        {"a": normal(N, D), "p": normal(N, D), "q": normal(N, D), "m": number(0.5)},
        lambda a: F.triplet_margin_loss(a["a"], a["p"], a["q"], margin=0.5, eps=0),
    ),
    ("focal", 0): (
        {"z": normal(N), "y": torch.sign(normal(N)), "gamma": number(2.0)},
        lambda a: ((1 - torch.sigmoid(a["y"] * a["z"])) ** 2 * -F.logsigmoid(a["y"] * a["z"])).mean(),
    ),
    ("focal", 1): ({"z": ROWS, "t": LABELS, "gamma": number(1.5)}, focal),
}


@pytest.mark.parametrize(("name", "reading"), LOSSES, ids=lambda v: str(v))
@pytest.mark.parametrize("target", ["numpy", "torch"])
def test_equal_to_torch(name, reading, target):
    """The generated code gives torch's loss and torch's gradients in float64."""
    given, reference = LOSSES[name, reading]
    solution = load(name).readings[reading].build().derive()
    wanted = solution.derivation.wanted
    leaves = {n: a.clone().requires_grad_(n in wanted) for n, a in given.items()}
    loss = reference(leaves)
    truth = dict(zip(wanted, torch.autograd.grad(loss, [leaves[n] for n in wanted]), strict=True))
    code = loaded(solution.to_code(target, check=False))
    arrays = given if target == "torch" else {n: a.numpy() for n, a in given.items()}
    value = float(code["forward"](**arrays)[solution.derivation.model.loss.name])
    assert value == pytest.approx(loss.item(), rel=1e-12)
    found = code["backward"](**arrays)
    for n, expected in truth.items():
        assert torch.allclose(torch.as_tensor(found[n]), expected, rtol=1e-11, atol=1e-14), n


SCORES = {"z": 200, "u": 200, "U": 10, "V": 10, "X": 10, "W": 10, "ell_w": 200, "ell_l": 200, "z_w": 200, "z_l": 200}


@pytest.mark.parametrize(("name", "reading"), LOSSES, ids=lambda v: str(v))
def test_scores_that_overflow_in_float32(name, reading):
    """In float32 at scores of some hundreds the code is about as exact as torch's own functions."""
    given, reference = LOSSES[name, reading]
    solution = load(name).readings[reading].build().derive()
    wanted = solution.derivation.wanted
    large = {n: a * SCORES.get(n, 1) if a.is_floating_point() else a for n, a in given.items()}

    def by_torch(dtype):
        leaves = {
            n: (a.to(dtype) if a.is_floating_point() else a).clone().requires_grad_(n in wanted)
            for n, a in large.items()
        }
        return torch.autograd.grad(reference(leaves), [leaves[n] for n in wanted])

    def error(value, truth):
        return float((torch.as_tensor(value).double() - truth).abs().max() / truth.abs().max().clamp(min=1))

    small = {n: a.float() if a.is_floating_point() else a for n, a in large.items()}
    for target in ("numpy", "torch"):
        arrays = small if target == "torch" else {n: a.numpy() for n, a in small.items()}
        found = loaded(solution.to_code(target, check=False))["backward"](**arrays)
        for n, truth, same in zip(wanted, by_torch(torch.float64), by_torch(torch.float32), strict=True):
            assert error(found[n], truth) <= max(2e-4, 10 * error(same, truth)), (target, n)


BOXES = {
    ("linear-cross-entropy", 0): ("∂L/∂X = 1/N (p - y) W", "∂L/∂W = 1/N (p - y)ᵀ X"),
    ("linear-cross-entropy", 1): ("∂L/∂X_nd = 1/N (Σ_{i=1..V} W_id pₙᵢ - W_{tₙ,d})",),
    ("linear-cross-entropy", 2): ("∂L/∂X_nd = 1/N Σ_{b=1..B} Σ_{k=1..K} W_bkd (q_nbk r_nb - y_nbk)",),
    ("label-smoothing", 0): ("∂L/∂z = 1/N (p - q)",),
    ("z-loss", 0): ("∂L/∂zₙᵢ = 1/N (pₙᵢ + 2 pₙᵢ sₙ ζ - yₙᵢ)",),
    ("kl-divergence", 0): ("∂L/∂zᵢ = pᵢ (log (pᵢ/qᵢ) - L)", "∂L/∂u = q - p"),
    ("kl-divergence", 1): ("∂L/∂u = τ/N (q - p)",),
    ("jsd", 0): ("∂J/∂zᵢ = 1/2 pᵢ (log (pᵢ/mᵢ) - Kₚ)", "∂J/∂uᵢ = 1/2 qᵢ (log (qᵢ/mᵢ) - K_q)"),
    ("dpo", 0): ("∂L/∂ℓ_w = -β/N σ(-δ)", "∂L/∂ℓₗ = β/N σ(-δ)"),
    ("dpo", 1): ("∂L/∂z_{w,nti} = β (p_{w,nti} - δ_{y_{w,nt},i}) σ(-δₙ)/N",),
    ("grpo", 0): ("∂L/∂ℓᵢₜ = -(β (exp(uᵢₜ) - 1) + Aᵢ rᵢₜ)/(G T)",),
    ("info-nce", 0): ("∂L/∂U = 1/(N τ) (p V - V)", "∂L/∂V = 1/(N τ) (pᵀ U - U)"),
    ("triplet", 0): ("∂L/∂q_nd = 2 (a_nd - q_nd) · 1[d_{p,n} - d_{q,n} + m > 0]/N",),
    ("focal", 0): ("∂L/∂zₙ = yₙ (1 - pₙ)^γ (γ pₙ log pₙ - 1 + pₙ)/N",),
    ("focal", 1): ("∂L/∂zₙᵢ = ∂L/∂qₙ p_{n,tₙ} (δ_{tₙ,i} - pₙᵢ)",),
    ("muon", 0): ("∂L/∂X = ∂L/∂A X + (∂L/∂A)ᵀ X + a ∂L/∂Y + B ∂L/∂Y",),
    ("muon", 1): ("∂L/∂s = ∂L/∂σ_T Π_{l=0..T-1} (a + 3 b σₗ² + 5 c σₗ⁴)",),
    ("adamw", 0): ("θₜ = θₛₜₐᵣₜ (1 - α λ)^t - g (1 - (1 - α λ)^t)/(λ (ε + |g|))",),
    ("adamw", 1): ("∂Δ/∂θ = -α λ ε/(ε + |d|)²",),
    ("adamw", 2): ("∂Δ/∂θ = -α λ",),
    ("adafactor", 1): ("Sₜ = A B (1 - β^t)", "V̂ₜᵢⱼ = aᵢ bⱼ (1 - β^t)", "Vₜᵢⱼ = aᵢ bⱼ (1 - β^t)"),
}


@pytest.mark.parametrize(("name", "reading"), BOXES, ids=lambda v: str(v))
def test_printed_as_in_a_textbook(name, reading):
    text = load(name).readings[reading].build().derive().to_text(check=False)
    boxed = [" ".join(line.strip(" │").split()) for line in text.splitlines() if "│" in line]
    assert not set(letters(set(BOXES[name, reading]))) - set(letters(set(boxed))), boxed


def test_the_regions_of_the_clip():
    """Zero where A > 0 and r > 1 + epsilon, and where A <= 0 and r < 1 - epsilon."""
    text = load("ppo-clip").readings[1].build().derive().to_text(check=False)
    box = "".join(line.strip(" │") for line in text.splitlines() if "│" in line)
    up, down = "{1 [rₙ ≤ 1 + ε]; 0 [rₙ > 1 + ε]} [Aₙ > 0]", "{1 [rₙ ≥ 1 - ε]; 0 [rₙ < 1 - ε]} [Aₙ ≤ 0]"
    assert box == f"∂L/∂ℓₙ = -Aₙ rₙ/N {{{up};{down}}}"


def boxes(g):
    return [line.strip(" │") for line in g.derive().to_text(check=False).splitlines() if "│" in line]


def small(*sizes):
    g = Graph("small")
    return g, *(g.size(s) for s in sizes)


def test_a_label_as_a_position_in_any_spelling():
    """p - [i = t]: by a softmax, by a log-softmax written out, and where the loss is weighted."""
    for write in ("log(p)", "log_softmax", "weighted"):
        g, n_, c_ = small("N", "C")
        n, (i, k) = g.index("n", n_), g.indices("i k", c_)
        z, t, w = g.parameter("z", n_, c_), g.positions("t", n_, among=c_), g.constant("w", n_)
        p = g.node("p", softmax(z[n, i], i), over=(n, i))
        ell = g.node("ell", z[n, i] - log(Sum(exp(z[n, k]), k)), over=(n, i))
        terms = {"log(p)": log(p[n, t[n]]), "log_softmax": ell[n, t[n]], "weighted": w[n] * log(p[n, t[n]])}
        g.loss("L", -Sum(terms[write], n))
        front = "wₙ (" if write == "weighted" else ""
        assert letters(boxes(g)) == letters([f"∂L/∂zₙᵢ = {front}pₙᵢ - δ_{{tₙ,i}}{(')' if front else '')}"])
        g.derive().verify(points=60).require()


def test_two_of_several_by_number():
    """With z_1 and z_2 read, there are two at least: no min(2, C) is left in any line."""
    g, c_ = small("C")
    i, k = g.indices("i k", c_)
    z, r, beta = g.parameter("z", c_), g.constant("r", c_), g.constant("beta", domain="positive")
    p = g.node("p", exp(z[i]) / Sum(exp(z[k]), k), over=i)
    delta = g.node("delta", beta * ((log(p[1]) - r[1]) - (log(p[2]) - r[2])))
    g.loss("L", -log(sigmoid(delta)))
    text = g.derive().to_text(check=False)
    assert "min(2" not in text
    assert letters("(one minus σ(δ) is σ(-δ))") in letters(g.derive().to_text(check=False, detail="full"))
    g.derive().verify(points=60).require()


def test_cases_within_cases_keep_their_order():
    """x by the sign of a, then by its own: one function by cases, and nothing flows where neither holds."""
    g = Graph("cases")
    x, a = g.parameter("x"), g.constant("a")
    g.loss("L", Piecewise((Piecewise((x**2, x > 1), (x, True)), a > 0), (Piecewise((-x, x > 1), (3, True)), True)))
    g.derive().verify(points=200).require()
    code = loaded(g.derive().to_code())
    slopes = [float(code["backward"](x=x, a=a)["x"]) for x, a in ((2.0, 1.0), (0.5, 1.0), (2.0, -1.0), (0.5, -1.0))]
    assert slopes == [4, 1, -1, 0]


def test_what_the_remarks_on_newton_schulz_say():
    """The step acts on singular values. By 15/8, -10/8, 3/8 they tend to 1; by Muon's numbers they come near it."""
    X = normal(3, 5)
    U, S, V = torch.linalg.svd(X / X.norm(), full_matrices=False)

    def step(X, a, b, c):
        A = X @ X.T
        return a * X + (b * A + c * A @ A) @ X

    def law(s, a, b, c):
        return a * s + b * s**3 + c * s**5

    muon, slow = (3.4445, -4.7750, 2.0315), (15 / 8, -10 / 8, 3 / 8)
    assert torch.allclose(step(X / X.norm(), *muon), U @ torch.diag(law(S, *muon)) @ V, atol=1e-13)
    s = torch.linspace(0.01, 1, 100, dtype=torch.float64)
    assert torch.allclose(1 - law(s, *slow), (1 - s) ** 3 * (3 * s**2 + 9 * s + 8) / 8, atol=1e-14)
    assert law(1.0, *muon) == pytest.approx(0.701, abs=1e-12)
    Y, values = X / X.norm(), s
    for _ in range(30):
        Y, values = step(Y, *slow), law(values, *muon)
    assert torch.allclose(Y, U @ V, atol=1e-12)
    assert 0.65 < values.min() < values.max() < 1.25


def test_what_the_remarks_on_adafactor_say():
    """At r = R, c = C over the sum of V both gradients of the divergence are 0, and elsewhere it is larger."""
    V = normal(3, 4).exp()
    r, c = V.sum(1).requires_grad_(), (V.sum(0) / V.sum()).requires_grad_()

    def divergence(r, c):
        near = torch.outer(r, c)
        return (V * torch.log(V / near) - V + near).sum()

    for slope in torch.autograd.grad(divergence(r, c), [r, c]):
        assert slope.abs().max() < 1e-12
    assert all(divergence(r * normal(3, scale=0.1).exp(), c) > divergence(r, c) for _ in range(5))
