"""Each row of the table of functions is held to the same claims, so a row that is wrong anywhere fails by its name.

A claim is a function `check_...(row)`. The slopes are held against mpmath.diff of the definition and against
torch.autograd, the values against torch, the ranges against dense samples.
"""

from fractions import Fraction
from functools import reduce
from string import Formatter

import pytest
import torch
from generated import loaded
from mpmath import diff, mp, mpf
from sympy import Float, Rational, S, Symbol, lambdify, oo

from derive import Sum
from derive.code.functions import defined, own
from derive.code.names import called
from derive.code.targets import TARGETS
from derive.expressions.elementwise import Elementwise
from derive.expressions.functions import ANY, BY_NAME, TABLE, function_named, row_of
from derive.graph import Graph
from derive.language import places

JUMPS = {
    "step": lambda x: mpf(x > 0),
    "share": lambda x: (mpf(x > 0) + mpf(x >= 0)) / 2,
    "between": lambda x, low, high: mpf(low <= x <= high),
    "equal": lambda x, y: mpf(x == y),
    "Heaviside": lambda x, at: mpf(x > 0) if x else at,
}
WHOLE = ("floor", "ceiling", "frac", "trunc", "rounded")  # they jump at every whole number, or halfway
BETWEEN = ("1.5707", "1.5709", "1.9999", "2.9999", "-2.9999", "0.0001", "0.5")  # where a range has an end
MORE = {  # what torch has under another name, or not for these arguments
    "softplus": torch.nn.functional.softplus,
    "gamma": lambda x: torch.exp(torch.lgamma(x)),
    "hardsigmoid": lambda x: torch.nn.functional.relu6(x + 3) / 6,
    "polygamma": lambda n, x: torch.polygamma(int(n), x),
    "clip": torch.clamp,
    "prelu": lambda x, a: torch.nn.functional.prelu(x.reshape(1, 1), a.reshape(1)).reshape(()),
}
SLOW = ("log", "sqrt", "log2", "log10", "log1p", "asinh", "acosh", "loggamma")  # they grow, and need huge arguments
X = Symbol("x", real=True)

each_row = pytest.mark.parametrize("row", TABLE, ids=lambda row: row.name)
each_unary = pytest.mark.parametrize("row", [row for row in TABLE if row.arity == 1], ids=lambda row: row.name)


def numeric(function, arity=1):
    """A function of sympy expressions as one of mpmath numbers, by its definition."""
    symbols = [Symbol(f"x{n}", real=True) for n in range(arity)]
    return lambdify(symbols, S(function(*symbols)).doit(), [JUMPS, "mpmath"])


def arguments(row, points):
    """What a row is called with: each point of the domain; for two arguments, with a few second ones."""
    if row.name == "power":
        return [(x, n) for x in points for n in (-2, 1, 3, Rational(1, 2)) if x > 0 or (x < 0 and n in (-2, 1, 3))]
    if row.name == "polygamma":
        return [(n, x) for x in points for n in (0, 1, 3) if x > 0]
    if row.name in ("clip", "between"):
        return [(x, low, low + 2) for x in points for low in (x - 3, x - 1, Rational(-1, 3), x + 1)]
    if row.arity == 2:
        return [(x, other) for x in points for other in (x - 1, Rational(1, 2), x + 1, x) if (x, other) != (0, 0)]
    return [(x,) for x in points if row.domain[0] < x < row.domain[1]]


def ends_in(low, high, found, far=1000):
    """The found numbers fill (low, high): none outside, and both ends approached (beyond `far` where infinite)."""
    least, greatest = min(found), max(found)
    below = least < -far if low == -oo else low - 1e-12 <= least < low + 1e-3
    above = greatest > far if high == oo else high - 1e-3 < greatest <= high + 1e-12
    return below and above


# the claims


def check_slope(row):
    """The slope in each argument that has one is the derivative of the value; stop says of itself that it is not."""
    value, points = numeric(row.value, row.arity), [Rational(n, 10) for n in (-61, -23, -9, -2, 1, 7, 13, 42)]
    arity = {"power": 1, "stop": 0}.get(row.name, row.arity)  # the slope in an exponent is that of e^(n log x)
    for n in (n for n in range(arity) if row.has_slope(n)):
        slope = numeric(lambda *x, n=n: row.slope_in(n, x), row.arity)
        with mp.workdps(40):
            for point in arguments(row, points):
                at = [mpf(Rational(b).p) / Rational(b).q for b in point]
                found = diff(lambda v, n=n, at=at: value(*at[:n], v, *at[n + 1 :]), at[n])
                error = abs(slope(*at) - found)
                assert error < 1e-15 * (1 + abs(found)), f"slope of {row.name} in {n} at {point}"


