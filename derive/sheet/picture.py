"""The computational graph on a sheet: a picture with a caption that says how to read it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from sympy import Expr

from derive.chain.derived import Derived
from derive.expressions.letters import Letter
from derive.language import Text
from derive.model.model import Model, Reference
from derive.page import sentences as say
from derive.page.blocks import Block, Heading, Paragraph, Picture
from derive.sheet.model import element
from derive.sheet.part import Part
from derive.topics.topic import Ask, topics

if TYPE_CHECKING:
    from derive.page.pictures.numbers import Numbers

MOST = 64  # vertices of a picture that can still be read on a page
FEW = 6  # arrows that a sentence names

GRAPH = Text("The computational graph", "计算图")
VALUES = Text("Arrows lead from a quantity to what is computed from it.", "箭头由一个量指向用它计算的量。")
SHARED = Text(
    "Parameters are drawn once for each step; the gradient of a parameter is the sum over its copies. Steps without "
    "labels have the same local partial derivatives, at another time.",
    "参数在每一步各画一次，其梯度是各副本处的梯度之和；未标注的时间步，局部偏导数形式相同，只是时刻不同。",
)
COPIED = Text("What all steps share is drawn once for each step.", "各时间步共用的量在每一步各画一次。")
CHANGED = Text(
    "The graph is that above without {gone} and with {new}.", "计算图与上文相同，只是去掉 {gone}，增加 {new}。"
)
ADDED = Text("The graph is that above with {new}.", "计算图与上文相同，只是增加 {new}。")
REMOVED = Text("The graph is that above without {gone}.", "计算图与上文相同，只是去掉 {gone}。")
BACK = Text("The arrow from {names} back to itself is not drawn.", "由 {names} 指回自身的箭头未画出。")
DENSE = Text(
    "The graph has {count} boxes, which is too many for a page; the command derive graph draws it.",
    "计算图共有 {count} 个框，过于密集，本页不画；可用 derive graph 命令绘制。",
)


def numbers(derived: Derived, wishes: Mapping[str, Any]) -> Numbers:
    """The numbers for the boxes of the graph that such wishes as `at="w=1, x=2"` ask for, compared with torch first.

    Errors: UsageError for numbers that cannot be used, VerificationError where torch.autograd disagrees.
    """
    ask, found = Ask(wishes), {}
    for name, each in topics():
        if each.asks.keys() & wishes.keys() and (result := each.find(derived, ask)):
            found[name] = result
            if (report := each.check(result, derived, 0)) is not None:
                report.required()
    return Part(derived, found).numbers()


def _changes(part: Part) -> list[Block] | None:
    """Say in which arrows the graph differs from that of the part above; None if these are too many to be read."""
    assert part.base is not None
    own, above = (_arrows(p.derived.model.stated or p.derived.model) for p in (part, part.base))
    new, gone = (
        [say.arrow(own[k]) for k in own if k not in above],
        [say.arrow(above[k]) for k in above if k not in own],
    )
    if len(new) + len(gone) > FEW:
        return None
    if not new and not gone:
        return []
    text = CHANGED if new and gone else ADDED if new else REMOVED
    words = {"new": new} if text is ADDED else {"gone": gone} if text is REMOVED else {"new": new, "gone": gone}
    return [Heading(GRAPH), Paragraph(text(**words))]


def _arrows(model: Model) -> dict[str, tuple[Expr, Expr]]:
    """From each quantity to what is computed from it, by the names of both."""
    pairs = [(_source(model, use), n.generic) for n in model.nodes.values() for c in n.cases for use in model.uses(c)]
    return {f"{a} {b}": (a, b) for a, b in pairs}


def _source(model: Model, use: Reference) -> Expr:
    """The element that a definition refers to, with its own letters where it may be any."""
    anywhere = use.position is None or all(isinstance(p, Letter) for p in use.position)
    return model.nodes[use.name].generic if anywhere else element(model, use)


def _between(derived: Derived) -> set[str]:
    """The quantities on the way from the loss to what gradients are asked for."""
    return {s.node.name for s in derived.steps if not s.node.is_leaf}


def picture(part: Part) -> Iterator[Block]:
    """Show the computational graph, or say that it is too dense for a page, or in which arrows it differs from that of
    the part above."""
    from derive.page.pictures.numbers import remarks
    from derive.page.pictures.picture import GraphPicture

    derived, known = part.derived, part.numbers()
    if part.base is not None and not known and len(_between(derived)) < 2:
        return  # of a later reading, whose steps say as much
    if any(stage.time and not stage.stepwise for stage in derived.derivation.stages):
        return  # a column for each time step does not show several loops
    changes = _changes(part) if part.base is not None else None
    if changes is not None:
        yield from changes
        return
    drawn = GraphPicture(derived.derivation, derived.sizes, numbers=known)
    yield Heading(GRAPH)
    count = len(drawn.diagram.vertices)
    if count > MOST and len(drawn.narrowest.vertices) > MOST:
        yield Paragraph(DENSE(count=str(count)))
        return
    backward = any(e.backward for e in drawn.diagram.edges)
    said = [say.PICTURE if backward else VALUES]
    said += [SHARED if backward else COPIED] if drawn.diagram.copied else []
    said += remarks(known, drawn.diagram)
    solved = [n.generic for n in derived.model.nodes.values() if n.implicit]
    said += [BACK(names=solved)] if solved else []
    yield Picture(drawn, say.one_after_another(said))
