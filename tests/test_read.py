"""LaTeX as people write it is read as its author meant; what cannot be read is refused with its place."""

from __future__ import annotations

import random
import re
from pathlib import Path

import pytest

from derive.errors import ReadError
from derive.read.reader import formula, read
from derive.read.tree import (
    Added,
    Bars,
    Big,
    Bracketed,
    Call,
    Differential,
    Dots,
    Fraction,
    Listed,
    Multiplied,
    Node,
    Number,
    Range,
    Relation,
    Root,
    Rows,
    Scripted,
    Symbol,
    Words,
    walk,
)


def plain(node: Node | None) -> str:
    """The tree with every bracket that the reader has understood, to be compared with what the author meant."""
    match node:
        case None:
            return ""
        case Number():
            return node.digits
        case Symbol():
            return ".".join([node.name, *node.marks])
        case Words():
            return repr(node.text)
        case Dots():
            return "..."
        case Scripted():
            below = f"_<{plain(node.below)}>" if node.below else ""
            return plain(node.base) + below + (f"^<{plain(node.above)}>" if node.above else "")
        case Listed():
            return "".join(plain(i) + s for i, s in zip(node.items, (*node.separators, ""), strict=False))
        case Bracketed():
            inner = "".join(plain(i) + s for i, s in zip(node.items, (*node.separators, ""), strict=False))
            return node.brackets[0] + inner + node.brackets[1]
        case Bars():
            return "|" * node.strokes + plain(node.body) + "|" * node.strokes
        case Added():
            return "{" + " ".join(s + plain(t) for s, t in zip(node.signs, node.terms, strict=True)) + "}"
        case Multiplied():
            signs = [s and f"{s} " for s in node.signs]
            return "<" + " ".join(s + plain(t) for s, t in zip(signs, node.factors, strict=True)) + ">"
        case Fraction():
            return f"({plain(node.numerator)})/({plain(node.denominator)})"
        case Root():
            return f"root{plain(node.degree)}({plain(node.body)})"
        case Call():
            return f"{plain(node.function)}{'?' if node.loose else ''}:{plain(node.argument)}"
        case Big():
            return f"{node.operator}[{plain(node.below)}|{plain(node.above)}]:{plain(node.body)}"
        case Differential():
            return f"{node.sign}{plain(node.order)}:{plain(node.body)}"
        case Rows():
            return node.kind + "{" + " // ".join(" & ".join(map(plain, row)) for row in node.rows) + "}"
        case Relation():
            rest = (f" {s} {plain(side)}" for s, side in zip(node.signs, node.sides[1:], strict=True))
            return plain(node.sides[0]) + "".join(rest)
        case Range():
            return f"{plain(node.index)} from {plain(node.first)} to {plain(node.last)}"
    raise AssertionError(node)


