"""Names to mathematics: the table is written by hand, as a textbook prints these names."""

import pytest
from sympy import And, E, Eq, Float, Piecewise, Symbol, pi, sqrt

from derive import Graph, Product, Sum, amax, amin
from derive.expressions import matrices
from derive.expressions.matrices import Matrix
from derive.expressions.notation import NAME, latex_name, parts, subscript, superscript, text_name
from derive.page.print.functions import function
from derive.page.print.printer import printer, write

W = Symbol("w", real=True)
CASES = [
    # name, indices, LaTeX, Unicode
    ("x", (), "x", "x"),
    ("w_hh", (), "w_{hh}", "wₕₕ"),
    ("w_qh", (), "w_{qh}", "w_qh"),
    ("w1", (), "w_{1}", "w₁"),
    ("w_1", (), "w_{1}", "w₁"),
    ("w12", (), "w_{12}", "w₁₂"),
    ("w_out", (), r"w_{\mathrm{out}}", "wₒᵤₜ"),
    ("h", ("t",), "h_{t}", "hₜ"),
    ("h", ("t-1",), "h_{t-1}", "hₜ₋₁"),
    ("h", ("T",), "h_{T}", "h_T"),
    ("x", ("10",), "x_{10}", "x₁₀"),
    ("x", ("i", "10"), "x_{i,10}", "x_{i,10}"),
    ("W", ("i", "j"), "W_{ij}", "Wᵢⱼ"),
    ("W", ("k", "t+1"), "W_{k,t+1}", "W_{k,t+1}"),
    ("z_f", ("t",), "z_{f,t}", "z_{f,t}"),
    ("w1", ("i", "j"), "w_{1,ij}", "w_{1,ij}"),
    ("theta", (), r"\theta", "θ"),
    ("lamda", (), r"\lambda", "λ"),
    ("Sigma", (), r"\Sigma", "Σ"),
    ("gamma2", ("j",), r"\gamma_{2,j}", "γ_{2,j}"),
    ("eps", (), r"\mathrm{eps}", "eps"),
    ("c_tilde", (), r"\tilde{c}", "c\u0303"),
    ("c_tilde", ("t",), r"\tilde{c}_{t}", "c\u0303ₜ"),
    ("y_hat", (), r"\hat{y}", "y\u0302"),
    ("yhat", (), r"\hat{y}", "y\u0302"),
    ("xbar", ("i",), r"\bar{x}_{i}", "x\u0304ᵢ"),
    ("mu_hat", (), r"\hat{\mu}", "μ\u0302"),
    ("Xi", ("m", "i"), r"\Xi_{mi}", "Ξₘᵢ"),
    ("Pi", (), r"\Pi", "Π"),
    ("w_theta", (), r"w_{\theta}", "w_θ"),
    ("z_mu", ("t",), r"z_{\mu,t}", "z_{μ,t}"),
    ("w_tilde_hh", (), r"\tilde{w}_{hh}", "w\u0303ₕₕ"),
]


@pytest.mark.parametrize(("name", "indices", "latex", "text"), CASES)
def test_names(name, indices, latex, text):
    """A name with its indices in LaTeX and in Unicode."""
    assert NAME.fullmatch(name)
    assert latex_name(name, indices) == latex
    assert text_name(name, indices) == text


def test_a_pre_activation_keeps_the_accent_on_its_subscript():
    """The implied z_c_tilde is z with the subscript c-tilde, another quantity than z_tilde_c, a z under a tilde."""
    assert latex_name("z_c_tilde") == r"z_{\tilde{c}}"
    assert latex_name("z_tilde_c") == r"\tilde{z}_{c}"
    assert latex_name("z_c_tilde", ("t",)) == r"z_{\tilde{c},t}"
    assert text_name("z_c_tilde") == "z_{c\u0303}"


def test_a_long_word_that_ends_like_an_accent_wears_none():
    """Only a single letter takes an accent written without an underscore: xbar does, crossbar does not."""
    assert parts("xbar") == ("x", "bar", ())
    assert parts("crossbar") == ("crossbar", "", ())


@pytest.mark.parametrize("name", ["", "1w", "_w", "w_", "w__h", "w-h", "w.h", "w h", "θ", r"\theta", "w{h}"])
def test_words_that_are_no_names(name):
    """A name is a word of letters, digits and single underscores that begins with a letter."""
    assert not NAME.fullmatch(name)


def test_unicode_falls_back_where_a_letter_is_missing():
    """A subscript or superscript is all Unicode or none of it."""
    assert [subscript(s) for s in ("t+1", "q", "t,q")] == ["ₜ₊₁", "_q", "_{t,q}"]
    assert [superscript(s) for s in ("-1", "n", "T", "T-1")] == ["⁻¹", "ⁿ", "^T", "^(T-1)"]


