"""A function that a user defines at run time works everywhere, with no other file touched: `derive.elementwise`."""

import gc
import re
import sys
from pathlib import Path

import numpy as np
import pytest
import sympy
import torch
from generated import loaded
from sympy import Rational, S, Symbol, oo

from derive import (
    Abs,
    Graph,
    Max,
    ModelError,
    Piecewise,
    Sum,
    Text,
    UsageError,
    elementwise,
    exp,
    problems,
    sigmoid,
    softplus,
    tanh,
)  # fmt: skip
from derive.code.targets import TARGETS
from derive.expressions import functions
from derive.expressions.functions import BY_NAME, X
from derive.memo import forget
from derive.topics.primitives.program import rewritten

# The functions of these tests, each with the same by torch.
SOFTSIGN = {"definition": lambda x: x / (1 + Abs(x)), "value_range": (-1, 1), "slope_range": (0, 1)}
MADE_UP = {
    "soft_sign": (SOFTSIGN, lambda x: x / (1 + x.abs())),
    "bump": ({"definition": lambda x: exp(-(x**2))}, lambda x: torch.exp(-x.square())),
    "my_mish": ({"definition": lambda x: x * tanh(softplus(x))}, torch.nn.functional.mish),
    "hard_swish": ({"definition": lambda x: x * Max(0, sympy.Min(6, x + 3)) / 6}, torch.nn.functional.hardswish),
    "leaky": ({"definition": lambda x: Piecewise((x, x > 0), (x / 8, True))}, lambda x: torch.where(x > 0, x, x / 8)),
    "values": (
        {"definition": lambda x: x * sigmoid(x) ** 2},
        lambda x: x * torch.sigmoid(x) ** 2,
    ),
}
each = pytest.mark.parametrize("name", MADE_UP)
PROBLEM = """
from derive import Abs, Graph, Problem, Size, Sum, Text, elementwise, exp

soft_sign = elementwise("soft_sign", lambda x: x / (1 + Abs(x)), value_range=(-1, 1), slope_range=(0, 1))
bump = elementwise("bump", lambda x: exp(-(x**2)))
problem = Problem(title=Text("A unit", "一个单元"), statement=Text("Derive it.", "请推导。"), source="test",
                  group="networks", sizes=(Size("N", Text("number", "个数"), most=9),))


@problem.reading(operations=("soft_sign", "bump", "dot", "sum", "add", "sub", "mul", "pow"))
def model():
    g = Graph("unit")
    n = g.size("N")
    i = g.index("i", n)
    w, b, x, y = g.parameter("w"), g.parameter("b"), g.input("x", n), g.target("y", n)
    a = g.node("a", soft_sign(w * x[i] + b), over=i)
    c = g.node("c", bump(a[i]), over=i)
    g.loss("L", Sum((c[i] - y[i]) ** 2, i))
    return g
"""


@pytest.fixture(autouse=True)
def table():
    """The table of functions is left as it was."""
    kept = dict(BY_NAME), dict(functions._BY_CLASS)
    yield
    for live, before in zip((BY_NAME, functions._BY_CLASS), kept, strict=True):
        live.clear()
        live.update(before)
    forget()


def made(name):
    fields = dict(MADE_UP[name][0])
    return elementwise(name, fields.pop("definition"), **fields)


def unit(f):
    """L = sum_i f(w x_i + b)^2."""
    g = Graph("unit")
    n = g.size("N")
    i = g.index("i", n)
    w, b = g.parameters("w b")
    x = g.input("x", n)
    a = g.node("a", f(w * x[i] + b), over=i)
    g.loss("L", Sum(a[i] ** 2, i))
    return g.derive()


@each
def test_page_and_check(name):
    """Every line against autograd, which differentiates the definition; the page in both languages and alphabets."""
    solution = unit(made(name))
    assert solution.verify().ok
    for lang in ("en", "zh"):
        assert name in solution.to_text(lang) and name.replace("_", r"\_") in solution.to_latex(lang)


@each
@pytest.mark.parametrize("target", TARGETS)
def test_code(name, target):
    """The generated passes give the values and gradients of torch's function and of autograd."""
    given = {"w": 1.7, "b": -0.4, "x": np.linspace(-4.1, 4.3, 9)}
    code = loaded(unit(made(name)).to_code(target))
    leaves = {k: torch.tensor(v, dtype=torch.float64, requires_grad=k != "x") for k, v in given.items()}
    loss = MADE_UP[name][1](leaves["w"] * leaves["x"] + leaves["b"]).square().sum()
    truth = torch.autograd.grad(loss, [leaves["w"], leaves["b"]])
    arrays = given if target == "numpy" else {k: v.detach() for k, v in leaves.items()}
    assert float(code["forward"](**arrays)["L"]) == pytest.approx(loss.item(), rel=1e-12)
    gradients = code["backward"](**arrays)
    assert [float(gradients[k]) for k in "wb"] == pytest.approx([t.item() for t in truth], rel=1e-10)


