"""Texts in LaTeX cut, doubled, swapped, nested and spoilt: each is read, or refused in one line, within a second.

Run with `python tests/latex_mutations.py 10000 SEED`; the suite takes a few hundred.
"""

from __future__ import annotations

import random
import sys
import time
from collections.abc import Sequence

from derive.errors import DeriveError
from derive.transcribe.model import pasted

_PIECES = (
    r"{ } \ ^ _ $ $$ & \left \right \frac \begin{cases} \end{cases} \\ | \| ( ) [ ] é \sum_{i=1}^{n} \prod_{k=1}^{9}"
    r" ' ' ^{-1} ^\top _t _{t-1} \mathbb{R} \in = \sim \mathbf{1} x^{9^{9^9}} 99999999999! \log \newcommand{\a}{\a\a}"
    r" ``` % \text{ \sqrt[3]"
)
PIECES = _PIECES.split(" ")


def mutated(sources: Sequence[str], rng: random.Random) -> str:
    """A text with one to three pieces cut out, moved, doubled, nested or put in."""
    text = rng.choice(sources)
    for _ in range(rng.choice((1, 1, 1, 2, 3))):
        at, to = sorted(rng.randrange(len(text) + 1) for _ in range(2))
        piece = rng.choice([rng.choice(PIECES), chr(rng.randrange(32, 0x2FFF)), rng.choice(sources)[:40]])
        text = rng.choice(
            [
                text[:at] + text[to:],
                text[:to] + text[at:],
                text[to:] + text[:at],
                text[:at] + piece + text[at:],
                text[:at] + "{" + text[at:to] + "}" + text[to:],
                text[:at] + text[at:to] * rng.randint(2, 5) + text[to:],
            ]
        )
    return text[:4000]


def tried(text: str) -> tuple[bool, float]:
    """Whether a text was read, and how long that took. Errors: anything but a refusal in one line."""
    begun = time.process_time()
    try:
        pasted(text).graph.model()
        read = True
    except DeriveError as refused:
        assert len(str(refused).splitlines()) == 1, str(refused)
        read = False
    return read, time.process_time() - begun


def run(sources: Sequence[str], count: int, seed: int) -> tuple[int, float]:
    """How many of so many mutations were read, and the longest time that one took."""
    rng = random.Random(seed)
    results = []
    for number in range(count):
        text = mutated(sources, rng)
        try:
            results.append(tried(text))
        except Exception as error:
            raise AssertionError(f"mutation {number} of seed {seed}: {text!r}") from error
    return sum(read for read, _ in results), max(seconds for _, seconds in results)


if __name__ == "__main__":
    from test_pasted import MODELS
    from test_public_models import MODELS as PUBLIC

    texts = [text for text, _ in (*MODELS.values(), *PUBLIC.values())]
    print(run(texts, int(sys.argv[1]), int(sys.argv[2])))
