"""The section on the check says of each statement whether it was compared, measured or argued."""

import pytest

from derive import Graph, Text, tanh
from derive.problems import load
from tests.shared_sheets import sheet


def section(text, heading):
    """What stands below the last heading of this name."""
    return " ".join(text.rsplit(heading, 1)[1].split())


def recurrent():
    g = Graph("cell")
    steps = g.size("T")
    t = g.index("t", steps)
    w, x = g.parameter("w"), g.input("x", steps)
    h = g.recurrence("h", lambda h: tanh(w * h[t - 1] + x[t]), over=t, start={0: 0})
    g.loss("L", h[steps] ** 2)
    return g.derive()


@pytest.mark.parametrize(("lang", "heading", "said", "never"), [
    ("en", "Verification", ("where they stand, not compared line by line", "rests on the proofs alone"), "above"),
    ("zh", "验证", ("在原处用文字证明，未逐行比较", "其余内容仅以证明为据"), "以上每个伴随量"),
])  # fmt: skip
def test_claims_about_many_steps_are_not_counted_as_compared_lines(lang, heading, said, never):
    """A bound or a remedy has no row: the section says so, and says how many random cells its tables stand on."""
    found = section(recurrent().to_text(lang=lang), heading)
    assert all(words in found for words in said) and never not in found
    assert "0 random cells" not in found.replace("00 random", "")


def test_a_sheet_without_a_recurrence_says_nothing_of_claims():
    found = section(sheet("softmax-ce", ("--format", "text"))[0], "Verification")
    assert "the equalities that lead to it" in found and "argued" not in found


def test_remarks_of_a_teacher_are_not_counted_as_compared():
    assert any(reading.notes for reading in load("max").readings)
    english, chinese = (sheet("max", ("--format", "text", "--lang", lang))[0] for lang in ("en", "zh"))
    remarks = 1  # the check of all readings says it once
    assert " ".join(english.split()).count("The remarks are arguments in words") == remarks
    assert "".join(chinese.split()).count("文字说明属于论证") == remarks
    assert isinstance(load("max").readings[1].notes[0], Text)


@pytest.mark.parametrize(("lang", "words"), [("en", "were computed again by torch"), ("zh", "由 torch 重新计算")])
def test_worked_numbers_are_compared_and_counted(lang, words):
    """logistic: w, b, x, y and the rate are given; z, a and L, their derivatives and the update are computed again."""
    assert words in section(
        sheet("logistic", ("--format", "text", "--lang", lang))[0], "Verification" if lang == "en" else "验证"
    )
