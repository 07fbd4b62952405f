"""What a graph refuses, each with one clear line that names the culprit, and what it accepts."""

from collections.abc import Callable
from dataclasses import FrozenInstanceError
from fractions import Fraction
from types import SimpleNamespace
from typing import Any

import pytest
from sympy import (
    Derivative,
    Determinant,
    I,
    Idx,
    IndexedBase,
    Integral,
    MatrixSymbol,
    Rational,
    Sum,
    Symbol,
    Trace,
    log,
    nan,
    oo,
    tanh,
)
from sympy.tensor.array.expressions import ArraySymbol

import derive
from derive import DeriveError, Function, Graph, ModelError
from derive.topics.worked.worked import work

Page = SimpleNamespace  # a graph with a size T, an index t, a family x over 1..T and a scalar w


def new() -> Page:
    """A fresh page for one author."""
    g = Graph("page")
    T = g.size("T")
    return Page(g=g, T=T, t=g.index("t", T), x=g.input("x", T), w=g.parameter("w"))


def refused(page: Page, line: Callable[[Page], Any]) -> str:
    """The one line with which the page refuses."""
    with pytest.raises(ModelError) as caught:
        line(page)
    message = str(caught.value)
    assert isinstance(caught.value, DeriveError) and message and "\n" not in message
    return message


