"""A blank sheet and its solution come from one run: the same questions in the same order, and no answer."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from itertools import pairwise
from typing import Any

import pytest

from derive.cli.main import run
from derive.page.blocks import Block, Equations, Expanded, Heading, Paragraph, Picture, Table, Title, Unrolled, Worked
from derive.page.pictures.picture import GraphPicture
from derive.problems import load, names
from derive.sheet.blank import BLANK, CELL, EMPTY, FADED, LINES, WHICH, blank
from derive.sheet.part import Part
from derive.sheet.sheet import sheet
from derive.topics.topic import Ask


@cache
def solution(name: str) -> tuple[Block, ...]:
    problem = load(name)
    made = []
    for reading in problem.readings:
        solved = reading.build(**problem.choices({})).derive()
        made.append(solved.part(Ask(reading.wishes, False), reading.label, reading.remarks(problem.choices({}))))
    parts: list[Part] = made
    return tuple(sheet(parts, Title(problem.title, None, problem.statement), "brief"))


def lefts(blocks: Any) -> Iterator[Any]:
    for block in blocks:
        if isinstance(block, Equations | Unrolled):
            yield from (row.left for row in block.rows)
        elif isinstance(block, Worked):
            yield from (left for left, _, _ in block.rows)
        elif isinstance(block, Expanded):
            yield block.left


def given(blocks: Any) -> Iterator[Any]:
    """What a sheet says on the right of its equations."""
    for block in blocks:
        if isinstance(block, Equations | Unrolled):
            yield from (row.right for row in block.rows)


def in_sections(blocks: Any, kept: bool) -> Iterator[Block]:
    section = ""
    for block in blocks:
        if isinstance(block, Heading) and block.level < 2:
            section = block.text.en
        if (section in ("The model", "Forward pass")) == kept:
            yield block


def without_lines(blocks: Any) -> Iterator[Paragraph]:
    """The words of the steps that have nothing but words: what the task leaves abstract."""
    starts = [k for k, block in enumerate(blocks) if isinstance(block, Heading)]
    for start, end in pairwise([*starts, len(blocks)]):
        inside = blocks[start + 1 : end]
        if blocks[start].level == 2 and not any(isinstance(b, LINES) for b in inside):
            for paragraph in (b for b in inside if isinstance(b, Paragraph)):
                assert "abstract" in paragraph.text.en
                yield paragraph


@pytest.mark.parametrize("name", names())
def test_a_blank_sheet_asks_what_its_solution_answers(name: str) -> None:
    solved = solution(name)
    empty = list(blank(solved))
    assert list(lefts(empty)) == list(lefts(solved))
    assert all(right is BLANK for right in given(in_sections(empty, kept=False)))
    assert list(given(in_sections(empty, kept=True))) == list(given(in_sections(solved, kept=True)))
    assert not any(isinstance(block, Worked | Expanded) for block in in_sections(empty, kept=False))
    tables = [b for b in in_sections(empty, kept=False) if isinstance(b, Table)]
    assert {cell for table in tables for row in table.rows for cell in row[table.given :]} <= {CELL}
    words = [b.text for b in in_sections(empty, kept=False) if isinstance(b, Paragraph)]
    hints = [b.text for b in without_lines(solved)]
    named = [b.asked or b.text for b in in_sections(solved, kept=False) if isinstance(b, Paragraph)]
    kept = [b.asked for b in in_sections(solved, kept=False) if isinstance(b, Paragraph) and b.asked]
    assert words == [EMPTY, *(w for w in named if w in hints or w in kept)]
    for heading, after in pairwise([*empty, None]):
        assert not (isinstance(heading, Heading) and heading.level == 2 and isinstance(after, Heading | None))
    for picture in (b for b in empty if isinstance(b, Picture)):
        assert isinstance(picture.drawing, GraphPicture)
        assert not any(edge.backward or edge.partials for edge in picture.drawing.diagram.edges)


def test_a_blank_sheet_names_what_it_asks_for(capsys: pytest.CaptureFixture[str]) -> None:
    """Letters that only words define keep them; a step of descent has a line for the new values."""
    assert run(["lstm", "--blank", "--format", "text", "--no-check"]) == 0
    words = " ".join(capsys.readouterr().out.split())
    for said in ("(bound of fₜ)", "∂⁺ is the immediate", "Let sₜ collect", "let r_f bound", "at least 1/2 after k"):
        assert said in words
    assert "product of these matrices" not in words
    assert run(["logistic", "--blank", "--format", "text", "--no-check", "--lang", "zh"]) == 0
    page = capsys.readouterr().out
    assert "新值" in page and "0.49995" not in page
    assert run(["relu-mse", "--blank", "--format", "text", "--no-check"]) == 0
    assert "What is the same as above is not repeated." in capsys.readouterr().out


@pytest.mark.parametrize("last", [1, 2])
def test_the_last_lines_of_each_step_are_left_out(last: int) -> None:
    solved = [b for b in solution("logistic") if not isinstance(b, Worked | Expanded)]
    faded = list(blank(solved, last))
    assert Paragraph(FADED) in faded
    pairs = zip(
        [b for b in solved if isinstance(b, Equations)], [b for b in faded if isinstance(b, Equations)], strict=True
    )
    steps = [(whole, part) for whole, part in pairs if len(whole.rows) > 1 and part.rows[-1].reason is WHICH]
    assert steps
    for whole, part in steps:
        shown = [row for row in part.rows if row.right is not BLANK]
        assert len(shown) == max(0, len(whole.rows) - last) or all(r.right is BLANK for r in part.rows)
        assert [r.right for r in shown] == [r.right for r in whole.rows[: len(shown)]]


def test_the_command_line_hands_out_blanks(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["logistic", "--blank", "--format", "text", "--no-check"]) == 0
    text = capsys.readouterr().out
    assert "……" in text and "solution" not in text and "Verification" not in text
    assert run(["logistic", "--blank", "1", "--format", "text", "--no-check", "--lang", "zh"]) == 0
    assert "用哪条法则" in capsys.readouterr().out
    assert run(["logistic", "--blank", "--format", "json"]) == 2
    assert "--blank" in capsys.readouterr().err
    assert run(["logistic", "--blank", "x"]) == 2


def test_what_is_answered_in_words_has_room(capsys: pytest.CaptureFixture[str]) -> None:
    """Conclusions, reasons of conditions, and the steps of a closed form; the words themselves are left out."""
    page = {}
    for lang in ("en", "zh"):
        assert run(["bptt", "--blank", "--format", "text", "--no-check", "--lang", lang]) == 0
        page[lang] = " ".join(capsys.readouterr().out.split())
    for said in (
        "Conclusion in words: ……",
        "Why these conditions? ……",
        "Unroll the recursion",
        "λ an adjoint",
    ):
        assert said in page["en"]
    for said in ("结论（文字）：……", "为什么有这些条件？……", "请用数学归纳法证明："):
        assert said in page["zh"]
    for answer in ("clip the gradient", "Each step adds a term", "preserves the size"):
        assert answer not in page["en"]


def test_closed_forms_fade_from_the_end() -> None:
    """Of each chain the last line is asked for with its rule; where a recursion begins is no consequence."""
    faded = list(blank(solution("momentum"), 1))
    start = next(n for n, b in enumerate(faded) if isinstance(b, Heading) and b.text.en.startswith("Closed form"))
    law, first, claim, proof = [b for b in faded[start:] if isinstance(b, Equations)][:4]
    assert [row.right is BLANK for row in law.rows] == [False, True] and law.rows[-1].reason is None
    for chain in (first, claim, proof):
        assert [row.right is BLANK for row in chain.rows] == [*(False,) * (len(chain.rows) - 1), True]
        assert chain.rows[-1].reason == WHICH


@pytest.mark.parametrize(("blanks", "asked"), [(["--blank", "1"], True), (["--blank"], False), ([], False)])
def test_a_page_asks_for_the_rule_of_what_it_leaves_out(
    capsys: pytest.CaptureFixture[str], blanks: list[str], asked: bool
) -> None:
    assert run(["logistic", *blanks, "--format", "html", "--no-check"]) == 0
    assert ('<span class="which"><span lang="en">which rule?</span>' in capsys.readouterr().out) is asked
