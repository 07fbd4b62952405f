"""The matrix view on the page: the model in matrices, and the last line of every step as an entry of its matrix."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from sympy import Expr

from derive.chain.derivation import Region, Step
from derive.chain.regions import by_region
from derive.chain.rule import extent
from derive.expressions.matrices import (
    Entry,
    Signature,
    Submatrix,
    Trace,
    Whole,
    Zeros,
    shape,
)
from derive.language import Text
from derive.page import sentences as say
from derive.page.blocks import Block, Equations, Heading, Paragraph, Row
from derive.topics.matrix_form.form import Form, Forms
from derive.topics.matrix_form.gradient import gradient
from derive.topics.matrix_form.signs import meanings

SHAPES = Text("{shapes}", "{shapes}")
SHAPE = Text(
    "Each gradient has the same shape as the quantity with respect to which it is taken.",
    "每个梯度的形状与相应的变量相同。",
)
MODEL = Text("The model in matrix form", "模型的矩阵形式")
MEANING = Text("Vectors are columns; shapes are given on the right.", "向量都是列向量，右侧标注各因子的形状。")
NONE = Text("For {elements} we keep the index form: {reason}.", "{elements} 保留指标形式：{reason}。")


def model_in_matrices(found: Forms, seen: Sequence[Text], detail: str) -> Iterator[Block]:
    """Every definition in matrices, with its shapes, and the signs in all of them that were not explained, `seen`,
    before; in detail "full" what has no such form is named once, with the reason."""
    rows = [Row(form.whole, form.matrix, shapes(form.matrix)) for _, _, form in found.laws if form.matrix is not None]
    if rows:
        yield Heading(MODEL)
        yield Paragraph(say.one_after_another([MEANING, *(m for m in meanings(_written(found.all)) if m not in seen)]))
        yield Equations(tuple(rows), listed=True)
    missing: dict[str, list[Form]] = {}
    for form in found.all if detail == "full" else ():
        if form.reason is not None:
            missing.setdefault(form.reason.en, []).append(form)
    for same in missing.values():
        yield Paragraph(NONE(elements=[f.element for f in same], reason=same[0].reason))


def signs(found: Forms, steps: Sequence[Step]) -> list[Text]:
    """What the signs mean that occur in the matrix forms of these steps."""
    forms = (found.of(step) for step in steps)
    return list(meanings(_written([f for f in forms if f is not None])))


def keep_shapes(found: Forms, steps: Sequence[Step]) -> bool:
    """True if these gradients have matrix forms, and each has the rows and columns of what it is taken with respect
    to."""
    forms = [f for s in steps if (f := found.of(s)) is not None and f.matrix is not None and f.indices]
    return bool(forms) and all(shape(f.matrix) == shape(f.whole) for f in forms)


def _written(forms: Sequence[Form]) -> list[Expr]:
    return [f.matrix for f in forms if f.matrix is not None]


def last_line(form: Form | None) -> Iterator[Row]:
    """The last line of a step as an entry of its matrix, unless that is only another name."""
    if form is None or form.matrix is None:
        return
    if isinstance(form.whole, Submatrix):
        yield Row(form.whole, form.matrix, shapes(form.matrix))
    elif not isinstance(form.matrix, (Whole, Zeros)):
        entry = Entry(form.matrix, *form.indices) if form.indices else form.matrix
        yield Row(None, entry, shapes(form.matrix))


def boxed(forms: Forms, steps: Sequence[Step]) -> Iterator[Block]:
    """A gradient as a whole, in a box: of its blocks, where they differ; by cases, where these are no rows and
    columns; of 0 its elements say it."""
    whole = gradient(forms, steps)
    if whole is not None:
        yield from [] if isinstance(whole[1], Zeros) else [Equations((Row(*whole),), boxed=True)]
        return
    node, same = steps[0].node, dict[Expr, list[tuple[Region, Expr]]]()
    for step in steps:
        form = forms.of(step)
        if form is not None and _says_more(form):
            same.setdefault(form.whole, []).append((step.region, form.matrix))
    for whole, parts in same.items():
        if isinstance(whole, Submatrix):  # its rows and columns are said already
            yield from (Equations((Row(whole, value),), boxed=True) for _, value in parts)
            continue
        partly = any(r.free(node.indices).items() - zip(node.indices, extent(node), strict=True) for r, _ in parts)
        every = len(parts) == len(steps)
        value = by_region(parts, node.indices, extent(node), outside=every) if partly else parts[0][1]
        yield Equations((Row(whole, value),), boxed=True)


def _says_more(form: Form) -> bool:
    """Has it a matrix that the elements do not say: not 0, and of a number only a function of a whole matrix?"""
    return form.matrix is not None and (
        form.matrix.has(Trace) or bool(form.indices and not isinstance(form.matrix, Zeros))
    )


def shapes(matrix: Expr) -> Text:
    """The shapes of a line as its reason."""
    return SHAPES(shapes=Signature(matrix))