# Refused at the line itself: (what is wrong, the line, the words that must be in the message).
AT_ONCE = [
    # names
    ("a name twice", lambda p: p.g.node("w", p.w + 1), "w is defined twice"),
    ("a size twice", lambda p: p.g.size("T"), "T is defined twice"),
    ("a node named like a size", lambda p: p.g.node("T", p.w), "T is defined twice"),
    ("a node named like an index", lambda p: p.g.node("t", p.w), "t is defined twice"),
    ("an index named like a parameter", lambda p: p.g.index("w", p.T), "w is defined twice"),
    ("two words", lambda p: p.g.node("z z", p.w), "'z z'"),
    ("a number first", lambda p: p.g.parameter("1z"), "'1z'"),
    ("an empty name", lambda p: p.g.node("", p.w), "''"),
    ("LaTeX as a name", lambda p: p.g.node(r"\alpha", p.w), "alpha"),
    ("a line break in a name", lambda p: p.g.node("z\n", p.w), "z"),
    ("a symbol as a name", lambda p: p.g.node(p.w, p.w), "w"),
    ("no name", lambda p: p.g.node(None, p.w), "None"),
    # foreign quantities
    ("used before defined", lambda p: p.g.node("z", p.w * Symbol("u", real=True)), "z uses u before"),
    ("a node that uses itself", lambda p: p.g.node("z", p.w * Symbol("z", real=True)), "z uses z before"),
    ("a foreign family", lambda p: p.g.node("z", IndexedBase("u")[p.t], over=p.t), "z uses u before"),
    ("another symbol of a known name", lambda p: p.g.node("z", 2 * Symbol("w")), "w"),
    ("another size of a known name", lambda p: p.g.node("z", p.w * Symbol("T")), "T"),
    ("a foreign start value", lambda p: p.g.states("h", p.t, {0: Symbol("u")}) and end(p, "h", p.w), "u"),
    # values
    ("text", lambda p: p.g.node("z", "w*x"), "'w*x'"),
    ("text as the loss", lambda p: p.g.loss("L", "w"), "'w'"),
    ("text as a start value", lambda p: p.g.states("h", p.t, {0: "w"}), "'w'"),
    ("text as a range", lambda p: p.g.index("s", "T"), "'T'"),
    ("None", lambda p: p.g.node("z", None), "None"),
    ("a truth value", lambda p: p.g.node("z", True), "True"),
    ("a comparison", lambda p: p.g.node("z", p.w > 0), "w > 0"),
    ("a list", lambda p: p.g.node("z", [p.w]), "[w]"),
    ("float nan", lambda p: p.g.node("z", float("nan")), "nan"),
    ("float inf", lambda p: p.g.node("z", float("inf")), "inf"),
    ("nan inside", lambda p: p.g.node("z", p.w + nan), "nan"),
    ("infinity inside", lambda p: p.g.node("z", p.w * oo), "oo"),
    ("a float infinity inside", lambda p: p.g.node("z", p.w - float("inf")), "oo"),
    ("a division by zero", lambda p: p.g.node("z", p.w / 0), "zoo"),
    ("an imaginary number", lambda p: p.g.node("z", p.w * I), "I"),
    # what is sympy's and not the graph's
    ("a matrix of sympy", lambda p: p.g.node("z", Trace(MatrixSymbol("w", 2, 2))), "w is a matrix of sympy"),
    ("its element", lambda p: p.g.node("z", MatrixSymbol("x", p.T, p.T)[p.t, p.t], over=p.t), "x is a matrix of sympy"),
    ("its determinant", lambda p: p.g.loss("L", log(Determinant(MatrixSymbol("S", p.T, p.T)))), "S is a matrix"),
    ("its inverse", lambda p: p.g.loss("L", MatrixSymbol("S", 2, 2).inverse()[0, 0]), "is a matrix of sympy"),
    ("an array of sympy", lambda p: p.g.loss("L", ArraySymbol("S", (2, 2))[0, 0]), "S[0, 0] is a matrix of sympy"),
    ("a derivative", lambda p: p.g.node("z", Derivative(p.w**2, p.w)), "Derivative(w**2, w) is not computed"),
    ("an integral", lambda p: p.g.node("z", Integral(p.w**2, (p.w, 0, 1))), "is not computed"),
    ("a sum downwards", lambda p: p.g.loss("L", Sum(p.x[p.t], (p.t, p.T, 1))), "t runs from T down to 1"),
    # indices
    ("too many indices", lambda p: p.g.node("z", p.x[p.t, p.t], over=p.t), "x has 1 ind"),
    ("an index on a scalar", lambda p: p.g.node("z", IndexedBase("w", real=True)[p.t], over=p.t), "w"),
    ("a family without its index", lambda p: p.g.node("z", p.w * p.x, over=p.t), "x"),
    ("a family alone", lambda p: p.g.node("z", p.x, over=p.t), "x"),
    ("a stray index", lambda p: p.g.node("z", p.w * p.x[p.t]), "t is neither in over= nor summed"),
    ("an index as a number", lambda p: p.g.node("z", p.w * p.t), "t is neither in over= nor summed"),
    ("the same index twice", lambda p: p.g.node("z", p.x[p.t], over=(p.t, p.t)), "z: the same index twice"),
    ("an index without a range", lambda p: p.g.node("z", p.w, over=Idx("q")), "q"),
    ("text as an index", lambda p: p.g.node("z", p.w, over="t"), "'t'"),
    ("a size as an index", lambda p: p.g.node("z", p.w, over=p.T), "T"),
    # positions
    ("a step before the first", lambda p: p.g.node("z", p.x[p.t - 1], over=p.t), "x[t - 1] reaches x[0]"),
    ("a step after the last", lambda p: p.g.node("z", p.x[p.t + 1], over=p.t), "x[t + 1] reaches x[T + 1]"),
    ("a number below the range", lambda p: p.g.node("z", p.x[0]), "x[0]"),
    ("a position above the range", lambda p: p.g.node("z", p.x[p.T + 1]), "x[T + 1]"),
    ("twice too far", lambda p: p.g.node("z", p.x[2 * p.t], over=p.t), "x[2*t]"),
    ("mirrored", lambda p: p.g.node("z", p.x[-p.t], over=p.t), "x[-t]"),
    ("mirrored, one too far", lambda p: p.g.node("z", p.x[p.T - p.t], over=p.t), "x[T - t] reaches x[0]"),
    ("in a sum", lambda p: p.g.node("z", Sum(p.x[p.t - 1], p.t)), "x[t - 1] reaches x[0]"),
    ("a half position", lambda p: p.g.node("z", p.x[Rational(1, 2)]), "1/2"),
    ("a position that is no number", lambda p: p.g.node("z", p.x[p.w]), "x[w]"),
    ("a recurrence without a start", lambda p: p.g.recurrence("h", lambda h: h[p.t - 1], p.t, {}), "h[0]"),
    ("a start one step short", lambda p: p.g.recurrence("h", lambda h: h[p.t - 2], p.t, {0: 0}), "h[-1]"),
    ("a start inside the range", lambda p: p.g.recurrence("h", lambda h: h[p.t - 1], p.t, {0: 0, 1: 1}), "h"),
    ("a state without an index", lambda p: p.g.states("h", (), {0: 0}), "h"),
    # dimensions and domains
    ("a dimension of zero", lambda p: p.g.parameter("v", 0), "0"),
    ("a negative dimension", lambda p: p.g.parameter("v", -3), "-3"),
    ("half a dimension", lambda p: p.g.parameter("v", 2.5), "5/2"),
    ("an empty range", lambda p: p.g.index("s", (5, 2)), "5"),
    ("three ends of a range", lambda p: p.g.index("s", (1, 2, 3)), "(1, 2, 3)"),
    ("a parameter as a dimension", lambda p: p.g.parameter("v", p.w), "w"),
    ("a foreign dimension", lambda p: p.g.parameter("v", Symbol("Q", integer=True, positive=True)), "Q"),
    ("an unknown domain", lambda p: p.g.parameter("v", domain="complex"), "'complex'"),
    # the loss
    ("a loss for every t", lambda p: p.g.loss("L", p.w * p.x[p.t]), "the loss L is not a scalar"),
    ("a family as the loss", lambda p: p.g.loss("L", p.x), "x"),
    # states
    ("an update of a node", lambda p: p.g.update(p.w, p.w + 1), "update of w"),
    ("an update of nobody", lambda p: p.g.update(Symbol("q"), p.w), "update of q"),
]


