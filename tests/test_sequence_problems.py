"""The problems of sequences against their recursions in torch, written by hand as loops."""

import itertools

import numpy as np
import pytest
import torch
from generated import module, plain

from derive.problems import load


def soft_dtw(d, gamma, c):
    rows, columns = d.shape
    r = {(0, 0): torch.zeros((), dtype=d.dtype)}
    r |= {(0, j): c for j in range(1, columns + 1)} | {(i, 0): c for i in range(1, rows + 1)}
    for i in range(1, rows + 1):
        for j in range(1, columns + 1):
            near = torch.stack([r[i - 1, j], r[i, j - 1], r[i - 1, j - 1]])
            r[i, j] = d[i - 1, j - 1] - gamma * torch.logsumexp(-near / gamma, 0)
    return r[rows, columns]


def scan(A, x, Delta, B, C, y):
    h, out = torch.zeros_like(A), []
    for t in range(len(x)):
        h = torch.exp(Delta[t, :, None] * A) * h + (Delta[t] * x[t])[:, None] * B[t]
        out.append(h @ C[t])
    return ((torch.stack(out) - y) ** 2).sum() / 2


def stacked(W, U, b, x, y):
    layer = list(x)
    for w, u, shift in zip(W, U, b, strict=True):
        h, out = torch.zeros_like(shift), []
        for below in layer:
            h = torch.tanh(w @ below + u @ h + shift)
            out.append(h)
        layer = out
    return ((layer[-1] - y) ** 2).sum() / 2


SHAPES = {
    "soft-dtw": (soft_dtw, {"d": (4, 3), "gamma": (), "c": ()}),
    "ssm-scan": (scan, {"A": (2, 3), "x": (4, 2), "Delta": (4, 2), "B": (4, 3), "C": (4, 3), "y": (4, 2)}),
    "stacked-rnn": (stacked, {"W": (2, 3, 3), "U": (2, 3, 3), "b": (2, 3), "x": (4, 3), "y": (3,)}),
}


@pytest.mark.parametrize("name", SHAPES)
def test_gradients_are_those_of_the_loop(name):
    by_hand, shapes = SHAPES[name]
    torch.manual_seed(0)
    given = {n: torch.rand(shape, dtype=torch.float64).requires_grad_() for n, shape in shapes.items()}
    found = module(load(name).readings[0].build().derive().derivation, "numpy")["backward"](
        **{n: a.detach().numpy() for n, a in given.items()}
    )
    truth = torch.autograd.grad(by_hand(**given), [given[n] for n in found])
    assert all(abs(found[n] - t.numpy()).max() < 1e-12 for n, t in zip(found, truth, strict=True))


LENGTHS = {"short": (7, 1, torch.float64), "long": (1000, 1, torch.float32), "large": (300, 100, torch.float32)}


@pytest.mark.parametrize("kind", LENGTHS)
def test_ctc_is_torchs(kind):
    """torch.nn.functional.ctc_loss in float64, for labels with two that are equal; float32 is not further from it than
    torch's own float32 (twice, for luck), where the probabilities of all paths are below 1e-1000."""
    steps, scale, dtype = LENGTHS[kind]
    torch.manual_seed(0)
    z, labels = scale * torch.randn(steps, 5, dtype=dtype), [2, 3, 3]
    extended = [0, *(symbol for label in labels for symbol in (label, 0))]
    skips = [float(s >= 2 and extended[s] not in (0, extended[s - 2])) for s in range(len(extended))]

    def by_torch(kind):
        given = z.to(kind, copy=True).requires_grad_()
        scores, target = given.log_softmax(1)[:, None], torch.tensor([labels])
        loss = torch.nn.functional.ctc_loss(scores, target, (steps,), (3,), reduction="sum")
        return [a.detach().double() for a in (loss, torch.autograd.grad(loss, given)[0])]

    truth = by_torch(torch.float64)
    most = [max(2 * float((a - b).abs().max()), 1e-12) for a, b in zip(by_torch(dtype), truth, strict=True)]
    for target in ("numpy", "torch"):
        code = module(load("ctc").readings[0].build().derive().derivation, target)
        raw = {"z": z, "m": torch.tensor(skips, dtype=dtype), "l": torch.tensor(extended)}
        raw["beta"] = torch.tensor(1e30, dtype=dtype)
        given = {n: a.numpy() for n, a in raw.items()} if target == "numpy" else raw
        found = plain(code["forward"](**given)["L"]), plain(code["backward"](**given)["z"])
        assert all(a.dtype == z.numpy().dtype for a in map(np.asarray, found))
        assert all(abs(a - b.numpy()).max() <= m for a, b, m in zip(found, truth, most, strict=True))


def test_a_crf_adds_up_all_sequences():
    """log of the sum over all 3^4 sequences, each scored by hand, minus the score of the given one."""
    torch.manual_seed(0)
    s, A = (torch.randn(shape, dtype=torch.float64).requires_grad_() for shape in ((4, 3), (3, 3)))
    y = [2, 0, 0, 1]

    def score(labels):
        return sum(s[t, k] for t, k in enumerate(labels)) + sum(A[j, k] for j, k in itertools.pairwise(labels))

    loss = torch.stack([score(each) for each in itertools.product(range(3), repeat=4)]).logsumexp(0) - score(y)
    truth = torch.autograd.grad(loss, (s, A))
    code = module(load("crf").readings[0].build().derive().derivation, "torch")
    given = {"s": s.detach(), "A": A.detach(), "y": torch.tensor(y)}
    assert abs(float(code["forward"](**given)["L"]) - float(loss.detach())) < 1e-12
    found = code["backward"](**given)
    assert all((found[n] - t).abs().max() < 1e-12 for n, t in zip(("s", "A"), truth, strict=True))
    every = list(itertools.product(range(3), repeat=4))  # the remark: probabilities, and expected numbers of pairs
    shares = torch.stack([score(each) for each in every]).softmax(0).detach()
    labels = -torch.nn.functional.one_hot(torch.tensor(y), 3).double()
    pairs = torch.zeros(3, 3, dtype=torch.float64)
    for j, k in itertools.pairwise(y):
        pairs[j, k] -= 1
    for share, each in zip(shares, every, strict=True):
        labels[range(4), each] += share
        for j, k in itertools.pairwise(each):
            pairs[j, k] += share
    assert torch.allclose(found["s"], labels, atol=1e-12) and torch.allclose(found["A"], pairs, atol=1e-12)
