"""What the words around a name say of it: "the input $x$", "$w$ and $b$ are parameters", 设输入 $x_t$."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from derive.read.reader import Row
from derive.read.tree import Relation
from derive.transcribe.occurrences import Occurrence, occurrence

_KINDS = {
    "parameter": r"parameters?|weights?|bias(?:es)?|weight matri(?:x|ces)|参数|权重|偏置",
    "input": r"inputs?|features?|samples?|输入|特征|样本(?!标签)",
    "target": r"targets?|labels?|ground truth|(?:样本)?标签|目标|真实值",
    "constant": r"constants?|hyperparameters?|learning rate|temperature|常数|超参数|学习率|温度",
    "one_hot": r"one[- ]hot(?: labels?| vectors?| targets?)?|独热(?:编码|向量)?",
}
_BEFORE = {
    kind: re.compile(rf"(?:{words})(?: vectors?| matri(?:x|ces))?\s*[:：]?\s*$", re.I) for kind, words in _KINDS.items()
}
_VERB = r"(?:is|are|be|as|denotes?|为|是|作为|表示|(?=an?\b))"
_BEHIND = {
    kind: re.compile(rf"^\s*{_VERB}\s*(?:the|a|an|its|model)?\s*(?:\w+ )?(?:{words})", re.I)
    for kind, words in _KINDS.items()
}
_ONE_HOT = re.compile(rf"^\s*,?\s*(?:is|are|为|是)?\s*(?:a|an)?\s*(?:{_KINDS['one_hot']})", re.I)
_BETWEEN = re.compile(r"^\s*(?:,|and|，|、|和|及|与|, and)\s*$")


def said(rows: Sequence[Row]) -> Iterator[tuple[Occurrence, str]]:
    """(a name, what it is said to be) for each name in the prose; a list of names shares what stands at either end."""
    start = 0
    while start < len(rows):
        stop = start + 1
        while stop < len(rows) and _names(rows[stop]) and _BETWEEN.match(rows[stop].before):
            stop += 1
        after = rows[stop].before if stop < len(rows) else rows[-1].behind
        for kind in _before(rows[start].before):
            yield from ((name, kind) for row in rows[start:stop] for name in _names(row))
        alone = re.match(r"^\s*,?\s*is\b|^\s*an?\b", after)
        for row in rows[stop - 1 : stop] if alone else rows[start:stop]:
            if row is rows[stop - 1] or not isinstance(row.items[0], Relation):
                yield from ((name, kind) for name in _names(row) for kind in _behind(after))
        start = stop


def _names(row: Row) -> list[Occurrence]:
    """The names of a row that holds nothing else, or that says where they lie."""
    heads = [getattr(item, "sides", (item,))[0] for item in row.items]
    return [name for name in map(occurrence, heads) if name is not None]


def _before(before: str) -> list[str]:
    last = before.rsplit("\n\n", 1)[-1]
    return [kind for kind, pattern in _BEFORE.items() if pattern.search(last)]


def _behind(after: str) -> list[str]:
    found = ["one_hot"] if _ONE_HOT.match(after) else []
    return found or [kind for kind, pattern in _BEHIND.items() if pattern.match(after)]