def end(page: Page, state: str, law: Any) -> Any:
    """Give a state its update."""
    return page.g.update(IndexedBase(state, real=True), law)


@pytest.mark.parametrize(("line", "words"), [pytest.param(*case[1:], id=case[0]) for case in AT_ONCE])
def test_refused_at_the_line(line, words):
    """The culprit is in the message, and the page is as if the line had not been written."""
    page = new()
    before = set(page.g._names()) - set(page.g._open)
    assert words in refused(page, line)
    assert set(page.g._names()) - set(page.g._open) == before


def same_time(page: Page) -> None:
    """p_t needs q_t, and q_t needs p_t."""
    p, q = page.g.states("p q", over=page.t, start={0: 1})
    page.g.update(p, page.w * q[page.t])
    page.g.update(q, page.w * p[page.t])
    page.g.loss("L", q[page.T])


def both_directions(page: Page) -> None:
    """h_t needs its past and its future."""
    t = page.t
    h = page.g.recurrence("h", lambda h: h[t - 1] + page.w * h[t + 1], over=t, start={0: 1, page.T + 1: 1})
    page.g.loss("L", h[page.T])


def itself(page: Page) -> None:
    """h_t needs h_t."""
    h = page.g.recurrence("h", lambda h: page.w * h[page.t], over=page.t, start={0: 0})
    page.g.loss("L", h[page.T])


def left_open(page: Page) -> None:
    """A state that never gets its update."""
    page.g.states("h", over=page.t, start={0: 0})
    page.g.loss("L", page.w)


# Refused when the page is read as a whole.
AS_A_WHOLE = [
    ("h uses itself at the same time", itself, "h -> h"),
    ("two states use each other at the same time", same_time, "p -> q -> p"),
    ("a recurrence in both directions", both_directions, "h -> h"),
    ("a state without an update", left_open, "h has no update"),
    ("no loss", lambda p: p.g.node("z", p.w), "no loss"),
]


@pytest.mark.parametrize(("write", "words"), [pytest.param(*case[1:], id=case[0]) for case in AS_A_WHOLE])
def test_refused_as_a_whole(write, words):
    """A cycle that is no recurrence, a state or a graph without its end."""
    page = new()
    write(page)
    assert words in refused(page, lambda p: p.g.derive())