def check_slope_in_value(row):
    for n in (-4, -1, 1, 2, 5):
        n = S(n) / 6 if row.domain[1] == 1 else n
        if row.slope_in_value is not None and row.domain[0] < n:
            by_value, by_argument = row.slope_in_value(row.value(S(n))), row.slope(S(n))
            assert abs((by_value - by_argument).evalf(40)) < 1e-30, f"slope of {row.name} in its value at {n}"


def check_torch(row):
    """Value and slope at quarters, and so at every kink and tie, by sympy's evalf; the plain number too."""
    for point in arguments(row, [Rational(n, 4) for n in range(-32, 33)]):
        floats = [float(p) for p in point]
        tensors = [torch.tensor(p, dtype=torch.float64, requires_grad=True) for p in floats]
        value, slope = by_torch(row, *tensors)
        rough = {"gamma": 1e-12, "tan": 1e-12, "polygamma": 1e-9}  # of torch
        near = {"rel": rough.get(row.name, 1e-14), "abs": 1e-14}
        assert float(S(row.value(*point)).evalf()) == pytest.approx(value, **near), f"{row.name} at {point}"
        assert row.number(*floats) == pytest.approx(value, **near), f"number of {row.name} at {point}"
        assert float(S(row.slope(*point)).evalf()) == pytest.approx(slope, **near), f"slope of {row.name} at {point}"


def by_torch(row, x, *others):
    """(value, slope in x) by torch. The slope of torch.maximum is what `share` is; a jump has no graph: slope 0."""
    one = torch.ones_like(x)
    if row.name == "equal":
        return float(x == others[0]), 0.0
    if row.name in ("heaviside", "between", "stop"):
        known = {"heaviside": lambda: torch.heaviside(x, one / 2), "stop": x.detach}
        clamped = lambda: torch.autograd.grad(torch.clamp(x, *others), x)[0]  # noqa: E731
        return known.get(row.name, clamped)().item(), 0.0
    if row.name in MORE:
        value = MORE[row.name](x, *others)
        return value.item(), torch.autograd.grad(value, others[0] if row.name == "polygamma" else x)[0].item()
    if row.name == "share":
        return torch.autograd.grad(torch.maximum(x, torch.zeros_like(x)), x)[0].item(), 0.0
    if row.name == "step":
        return torch.heaviside(x.detach(), torch.zeros_like(x)).item(), 0.0
    value = reduce(getattr, row.torch.split("."), torch)(x, *others)
    return value.item(), torch.autograd.grad(value, x)[0].item()


def check_exact(row):
    for point in arguments(row, [Fraction(n, 2) for n in range(-6, 7)]):
        point = [Fraction(int(p.numerator), int(p.denominator)) for p in point]
        found = row.exact(*point)
        if found is not None:
            assert float(found) == pytest.approx(row.number(*map(float, point)), abs=1e-15), f"{row.name} at {point}"
            assert S(row.value(*map(Rational, point))).doit() == Rational(found), f"sympy's {row.name} at {point}"


def check_ranges(row):
    value, slope = numeric(row.value, row.arity), numeric(row.slope, row.arity)
    near = [Rational(n, 25) for n in range(-200, 201)] + [Rational(p) for p in BETWEEN]
    far = [S(sign) * 10**n for n in range(1, 7) for sign in (-1, 1)] + [S(n) for n in range(-40, 41)]
    ends = [S(end) for end in row.domain if S(end).is_finite]
    tiny_and_huge = [end + sign * S(10) ** -n for end in ends for n in (6, 600) for sign in (-1, 1)]
    tiny_and_huge += [S(sign) * 10**600 for sign in (-1, 1)] if row.name in SLOW else []
    far_out = 10 if row.name in (*SLOW, "atanh", "erfinv", "logit") else 1000
    with mp.workdps(700 if any(ends) else 30):
        points = [[mpf(Rational(p).p) / Rational(p).q for p in a] for a in arguments(row, near + far + tiny_and_huge)]
        for what, claimed, f in (("value", row.value_range, value), ("slope", row.slope_range, slope)):
            found = (claimed == ANY and row.arity > 1) or ends_in(*claimed, [f(*p) for p in points], far_out)
            assert found, f"{what} range of {row.name}"


