"""The sympy side of an elementwise function that sympy does not have: one class from one definition.

`function_class("sigmoid", lambda x: 1/(1 + exp(-x)), at={0: 1/2})` is an ordinary sympy Function: it differentiates,
evaluates to any precision, rewrites to its definition with `.doit()`, and stays `sigmoid(z)` on the page.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from typing import Any

from sympy import Add, Expr, Function, Integer, Rational, S, default_sort_key

from derive.expressions.text import refuse_text


class Elementwise(Function):
    """A real function of real arguments, applied to every element of a tensor by itself."""

    is_real = True
    definition: Callable[..., Expr]
    slope_in: Callable[[int, Sequence[Expr]], Expr]  # set where the table of functions is built
    at: Mapping[Expr, Expr] = {}

    def __new__(cls, *arguments: Any, **options: Any) -> Expr:
        refuse_text(cls.__name__, arguments)
        made: Expr = super().__new__(cls, *arguments, **options)
        return made

    @classmethod
    def eval(cls, *arguments: Expr) -> Expr | None:
        """The exact value at the points where there is one; unevaluated elsewhere."""
        if len(arguments) == 1:
            return cls.at.get(arguments[0])
        value = cls.definition(*arguments) if all(a.is_Number for a in arguments) else None
        return value if value is not None and value.is_Number else None

    def fdiff(self, argindex: int = 1) -> Expr:
        """sympy's own `diff` uses the same slope as the table of functions."""
        return type(self).slope_in(argindex - 1, self.args)

    def doit(self, **hints: Any) -> Expr:
        """The definition, with its arguments done first."""
        return type(self).definition(*(a.doit(**hints) for a in self.args))

    def _eval_evalf(self, prec: int) -> Expr:
        return type(self).definition(*self.args)._eval_evalf(prec)


def function_class(
    name: str, definition: Callable[..., Expr], at: Mapping[Any, Any] = {}, nargs: int = 1
) -> type[Elementwise]:
    """A new function class; `at` lists arguments with an exact value. Errors: none, it only defines."""
    exact = {S(k): S(v) for k, v in at.items()}
    namespace = {"definition": staticmethod(definition), "at": exact, "nargs": nargs, "__module__": __name__}
    return type(name, (Elementwise,), namespace)


def entry(**fields: Any) -> dict[str, Any]:
    """The fields of a row of the table of functions, by name."""
    return fields


def only(argument: Any, value: Fraction | int) -> Callable[[Fraction], Any]:
    """The exact value of a function that has one at a single rational argument."""
    return lambda x: Fraction(value) if x == argument else None


class Jump(Function):
    """A function that is constant on either side of 0, where it jumps."""

    is_real = True
    is_nonnegative = True

    def fdiff(self, argindex: int = 1) -> Expr:
        """Zero, also at the jump."""
        return Integer(0)

    def _eval_evalf(self, prec: int) -> Expr:
        return self.func(*(a._eval_evalf(prec) for a in self.args))


class step(Jump):
    """1 where the argument is positive, 0 elsewhere, also at 0: torch's slope of ReLU."""

    nargs = 1

    @classmethod
    def eval(cls, x: Expr) -> Expr | None:
        return Integer(int(bool(x > 0))) if x.is_Number else None

    def _sympystr(self, printer: Any) -> str:
        """sympy has it as Heaviside with the value 0 at 0."""
        return f"Heaviside({printer._print(self.args[0])}, 0)"


class equal(Jump):
    """1 where two numbers are equal, 0 elsewhere: which of many is the largest."""

    nargs = 2

    @classmethod
    def eval(cls, x: Expr, y: Expr) -> Expr | None:
        return Integer(1) if x == y else Integer(0) if x.is_Number and y.is_Number else None


class between(Jump):
    """1 where low <= x <= high, 0 elsewhere: the slope of what is clipped, in torch's convention."""

    nargs = 3

    @classmethod
    def eval(cls, x: Expr, low: Expr, high: Expr) -> Expr | None:
        if all(e.is_Number for e in (x, low, high)):
            return Integer(int(bool(low <= x) and bool(x <= high)))
        return None