def test_a_second_loss_is_refused():
    """There is one loss; its name and the second one's are in the message."""
    page = new()
    page.g.loss("L", page.w**2)
    message = refused(page, lambda p: p.g.loss("M", p.w))
    assert "M" in message and "L" in message


def test_an_update_comes_once():
    """A state is no longer open after its update."""
    page = new()
    (h,) = page.g.states("h", over=page.t, start={0: 0})
    page.g.update(h, page.w * h[page.t - 1])
    assert "update of h" in refused(page, lambda p: p.g.update(h, h[p.t - 1]))


def test_a_recurrence_can_be_corrected():
    """After a refused law the corrected one can be written under the same name, as in a notebook cell."""
    page = new()
    refused(page, lambda p: p.g.recurrence("h", lambda h: h[p.t - 2], over=p.t, start={0: 0}))
    page.g.recurrence("h", lambda h: page.w * h[page.t - 1], over=page.t, start={0: 1})


def test_text_is_never_evaluated(tmp_path):
    """Text in place of an expression is named, not run."""
    trace = tmp_path / "trace"
    text = f"__import__('pathlib').Path({str(trace)!r}).touch()"
    for line in (
        lambda p: p.g.node("z", text),
        lambda p: p.g.loss("L", text),
        lambda p: p.g.node(text, p.w),
        lambda p: p.g.parameter("v", text),
        lambda p: p.g.states("h", over=p.t, start={text: 0}),
    ):
        refused(new(), line)
    assert not trace.exists()


@pytest.mark.parametrize("wrt", [["q"], ["w", "q"], [Symbol("q")], ["w", ""], "qq"])
def test_wrt_must_be_in_the_graph(wrt):
    """A name that is not in the graph is named."""
    page = new()
    page.g.loss("L", page.w**2)
    culprit = next(str(name) for name in ([wrt] if isinstance(wrt, str) else wrt) if str(name) != "w")
    assert f"wrt: {culprit} is not in the graph" in refused(page, lambda p: p.g.derive(wrt=wrt))


@pytest.mark.parametrize("sizes", [{"Q": 1}, {"T": 0}, {"T": -1}, {"T": 2.5}, {"T": "5"}, {"T": True}])
def test_a_size_is_a_whole_number(sizes):
    """A foreign size, and a number that cannot be one."""
    page = new()
    page.g.loss("L", page.w * page.x[page.T])
    assert next(iter(sizes)) in refused(page, lambda p: p.g.derive(sizes=sizes))


def test_a_gradient_that_was_not_asked_for_is_not_zero():
    """An input's gradient needs wrt; a foreign name is refused."""
    page = new()
    page.g.loss("L", page.w * page.x[1])
    solution = page.g.derive()
    assert "x" in refused(page, lambda p: solution.gradient("x"))
    assert "nobody" in refused(page, lambda p: solution.gradient("nobody"))
    assert page.g.derive(wrt=["x"]).gradient("x") is not None


# What is accepted: the worked numbers equal sympy's derivative of the model written out by hand, exactly.

AT = {"a": Fraction(2, 3), "b": Fraction(-5, 7), "c": Fraction(3, 2)}
a, b, c = names = tuple(Symbol(name) for name in AT)
LENGTH = 4
X = [Fraction(0), Fraction(1), Fraction(-2, 3), Fraction(5, 4), Fraction(7, 2)]  # x_1..x_4, nothing at 0


def agree(g: Graph, expected: Any, **given: str) -> None:
    """The gradients in a, b and c equal those of `expected`, a sympy expression in plain symbols; the check agrees."""
    solution = g.derive(sizes={"T": LENGTH})
    at = {name: str(number) for name, number in AT.items()} | given
    found = work(solution.derivation, solution.sizes, {k: v for k, v in at.items() if k in wanted(solution)})
    point = {symbol: Rational(number) for symbol, number in zip(names, AT.values(), strict=True)}
    for symbol in names:
        slope = expected.diff(symbol).subs(point)
        assert found.adjoint(symbol.name) == Fraction(slope.p, slope.q), symbol
    assert g.derive().verify(points=60).ok
    assert solution.verify(points=20).ok


