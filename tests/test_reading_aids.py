"""What helps a reader along a line: the factors of a chain one by one, what a structure does, answers first."""

import random

import pytest
from alphabets import letters
from sympy import Symbol, exp, log, sin, sqrt, tanh

from derive import Function, Graph, Sum, relu, sigmoid, softmax
from derive.chain.rules.insert import INSERT
from derive.cli.sheet import sheet
from derive.expressions.indices import name_of, without_single
from derive.page.blocks import Equations, Paragraph
from derive.problems import load
from derive.sheet.algorithm import algorithm
from derive.sheet.intuition import intuitions, kinds
from derive.sheet.results import results


def scalar(make):
    """The only local partial of L = make(u) in u, with the model's other quantities as constants."""
    g = Graph("chain")
    u, v = g.parameter("u", domain="positive"), g.constant("v", domain="positive")
    g.loss("L", make(u, v))
    (step,) = g.derive().steps
    return step


CHAINS = {
    "root of a square": lambda u, v: sqrt((v - u) ** 2 + v),
    "square of a logarithm": lambda u, v: v * log(1 + v * u**2) ** 2,
    "root of a logarithm": lambda u, v: sqrt(2 + log(v + u**2)),
    "two occurrences": lambda u, v: log(2 + u**3) - v * log(v + exp(v * u)),
    "reciprocal of a root": lambda u, v: v / sqrt(1 + u**2),
}


@pytest.mark.parametrize("name", CHAINS)
def test_factors_one_by_one(name):
    """Where functions stand in functions the factors are written one by one first, and are the same number."""
    step = scalar(CHAINS[name])
    (local,) = step.locals
    assert local.spelled, "the line with the factors one by one is missing"
    draw = random.Random(name)
    at = {s: draw.uniform(0.3, 2.0) for s in local.value.free_symbols}
    assert float(local.spelled[-1].expr.subs(at)) == pytest.approx(float(local.value.subs(at)), rel=1e-12)
    assert len(step.lines) >= 2 and step.lines[0].terms == local.spelled[0].terms


def test_the_root_of_a_variance_takes_three_lines():
    """ds/dmu: the slope of the root, then the square with its 2 and its -1, then what is left when the 2 cancels."""
    text = sheet("layer-norm", ("--format", "text", "--no-check"))[0].replace("ₙ", "_n")  # one alphabet in a formula
    said = " ".join(text[text.index("Step 4") :].split())
    parts = "1/(2 s_n) · ∂/∂μ_n (", "2 · (x_nd - μ_n) · (-1)", "(cancel 2"
    first, second, third = map(said.index, parts)
    assert first < second < third


def test_the_inner_derivative_is_named():
    """Of log(1 - a) the -1 is said; of log a there is nothing to say."""
    said = [t.pick("en") for t in scalar(lambda u, v: v * log(1 - u)).locals[0].because]
    assert said == ["derivative of the logarithm", "the derivative of 1 - u is -1"]
    assert [t.pick("en") for t in scalar(lambda u, v: v * log(u)).locals[0].because] == ["derivative of the logarithm"]
    said = [t.pick("zh") for t in scalar(lambda u, v: (u - v) ** 2).locals[0].because]
    assert said[-1] == "u - v 的导数为 1"


def test_no_reason_repeats_its_line():
    """Of a step like another one, dJ/dK_p = 1/2 holds by a rule, not as dJ/dK_p = 1/2."""
    text = " ".join(sheet("jsd", ("--format", "text", "--no-check"))[0].split())
    assert "∂J/∂Kₚ = 1/2 (linear: the derivative is the coefficient)" in text
    text = " ".join(sheet("moe", ("--format", "text", "--no-check"))[0].split())
    assert "(the function is abstract, so its derivative is kept as a symbol; substitute ∂J/∂l)" in text


def test_what_is_assumed_of_several_is_one_clause():
    """In both languages, in the order in which the first of them is declared."""
    for lang, clause in (
        ("en", "Assumed: β₁, β₂, α, λ lie between 0 and 1; ε is positive; g is not zero."),
        ("zh", "假设：β₁、β₂、α、λ 介于 0 与 1 之间；ε 为正；g 不为零。"),
    ):
        text = sheet("adamw", ("--format", "text", "--no-check", "--lang", lang))[0]
        assert clause.replace(" ", "") in "".join(text.split())


