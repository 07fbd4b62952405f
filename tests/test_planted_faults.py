"""Faults planted by hand, one at a time: each is caught by the check that stands between a derivation and its page.

FAULTS is the list: what is wrong, in which model, and how it is put in. The check must say no, and must say yes without
the fault. 21 more stand in `tests/test_claims.py` (claims about time), eight of the printer in
`tests/test_printed_faults.py`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import cache
from typing import Any

import pytest
from sympy import Integer, KroneckerDelta, Mul, Rational, S, sqrt
from sympy import Symbol as Sym

from derive import (
    Abs,
    Expectation,
    Graph,
    Max,
    Piecewise,
    Sum,
    Variance,
    VerificationError,
    cos,
    elu,
    erf,
    exp,
    gelu,
    leaky_relu,
    log,
    relu,
    sigmoid,
    silu,
    sin,
    softplus,
    tanh,
)
from derive.chain import partials
from derive.chain.derivation import Derivation, Step, Term, Use
from derive.chain.rules import pipeline
from derive.chain.steps import Steps
from derive.check.report import Report
from derive.check.steps import Checker, verify
from derive.expressions import functions
from derive.expressions.matrices import Scaled, Transpose
from derive.memo import forget
from derive.solution import Solution
from derive.topics.expectation.check.expectations import verify_expectations
from derive.topics.hessian.check.hessian import verify_hessian
from derive.topics.identities.check import verify_identities
from derive.topics.jacobian.check.jacobian import verify_jacobian
from derive.topics.limits.check import in_the_limit
from derive.topics.matrix_form.check.forms import compare as compare_forms
from derive.topics.matrix_form.forms import forms
from derive.topics.primitives.check import programs
from derive.topics.worked.check import compare as compare_worked
from derive.topics.worked.numbers_as_typed import number, parse
from derive.topics.worked.worked import work

OFF = Rational(1001, 1000)
POINTS = 40
Patch = pytest.MonkeyPatch
FAULTS: dict[str, Callable[[Patch], Report]] = {}
SOUND: dict[str, Callable[[], Report]] = {}


def planted(name: str, fault: Callable[[Patch], Report], sound: Callable[[], Report]) -> None:
    """Put one fault on the list."""
    assert name not in FAULTS, name
    FAULTS[name], SOUND[name] = fault, sound


# the models, all of them small
MODELS: dict[str, Callable[[], Graph]] = {}


def model(build: Callable[[Graph], Any]) -> Callable[[Graph], Any]:
    """Register a model that is written on a graph."""

    def made() -> Graph:
        g = Graph(build.__name__)
        build(g)
        return g

    MODELS[build.__name__] = made
    return build


@model
def softmax(g):
    n, c, d = g.size("N"), g.size("C"), g.size("D")
    m, (i, k), j = g.index("m", n), g.indices("i k", c), g.index("j", d)
    w, x, y = g.parameter("W", c, d), g.input("x", n, d), g.target("y", n, c, one_hot=True)
    z = g.node("z", Sum(w[i, j] * x[m, j], j), over=(m, i))
    p = g.node("p", exp(z[m, i]) / Sum(exp(z[m, k]), k), over=(m, i))
    g.loss("L", -Sum(y[m, i] * log(p[m, i]), m, i) / n)


@model
def layers(g):
    h, d = g.size("H"), g.size("D")
    (i, k), j = g.indices("i k", h), g.index("j", d)
    w, v, x, u = g.parameter("W", h, d), g.parameter("V", h, h), g.input("x", d), g.parameter("u", h)
    a = g.node("a", tanh(Sum(w[i, j] * x[j], j)), over=i)
    b = g.node("b", relu(Sum(v[i, k] * a[k], k)) + a[i], over=i)
    g.loss("L", Sum(u[i] * b[i] ** 2, i))


@model
def recurrent(g):
    size = g.size("T")
    t = g.index("t", size)
    w, u, s, x = g.parameter("w"), g.parameter("u"), g.parameter("s"), g.input("x", size)
    h = g.recurrence("h", lambda h: w * h[t - 1] + u * x[t], over=t, start={0: s})
    g.loss("L", h[size] ** 2)


@model
def every_step(g):
    size = g.size("T")
    t = g.index("t", size)
    w, x = g.parameter("w"), g.input("x", size)
    h = g.recurrence("h", lambda h: tanh(w * h[t - 1] + x[t]), over=t, start={0: 0})
    g.loss("L", Sum(h[t] ** 2, t))


@model
def convolution(g):
    h, r = g.size("H"), g.size("R")
    i, a = g.index("i", h), g.index("a", r)
    x, w, c = g.parameter("x", h + r), g.parameter("w", r), g.constant("c", h)
    y = g.node("y", Sum(w[a] * x[i + a], a), over=i)
    g.loss("L", Sum(c[i] * y[i] ** 2, i))


@model
def twice(g):
    n = g.size("N")
    i, j, k = g.indices("i j k", n)
    a, x = g.parameter("A", n, n), g.parameter("x", n)
    y = g.node("y", Sum(a[i, j] * a[j, k] * x[k], j, k), over=i)
    g.loss("L", Sum(y[i] ** 2, i))


@model
def masked(g):
    n = g.size("N")
    i, j = g.indices("i j", n)
    s, x = g.parameter("S", n, n), g.parameter("x", n)
    y = g.node("y", Sum(Piecewise((s[i, j] * x[j], j <= i), (2 * x[j], True)), j), over=i)
    g.loss("L", Sum(y[i] ** 2, i))


@model
def tied(g):
    n = g.size("N")
    i = g.index("i", n)
    x, y, w = g.parameter("x", n, domain="binary"), g.parameter("y", n, domain="binary"), g.constant("w", n)
    g.loss("L", Sum(w[i] * Max(x[i], y[i], 1 - x[i]), i))


@model
def quotient(g):
    a, b, c = g.parameters("a b c", domain="positive")
    u = g.node("u", a * b / (a + c))
    g.loss("L", u**3 - log(u) * b)


@model
def deviations(g):
    n = g.size("N")
    i, k = g.indices("i k", n)
    x, c = g.parameter("x", n), g.constant("c", n)
    mu = g.node("mu", Sum(x[k], k) / n)
    v = g.node("v", Sum((x[k] - mu) ** 2, k) / n)
    y = g.node("y", (x[i] - mu) / sqrt(v + 1), over=i)
    g.loss("L", Sum(c[i] * y[i], i))


@model
def triangle(g):
    n = g.size("N")
    i, j = g.indices("i j", n)
    x = g.parameter("x", n)
    z = g.node("z", x[i] ** 2 + Sum(x[j], (j, 1, i - 1)), over=i)
    g.loss("L", Sum(z[i] ** 2, i))


@model
def repeated(g):
    n, m = g.size("N"), g.size("M")
    i, k = g.index("i", n), g.index("k", m)
    x, b, c = g.parameter("x", n), g.parameter("b"), g.constant("c", m)
    q = g.node("q", Sum(c[k] * x[i] + b, k), over=i)
    r = g.node("r", b + x[i], over=(i, k))
    g.loss("L", Sum(q[i] ** 2, i) + Sum(r[i, k], i, k))


@model
def ridge(g):
    n, d = g.size("N"), g.size("D")
    i, j = g.index("i", n), g.index("j", d)
    X, w, y = g.input("X", n, d), g.parameter("w", d), g.target("y", n)
    r = g.node("r", Sum(X[i, j] * w[j], j) - y[i], over=i)
    g.loss("L", Sum(r[i] ** 2, i) / 2 + Sum(w[j] ** 2, j))


@model
def symmetric(g):
    n = g.size("N")
    i, j = g.indices("i j", n)
    s, x = g.constant("S", n, n, symmetric=True), g.parameter("x", n)
    g.loss("L", Sum(x[i] * s[i, j] * x[j], i, j))


@cache
def solution(name: str) -> Solution:
    """A model, derived; not to be used while a fault is in the rules."""
    return MODELS[name]().derive()


def checked(d: Solution, derivation: Derivation | None = None, steps: tuple[Step, ...] | None = None) -> Report:
    """The check of the sheet without measuring recurrences, for a derivation or steps that may be wrong."""
    if derivation is None and steps is None:
        return d.verify(POINTS, conditions=False)
    derivation = derivation or d.derivation
    made = Steps(derivation)
    steps = (*made.all(), *made.claims()) if steps is None else steps
    return verify(derivation, steps, points=POINTS)


# 1. slopes of functions: each off by a thousandth
SLOPES = {
    "sigmoid": sigmoid, "tanh": tanh, "relu": relu, "leaky_relu": leaky_relu, "elu": elu, "softplus": softplus,
    "gelu": gelu, "silu": silu, "exp": exp, "log": log, "sqrt": sqrt, "abs": Abs, "sin": sin, "cos": cos, "erf": erf,
    "power": lambda x: x**3, "max": lambda x: Max(x, x**2),
}  # fmt: skip


def scalar(function: Callable[..., Any], name: str) -> Report:
    """The check of f(w) times a number."""
    g = Graph("slope")
    w = g.parameter("w", domain="positive" if name in ("log", "sqrt") else "real")
    a = g.node("a", function(2 * w))
    g.loss("L", a * g.constant("c"))
    return checked(g.derive())


def wrong_slope(patch: Patch, name: str) -> None:
    """The row of a function with its slope off by a thousandth, in all that looks it up."""
    row = functions.BY_NAME[name]
    in_value = row.slope_in_value
    wrong = row._replace(
        slope=lambda *x: OFF * row.slope(*x), slope_in_value=None if in_value is None else lambda y: OFF * in_value(y)
    )
    patch.setitem(functions.BY_NAME, name, wrong)
    if row.value in functions._BY_CLASS:
        patch.setitem(functions._BY_CLASS, row.value, wrong)


def slope_fault(name: str) -> Callable[[Patch], Report]:
    def fault(patch: Patch) -> Report:
        wrong_slope(patch, name)
        return scalar(SLOPES[name], name)

    return fault


for name, function in SLOPES.items():
    planted(f"slope of {name} off by a thousandth", slope_fault(name), lambda f=function, n=name: scalar(f, n))


# 2. the rules of differentiation
def by_patching(where: str, wrong: Callable[[Patch], None]) -> Callable[[Patch], Report]:
    """Break a rule, and check a model that is derived with it."""

    def fault(patch: Patch) -> Report:
        wrong(patch)
        return checked(MODELS[where]().derive())

    return fault


def rule(name: str, where: str, function: str, change: Callable[[Iterator[Any]], Any]) -> None:
    """A function of `derive.chain.partials` whose occurrences are changed."""
    right = getattr(partials, function)

    def wrong(patch: Patch) -> None:
        patch.setattr(partials, function, lambda *given: change(right(*given)))

    planted(name, by_patching(where, wrong), lambda: checked(solution(where)))


def scaled(by: Any) -> Callable[[Iterator[Any]], Any]:
    return lambda uses: (u.times(Integer(by)) for u in uses)


def only(at: slice) -> Callable[[Iterator[Any]], Any]:
    return lambda uses: list(uses)[at]


def turned(use: Any) -> Any:
    """On the other branches instead of its own."""
    return use._replace(factors=(1 - use.factors[0], *use.factors[1:]))


rule("product rule: the last factor's occurrence is lost", "quotient", "_product", only(slice(None, -1)))
rule("product rule: a minus sign", "layers", "_product", scaled(-1))
rule("product rule: only the first occurrence", "twice", "_product", only(slice(1)))
rule("a sum counts twice", "softmax", "_summed", scaled(2))
rule("a sum loses its first occurrence", "softmax", "_summed", only(slice(1, None)))
rule("branches: the first branch has no slope", "masked", "_branches", only(slice(1, None)))
rule("branches: the condition is turned", "masked", "_branches", lambda uses: [turned(u) for u in uses])
rule(
    "chain rule: the inner slope is lost",
    "every_step",
    "_function",
    lambda uses: [u._replace(factors=()) for u in uses],
)
rule(
    "sum rule: the limits are one short",
    "repeated",
    "_summed",
    lambda uses: [u._replace(sums=tuple((i, a + 1, b) for i, a, b in u.sums)) for u in uses],
)


def no_share(patch: Patch) -> None:
    """At a tie of a maximum every argument has the full slope."""
    row = functions.BY_NAME["max"]
    patch.setitem(functions.BY_NAME, "max", row._replace(slope=lambda x, *others: Mul(*(_step(x - o) for o in others))))


def _step(x: Any) -> Any:
    return Piecewise((S.One, x >= 0), (S.Zero, True))


planted("ties of a maximum: each has slope 1", by_patching("tied", no_share), lambda: checked(solution("tied")))


# 3. paths of the chain rule
def edge(name: str, where: str, family: str, change: Callable[[Use], Use | None], at: int = 0) -> None:
    """One use in the adjoint of a family changed, or dropped."""

    def fault(patch: Patch) -> Report:
        d = solution(where)
        adjoint = d.derivation.adjoints[family]
        new = change(adjoint.uses[at])
        uses = (*adjoint.uses[:at], *([new] if new else []), *adjoint.uses[at + 1 :])
        adjoints = {**d.derivation.adjoints, family: replace(adjoint, uses=uses)}
        return checked(d, replace(d.derivation, adjoints=adjoints))

    planted(name, fault, lambda: checked(solution(where)))


def contracted(**changed: Callable[[Any], Any]) -> Callable[[Use], Use]:
    """The contraction of a use with some of its parts changed."""

    def change(use: Use) -> Use:
        parts = {part: f(getattr(use.contraction, part)) for part, f in changed.items()}
        return replace(use, contraction=replace(use.contraction, **parts))

    return change


def first(by: Any) -> Callable[[Any], Any]:
    return lambda factors: (by, *factors)


def on_the_first(use: Use) -> Use:
    """The contribution of the first index value only."""
    return contracted(factors=first(KroneckerDelta(use.contraction.outer[0][0], 1)))(use)


edge("a path is dropped", "layers", "a", lambda use: None)
edge("the path around is dropped", "layers", "a", lambda use: None, 1)
edge("the path to the state before is dropped", "every_step", "h", lambda use: None)
edge("the direct path to the loss is dropped", "every_step", "h", lambda use: None, 1)
edge("a sign in a partial", "softmax", "p", contracted(factors=first(Integer(-1))))
edge("a factor 2 in a partial", "softmax", "W", contracted(factors=first(Integer(2))))
edge("a factor off by a thousandth", "convolution", "w", contracted(factors=first(OFF)))
edge("a factor is lost", "ridge", "w", contracted(factors=lambda f: f[:-1]))
edge("the adjoint of the user is transposed", "softmax", "W", contracted(at=lambda at: tuple(reversed(at))))
edge("the user is read one step late", "every_step", "h", contracted(at=lambda at: tuple(a + 1 for a in at)))
edge("a contribution lasts to the end", "triangle", "x", contracted(factors=first(S.Half)), 1)
edge("a delta too many", "twice", "x", on_the_first)
edge("a sum is one short", "convolution", "w", contracted(outer=lambda sums: tuple((i, a + 1, b) for i, a, b in sums)))
edge("a domain is one short", "convolution", "x", contracted(domain=lambda d: tuple((a + 2, b) for a, b in d)))
edge("a domain is cut at its end", "every_step", "z", contracted(domain=lambda d: tuple((a, b - 1) for a, b in d)))


# 4. rules of simplification: what they write has a sign, a factor or a term that is wrong
def negated(line: Any) -> Any:
    head, *rest = line.terms
    return line._replace(terms=(head._replace(factors=(*head.factors, S.NegativeOne)), *rest))


def heavier(line: Any) -> Any:
    head, *rest = line.terms
    return line._replace(terms=(*rest, head._replace(factors=(*head.factors, OFF))))


FIRES = {
    "cancel": "softmax", "kill_delta": "twice", "count": "repeated", "pull": "repeated", "use_facts": "softmax",
    "name_definitions": "deviations", "combine": "quotient", "share": "deviations", "order": "triangle",
    "use_symmetry": "symmetric",
}  # fmt: skip


def rule_fault(at: int, where: str, change: Callable[[Any], Any]) -> Callable[[Patch], Report]:
    def wrong(patch: Patch) -> None:
        right = pipeline.RULES[at]
        broken = lambda terms, facts: (change(line) for line in right(terms, facts))  # noqa: E731
        patch.setattr(pipeline, "RULES", tuple(broken if rule is right else rule for rule in pipeline.RULES))

    return by_patching(where, wrong)


for at, one in enumerate(pipeline.RULES):
    if one.__name__ not in FIRES or one in pipeline.RULES[:at]:
        continue  # no small model of this list lets it fire; or it stands in the order twice
    where = FIRES[one.__name__]
    for what, change in (("a sign", negated), ("a factor off by a thousandth", heavier)):
        name = f"the rule {one.__name__} writes {what}"
        planted(name, rule_fault(at, where, change), lambda w=where: checked(solution(w)))


# 5. lines and local partials that are printed
def step_fault(name: str, where: str, family: str, change: Callable[[Step], Step]) -> None:
    """A step as it is printed, changed."""

    def fault(patch: Patch) -> Report:
        d = solution(where)
        steps = tuple(change(s) if s.node.name == family else s for s in (*d.steps, *d.closed_steps))
        assert steps != (*d.steps, *d.closed_steps)
        return checked(d, steps=steps)

    planted(name, fault, lambda: checked(solution(where)))


def with_line(at: int, change: Callable[[Any], Any]) -> Callable[[Step], Step]:
    def changed(step: Step) -> Step:
        lines = list(step.lines)
        lines[at] = change(lines[at])
        return replace(step, lines=tuple(lines))

    return changed


def local(change: Callable[[Any], Any]) -> Callable[[Step], Step]:
    """The first local partial of a step, changed."""

    def changed(step: Step) -> Step:
        head, *rest = step.locals
        return replace(step, locals=(head._replace(value=change(head.value)), *rest))

    return changed


step_fault("the raw product has a sign", "softmax", "W", with_line(0, negated))
step_fault("a line between is off", "deviations", "v", with_line(1, heavier))
step_fault("the boxed gradient is off", "ridge", "w", with_line(-1, heavier))
step_fault("a local partial has a sign", "layers", "a", local(lambda v: -v))
step_fault("a local partial is off by a thousandth", "softmax", "z", local(lambda v: OFF * v))
step_fault("a local partial in time is off", "recurrent", "w", local(lambda v: 2 * v))
step_fault(
    "the chain rule names one path less", "layers", "a", lambda s: replace(s, chain=s.chain[1:], locals=s.locals[1:])
)
step_fault(
    "a region reaches one too far",
    "every_step",
    "h",
    lambda s: replace(s, region=s.region._replace(ranges=tuple((a, b + int(a != b)) for a, b in s.region.ranges))),
)


# 6. closed forms of recursions
def closed(name: str, change: Callable[[Any], Any]) -> None:
    def fault(patch: Patch) -> Report:
        d = solution("recurrent")
        assert d.closed_steps
        wrong = tuple(replace(s, lines=(*s.lines[:-1], change(s.lines[-1]))) for s in d.closed_steps)
        return checked(d, steps=(*d.steps, *wrong))

    planted(name, fault, lambda: checked(solution("recurrent")))


def powered(by: int) -> Callable[[Any], Any]:
    """The closed form with a power of w more, or less."""
    more = Sym("w", real=True) ** by
    return lambda line: line._replace(terms=tuple(t._replace(factors=(*t.factors, more)) for t in line.terms))


closed("a closed form has a sign", negated)
closed("a closed form is off by a thousandth", heavier)
closed("a closed form has a power too many", powered(1))
closed("a closed form has a power too few", powered(-1))


# 7. matrix forms
def form(name: str, where: str, at: str, change: Callable[[Any], Any]) -> None:
    """The matrix form of a step or of a definition of the family `at`, changed."""

    def report(wrong: bool) -> Report:
        d = solution(where)
        found = forms(d.model, d.steps)

        def spoiled(family: str, one: Any) -> Any:
            return one._replace(matrix=change(one.matrix)) if wrong and one.matrix is not None and family == at else one

        laws = tuple((n, case, spoiled(n.name, f)) for n, case, f in found.laws)
        steps = tuple((s, spoiled(s.node.name, f)) for s, f in found.steps)
        assert ((laws, steps) != (found.laws, found.steps)) == wrong
        sizes = {s: 3 + n for n, s in enumerate(d.model.sizes)}
        return compare_forms(found._replace(laws=laws, steps=steps), Checker(d.derivation, sizes, 10, 0))

    planted(name, lambda patch: report(True), lambda: report(False))


form("a matrix form is transposed", "softmax", "W", Transpose)
form("a matrix form has a sign", "softmax", "W", lambda m: Scaled(Integer(-1), m))
form("a matrix form is off by a thousandth", "ridge", "w", lambda m: Scaled(OFF, m))
form("the matrix form of a definition is off", "softmax", "z", lambda m: Scaled(OFF, m))
form("one summand of a matrix form is taken for the other", "twice", "A", lambda m: m.func(m.args[0], m.args[0]))
form("a summand of a matrix form is lost", "twice", "A", lambda m: m.args[0])


# 8. Jacobians and Hessians
def jacobian(name: str, where: str, of: str, wrt: str, change: Callable[[Any], Any]) -> None:
    def report(wrong: bool) -> Report:
        d = solution(where)
        found = d.jacobian(of, wrt, check=False)
        return verify_jacobian(d.derivation, change(found) if wrong else found, {}, range(3))

    planted(name, lambda patch: report(True), lambda: report(False))


def entry(at: int, change: Callable[[Any], Any]) -> Callable[[Any], Any]:
    def changed(found: Any) -> Any:
        lines = list(found.lines)
        lines[at] = change(lines[at])
        return found._replace(lines=tuple(lines))

    return changed


def matrix(change: Callable[[Any], Any]) -> Callable[[Any], Any]:
    return lambda found: found._replace(form=found.form._replace(matrix=change(found.form.matrix)))


jacobian("an entry of a Jacobian has a sign", "deviations", "y", "x", entry(-1, negated))
jacobian("an entry of a Jacobian is off by a thousandth", "softmax", "p", "z", entry(-1, heavier))
jacobian("the first line of a Jacobian is off", "layers", "b", "a", entry(0, heavier))
jacobian(
    "a path of a Jacobian is dropped",
    "layers",
    "b",
    "a",
    entry(-1, lambda line: line._replace(terms=line.terms[1:] or (Term((S.Zero,)),))),
)
jacobian("the matrix form of a Jacobian is transposed", "layers", "b", "a", matrix(Transpose))


def hessian(name: str, where: str, wrt: str, change: Callable[[Any], Any]) -> None:
    def report(wrong: bool) -> Report:
        d = solution(where)
        found = d.hessian(wrt, check=False)
        return verify_hessian(d.derivation, change(found) if wrong else found, {}, range(3))

    planted(name, lambda patch: report(True), lambda: report(False))


def block(change: Callable[[Any], Any]) -> Callable[[Any], Any]:
    return lambda found: found._replace(blocks=tuple(tuple(change(b) for b in row) for row in found.blocks))


hessian("an entry of a Hessian has a sign", "ridge", "w", block(entry(-1, negated)))
hessian("an entry of a Hessian is off by a thousandth", "deviations", "x", block(entry(-1, heavier)))
hessian("the first line of a Hessian is off", "ridge", "w", block(entry(0, heavier)))
hessian("the matrix form of a Hessian is off", "ridge", "w", block(matrix(lambda m: Scaled(OFF, m))))
hessian(
    "the product H v is off",
    "ridge",
    "w",
    lambda found: found._replace(along=tuple(a._replace(computed=OFF * a.computed) for a in found.along)),
)
hessian("a square of v' H v is lost", "ridge", "w", lambda found: found._replace(squares=found.squares[1:]))


# 9. expectations, limits, identities
def noise() -> Solution:
    g = Graph("noise")
    n = g.size("N")
    i = g.index("i", n)
    a, s = g.constant("a"), g.constant("s", domain="positive")
    r = g.random("r", n, mean=a, variance=s**2, independent=True)
    m = g.node("m", Sum(r[i], i) / n)
    g.node("E2", Expectation(m**2))
    g.node("V", Variance(m))
    return g.derive()


def expectation(name: str, at: int, change: Callable[[Any], Any]) -> None:
    def report(wrong: bool) -> Report:
        d = noise()
        found = list(d.expectations)
        found[at] = change(found[at]) if wrong else found[at]
        return verify_expectations(d.derivation, found, draws=2)

    planted(name, lambda patch: report(True), lambda: report(False))


expectation("an expectation forgets the variance", 0, entry(-1, lambda line: line._replace(terms=line.terms[:1])))
expectation("an expectation is off by a thousandth", 0, entry(-1, heavier))
expectation("a variance has a sign", 1, entry(-1, negated))
expectation("a line of a variance is off", 1, entry(1, heavier))
expectation(
    "a declared moment is off",
    0,
    lambda found: found._replace(
        premises=tuple(p._replace(lines=(*p.lines[:-1], heavier(p.lines[-1]))) for p in found.premises)
    ),
)


def averaging() -> Solution:
    g = Graph("average")
    t = g.index("t", g.size("T"))
    beta, c = g.constant("beta", domain="probability"), g.constant("c")
    m = g.recurrence("m", lambda m: beta * m[t - 1] + (1 - beta) * c, over=t, start={0: 0})
    g.node("b", m[t] - c, over=t)
    return g.derive()


def limit(name: str, of: str, change: Callable[[Any], Any]) -> None:
    def report(wrong: bool) -> Report:
        d = averaging()
        found = d.limit(of, "t")
        return in_the_limit(d.derivation, [change(found) if wrong else found])

    planted(name, lambda patch: report(True), lambda: report(False))


limit("a limit has a sign", "m", lambda found: found._replace(limit=-found.limit))
limit("a limit is off by a thousandth", "m", lambda found: found._replace(limit=OFF * found.limit))
limit("a limit is said to be 0", "m", lambda found: found._replace(limit=S.Zero))


def value_in_time(name: str, change: Callable[[Any], Any]) -> None:
    """The closed form of a value, changed."""

    def fault(patch: Patch) -> Report:
        d = averaging()
        values = tuple(v._replace(lines=(*v.lines[:-1], change(v.lines[-1]))) for v in d.values)
        return verify(d.derivation, (), points=POINTS, values=values)

    planted(name, fault, lambda: averaging().verify(POINTS))


value_in_time("the closed form of a value has a sign", negated)
value_in_time("the closed form of a value is off by a thousandth", heavier)


def same() -> Solution:
    g = Graph("same")
    n = g.size("N")
    i, k = g.indices("i k", n)
    x, w = g.parameter("x", n), g.parameter("w", n)
    s = g.node("s", Sum(w[i] * x[i], i))
    g.node("u", 2 * s)
    g.node("v", 2 * Sum(w[k] * x[k], k))
    g.loss("L", s**2)
    return g.derive()


def identity(name: str, side: str) -> None:
    def report(wrong: bool) -> Report:
        d = same()
        found = d.identity("u", "v")
        lines = getattr(found, side)
        found = found._replace(**{side: (*lines[:-1], heavier(lines[-1]))}) if wrong else found
        return verify_identities(d.derivation, [found])

    planted(name, lambda patch: report(True), lambda: report(False))


identity("the first side of an identity is off", "lines")
identity("the second side of an identity is off", "other_lines")


# 10. worked numbers and programs
def worked(name: str, change: Callable[[Any], Any]) -> None:
    def report(wrong: bool) -> Report:
        d = MODELS["quotient"]().derive()
        found = work(d.derivation, d.sizes, parse("a=1, b=2, c=1/2"), number("0.1", "--lr"))
        return compare_worked(d.derivation, d.sizes, change(found) if wrong else found)

    planted(name, lambda patch: report(True), lambda: report(False))


def with_number(part: str, key: str) -> Callable[[Any], Any]:
    return lambda found: replace(found, **{part: {**getattr(found, part), key: getattr(found, part)[key] * OFF}})


worked("a worked value is off", with_number("values", "u"))
worked("a worked derivative is off", with_number("adjoints", "a"))
worked("a worked update is off", with_number("updated", "b"))


def program(name: str, change: Callable[[Derivation], Derivation]) -> None:
    def report(wrong: bool) -> Report:
        d = solution("ridge")
        found = d.rewritten(["dot", "add", "mul", "pow", "sum", "sub"]).derivation
        return programs.compare(change(found) if wrong else found, d.derivation, POINTS)

    planted(name, lambda patch: report(True), lambda: report(False))


def of_adjoint(family: str, change: Callable[[Any], Any]) -> Callable[[Derivation], Derivation]:
    def changed(d: Derivation) -> Derivation:
        adjoint = d.adjoints[family]
        return replace(d, adjoints={**d.adjoints, family: replace(adjoint, uses=change(adjoint.uses))})

    return changed


program("a program's gradient loses a path", of_adjoint("w", lambda uses: uses[1:]))
program(
    "a program's gradient has a sign",
    of_adjoint("r", lambda uses: (contracted(factors=first(Integer(-1)))(uses[0]), *uses[1:])),
)


@pytest.fixture(autouse=True)
def alone(monkeypatch):
    """No fault outlives its test."""
    yield
    monkeypatch.undo()
    forget()


@pytest.mark.parametrize("name", FAULTS)
def test_a_planted_fault_is_caught(name, monkeypatch):
    """The report is right without the fault, and with it refuses in one line."""
    assert SOUND[name]().ok
    forget()
    report = FAULTS[name](monkeypatch)
    with pytest.raises(VerificationError) as refused:
        report.require()
    assert "\n" not in str(refused.value)


def test_there_are_a_hundred():
    assert len(FAULTS) >= 100
