"""What is too long, too deep or meant to break the reader is refused at once, and so is what chance makes of a text."""

from __future__ import annotations

import time

import pytest
from latex_mutations import run
from test_pasted import MODELS
from test_public_models import MODELS as PUBLIC

from derive.errors import DeriveError
from derive.transcribe.model import pasted

ATTACKS = [
    (r"L = w^{9^{9^9}}", "powers above 1000"),
    (r"L = w^{10^{1000000}}", "powers above 1000"),
    (r"L = 9^{999} w", "more than 60 digits"),
    (r"L = \sin(10^{400}) w", "more than 60 digits"),
    (r"L = 99999999999! w", "a factorial is not read"),
    (r"L = \frac{w}{0}", "expected a finite real expression"),
    (r"L = w \infty", "expected a finite real expression"),
    (r"x \in \mathbb{R}^{0}, L = \|x\|^2 w", "is empty"),
    (r"\newcommand{\a}{\b\b\b\b\b\b\b\b}\newcommand{\b}{\a\a\a\a\a\a\a\a} L = \a w", "longer than 6000 tokens"),
    (r"L = " + "(" * 70 + "w" + ")" * 70, "more than 60 deep"),
    (r"L = " + "w+" * 4000 + "w", "longer than 6000 tokens"),
    ("L = w " + " " * 20_000, "at most 20000 are read"),
    (r"\input{/etc/passwd} L = w^2", r"\input is not known"),
    (r"L = \operatorname{eval}(w)", "the function eval is not known"),
    (r"L = \text{__import__('os').system('id')} w", "cannot be a part of a formula"),
    (r"f(x) = f(x) + 1, L = f(w)", "defined by itself"),
]


@pytest.mark.parametrize(("text", "why"), ATTACKS, ids=[text[:60] for text, _ in ATTACKS])
def test_an_attack_is_refused_at_once(text: str, why: str) -> None:
    begun = time.process_time()
    with pytest.raises(DeriveError) as refused:
        pasted(text)
    assert why in str(refused.value)
    assert time.process_time() - begun < 1


LAZY = [
    r"L = \sum_{i=1}^{1000000000000} w x_i",
    r"L = \prod_{i=1}^{1000000000} w x_i",
    r"L = (((((w+1)^{99}+1)^{99}+1)^{99}+1)^{99}+1)^{99}",
    r"L = (a+b+c+d+f+g)^{300}",
    r"L = w^{w^{w^{w^{w^{w}}}}}",
    r"h_t = w h_{t-1}, h_0 = 1, t = 1, \dots, 1000000000, L = h_{1000000000}",
]


@pytest.mark.parametrize("text", LAZY)
def test_what_only_looks_large_is_derived_without_being_written_out(text: str) -> None:
    begun = time.process_time()
    pasted(text).graph.derive()
    assert time.process_time() - begun < 1


def test_no_mutation_of_a_model_brings_more_than_a_refusal_within_a_second() -> None:
    """300 of the 10,000 that `python tests/latex_mutations.py 10000 SEED` runs."""
    read, longest = run([text for text, _ in (*MODELS.values(), *PUBLIC.values())], 300, 5)
    assert read > 10
    assert longest < 1


def test_a_refusal_is_one_line_where_the_name_that_it_tells_is_not() -> None:
    """Mutation 14139 of seed 10000 wrote the name of an environment over two lines."""
    with pytest.raises(DeriveError, match="has no") as refused:
        pasted("$L = \\begin{cases{} w & w > 0\n\\fr}ac w$")
    assert len(str(refused.value).splitlines()) == 1
