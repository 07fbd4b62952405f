"""The wrong answers of tests/answers/wrong: single slips in the right ones, each of which torch has called wrong.

    python tests/grade_wrong.py            # writes the files again; read them before you commit them

An answer is taken where torch.autograd has another value for it than for the gradient (`tests/plain_answers.py`); the
judge has no say in it. Slips of different kinds take turns, so that each problem has many kinds.
"""

from __future__ import annotations

import random
import sys
import warnings
from itertools import chain, zip_longest
from pathlib import Path

from answer_mutants import mutants
from plain_answers import right

from derive.problems import load

ANSWERS = Path(__file__).parent / "answers"
EACH = 24  # wrong answers of a problem
LEFT_OUT = ("kink", "order")  # kinks are tried elsewhere; another order of factors is often right


def solution(name: str):
    problem = load(name)
    return problem.readings[0].build(**problem.choices({"depth": "1"})).derive()


def wrong(name: str, count: int = EACH) -> list[tuple[str, str]]:
    """(the slip, the answer) for so many answers that torch calls wrong."""
    rng, derived, kinds = random.Random(name), solution(name), {}
    for line in (ANSWERS / "right" / f"{name}.txt").read_text(encoding="utf-8").splitlines():
        for slip, text in mutants(line):
            if slip not in LEFT_OUT:
                kinds.setdefault(slip, []).append((slip, text))
    for found in kinds.values():
        rng.shuffle(found)
    turns = (x for x in chain.from_iterable(zip_longest(*(kinds[k] for k in sorted(kinds)))) if x is not None)
    out: list[tuple[str, str]] = []
    for slip, text in turns:
        if len(out) == count:
            break
        if right(derived, text) is False:
            out.append((slip, text))
    return out


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    for path in sorted((ANSWERS / "right").iterdir()):
        if len(sys.argv) > 1 and path.stem not in sys.argv[1:]:
            continue
        rows = wrong(path.stem)
        target = ANSWERS / "wrong" / path.name
        target.parent.mkdir(exist_ok=True)
        target.write_text("".join(f"{slip}\t{text}\n" for slip, text in rows), encoding="utf-8")
        print(path.stem, len(rows), flush=True)