@each
def test_primitive_operations(name):
    """As an operation of its own, and written out by its definition: the program computes the same."""
    d = unit(made(name)).derivation
    simple = ("dot", "sum", "add", "sub", "mul", "div", "pow", "max", "exp", "log")
    for operations in ((*simple, name), simple):
        if name == "leaky" and name not in operations:
            with pytest.raises(ModelError, match="cannot be written in primitive operations"):
                rewritten(d, operations)
        else:
            program = rewritten(d, operations, check=True).program
            assert any(p.operation == name for p in program.primitives.values()) == (name in operations)


def test_from_the_command_line(tmp_path, monkeypatch, capsys):
    """A problem's file defines its functions; every command works on it, one file and no other."""
    from derive.cli.main import run

    (tmp_path / "made_up_unit.py").write_text(PROBLEM)
    monkeypatch.setattr(problems, "__path__", [*problems.__path__, str(tmp_path)])
    ops = "dot,sum,add,sub,mul,div,max,pow,exp"
    for argv in (
        ["made-up-unit", "--format", "text"],
        ["made-up-unit", "--format", "tex", "--lang", "zh"],
        ["made-up-unit", "--format", "json", "--N", "2", "--at", "w=1,b=0,x[1]=1,x[2]=2,y=0"],
        ["code", "made-up-unit", "--target", "torch"],
        ["graph", "made-up-unit", "--ops", ops],
        ["graph", "made-up-unit", "--ops", f"soft_sign,bump,{ops}"],
    ):
        status = run(argv)
        gc.enable()
        out = capsys.readouterr()
        assert (status, out.err) == (0, ""), (argv, out.err)
        assert "soft_sign" in out.out.replace("\\_", "_") or "graph" in argv
    sys.modules.pop("derive.problems.made_up_unit")


def test_what_follows_from_the_definition():
    """Slope, kinks, exact values, the name of the argument; without ranges nothing is claimed."""
    soft_sign, hard, bump = made("soft_sign"), made("hard_swish"), made("bump")
    assert BY_NAME["soft_sign"].slope(X) == 1 / (1 + Abs(X)) ** 2 and BY_NAME["soft_sign"].kinks == ()
    assert BY_NAME["hard_swish"].kinks == (-3, 3) and "-1/4" in BY_NAME["hard_swish"].convention.en
    assert soft_sign(0) == 0 and BY_NAME["soft_sign"].exact(Rational(1, 2)) == Rational(1, 3)
    assert BY_NAME["bump"].number(0.5) == pytest.approx(np.exp(-0.25)) and BY_NAME["bump"].exact(Rational(1)) is None
    assert BY_NAME["bump"].value_range == (-oo, oo) == BY_NAME["bump"].slope_range
    assert "z" in unit(soft_sign).derivation.model.nodes
    assert bump(Symbol("x", real=True)).diff(X) == -2 * X * bump.definition(X)
    assert hard.definition(S(-5)) == 0


def test_no_claim_without_a_range():
    """A recurrence through a function whose slope is not bounded has no condition for vanishing that rests on it."""

    def claims(name, **fields):
        f = elementwise(name, SOFTSIGN["definition"], **fields)
        g = Graph("cell")
        t = g.index("t", g.size("T"))
        w, x = g.parameter("w"), g.input("x", t.upper)
        h = g.recurrence("h", lambda h: f(w * h[t - 1] + x[t]), over=t, start={0: 0})
        g.loss("L", h[t.upper] ** 2)
        return {c.kind for analysis in g.derive().analyses for c in analysis.conditions if c.about != "local"}

    assert "vanishes" in claims("bounded", slope_range=(0, 1))
    assert "vanishes" not in claims("unbounded")


def test_the_same_again_and_another():
    """The same call gives the same function, as a notebook's cell does that is run twice; any difference is refused."""
    first = made("soft_sign")
    assert made("soft_sign") is first
    for change in ({"slope_range": (0, 2)}, {"definition": tanh}, {"title": Text("s", "s")}, {"activation": False}):
        fields = SOFTSIGN | change
        with pytest.raises(UsageError, match="another function or operation named soft_sign"):
            elementwise("soft_sign", fields.pop("definition"), **fields)