def _unscaled(difference: Expr) -> Expr:
    """The same sign without a factor: 99/100 z becomes z."""
    factor, rest = difference.as_coeff_Mul()
    if difference.is_Number or factor in (1, -1) or not factor.is_Rational:
        return difference
    return rest if factor > 0 else -rest


class Compared(Expr):
    """How far an argument of a maximum is above another one: a - b, which reads so, and is computed side by side.

    Rounding decides which of two arguments is larger where both add up the same numbers in another order. Numbers then
    have to be compared as the maximum compares them: a + c and b + c may be equal in floats though a and b are not. So
    both sides stay as they are, where a - b summed up has others.

    >>> from sympy.abc import a, b, c
    >>> Compared(a + c, b), Compared(a + c, b + c), Compared(a + c, b + c).sides == (a + c, b + c)
    (a - b + c, a - b, True)
    """

    is_real = True
    is_commutative = True

    def __new__(cls, a: Expr, b: Expr) -> Expr:
        """The difference itself, where it has the same sides."""
        difference = a - b
        apart = isinstance(a, Add) or isinstance(b, Add)
        if not apart or difference.is_Number or share.sides(difference) in ((a, b), (-b, -a)):
            return difference
        return super().__new__(cls, a, b)

    @property
    def sides(self) -> tuple[Expr, Expr]:
        """What is compared."""
        return self.args

    @property
    def difference(self) -> Expr:
        """The sum that has the same sign."""
        a, b = self.args
        return _unscaled(a - b)

    def _sympystr(self, printer: Any) -> str:
        return printer._print(self.difference)


class share(Jump):
    """The slope of a maximum in one of its arguments, of the differences between that argument and each of the others.

    It is 0 where one difference is negative, else 1/(1 + k), where k of them are 0: the arguments that tie share the
    slope equally, as those of torch.amax do. So share(x) is 1 for x > 0, 1/2 at 0 and 0 for x < 0.
    """

    @classmethod
    def eval(cls, *differences: Expr) -> Expr | None:
        if any(d.is_Number and d < 0 for d in differences):
            return S.Zero
        left = [d for d in differences if not (d.is_Number and d > 0)]
        if all(d.is_Number for d in left):  # zeros
            return Rational(1, 1 + len(left))
        ordered = sorted(map(_unscaled, left), key=default_sort_key)
        return None if ordered == list(differences) else cls(*ordered)

    def _sympystr(self, printer: Any) -> str:
        """Of one difference sympy has it as Heaviside, which is 1/2 at 0."""
        inner = ", ".join(map(printer._print, self.args))
        return f"Heaviside({inner})" if len(self.args) == 1 else f"share({inner})"

    @staticmethod
    def sides(difference: Expr) -> tuple[Expr, Expr]:
        """What is added and what is taken away, each to be summed by itself before the two are compared.

        Rounding then makes a - b the negative of b - a: of two arguments that nearly tie exactly one is the larger.

        >>> from sympy.abc import a, b, c, d
        >>> share.sides(a - b + c - 2*d)
        (a + c, b + 2*d)
        """
        if isinstance(difference, Compared):
            return difference.sides
        terms = Add.make_args(difference)
        taken = [t for t in terms if t.as_coeff_Mul()[0].is_negative]
        return Add(*(t for t in terms if t not in taken)), -Add(*taken)

    @staticmethod
    def at(*differences: Any) -> Fraction:
        """The value at numbers.

        >>> share.at(2), share.at(0, 1), share.at(0, 0), share.at(0, -1)
        (Fraction(1, 1), Fraction(1, 2), Fraction(1, 3), Fraction(0, 1))
        """
        return Fraction(int(all(d >= 0 for d in differences)), 1 + sum(d == 0 for d in differences))
