"""Where an answer holds: beyond its kinks, for sizes above its numbers, under the conditions that it states.

And answers that say nothing, hide a name, or are made to mislead: none of them is right, and each is judged in time.
"""

from __future__ import annotations

import time

import pytest
from test_grade import judge, told

from derive.judge.verdict import BAD, whole

B, W1 = r"\frac{\partial L}{\partial b}", r"\frac{\partial L}{\partial w_1}"
W = r"\frac{\partial L}{\partial W_{1,ij}}"
Z1 = r"\frac{\partial L}{\partial Z_{1,nj}}"

FAR = [  # formulas that are wrong only far from where numbers are drawn, or only for large sizes
    ("logistic", rf"{W1} = (a - y) \max(x_1, -5)"),
    ("logistic", rf"{W1} = (a - y) \min(x_1, 1000)"),
    ("logistic", rf"{W1} = (a - y) x_1 \mathbf{{1}}[x_1 < 100]"),
    ("logistic", rf"{W1} = \begin{{cases}} (a - y) x_1 & w_2 > -30 \\ 0 & \text{{otherwise}} \end{{cases}}"),
    ("logistic", rf"{W1} = (a - y) (x_1 + |x_2 + 20| - x_2 - 20)"),
    ("logistic", rf"{W1} = (a - y) (x_1 + \mathrm{{ReLU}}(b - 9))"),
    ("mlp", rf"{W} = \sum_n X_{{ni}} {Z1} \mathbf{{1}}[n < 20]"),
    ("mlp", rf"{W} = \sum_{{n=1}}^{{12}} {Z1} X_{{ni}}"),
    ("mlp", rf"{W} = \sum_{{n=1}}^{{12}} X_{{ni}} {Z1}"),
    ("mlp", rf"{W} = (N - 3) (N - 4) (N - 7) + \sum_n X_{{ni}} {Z1}"),
]


@pytest.mark.parametrize("name, answer", FAR)
def test_what_fails_far_out_is_wrong(name: str, answer: str) -> None:
    (line,) = judge(name).answer(answer)
    assert line.verdict in BAD, told([line])


RIGHT = [
    ("relu-mse", r"\frac{\partial L}{\partial w_{31}} = (a - y) \max(z_1, 0)"),
    ("softmax-ce", r"\frac{\partial p_k}{\partial z_i} = -p_k p_i, \quad i \neq k"),
    ("softmax-ce", r"\frac{\partial p_k}{\partial z_i} = -p_k p_i \quad (i \neq k)"),
    ("softmax-ce", r"\frac{\partial p_k}{\partial z_i} = -p_k p_i \text{ for } k > i"),
    ("softmax-ce", r"For $i \ne k$: $\frac{\partial p_k}{\partial z_i} = -p_k p_i$"),
    ("softmax-ce", "若 $i \\ne k$，则有\n$$\\frac{\\partial p_k}{\\partial z_i} = -p_k p_i$$"),
    (
        "softmax-ce",
        r"$\frac{\partial p_k}{\partial z_i} = p_k (1 - p_k)$ if $i = k$ and "
        r"$\frac{\partial p_k}{\partial z_i} = -p_k p_i$ if $i \ne k$",
    ),
    ("bptt", r"\frac{\partial L}{\partial h_t} = w_{hh} \frac{\partial L}{\partial h_{t+1}} \text{ for } t < T"),
    ("bptt", r"\frac{\partial h_t}{\partial h_k} = w_{hh}^{t-k}, \quad k \le t"),
    ("bptt", r"\frac{\partial h_t}{\partial h_k} = 0 \quad \text{if } k > t"),
    ("relu-mse", r"\frac{\partial a_1}{\partial z_1} = 1 \quad (z_1 > 0)"),
]


@pytest.mark.parametrize("name, answer", RIGHT)
def test_a_condition_that_is_stated_counts(name: str, answer: str) -> None:
    lines = judge(name).answer(answer)
    assert lines and whole(lines) == "right", told(lines)


WITHOUT = [
    ("softmax-ce", r"\frac{\partial p_k}{\partial z_i} = -p_k p_i"),
    ("softmax-ce", r"\frac{\partial p_k}{\partial z_i} = -p_k p_i, \quad i \le k"),
    ("softmax-ce", r"For $i \ne k$: $\frac{\partial p_k}{\partial z_i} = p_k p_i$"),
    ("bptt", r"\frac{\partial h_t}{\partial h_k} = 0"),
    ("bptt", r"\frac{\partial h_t}{\partial h_k} = 0, \quad k \ge t"),
    ("relu-mse", r"\frac{\partial a_1}{\partial z_1} = 1"),
    ("relu-mse", r"\frac{\partial a_1}{\partial z_1} = 1 \quad (z_1 > -1)"),
]


