"""Trees and statements to Python text, for one target."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from textwrap import wrap

from sympy import Integer

from derive.code.names import called
from derive.code.targets import Target
from derive.code.trees import (
    Apply,
    Assign,
    Branch,
    Call,
    Condition,
    Contraction,
    Inner,
    Loop,
    MatMul,
    Name,
    NewAxis,
    Number,
    Pick,
    Plus,
    Power,
    Reduce,
    Settle,
    Shape,
    Slice,
    Statement,
    Times,
    Transpose,
    Tree,
)  # fmt: skip
from derive.expressions.functions import BY_NAME

SUM, PRODUCT, POWER, ATOM = range(4)  # how tightly a text binds
WIDTH, INDENT = 120, "    "
Printed = tuple[str, int]


class CodePrinter:
    """Prints trees and statements as Python text for a target."""

    def __init__(self, target: Target):
        self.target = target

    # expressions
    def __call__(self, tree: Tree) -> str:
        """Return a tree as text."""
        return self.printed(tree)[0]

    def at(self, tree: Tree, level: int) -> str:
        """Return the text, in brackets if it binds less tightly than `level`."""
        text, own = self.printed(tree)
        return text if own >= level else f"({text})"

    def printed(self, tree: Tree) -> Printed:
        """Return the text and how tightly it binds."""
        found: Printed = getattr(self, f"_{type(tree).__name__.lower()}")(tree)
        return found

    def _name(self, tree: Name) -> Printed:
        return tree.text, ATOM

    def _number(self, tree: Number) -> Printed:
        text = str(int(tree.value)) if isinstance(tree.value, (int, Integer)) else repr(float(tree.value))
        text = text.replace("inf", "math.inf")
        return text, PRODUCT if text.startswith("-") else ATOM

    def _plus(self, tree: Plus) -> Printed:
        text = ""
        for sign, term in tree.terms:
            joint = ("-" if sign < 0 else "") if not text else (" - " if sign < 0 else " + ")
            text += joint + self.at(term, PRODUCT)
        return text, SUM

    def _times(self, tree: Times) -> Printed:
        above = tree.above
        minus = len(above) > 1 and above[0] == Number(Integer(-1))
        text = " * ".join(self._factor(t, n) for n, t in enumerate(above[1:] if minus else above))
        if tree.below:
            below = " * ".join(self._factor(t, 1) for t in tree.below)
            text += f" / ({below})" if len(tree.below) > 1 else f" / {below}"
        return ("-" if minus else "") + text, PRODUCT

    def _factor(self, tree: Tree, at: int) -> str:
        """Return a factor; a quotient or matrix product keeps its brackets if it is not the first."""
        return self.at(tree, POWER if at or isinstance(tree, MatMul) else PRODUCT)

    def _power(self, tree: Power) -> Printed:
        return f"{self.at(tree.base, ATOM)}**{self.at(tree.exponent, ATOM)}", POWER

    def _matmul(self, tree: MatMul) -> Printed:
        return f"{self.at(tree.left, POWER)} @ {self.at(tree.right, POWER)}", PRODUCT

    def _condition(self, tree: Condition) -> Printed:
        joined = tree.sign in "&|"
        return f" {tree.sign} ".join(self.at(a, ATOM) if joined else self(a) for a in tree.args), SUM

    def _shape(self, tree: Shape) -> Printed:
        inner = ", ".join(self(a) for a in tree.lengths)
        return f"({inner},)" if len(tree.lengths) == 1 else f"({inner})", ATOM

    def _slice(self, tree: Slice) -> Printed:
        start, stop = (self(e) if e else "" for e in (tree.start, tree.stop))
        return f"{start}:{stop}" + (f":{tree.step}" if tree.step != 1 else ""), ATOM

    def _newaxis(self, tree: NewAxis) -> Printed:
        return "None", ATOM

    def _pick(self, tree: Pick) -> Printed:
        return f"{self.at(tree.array, ATOM)}[{', '.join(map(self, tree.places))}]", ATOM

    def _transpose(self, tree: Transpose) -> Printed:
        array = self.at(tree.array, ATOM)
        if tree.order == (1, 0):
            return f"{array}.T", ATOM
        return f"{array}.{self.target.patterns['transpose']}({', '.join(map(str, tree.order))})", ATOM

    def _reduce(self, tree: Reduce) -> Printed:
        text, axes = self.at(tree.array, ATOM), tree.axes
        if tree.kind == "prod":  # torch takes one axis at a time
            return text + "".join(f".prod({a})" for a in reversed(axes)), ATOM
        return f"{text}.{self.target.patterns.get(tree.kind, tree.kind)}({axes[0] if len(axes) == 1 else axes})", ATOM

    def _inner(self, tree: Inner) -> Printed:
        letters = "".join(map(_letter, range(tree.rank)))
        out = "".join(a for n, a in enumerate(letters) if n not in tree.axes)
        both = Times((tree.left, tree.right))
        total = f"({self(both)}).sum({_axes(tree.axes, tree.rank)})"
        spec = f"{letters},{letters}->{out}"
        return self.target.inner.format(spec=spec, left=self(tree.left), right=self(tree.right), total=total), ATOM

    def _contraction(self, tree: Contraction) -> Printed:
        inner, out = ["".join(map(_letter, axes)) for _, axes in tree.operands], "".join(map(_letter, tree.axes))
        operands = ", ".join(self(t) for t, _ in tree.operands)
        return self.target.einsum.format(spec=f"{','.join(inner)}->{out}", operands=operands), ATOM

    def _apply(self, tree: Apply) -> Printed:
        pattern = self.target.patterns[tree.function]
        texts = [self(a) for a in tree.args]
        if tree.function in ("maximum", "minimum", "least", "greatest", "least number", "greatest number"):
            while len(texts) > 2:
                texts[:2] = [pattern.format(*texts[:2])]
        words = {}
        if "slots" in tree.function:
            words["zeros"] = self.target.patterns["zeros"].format(texts[0])
        if "{atom" in pattern:
            words |= {f"atom{n}": self.at(a, POWER) for n, a in enumerate(tree.args)}
        return pattern.format(*texts, **words), PRODUCT if "{atom" in pattern else ATOM

    def _call(self, tree: Call) -> Printed:
        row = BY_NAME[tree.function]
        text = getattr(row, self.target.name) or f"{called(row.name)}({{0}})"
        pattern = text if "{" in text else f"{self.target.module}.{text}({{0}})"
        return pattern.format(", ".join(map(self, tree.args))), ATOM

    # statements
    def lines(self, statements: Iterable[Statement], depth: int = 1) -> Iterator[str]:
        """Return the lines of a block."""
        for statement in statements:
            yield from getattr(self, f"_{type(statement).__name__.lower()}_lines")(statement, depth)

    def _assign_lines(self, line: Assign, depth: int) -> Iterator[str]:
        text = INDENT * depth + (self._scattered(line) if line.repeats else self._assigned(line))
        if line.remark and len(text) + len(line.remark) + 4 > WIDTH:
            yield from wrap(
                line.remark, WIDTH, initial_indent=INDENT * depth + "# ", subsequent_indent=INDENT * depth + "#     "
            )
            yield text
        else:
            yield text + (f"  # {line.remark}" if line.remark else "")

    def _assigned(self, line: Assign) -> str:
        return f"{self(line.target)} {'+=' if line.adds else '='} {self(line.value)}"

    def _scattered(self, line: Assign) -> str:
        assert isinstance(line.target, Pick)
        places = self(Shape(line.target.places))
        return self.target.scatter.format(array=self(line.target.array), places=places, value=self(line.value))

    def _loop_lines(self, loop: Loop, depth: int) -> Iterator[str]:
        step = ", -1" if loop.step < 0 else ""
        yield f"{INDENT * depth}for {loop.variable} in range({self(loop.first)}, {self(loop.past)}{step}):"
        yield from self.lines(loop.body, depth + 1)

    def _settle_lines(self, settle: Settle, depth: int) -> Iterator[str]:
        names = [self(name) for name, _ in settle.variables]
        yield from (f"{INDENT * depth}{self(name)} = {self(start)}" for name, start in settle.variables)
        yield f"{INDENT * depth}for _ in range(MOST_STEPS):"
        yield f"{INDENT * (depth + 1)}before = {', '.join(names)},"
        yield from self.lines(settle.body, depth + 1)
        yield f"{INDENT * (depth + 1)}if _still(({', '.join(names)},), before):"
        yield f"{INDENT * (depth + 2)}break"
        yield f"{INDENT * depth}else:"
        shown = ", ".join(names)
        yield f'{INDENT * (depth + 1)}raise ValueError(f"{shown}: nothing settled within {{MOST_STEPS}} steps")'

    def _branch_lines(self, branch: Branch, depth: int) -> Iterator[str]:
        yield f"{INDENT * depth}if {self(branch.condition)}:"
        yield from self.lines(branch.body, depth + 1)


def _axes(axes: tuple[int, ...], rank: int) -> str:
    """Write the axes of a sum: all of them, one, or several."""
    return "" if len(axes) == rank else str(axes[0] if len(axes) == 1 else axes)


def _letter(n: int) -> str:
    return "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"[n]
