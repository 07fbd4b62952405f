"""A size as it is typed: a number, a letter, or a few of them with signs, as in C/2 or 4*d."""

from __future__ import annotations

import ast
import re

from sympy import Expr, Integer, Rational, Symbol

from derive.errors import UsageError

MOST = 10**9
LONG = 40


def size(typed: str, where: str) -> Expr:
    """A size as an exact expression; letters are positive whole numbers. Errors: UsageError."""
    wrong = UsageError(f"{where}: {typed!r} is no size; give a number as 64 or a letter as C, C/2, 4*d")
    text = re.sub(r"(?<=\d)(?=[A-Za-z])", "*", typed.strip())
    if not text or len(text) > LONG or "**" in text:
        raise wrong
    try:
        found = _value(ast.parse(text, mode="eval").body)
    except (SyntaxError, ValueError, ZeroDivisionError, RecursionError):
        raise wrong from None
    if found.is_number and not (found.is_Integer and 0 < found <= MOST):
        raise UsageError(f"{where}: {typed} is no size; a size is a whole number from 1 to {MOST}")
    return found


def number(typed: str, where: str, least: int = 1) -> Expr:
    """A size that may be as small as `least`, as a padding. Errors: UsageError."""
    return Integer(0) if least == 0 and typed == "0" else size(typed, where)


def _value(node: ast.expr) -> Expr:
    if isinstance(node, ast.Constant) and type(node.value) is int:
        return Integer(node.value)
    if isinstance(node, ast.Name):
        return Symbol(node.id, integer=True, positive=True)
    if isinstance(node, ast.BinOp):
        left, right = _value(node.left), _value(node.right)
        match node.op:
            case ast.Add():
                return left + right
            case ast.Sub():
                return left - right
            case ast.Mult():
                return left * right
            case ast.Div():
                return left / right if right != 0 else Rational(1, 0)
    raise ValueError(ast.dump(node))
