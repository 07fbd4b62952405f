"""Pairs of names that a reader could not tell apart are refused; pairs that only seem alike are not."""

import pytest
from sympy import pi

from derive import Graph, KroneckerDelta, Sum, exp, sigmoid, softplus, tanh
from derive.errors import ModelError


class Names:
    """A graph with N, M, i, j over N and t over M, on which two things are declared."""

    def __init__(self):
        self.g = g = Graph("names")
        self.N, self.M = g.size("N"), g.size("M")
        self.i, self.j = g.indices("i j", self.N)
        self.t = g.index("t", self.M)

    def number(self, name):
        return lambda: self.g.parameter(name)

    def vector(self, name):
        return lambda: self.g.parameter(name, self.N)

    def matrix(self, name):
        return lambda: self.g.parameter(name, self.M, self.N)

    def over(self, name, *others):
        return lambda: self.g.parameter(name, *others)

    def use(self, name, function):
        """A node made with a function."""

        def made():
            u = self.g.parameter("u_" + name)
            return self.g.node(name, function(u))

        return made


ALIKE = {
    "a digit and a subscript": lambda p: (p.number("x1"), p.number("x_1"), "x_1 is typeset as x1 is"),
    "two spellings of a Greek letter": lambda p: (p.number("lamda"), p.vector("lambda"), "lambda is typeset as lamda"),
    "a number and an element": lambda p: (p.vector("x"), p.number("x1"), r"x1 is typeset as x\[1\] is"),
    "a number and an element by a letter": lambda p: (p.vector("h"), p.number("h_i"), r"h_i is typeset as h\[i\] is"),
    "a row and an element": lambda p: (p.matrix("w"), p.vector("w_t"), r"w_t is typeset as w\[t, i\] is"),
    "a number and an element of a matrix": lambda p: (p.matrix("w"), p.number("w_ti"), r"w_ti is typeset as w\[t, i\]"),
    "two digits": lambda p: (p.matrix("w"), p.number("w12"), r"w12 is typeset as w\[1, 2\]"),
    "a family with a subscript": lambda p: (p.matrix("w_h"), p.vector("w_h_1"), r"w_h_1 is typeset as w_h\[1, i\]"),
    "a size": lambda p: (lambda: p.g.size("D1"), p.number("D_1"), "D_1 is typeset as D1 is"),
    "the name of a size": lambda p: (lambda: p.g.size("h"), p.vector("h"), "h is defined twice: it is a size already"),
    "the name of an index": lambda p: (lambda: None, p.number("i"), "i is defined twice: it is an index already"),
    "a letter and a size": lambda p: (
        lambda: None,
        lambda: p.g.index("N", 3),
        "N is defined twice: it is a size already",
    ),
    "the sigmoid": lambda p: (p.number("sigma"), p.use("a", sigmoid), "sigma is typeset as the sigmoid is"),
    "the number pi": lambda p: (p.number("pi"), p.use("a", lambda u: u * pi), "pi is typeset as the number pi is"),
    "the number e": lambda p: (p.number("e"), p.use("a", lambda u: u * exp(1)), "e is typeset as the number e is"),
    "a function by its name": lambda p: (p.number("softplus"), p.use("a", softplus), "softplus is typeset as"),
    "Kronecker's delta": lambda p: (lambda: None, p.matrix("delta"), "as Kronecker's delta is"),
}
APART = {
    "an accent": lambda p: (p.vector("h"), p.vector("h_tilde")),
    "a number outside of the range": lambda p: (p.vector("h"), p.number("h0")),
    "a start": lambda p: (
        p.number("h0"),
        lambda: p.g.recurrence("h", lambda h: h[p.t - 1] / 2, over=p.t, start={0: p.g._nodes["h0"].symbol}),
    ),
    "a layer beside a vector": lambda p: (p.vector("h"), p.vector("h1")),
    "a word as a subscript": lambda p: (p.matrix("w"), p.matrix("w_hh")),
    "another letter": lambda p: (p.vector("w"), p.number("w_k")),
    "a number beside a number": lambda p: (p.number("x"), p.number("x1")),
    "the exponential": lambda p: (p.number("e"), p.use("a", exp)),
    "a vector e": lambda p: (p.vector("e"), p.use("a", exp)),
    "a vector sigma": lambda p: (p.vector("sigma"), p.use("a", sigmoid)),
    "sigma without the sigmoid": lambda p: (p.number("sigma"), p.use("a", tanh)),
    "a delta with one index": lambda p: (p.vector("delta"), lambda: None),
    "pi without the number": lambda p: (p.number("pi"), p.use("a", exp)),
}


@pytest.mark.parametrize("name", ALIKE)
@pytest.mark.parametrize("turned", [False, True])
def test_alike(name, turned):
    """In whichever order the two are declared; the message names both."""
    first, second, message = ALIKE[name](Names())
    if turned and not name.startswith(("the name", "a letter", "a digit", "two spellings", "a size")):
        first, second = second, first
    with pytest.raises(ModelError, match=message):
        first()
        second()


@pytest.mark.parametrize("name", APART)
def test_apart(name):
    first, second = APART[name](Names())
    first()
    second()


def test_a_letter_that_is_declared_later():
    """With the letter k, w_k is an element."""
    p = Names()
    p.vector("w")(), p.number("w_k")()
    with pytest.raises(ModelError, match=r"w_k is typeset as w\[k\] is"):
        p.g.index("k", p.N)


def test_a_refused_name_leaves_nothing_behind():
    """The graph goes on without it."""
    p = Names()
    x = p.vector("x")()
    with pytest.raises(ModelError):
        p.number("x1")()
    p.g.loss("L", Sum(x[p.i] * KroneckerDelta(p.i, 1), p.i) + p.number("b1")())
    assert list(p.g.derive().model.nodes) == ["x", "b1", "L"]


def test_a_letter_e_beside_the_exponential():
    """e e^x would be read as e^(1 + x): where e is a letter, pages write exp(x)."""
    for name, power, function in (("e", 0, 1), ("c", 1, 0)):
        g = Graph("letter")
        e, x = g.parameter(name), g.parameter("x")
        g.loss("L", e * exp(x) + e**2 * exp(2 * x))
        page = g.derive().to_latex()
        assert (page.count("e^{x}") > 0, page.count(r"\exp(x)") > 0) == (bool(power), bool(function))