def wanted(solution: Any) -> set[str]:
    """The names of the leaves."""
    return {n.name for n in solution.derivation.model.nodes.values() if n.is_leaf}


def inputs() -> str:
    """x_1..x_4 as typed."""
    return " ".join(str(x) for x in X[1:])


def test_a_recurrence_of_second_order():
    """h_t from h_{t-1} and h_{t-2}, with a parameter as one start value and a number as the other."""
    g = Graph("second order")
    T = g.size("T")
    t = g.index("t", T)
    p, q, r = g.parameters("a b c")
    h = g.recurrence("h", lambda h: p * h[t - 1] + q * h[t - 2], over=t, start={0: r, -1: 2})
    g.loss("L", h[T] ** 2)

    past, now = Rational(2), c
    for _ in range(LENGTH):
        past, now = now, a * now + b * past
    agree(g, now**2)


def test_a_recurrence_backward_in_time():
    """h_t from h_{t+1}: computed from the end; every value enters the loss."""
    g = Graph("backward")
    T = g.size("T")
    t = g.index("t", T)
    p, q, r = g.parameters("a b c")
    x = g.input("x", T)
    h = g.recurrence("h", lambda h: p * h[t + 1] ** 2 + q * x[t], over=t, start={T + 1: r})
    g.loss("L", Sum(h[t], t))

    value, total = c, Rational(0)
    for time in range(LENGTH, 0, -1):
        value = a * value**2 + b * Rational(X[time])
        total += value
    agree(g, total, x=inputs())


def test_coupled_states():
    """Two states that need each other's past, one also the other's present; both start at one parameter."""
    g = Graph("coupled")
    T = g.size("T")
    t = g.index("t", T)
    p, q, r = g.parameters("a b c")
    x = g.input("x", T)
    u, v = g.states("u v", over=t, start={0: r})
    g.update(u, p * u[t - 1] + v[t - 1])
    g.update(v, q * v[t - 1] + u[t] * x[t])
    g.loss("L", v[T] * u[T])

    first, second = c, c
    for time in range(1, LENGTH + 1):
        first = a * first + second
        second = b * second + first * Rational(X[time])
    agree(g, first * second, x=inputs())


def test_an_abstract_loss_of_a_whole_family():
    """dL/dv_i is the given dL/dw_i times the slope of w_i = a v_i^2, plus dL/dv_i itself where L takes v too."""
    g = Graph("abstract")
    C = g.size("C")
    i = g.index("i", C)
    v, p = g.parameter("v", C), g.parameter("a")
    w = g.node("w", p * v[i] ** 2, over=i)
    g.loss("L", Function("L")(w, v))
    assert g.derive().verify(points=60).ok

    solution = g.derive(sizes={"C": 3})
    at = {"a": "3", "v": "1 2 5", "dL/dw": "1/2 -1 1/3", "dL/dv": "7 0 -1"}
    found = work(solution.derivation, solution.sizes, at)
    assert [found.adjoint("v", (n,)) for n in (1, 2, 3)] == [2 * 3 * Fraction(1, 2) + 7, -12, Fraction(30, 3) - 1]
    assert found.adjoint("a") == Fraction(1, 2) - 4 + Fraction(25, 3)


def test_a_vector_recurrence_starts_at_parameters():
    """h_t = tanh(W h_{t-1}) from a start vector that is learned: autograd agrees for general T and D."""
    g = Graph("vector")
    T, D = g.size("T"), g.size("D")
    t = g.index("t", T)
    i, j = g.indices("i j", D)
    W, start = g.parameter("W", D, D), g.parameter("s", D)
    h = g.recurrence("h", lambda h: tanh(Sum(W[i, j] * h[t - 1, j], j)), over=(t, i), start={0: start[i]})
    g.loss("L", Sum(h[T, i] ** 2, i))
    assert g.derive().verify(points=60).ok


