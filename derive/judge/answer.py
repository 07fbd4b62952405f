"""The lines of an answer: its definitions, and each step of its chains of equations as a claim."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from derive.errors import ReadError
from derive.judge import functions
from derive.judge.conditions import grouped
from derive.judge.formulas import Formulas
from derive.judge.meaning import Defined
from derive.judge.places import named
from derive.read.reader import Row, read
from derive.read.tree import Added, Node, Number, Relation, Words, walk
from derive.transcribe.occurrences import Occurrence, letter, occurrence, shifted
from derive.transcribe.statements import called, is_derivative


@dataclass(frozen=True)
class Claim:
    """`left = right`, of a chain the side before too; `sign` is "=" or "approx", `first` begins a chain."""

    chain: Relation
    left: Node
    before: Node
    right: Node
    sign: str
    first: bool
    where: tuple[Node, ...] = ()  # the conditions under which it is claimed


def claims(rows: Sequence[Row], source: str) -> list[Claim]:
    """Every equation of what was read, step by step."""
    return [replace(c, where=where) for item, where in grouped(rows, source) for c in _claims(item)]


def _claims(item: Relation) -> Iterator[Claim]:
    sides, signs = list(item.sides), list(item.signs)
    if isinstance(sides[0], Words):  # "Cosine similarity = ...", a title of what follows
        sides, signs = sides[1:], signs[1:]
    if all(occurrence(side) for side in sides[:-1]) and isinstance(sides[-1], (Number, Added)):
        yield from (Claim(item, side, side, sides[-1], signs[-1], True) for side in sides[:-1])
        return
    for n, (sign, side) in enumerate(zip(signs, sides[1:], strict=True)):
        yield Claim(item, sides[0], sides[n], side, sign, n == 0)


def defined(claim: Claim, worlds: Sequence[Formulas]) -> Occurrence | None:
    """The name that a claim defines: it stands alone on the left, and neither the model nor the answer has it yet."""
    name, arguments = called(claim.left)
    if arguments and (worlds[0].names.ranks or (name is not None and functions.is_known(name))):
        return None
    name = None if name is None else worlds[0].names.whole(name)
    if name is None or not claim.first or name.power is not None or name.transposed:
        return None
    formulas = worlds[0]
    known = formulas.names.find(name) is not None or formulas.names.size(name) is not None
    loss = formulas.names.is_loss(name) and formulas.world.derivation.model.has_loss
    if known or loss or _again(name, claim.right, formulas):
        return None
    return name


def _again(name: Occurrence, right: Node, formulas: Formulas) -> bool:
    """Whether the answer has defined the same name before, with the same scripts."""
    for other in formulas.defined.get((name.base, name.marks), []):
        if len(other.places) == len(name.places) and all(
            own or _same(a, b) for a, b, own in zip(other.places, name.places, other.letters, strict=True)
        ):
            if any(other.letters) and any(isinstance(p, Number) or letter(p) in formulas.sizes for p in name.places):
                continue
            return True
    return False


def _same(a: Node, b: Node) -> bool:
    from derive.transcribe.occurrences import written

    return written(a) == written(b)


def define(name: Occurrence, right: Node, worlds: Sequence[Formulas]) -> None:
    """Remember a definition. What is pinned to one place, as \\delta_T, is found before what has a letter there."""
    used = set(worlds[0].ranges(right)) | {
        shifted(p) or letter(p) for other, _ in named(right) for p in other.places if other.base == name.base
    }
    letters = tuple(letter(p) if letter(p) in used - worlds[0].sizes.keys() else "" for p in name.places)
    held = worlds[0].defined.setdefault((name.base, name.marks), [])
    held.append(Defined(name.places, letters, right))
    held.sort(key=lambda d: sum(map(bool, d.letters)))


def strict(claim: Claim) -> bool:
    """Whether the right side decides at a kink what the derivation may decide otherwise: it has >= or <= in it."""
    return not any(isinstance(part, Relation) and {">=", "<="} & set(part.signs) for part in walk(claim.right))


def differentiates(source: str) -> bool:
    """Whether a text has a derivative in it, so that it is about a model."""
    try:
        return any(is_derivative(side) for claim in claims(read(source), source) for side in (claim.left, claim.right))
    except ReadError:
        return False
