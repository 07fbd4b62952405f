"""What a formula can begin with: the rule for each command and sign, and for each kind of token."""

from __future__ import annotations

from collections.abc import Iterable

from derive.read import symbols as names
from derive.read.brackets import bracket, listed, strokes
from derive.read.cursor import Form
from derive.read.names import accent, dots, function, greek, letter, nabla, number, partial, upright
from derive.read.operators import relation
from derive.read.structures import big, braces, decorated, fraction, root, table

_ROWS: tuple[tuple[Iterable[str], Form], ...] = (
    (names.GREEK, greek),
    (names.ACCENTS | names.ALPHABETS, accent),
    (names.FUNCTIONS, function),
    (names.BIG, big),
    (names.DOTS, dots),
    (names.OPENING, bracket),
    (("frac", "tfrac", "dfrac", "cfrac"), fraction),
    (("underbrace", "overbrace", "boxed", "mathop", "mathbin", "mathrel", "fbox", "substack"), decorated),
    (("sqrt",), root),
    (("nabla",), nabla),
    (("partial",), partial),
    (("{",), braces),
)
FORMS: dict[str, Form] = {word: form for words, form in _ROWS for word in words}

# What a token of each kind is; braces hold a list in a script, and a formula elsewhere.
ELEMENTS: dict[str, Form] = {
    "number": number,
    "letter": letter,
    "upright": upright,
    "stroke": strokes,
    "stroke open": strokes,
    "begin": table,
    "listed": lambda cursor, token: listed(cursor, token),
    "formula": lambda cursor, token: relation(cursor),
}
