"""The matrix view: textbook forms, every form in numbers, and that a wrong form is caught, by shape or by value."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator

import matrix_models as models
import pytest
from sympy import Expr, KroneckerDelta, Symbol

from derive import Graph, Sum, tanh
from derive.check.steps import Checker
from derive.cli.sheet import sheet
from derive.errors import NoMatrixForm, ShapeError, VerificationError
from derive.expressions.matrices import (
    Entrywise,
    Hadamard,
    Matrix,
    Ones,
    Plus,
    Scaled,
    Signature,
    Submatrix,
    Times,
    Transpose,
    Whole,
)
from derive.page.print.printer import printer
from derive.problems import load
from derive.solution import Solution
from derive.topics.matrix_form import forms as matrix_forms
from derive.topics.matrix_form.check.forms import compare
from derive.topics.matrix_form.form import Form, Forms
from derive.topics.matrix_form.read import Reader
from derive.topics.matrix_form.roles import roles

FORMS = {
    (models.softmax_regression, "Z"): "1/N (p - Y)",  # its loss is a log-sum-exp, whose slope p has a name
    (models.softmax_regression, "W"): "1/N Xᵀ (p - Y)",
    (models.softmax_regression, "b"): "1/N (p - Y)ᵀ 𝟏_N",
    (models.probabilities, "Z"): "diag(Y 𝟏_C) P - Y",
    (models.mlp, "V"): "Xᵀ ∂L/∂z",
    (models.mlp, "A"): "(r - y) wᵀ",
    (models.mlp, "w"): "Aᵀ (r - y)",
    (models.attention, "A"): "∂L/∂O Vᵀ",
    (models.attention, "S"): "A ⊙ (∂L/∂A - (∂L/∂A ⊙ A) 𝟏_M 𝟏_Mᵀ)",
    (models.attention, "Q"): "1/√(d) ∂L/∂S K",
    (models.attention, "K"): "1/√(d) (∂L/∂S)ᵀ Q",
    (models.attention, "V"): "Aᵀ ∂L/∂O",
    (models.bilinear, "A"): "x yᵀ",
    (models.bilinear, "y"): "Aᵀ x",
    (models.mahalanobis, "x"): "(A + Aᵀ) (x - μ)",
    (models.ridge, "w"): "λ w + Xᵀ (X w - y)",
    (models.factorisation_machine, "V"): "x sᵀ - diag(x ⊙ x) V",
    (models.inner_product, "A"): "1/‖A‖_F A + B",
    (models.batches, "W"): "Σ_{b=1..B} X_bᵀ ∂L/∂Y_b",
    (models.concatenated, "x"): "1/2 (M + Mᵀ)_{1:P,:} z",
    (models.concatenated, "y"): "1/2 (M + Mᵀ)_{P+1:P+Q,:} z",
    (models.cropped, "X"): "(S⁻¹)_{1:n-2,2:n} Y",
}
SHAPES = {
    (models.softmax_regression, "W"): "(N×D)ᵀ(N×C) → D×C",
    (models.attention, "K"): "(N×M)ᵀ(N×d) → M×d",
    (models.bilinear, "A"): "(N×1)(M×1)ᵀ → N×M",
    (models.ridge, "w"): "D×1 + (N×D)ᵀ(N×1) → D×1",
}


def derived(build: object) -> Solution:
    """The derivation of one of the models."""
    return build().derive()  # type: ignore[operator]


def printed(solution: Solution, expr: Expr) -> str:
    return printer("text", solution.derivation.model.order)(expr)


@pytest.mark.parametrize(("build", "name"), FORMS, ids=lambda x: getattr(x, "__name__", x))
def test_a_gradient_is_the_one_of_the_textbook(build: object, name: str) -> None:
    solution = derived(build)
    assert printed(solution, solution.matrix(name)) == FORMS[build, name]
    if (build, name) in SHAPES:
        assert printed(solution, Signature(solution.matrix(name))) == SHAPES[build, name]


def test_a_recurrence_keeps_its_time_as_a_subscript() -> None:
    solution = load("rnn").readings[0].build(activation="tanh", loss="squared").derive()
    found = {printed(solution, f.whole): printed(solution, f.matrix) for f in solution.matrices.all}
    assert found["zₜ"] == "Wₕₕ hₜ₋₁ + Wₕₓ xₜ + b"
    assert found["∂L/∂Wₕₕ"] == "Σ_{t=1..T} ∂L/∂zₜ hₜ₋₁ᵀ"
    assert found["∂L/∂hₜ"] == "Wₕₕᵀ ∂L/∂zₜ₊₁"
    assert found["∂L/∂zₜ"] == "∂L/∂hₜ ⊙ (𝟏_H - hₜ ⊙ hₜ)"


@pytest.mark.parametrize("build", models.MODELS)
def test_every_form_agrees_with_autograd(build: object) -> None:
    solution = derived(build)
    assert all(form.matrix is not None for form in solution.matrices.all)
    report = solution.verify(points=60)
    assert report.ok
    compared = report.of("matrix_form").rows
    assert len(compared) == len(solution.matrices.all)
    assert all(row.points for row in compared)


# what a wrong form looks like


def mutations(expr: Expr) -> Iterator[Expr | None]:
    """The expression with one fault: None where shapes forbid it."""
    for wrong in _faults(expr):
        try:
            yield wrong()
        except ShapeError:
            yield None
    for at, part in enumerate(expr.args):
        if isinstance(expr, Whole) or not part.has(Matrix):
            continue
        for inner in mutations(part):
            try:
                yield inner and expr.func(*expr.args[:at], inner, *expr.args[at + 1 :])
            except ShapeError:
                yield None


def _faults(expr: Expr) -> Iterator[object]:
    """A transpose dropped, neighbours swapped, a sum along the wrong axis, a factor or a term lost, a sign flipped."""
    args = expr.args
    if isinstance(expr, Transpose):
        yield lambda: args[0]
    if isinstance(expr, Times):
        for at in range(len(args) - 1):
            yield lambda at=at: Times(*args[:at], args[at + 1], args[at], *args[at + 2 :])
            if isinstance(args[at + 1], Ones):
                yield lambda at=at: Times(Transpose(args[at]), args[at + 1])
    if isinstance(expr, (Hadamard, Plus)):
        for at in range(len(args)):
            yield lambda at=at: expr.func(*args[:at], *args[at + 1 :])
    if isinstance(expr, Scaled):
        yield lambda: Scaled(-args[0], args[1])
        yield lambda: args[1]
    if isinstance(expr, Entrywise):
        yield lambda: args[1]
    if isinstance(expr, Submatrix) and expr.rows[0] != 1:
        yield lambda: Submatrix(args[0], args[1] - 1, args[2] - 1, *args[3:])


def check(solution: Solution, forms: Forms) -> dict[Expr, bool]:
    """For every quantity whether its form agrees, at sizes that differ."""
    sizes = dict(zip(solution.derivation.model.sizes, (3, 4, 2, 5), strict=False))
    report = compare(forms, Checker(solution.derivation, sizes, 8, 0))
    return {row.quantity: row.ok for row in report.rows}


@pytest.mark.parametrize("build", [m for m in models.MODELS if m not in (models.mahalanobis, models.inner_product)])
def test_every_fault_is_caught(build: object) -> None:
    """By its shape, or by its value at the very quantity.

    Left out is what a fault does not change: x x^T is its own transpose, and the entries of X - mu sum to nothing.
    """
    solution = derived(build)
    tried = 0
    for step, form in solution.matrices.steps:
        assert form.matrix is not None
        for wrong in mutations(form.matrix) if step.node.name != "mu" else ():
            tried += 1
            if wrong is not None:
                mutated = Forms((), ((step, form._replace(matrix=wrong)),))
                assert check(solution, mutated) == {form.element: False}, printed(solution, wrong)
    assert tried


def test_a_transpose_that_no_shape_betrays_is_caught_by_value() -> None:
    solution = load("rnn").readings[0].build(activation="tanh", loss="squared").derive()
    (step, form), *_ = [(s, f) for s, f in solution.matrices.steps if f.matrix is not None and f.matrix.has(Transpose)]
    assert form.matrix is not None
    square = form.matrix.replace(lambda e: isinstance(e, Transpose), lambda e: e.args[0])
    assert square.shape == form.matrix.shape
    assert check(solution, Forms((), ((step, form._replace(matrix=square)),))) == {form.element: False}


def test_a_wrong_definition_is_caught() -> None:
    solution = derived(models.ridge)
    (node, case, form), *_ = solution.matrices.laws
    assert form.matrix is not None
    wrong = Forms(((node, case, form._replace(matrix=2 * form.matrix)),))
    assert check(solution, wrong) == {form.element: False}


def test_a_wrong_form_is_not_printed(monkeypatch: pytest.MonkeyPatch) -> None:
    right = matrix_forms.of_step

    def flipped(model: object, step: object, *even: object) -> Form | None:
        form = right(model, step, *even)
        scalar = form is None or form.matrix is None or not isinstance(form.matrix, Matrix)
        return form if scalar else form._replace(matrix=Scaled(Symbol("g"), form.matrix))

    monkeypatch.setattr(matrix_forms, "of_step", flipped)
    with pytest.raises(VerificationError, match="matrix form of step") as error:
        sheet("weight-norm", ())
    assert error.value.exit_status == 1


# the algebra


def test_shapes_that_do_not_agree_make_no_matrix() -> None:
    N, D = Symbol("N"), Symbol("D")
    with pytest.raises(ShapeError):
        Times(Ones(N), Ones(D))
    with pytest.raises(ShapeError):
        Plus(Ones(N), Ones(D))


def test_the_leading_axis_of_three_is_the_batch() -> None:
    assert roles(models.batches().model()) == {"X": (1, 2), "W": (0, 1), "Y": (1, 2), "L": ()}


def test_a_stride_has_no_matrix_form_and_the_page_says_so() -> None:
    solution = derived(models.convolution)
    with pytest.raises(NoMatrixForm, match="steps larger than one"):
        solution.matrix("w")
    text = " ".join(solution.to_text(detail="full").split())
    assert "For yᵢ, ∂L/∂wₖ we keep the index form" in text
    assert "L = 1/2 ‖y‖²" in text


def test_an_adjoint_is_read_whole_though_its_family_is_strided() -> None:
    """dL/db = sum_ij dL/dy_ij is 1^T dL/dy 1, while dL/dw reads shifted places."""
    problem = load("conv2d")
    solution = problem.readings[0].build(**problem.choices({o.name: None for o in problem.options})).derive()
    known = {str(form.element): form for form in solution.matrices.all}
    assert str(known["dL/db"].matrix) == "ones(H).T*(dL/dy)*ones(W)"
    assert known["dL/dw[p, q]"].reason is not None


def test_the_scalar_recurrence_has_nothing_to_say_about_matrices() -> None:
    graph = load("bptt").readings[0].build(activation="tanh", loss="squared", loss_at="last", start="zero")
    assert not graph.derive().matrices.all


def test_the_data_hold_the_matrices_with_their_shapes() -> None:
    solution = derived(models.ridge)
    found = {item["formula"]: item for item in json.loads(solution.to_json())["matrix"]}
    gradient = found[r"\frac{\partial L}{\partial w}"]
    assert gradient["value"] == r"\lambda\, w + X^{\top}\, (X\, w - y)"
    assert gradient["shape"] == ["D", "1"]
    of_strides = {item["formula"]: item for item in json.loads(derived(models.convolution).to_json())["matrix"]}
    without = of_strides["y_{i}"], of_strides[r"\frac{\partial L}{\partial w_{k}}"]
    assert all(item["value"] is None and item["reason"] for item in without)


# products that nobody has thought of


@pytest.mark.parametrize("seed", range(40))
def test_random_products_under_sums(seed: int) -> None:
    """A product of a few families over three indices, summed: where a matrix form is found, it has the right value."""
    rng = random.Random(seed)
    g = Graph(f"product {seed}")
    letters = [g.index(a, g.size(a.upper())) for a in "ijk"]
    factors = []
    for n in range(rng.randint(2, 5)):
        own = rng.sample(letters, rng.randint(1, 2))
        leaf = g.parameter(f"a{n}", *(i.upper for i in own))
        factors.append(leaf[tuple(own)])
    used = [i for i in letters if any(i in f.free_symbols for f in factors)]
    body = factors[0]
    for factor in factors[1:]:
        body = body * factor
    g.loss("L", Sum(body, *used))
    solution = g.derive()
    report = solution.verify(points=24)
    assert report.ok
    found = [f for f in solution.matrices.all if f.matrix is not None]
    assert len(report.of("matrix_form").rows) == len(found)
    assert found or len(used) == 3  # two letters always have one


def test_a_delta_between_two_letters_is_the_identity() -> None:
    model = models.mahalanobis().model()
    i, j = model.indices[:2]
    x = model.nodes["x"].symbol
    expr = x[i] * (KroneckerDelta(i, j) - x[j])
    solution = derived(models.mahalanobis)
    found = Reader(model.nodes, roles(model), expr, (i, j)).matrix()
    assert printed(solution, found) == "diag(x) (I_D - 𝟏_D xᵀ)"


@pytest.mark.parametrize("n", [1, 3])
def test_a_unit_column_that_ends_before_its_place_is_zero(n):
    """y_r = [r = 2] tanh(w_r) is 𝐞_2 ⊙ tanh(w), also of one entry, where nothing is 1."""
    g = Graph("unit")
    N = g.size("N")
    r, w = g.index("r", N), g.parameter("w", N)
    y = g.node("y", tanh(w[r]) * KroneckerDelta(2, r), over=r)
    g.loss("L", Sum(y[r] ** 2, r))
    derived = g.derive()
    assert "𝐞_2" in derived.to_text(check=False) and g.derive(sizes={N: n}).verify(points=20).ok


def test_a_unit_column_of_a_range_of_one_place_is_a_number():
    """[k = 2] for k = 1, ..., 1 is 0, and was read as 1."""
    g = Graph("one place")
    m, k = g.index("m", g.size("N")), g.index("k", 1)
    n = g.node("n", g.parameter("a") * KroneckerDelta(2, k), over=(m, k))
    g.loss("L", Sum(n[m, k] + n[m, k] ** 2, m, k))
    assert g.derive(sizes={m.upper: 2}).verify(points=20).ok
