"""Every line of an identity against the values that the model's own equations give, for random sizes and numbers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

import torch
from sympy import Expr

from derive.chain.derivation import Derivation, Line
from derive.check.compare import Array, line_errors, relative, worst_of
from derive.check.report import Report, Row, united
from derive.check.rounding import terms
from derive.check.samples import Sample, over_samples
from derive.evaluate.store import Store
from derive.language import Text
from derive.model.model import Node
from derive.topics.identities.identities import Identity

DRAWS = 6
POINTS = 20
CHECKED = Text(
    "Every line of every identity was compared with the values that the model's own equations give, at random points.",
    "等式两边的每一行都在随机点上与按模型方程算出的值作了比较。",
)


def verify_identities(derivation: Derivation, found: Sequence[Identity], seed: int = 0) -> Report:
    """Return a row for each side: its lines, and its value compared with that of the other side."""
    if not found:
        return Report()
    report = over_samples(
        derivation, {}, range(seed, seed + DRAWS), POINTS, lambda sample: iter(united(_rows(sample, found)))
    )
    return replace(report, notes=(CHECKED,))


def _rows(sample: Sample, found: Sequence[Identity]) -> Iterator[Row]:
    store = sample.store()
    with torch.no_grad():
        sample.passes.forward(store)
    for same in found:
        truth = store.whole(same.one.name)
        for node, lines in ((same.one, same.lines), (same.other, same.other_lines)):
            yield _side(sample, store, node, lines, truth)


def _side(sample: Sample, store: Store, node: Node, lines: Sequence[Line], truth: Array) -> Row:
    def error(expr: Expr) -> float:
        def value(of: Expr) -> Array:
            return sample.value(of, store, node.indices)

        return relative(value(expr), truth, terms=lambda: value(terms(expr)))

    return Row(node.generic, truth.numel(), *worst_of(line_errors(lines, error)))
