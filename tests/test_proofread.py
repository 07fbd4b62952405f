"""What a page prints is read back as part of its check: a faulty printer, in any of its parts, prints nothing.

The mutants are faults of the printers themselves, put in one at a time; the pages of a few problems are printed with
them. Faults of what comes behind the printers, in every format, are in `test_finished_pages.py`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import cache
from typing import Any

import pytest
from sympy import Add, Max, Mul, Rational, Symbol

from derive import Graph, Sum, mean, softmax, std, tanh, var
from derive.errors import VerificationError
from derive.expressions import matrices as mat
from derive.expressions.indices import family
from derive.memo import forget
from derive.page.blocks import Block
from derive.page.print import formulas, matrices, printer, sums
from derive.page.print.formulas import Formulas
from derive.page.print.printer import write
from derive.page.print.style import LATEX, STYLES, UNICODE
from derive.problems import load
from derive.proofread import printed as pages
from derive.proofread.plain import as_latex
from derive.proofread.printed import Printed, printed
from derive.proofread.proofread import proofread, verdict
from derive.sheet.notation import notation
from derive.sheet.part import Part
from derive.sheet.sheet import task
from derive.topics.topic import Ask

PROBLEMS = ("logistic", "bptt", "lstm", "softmax-ce", "layer-norm", "attention", "mlp", "relu-mse", "max", "conv2d")


@cache
def shown(name: str) -> tuple[Part, tuple[Block, ...]]:
    """A problem, derived, and the blocks of its page."""
    problem = load(name)
    solution = problem.readings[0].build(**problem.choices({})).derive()
    part = solution.part(Ask(dict(problem.readings[0].wishes), False))
    return part, tuple(task([part], "full"))


def back(name: str) -> Any:
    """The page of a problem, read back."""
    part, blocks = shown(name)
    return proofread(blocks, Formulas("latex", *notation([part])))


@pytest.fixture(autouse=True)
def nothing_kept() -> Iterator[None]:
    for name in PROBLEMS:
        shown(name)  # with the right printers
    forget()
    yield
    forget()


@pytest.mark.parametrize("name", PROBLEMS)
def test_every_formula_of_a_page_is_read_and_agrees(name: str) -> None:
    found = back(name)
    assert found.agree > 25 and not found.wrong and not found.unread


def plain(name: str) -> tuple[int, list[str]]:
    """The page of a problem as plain text, read back: how many formulas agree, and those that do not."""
    part, blocks = shown(name)
    formulas = Formulas("text", *notation([part]))
    how = formulas.sizes, formulas.words, formulas.letters
    found = [verdict(e._replace(latex=as_latex(e.latex)), *how) for e in printed(blocks, formulas)]
    return found.count(True), [str(v) for v in found if v is not True]


@pytest.mark.parametrize("name", PROBLEMS)
def test_plain_text_says_the_same(name: str) -> None:
    """All but matrices of matrices, and the operator of a derivative in front of a bracket."""
    agree, others = plain(name)
    assert agree > 25 and len(others) <= 2 and "False" not in others


def style(**signs: Any) -> Callable[[pytest.MonkeyPatch], None]:
    """Other signs in LaTeX, on lines of their own and within words."""

    def plant(patch: pytest.MonkeyPatch) -> None:
        for key in ("latex", "inline"):
            patch.setitem(STYLES, key, STYLES[key]._replace(**signs))

    return plant


def swap(module: Any, name: str, wrong: Callable[..., Any]) -> Callable[[pytest.MonkeyPatch], None]:
    """Another function in a module or a class; `wrong` is given the right one first."""

    def plant(patch: pytest.MonkeyPatch) -> None:
        right = getattr(module, name)
        patch.setattr(module, name, lambda *given, **words: wrong(right, *given, **words))

    return plant


def kind(of: type, wrong: Callable[..., Any]) -> Callable[[pytest.MonkeyPatch], None]:
    """Another printer for a kind of expression; `wrong` is given the right one first."""

    def plant(patch: pytest.MonkeyPatch) -> None:
        right = write.dispatch(of)
        write.register(of)(lambda e, p: wrong(right, e, p))
        _planted.append((of, right))

    return plant


def patch(module: Any, name: str, value: Any) -> Callable[[pytest.MonkeyPatch], None]:
    """Another value of a name."""
    return lambda monkeypatch: monkeypatch.setattr(module, name, value)


def swap_in_all(name: str, wrong: Callable[..., Any]) -> Callable[[pytest.MonkeyPatch], None]:
    """Another function under its name in every printer, and where the page puts terms together."""
    places = [m for m in (printer, sums, matrices, formulas, pages) if hasattr(m, name)]
    return lambda monkeypatch: [swap(m, name, wrong)(monkeypatch) for m in places]  # type: ignore[return-value, func-returns-value]


_planted: list[tuple[type, Any]] = []


def text(change: Callable[[str], str]) -> Callable[..., Any]:
    """What is printed, with a change; how tightly it binds stays as it is."""

    def wrong(right: Any, *given: Any) -> Any:
        found = right(*given)
        return (change(found[0]), found[1]) if isinstance(found, tuple) else change(found)

    return wrong


def binds(level: int) -> Callable[..., Any]:
    """The same text, said to bind differently."""
    return lambda right, *given: (right(*given)[0], level)


def without(pattern: str, new: str = "") -> Callable[..., Any]:
    return text(lambda found: re.sub(pattern, new, found, count=1))


P = printer.Printer
N = LATEX.name
MUTANTS: dict[str, Callable[[pytest.MonkeyPatch], None]] = {
    # brackets
    "no brackets at all": style(brackets=lambda inner: inner),
    "none around a sum in a product": swap(sums, "_factor", lambda right, f, last, p: p.printed(f)[0]),
    "none where a part binds loosely": swap(P, "at", lambda right, self, e, level: self.printed(e)[0]),
    "a sum binds like a product": kind(Add, binds(printer.MUL)),
    "a product binds like a power": kind(Mul, binds(printer.ATOM)),
    "a transposed product without brackets": kind(
        mat.Transpose, lambda r, e, p: (p.printed(e.args[0])[0] + r"^{\top}", 3)
    ),
    # signs
    "a minus becomes a plus": swap_in_all("signed", lambda right, *g: right(*g).replace(" - ", " + ")),
    "a plus becomes a minus": swap_in_all("signed", lambda right, *g: right(*g).replace(" + ", " - ", 1)),
    "a minus in front is lost": kind(Mul, without("^-")),
    "a minus in front of a sum of indices is lost": swap(P, "_index", without("-")),
    "a half is lost": kind(Mul, without(r"\\frac\{1\}\{2\}\\, ")),
    "a half is a third": kind(Rational, without(r"\{2\}", "{3}")),
    "minus of a fraction is lost": kind(Rational, without("^-")),
    "the last term is left out": swap_in_all("signed", lambda right, terms, *g: right(list(terms)[:2], *g)),
    "the last factor is left out": swap(P, "joined", lambda right, self, parts: right(self, list(parts)[:2])),
    "the first factor is left out": swap(P, "joined", lambda right, self, parts: right(self, list(parts)[-2:])),
    "dots are pluses": style(dot=" + "),
    # fractions, powers, roots
    "a fraction upside down": style(fraction=lambda a, b: rf"\frac{{{b}}}{{{a}}}"),
    "a fraction without its lower half": style(fraction=lambda a, b: a),
    "a power of one more": style(power=lambda a, b: f"{a}^{{{b}+1}}"),
    "a power left out": style(power=lambda a, b: a),
    "a power becomes an index": style(power=lambda a, b: f"{a}_{{{b}}}"),
    "a power of a function loses its exponent": swap(sums, "_raised", lambda right, b, e, p: p.printed(b)[0]),
    "above and below are exchanged": swap(
        sums, "_fraction", lambda right, n, above, below, p: right(n, below, above, p)
    ),
    # sums
    "a sum left out": style(total=lambda i, a, b: ""),
    "a sum begins one later": style(total=lambda i, a, b: rf"\sum_{{{i}={a}+1}}^{{{b}}} "),
    "a sum ends one earlier": style(total=lambda i, a, b: rf"\sum_{{{i}={a}}}^{{{b}-1}} "),
    "a sum over another letter": style(total=lambda i, a, b: rf"\sum_{{q={a}}}^{{{b}}} "),
    "ends of a sum exchanged": style(total=lambda i, a, b: rf"\sum_{{{i}={b}}}^{{{a}}} "),
    "a sum becomes a product": style(total=lambda i, a, b: rf"\prod_{{{i}={a}}}^{{{b}}} "),
    "sums of a term are lost": swap(P, "totals", lambda right, self, sums: ""),
    "only the first of two sums": swap(P, "totals", lambda right, self, sums: right(self, tuple(sums)[:1])),
    # indices
    "an index one later": swap(P, "_index", without("-1", "")),
    "an index one earlier": swap(P, "_index", without(r"\+1", "")),
    "an index left out": style(name=lambda n, i: N(n, i[:-1])),
    "indices exchanged": style(name=lambda n, i: N(n, i[::-1])),
    "the first index twice": style(name=lambda n, i: N(n, i[:1] * len(i))),
    "a delta of one letter": style(delta=lambda a, b: rf"\delta_{{{a}{a}}}"),
    # matrices
    "a transpose left out": kind(mat.Transpose, without(r"\^\{\\top\}")),
    "a transpose too many": kind(mat.Times, lambda r, e, p: (r(e, p)[0] + r"^{\top}", printer.MUL)),
    "factors of matrices exchanged": kind(
        mat.Times, lambda r, e, p: (p.joined([p.at(a, 2) for a in reversed(e.args)]), 2)
    ),
    "entry by entry becomes a product": swap(matrices, "_circled", lambda r, name, parts, p: r"\, ".join(parts)),
    "times becomes divided by": swap(matrices, "_circled", lambda r, name, parts, p: r"\oslash ".join(parts)),
    "a column of ones left out": kind(mat.Ones, lambda r, e, p: ("1", printer.ATOM)),
    "an entry without its letters": kind(mat.Entry, without(r"_\{[^{}]*\}$")),
    "ones of another number": kind(mat.Ones, without(r"_\{.*\}", "_{1}")),
    "the scale of a matrix left out": kind(mat.Scaled, lambda r, e, p: p.printed(e.args[1])),
    "a derivative as a whole loses its sign": kind(mat.Whole, without(r"\\partial")),
    # names and functions
    "a name for another": style(name=lambda n, i: N({"h": "x", "a": "z", "p": "z"}.get(n, n), i)),
    "an accent left out": style(name=lambda n, i: N(n.replace("_hat", ""), i)),
    "a part of a name left out": style(name=lambda n, i: N(n[:-1] if n.count("_") and n[-1] in "hx" else n, i)),
    "a Greek letter for another": style(name=lambda n, i: N({"gamma": "beta", "delta": "eta"}.get(n, n), i)),
    "sigmoid as tanh": style(pattern=lambda row: row.latex.replace(r"\sigma", r"\tanh")),
    "tanh as sigmoid": style(pattern=lambda row: row.latex.replace(r"\tanh", r"\sigma")),
    "exp without its minus": style(pattern=lambda row: row.latex.replace("e^", "2^")),
    "a largest becomes a least": kind(Max, without("max", "min")),
    "a logarithm left out": style(pattern=lambda row: row.latex.replace(r"\log ", "")),
    "one becomes two": kind(Rational, without("^1$", "2")),
    "a root left out": style(pattern=lambda row: row.latex.replace(r"\sqrt", "")),
    # derivatives and conditions
    "a derivative upside down": style(partial=lambda of, wrt, mark: LATEX.partial(wrt, of, mark)),
    "the plus of an immediate partial left out": style(partial=lambda of, wrt, mark: LATEX.partial(of, wrt, "")),
    "a derivative of another quantity": style(partial=lambda of, wrt, mark: LATEX.partial("L", wrt, mark)),
    "a greater is a less": style(relations=LATEX.relations | {">": "<", ">=": r"\le"}),
    "ends of an indicator exchanged": style(condition=lambda a, e, b: LATEX.condition(b, e, a)),
}


U = UNICODE
TEXT: dict[str, dict[str, Any]] = {
    "brackets": {"brackets": lambda inner: inner},
    "a fraction": {"fraction": lambda a, b: f"{b}/{a}"},
    "a power": {"power": lambda a, b: a},
    "a sum left out": {"total": lambda i, a, b: ""},
    "where a sum begins": {"total": lambda i, a, b: U.total(i, f"{a}+1", b)},
    "where a sum ends": {"total": lambda i, a, b: U.total(i, a, f"{b}-1")},
    "an index": {"name": lambda n, i: U.name(n, i[:-1])},
    "the order of indices": {"name": lambda n, i: U.name(n, i[::-1])},
    "a name": {"name": lambda n, i: U.name({"h": "x", "a": "z", "p": "z"}.get(n, n), i)},
    "a function": {"pattern": lambda row: row.text.replace("σ", "tanh")},
    "a derivative": {"partial": lambda of, wrt, mark: U.partial(wrt, of, mark)},
    "an immediate partial": {"partial": lambda of, wrt, mark: U.partial(of, wrt, "")},
    "a delta": {"delta": lambda a, b: U.delta(a, a)},
}


@pytest.mark.parametrize("name", TEXT)
def test_a_faulty_printer_of_text_is_caught(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(STYLES, "text", U._replace(**TEXT[name]))
    assert any("False" in others or len(others) > 2 for others in (plain(problem)[1] for problem in PROBLEMS))


@pytest.mark.parametrize("name", MUTANTS)
def test_a_faulty_printer_is_caught(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """On one of the pages at least a formula does not say what it stands for, or cannot be read."""
    try:
        MUTANTS[name](monkeypatch)
        assert any((found := back(problem)).wrong or found.unread for problem in PROBLEMS)
    finally:
        for of, right in reversed(_planted):
            write.register(of)(right)
        _planted.clear()


def test_there_are_sixty() -> None:
    assert len(MUTANTS) >= 60


def test_a_page_with_a_fault_is_not_printed(monkeypatch: pytest.MonkeyPatch) -> None:
    """The check of a sheet, not only this test, refuses it, and says which formula is meant."""
    solution = load("logistic").readings[0].build().derive()
    assert "read back" in solution.to_text() and "重新读入" in solution.to_text("zh")
    forget()
    style(partial=lambda of, wrt, mark: LATEX.partial(wrt, of, mark))(monkeypatch)
    with pytest.raises(VerificationError, match="does not say what was checked"):
        solution.to_text()


STARTS = {  # the name of a recurrence and of the parameter that is its start, and how both are printed
    "h": ("h", "h0", "h_{0}"),
    "an accent": ("h_tilde", "h_tilde_0", r"\tilde{h}_{0}"),
    "a subscript": ("h_e", "h_e_0", "h_{e,0}"),
}


@pytest.mark.parametrize("name", STARTS)
def test_a_start_and_its_parameter_are_one(name: str) -> None:
    """h_0 of a recurrence h is the parameter h0, and both are printed alike; another step is not it."""
    family, parameter, latex = STARTS[name]
    g = Graph("start")
    T = g.size("T")
    t, u, start, x = g.index("t", T), g.parameter("u"), g.parameter(parameter), g.input("x", T)
    h = g.recurrence(family, lambda h: tanh(u * h[t - 1] + x[t]), over=t, start={0: start})
    g.loss("L", Sum(h[t] ** 2, t) / 2)
    part = g.derive().part(Ask({}, False))
    formulas = Formulas("latex", *notation([part]))
    found = proofread(task([part], "full"), formulas)
    assert found.agree > 90 and not found.wrong and not found.unread
    one = next(p for p in printed(task([part], "full"), formulas) if p.latex.count(latex) > 2)
    how = formulas.sizes, formulas.words, formulas.letters
    assert verdict(one, *how) is True
    assert verdict(one._replace(latex=one.latex.replace("{0}", "{1}", 1).replace(",0}", ",1}", 1)), *how) is not True


def test_a_number_is_not_the_family_of_its_letter() -> None:
    """x1, x2 and x remain three, and so do w at 1, 2 and a number w12."""
    x, x1, x2 = map(Symbol, ("x", "x1", "x2"))
    w, w12 = family("w"), Symbol("w12")
    for what, right, wrong in (
        (x1 * x2**2 + x, "x_1 x_2^2 + x", ("x_2 x_1^2 + x", "x_1 x_2^2 + x_1", "x_1 x^2 + x_2")),
        (w[1, 2] + 2 * w[2, 1], "w_{12} + 2 w_{21}", ("w_{21} + 2 w_{12}", "w_{12} + 2 w_{11}")),
        (w12 * x1, "w_{12} x_1", ("w_1 x_{12}", "w x_1")),
    ):
        assert verdict(Printed(right, what), ()) is True
        assert all(verdict(Printed(other, what), ()) is not True for other in wrong)


def _of_words(w, v, S, k, i, j):
    yield mean(w[k], k) * std(w[k], k)
    yield mean(w[k] ** 2, k) * mean(v[k] ** 2, k)
    yield var(w[k], k) * var(v[k], k) / mean(w[k], k)
    yield mean((w[k] - mean(w[k], k)) * (v[k] - mean(v[k], k)), k) / (std(w[k], k) * std(v[k], k))
    yield Sum(softmax(S[i, j], i) * softmax(S[i, j], j), i, j)


@pytest.mark.parametrize("n", range(5))
def test_products_of_words_are_no_false_alarm(n):
    """1/n of two means is one factor 1/n^2 to sympy: both are found again, or what is read is left uncompared."""
    g = Graph("words")
    size = g.size("n")
    (k, i, j), w, v = g.indices("k i j", size), g.parameter("w", size), g.parameter("v", size)
    g.loss("L", list(_of_words(w, v, g.parameter("S", size, size), k, i, j))[n])
    assert "read back" in g.derive().to_text()


def long_name(name: str) -> Graph:
    """A constant whose name has several letters in front of brackets, with and without a power, and a family."""
    g = Graph("long names")
    n = g.size("n")
    i = g.index("i", n)
    number, b = g.constant(name), g.parameter("b")
    a, rates = g.parameter("a", n), g.parameter("rates", n)
    g.loss("L", Sum(number * (a[i] - b) ** 2 + number**2 * (a[i] + 1) + rates[i] * (a[i] + b), i))
    return g


@pytest.mark.parametrize("name", ["lr", "dt", "eps", "det", "max", "softmax", "log", "sg", "Wq", "rate_hat"])
def test_a_long_name_in_front_of_a_bracket_is_a_factor(name: str) -> None:
    assert "read back" in long_name(name).derive().to_text()


@pytest.mark.parametrize(
    "latex, agrees",
    [
        (r"\mathrm{lr}\, (a + b)^{2}", True),
        (r"\mathrm{lr}^{2}\, (a + b)^{2}", False),
        (r"(\mathrm{lr}\, (a + b))^{2}", False),
        (r"\mathrm{lr}\, (a - b)^{2}", False),
    ],
)
def test_the_power_behind_the_bracket_is_one_of_the_bracket(latex: str, agrees: bool) -> None:
    lr, a, b = (Symbol(name, real=True) for name in ("lr", "a", "b"))
    assert (verdict(Printed(latex, lr * (a + b) ** 2, ()), ()) is True) is agrees
