"""What a user says of a new function, read: formulas, ranges, names, sentences. Errors are UsageErrors, one line."""

from __future__ import annotations

import keyword
import re
from collections.abc import Callable, Iterable
from typing import Any

import sympy
from sympy import Expr, Function, I, SympifyError, nan, oo, sympify, zoo
from sympy.core.function import FunctionClass

from derive.errors import UsageError
from derive.expressions.functions import Range, X
from derive.expressions.kinks import is_kink, kinks, unexplained
from derive.expressions.one_variable import foreign, in_our_functions
from derive.language import Text

Formula = Callable[[Any], Any]
CONSTANTS = ("pi", "E", "I", "oo", "nan", "zoo")
DOTTED = re.compile(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)*")


def word(name: str) -> str:
    """A name that is a word in Python too, and neither one of its own words nor a constant."""
    if isinstance(name, str) and (name in CONSTANTS or keyword.iskeyword(name)):
        raise UsageError(f"the name {name!r} of a function means something else; choose a word such as soft_sign")
    if not isinstance(name, str) or not name.isidentifier() or not name.isascii():
        raise UsageError(f"the name {name!r} of a function is not a word like softsign or soft_sign")
    return name


def definition_of(name: str, definition: Formula, in_libraries: bool) -> Expr:
    """The definition at x. A function of sympy's is elementary where the libraries have it."""
    expr = _expression(name, "definition", definition)
    if X not in expr.free_symbols:
        raise UsageError(f"{name}: the definition {expr} does not depend on its argument")
    if in_libraries and isinstance(definition, FunctionClass):
        return definition(X)
    return known(name, "definition", expr)


def slope_given(name: str, what: str, slope: Formula, itself: str = "") -> Expr:
    """The slope at x, or at a value x, as a user writes it."""
    return known(name, what, _expression(name, what, slope), itself)


def _expression(name: str, what: str, formula: Formula) -> Expr:
    """What a Python function gives for the symbol x, a real expression in x."""
    if not callable(formula):
        raise UsageError(f"{name}: the {what} is a Python function such as lambda x: x / (1 + Abs(x)), not {formula!r}")
    try:
        found = sympify(formula(X), strict=True)  # text is not evaluated
    except Exception as error:  # whatever the function does with a symbol
        said = f"{type(error).__name__}: {' '.join(str(error).split())}"
        raise UsageError(f"{name}: the {what} fails for a symbol ({said}); write it with Abs, Max, exp, ...") from None
    if not isinstance(found, Expr) or found.free_symbols - {X} or found.has(nan, zoo, oo, -oo, I):
        raise UsageError(f"{name}: the {what} gives {found}, which is no real expression in its argument")
    return in_our_functions(found)


def known(name: str, what: str, expr: Expr, itself: str = "") -> Expr:
    """The expression, if all of its functions are in the table, or are `itself`, as in the slope of the tangent."""
    for other in (o for o in foreign(expr) if o != itself):
        if not hasattr(sympy, other) or not issubclass(getattr(sympy, other), Function):
            how = "write it in functions such as Abs, Max, exp"
        elif other == name:
            how = "name it in both libraries, torch= and numpy=, or write it out"
        else:
            how = f"define {other} first with derive.elementwise (and torch=, numpy= where both libraries have it), "
            how += "or write it out"
        raise UsageError(f"{name}: the {what} uses {other}, which derive does not know; {how}")
    return expr


def interval(name: str, what: str, found: Range) -> tuple[Expr, Expr]:
    """Two numbers or infinities in order; a domain has an inside."""
    try:
        low, high = (sympify(end, strict=True) for end in found)
        if low < high or (low == high and what != "domain"):
            return low, high
    except (TypeError, ValueError, SympifyError):
        pass
    raise UsageError(f"{name}: {what}={found!r}: expected two numbers or infinities, the lower one first")


def library_name(name: str, library: str, found: str) -> str:
    """The dotted name of a function in a library, without the library's own."""
    if not isinstance(found, str) or (found and not DOTTED.fullmatch(found)):
        raise UsageError(f"{name}: {library}={found!r}: expected the name of a function such as 'tanh'")
    return re.sub(rf"^({library}|np)\.", "", found)


def sentence(name: str, what: str, found: Text) -> Text:
    """A sentence in both languages."""
    if not isinstance(found, Text):
        raise UsageError(f"{name}: {what}={found!r}: expected Text(English, Chinese)")
    return found


def latex_name(name: str, found: str) -> str:
    """A name in formulas, with an argument to come: TeX reads it if its braces are balanced and none is a comment."""
    bare = re.sub(r"\\[^A-Za-z]", "", found) if isinstance(found, str) else "%"
    depth = [bare[: i + 1].count("{") - bare[: i + 1].count("}") for i in range(len(bare))]
    if re.search(r"[%#$&\n]|\\$", bare) or any(d < 0 for d in depth) or depth[-1:] not in ([], [0]):
        raise UsageError(f"{name}: latex={found!r}: expected a name in TeX such as r'\\arctan', with balanced braces")
    return found.replace("{", "{{").replace("}", "}}") + "({})" if found else ""


def points_without_slope(
    name: str, expr: Expr, slope: Expr, domain: Range, given: Iterable[Any] | None
) -> tuple[Expr, ...]:
    """The kinks that a user names, each of which must be one; those of the definition where none are named."""
    found = kinks(expr, slope, domain) if given is None else _numbers(name, given)
    for point in found if given is not None else ():
        if not is_kink(expr, slope, point):
            raise UsageError(f"{name}: kinks={found}: the definition has a derivative at {point}")
    other = unexplained(expr, slope, domain, found)
    if other is not None:
        raise UsageError(
            f"{name}: the definition has no derivative near x = {other:.6g}; "
            f"state all such points of its domain exactly: kinks=(...)"
        )
    return found


def _numbers(name: str, given: Iterable[Any]) -> tuple[Expr, ...]:
    try:
        found = tuple(sympify(point, strict=True) for point in given)
        if all(point.is_number and point.is_real and point.is_finite for point in found):
            return found
    except (TypeError, ValueError, AttributeError, SympifyError):
        pass
    raise UsageError(f"{name}: kinks={given!r}: expected a tuple of numbers")