def check_kinks(row):
    """The whole points where the value jumps, or where the slopes from left and right differ, are the kinks."""
    value, h = numeric(row.value), mpf("1e-15")
    with mp.workdps(40):
        points = [mpf(n) for n in range(-6, 7) if row.domain[0] < n < row.domain[1]]
        sides = {int(x): ((value(x + h) - value(x)) / h, (value(x) - value(x - h)) / h) for x in points}
    found = tuple(n for n, (right, left) in sides.items() if abs(right - left) > 1e-6 or abs(right) > 1e6)
    if row.name in WHOLE:  # one of the many is named
        assert len(row.kinks) == 1 and (row.name == "rounded" or len(found) >= 6)
    else:
        assert row.kinks == tuple(n for n in found if abs(n) < 7), f"kinks of {row.name}"


def check_code(row):
    """Value and slope by the code for numpy and for torch at quarters, the value also by code from the definition."""
    points = [float(p) for (p,) in arguments(row, [Rational(n, 4) for n in range(-32, 33)]) if p not in row.kinks]
    x = torch.tensor(points, dtype=torch.float64)
    values, slopes = zip(*(by_torch(row, v.clone().requires_grad_()) for v in x), strict=True)
    domain = "positive" if row.domain == ANY else row.domain  # the check of the model draws there
    for array in (x.numpy(), x):
        target = TARGETS["torch" if array is x else "numpy"]
        for found, truth in ((row.value, values), (row.slope, slopes)):
            computed = by_code(found, domain, target, array)
            assert computed == pytest.approx(truth, rel=1e-12, abs=1e-13), f"{row.name} in code"
        if row.definition is not None:
            assert by_definition(row, target, array) == pytest.approx(values, rel=1e-12, abs=1e-13), row.name


def by_code(function, domain, target, array):
    """sum_i y_i f(x_i) for the generated code: its gradient in y is f(x)."""
    g = Graph("f")
    n = g.size("N")
    i = g.index("i", n)
    x, y = g.input("x", n, domain=domain), g.parameter("y", n)
    g.loss("L", Sum(y[i] * function(x[i]), i))
    code = loaded(g.derive().to_code(target.name))
    return code["backward"](x=array, y=0 * array + 1)["y"].tolist()


def by_definition(row, target, array):
    """The function that is made from the definition, also where the library has a name for it."""
    text = defined(row, target)
    scope = loaded("\n".join([f"import math\n{target.imports}", *own(target, text), text]))
    return scope[called(row.name)](array).tolist()


CHECKS = (check_slope, check_slope_in_value, check_torch, check_code, check_exact, check_ranges, check_kinks)


@each_row
@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__.removeprefix("check_"))
def test_row(row, check):
    """The slope is the derivative, torch agrees also at kinks, exact values are exact, ranges hold and are reached."""
    if check not in (check_kinks, check_code) or row.arity == 1:
        check(row)


@pytest.mark.parametrize(
    ("check", "wrong"),
    [
        (check_slope, {"slope": lambda x: 1 - x}),
        (check_slope_in_value, {"slope_in_value": lambda y: 1 - y}),
        (check_torch, {"slope": lambda x: 1 - x}),
        (check_torch, {"torch": "sigmoid"}),
        (check_torch, {"number": lambda x: x}),
        (check_code, {"slope": lambda x: 1 - x}),
        (check_code, {"definition": lambda x: x}),
        (check_exact, {"exact": lambda x: x}),
        (check_ranges, {"slope_range": (0, 2)}),
        (check_ranges, {"slope_range": (0, Rational(1, 2))}),
        (check_ranges, {"value_range": (-1, oo)}),
        (check_ranges, {"value_range": (0, 1)}),
        (check_kinks, {"kinks": (0,)}),
    ],
)
def test_a_wrong_row_is_caught(check, wrong):
    """The same checks refuse the row of tanh with one wrong column, and name it."""
    with pytest.raises(AssertionError, match="tanh"):
        check(BY_NAME["tanh"]._replace(**wrong))


