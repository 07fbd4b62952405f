"""Names, numbers and functions: what letters, digits, Greek and upright words stand for."""

from __future__ import annotations

from dataclasses import replace

from derive.read import symbols as names
from derive.read.calls import called, differential
from derive.read.cursor import Cursor, prose
from derive.read.elements import argument, begins, with_scripts
from derive.read.structures import big
from derive.read.tokens import Token
from derive.read.tree import Dots, Node, Number, Scripted, Symbol, Words


def number(cursor: Cursor, token: Token) -> Node:
    """Digits; outside of brackets commas between groups of three belong to them: 16,777,216."""
    digits, end = token.text, token.end
    if cursor.depth == 0 and _decimal(cursor):
        raise cursor.error("a comma between digits: write 1.5 for a number, or put a space behind the comma of a list")
    if _scientific(cursor):
        raise cursor.error("1e-3 can be read in two ways; write 10^{-3}, or put a space before the number e")
    while cursor.depth == 0 and _grouped(cursor, digits):
        cursor.take()
        last = cursor.take()
        digits, end = digits + last.text, last.end
    return Number(token.start, end, digits)


def _scientific(cursor: Cursor) -> bool:
    """An e directly between digits, or between a digit and a sign with digits."""
    letter, *after = cursor.tokens[cursor.place : cursor.place + 3]
    if letter.text not in ("e", "E") or letter.kind != "letter" or letter.start != cursor.ended or not after:
        return False
    signed = (
        after[0].text in ("-", "+") and len(after) > 1 and after[1].kind == "number" and after[1].start == after[0].end
    )
    return after[0].start == letter.end and (after[0].kind == "number" or signed)


def _decimal(cursor: Cursor) -> bool:
    """A comma directly between digits that makes no group of three."""
    comma, group = cursor.next, cursor.tokens[min(cursor.place + 1, len(cursor.tokens) - 1)]
    near = comma.text == "," and comma.start == cursor.ended and group.start == comma.end
    return near and group.kind == "number" and not _grouped(cursor, "")


def _grouped(cursor: Cursor, digits: str) -> bool:
    comma, group = cursor.tokens[cursor.place : cursor.place + 2] if cursor.next.kind != "stop" else (cursor.next,) * 2
    near = comma.start == cursor.ended and group.start == comma.end
    return comma.text == "," and group.kind == "number" and len(group.text) == 3 and near and "." not in digits


def letter(cursor: Cursor, token: Token) -> Node:
    """A name of one letter, or a function that is spelled in letters with a bracket behind it: `tanh(x)`."""
    count = _spelled(cursor, token)
    if count:
        word = "".join([token.text, *(cursor.take().text for _ in range(count))])
        return upright(cursor, Token("upright", word, token.start, cursor.ended))
    after = cursor.next
    if after.kind == "number" and after.start == token.end and after.text.isdigit():  # x1 is typed for x_1
        cursor.take()
        base = Symbol(token.start, token.end, token.text)
        return Scripted(token.start, after.end, base, Number(after.start, after.end, after.text))
    return Symbol(token.start, token.end, token.text)


def _spelled(cursor: Cursor, token: Token) -> int:
    """How many letters directly behind this one end the name of a known function in front of a bracket."""
    count = 0
    while (after := cursor.tokens[cursor.place + count]).kind == "letter":
        if after.end - after.start != 1 or after.start != cursor.tokens[cursor.place + count - 1].end:
            return 0
        count += 1
    word = token.text + "".join(t.text for t in cursor.tokens[cursor.place : cursor.place + count])
    return count if count and after.text == "(" and word.lower() in names.SPELLED else 0


def upright(cursor: Cursor, token: Token) -> Node:
    r"""`\mathrm{ReLU}` is a name, which takes its argument if one follows; a text with a space in it is prose."""
    text = token.text.strip()
    if (text in names.BIG or text.replace(" ", "") in names.BIG) and not cursor.at("}"):  # h_{max} is a name
        return big(cursor, token._replace(text=text.replace(" ", "")))
    if text == "d" and begins(cursor, cursor.next):
        return differential(cursor, token, "d")
    if text.isdigit():
        return Number(token.start, token.end, text)
    if prose(token):
        return Words(token.start, token.end, text)
    return _applied(cursor, Symbol(token.start, token.end, text, upright=True))


def _applied(cursor: Cursor, name: Symbol) -> Node:
    function = with_scripts(cursor, name)
    return called(cursor, function) if cursor.at("(", "[") or name.name in names.FUNCTIONS else function


def function(cursor: Cursor, token: Token) -> Node:
    r"""`\log x`, `\tanh^2(z)`."""
    if token.text == "arg" and cursor.at("max", "min"):
        return big(cursor, token._replace(text="arg" + cursor.take().text))
    return called(cursor, with_scripts(cursor, Symbol(token.start, token.end, token.text, upright=True)))


def greek(cursor: Cursor, token: Token) -> Node:
    """A Greek letter, or another sign that is a name."""
    return Symbol(token.start, token.end, token.text)


def accent(cursor: Cursor, token: Token) -> Node:
    r"""`\hat{y}`, `\mathbf{x}`: a mark on a name; over more than a name only an alphabet can stand."""
    body = argument(cursor, listed=True)
    marked = _marked(body, token.text)
    if marked is None:
        raise cursor.error(f"\\{token.text} stands over a name only", token)
    return replace(marked, start=token.start, end=cursor.ended)


def _marked(body: Node, mark: str) -> Node | None:
    if isinstance(body, Symbol):
        return Symbol(body.start, body.end, body.name, (*body.marks, mark), body.upright)
    if isinstance(body, Scripted) and (base := _marked(body.base, mark)) is not None:
        return Scripted(body.start, body.end, base, body.below, body.above)
    if isinstance(body, Number) and body.digits == "1" and mark in ("mathbf", "boldsymbol", "bm"):
        return Symbol(body.start, body.end, "1", (mark,))  # the vector of ones
    return body if mark in names.ALPHABETS else None


def nabla(cursor: Cursor, token: Token) -> Node:
    r"""`\nabla_w L`."""
    return with_scripts(cursor, Symbol(token.start, token.end, "nabla"))


def partial(cursor: Cursor, token: Token) -> Node:
    r"""`\partial L`; with a plus above it is the immediate one."""
    if cursor.at("^") and cursor.tokens[cursor.place + 1].text in ("+", "{") and "+" in _script_ahead(cursor):
        cursor.take()
        argument(cursor, listed=True) if cursor.at("{") else cursor.take()
        return differential(cursor, token, "immediate")
    return differential(cursor, token, "partial")


def _script_ahead(cursor: Cursor) -> str:
    return "".join(t.text for t in cursor.tokens[cursor.place + 1 : cursor.place + 4])


def dots(cursor: Cursor, token: Token) -> Node:
    """Three dots."""
    return Dots(token.start, token.end)
