"""Words about normal laws, and the problems built of them, against torch.distributions and autograd."""

import numpy as np
import pytest
import torch
from generated import loaded
from sympy import S, Symbol, expand, expand_log

from derive import Expectation, Graph, ModelError, entropy_normal, kl_normal, normal_logpdf
from derive.problems import load

laws = torch.distributions
AT = {"m": 0.3, "n": -0.7, "a": 0.8, "b": 1.7}


def scalars():
    """Two means and two variances."""
    g = Graph("two laws")
    return g, *g.parameters("m n"), *(g.parameter(name, domain="positive") for name in "ab")


def number(expr):
    """A formula at these numbers."""
    return float(expr.subs({s: S(repr(AT[str(s)])) for s in expr.free_symbols}).evalf())


def normal(mean, variance):
    """A law of torch."""
    return laws.Normal(torch.tensor(mean).double(), torch.tensor(variance).double().sqrt())


def test_scalars_are_torchs():
    """Divergence, entropy, density."""
    _, m, n, a, b = scalars()
    p, q = normal(AT["m"], AT["a"]), normal(AT["n"], AT["b"])
    assert number(kl_normal(m, a, n, b)) == pytest.approx(float(laws.kl_divergence(p, q)), rel=1e-6)
    assert number(kl_normal(m, a)) == pytest.approx(float(laws.kl_divergence(p, normal(0.0, 1.0))), rel=1e-6)
    assert number(entropy_normal(a)) == pytest.approx(float(p.entropy()), rel=1e-6)
    assert number(normal_logpdf(n, m, a)) == pytest.approx(float(p.log_prob(torch.tensor(AT["n"]))), rel=1e-6)


def test_the_words_are_expectations_of_the_log_density():
    """KL = E_q[log q - log p] and H = -E_q[log q], by the moments of x, each line checked by quadrature."""
    g, m, n, a, b = scalars()
    x = g.normal("x", mean=m, variance=a)
    g.node("d", Expectation(normal_logpdf(x, m, a) - normal_logpdf(x, n, b)))
    g.node("h", -Expectation(normal_logpdf(x, m, a)))
    d = g.derive()
    assert len(d.expectations) == 2
    divergence, entropy = (d.model.nodes[name].cases[0].expr for name in "dh")
    assert expand(divergence - kl_normal(m, a, n, b)) == 0
    assert expand(expand_log(entropy - entropy_normal(a), force=True)) == 0


def spread(rng):
    """A covariance."""
    m = rng.normal(size=(3, 3))
    return m @ m.T / 3 + np.eye(3) / 2


def test_full_covariances_are_torchs():
    """Value and gradients of divergences and an entropy, in generated code."""
    g = Graph("matrices")
    D = g.size("D")
    i, j = g.indices("i j", D)
    mu, nu = g.parameters("mu nu", D)
    A, B = (g.parameter(name, D, D, positive_definite=True) for name in "AB")
    g.loss("L", kl_normal(mu, A, nu, B, over=(i, j)) + kl_normal(mu, A, over=(i, j)) + entropy_normal(A, over=(i, j)))
    d = g.derive()
    assert d.verify(points=60).ok and d.to_text("zh", check=False)
    rng = np.random.default_rng(0)
    given = {"mu": rng.normal(size=3), "nu": rng.normal(size=3), "A": spread(rng), "B": spread(rng)}
    t = {name: torch.tensor(v, requires_grad=True) for name, v in given.items()}
    p, q = (laws.MultivariateNormal(t[m], t[c], validate_args=False) for m, c in (("mu", "A"), ("nu", "B")))
    standard = laws.MultivariateNormal(torch.zeros(3).double(), torch.eye(3).double())
    loss = laws.kl_divergence(p, q) + laws.kl_divergence(p, standard) + p.entropy()
    loss.backward()
    module = loaded(d.to_code("numpy"))
    assert float(module["forward"](**given)["L"]) == pytest.approx(float(loss.detach()), rel=1e-10)
    for name, found in module["backward"](**given).items():
        truth = t[name].grad.numpy()
        truth = (truth + truth.T) / 2 if truth.ndim == 2 else truth  # torch's Cholesky factor reads one triangle
        np.testing.assert_allclose(found, truth, 1e-9, 1e-12)


