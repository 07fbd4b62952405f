"""Functions in an answer: of each element, of a vector, of a matrix, by cases; and their derivatives, `\\sigma'(z)`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from fractions import Fraction
from functools import partial
from typing import Any

import numpy as np
from flint import arb
from sympy import Dummy, preorder_traversal

from derive.expressions.functions import row_of
from derive.judge import ball_backend, ball_functions, balls, kinks
from derive.judge.balls import ball, each
from derive.judge.meaning import Meaning
from derive.judge.places import Scope, unread
from derive.judge.value import Mismatch, Value, contracted, eye, shown
from derive.judge.words import POWERLESS, SQUARE
from derive.read.tree import Bracketed, Node, Relation, Rows, Scripted
from derive.transcribe.functions import elementwise
from derive.transcribe.occurrences import Occurrence, written


def call(formulas: Meaning, name: Occurrence, items: Sequence[Node], scope: Scope) -> Value:
    """A function of its arguments. ReadError for one that is not known."""
    values = [formulas.value(item, scope) for item in items]
    name = _gate(name, scope)
    plain, primes = name.base.replace(" ", ""), name.marks.count("prime")
    made = _of_arrays(formulas, plain, name, values, scope)
    if made is None:
        rule = _rule(formulas, name)
        if rule is None:
            raise unread(f"{plain} is no function that is known here", formulas.source, name.node)
        if len(values) != 1:
            raise unread(f"{plain} takes one argument", formulas.source, name.node)
        if primes > 1:
            raise unread("second derivatives are not judged yet", formulas.source, name.node)
        _note(formulas, name, values[0])
        made = formulas.slope(rule, values[0]) if primes else replace(values[0], numbers=each(rule, values[0].numbers))
    if plain in ("log", "lg") and name.places:
        made = replace(made, numbers=made.numbers / ball(Fraction(written(name.places[0]))).log())
    elif name.places and made.dims:
        for place in name.places:
            made = Value(made.numbers[formulas.whole(place, scope) - 1])
    return made if name.power is None else formulas.power(made, name.power, scope)


_GATES = {"g": "sigmoid", "c": "tanh", "h": "tanh"}  # below a sigma, as encyclopedias write the LSTM


def _gate(name: Occurrence, scope: Scope) -> Occurrence:
    """`\\sigma_g` is the sigmoid, and `\\sigma_c` and `\\sigma_h` are tanh, where the letter is no index."""
    below = written(name.places[0]) if len(name.places) == 1 else ""
    if name.base != "sigma" or below not in _GATES or below in scope:
        return name
    return name._replace(base=_GATES[below], places=())


def _of_arrays(formulas: Meaning, plain: str, name: Occurrence, values: list[Value], scope: Scope) -> Value | None:
    """Functions of whole vectors and matrices; None for a function of each element."""
    first, word = values[0], plain.lower()
    if word in ("softmax", "logsoftmax", "log_softmax"):
        return softmax(first, word != "softmax")
    if word in ("max", "min"):
        return extreme(word, values, formulas, name.node)
    if word == "diag":
        return diagonal(first)
    if word in ("tr", "trace"):
        return of_matrix("tr", first)
    if word in ("det", "logdet"):
        return of_matrix(word, first)
    if word in ("mean", "sum", "avg"):
        total = np.sum(first.numbers.reshape(-1, first.numbers.shape[-1]), axis=0)
        return Value(total if word == "sum" else total / int(np.prod(first.dims)))
    return None


def _rule(formulas: Meaning, name: Occurrence) -> Callable[[Any], Any] | None:
    """A function of a number by its name; f, g and phi are the model's activation if it has only one."""
    word = {"sigma": "sigmoid"}.get(name.base, name.base)
    rows = _activations(formulas) if word in ("f", "g", "phi", "varphi", "psi") else []
    made = elementwise(word) if not rows else None
    if made is None:
        return (lambda v: ball_functions.function(rows[0], v)) if len(rows) == 1 else None
    known = ball_functions.FUNCTIONS.get(word.lower())
    if known is not None:
        return known
    x = Dummy(real=True)
    expr = made(x)
    return lambda v: ball_functions.of_expression(expr, {x: v})


def _note(formulas: Meaning, name: Occurrence, value: Value) -> None:
    """Remember on which sides of the function's kinks its argument lies."""
    word, x = {"sigma": "sigmoid"}.get(name.base, name.base), Dummy(real=True)
    made = elementwise(word)
    found = made(x) if made is not None else next((row.value(x) for row in _activations(formulas)), None)
    for n, kink in enumerate(kinks.of_function(found) if found is not None else ()):
        formulas.met.signs(name.node, value.numbers - ball(Fraction(str(kink))), n)


def is_known(name: Occurrence) -> bool:
    """Whether a name is that of a function by itself, as sigma and tanh."""
    return name.base not in ("f", "g", "phi", "varphi", "psi") and (
        name.base == "sigma" or elementwise(name.base) is not None
    )


