"""Where a long line of mathematics breaks: before a plus or a minus outside brackets."""

from __future__ import annotations

import re

from derive.memo import memo
from derive.page.print.order import signed
from derive.page.print.width import width


def summands(latex: str) -> tuple[str, ...]:
    """The terms of a written sum: parted before each plus and minus outside all brackets."""
    found, depth = [""], 0
    for token in re.split(r"(?<= )([+-] |[{}()])|([{}()])", latex):
        depth += (token or "") in ("{", "(")
        depth -= (token or "") in ("}", ")")
        if token in ("+ ", "- ") and not depth:
            found.append("-" if token == "- " else "")
        else:
            found[-1] += token or ""
    return tuple(term.strip() for term in found)


@memo
def broken(terms: tuple[str, ...], room: float) -> list[str]:
    """Terms joined to lines no wider than `room` em, broken before a plus or a minus."""
    lines: list[list[str]] = [[]]
    used = 0.0
    for term in terms:
        wide = width(term) + 1.3
        if lines[-1] and used + wide > room:
            lines.append([])
            used = 0.0
        lines[-1].append(term)
        used += wide
    joined = [signed(line) for line in lines]
    return [joined[0], *(line if line.startswith("-") else f"+ {line}" for line in joined[1:])]
