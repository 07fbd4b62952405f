"""The public call for a function that the table does not have: `derive.elementwise(name, definition, ...)`.

    squash = elementwise("squash", lambda x: x / (1 + Abs(x)))

The slope and the kinks are derived from the definition; what a user states beside it must agree with it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from fractions import Fraction
from typing import Any

from sympy import Expr, Rational, S
from sympy.core.function import FunctionClass

from derive.errors import UsageError
from derive.expressions.elementwise import Elementwise, function_class
from derive.expressions.functions import ANY, BY_NAME, TABLE, Range, Row, X, register, row, row_of
from derive.expressions.one_variable import slope_of
from derive.language import Text
from derive.memo import forget
from derive.model.function_claims import check
from derive.model.function_fields import (
    Formula,
    definition_of,
    interval,
    known,
    latex_name,
    library_name,
    points_without_slope,
    sentence,
    slope_given,
    word,
)  # fmt: skip
from derive.model.operations import operations

KINK = Text(
    "At {at} {function} has no derivative; we use {slope} there.",
    "{function} 在 {at} 处不可导，约定取 {slope}。")  # fmt: skip
STEEP = Text("At {at} {function} has no derivative.", "{function} 在 {at} 处没有导数。")


def elementwise(
    name: str,
    definition: Formula,
    *,
    slope: Formula | None = None,
    slope_in_value: Formula | None = None,
    value_range: Range = ANY,
    slope_range: Range = ANY,
    domain: Range = ANY,
    kinks: Iterable[Any] | None = None,
    convention: Text | None = None,
    activation: bool = True,
    torch: str = "",
    numpy: str = "",
    latex: str = "",
    title: Text | None = None,
    rule: Text | None = None,
) -> Callable[[Expr], Expr]:
    """A new function of a real number, to be applied to every element by itself: `softsign(w*x + b)` in a graph.

    `definition` gives its value for a sympy expression, in functions that derive knows (`Abs`, `Max`, `exp`, ...).

    - The slope is derived from it. `slope` writes it as a textbook does; `slope_in_value` in the value, 1 - y**2 for
      tanh.
    - It is defined on `domain`. Its values and slopes lie in `value_range` and `slope_range` (closed, of numbers or
      infinities). They are held against the definition at about 21000 points: every hundredth from -100 to 100 (or
      20001 points of a bounded domain), and 10^-300 to 10^300 on either side of zero and of the ends of the domain.
      Between these points a range is the user's word. Where they are left out, nothing is claimed that rests on them.
    - `kinks` are the points without a derivative (left out, they are found if they have a formula), and `convention` is
      the sentence that says which slope is taken there.
    - The argument of an `activation` gets a name of its own on the page, z.
    - `torch` and `numpy` are the libraries' own names for it, "nn.functional.softsign"; without them the definition is
      computed. A function of sympy's is its own definition: `elementwise("sech", sympy.sech)`.
    - `latex` is its name in formulas, `title` its name in sentences, `rule` the reason of a step that uses its slope.

    The same call again gives the same function; so does the definition of a function that derive has already.
    Errors: UsageError, one line, for a name that is taken and for anything that contradicts the definition.
    """
    expr = definition_of(word(name), definition, bool(torch and numpy))
    itself = name if isinstance(definition, FunctionClass) and expr == definition(X) else ""
    taken = known(name, "slope", slope_of(expr), itself) if slope is None else slope_given(name, "slope", slope, itself)
    by_value = None if slope_in_value is None else _at(slope_given(name, "slope_in_value", slope_in_value))
    within = interval(name, "domain", domain)
    found: dict[str, Any] = {
        "value_range": interval(name, "value_range", value_range), "domain": within,
        "slope_range": interval(name, "slope_range", slope_range), "slope_in_value": by_value,
        "torch": library_name(name, "torch", torch), "numpy": library_name(name, "numpy", numpy),
        "kinks": points_without_slope(name, expr, taken, within, kinks), "activation": bool(activation),
    }  # fmt: skip
    texts = {"title": title, "rule": rule, "convention": convention}
    found |= {what: sentence(name, what, text) for what, text in texts.items() if text is not None}
    if latex != "":
        found["latex"] = latex_name(name, latex)
    return _put(_row(name, definition, expr, taken, found), expr, taken)


def _row(name: str, definition: Formula, expr: Expr, slope: Expr, found: dict[str, Any]) -> Row:
    """The row: its class is sympy's where the function is, else one of its own; with kinks it has a convention."""
    if found["kinks"]:
        found.setdefault("convention", _convention(found.get("title", Text(name, name)), found["kinks"], slope))
    known = row_of(expr)
    if isinstance(definition, FunctionClass) and (known is None or known.name == name):
        simpler = None if expr == definition(X) else _at(expr)
        return row(name, definition, _at(slope), definition=simpler, exact=_exact(expr), **found)
    zero = _exact(expr)(Fraction(0))
    own = function_class(name, _at(expr), {} if zero is None else {0: Rational(zero)})
    return row(name, own, _at(slope), exact=_exact(expr), **found)


def _put(new: Row, expr: Expr, slope: Expr) -> Callable[[Expr], Expr]:
    """The function, put into the table if it is new and right; the one that is there already if it is the same."""
    old = BY_NAME.get(new.name)
    if old is not None and (_same(old, new) if old in TABLE else _essence(old) == _essence(new)):
        return old.value
    if old is not None or new.name in operations():
        again = "; to change its definition, start Python or the notebook's kernel anew" * (old not in (None, *TABLE))
        raise UsageError(f"derive has another function or operation named {new.name}; choose another name{again}")
    check(new, expr, slope)
    register(new)
    if not issubclass(new.value, Elementwise):  # type: ignore[arg-type]
        forget()  # sympy had the class before, and what is remembered of its expressions does not know the row
    return new.value


def _same(old: Row, new: Row) -> bool:
    """Does a row of the package have the definition that a user gives? Then it is the function that is meant."""
    one, other = (S((row.definition or row.value)(X)) for row in (old, new))
    return old.arity == 1 and (one == other or bool((one - other).equals(0)))


def _essence(row: Row) -> tuple[object, ...]:
    """All that a user says of a function, to be compared."""
    formulas = (row.definition or row.value, row.slope, row.slope_in_value)
    texts = (row.title, row.rule, row.convention)
    plain = (row.value_range, row.slope_range, row.domain, row.kinks, row.activation, row.torch, row.numpy, row.latex)
    return (*(None if f is None else S(f(X)) for f in formulas), *(repr(t) for t in texts), *plain)


def _convention(title: Text, kinks: tuple[Expr, ...], slope: Expr) -> Text:
    found = []
    for point in kinks:
        taken = S(slope.xreplace({X: point})).doit()
        sentence = KINK(slope=str(taken)) if taken.is_finite else STEEP
        found.append(sentence(at=str(point), function=title))
    return Text(" ".join(t.pick("en") for t in found), "".join(t.pick("zh") for t in found))


def _at(expr: Expr) -> Formula:
    return lambda x: expr.xreplace({X: S(x)})


def _exact(expr: Expr) -> Callable[[Fraction], Fraction | None]:
    """The value at a rational number where sympy finds a rational one."""

    def at(x: Fraction) -> Fraction | None:
        value = S(expr.xreplace({X: Rational(x)})).doit()
        return Fraction(int(value.p), int(value.q)) if value.is_Rational else None

    return at