@each_unary
def test_the_inverse(row):
    """f^-1(f(x)) = x, where the row has an inverse."""
    for n in (-2, -1, 0, 1, 3):
        if row.inverse is not None:
            assert float(row.inverse(row.value(S(n))).evalf(30)) == pytest.approx(n, abs=1e-14)


@pytest.mark.parametrize("point", [-700.0, -40.0, 40.0, 700.0])
@each_unary
def test_numbers_far_out(row, point):
    """A plain number neither overflows nor loses digits far from 0."""
    if row.domain[0] < point < row.domain[1]:
        value, _ = by_torch(row, torch.tensor(point, dtype=torch.float64, requires_grad=True))
        assert row.number(point) == pytest.approx(value, rel=1e-12, abs=1e-300)


@pytest.mark.parametrize("tie", [-2.0, 0.0, 3.0])
def test_share_is_the_slope_of_a_maximum(tie):
    """d max(a, b) / da is share(a - b): 1 above, 0 below, 1/2 where they tie."""
    a = torch.tensor([tie - 1, tie, tie + 1], dtype=torch.float64, requires_grad=True)
    (slope,) = torch.autograd.grad(torch.maximum(a, torch.full_like(a, tie)).sum(), a)
    assert [float(BY_NAME["max"].slope(S(v), S(tie))) for v in a.tolist()] == slope.tolist() == [0, 0.5, 1]


@each_unary
def test_sympy_evaluates_and_differentiates_our_own_classes(row):
    """evalf keeps the digits it is asked for, and sympy's diff is the slope of the table."""
    if isinstance(row.value, type) and issubclass(row.value, Elementwise):
        with mp.workdps(50):
            x = Rational(7, 5) if row.domain[1] > 2 else Rational(2, 7)
            definition = numeric(row.value)(mpf(x.p) / x.q)
            near = Float("1e-15" if row.name == "selu" else "1e-48", 50)  # SELU's two constants are doubles
            assert abs(row.value(x).evalf(50) - Float(definition, 50)) < near
        assert row.value(X).diff(X) == row.slope(X)
        assert row.value(3 * X).diff(X) == 3 * row.slope(3 * X)


@each_row
def test_both_languages(row):
    """Rule and convention are there in both languages, about the same formulas; a kink has a convention."""
    assert (row.convention is not None) == (bool(row.kinks) or row.name == "sqrt")  # a root has no slope at 0
    for text in filter(None, (row.rule, row.convention)):
        assert places(text.en) == places(text.zh)
        assert text.en.strip() and any("\u4e00" <= c <= "\u9fff" for c in text.zh)


@each_row
def test_patterns_print_their_arguments(row):
    """LaTeX and text have the same holes, show what is put into them, and their braces match."""
    holes = [sum(field is not None for _, field, _, _ in Formatter().parse(p)) for p in (row.latex, row.text)]
    assert holes[0] == holes[1] >= 1
    for pattern in (row.latex, row.text):
        printed = pattern.format(*"QRS"[: holes[0]])
        assert all(argument in printed for argument in "QRS"[: holes[0]])
        assert printed.count("{") == printed.count("}") and printed.count("(") == printed.count(")")


@each_unary
def test_the_table_is_found_by_name_and_by_expression(row):
    """`function_named` finds a row by its name, `row_of` by the outermost function of an expression."""
    assert function_named(row.name) is row.value
    assert row_of(row.value(X)) is (None if row.name == "identity" else row)


def test_unknown_names_and_plain_sums_have_no_row():
    """A name that is not in the table is a KeyError; a sum, a product and a symbol are no function."""
    with pytest.raises(KeyError):
        function_named("sigmoyd")
    assert [row_of(e) for e in (X, X + 1, 2 * X, X**3, 1 / X)] == [None] * 5


@each_unary
def test_the_argument_of_an_activation_gets_a_name(row):
    """In a = f(w x + b) the argument becomes a node z exactly where the row says that f is an activation."""
    g = Graph()
    w, b = g.parameters("w b", domain="positive")
    x = g.input("x", domain="positive")
    a = g.node("a", row.value(w * x + b))
    g.loss("L", a**2)
    named = [node for node in g.model().nodes.values() if node.implied]
    assert [n.cases[0].expr for n in named] == ([w * x + b] if row.activation else [])
