"""Sizes and shapes that are not known yet; equal sizes are joined as the formulas are read."""

from __future__ import annotations

from dataclasses import dataclass


class Contradiction(Exception):
    """The same name would need two shapes."""


@dataclass(eq=False)
class Size:
    """A size, perhaps not known yet; equal ones are joined."""

    word: str = ""
    parts: tuple[Size, ...] = ()  # of [a; b]: the sizes that it is the sum of
    same: Size | None = None

    def root(self) -> Size:
        """The size that stands for all that are equal to this one."""
        return self if self.same is None else self.same.root()

    def join(self, other: Size) -> None:
        """From now on both are one. Contradiction for two different words, or a size that is more than itself."""
        one, two = self.root(), other.root()
        if one is two:
            return
        if one.word and two.word and one.word != two.word:
            raise Contradiction(f"the sizes {one.word} and {two.word} where one belongs")
        if one in two.within() or two in one.within():
            raise Contradiction("a vector that is a part of itself")
        one.word, one.parts = one.word or two.word, one.parts or two.parts
        two.same = one

    def within(self) -> list[Size]:
        """The sizes that this one is made of."""
        return [size for part in self.root().parts for size in (part.root(), *part.within())]


def join(one: tuple[Size, ...], other: tuple[Size, ...]) -> None:
    """From now on two shapes are one. Contradiction for two ranks, or two known sizes."""
    if len(one) != len(other):
        raise Contradiction("a vector and a matrix where one of them belongs")
    for a, b in zip(one, other, strict=True):
        a.join(b)


def beside(one: tuple[Size, ...], other: tuple[Size, ...]) -> tuple[Size, ...]:
    """The shape of two that stand beside each other in a sum: equal ones are joined, an axis of size 1 is repeated."""
    if len(one) != len(other):
        return max(one, other, key=len)
    for a, b in zip(one, other, strict=True):
        if "1" not in (a.root().word, b.root().word):
            a.join(b)
    return tuple(b if a.root().word == "1" else a for a, b in zip(one, other, strict=True))


Shape = tuple[Size, ...] | None  # None: not known yet
