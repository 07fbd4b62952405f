"""From derivations to the blocks of a sheet, section by section."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from derive.language import Text
from derive.page import sentences as say
from derive.page.blocks import Block, Equations, Heading, Paragraph, Title
from derive.sheet.algorithm_page import shown as algorithm
from derive.sheet.groups import last_number
from derive.sheet.intuition import kinds
from derive.sheet.model import flows, forward, given, named, naming
from derive.sheet.part import Part
from derive.sheet.picture import picture
from derive.sheet.read_back import read_back
from derive.sheet.readings import base, changes_little, differing
from derive.sheet.results import results
from derive.sheet.steps import backward, gradients
from derive.sheet.values import values
from derive.sheet.verification import check
from derive.topics.topic import Place


def sheet(parts: Sequence[Part], head: Title, detail: str = "brief") -> Iterator[Block]:
    """Yield the blocks of a whole sheet: in detail "answer" its results, in "brief" the derivation with steps that are
    alike put together, in "full" every step and every time step."""
    yield head
    blocks = list(task(parts, detail))
    back = list(read_back(parts, blocks))  # before anything is shown: a page that is misprinted is not printed
    yield from blocks
    yield from check([p._replace(detail=detail) for p in parts if not p.alone], back if detail != "answer" else ())


def task(parts: Sequence[Part], detail: str) -> Iterator[Block]:
    """Yield the blocks of one task, without its head and without its check."""
    yield from (_joined(block, detail) for block in _readings([p._replace(detail=detail) for p in parts]))


def _joined(block: Block, detail: str) -> Block:
    """Let equalities share a line, unless every line is asked for."""
    return block._replace(joined=detail != "full") if isinstance(block, Equations) else block


def _readings(parts: Sequence[Part]) -> Iterator[Block]:
    """Yield every part, but of one that is like a part above only what differs."""
    above: list[tuple[Part, list[Block]]] = []
    told: frozenset[str] = frozenset()
    for part in parts:
        like = base(part, [p for p, _ in above]) if part.detail == "brief" else None
        own = part._replace(base=like, number=max((last_number(p) for p, _ in above), default=0) if like else 0)
        own = own._replace(told=told)
        told |= kinds(part.derived.steps, part.derived.model) if part.derived.model.has_loss else told
        blocks = _without_unused_signs(_alone(own) if own.alone else _part(own), own)
        if part.label is not None:
            yield Heading(say.READING(label=part.label), 0)
        if like is not None:
            whole = () if changes_little(own, like) else (say.MODEL, say.FORWARD)
            seen = next(shown for p, shown in above if p is like)
            new = list(differing(blocks, seen, whole, [b for _, shown in above for b in shown]))
            if changes_little(own, like):
                yield Paragraph(say.DIFFERENCES, say.DIFFERENCES)
            yield from new
        elif part.detail == "answer" and above:
            yield from _said_once(own, blocks, above)
        else:
            yield from blocks
        above.append((own, blocks))


def _without_unused_signs(blocks: Iterable[Block], part: Part) -> list[Block]:
    if "matrix_form" not in part.found:
        return list(blocks)
    from derive.topics.matrix_form.signs import only_used

    return list(only_used(blocks))


def _said_once(part: Part, blocks: Sequence[Block], above: Sequence[tuple[Part, list[Block]]]) -> Iterator[Block]:
    """Yield the answers of a reading: all of its results, without what was said of results above, as what a sign means;
    of a model that is much like one above what differs."""
    like = next((p for p, _ in above if changes_little(part, p)), None)
    if like is not None:
        yield Paragraph(say.DIFFERENCES, say.DIFFERENCES)
    head: Text | None = None
    seen: list[Block] = []
    for other, block in ((p, b) for p, shown in above for b in shown):
        head = block.text if isinstance(block, Heading) else head
        model = head in (say.MODEL, say.FORWARD)
        if other is like if model else isinstance(block, (Heading, Paragraph)):
            seen.append(block)
    yield from differing(blocks, seen)


def _part(part: Part) -> Iterator[Block]:
    derived, model, detail = part.derived, part.derived.model, part.detail
    yield from given(model, detail)
    yield from naming(model, detail)
    if detail == "full":
        yield from flows(derived.derivation)
    yield from results(part)
    if detail == "answer":
        return
    yield from forward(derived, part.known, detail)
    yield from picture(part)
    yield from part.sections(Place.PREMISES)
    if model.has_loss or part.base is None:  # no line of a later reading without gradients is in matrices
        yield from part.sections(Place.MODEL)
    yield from values(part)
    if model.has_loss and derived.steps:  # none where what is asked for cannot reach the loss
        yield from backward(part)
        yield from gradients(part)
        yield from algorithm(part)
    yield from part.sections(Place.RESULTS)


def _alone(part: Part) -> Iterator[Block]:
    """Show the model, and what is shown instead of the derivation."""
    model = part.derived.model
    yield from given(model)
    yield from named(model)
    yield from part.sections(Place.ALONE)
