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
        """From now on both are one. Contradiction for two different words."""
        one, two = self.root(), other.root()
        if one is two:
            return
        if one.word and two.word and one.word != two.word:
            raise Contradiction(f"{one.word} and {two.word}")
        one.word, one.parts = one.word or two.word, one.parts or two.parts
        two.same = one


def join(one: tuple[Size, ...], other: tuple[Size, ...]) -> None:
    """From now on two shapes are one. Contradiction for two ranks, or two known sizes."""
    if len(one) != len(other):
        raise Contradiction("a vector and a matrix")
    for a, b in zip(one, other, strict=True):
        a.join(b)


Shape = tuple[Size, ...] | None  # None: not known yet
