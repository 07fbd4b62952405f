"""Words that print as words: what stands on the page is written by hand here, and its value is that of torch."""

from __future__ import annotations

import pytest
import torch
from alphabets import letters
from sympy import oo

from derive import (
    Graph,
    ModelError,
    Piecewise,
    Sum,
    VerificationError,
    amax,
    amin,
    dot,
    exp,
    log,
    log_softmax,
    logsumexp,
    mean,
    norm,
    normalize,
    softmax,
    sqrt,
    std,
    tanh,
    var,
)
from derive.check import words as torch_words
from derive.expressions.said import plain


class Letters:
    """A graph with a matrix W[n, i], a vector w[i], constants c[i] and a positive tau."""

    def __init__(self):
        self.g = g = Graph("words")
        self.N, self.C = N, C = g.size("N", least=2), g.size("C", least=2)
        self.n, self.m = g.indices("n m", N)
        self.i, self.k, self.j = g.indices("i k j", C)
        self.W, self.w, self.c = g.parameter("W", N, C), g.parameter("w", C), g.constant("c", C)
        self.d, self.tau = g.constant("d", N), g.constant("tau", domain="positive")


def solved(build):
    e = Letters()
    build(e)
    return e.g.derive()


LOSSES = {  # what an author writes, and how the page says it: the loss in text and in LaTeX, and one definition
    "softmax": (
        lambda e: Sum(e.c[e.i] * softmax(e.w[e.i] / e.tau, e.i) ** 2, e.i),
        "L = Σ_{i=1..C} cᵢ softmax(w/τ)ᵢ²",
        r"c_{i}\, \operatorname{softmax}\left(\frac{w}{\tau}\right)_{i}^{2}",
        "softmax(w/τ)ᵢ = exp(wᵢ/τ)/(Σ_{j=1..C} exp(wⱼ/τ))",
    ),
    "log_softmax": (
        lambda e: -Sum(e.c[e.i] * log_softmax(e.W[1, e.i], e.i), e.i),
        "L = -Σ_{i=1..C} cᵢ log softmax(W₁)ᵢ",
        r"\log \operatorname{softmax}(W_{1})_{i}",
        "log softmax(W₁)ᵢ = W₁ᵢ - log (Σ_{j=1..C} exp(W₁ⱼ))",
    ),
    "logsumexp": (
        lambda e: Sum(e.d[e.n] * logsumexp(e.W[e.n, e.i], e.i), e.n),
        "L = Σ_{n=1..N} dₙ logsumexp(Wₙ)",
        r"d_{n}\, \operatorname{logsumexp}(W_{n})",
        "logsumexp(Wₙ) = log (Σ_{i=1..C} exp(Wₙᵢ))",
    ),
    "mean": (
        lambda e: mean(e.w[e.i], e.i) ** 2 + mean(e.W[e.n, e.i] ** 2, e.n, e.i),
        "L = meanₙᵢ(Wₙᵢ²) + mean(w)²",
        r"\operatorname{mean}_{ni}(W_{ni}^{2})",
        "mean(w)      = 1/C Σ_{i=1..C} wᵢ",
    ),
    "var": (
        lambda e: var(e.w[e.i], e.i),
        "L = var(w)",
        r"\operatorname{var}(w)",
        "var(w)  = 1/C Σ_{i=1..C} (wᵢ - mean(w))²",
    ),
    "std": (
        lambda e: e.tau * std(e.w[e.i] - e.c[e.i], e.i),
        "L = τ std(w - c)",
        r"\tau\, \operatorname{std}(w - c)",
        "std(w - c)  = √(Σ_{i=1..C} (wᵢ - mean(w - c) - cᵢ)²)/√(C)",
    ),
    "norms": (
        lambda e: norm(e.w[e.i], e.i, p=1) + norm(e.w[e.i] - e.c[e.i], e.i) + norm(e.w[e.i], e.i, p=3),
        "L = ‖w‖₁ + ‖w‖₃ + ‖w - c‖",
        r"\lVert w - c\rVert",
        "‖w‖₃    = (Σ_{i=1..C} wᵢ² |wᵢ|)^(1/3)",
    ),
    "the squared norm": (
        lambda e: e.tau / 2 * norm(e.w[e.i], e.i) ** 2 + norm(e.W[e.n, e.i], e.n, e.i),
        "L = ‖W‖_F + 1/2 τ ‖w‖²",
        r"\lVert W\rVert_{F} + \frac{1}{2}\, \tau\, \lVert w\rVert^{2}",
        "‖W‖_F = √(Σ_{n=1..N} Σ_{i=1..C} Wₙᵢ²)",
    ),
    "the largest": (
        lambda e: norm(e.w[e.i], e.i, p=oo) ** 2,
        "L = ‖w‖_∞²",
        r"\lVert w\rVert_{\infty}^{2}",
        "‖w‖_∞ = max",
    ),
    "the cosine": (
        lambda e: dot(e.w[e.i], e.c[e.i], e.i) / (norm(e.w[e.i], e.i) * norm(e.c[e.i], e.i)),
        "L = ⟨w, c⟩/(‖w‖ ‖c‖)",
        r"\frac{\langle w, c \rangle}{\lVert w\rVert\, \lVert c\rVert}",
        "⟨w, c⟩ = Σ_{i=1..C} wᵢ cᵢ",
    ),
    "normalize": (
        lambda e: Sum(e.c[e.i] * normalize(e.w[e.i], e.i) ** 2, e.i),
        "L = Σ_{i=1..C} wᵢ² cᵢ/‖w‖²",
        r"\lVert w\rVert^{2}",
        "‖w‖ = √(Σ_{j=1..C} wⱼ²)",
    ),
}


