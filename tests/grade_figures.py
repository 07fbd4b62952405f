"""How often `derive grade` is right, on answers whose truth torch has told: the figures of docs/grading.md.

    python tests/grade_figures.py                # all of it: some ten minutes of one processor
    python tests/grade_figures.py mlp lstm       # of some problems

Right answers and wrong ones stand in tests/answers; mutants are further single edits of right ones, kept where
torch has an opinion. A derivation is three right lines of a problem with one of them made wrong, or none: the
first wrong line has to be found, and a right derivation has to be called right. F1 is the harmonic mean of these
two shares, as the benchmarks of step graders have it (ProcessBench, https://arxiv.org/abs/2412.06559).
"""

from __future__ import annotations

import random
import sys
import warnings
from collections import Counter
from collections.abc import Iterator, Sequence
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


def counted(names: Sequence[str]) -> tuple[Counter[tuple[str, str]], list[str]]:
    """How many of each kind got each verdict, and the misjudged."""
    found: Counter[tuple[str, str]] = Counter()
    misjudged = []
    for name in names:
        cases = [("right", x, True) for x in lines("right", name)] + [("wrong", x, False) for x in lines("wrong", name)]
        for kind, text, truth in [*cases, *(("mutant", x, truth) for x, truth in edited(name))]:
            told = verdict(name, text)
            found[kind if kind != "mutant" else f"mutant, {'right' if truth else 'wrong'}", told] += 1
            if told == ("wrong" if truth else "right") or (kind != "mutant" and told not in ("right", "wrong")):
                misjudged.append(f"{name}\t{kind}\t{truth}\t{told}\t{text}")
        for text, place in derivations(name):
            hit = first_wrong(name, text) == place
            found["derivation, " + ("right" if place is None else "wrong"), "found" if hit else "missed"] += 1
            if not hit:
                misjudged.append(f"{name}\tderivation\t{place}\t{first_wrong(name, text)}\t{text!r}")
    return found, misjudged


def f1(found: Counter[tuple[str, str]]) -> float:
    """The harmonic mean of two shares: first wrong lines that are found, and right derivations called right."""
    shares = []
    for kind in ("derivation, wrong", "derivation, right"):
        shares.append(found[kind, "found"] / (found[kind, "found"] + found[kind, "missed"]))
    return 2 * shares[0] * shares[1] / (shares[0] + shares[1]) if any(shares) else 0.0


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    total, wrong = counted(sys.argv[1:] or NAMES)
    for (kind, told), count in sorted(total.items()):
        print(f"{kind:22} {told:12} {count}")
    print(f"F1 {f1(total):.3f}", *wrong, sep="\n")