MEANT = [
    (r"z&=w_{11}x_1+b", "z = {+<w_<11> x_<1>> +b}"),
    (r"h_t = w_{hh}h_{t-1}", "h_<t> = <w_<<h h>> h_<{+t -1}>>"),
    (r"L(a,y)=-(y\log a+(1-y)\log (1-a))", "<L (a,y)> = {-({+<y log:a> +<({+1 -y}) log:({+1 -a})>})}"),
    (r"\sigma(z)=\tfrac{1}{1+e^{-z}}", "<sigma (z)> = (1)/({+1 +e^<{-z}>})"),
    (r"\sum_{i=1}^{n} a_i b_i + c", "{+sum[i = 1|n]:<a_<i> b_<i>> +c}"),
    (r"-\sum_i y_i \log \hat y_i", "{-sum[i|]:<y_<i> log:y.hat_<i>>}"),
    (r"\frac{\partial L}{\partial h_t} = \frac{\partial^+ L}{\partial h_t}", "(partial:L)/(partial:h_<t>) = "
     "(immediate:L)/(partial:h_<t>)"),
    (r"\frac{\mathrm{d}L}{\mathrm{d}z}", "(d:L)/(d:z)"),
    (r"\nabla_W L", "<nabla_<W> L>"),
    (r"a^{[l]} = \mathrm{ReLU}(W^{[l]} a^{[l-1]})", "a^<[l]> = ReLU:(<W^<[l]> a^<[{+l -1}]>>)"),
    (r"\operatorname{softmax}\left(\frac{QK^\top}{\sqrt{d_k}}\right)V", "<softmax:((<Q K^<top>>)/(root(d_<k>))) V>"),
    (r"\lVert o_t - y_t \rVert_2^2", "||{+o_<t> -y_<t>}||_<2>^<2>"),
    (r"|a - |b||", "|{+a -|b|}|"),
    (r"\pi_\theta(y_w|x)", "<pi_<theta> (y_<w>|x)>"),
    (r"\mathbb{E}_{x \sim p}[x]", "<E.mathbb_<x sim p> [x]>"),
    (r"\max(0, z)", "max:(0,z)"),
    (r"\max_k p_k", "max[k|]:p_<k>"),
    (r"\text{argmax}(x_1, \ldots, x_D)", "argmax:(x_<1>,...,x_<D>)"),
    (r"\arg\max_k p_k", "argmax[k|]:p_<k>"),
    (r"\sum_{j \ne y_i} s_j", "sum[j != y_<i>|]:s_<j>"),
    (r"\sin^2 x + \cos^2 x", "{+sin^<2>:x +cos^<2>:x}"),
    (r"\log a b", "log?:<a b>"),
    (r"\log(a) b", "<log:(a) b>"),
    (r"\log a \log b", "<log:a log:b>"),
    (r"x' + x^{\prime}", "{+x.prime +x.prime}"),
    (r"f(x) = \begin{cases} x & \text{if } x > 0 \\ 0, & \text{otherwise} \end{cases}",
     "<f (x)> = cases{x & 'if' & x > 0 // 0 & 'otherwise'}"),
    (r"\begin{bmatrix} a & b \\ c & d \end{bmatrix}", "bmatrix{a & b // c & d}"),
    (r"x \in \mathbb{R}^{m \times n}", "x in R.mathbb^<<m times n>>"),
    (r"t = 1, \dots, T", "t from 1 to T"),
    (r"W_f \cdot [h_{t-1}, x_t]", "<W_<f> cdot [h_<{+t -1}>,x_<t>]>"),
    (r"\frac12 x^23", "<(1)/(2) x^<2> 3>"),
    (r"16,777,216 = 2^{24}", "16777216 = 2^<24>"),
    (r"(1,100,200)", "(1,100,200)"),
    (r"256x5x5x48+256=614656", "{+<256 times 5 times 5 times 48> +256} = 614656"),
    ("𝑦 = max(𝑥1,⋯,𝑥𝐷)", "y = max:(x_<1>,...,<x D>)"),
    ("σ² ≤ αᵀ·x₁", "sigma^<2> <= <alpha^<T> cdot x_<1>>"),
    (r"\underbrace{Wx}_{\text{linear}} + b", "{+<W x> +b}"),
    (r"\log\det\Sigma", "log:det:Sigma"),
    (r"a \cdot -b", "<a cdot {-b}>"),
    (r"L = \begin{aligned} a \\ &+ b \end{aligned}", "L = {+a +b}"),
]  # fmt: skip


@pytest.mark.parametrize(("source", "meant"), MEANT, ids=[source for source, _ in MEANT])
def test_a_formula_is_read_as_its_author_meant(source: str, meant: str) -> None:
    assert plain(formula(source)) == meant


DOCUMENT = r"""\documentclass{article}
\newcommand{\R}{\mathbb{R}} % the reals
\begin{document}
An RNN with $x_t \in \R^{D}$ for $t = 1, \dots, T$; it costs \$5, and $h_0 = 0$.
\begin{align}
 h_t &= \tanh\left(W x_t + U h_{t-1}\right), \quad t = 1, \dots, T \label{a}\\
 L &= \frac{1}{T}\sum_{t=1}^{T} h_t
   + b \tag{2} \\
   &= c
\end{align}
\end{document}"""