def test_a_function_of_sympy():
    """sympy has it, torch and numpy have it: it becomes a row as it is, also for models that were read before."""
    x = Symbol("x", real=True)
    with pytest.raises(ModelError, match=r"^a: derive does not know the function sech.*sech = derive.elementwise"):
        unit(sympy.sech)
    sech = elementwise("sech", sympy.sech, latex=r"\sech", value_range=(0, 1))
    assert sech is sympy.sech and abs(BY_NAME["sech"].slope(x) + sympy.tanh(x) * sech(x)).evalf(subs={x: 1.3}) < 1e-14
    assert elementwise("sech", sympy.sech, latex=r"\sech", value_range=(0, 1)) is sech
    solution = unit(sech)
    assert solution.verify().ok and "z" in solution.derivation.model.nodes
    assert r"\sech(z_{i})" in solution.to_latex() and "np.exp(x)" in solution.to_code()
    assert elementwise("atan", sympy.atan, torch="atan", numpy="arctan") is sympy.atan  # derive has it
    half = elementwise("half_angle", lambda x: sech(x) / 2)  # and others may use it
    assert unit(half).verify().ok


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"slope": lambda x: 1 / (1 + Abs(x))}, "slope= gives .* by the definition it is"),
        ({"slope_in_value": lambda y: 1 - y**2}, "slope_in_value= gives"),
        ({"slope_in_value": lambda y: sympy.besselj(0, y)}, "the slope_in_value uses besselj"),
        ({"value_range": (0, 1)}, r"value_range=\(0, 1\), but at"),
        ({"slope_range": (0, Rational(1, 2))}, "slope_range=.*but at"),
        ({"value_range": (1, 0)}, "the lower one first"),
        ({"domain": "all"}, "domain='all'"),
        ({"kinks": (0,)}, "the definition has a derivative at 0"),
        ({"definition": lambda x: 3}, "does not depend"),
        ({"definition": lambda x: x * Symbol("y")}, "no real expression"),
        ({"definition": lambda x: max(x, 0)}, "fails for a symbol"),
        ({"definition": np.tanh}, "fails for a symbol"),
        ({"definition": 3}, "is a Python function"),
        ({"definition": sympy.log}, "no real value or slope at"),
        ({"definition": sympy.Si}, "uses Si, which derive does not know; define Si first"),
        ({"definition": lambda x: softplus(x / 99), "value_range": (0, 2)}, "value_range=.*but at 1000"),
        ({"torch": "os.system('x')"}, "expected the name of a function"),
        ({"numpy": "soft_sign"}, "numpy has no soft_sign"),
        ({"numpy": "tanh"}, "numpy='tanh' gives"),
        ({"title": "soft_sign"}, "expected Text"),
    ],
)
def test_what_contradicts_the_definition_is_refused(fields, said):
    """One line that says what was found; nothing is put into the table."""
    fields = (SOFTSIGN if "definition" not in fields else {}) | fields
    with pytest.raises(UsageError, match=said) as caught:
        elementwise("soft_sign", fields.pop("definition"), **fields)
    assert "\n" not in str(caught.value) and "soft_sign" not in BY_NAME


@pytest.mark.parametrize(
    ("definition", "fields", "said"),
    [
        (lambda x: exp(-1000 * (x - Rational(1, 3)) ** 2), {"slope_range": (-1, 1)}, "slope_range=.*but at 0.2"),
        (lambda x: sympy.log(1 + Abs(x)), {"value_range": (0, 30)}, "value_range=.*but at"),
        (lambda x: exp(-1000 * (x - Rational(1, 3)) ** 2), {"value_range": (0, 0.9)}, "but at 0.33"),
        (tanh, {"slope": lambda x: 1 - tanh(x) ** 2 + exp(-((x - 50) ** 2))}, "slope= gives .* at 4"),
        (lambda x: Max(exp(x) - 2, 0), {}, r"no derivative near x = 0.693147.*kinks="),
        (lambda x: Max(x**5 - x - 1, 0), {}, r"near x = 1.1673"),
        (lambda x: Abs(sympy.sin(x)), {}, "near x = 0"),
        (lambda x: sympy.sign(tanh(x) - tanh(1)), {}, "near x = 1"),
        (lambda x: Abs(x) + Abs(x - 2), {"kinks": ()}, "near x = "),
        (lambda x: Abs(x) + Abs(x - 1), {"kinks": (0,)}, "near x = 1"),
        (Abs, {"kinks": 0}, "expected a tuple of numbers"),
        (Abs, {"kinks": ("(",)}, "expected a tuple of numbers"),
        (tanh, {"latex": 5}, "latex=5"),
        (tanh, {"latex": "%"}, "latex='%'"),
        (tanh, {"latex": r"\foo{"}, "balanced braces"),
        (tanh, {"numpy": "arctan2"}, "no function of one array"),
        (tanh, {"numpy": "pi"}, "no function of one array"),
        (tanh, {"numpy": "linalg"}, "no function of one array"),
        (tanh, {"numpy": "arange"}, "no function of one array"),
        (lambda x: sympy.Integral(exp(-(x**2)), (x, 0, x)), {}, "uses Integral, .* write it in functions"),
        (lambda x: 1 / x, {}, "at 0; say where it is defined: domain="),
        (lambda x: 1 / (x - sympy.sqrt(2)), {}, "at 1.41421; say where it is defined: domain="),
    ],
)
def test_what_lies_between_a_few_points_is_seen_too(definition, fields, said):
    """Narrow peaks, slow growth, kinks without an exact root, poles: one line says where."""
    with pytest.raises(UsageError, match=said) as caught:
        elementwise("odd", lambda x: definition(x), **fields)
    assert "\n" not in str(caught.value) and "odd" not in BY_NAME