def test_the_square_of_what_is_0_or_1_is_itself():
    """E[m^2] = E[m] = 1 - p in one step, not by a variance that was computed from it."""
    text = " ".join(sheet("dropout", ("--format", "text", "--no-check", "--reading", "output"))[0].split())
    assert letters("E[mⱼ²] = E[mⱼ] = 1 - p (mⱼ is 0 or 1") in letters(text)
    assert letters("Var[mⱼ]") not in letters(text)
    assert "common denominator; collect like terms" in text


def small(make):
    """The kinds that a small model shows."""
    g = Graph("small")
    make(g)
    solution = g.derive()
    return kinds(solution.steps, solution.model)


def gate(g):
    a, b = g.parameters("a b")
    x = g.input("x")
    f, c = g.node("f", sigmoid(a * x)), g.node("c", tanh(b * x))
    g.loss("L", Function("L")(g.node("h", f * c)))


def average(g):
    N = g.size("N")
    n, w = g.index("n", N), g.parameter("w", N)
    m = g.node("m", Sum(w[n], n) / N)
    g.loss("L", Function("L")(m))


def scores(g):
    C = g.size("C")
    i, z, y = g.index("i", C), g.parameter("z", C), g.target("y", C, sums_to=1)
    p = g.node("p", softmax(z[i], i), over=i)
    g.loss("L", -Sum(y[i] * log(p[i]), i))


def unit(g):
    w, b = g.parameters("w b")
    g.loss("L", Function("L")(g.node("a", relu(g.node("z", w * g.input("x") + b)))))


@pytest.mark.parametrize(
    ("make", "shown"),
    [
        (gate, {"gate", "product"}),  # for c the sigmoid f is a gate; for a and b the input is a factor
        (average, {"average"}),
        (scores, {"residual"}),
        (unit, {"relu", "sum", "product"}),
    ],
)
def test_kinds_of_structure(make, shown):
    """A small model shows what it is made of, and nothing else."""
    assert small(make) == shown


def test_each_kind_is_said_once():
    """The first step that shows a kind says it, and what was told before is not said again."""
    g = Graph("two units")
    unit(g)
    solution = g.derive()
    said = intuitions(solution.steps, solution.model, ())
    assert sorted(len(v) for v in said.values()) == [1, 1, 1]
    assert not intuitions(solution.steps, solution.model, ("sum", "product", "relu"))


@pytest.mark.parametrize("name", ["adam", "bias-variance", "softmax-ce", "triplet", "weight-norm"])
def test_remarks_stand_with_the_results(name):
    """What a statement asks in words is answered in the results, before the derivation."""
    problem = load(name)
    for reading in problem.readings:
        remarks = reading.remarks(problem.choices({}))
        if remarks:
            part = reading.build(**problem.choices({})).derive().part(label=reading.label, notes=remarks)
            shown = [b.text for b in results(part) if isinstance(b, Paragraph)]
            assert shown[-len(remarks) :] == list(remarks)


def test_closed_forms_are_results_where_there_is_no_loss():
    """Adam's moments stand at the head of the sheet, with the steps for which they hold."""
    part = load("momentum").readings[0].build().derive().part()
    rows = next(b.rows for b in results(part) if isinstance(b, Equations))
    assert [str(row.left) for row in rows] == ["v[t]", "Delta[t]", "eta_eff[t]", "theta[t]"]


def test_a_sum_with_one_term_is_that_term():
    g = Graph("one")
    k = g.index("k", 1)
    x = g.input("x", 1)
    assert without_single(Sum(x[k] ** 2, (k, 1, 1)) + Symbol("b")) == x[1] ** 2 + Symbol("b")


def test_the_frame_is_explained_where_there_is_one():
    with_frame, without = (sheet("conv2d", ("--format", "text", "--no-check", "--padding", p))[0] for p in "10")
    assert "With padding" in with_frame and "With padding" not in without


@pytest.mark.parametrize(
    ("name", "given"),
    [("bptt", {"activation": "tanh"}), ("bptt", {"activation": "relu", "loss_at": "every"}), ("rnn", {}), ("gru", {})],
)
def test_nothing_is_put_in_before_it_is_derived(name, given):
    """dL/dz_t is derived before dL/dh_t takes dL/dz_{t+1} for known; the algorithm keeps the order of computation."""
    problem = load(name)
    solution = problem.readings[0].build(**problem.choices(given)).derive()
    derived = set()
    for step in solution.steps:
        put = {
            name_of(p.wrt)
            for line in step.lines
            if line.reason is not None and line.reason.en == INSERT.en
            for p in line.reason.values["values"]
        }
        assert put <= derived | {step.node.name}, step
        derived.add(step.node.name)
    names = [
        str(line.target.wrt.base) for b in algorithm(solution).blocks if b.loops for line in b.lines if not line.adds
    ]
    places = [list(solution.derivation.adjoints).index(n) for n in names]
    assert places == sorted(places)