def rows(source: str) -> list[str]:
    return ["; ".join(map(plain, row.items)) for row in read(source)]


def test_a_document_gives_its_formulas_and_ignores_its_prose() -> None:
    assert rows(DOCUMENT) == [
        "x_<t> in R.mathbb^<D>",
        "t from 1 to T",
        "h_<0> = 0",
        "h_<t> = tanh:({+<W x_<t>> +<U h_<{+t -1}>> }); t from 1 to T".replace(" }", "}"),
        "L = {+<(1)/(T) sum[t = 1|T]:h_<t>> +b} = c",
    ]


@pytest.mark.parametrize(
    "around", ["{}", "$${}$$", r"\[{}\]", "see ${}$.", r"\begin{{equation}}{}\end{{equation}}", "损失为 ${}$。"]
)
def test_the_same_formula_in_any_surroundings(around: str) -> None:
    assert rows(around.format("a = b + c")) == ["a = {+b +c}"]


def test_bare_lines_are_formulas_and_a_sign_carries_a_line_on() -> None:
    assert rows("The model is this one:\nh = w x\n  + u\nL = h^2\n") == ["h = {+<w x> +u}", "L = h^<2>"]


REFUSED = [
    (r"\frac{a}{", "something is missing in front", 9),
    ("x^{2", "a closing brace is missing", 4),
    ("(a + b", "the bracket '(' is not closed", 1),
    (r"\foo x", r"\foo is not known", 1),
    ("x_1_2", "a second subscript", 4),
    ("$a", "'$' is not closed", 1),
    (r"\begin{cases} a", "has no", 1),
    (r"\newcommand{\f}[1]{#1} \f{a}", "takes arguments", 1),
    ("(" * 100, "more than 60 deep", 62),
    ("9" * 100, "more than 60 digits", 1),
    ("x+" * 5000, "longer than 6000 tokens", 6001),
    ("a" * 30000, "at most 20000 are read", 20001),
    ("a ) b", "')' cannot stand here", 3),
    ("|a", "the stroke '|' is not closed", 1),
    ("\x00", "cannot stand here", 1),
]  # fmt: skip


@pytest.mark.parametrize(("source", "why", "column"), REFUSED, ids=[why for _, why, _ in REFUSED])
def test_what_cannot_be_read_is_refused_at_its_place(source: str, why: str, column: int) -> None:
    with pytest.raises(ReadError, match=re.escape(why)) as refused:
        read(source)
    assert refused.value.column == column
    text, carets = refused.value.excerpt().split("\n")
    assert len(text) <= 76 and carets.strip("^ ") == "" and "^" in carets


def test_no_mutation_of_a_text_brings_more_than_a_refusal() -> None:
    """Cut, doubled, swapped and random pieces: each is read or refused, and every node lies inside of its parent."""
    random.seed(1)
    sources = [source for source, _ in MEANT] + [DOCUMENT]
    pieces = ["{", "}", "\\", "^", "_", "$", "&", r"\left", r"\frac", r"\begin{cases}", r"\\", "|", "(", "\ufeff", "é"]
    for _ in range(1500):
        text = random.choice(sources)
        for _ in range(random.randint(1, 4)):
            at, to = sorted(random.randrange(len(text) + 1) for _ in range(2))
            text = random.choice(
                [text[:at] + text[to:], text[:to] + text[at:], text[:at] + random.choice(pieces) + text[at:]]
            )
        try:
            found = read(text)
        except ReadError as refused:
            assert 0 <= refused.start <= len(text) and refused.excerpt()
            continue
        for node in (n for row in found for item in row.items for n in walk(item)):
            assert 0 <= node.start <= node.end <= len(text)


def test_the_reader_needs_neither_sympy_nor_a_file() -> None:
    """Nothing in the room can run a user's text: it has no eval, no file, no import by name."""
    for path in (Path(__file__).parent.parent / "derive" / "read").glob("*.py"):
        text = path.read_text(encoding="utf-8")
        assert not any(
            word in text for word in ("eval(", "exec(", "open(", "import_module", "sympy import", "__import__")
        )