@pytest.mark.parametrize("expr", [3, Rational(1, 3), 0.25, Fraction(2, 7)])
def test_exact_numbers_are_expressions(expr):
    """Plain numbers need no sympy; a float is the decimal that it prints."""
    g = Graph("number")
    w = g.parameter("w")
    z = g.node("z", expr)
    g.loss("L", w * z)
    solution = g.derive()
    found = work(solution.derivation, {}, {"w": "1"}).adjoint("w")
    exact = Fraction(expr.p, expr.q) if isinstance(expr, Rational) else Fraction(str(expr))
    assert found == exact and solution.verify(points=10).ok


def test_a_loss_without_parameters_has_no_steps():
    """Nothing to derive is no error."""
    page = new()
    page.g.loss("L", 3)
    solution = page.g.derive()
    assert solution.gradient("w") == 0 and solution.verify(points=10).ok


# Immutability.


def built() -> tuple[Graph, Any]:
    """A small graph and its model."""
    page = new()
    page.g.loss("L", page.w**2 * page.x[page.T])
    return page.g, page.g.model()


@pytest.mark.parametrize("field", ["title", "nodes", "loss", "sizes", "indices"])
def test_a_model_is_frozen(field):
    """No field of a model can be set."""
    with pytest.raises(FrozenInstanceError):
        setattr(built()[1], field, None)


@pytest.mark.parametrize("field", ["name", "kind", "symbol", "indices", "cases", "domain"])
def test_a_node_is_frozen(field):
    """No field of a node can be set, nor of its cases."""
    node = built()[1].loss
    with pytest.raises(AttributeError):
        setattr(node, field, None)
    with pytest.raises(AttributeError):
        node.cases[0].expr = None


def test_a_model_does_not_follow_its_graph():
    """What is added to the graph later is not in a model that was made before."""
    g, model = built()
    before = dict(model.nodes)
    g.parameter("late")
    assert dict(model.nodes) == before and "late" in g.model().nodes


def test_the_gradient_of_an_input_is_asked_for():
    """Beside those of the parameters, without wrt; it stays an input, which descent does not move."""
    g = Graph()
    w, x, u = g.parameter("w"), g.input("x", gradient=True), g.input("u")
    g.loss("L", w * x * u)
    d = g.derive()
    assert d.derivation.wanted == ("w", "x") and d.gradient("x") == w * u
    assert d.derivation.model.nodes["x"].kind == "input"


def test_a_sum_with_one_term_is_that_term():
    """An index over 1..1 is 1: no sum is left over it."""
    g = Graph()
    N = g.size("N")
    n, k = g.index("n", N), g.index("k", 1)
    b, y = g.parameter("b", 1), g.input("y", N, 1)
    z = g.node("z", b[k] * y[n, k], over=(n, k))
    g.loss("L", Sum(z[n, k] ** 2, n, k))
    gradient = g.derive().gradient("b")
    assert [len(s.limits) for s in gradient.atoms(Sum)] == [1]


@pytest.mark.parametrize("first_last", [(0, "T"), (1, "T+1"), (-3, 0)])
def test_a_sum_that_leaves_the_range_of_its_index_is_refused(first_last):
    """The range is named, and a way out."""
    page = new()
    first, last = first_last
    limits = (page.t, first, {"T": page.T, "T+1": page.T + 1}.get(last, last))
    said = refused(page, lambda p: derive.Sum(p.x[p.t], limits))
    assert "the index t runs from 1 to T" in said


def test_a_sum_within_the_range_is_sympys():
    """Over all of it, over a part, and over a plain letter."""
    page = new()
    for limits in (page.t, (page.t, 2, page.T), (page.t, 1, page.T - 1), (Symbol("k"), 0, 3)):
        assert derive.Sum(page.x[page.t], limits) == Sum(page.x[page.t], limits)
    assert "write Sum(x[i], i)" in refused(page, lambda p: derive.Sum(p.x[p.t], (p.t,)))
