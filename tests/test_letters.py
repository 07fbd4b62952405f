"""No letter of a sum, or below a name, reads as a quantity of the model: a parameter k leaves no sum over k."""

import re

import pytest

from derive import (
    Graph,
    Sum,
    eigenvalues,
    exp,
    inverse,
    log,
    log_softmax,
    logsumexp,
    mean,
    norm,
    softmax,
    solve,
    std,
    tanh,
)
from derive.expressions.letters import LETTERS, MORE, lettering
from derive.page.print.formulas import Formulas
from derive.proofread.proofread import proofread
from derive.sheet.notation import notation
from derive.sheet.sheet import task
from derive.topics.topic import Ask

BOUND = re.compile(r"(?:[ΣΠ]|max|min)_\{(\w+)=|\\(?:sum|prod)_\{(\w+)[=\\]|\\(?:max|min)_\{1 \\le (\w+)")


def bound(page):
    """The letters below the signs of a page."""
    return {letter for found in BOUND.findall(page) for letter in found if letter}


def inverted(g, n):
    i, j = g.indices("i j", n)
    k, l, A = *g.parameters("k l"), g.parameter("A", n, n)  # noqa: E741
    B = g.node("B", inverse(A)[i, j] * k, over=(i, j))
    g.loss("L", Sum(B[i, j] ** 2, i, j) * l)


def sharpened(g, n):
    i = g.index("i", n)
    j, k, w, t = *g.parameters("j k"), g.parameter("w", n), g.input("t", n)
    p = g.node("p", softmax(j * w[i] + k * i, i), over=i)
    g.loss("L", -Sum(t[i] * log(p[i]), i))


def whole(g, n):
    i = g.index("i", n)
    W, x, j = g.parameter("W", n, n), g.input("x", n), g.parameter("j")
    y = g.define("y", tanh(j * (W @ x)))
    g.loss("L", Sum(y[i] ** 2, i))


def spectral(g, n):
    i = g.index("i", n)
    S, (j, l) = g.parameter("S", n, n, symmetric=True), g.parameters("j l")  # noqa: E741
    g.loss("L", j * Sum(exp(l * eigenvalues(S)[i]), i))


def process(g, n):
    i, j = g.indices("i j", n)
    x, y, l = g.input("x", n), g.target("y", n), g.parameter("l", domain="positive")  # noqa: E741
    K = g.node("K", exp(-((x[i] - x[j]) ** 2) / (2 * l**2)), over=(i, j))
    g.loss("L", Sum(y[i] * solve(K, y)[i], i))


def sized(g, n):
    j, k = g.size("j"), g.size("k")
    i = g.index("i", j)
    W, x = g.parameter("W", j, k), g.input("x", k)
    y = g.define("y", tanh(W @ x))
    g.loss("L", Sum(y[i] ** 2, i) / k)


def recurrent(g, n):
    T = g.size("T")
    t, (i, j) = g.index("t", T), g.indices("i j", n)
    W, k, l, x = g.parameter("W", n, n), g.parameter("k"), g.parameter("l", n), g.input("x", T, n)  # noqa: E741
    (h,) = g.states("h", over=(t, i), start={0: 0})
    g.update(h, tanh(Sum(W[i, j] * h[t - 1, j], j) * k + x[t, i] * l[i]))
    g.loss("L", Sum(h[t, i] ** 2, t, i))


SECOND = (whole, spectral)
MODELS = (inverted, sharpened, whole, spectral, process, sized, recurrent)


@pytest.mark.parametrize("build", MODELS)
def test_no_letter_of_a_sum_is_a_name(build):
    """In text and LaTeX, brief and full, and in what `gradient` gives, which is written with the same letters."""
    g = Graph("letters")
    build(g, g.size("n"))
    solution = g.derive()
    model = solution.derivation.model
    names = {*model.nodes, *map(str, model.sizes)}
    pages = [solution.to(f, detail=d, check=False) for f, d in (("text", "full"), ("tex", "brief"), ("json", "brief"))]
    pages += [solution.to("text", check=False, hessian=w) for w in ("j", "k", "l") if build in SECOND and w in names]
    assert bound(pages[0]) and not names & set().union(*map(bound, pages))
    for leaf in model.of_kind("parameter"):
        found = solution.gradient(leaf.name, check=False)
        assert not names & set(re.findall(r"\((\w+), 1, ", str(found))) and found.free_symbols


def test_letters_that_are_names_move_on():
    """Two letters are never printed alike, those of the author stay, and nothing changes without a need."""
    assert lettering({"W", "x"}, {"i", "j"}) == ()
    assert dict(lettering({"k", "l"}, {"i", "j"})) == {
        "k": "m", "l": "n", "m": "p", "n": "q", "p": "u", "q": "v"
    }  # fmt: skip
    assert lettering({"r"}, set()) == (("r", "u"),)
    for names, own in (
        (set("ijkl"), {"m", "t"}),
        (set(LETTERS), set()),
        ({*LETTERS, *MORE}, {"t"}),
        ({"n"}, set("ia")),
    ):
        found = dict(lettering(names, own))
        printed = [found.get(a, a) for a in LETTERS if a not in own]
        assert len(set(printed)) == len(printed) and not {*printed} & {*names, *own}


OVER_SUMS = {  # f: a word, over n, of scores that are sums over i themselves
    "softmax": lambda s, x, n: Sum(softmax(s, n) * x, n),
    "log_softmax": lambda s, x, n: Sum(log_softmax(s, n) * x, n),
    "std": lambda s, x, n: std(s, n),
    "an attention": lambda s, x, n: Sum(softmax(s, n) * x, n) * logsumexp(s, n) + norm(s, n) * mean(s**2, n),
}


@pytest.mark.parametrize("name", OVER_SUMS)
def test_a_sum_within_a_word_keeps_its_letter(name):
    """Scores sum_i X_ni s_i: the letter of the word is another one, and no page has X_ii; each formula is read back."""
    g = Graph("scores")
    n, i = g.index("n", g.size("N")), g.index("i", g.size("D"))
    X, s = g.parameter("X", n.upper, i.upper), g.input("s", i.upper)
    g.loss("L", OVER_SUMS[name](Sum(X[n, i] * s[i], i) / 4, X[n, 1], n) ** 2)
    solution = g.derive()
    assert "Xᵢᵢ" not in solution.to_text(check=False)
    part = solution.part(Ask({}, False))
    found = proofread(task([part], "full"), Formulas("latex", *notation([part])))
    assert found.agree > 20 and not found.wrong and not found.unread