@pytest.mark.parametrize("name, answer", WITHOUT)
def test_without_the_condition_it_is_wrong(name: str, answer: str) -> None:
    lines = judge(name).answer(answer)
    assert whole(lines) == "wrong", told(lines)


UNKNOWN = [  # true as far as numbers tell, but nothing is known, or nothing is said
    rf"{W1} = {W1}",
    rf"{W1} = \nabla_{{w_1}} L",
    rf"g = {W1} \\ {W1} = g",
    rf"g = {W1}",
    rf"{B} = a - y + 10^{{-60}}",
    rf"{B} = (a - y) (1 + e^{{-500}})",
    rf"{B} = y - a, \quad 1 > 2",
    rf"{B} = y - a \quad (a > 1)",
    rf"{B} = \frac{{0}}{{0}}",
    rf"{B} = \frac{{a - y}}{{0}}",
    rf"{B} = \frac{{(a - y) (x_1 - x_1)}}{{x_1 - x_1}}",
    rf"{B} \approx",
    "",
    r"$$\$$",
    rf"{B} = (a - y",
    rf"{B} = \input{{/etc/passwd}}",
    rf"{B} = __import__('os').system('id')",
    "x" * 19_000,
]


@pytest.mark.parametrize("answer", UNKNOWN)
def test_what_says_nothing_or_cannot_be_known_is_not_right(answer: str) -> None:
    verdict = whole(judge("logistic").answer(answer))
    assert verdict in ("undecided", "unreadable") or ("^{-" in answer and verdict != "right"), told(
        judge("logistic").answer(answer)
    )


WRONG = [
    r"a = y \\ \frac{\partial L}{\partial b} = 0",
    r"Let $a = y$. Then $\frac{\partial L}{\partial b} = 0$.",
    r"\sigma(z) = z \\ \frac{\partial L}{\partial b} = z - y",
    rf"{B} = a - y \\ {B} = y - a",
    rf"\delta = a - y \\ \delta = y - a \\ {B} = \delta",
    rf"{B} = (a - y)^{{10^{{10^{{10}}}}}}",
    rf"{B} = {'(' * 40}y - a{')' * 40}",
    rf"L = 0 \\ {B} = 0",
    rf"e = 1 \\ {B} = \frac{{1}}{{1 + e^{{-z}}}} - y",
]


@pytest.mark.parametrize("answer", WRONG)
def test_an_answer_cannot_define_its_way_out(answer: str) -> None:
    lines = judge("logistic").answer(answer)
    assert whole(lines) == "wrong", told(lines)


ATTACKS = [
    rf"{B} = " + "+".join(["(a - y)"] * 1200),
    rf"{B} = " + "(" * 3000,
    rf"{B} = \sum_{{i=1}}^{{10^9}} 1",
    rf"{B} = \prod_{{i=1}}^{{100000}} a",
    rf"{B} = {'9' * 61}",
    rf"{B} = a - y" + rf" \\ {B} = y - a" * 200,
    rf"{B} = \exp(\exp(\exp(\exp(\exp(100)))))",
    rf"{B} = 9^{{9^{{9^{{9}}}}}}",
]


@pytest.mark.parametrize("answer", ATTACKS)
def test_an_attack_ends_in_time(answer: str) -> None:
    judge("logistic")
    start = time.process_time()
    lines = judge("logistic").answer(answer[:20_000])
    assert whole(lines) != "right" and time.process_time() - start < 5, told(lines[:3])


def test_a_model_whose_maxima_tie_can_be_graded() -> None:
    (line,) = judge("max").answer(
        r"\frac{\partial L}{\partial x_1} = \frac{\partial L}{\partial y} \mathbf{1}[x_1 > \max(x_2, x_3)]"
    )
    assert line.verdict == "right", told([line])


