"""Random models, derived and held against autograd of an independent forward pass: at least 500 in every run.

`python tests/fuzz.py 20000` runs as many as one likes. A failing seed is printed with its model, and
`python tests/fuzz.py 1 --seed N` runs it alone.
"""

import pytest
import random_graphs
import torch

BASE, GRAPHS, CHUNK = 0, 500, 25


@pytest.fixture(autouse=True)
def one_thread():
    """Small tensors do not profit from threads."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.mark.parametrize("first", range(BASE, BASE + GRAPHS, CHUNK))
def test_derivation_is_autograd(first):
    """Sized and general derivations verify; end to end their gradients are those of the independent forward pass."""
    print(f"seeds {first} to {first + CHUNK - 1}")
    failures = [f for f in (random_graphs.failure(seed) for seed in range(first, first + CHUNK)) if f]
    assert not failures, "\n\n".join(failures[:3])


def test_a_seed_is_a_model():
    """The same seed gives the same model."""
    assert str(random_graphs.build(7)) == str(random_graphs.build(7))


def test_a_wrong_derivation_is_a_failure(monkeypatch):
    """With a wrong slope of tanh, graphs that use tanh fail: the comparison can fail."""
    from derive import functions
    from derive.memo import forget

    row = functions.BY_NAME["tanh"]
    wrong = row._replace(slope_in_value=lambda y: 1 - y, slope=lambda x: 1 - functions.tanh(x))
    monkeypatch.setitem(functions._BY_CLASS, functions.tanh, wrong)
    forget()
    try:
        assert any(random_graphs.failure(seed) for seed in range(30))
    finally:
        forget()