@pytest.mark.parametrize("name", LOSSES)
def test_the_page_says_the_word(name):
    """The line of the model and the definition, in both notations; the values are torch's."""
    loss, line, latex, definition = LOSSES[name]
    d = solved(lambda e: e.g.loss("L", loss(e)))
    text = d.to_text(check=False)
    assert letters(line) in letters(text) and letters(definition) in letters(text)
    assert latex in d.to_latex("zh", check=False)
    report = d.verify(points=60)
    assert report.ok and {r.quantity.name for r in report.rows if r.reference.startswith("torch's")}


FORMULAS = {  # what a word cannot say, or no word said
    "a formula": (lambda e: log(Sum(exp(e.w[e.i]), e.i)) + sqrt(Sum(e.w[e.i] ** 2, e.i)), "√(Σ_{i=1..C} wᵢ²)"),
    "a part of a range": (
        lambda e: Sum(e.c[e.i] * logsumexp(e.w[e.j], (e.j, 1, e.i)), e.i),
        "log (Σ_{j=1..i} exp(wⱼ))",
    ),
    "a norm of no vector": (lambda e: norm(tanh(e.w[e.i]), e.i), "√(Σ_{i=1..C} tanh(wᵢ)²)"),
    "an unbiased variance": (lambda e: var(e.w[e.i], e.i, correction=1), "1/(C - 1) Σ_{i=1..C} (wᵢ - mean(w))²"),
}


@pytest.mark.parametrize("name", FORMULAS)
def test_a_formula_stays_a_formula(name):
    loss, line = FORMULAS[name]
    text = solved(lambda e: e.g.loss("L", loss(e))).to_text(check=False)
    assert line in text and all(word not in text for word in ("logsumexp", "softmax(w)ᵢ", "‖w‖ =", "var("))


def test_the_derivation_uses_the_slope_of_the_word():
    """p_k (delta_ik - p_i) from the known slope, in both languages; the same formula by itself says the rules."""

    def build(word):
        e = Letters()
        p = e.g.node("p", word(softmax(e.w[e.i], e.i)), over=e.i)
        e.g.loss("L", Sum(e.c[e.i] * p[e.i], e.i))
        return e.g.derive()

    said, spelled = build(lambda word: word), build(plain)
    line = "softmax(w)ₖ δᵢₖ - softmax(w)ᵢ softmax(w)ₖ"
    text = said.to_text(check=False, detail="full")
    assert letters(line) in letters(text) and "(derivative of the softmax)" in text
    assert "softmax 的导数" in said.to_latex("zh", check=False)
    assert "quotient rule" in spelled.to_text(check=False) and "softmax(w)ₖ" not in spelled.to_text(check=False)
    assert said.gradient("w") == spelled.gradient("w")


