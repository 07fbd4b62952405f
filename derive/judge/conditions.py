r"""Conditions that an answer states beside a claim: `i \neq j`, `k \le t`, `for t < T`, `t = 1, \dots, T - 1`.

A claim is compared where its conditions hold, and nowhere else. A condition belongs to the claims of its line: to those
before it, or, where the line begins with conditions, to those behind. A line of conditions alone that begins with a
word as "for" belongs to the next claims.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from derive.errors import ReadError
from derive.judge.balls import NoValue
from derive.judge.places import NotWhole, OutOfRange, Scope, named
from derive.read.reader import Row
from derive.read.tree import Added, Bracketed, Logic, Node, Number, Range, Relation
from derive.transcribe.occurrences import letter

ORDERS = frozenset(["<", ">", "<=", ">=", "!="])
FOR = re.compile(r"(?i)\b(?:for|if|when|where|let|assume|suppose|provided)\b|当|若|如果|对|设|其中")


@dataclass
class Circumstances:
    """The conditions of the claim that is judged now; `ignored` are those of which no value is known.

    `side_by_side` says whether two columns were multiplied in it without a sign between them, `gradients` whether the
    side that was computed last has a derivative of the loss in it that is a vector or a matrix.
    """

    where: tuple[Node, ...] = ()
    ignored: list[Node] = field(default_factory=list)
    side_by_side: bool = False
    gradients: bool = False


def grouped(rows: Sequence[Row], source: str) -> Iterator[tuple[Relation, tuple[Node, ...]]]:
    """Each equation of an answer with its conditions."""
    waiting: tuple[Node, ...] = ()
    for line in _lines(rows, source):
        items = [item for row in line for item in row.items]
        found = list(_of_line(items))
        if not found and items and FOR.search("".join(row.before for row in line)):
            waiting = tuple(c for item in items if (c := condition(item, ())) is not None)
            continue
        for equation, conditions in found:
            yield equation, (*waiting, *conditions)
        if found:
            waiting = ()


def _lines(rows: Sequence[Row], source: str) -> Iterator[list[Row]]:
    """Rows that stand in one line of the source, as formulas in dollars with words between them."""
    line: list[Row] = []
    for row in rows:
        between = source[line[-1].items[-1].end : row.items[0].start] if line else ""
        if line and ("\n" in between or "\\\\" in between or re.search(r"[.;。；]\s", between)):
            yield line
            line = []
        line.append(row)
    if line:
        yield line


def _of_line(items: Sequence[Node]) -> Iterator[tuple[Relation, tuple[Node, ...]]]:
    equations = [item for item in items if _equation(item)]
    kinds = [(item, condition(item, [e for e in equations if e is not item])) for item in items]
    first = next((c for item, c in kinds if c is not None or _equation(item)), None)
    ahead: list[Node] = []  # conditions in front of the claims that they are about
    open_: list[Relation] = []  # claims that wait for conditions behind them
    behind: list[Node] = []
    for item, found in kinds:
        if found is not None:
            (ahead if first is not None else behind).append(found)
        elif _equation(item) and first is not None:
            yield item, tuple(ahead)  # type: ignore[misc]
        elif _equation(item):
            if behind:
                yield from ((claim, tuple(behind)) for claim in open_)
                open_, behind = [], []
            open_.append(item)  # type: ignore[arg-type]
    yield from ((claim, tuple(behind)) for claim in open_)


def _equation(item: Node) -> bool:
    return isinstance(item, Relation) and set(item.signs) <= {"=", "approx"}


def condition(item: Node, equations: Sequence[Node]) -> Node | None:
    """What an item says about indices or quantities and is no claim; `t = T` if t is an index of the equations."""
    if isinstance(item, Bracketed) and len(item.items) == 1 and not isinstance(item.items[0], Bracketed):
        return condition(item.items[0], equations)
    if isinstance(item, Range | Logic):
        return item
    if not isinstance(item, Relation):
        return None
    if set(item.signs) <= ORDERS:
        return item
    own = letter(item.sides[0])
    if item.signs == ("=",) and own and _plain(item.sides[1]):
        return item if any(own == letter(p) for e in equations for name, _ in named(e) for p in name.places) else None
    return None


def _plain(node: Node) -> bool:
    return isinstance(node, Number) or bool(letter(node)) or (isinstance(node, Added) and all(map(_plain, node.terms)))


def hold(formulas: Any, scope: Scope) -> Any:
    """Where the conditions hold: a truth value for each point, or one for all."""
    found: Any = True
    circumstances = formulas.circumstances
    for node in circumstances.where:
        try:
            here = _holds(formulas, node, scope)
        except (ReadError, NotWhole, OutOfRange, NoValue):
            circumstances.ignored.append(node)
            continue
        found = np.logical_and(found, here)
    return found


def _holds(formulas: Any, node: Node, scope: Scope) -> Any:
    if isinstance(node, Logic):
        parts = [_holds(formulas, part, scope) for part in node.parts]
        return np.logical_and.reduce(parts) if node.sign == "and" else np.logical_or.reduce(parts)
    if isinstance(node, Range):
        own = letter(node.index)
        if own not in scope:
            return True
        return formulas.whole(node.first, scope) <= scope[own] <= formulas.whole(node.last, scope)
    truth = np.asarray(formulas.holds(node, scope), dtype=bool)
    return np.all(truth.reshape(-1, truth.shape[-1]), axis=0)