def _activations(formulas: Meaning) -> list[Any]:
    found = {}
    for node in formulas.world.derivation.model.nodes.values() if formulas.names.ranks else ():
        for case in node.cases[:1]:
            for part in preorder_traversal(case.expr):
                row = row_of(part)
                if row is not None and row.activation:
                    found[row.name] = row
    return list(found.values())


def softmax(value: Value, logarithm: bool) -> Value:
    """Of a vector, or of each row of a matrix."""
    if not value.dims:
        raise Mismatch("softmax is a function of a vector, and this is a number")
    powers = each(lambda v: ball(v).exp(), value.numbers)
    found = powers / np.sum(powers, axis=-2, keepdims=True)
    return replace(value, numbers=each(lambda v: v.log(), found) if logarithm else found)


def extreme(word: str, values: Sequence[Value], formulas: Meaning, node: Node) -> Value:
    """The largest of several, or of a vector's elements; which one it is is remembered."""

    def join(a: Any, b: Any, n: int = 0) -> Any:
        formulas.met.signs(node, a - b, n)
        return each(ball_functions.FUNCTIONS[word], a, b)

    if len(values) == 1 and values[0].dims:
        flat = values[0].numbers.reshape(-1, values[0].numbers.shape[-1])
        found = flat[0]
        for row in flat[1:]:
            found = join(found, row)
        return Value(found)
    from derive.judge.value import elementwise as combined

    made = values[0]
    for n, other in enumerate(values[1:]):
        made = combined(partial(join, n=n), made, other)
    return made


def diagonal(value: Value) -> Value:
    """diag of a vector is a matrix, of a matrix its diagonal."""
    if len(value.dims) == 1:
        return Value(eye(value.dims[0]).numbers * value.numbers[:, None])
    if len(value.dims) == 2:
        return Value(np.moveaxis(np.diagonal(value.numbers, axis1=0, axis2=1), -1, 0))
    return value


def norm(value: Value, below: str) -> Value:
    """A norm of a vector, or Frobenius' of a matrix."""
    flat = value.numbers.reshape(-1, value.numbers.shape[-1])
    if below == "1":
        return Value(np.sum(each(ball_functions.FUNCTIONS["abs"], flat), axis=0))
    if below not in ("", "2", "F") or (below == "2" and len(value.dims) == 2):
        raise Mismatch(f"the norm with {below} below is not judged")
    return Value(each(lambda v: ball(v).sqrt(), np.sum(flat * flat, axis=0)))


def of_matrix(name: str, value: Value) -> Value:
    """The trace, the determinant, its logarithm or the inverse. Mismatch where it is not square."""
    if len(value.dims) != 2 or value.dims[0] != value.dims[1]:
        raise Mismatch(SQUARE(name=name, shape=shown(value)))
    if name == "tr":
        return Value(np.sum(diagonal(value).numbers, axis=0))
    found = [
        ball_backend.of_matrix(name, np.ascontiguousarray(value.numbers[..., p]))
        for p in range(value.numbers.shape[-1])
    ]
    return Value(np.moveaxis(np.stack(found), 0, -1))


def matrix_power(value: Value, exponent: Fraction) -> Value:
    """A whole power of a square matrix. Mismatch for another shape, or another power."""
    if value.dims[0] != value.dims[1] or exponent.denominator != 1:
        raise Mismatch(POWERLESS(shape=shown(value)))
    base = value if exponent >= 0 else of_matrix("inverse", value)
    found = eye(value.dims[0])
    if abs(exponent) > balls.MOST_FACTORS:
        raise balls.NoValue
    for _ in range(abs(int(exponent))):
        found = Value(contracted(found.numbers, base.numbers, 1))
    return found


def cases(formulas: Meaning, node: Rows, scope: Scope) -> Value:
    """A formula by cases: at each element the first whose condition holds."""
    found: Any = None
    for row in reversed(node.rows):
        tests = [item for item in row[1:] if isinstance(item, Relation)]
        if not tests:
            found = formulas.value(row[0], scope)
            continue
        truth = formulas.holds(tests[0], scope)
        for test in tests[1:]:
            truth = each(lambda a, b: bool(a) and bool(b), truth, formulas.holds(test, scope))
        if not np.any(truth) and found is not None:
            continue
        here = formulas.value(row[0], scope)
        otherwise = found.numbers if found is not None else np.array([arb("nan")], dtype=object)
        found = Value(each(lambda t, a, b: a if bool(t) else b, truth, here.numbers, otherwise))
    if found is None:
        raise unread("no case is left here", formulas.source, node)
    return found


def vanishes(formulas: Meaning, factor: Node, scope: Scope) -> bool:
    """Whether a factor of a product is an indicator that is 0 here, so that no other one has to exist."""
    below = factor.below if isinstance(factor, Scripted) else None
    found = below if isinstance(below, Relation) else None
    if isinstance(factor, Bracketed) and len(factor.items) == 1 and isinstance(factor.items[0], Relation):
        found = factor.items[0]
    return found is not None and not np.any(formulas.holds(found, scope))
