"""The matrix view on the page: the model in matrices, and the last line of every step as an entry of its matrix."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from sympy import Expr, Integer, Symbol, preorder_traversal

from derive.chain.derivation import Region, Step
from derive.chain.regions import by_region
from derive.chain.rule import extent
from derive.expressions.matrices import (
    ONE,
    Entry,
    Entrywise,
    Hadamard,
    Kron,
    Low,
    Named,
    Ones,
    Operator,
    Signature,
    Softmax,
    Submatrix,
    Trace,
    Unit,
    Unvec,
    Vec,
    Whole,
    Zeros,
    shape,
)
from derive.language import Text
from derive.page import sentences as say
from derive.page.blocks import Block, Equations, Heading, Paragraph, Row
from derive.page.print.matrices import reciprocal
from derive.topics.matrix_form.form import Form, Forms

SHAPES = Text("{shapes}", "{shapes}")
SHAPE = Text(
    "Each gradient has the same shape as the quantity with respect to which it is taken.",
    "每个梯度的形状与相应的变量相同。",
)
MODEL = Text("The model in matrix form", "模型的矩阵形式")
MEANING = Text("Vectors are columns; shapes are given on the right.", "向量都是列向量，右侧标注各因子的形状。")
SQUARE = Named(Symbol("A"), Symbol("n"), Symbol("n"))
OTHER = Named(Symbol("B"), Symbol("n"), Symbol("n"))
COLUMN = Named(Symbol("v"), Symbol("n") ** 2)
LARGE = Named(Symbol("X"), Symbol("n"), Symbol("n"))
ENDS = tuple(map(Symbol, "abcd"))
SIGNS = (
    (Entrywise, Text("Functions act elementwise.", "函数逐元素作用。")),
    (Hadamard, Text("{sign} is the elementwise product.", "{sign} 表示逐元素乘积。")(sign=Operator("times"))),
    (
        Ones,
        Text("{ones} is the column vector of {n} ones.", "{ones} 表示由 {n} 个 1 组成的列向量。")(
            ones=Ones(Symbol("n")), n=Symbol("n")
        ),
    ),
    (
        Unit,
        Text(
            "The entry {k} of the column {unit} is 1, and its others are 0.",
            "列向量 {unit} 的第 {k} 个分量为 1，其余为 0。",
        )(unit=Unit(Symbol("k"), Symbol("n")), k=Symbol("k")),
    ),
    (
        Low,
        Text(
            "{low} is the lower triangle of {A} with half of its diagonal.",
            "{low} 保留 {A} 的下三角部分，其对角线减半。",
        )(low=Low(SQUARE), A=SQUARE),
    ),
    (
        Vec,
        Text(
            "{vec} is the column of the columns of {A} below each other.", "{vec} 是把 {A} 的各列依次上下叠成的列向量。"
        )(vec=Vec(SQUARE), A=SQUARE),
    ),
    (
        Unvec,
        Text(
            "{unvec} is the matrix, of the shape that is given, whose columns below each other are {v}.",
            "{unvec} 是右侧所标形状的矩阵，其各列依次上下叠放即得 {v}。",
        )(unvec=Unvec(COLUMN, Symbol("n"), Symbol("n")), v=COLUMN),
    ),
    (
        Kron,
        Text(
            "The Kronecker product {kron} has the block {entry} {B} for each entry {entry} of {A}.",
            "克罗内克积 {kron} 由分块 {entry} {B} 组成，{entry} 取遍 {A} 的各元素。",
        )(kron=Kron(SQUARE, OTHER), A=SQUARE, B=OTHER, entry=Symbol("A_ij")),
    ),
    (
        Submatrix,
        Text(
            "{block} holds the rows {a} to {b} and the columns {c} to {d} of {X}, and {part} the entries {a} to {b} of "
            "a column; a colon alone stands for all.",
            "{block} 由 {X} 的第 {a} 至 {b} 行、第 {c} 至 {d} 列组成，{part} 由列向量的第 {a} 至 {b} 个分量组成；"
            "单独的冒号表示全部。",
        )(
            block=Submatrix(LARGE, *ENDS),
            part=Submatrix(COLUMN, *ENDS[:2], ONE, ONE),
            X=LARGE,
            a=ENDS[0],
            b=ENDS[1],
            c=ENDS[2],
            d=ENDS[3],
        ),
    ),
    (
        Softmax,
        Text(
            "The softmax of a matrix is taken row by row, that of a vector over its entries.",
            "矩阵的 softmax 按行计算，向量的 softmax 对其各分量计算。",
        ),
    ),
)
DIVIDE = Text("{sign} is the elementwise quotient.", "{sign} 表示逐元素相除。")(sign=Operator("divide"))
NONE = Text("For {elements} we keep the index form: {reason}.", "{elements} 保留指标形式：{reason}。")


def model_in_matrices(found: Forms, seen: Sequence[Text], detail: str) -> Iterator[Block]:
    """Every definition in matrices, with its shapes, and the signs in all of them that were not explained, `seen`,
    before; in detail "full" what has no such form is named once, with the reason."""
    rows = [Row(form.whole, form.matrix, shapes(form.matrix)) for _, _, form in found.laws if form.matrix is not None]
    if rows:
        yield Heading(MODEL)
        yield Paragraph(say.one_after_another([MEANING, *(m for m in _meanings(_written(found.all)) if m not in seen)]))
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
    return list(_meanings(_written([f for f in forms if f is not None])))


def keep_shapes(found: Forms, steps: Sequence[Step]) -> bool:
    """True if these gradients have matrix forms, and each has the rows and columns of what it is taken with respect
    to."""
    forms = [f for s in steps if (f := found.of(s)) is not None and f.matrix is not None and f.indices]
    own = ((*(i.upper - i.lower + 1 for i in f.indices), Integer(1))[:2] for f in forms)
    return bool(forms) and all(shape(f.matrix) == sides for f, sides in zip(forms, own, strict=True))


def _written(forms: Sequence[Form]) -> list[Expr]:
    return [f.matrix for f in forms if f.matrix is not None]


def _meanings(matrices: Sequence[Expr]) -> Iterator[Text]:
    """What the signs mean that are used."""
    kinds = {type(e) for m in matrices for e in preorder_traversal(m)}
    for kind, sentence in SIGNS:
        if any(issubclass(k, kind) for k in kinds):
            yield sentence
    if any(reciprocal(e) for m in matrices if m.has(Entrywise) for e in m.atoms(Entrywise)):
        yield DIVIDE


def last_line(form: Form | None) -> Iterator[Row]:
    """The last line of a step as an entry of its matrix, unless that is only another name."""
    if form is not None and form.matrix is not None and not isinstance(form.matrix, (Whole, Zeros)):
        entry = Entry(form.matrix, *form.indices) if form.indices else form.matrix
        yield Row(None, entry, shapes(form.matrix))


def boxed(forms: Forms, steps: Sequence[Step]) -> Iterator[Block]:
    """A gradient as a whole, in a box, by cases where blocks of rows or columns differ; of 0 its elements say it."""
    node, same = steps[0].node, dict[Expr, list[tuple[Region, Expr]]]()
    for step in steps:
        form = forms.of(step)
        if form is not None and _says_more(form):
            same.setdefault(form.whole, []).append((step.region, form.matrix))
    for whole, parts in same.items():
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
