"""What is said of one line of an answer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from derive.language import Text

RIGHT, CONVENTION, SLIP, FOLLOWS, WRONG, UNDECIDED, UNREADABLE = (
    "right", "convention", "slip", "follows", "wrong", "undecided", "unreadable",
)  # fmt: skip
GOOD = (RIGHT, CONVENTION)
BAD = (SLIP, FOLLOWS, WRONG)


@dataclass(frozen=True)
class Line:
    """A claim `left = right`, `text` as typed, and what is said of it.

    `slip` is the key of a named slip, `value` the right formula in LaTeX or the right number, `example` where the two
    sides differ, `caret` the place of what cannot be read.
    """

    text: str
    verdict: str
    number: int
    reason: Text | None = None
    slip: str = ""
    value: str = ""
    example: Text | None = None
    caret: str = ""
    defines: bool = False  # whether it gives a new name to something, and claims nothing
    only: Text | None = None  # the version of the task in which alone the claim holds

    def data(self, lang: str) -> dict[str, Any]:
        """The line for JSON; what is not there is left out."""
        found: dict[str, Any] = {"line": self.number, "text": self.text, "verdict": self.verdict}
        said = {"reason": self.reason, "counterexample": self.example, "version": self.only}
        found |= {key: text.pick(lang) for key, text in said.items() if text is not None}
        return found | {k: v for k, v in (("slip", self.slip), ("right", self.value), ("place", self.caret)) if v}


def whole(lines: tuple[Line, ...]) -> str:
    """The verdict on an answer: wrong if any line is, else unreadable or undecided if any line is; else right.

    Lines that only define names claim nothing: an answer of nothing else is undecided.
    """
    if any(line.verdict in BAD for line in lines):
        return WRONG
    verdicts = {line.verdict for line in lines}
    nothing = UNDECIDED if lines else UNREADABLE
    good = RIGHT if any(not line.defines for line in lines) else nothing
    return next((v for v in (UNREADABLE, UNDECIDED) if v in verdicts), good)
