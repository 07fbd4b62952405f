"""Functions that take what follows: a bracket, or the factors beside it."""

from __future__ import annotations

from derive.read import symbols as names
from derive.read.cursor import Cursor
from derive.read.elements import argument, begins, element, scripted
from derive.read.operators import factor_after, multiplied
from derive.read.tokens import Token
from derive.read.tree import Call, Differential, Multiplied, Node


def called(cursor: Cursor, function: Node) -> Node:
    """A function that takes what follows: a bracket, or the factors beside it up to the next function or sign."""
    if cursor.at("(", "[", "lbrace", "{"):
        argument = element(cursor)
        return Call(function.start, argument.end, function, argument, False)
    if cursor.at("-", "+"):
        argument = factor_after(cursor, "cdot")
        return Call(function.start, argument.end, function, argument, True)
    factors = [scripted(cursor)]
    while begins(cursor, cursor.next) and not _function(cursor, cursor.next):
        factors.append(scripted(cursor))
    argument = factors[0]
    if len(factors) > 1:
        signs = ("",) * len(factors)
        argument = Multiplied(argument.start, factors[-1].end, tuple(factors), signs)
    return Call(function.start, argument.end, function, argument, len(factors) > 1)


def _function(cursor: Cursor, token: Token) -> bool:
    takes = token.kind == "command" and (token.text in names.FUNCTIONS or token.text in names.BIG)
    return takes or token.text == "partial"


def differential(cursor: Cursor, token: Token, sign: str) -> Node:
    """`\\partial^2 L`: a change, with its order and of what."""
    order = above = None
    if cursor.skip("^"):
        above = argument(cursor)
        order = above
    body = multiplied(cursor) if begins(cursor, cursor.next) else None
    return Differential(token.start, cursor.ended, sign, order, body)