def said(write) -> str:
    """The page of a small model."""
    g = Graph("m")
    w, x, N = g.parameter("w"), g.input("x"), g.size("N")
    g.loss("L", write(g, w, x, N) + x)
    return " ".join(g.derive().to_text(check=False).split())


def test_a_structure_is_named_where_it_is_and_only_there():
    """exp(z) is its own derivative and z^2/2 has the derivative z: no products; z/N alone is no average."""

    def exponential(g, w, x, N):
        return sin(g.node("u", exp(g.node("z", w**3))))

    def square(g, w, x, N):
        return sin(g.node("u", g.node("z", w**3) ** 2 / 2))

    def scaled(g, w, x, N):
        return sin(g.node("u", g.node("z", w**3) / N))

    def mean_of(g, w, x, N):
        n = g.index("n", N)
        v = g.parameter("v", N)
        z = g.node("z", v[n] ** 3, over=n)
        return sin(g.node("u", Sum(z[n], n) / N))

    def product(g, w, x, N):
        return sin(g.node("u", g.node("z", w**3) * g.node("q", x**2)))

    assert all("A product passes" not in said(write) for write in (exponential, square, scaled, mean_of))
    assert "A product passes" in said(product)
    assert "An average divides" in said(mean_of) and "An average divides" not in said(scaled)


def page(name: str, detail: str = "brief", lang: str = "en", **options) -> str:
    """The page of a problem without line breaks; a size among the options is a number."""
    problem = load(name)
    sizes = {key: n for key, n in options.items() if isinstance(n, int)}
    rest = {key: choice for key, choice in options.items() if key not in sizes}
    parts = [reading.build(**problem.choices(rest)).derive(sizes=sizes) for reading in problem.readings]
    return " ".join(" ".join(p.to_text(check=False, detail=detail, lang=lang) for p in parts).split())


@pytest.mark.parametrize("name", ["crf", "ctc", "softmax-ce", "rnn", "lasso", "z-loss", "attention", "label-smoothing"])
def test_a_sign_is_explained_where_it_is_printed_and_only_there(name):
    text = page(name)
    for sentence, sign in {
        "⊙ is the elementwise product.": "⊙",
        "⊘ is the elementwise quotient.": "⊘",
        "𝟏_n is the column vector of n ones.": "𝟏_",
    }.items():
        assert (sign in text.replace(sentence, "")) == (sentence in text), (name, sign)


def test_a_sum_written_out_has_no_term_that_is_zero_and_no_power_that_is_one():
    assert "(w_hh³ h_1 + w_hh² h_2 + w_hh h_3 + h_4) (written out, as h₀ = 0)" in page("bptt", T=5)
    learned = page("bptt", T=5, start="learned")
    assert "w_hh⁴ h_0 + w_hh³ h_1 + w_hh² h_2 + w_hh h_3 + h_4" in learned and "h₀ = 0" not in learned


def test_the_last_quantity_of_a_model_is_named_by_its_symbol():
    """A step of AdamW and an expected reward are no losses."""
    for name in ("adamw", "score-function"):
        assert "the loss" not in page(name) and "损失 Δ" not in page(name, lang="zh")


def test_one_formula_is_not_printed_as_two_cases():
    """s_1 starts the recurrence and s_t enters its step, each with the slope 1."""
    text = page("crf")
    assert "∂L/∂s_ij = ∂L/∂a_ij - δ_{y_i,j} │" in text and "[i = 1]" not in text


def test_results_come_before_the_forward_pass_and_after_the_names_in_them():
    """Names of softmaxes are in the results of CTC; loops and steps in time are not."""
    text = page("ctc")
    assert text.index("denote it by") < text.index("Results") and "Forward pass" not in text
    for name, sizes in (("bptt", {"T": 3}), ("stacked-rnn", {})):
        text = page(name, **sizes)
        assert text.index("Results") < text.index("Forward pass") < text.index("Backward pass")


@pytest.mark.parametrize("name", ["ridge", "l1"])
def test_an_update_that_is_asked_for_is_in_the_results(name):
    text = str(sheet(name, ["--format", "text", "--no-check"])[0])
    assert text.index("Results") < text.index("Gradient descent with learning rate") < text.index("Backward pass")
    assert text.count("Gradient descent with learning rate") == 1