def test_the_evidence_lower_bound_is_torchs():
    """binary_cross_entropy and kl_divergence of torch, through rsample's z = mu + sigma eps."""
    reading = load("vae").readings[1]
    module = loaded(reading.build().derive().to_code("numpy"))
    rng = np.random.default_rng(1)
    shapes = {"x": (4,), "epsilon": (2,), "A": (2, 4), "B": (2, 4), "V": (4, 2), "c": (4,)}
    given = {name: rng.normal(size=shape) for name, shape in shapes.items()}
    given["x"] = rng.uniform(size=4)
    t = {name: torch.tensor(v, requires_grad=name in "ABVc") for name, v in given.items()}
    q = laws.Normal(t["A"] @ t["x"], (t["B"] @ t["x"] / 2).exp())
    z = q.loc + q.scale * t["epsilon"]
    p = torch.sigmoid(t["V"] @ z + t["c"])
    nll = torch.nn.functional.binary_cross_entropy(p, t["x"], reduction="sum")
    loss = nll + laws.kl_divergence(q, laws.Normal(torch.zeros(2).double(), 1.0)).sum()
    loss.backward()
    assert float(module["forward"](**given)["L"]) == pytest.approx(float(loss.detach()), rel=1e-10)
    for name in "ABVc":
        np.testing.assert_allclose(module["backward"](**given)[name], t[name].grad.numpy(), 1e-9, 1e-12)


def test_a_coupling_layer_is_a_transformed_law():
    """The loss is the negative log density of torch's Jacobian, but for the constant D log(2 pi)."""
    module = loaded(load("coupling-flow").readings[0].build().derive().to_code("numpy"))
    rng = np.random.default_rng(2)
    shapes = {"x": (1, 3), "u": (1, 3), "W": (3, 3), "V": (3, 3), "b": (3,), "c": (3,)}
    given = {name: rng.normal(size=shape) for name, shape in shapes.items()}
    t = {name: torch.tensor(v) for name, v in given.items()}

    def layer(both):
        x, u = both[:3], both[3:]
        return torch.cat([x, u * torch.exp(torch.tanh(t["W"] @ x + t["b"])) + t["V"] @ x + t["c"]])

    both = torch.cat([t["x"][0], t["u"][0]])
    log_det = torch.linalg.slogdet(torch.autograd.functional.jacobian(layer, both))[1]
    density = laws.Normal(torch.zeros(6).double(), 1.0).log_prob(layer(both)).sum() + log_det
    assert float(module["forward"](**given)["L"]) == pytest.approx(-float(density) - 3 * np.log(2 * np.pi), rel=1e-10)


def test_he_initialisation_and_noise():
    """Var y = D tau nu/2; E (w x - eps)^2 = alpha w^2 y^2 + (1 - alpha) w^2 - 2 sqrt(1 - alpha) w + 1."""
    (found,) = load("he-init").readings[1].build().derive().expectations
    nu, tau = (Symbol(name, real=True) for name in ("nu", "tau"))
    assert found.value == Symbol("D", integer=True, positive=True) * nu * tau / 2
    (found,) = load("diffusion").readings[2].build().derive().expectations
    g = load("diffusion").readings[2].build().model()
    w, y, alpha = (g.nodes[name].generic for name in ("w", "y", "alpha"))
    root = (1 - alpha) ** S.Half
    assert expand(found.value - (alpha * w**2 * y**2 + (1 - alpha) * w**2 - 2 * root * w + 1)) == 0


def test_reinforce_does_not_depend_on_its_baseline():
    """The gradient of the surrogate is that of the expected reward, for two baselines, and autograd's."""
    rng = np.random.default_rng(3)
    theta, R = rng.normal(size=5), rng.normal(size=5)
    t = torch.tensor(theta, requires_grad=True)
    (torch.softmax(t, 0) @ torch.tensor(R)).backward()
    exact, surrogate = (loaded(load("score-function").readings[n].build().derive().to_code("numpy")) for n in (0, 1))
    np.testing.assert_allclose(exact["backward"](theta=theta, R=R)["theta"], t.grad.numpy(), 1e-10, 1e-13)
    for b in (0.0, 7.5):
        found = surrogate["backward"](theta=theta, R=R, b=b)["theta"]
        np.testing.assert_allclose(found, t.grad.numpy(), 1e-9, 1e-12)


REFUSED = [
    (lambda g, i, A: kl_normal(A, A, over=i), "not two indices"),
    (lambda g, i, A: kl_normal(A, A, over=(i, i)), "not two indices"),
    (lambda g, i, A: entropy_normal(2, over=(i, g.index("j", g.size("M")))), "not two indices"),
    (lambda g, i, A: entropy_normal(2, over=(i, g.index("j", i.upper))), "families without indices"),
]


@pytest.mark.parametrize(("say", "message"), REFUSED)
def test_a_word_that_cannot_be_read_is_refused(say, message):
    """In one line."""
    g = Graph("refused")
    N = g.size("N")
    with pytest.raises(ModelError, match=message) as refused:
        say(g, g.index("i", N), g.parameter("A", N, N))
    assert "\n" not in str(refused.value)