def test_words_keep_their_letters():
    """Of row m, of row 2 and of every row: the letters of the place where the word stands."""
    e = Letters()
    s = e.g.node("s", logsumexp(e.W[e.n, e.i], e.i), over=e.n)
    e.g.loss("L", Sum(e.d[e.m] * logsumexp(e.W[e.m, e.k], e.k) * s[e.m], e.m) + logsumexp(e.W[2, e.i], e.i) ** 2)
    text = e.g.derive().to_text(check=False)
    assert "sₙ = logsumexp(Wₙ)" in text and "logsumexp(W₂)²" in text


def test_a_word_inside_names_that_are_given():
    """The scores get the name z; the word is then said of z."""
    e = Letters()
    q = Sum(e.W[e.n, e.k] * e.W[e.m, e.k], e.k) / e.tau
    p = e.g.node("p", softmax(q, e.m), over=(e.n, e.m))
    e.g.loss("L", Sum(e.d[e.m] * p[e.n, e.m] * e.d[e.n], e.n, e.m))
    text = e.g.derive().to_text(check=False)
    assert "pₙₘ = softmaxₘ(1/τ Σ_{k=1..C} Wₘₖ Wₙₖ)" in text and "pₙₘ = softmaxₘ(zₘₙ) " in text


def test_a_word_over_sums():
    """A softmax of W x is said as one, and so is the mean of sums; torch's functions agree."""
    e = Letters()
    p = e.g.node("p", softmax(Sum(e.W[e.n, e.i] * e.w[e.i], e.i), e.n), over=e.n)
    e.g.loss("L", Sum(e.d[e.n] * p[e.n], e.n) + mean(Sum(e.W[e.n, e.i] * e.c[e.i], e.i), e.n) ** 2)
    d = e.g.derive()
    text = d.to_text(check=False)
    assert "pₙ = softmaxₙ(Σ_{i=1..C} Wₙᵢ wᵢ)" in text and "meanₙ(Σ_{i=1..C} Wₙᵢ cᵢ)²" in text
    assert "pₙ = softmax(z)ₙ" in text
    report = d.verify(points=30)
    assert report.ok and {r.quantity.name for r in report.rows if r.reference.startswith("torch's")} == {
        "softmax",
        "mean",
    }


@pytest.mark.parametrize("word", [mean, var])
def test_a_word_that_gets_a_name_defines_it(word):
    """The scores of a softmax are a word and are named z: z is what the word makes, and is printed as z."""
    e = Letters()
    p = e.g.node("p", softmax(word(e.W[e.n, e.i] * e.c[e.i], e.i), e.n), over=e.n)
    e.g.loss("L", Sum(e.d[e.n] * p[e.n], e.n))
    text = e.g.derive().to_text(check=False)
    assert f"zₙ = {word.__name__}ᵢ(Wₙᵢ cᵢ) " in text and "pₙ = softmax(z)ₙ" in text and "∂L/∂z_n" in text


@pytest.mark.parametrize("word", [amax, amin, dot, log_softmax, logsumexp, mean, norm, normalize, softmax, std, var])
def test_a_place_of_a_word_is_refused_in_one_line(word):
    """What an array would give: the line says to give the word a name."""
    e = Letters()
    bodies = [e.w[e.i]] * (2 if word is dot else 1)
    with pytest.raises(ModelError, match=rf"{word.__name__}\(...\)\[1\]: .*give it a name") as error:
        word(*bodies, e.i)[1]
    assert "\n" not in str(error.value)


def test_a_word_for_another_formula_is_found_out(monkeypatch):
    """The check compares with torch's function: a mean that were its maximum is refused, and nothing is printed."""
    d = solved(lambda e: e.g.loss("L", mean(e.w[e.i], e.i) ** 2))
    monkeypatch.setitem(torch_words.TORCH, "mean", lambda x: torch.amax(x, -2))
    with pytest.raises(VerificationError, match="torch's mean"):
        d.verify(points=20).require()


def test_a_masked_softmax():
    """The mask stands in the word, over the elements."""
    e = Letters()
    p = e.g.node("p", softmax(Piecewise((e.W[e.n, e.i], e.i <= e.n), (-oo, True)), e.i), over=(e.n, e.i))
    e.g.loss("L", Sum(p[e.n, e.i] * e.c[e.i], e.n, e.i))
    d = e.g.derive()
    assert "pₙᵢ = softmaxᵢ({Wₙᵢ [i ≤ n]; -∞ [i > n]})" in d.to_text(check=False) and d.verify(points=30).ok
