"""Formulas as MathML: whole without a script, in elements that browsers draw and screen readers read."""

from __future__ import annotations

import xml.etree.ElementTree as ET

import pytest

from derive.cli.main import run
from derive.page.print.mathml import mathml

# MathML Core: what every current browser draws.
CORE = frozenset(
    {"math", "mrow", "mi", "mn", "mo", "mspace", "mfrac", "msqrt", "msub", "msup", "msubsup", "munder", "mover"}
)
CORE |= {"munderover", "mtable", "mtr", "mtd"}
CHILDREN = {"mfrac": 2, "msub": 2, "msup": 2, "munder": 2, "mover": 2, "msubsup": 3, "munderover": 3}

THIN = "<mspace width='0.17em'></mspace>"
WRITTEN = [
    ("a_{i} + 1", "<msub><mi>a</mi><mi>i</mi></msub><mo stretchy='false'>+</mo><mn>1</mn>"),
    (r"\frac{\partial L}{w}", "<mfrac><mrow><mo>∂</mo><mi>L</mi></mrow><mi>w</mi></mfrac>"),
    (r"\sum_{t=1}^{T} x", "<munderover><mo>∑</mo><mrow><mi>t</mi><mo stretchy='false'>=</mo><mn>1</mn></mrow><mi>T</mi>"
     "</munderover><mi>x</mi>"),
    (r"x^{2}_{k}", "<msubsup><mi>x</mi><mi>k</mi><mn>2</mn></msubsup>"),
    (r"\hat{y}", "<mover accent='true'><mi>y</mi><mo>^</mo></mover>"),
    (r"\mathbb{R}\mathcal{L}\mathbf{1}", "<mi>ℝ</mi><mi>ℒ</mi><mi>𝟏</mi>"),
    (r"\mathrm{ReLU}", "<mi mathvariant='normal'>ReLU</mi>"),
    (r"y \log a", f"<mi>y</mi>{THIN}<mi>log</mi><mo>\u2061</mo>{THIN}<mi>a</mi>"),
    (r"y \, \log_{2}(a)", f"<mi>y</mi>{THIN}<msub><mi>log</mi><mn>2</mn></msub><mo>\u2061</mo>"
     "<mo stretchy='false'>(</mo><mi>a</mi><mo stretchy='false'>)</mo>"),
    (r"-\exp x", f"<mo form='prefix' stretchy='false'>−</mo><mi>exp</mi><mo>\u2061</mo>{THIN}<mi>x</mi>"),
    ("a = -b - c", "<mi>a</mi><mo stretchy='false'>=</mo><mo form='prefix' stretchy='false'>−</mo><mi>b</mi>"
     "<mo stretchy='false'>−</mo><mi>c</mi>"),
    (r"\max", "<mi>max</mi>"),
    ("a < b", "<mi>a</mi><mo stretchy='false'>&lt;</mo><mi>b</mi>"),
]  # fmt: skip


@pytest.mark.parametrize(("latex", "element"), WRITTEN, ids=[latex for latex, _ in WRITTEN])
def test_a_formula_is_the_element_that_it_stands_for(latex: str, element: str) -> None:
    assert mathml(latex) == f"<math>{element}</math>".replace("'", '"')


@pytest.mark.parametrize("name", ["attention", "lstm", "kalman", "ctc"])
def test_every_formula_of_a_sheet_is_whole(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run([name, "--format", "html", "--no-check"]) == 0
    page = capsys.readouterr().out
    found = [part.split("</math>")[0] for part in page.split("<math")[1:]]
    assert len(found) > 50 and len(found) == page.count('<span class="m')
    for text in set(found):
        tree = ET.fromstring(f"<math{text}</math>")
        for element in tree.iter():
            assert element.tag in CORE, element.tag
            assert len(element) == CHILDREN.get(element.tag, len(element)), ET.tostring(element)
            assert "\\" not in (element.text or ""), text
