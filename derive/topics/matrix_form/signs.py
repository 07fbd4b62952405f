"""What the signs in matrix forms mean: said on a sheet where such a sign is printed, and only there."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from sympy import Expr, Symbol, preorder_traversal

from derive.expressions.matrices import (
    ONE,
    Entrywise,
    Hadamard,
    Kron,
    Low,
    Named,
    Ones,
    Operator,
    Softmax,
    Stacked,
    Submatrix,
    Unit,
    Unvec,
    Vec,
)
from derive.language import Text
from derive.memo import memo
from derive.page import sentences as say
from derive.page.blocks import Block, Equations, Paragraph, Table
from derive.page.print.matrices import reciprocal

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
        Stacked,
        Text(
            "A matrix may be written by its blocks, beside and below each other.",
            "矩阵可按分块写出，各分块依次左右、上下排列。",
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


def meanings(matrices: Sequence[Expr]) -> Iterator[Text]:
    """What the signs mean that are printed in these matrices."""
    found = frozenset[Text]().union(*map(_meanings, matrices))
    yield from (sentence for _, sentence in SIGNS if sentence in found)
    if DIVIDE in found:
        yield DIVIDE


@memo
def _meanings(matrix: Expr) -> frozenset[Text]:
    """The sentences on the signs of one matrix."""
    parts = set(preorder_traversal(matrix))
    kinds = {type(e) for e in parts if not isinstance(e, Hadamard) or _multiplies(e)}
    found = [sentence for kind, sentence in SIGNS if any(issubclass(k, kind) for k in kinds)]
    return frozenset([*found, DIVIDE] if any(map(reciprocal, parts)) else found)


def _multiplies(product: Expr) -> bool:
    """Is the sign of the product printed? A quotient has another one."""
    return sum(not reciprocal(a) for a in product.args) > 1


def only_used(blocks: Iterable[Block]) -> Iterator[Block]:
    """The blocks of a sheet without the sentences on signs that none of them shows."""
    found = list(blocks)
    known = {*(sentence for _, sentence in SIGNS), DIVIDE}
    said = {n: list(_sentences(b.text)) for n, b in enumerate(found) if isinstance(b, Paragraph)}
    said = {n: sentences for n, sentences in said.items() if not known.isdisjoint(sentences)}
    used = set(meanings([e for b in found for e in _shown(b)])) if said else set()
    for n, block in enumerate(found):
        if n not in said or not isinstance(block, Paragraph):
            yield block
        elif left := [text for text in said[n] if text not in known or text in used]:
            yield Paragraph(say.one_after_another(left), block.asked)


def _sentences(text: Text) -> Iterator[Text]:
    """The sentences of a paragraph, or the only one."""
    parts = [v for v in text.values.values() if isinstance(v, Text)]
    yield from parts if parts else [text]


def _shown(block: Any) -> Iterator[Expr]:
    """The formulas of a block that may hold matrices: a sum of products as they stand is of elements."""
    if isinstance(block, Equations):
        yield from (row.right for row in block.rows if isinstance(row.right, Expr))
    elif isinstance(block, Table):
        yield from (cell for row in block.rows for cell in row if isinstance(cell, Expr))
