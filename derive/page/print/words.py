"""Prints words for formulas: softmax(z)_i, logsumexp(z), ||w||; over an expression with the index, mean_i(x_i w_i)."""

from __future__ import annotations

from sympy import Expr, Idx

from derive.expressions.indices import substitute
from derive.expressions.said import OF_ONE, Said, Spelled, whole
from derive.page.print.printer import ATOM, MUL, POWER, Printed, Printer, write


@write.register(Said)
def said(expr: Said, p: Printer) -> Printed:
    """The word over a vector, else over its elements; the formula where neither says what is meant."""
    wholes = [whole(b) for b in expr.bodies]
    if expr.name == "norm" and wholes[0] is not None:
        text = _norm(expr, wholes[0], p)
        return (text, ATOM) if expr.power == 1 else (p.style.power(text, p.exponent(expr.power)), POWER)
    if expr.name == "dot" and None not in wholes:
        inner = ", ".join(p.printed(w)[0] for w in wholes)
        return (rf"\langle {inner} \rangle" if p.style.latex else f"⟨{inner}⟩"), ATOM
    if expr.name in ("norm", "dot") or (expr.name in OF_ONE and wholes[0] is None and not _letters(expr)):
        return write(expr.formula, p)
    return _named(expr, wholes[0], p), MUL if expr.name.startswith("log_") else ATOM


@write.register(Spelled)
def spelled(expr: Spelled, p: Printer) -> Printed:
    """The formula of a word, which may hold others: the mean in a variance."""
    word = expr.args[0]
    return write(word.formula, p.saying(tuple(w for w in p.words if w.name != word.name)))


def _letters(word: Said) -> bool:
    return all(isinstance(place, Idx) for place in word.at)


def _norm(word: Said, vector: Expr, p: Printer) -> str:
    """||x|| of a vector, with its order where that is not 2; of a matrix with F."""
    inner = p.printed(vector)[0]
    order = "F" if len(word.bodies[0].limits) > 1 else ""
    if word.p != 2:
        order = (r"\infty" if p.style.latex else "∞") if word.p == 0 else p.printed(word.p)[0]
    if not p.style.latex:
        return f"‖{inner}‖" + (p.style.name("", (order,)) if order else "")
    tall = (r"\left", r" \right") if r"\frac" in inner else ("", "")
    return rf"{tall[0]}\lVert {inner}{tall[1]}\rVert" + (f"_{{{order}}}" if order else "")


def _named(word: Said, vector: Expr | None, p: Printer) -> str:
    """softmax(z)_i of a vector, softmax_i(...) of elements, which are in brackets."""
    name = word.name.removeprefix("log_")
    operator = rf"\operatorname{{{name}}}" if p.style.latex else name
    if name != word.name:
        operator = (r"\log " if p.style.latex else "log ") + operator
    places = word.at if word.name in OF_ONE else ()
    if vector is not None:
        return _lowered(operator + p.style.brackets(p.printed(vector)[0]), places, p)
    total = word.bodies[0]
    body = (
        substitute(total.function, dict(zip((i for i, *_ in total.limits), places, strict=True)))
        if places
        else total.function
    )
    below = places or tuple(i for i, *_ in total.limits)
    return _lowered(operator, below, p) + p.style.brackets(p.printed(body)[0])


def _lowered(text: str, places: tuple[Expr, ...], p: Printer) -> str:
    """Letters below a text."""
    if not places:
        return text
    below = [p.index(i) for i in places]
    joined = "".join(below) if all(len(b) == 1 for b in below) else ",".join(below)
    return f"{text}_{{{joined}}}" if p.style.latex else text + p.style.name("", (joined,))
