"""The answers whose truth torch has told: right ones, wrong ones, single edits, and derivations of a few lines."""

from __future__ import annotations

import random
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from answer_mutants import mutants
from grade_wrong import solution
from plain_answers import right

from derive.judge.judge import Judge
from derive.judge.verdict import BAD, whole

ANSWERS = Path(__file__).parent / "answers"
NAMES = tuple(sorted(path.stem for path in (ANSWERS / "right").iterdir()))
MUTANTS, DERIVATIONS, LINES = 36, 6, 3  # of each problem; lines of a derivation


@cache
def judge(name: str) -> Judge:
    return Judge(solution(name))


def lines(kind: str, name: str) -> list[str]:
    """The right or the wrong answers of a problem."""
    rows = (ANSWERS / kind / f"{name}.txt").read_text(encoding="utf-8").splitlines()
    return [row.split("\t")[-1] for row in rows]


def verdict(name: str, answer: str) -> str:
    return whole(judge(name).answer(answer))


def edited(name: str, count: int = MUTANTS) -> Iterator[tuple[str, bool]]:
    """Mutants of the right answers on which torch has an opinion, and what that is."""
    rng = random.Random(f"mutants of {name}")
    found = [text for line in lines("right", name) for _, text in mutants(line)]
    rng.shuffle(found)
    known = set(lines("wrong", name))
    for text in found:
        if count == 0:
            return
        truth = right(judge(name).derived, text) if text not in known else None
        if truth is not None:
            count -= 1
            yield text, truth


def derivations(name: str, count: int = DERIVATIONS) -> Iterator[tuple[str, int | None]]:
    """Derivations of a few lines, every second with one wrong line: the text, and which line is wrong."""
    rng = random.Random(f"derivations of {name}")
    good = [x for x in lines("right", name) if "$" not in x and "\\quad" not in x]
    bad = [x for x in lines("wrong", name) if "$" not in x and "\\quad" not in x]
    for n in range(count):
        taken = rng.sample(good, LINES)
        place = rng.randrange(LINES) if n % 2 else None
        if place is not None:
            taken[place] = rng.choice(bad)
        yield "\n".join(taken), place


def first_wrong(name: str, text: str) -> int | None:
    """The first row of a derivation that is called wrong."""
    rows = [line.number - 1 for line in judge(name).answer(text) if line.verdict in BAD]
    return min(rows, default=None)
