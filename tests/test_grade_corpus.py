"""`derive grade` on answers whose truth torch has told, a part of them; `python tests/grade_figures.py` takes all.

What is wrong is decided in tests/plain_answers.py: torch.autograd for the derivatives, plain floats for the formula.
"""

from __future__ import annotations

import random

import pytest
from answer_mutants import mutants
from grade_answers import NAMES, derivations, edited, first_wrong, judge, lines, verdict
from plain_answers import right

FEW = random.Random("a part of the problems").sample(NAMES, 6)


def test_every_problem_has_its_answers() -> None:
    for name in NAMES:
        assert len(lines("right", name)) >= 9 and len(set(lines("wrong", name))) >= 20, name


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize("name", FEW)
def test_torch_agrees_with_what_the_files_say(name: str) -> None:
    derived = judge(name).derived
    assert all(right(derived, x) is not False for x in lines("right", name))
    assert all(right(derived, x) is False for x in lines("wrong", name)[::6])


@pytest.mark.parametrize("name", FEW)
def test_a_wrong_answer_is_called_wrong(name: str) -> None:
    for answer in lines("wrong", name)[::6]:
        assert verdict(name, answer) in ("wrong", "unreadable"), answer


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize("name", FEW[:3])
def test_a_mutant_that_is_another_formula_is_not_called_right(name: str) -> None:
    for answer, truth in edited(name, 5):
        assert verdict(name, answer) != ("wrong" if truth else "right"), answer


@pytest.mark.parametrize("name", FEW[:2])
def test_the_first_wrong_line_is_found(name: str) -> None:
    for text, place in derivations(name, 2):
        assert first_wrong(name, text) == place, text


def test_the_second_opinion_can_fail() -> None:
    derived = judge("logistic").derived
    answer = r"\frac{\partial L}{\partial w_1} = (a - y) x_1"
    assert right(derived, answer) is True
    assert sum(right(derived, text) is False for _, text in mutants(answer)) >= 10
