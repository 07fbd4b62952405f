"""The adjoint of a fixed point that is one number stands on both sides of its equation, which is solved by a division.

u = c u + b  gives  (1 - c) u = b,  u = b/(1 - c).
"""

from __future__ import annotations

from dataclasses import replace

from sympy import Dummy, Pow, S, diff

from derive.chain.derivation import Line, Step, product
from derive.expressions.indices import name_of
from derive.expressions.symbols import Partial
from derive.language import Text

SOLVED = Text(
    "collect {target} on the left: {factor} times {target} is {rest}; divide by {factor}, where it is not 0",
    "把含 {target} 的项移到左边：{factor} 乘以 {target} 等于 {rest}；在 {factor} 不为 0 处两边除以它",
)


def solved(step: Step) -> Step:
    """The step with its equation solved, where its target stands in its own last line, and no other of its family."""
    value, u = step.value, Dummy()
    if step.target == value or not value.has(step.target):
        return step
    rest = value.xreplace({step.target: S.Zero})
    factor = 1 - diff(value.xreplace({step.target: u}), u)
    if factor == 0 or factor.has(u) or any(name_of(p.wrt) == step.node.name for p in (rest + factor).atoms(Partial)):
        return step
    last = Line((product((rest, Pow(factor, -1))),), SOLVED(target=step.target, factor=factor, rest=rest))
    return replace(step, lines=(*step.lines, last))