NEVER_PASSED = [  # a kink beyond all values that the quantities can have, by their domains and the ranges of functions
    ("logistic", rf"{B} = \max(a, -40) - y"),
    ("logistic", rf"{B} = a - y + \max(a, -40) - a"),
    ("logistic", rf"{B} = |a| - y"),
    ("logistic", rf"{B} = \min(a, 1) - y"),
    ("logistic", rf"{B} = |\sigma(z)| - |y|"),
    ("logistic", rf"{B} = \max(z^2 + 1, 1) - z^2 - 1 + a - y"),
    ("logistic", rf"{B} = |a (1 - a)|/(1 - a) - y"),
    ("logistic", rf"{B} = a \mathbf{{1}}[1 - a > 0] - y"),
    ("logistic", rf"{B} = \max(e^z, 0) e^{{-z}} a - y"),
    ("logistic", rf"{B} = \max(a - y, -1)"),
    ("softmax-ce", r"\frac{\partial p_k}{\partial z_i} = p_k (\delta_{ik} - |p_i|)"),
    ("softmax-ce", r"\frac{\partial p_k}{\partial z_i} = p_k (\delta_{ik} - \min(p_i, 1))"),
]


@pytest.mark.parametrize("name, answer", NEVER_PASSED)
def test_a_kink_that_no_value_can_pass_is_no_doubt(name: str, answer: str) -> None:
    (line,) = judge(name).answer(answer)
    assert line.verdict == "right" and line.reason is not None, told([line])


PASSED = [  # the same with a kink that some values do pass, however few
    ("logistic", rf"{B} = \max(a, 1/10^9) - y"),
    ("logistic", rf"{B} = |a - 1/1000| + 1/1000 - y"),
    ("logistic", rf"{B} = \max(z, -40) - z + a - y"),
    ("logistic", rf"{B} = \max(a - y, -1/2)"),
    ("softmax-ce", r"\frac{\partial p_k}{\partial z_i} = p_k (\delta_{ik} - \min(p_i, 0.9999))"),
]


@pytest.mark.parametrize("name, answer", PASSED)
def test_a_kink_that_few_values_pass_counts(name: str, answer: str) -> None:
    (line,) = judge(name).answer(answer)
    assert line.verdict in BAD, told([line])


E, e = r"\frac{\partial L}{\partial E}", r"\left(\frac{\partial L}{\partial e}\right)"
WHH, ZT = r"\frac{\partial L}{\partial W_{hh}}", r"\frac{\partial L}{\partial z_t}"
DELTA2 = r"((A_2 - Y) \odot A_2 \odot (1 - A_2))"
DW1, DZ1 = r"\frac{\partial L}{\partial W_1}", r"\frac{\partial L}{\partial Z_1}"
W2 = r"\frac{\partial L}{\partial W_2}"
LAYOUTS = [  # all gradients in the shape of their variables, or all of them transposed
    ("embedding", rf"{E} = x^\top {e}", ["right"]),
    ("embedding", rf"{E} = {e} x", ["convention"]),
    ("embedding", rf"{E} = {e}^\top x", ["slip"]),
    ("embedding", rf"G = {e} \\ {E} = G^\top x", ["right", "slip"]),
    ("rnn", rf"{WHH} = \sum_t {ZT} h_{{t-1}}^\top", ["right"]),
    ("rnn", rf"{WHH} = \sum_t h_{{t-1}} ({ZT})^\top", ["slip"]),
    ("rnn", r"\frac{\partial L}{\partial z_t} = (1 - h_t^2)^\top \frac{\partial L}{\partial h_t}", ["slip"]),
    (
        "rnn",
        r"\frac{\partial L}{\partial h_t} = \frac{\partial L}{\partial z_{t+1}} W_{hh}, \quad t < T",
        ["convention"],
    ),
    ("rnn", r"\frac{\partial L}{\partial h_t} = W_{hh} \frac{\partial L}{\partial z_{t+1}}, \quad t < T", ["slip"]),
    ("mlp", rf"{W2} = {DELTA2}^\top A_1", ["convention"]),
    ("mlp", rf"{W2} = {DELTA2}^\top A_1 \\ {DW1} = {DZ1} X", ["convention", "convention"]),
    ("mlp", rf"{W2} = {DELTA2}^\top A_1 \\ {DW1} = X^\top {DZ1}", ["slip", "right"]),
]


@pytest.mark.parametrize("name, answer, verdicts", LAYOUTS)
def test_an_answer_has_one_layout(name: str, answer: str, verdicts: list[str]) -> None:
    lines = judge(name).answer(answer)
    assert [line.verdict for line in lines] == verdicts, told(lines)


