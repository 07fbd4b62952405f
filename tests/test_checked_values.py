"""What the API returns was compared with torch.autograd: a planted mistake is refused, whatever one asks for."""

import subprocess
import sys

import pytest
from sympy import Integer, tanh

from derive import Graph, Sum, VerificationError
from derive.cli.main import run
from derive.expressions.functions import BY_NAME, register
from derive.memo import forget

ASKED = {
    "gradient": lambda d: d.gradient("w"),
    "adjoint": lambda d: d.adjoint("z"),
    "matrix": lambda d: d.matrix("w"),
    "matrices": lambda d: d.matrices,
    "jacobian": lambda d: d.jacobian("h", "z"),
    "hessian": lambda d: d.hessian("w"),
    "to_code": lambda d: d.to_code("numpy"),
    "to_text": lambda d: d.to_text(),
}


def one_unit():
    """Sum over n of (tanh(w x_n) - y_n)^2, in vectors."""
    g = Graph("one unit")
    N, D = g.size("N"), g.size("D")
    n, d = g.index("n", N), g.index("d", D)
    w, x, y = g.parameter("w", D), g.input("x", N, D), g.target("y", N)
    z = g.node("z", Sum(x[n, d] * w[d], d), over=n)
    h = g.node("h", tanh(z[n]), over=n)
    g.loss("L", Sum((h[n] - y[n]) ** 2, n))
    return g


@pytest.fixture
def wrong_slope():
    """The slope of tanh as 1 - y instead of 1 - y^2."""
    right = BY_NAME["tanh"]
    register(right._replace(slope=lambda x: 1 - tanh(x), slope_in_value=lambda y: 1 - y))
    forget()
    yield
    register(right)
    forget()


@pytest.mark.parametrize("asked", ASKED)
def test_a_wrong_rule_is_refused(wrong_slope, asked):
    """Every way to a value ends in a VerificationError, the second time too."""
    d = one_unit().derive()
    for _ in range(2):
        with pytest.raises(VerificationError, match="disagrees"):
            ASKED[asked](d)


@pytest.mark.parametrize("asked", ASKED)
def test_a_right_rule_is_not(asked):
    """Without the mistake the same calls give something."""
    assert ASKED[asked](one_unit().derive()) is not None


def test_a_wrong_matrix_alone_is_refused(monkeypatch):
    """The gradient is right, its matrix form is planted wrong."""
    from derive.expressions.matrices import Scaled
    from derive.topics.matrix_form import forms

    right = forms.with_softmax
    monkeypatch.setattr(forms, "with_softmax", lambda expr: Scaled(Integer(2), right(expr)))
    forget()
    d = one_unit().derive()
    d.gradient("w")
    with pytest.raises(VerificationError):
        d.matrix("w")
    forget()


def test_without_the_check_the_wrong_value_comes(wrong_slope):
    """`check=False` says what was derived, whether it holds or not."""
    d = one_unit().derive()
    assert d.gradient("w", check=False).has(Sum)
    assert "def backward" in d.to_code(check=False)
    assert d.matrix("w", check=False) is not None


def test_the_check_is_made_once(monkeypatch):
    """The second value costs nothing, and so does the first after a sheet."""
    from derive.check import derived

    made, right = [], derived.verify
    monkeypatch.setattr(derived, "verify", lambda *a, **k: made.append(1) or right(*a, **k))
    d = one_unit().derive()
    for _ in range(3):
        d.gradient("w"), d.adjoint("z"), d.to_code()
    assert len(made) == 1
    d = one_unit().derive()
    d.to_text(), d.gradient("w")
    assert len(made) == 2


def test_the_other_graphs_of_a_function_are_checked(wrong_slope):
    """A function with a signature has a graph for inference too; the module is not written from one that fails."""
    from derive.code.signature import Argument, Signature

    def right():
        g = Graph("training")
        a = g.input("a", gradient=True)
        g.node("y", a**2)
        g.loss("L", 3 * a**2)
        return g

    def wrong():
        g = Graph("inference")
        a = g.input("a", gradient=True)
        g.node("y", tanh(a))
        g.loss("L", tanh(a))
        return g

    right().derive().to_code()
    signature = Signature("f", (Argument("a", "a"),), "y", inference=wrong)
    with pytest.raises(VerificationError):
        right().derive().to_code("numpy", signature)


@pytest.mark.parametrize(("more", "loads"), [("", True), (", check=False", False)])
def test_torch_is_loaded_for_the_check_only(more, loads):
    """Without it no value needs torch."""
    code = (
        "import sys; from derive import Graph, exp\ng = Graph('g'); w = g.parameter('w'); g.loss('L', exp(w))\n"
        f"d = g.derive(); before = 'torch' in sys.modules; d.gradient('w'{more}); d.to_code('torch'{more})\n"
        "sys.exit(2 * before + ('torch' in sys.modules))"
    )
    assert subprocess.run([sys.executable, "-c", code]).returncode == int(loads)


def test_the_command_refuses_too(wrong_slope, capsys):
    """`derive code` prints nothing of a derivation that fails, and exits with 1; --no-check prints it."""
    assert run(["code", "gru"]) == 1
    assert capsys.readouterr().out == ""
    assert run(["code", "gru", "--no-check"]) == 0
    assert "def backward" in capsys.readouterr().out
