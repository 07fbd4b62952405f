"""Which quantity a typeset name is: w_{hx,ij} is `w_hx` at i and j, where a formula has a family w_hx of two indices.

The names are those of the formula that was printed. They are taken apart by the grammar of names and looked up by
their letters; nothing of the printers is asked.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

from derive.expressions.notation import parts
from derive.read.tree import Listed, Multiplied, Node, Number, Scripted, Symbol, Words

Key = tuple[str, str, str]  # the letter, its accent, and what is fixed below
INDEX = -1  # in the place of the number of indices: the letter of an index itself
ALPHABETS = frozenset(["mathrm", "mathit", "mathbf", "boldsymbol"])
SAME = {"lamda": "lambda", "widehat": "hat", "widetilde": "tilde", "overline": "bar"}
STAR = {"star": "*"}


@cache
def key(name: str) -> Key:
    """How a name is looked up."""
    stem, accent, below = parts(name)
    return SAME.get(stem, stem), accent, "".join(_word(part) for part in below)


def as_it_looks(word: Key, places: tuple[float, ...]) -> tuple[str, tuple[float, ...]]:
    """A quantity by what is seen of it: h_0 is h at 0, whether that is an element or a name, `h0`.

    Both are on one page where a parameter h0 is the start of a recurrence h; a model refuses names that look like
    elements and are others.
    """
    letter, accent, below = word
    stem = below.rstrip("0123456789")
    numbers = (float(below[len(stem) :]),) if stem != below else ()
    return repr((letter, accent, stem)), (*numbers, *places)


def _word(part: str) -> str:
    body, _, accent = STAR.get(part, part).partition("_")
    return SAME.get(body, body) + (f"^{accent}" if accent else "")


def spelled(node: Node) -> str:
    """What stands below a name, letter by letter; something that no name holds for anything else."""
    if isinstance(node, Symbol):
        return SAME.get(node.name, node.name) + "".join(f"^{SAME.get(m, m)}" for m in node.marks if m not in ALPHABETS)
    if isinstance(node, Number):
        return node.digits
    if isinstance(node, Words):
        return node.text
    if isinstance(node, Multiplied) and not any(node.signs):
        return "".join(map(spelled, node.factors))
    if isinstance(node, Scripted) and node.below is not None and node.above is None:
        return spelled(node.base) + spelled(node.below)
    return "".join(map(spelled, node.items)) if isinstance(node, Listed) else "?"


def _typed(node: Scripted) -> bool:
    """Whether a number stands directly behind a letter, `n1`, which the reader takes for a subscript."""
    return node.below is not None and node.above is None and node.below.start == node.base.end


def letters_of(node: Node) -> tuple[Node, ...]:
    """What stands beside each other, one by one."""
    if isinstance(node, Multiplied) and not any(node.signs):
        return tuple(part for factor in node.factors for part in letters_of(factor))
    if isinstance(node, Scripted) and _typed(node) and node.below is not None:
        return (node.base, node.below)
    return (node,)


def letters(base: Symbol) -> tuple[str, str]:
    """The letter of a name and its accent."""
    marks = [SAME.get(m, m) for m in base.marks if m not in ALPHABETS]
    return SAME.get(base.name, base.name), "".join(marks)


def readings(base: Symbol, below: Node | None) -> Iterator[tuple[Key, tuple[Node, ...]]]:
    """What may be fixed below a letter, and what are its places: as much as possible is fixed first."""
    letter, accent = letters(base)
    items = () if below is None else below.items if isinstance(below, Listed) else (below,)
    for count in range(len(items), -1, -1):
        fixed = "".join(map(spelled, items[:count]))
        for places in _places(items[count:]):
            yield (letter, accent, fixed), places


def _places(items: tuple[Node, ...]) -> Iterator[tuple[Node, ...]]:
    if len(items) == 1:
        apart = letters_of(items[0])
        yield tuple(digit_by_digit(apart))
        yield apart
    yield items


def digit_by_digit(nodes: tuple[Node, ...]) -> Iterator[Node]:
    """`11j` is two numbers and a letter, where three places are wanted."""
    for node in nodes:
        if isinstance(node, Number):
            yield from (Number(node.start, node.end, digit) for digit in node.digits)
        else:
            yield node
