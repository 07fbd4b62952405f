"""The value of a formula that is written by a word: a softmax, a norm, a mean; the word is a function of its own."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sympy import Expr, Idx

from derive.expressions.extremes import Body
from derive.expressions.indices import bound, through
from derive.expressions.said import OF_ONE, Said, Spelled, by_words, whole
from derive.proofread import numbers as of
from derive.proofread.meant import Env, Meant, meaning
from derive.proofread.numbers import Value


@meaning.register(Spelled)
def _(expr: Spelled, m: Meant, env: Env) -> Value:
    return m.value(expr.args[0].formula, env)


@meaning.register(Said)
def _(expr: Said, m: Meant, env: Env) -> Value:
    """As it is written: over a vector, else over elements; else its formula."""
    wholes = [whole(b) for b in expr.bodies]
    if expr.name == "norm" and wholes[0] is not None:
        kind = "F" if len(expr.bodies[0].limits) > 1 else ""
        kind = kind if expr.p == 2 else "inf" if expr.p == 0 else str(expr.p)
        return of.power(of.norm(m.value(wholes[0], env), kind), m.value(expr.power, env))
    if expr.name == "dot" and None not in wholes:
        return of.applied("dot", *m.all(wholes, env))
    letters = all(isinstance(place, Idx) for place in expr.at)
    if expr.name in ("norm", "dot") or (expr.name in OF_ONE and wholes[0] is None and not letters):
        return m.value(expr.formula, env)
    value = _named(expr, wholes[0], m, env)
    return of.applied("log", value) if expr.name.startswith("log_") else value


def _named(word: Said, vector: Expr | None, m: Meant, env: Env) -> Value:
    name = word.name.removeprefix("log_")
    places: Sequence[Any] = word.at if word.name in OF_ONE else ()
    if vector is not None:
        value = of.of_word(name, m.value(vector, env))
        return of.entry(value, tuple(m.all(places, env))) if places else value
    total = word.bodies[0]
    letters = [i for i, *_ in total.limits]

    def inner(at: Sequence[Value]) -> Value:
        kept = tuple(e for e in env if e[0] not in letters)
        return m.value(total.function, (*kept, *zip(letters, at, strict=True)))

    if not places:
        return over(name, len(letters), inner)
    at = m.all(places, env)
    return of.applied(name, inner(at), *at)


def in_words(expr: Expr, words: tuple[Said, ...]) -> Expr:
    """The expression in words, also inside of words, as a page has it: a mean of squares about a mean."""
    found = by_words(expr, words)
    return _inside(found, words) if found.has(Said) else found


def _inside(part: Any, words: tuple[Said, ...]) -> Any:
    if not isinstance(part, Said):
        return through(part, lambda inner: _inside(inner, words))
    bodies = [bound(Body, in_words(b.function, words), b.limits) for b in part.bodies]
    return Said(part.name, part.formula, bodies, part.at, part.p, part.power)


def over(name: str, count: int, body: Any) -> Value:
    """A word over letters that are bound: mean_i(x_i)."""
    if count == 0:
        return body(())
    return of.over_letter(name, lambda p: over(name, count - 1, lambda at: body((p, *at))))
