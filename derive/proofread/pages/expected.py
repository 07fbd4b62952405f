"""What has to stand on a finished page: the formulas of its blocks, as they were read back, in their order."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from derive.chain.derivation import Term
from derive.language import written
from derive.page import blocks as b
from derive.page.numerals import Numeral
from derive.page.print.formulas import Formulas
from derive.page.print.order import signed
from derive.page.print.template import Template
from derive.page.spans import Ranges

SIGNS = {"=": "=", "~": r"\approx", "<-": r"\leftarrow", "<": "<", ">": ">", "<=": r"\le", ">=": r"\ge"}
PLAIN = {**SIGNS, "~": "≈", "<-": "←", "<=": "≤", ">=": "≥"}


class Piece(NamedTuple):
    """A piece of a statement as it is printed; one that is not `due` may be left out where it has no room."""

    text: str
    due: bool = True


Statement = tuple[Piece, ...]


class Expected(NamedTuple):
    """The statements of each block of a page, in order, and the formulas of its words: those that have to stand there,
    and others that may."""

    blocks: tuple[tuple[Statement, ...], ...]
    words: frozenset[str]
    others: frozenset[str]


def expected(sheet: Iterable[b.Block], formulas: Formulas, lang: str) -> Expected:
    """What blocks say in one language, in the style of the formulas."""
    statements: list[tuple[Statement, ...]] = []
    words: set[str] = set()
    others: set[str] = set()
    for block in _shown(sheet):
        if isinstance(block, b.Notation):
            formulas = Formulas(formulas.style, *block)
            continue
        show = formulas.styled("inline") if formulas.latex else formulas
        statements.append(tuple(_statements(block, formulas)))
        words.update(f for value in _texts(block) for f in _in_words(value, show, lang))
        others.update(f for value in _perhaps(block) for f in _in_words(value, show, lang))
        if isinstance(block, b.Unrolled):
            others.update(f"{formulas.plain(block.index)} = {n}" for n in block.times if n is not None)
    return Expected(tuple(filter(None, statements)), frozenset(words), frozenset(others))


def _shown(sheet: Iterable[b.Block]) -> Iterator[b.Block]:
    """The blocks, of an exercise and its solution in one the solution."""
    for block in sheet:
        shown = block.block or block.question if isinstance(block, b.Answer) else block
        yield from () if shown is None else (shown,)


def _statements(block: b.Block, formulas: Formulas) -> Iterator[Statement]:
    signs = SIGNS if formulas.latex else PLAIN
    match block:
        case b.Equations():
            for left, right, row in formulas.rows(block.rows):
                yield Piece(left), Piece(signs[row.sign]), Piece(signed(right))
        case b.Unrolled():
            yield from _unrolled(block, formulas, signs)
        case b.Expanded():
            yield _expanded(block, formulas)
        case b.Worked():
            yield from _worked(block, formulas, signs)


def _unrolled(block: b.Unrolled, formulas: Formulas, signs: Mapping[str, str]) -> Iterator[Statement]:
    """All rows of one time, then those of the next."""
    rows = [(left, signs[row.sign], signed(right)) for left, right, row in formulas.rows(block.rows, block.index)]
    templates = [tuple(map(Template, row)) for row in rows]
    for n in block.times:
        if n is not None:
            yield from (tuple(Piece(part.at((n,), "")[0]) for part in row) for row in templates)


def _expanded(block: b.Expanded, formulas: Formulas) -> Statement:
    inner = signed(formulas.expanded(block))
    front = f"{formulas.plain.term(Term(block.front))} ({inner})" if block.front else inner
    return Piece(formulas.plain(block.left)), Piece("="), Piece(front)


def _worked(block: b.Worked, formulas: Formulas, signs: Mapping[str, str]) -> Iterator[Statement]:
    """left = right = numbers = value: what would stand there twice, and what has no room, is left out."""
    for left, right, value in block.rows:
        numbers, exact = formulas.numbers(right, block.values)
        last = signs["~" if isinstance(value, Numeral) and not value.exact else "="]
        shown = (signs["="], formulas.plain.pieces(right)), (signs["=" if exact else "~"], numbers)
        parts = [(sign, signed(part)) for sign, part in shown]
        end = Piece(f"{last} {formulas.show(value)}")
        if block.sign == "=":
            yield Piece(formulas.plain(left)), *(Piece(f"{sign} {part}", False) for sign, part in parts), end
        else:  # the arrow stands in the place of the first sign that is shown
            middle = [piece for sign, part in parts for piece in (Piece(sign, False), Piece(part, False))]
            arrow = Piece(signs[block.sign])
            yield Piece(formulas.plain(left)), arrow, *middle, Piece(last, False), Piece(formulas.show(value))


def _texts(block: b.Block) -> list[Any]:
    """The sentences and cells of a block that stand on every page."""
    match block:
        case b.Title():
            return [block.title, *block.byline, *(x for x in (block.subtitle, block.statement) if x is not None)]
        case b.Heading() | b.Paragraph():
            return [block.text]
        case b.Table():
            return [*block.header, *(cell for row in block.rows for cell in row)]
        case b.Equations() if not block.boxed:
            return [row.reason for row in block.rows]
    return []


def _perhaps(block: b.Block) -> list[Any]:
    """Those that stand on some pages: under a picture, beside lines that are filled in."""
    match block:
        case b.Picture():
            return [block.caption]
        case b.Unrolled():
            return [row.reason for row in block.rows]
        case b.Expanded():
            return [block.reason]
    return []


def _in_words(value: Any, show: Formulas, lang: str) -> set[str]:
    """The formulas in a sentence or a cell."""
    found: set[str] = set()

    def keep(value: Any) -> str:
        found.update(show.show(each) for each in (value.spans if isinstance(value, Ranges) else (value,)))
        return ""

    if value is not None:
        written(value, lang, keep)
    return found