def test_code_of_a_model_that_does_not_use_it():
    """A function that is called like a parameter leaves the code of other models alone; where both occur, it runs."""
    before = unit(tanh).to_code()
    w = elementwise("w", SOFTSIGN["definition"])
    forget()
    assert unit(tanh).to_code() == before
    code = unit(w).to_code()
    assert "def w(x)" in code and "w_ ()  parameter" in code and loaded(code)


def test_what_is_accepted():
    """Exact kinks, also irrational ones; stated ones that explain everything; an overflow is no contradiction."""
    root = sympy.sqrt(2)
    elementwise("v", lambda x: Abs(x - root))
    elementwise("golden", lambda x: Abs(x**2 - x - 1))
    elementwise("cut", lambda x: Max(exp(x) - 2, 0), kinks=(sympy.log(2),))
    assert BY_NAME["v"].kinks == (root,) and len(BY_NAME["golden"].kinks) == 2
    elementwise("smooth", lambda x: x * Abs(x))
    assert BY_NAME["smooth"].kinks == ()
    elementwise("tower", lambda x: exp(exp(x)), value_range=(1, oo))
    elementwise("secant", lambda x: 1 / sympy.cos(x), domain=(-sympy.pi / 2, sympy.pi / 2))
    assert BY_NAME["secant"].domain == (-sympy.pi / 2, sympy.pi / 2)


@pytest.mark.parametrize("name", ["pi", "E", "I", "class", "None", "lambda"])
def test_words_that_mean_something_else(name):
    """Constants of mathematics and Python's own words."""
    with pytest.raises(UsageError, match="means something else"):
        elementwise(name, SOFTSIGN["definition"])


@pytest.mark.parametrize("name", ["sigmoid", "add", "max", "two words", "1st", 7, "函数"])
def test_names_that_are_refused(name):
    """A name that is taken, by a function or by an operation, and what is no word."""
    with pytest.raises(UsageError, match=r"another function or operation|is not a word"):
        elementwise(name, SOFTSIGN["definition"])


def test_torch_s_own_function():
    """It is used where it is named, and refused where it is missing or another one; the check finds another slope."""
    named = elementwise("soft", SOFTSIGN["definition"], torch="torch.nn.functional.softsign")
    solution = unit(named)
    assert solution.verify().ok and "torch.nn.functional.softsign(z)" in solution.to_code("torch")
    with pytest.raises(UsageError, match="torch has no nothing"):
        unit(elementwise("softer", SOFTSIGN["definition"], torch="nothing")).verify()
    with pytest.raises(UsageError, match=r"torch.tanh is .* the definition"):
        unit(elementwise("softest", SOFTSIGN["definition"], torch="tanh")).verify()


def test_a_wrong_slope_in_the_table_is_found_by_the_check():
    """The check does not rest on the slope: autograd differentiates the definition."""
    f = made("soft_sign")
    wrong = BY_NAME["soft_sign"]._replace(slope=lambda x: 1 / (1 + Abs(x)))
    functions.register(wrong)
    forget()
    failed = unit(f).verify().first_failure
    assert failed is not None and str(failed.quantity) == "dL/dz[i]"


@pytest.mark.parametrize("readme", ["README.md", "README.zh.md"])
def test_the_example_of_the_readme(readme, capsys):
    """The section about functions that derive does not know prints what it says."""
    text = (Path(__file__).parents[1] / readme).read_text(encoding="utf-8")
    (example,) = re.findall(r"```python\n([^`]*elementwise\([^`]*)```", text)
    exec(example, {})
    assert capsys.readouterr().out.strip() == example.rpartition("  # ")[2].strip()


def test_three_that_tie_in_a_function_of_a_user():
    """max(0, x, 2x) is 2x or 0: at 0 its three slopes 0, 1 and 2 have one third each."""
    elementwise("three_lines", lambda x: Max(0, x, 2 * x), kinks=[0])
    assert BY_NAME["three_lines"].slope(X).subs(X, 0) == 1
    x = torch.zeros((), dtype=torch.float64, requires_grad=True)
    assert torch.autograd.grad(torch.amax(torch.stack([0 * x, x, 2 * x]), 0), x)[0].item() == pytest.approx(1)