X, Y, H = Symbol("x_1", real=True), Symbol("y", real=True), Symbol("h", real=True)
PIECES = [  # the condition of the last piece, which sympy calls true, is what is left
    (
        Piecewise((H, X > 0), (-H, True)),
        r"{\begin{cases}h & x_{1} > 0 \\ -h & x_{1} \le 0\end{cases}}",
        "{h [x₁ > 0]; -h [x₁ ≤ 0]}",
    ),
    (
        Piecewise((H, And(X > 0, Y <= 1)), (0, True)),
        r"{\begin{cases}h & x_{1} > 0 \land y \le 1 \\ 0 & x_{1} \le 0 \lor y > 1\end{cases}}",
        "{h [x₁ > 0 ∧ y ≤ 1]; 0 [x₁ ≤ 0 ∨ y > 1]}",
    ),
]


@pytest.mark.parametrize(("expr", "latex", "text"), PIECES)
def test_cases_are_printed_in_the_notation_of_the_page(expr, latex, text):
    order = ("x_1", "y", "h")
    assert printer("latex", order)(expr) == latex
    assert printer("text", order)(expr) == text


@pytest.mark.parametrize(
    ("number", "latex", "text"), [(0.1, "0.1", "0.1"), (-2.5, "-2.5", "-2.5"), (3e-7, r"3 \times 10^{-7}", "3e-7")]
)
def test_a_number_in_floating_point_is_printed_as_a_number(number, latex, text):
    line = Eq(X, Float(number), evaluate=False)
    assert printer("latex", ())(line) == f"x_{{1}} = {latex}"
    assert printer("text", ())(line) == f"x₁ = {text}"


@pytest.mark.parametrize("kind", [k for k in vars(matrices).values() if isinstance(k, type) and issubclass(k, Matrix)])
def test_every_kind_of_matrix_is_printed_by_a_function_of_its_own(kind):
    """None falls back to its Python name, which is how a kind without a printer shows."""
    assert (write.dispatch(kind) is function) == (kind is Matrix)


CONSTANTS = [  # as textbooks write them; the last three values are those that sympy makes of 1/sqrt(2), e^2 and e
    (pi, r"\pi", "π"),
    (2 * pi * W, r"2\, \pi\, w", "2 π w"),
    (W / sqrt(2 * pi), r"\frac{w}{\sqrt{2\, \pi}}", "w/√(2 π)"),
    (-W / (2 * sqrt(pi)), r"-\frac{w}{2\, \sqrt{\pi}}", "-w/(2 √(π))"),
    (2 / sqrt(pi), r"\frac{2}{\sqrt{\pi}}", "2/√(π)"),
    (3 * sqrt(2) * W / 4, r"\frac{3}{4}\, \sqrt{2}\, w", "3/4 √(2) w"),
    (sqrt(2) * W / sqrt(pi), r"\sqrt{\frac{2}{\pi}}\, w", "√(2/π) w"),
    (sqrt(3) * W / (2 * sqrt(pi)), r"\frac{1}{2}\, \sqrt{\frac{3}{\pi}}\, w", "1/2 √(3/π) w"),
    (sqrt(3) / sqrt(pi) / W, r"\frac{\sqrt{\frac{3}{\pi}}}{w}", "√(3/π)/w"),
    (W / sqrt(2), r"\frac{w}{\sqrt{2}}", "w/√(2)"),
    (E**2 * W, r"e^{2}\, w", "exp(2) w"),
    (E * W, r"e^{1}\, w", "exp(1) w"),
]


@pytest.mark.parametrize(("expr", "latex", "text"), CONSTANTS)
def test_numbers_that_have_a_letter(expr, latex, text):
    """The number pi is the Greek letter, roots of numbers stand in front or below one fraction line."""
    assert printer("latex", ("w",))(expr) == latex
    assert printer("text", ("w",))(expr) == text


@pytest.mark.parametrize("of, sign", [(Sum, "Σ"), (Product, "Π"), (amax, "max"), (amin, "min")])
def test_a_sign_inside_a_sign_has_another_letter(of, sign):
    """What an author sums over i inside of a sum over i is read by another letter, on the page and in the slope."""
    g = Graph("twice")
    N = g.size("N")
    i, x = g.index("i", N), g.parameter("x", N)
    g.loss("L", Sum(of(x[i], i) * x[i] ** 2, i))
    text = g.derive().to_text(check=False)
    sign = f"{sign}_{{j=1..N}} xⱼ"
    assert f" L = Σ_{{i=1..N}} xᵢ² {sign}\n" in text
    assert of not in (amax, amin) or f"1[xᵢ = {sign}]/(Σ_{{l=1..N}} 1[xₗ = {sign}])" in text