INDICES = [  # two digits, or a letter and a digit, below a matrix are a row and a column
    ("soft-dtw", r"\frac{\partial L}{\partial d_{11}} = \frac{\partial L}{\partial r_{11}}", "right"),
    ("soft-dtw", r"\frac{\partial L}{\partial d_{11}} = \frac{\partial L}{\partial r_{12}}", "wrong"),
    ("soft-dtw", r"\frac{\partial L}{\partial d_{i1}} = \frac{\partial L}{\partial r_{i1}}", "right"),
    ("soft-dtw", r"\frac{\partial L}{\partial d_{i1}} = \frac{\partial L}{\partial r_{i2}}", "wrong"),
    ("soft-dtw", r"\nabla_{d_{ij}} L = \nabla_{r_{ij}} L", "right"),
    ("soft-dtw", r"\nabla_{d_{ij}} L = \nabla_{r_{i1}} L", "wrong"),
]


@pytest.mark.parametrize("name, answer, verdict", INDICES)
def test_indices_without_a_comma(name: str, answer: str, verdict: str) -> None:
    lines = judge(name).answer(answer)
    assert whole(lines) == verdict, told(lines)


HTK, STEP = r"\frac{\partial h_t}{\partial h_k}", r"\frac{\partial h_j}{\partial h_{j-1}}"
JACOBIAN = r"J_j = \mathrm{diag}(1 - h_j^2) W_{hh} \\ "
PRODUCTS = [  # \prod_{j=k+1}^t J_j is J_t ... J_{k+1} in most papers
    (rf"{HTK} = \prod_{{j=k+1}}^{{t}} {STEP}, \quad k < t", "convention"),
    (rf"{JACOBIAN} {HTK} = \prod_{{j=k+1}}^{{t}} J_j, \quad k < t", "convention"),
    (rf"{JACOBIAN} {HTK}^\top = \prod_{{j=k+1}}^{{t}} J_j^\top, \quad k < t", "right"),
    (rf"{JACOBIAN} {HTK} = \prod_{{j=k}}^{{t}} J_j, \quad k < t", "wrong"),
    (rf"{HTK} = \prod_{{j=k+1}}^{{t}} W_{{hh}} \mathrm{{diag}}(1 - h_j^2), \quad k < t", "wrong"),
]


@pytest.mark.parametrize("answer, verdict", PRODUCTS)
def test_a_product_may_run_downwards(answer: str, verdict: str) -> None:
    *_, line = judge("rnn").answer(answer)
    assert line.verdict == verdict, told([line])


SIGMA = r"\frac{1}{2} \Sigma^{-1} - \frac{1}{2 N} \Sigma^{-1} r^\top r \Sigma^{-1}"
DIFFERENTLY = [  # the same by another convention, or in other names
    (
        "gaussian-nll",
        rf"G = {SIGMA} \\ \frac{{\partial L}}{{\partial \Sigma}} = G + G^\top - I \odot G",
        "convention",
    ),
    ("gaussian-nll", rf"G = {SIGMA} \\ \frac{{\partial L}}{{\partial \Sigma}} = 2 G", "slip"),
    ("lstm", r"\frac{\partial L}{\partial z_{f,t}} = \frac{\partial L}{\partial f_t} \sigma_g'(z_{f,t})", "right"),
    ("lstm", r"h_t = o_t \sigma_h(c_t)", "right"),
    ("lstm", r"h_t = o_t \sigma_g(c_t)", "wrong"),
    ("rnn", r"\frac{\partial^+ L}{\partial h_t} = 0", "right"),
    ("rnn", r"\frac{\partial^+ L}{\partial o} = \frac{\partial L}{\partial o}", "right"),
    ("rnn", r"\frac{\partial L}{\partial z_t} = (1 - h_t^2) \frac{\partial L}{\partial h_t}", "convention"),
    ("dpo", r"\frac{\partial L}{\partial \delta_n} = -\frac{1}{N (1 + e^{\delta_n})}", "right"),
    (
        "dropout",
        r"G = \frac{\partial L}{\partial y} \\ \frac{\partial L}{\partial x_{ij}} = \frac{G_{ij} m_{ij}}{1 - p}",
        "right",
    ),
    ("dropout", r"\frac{\partial L}{\partial x} = \frac{m}{x^\top}", "wrong"),
]


@pytest.mark.parametrize("name, answer, verdict", DIFFERENTLY)
def test_conventions_and_other_names(name: str, answer: str, verdict: str) -> None:
    *_, line = judge(name).answer(answer)
    assert line.verdict == verdict, told([line])
