"""The shapes that follow from the formulas, and what their sizes are called."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from derive.read.tree import Node
from derive.transcribe.inference import Inference
from derive.transcribe.looks import vectors_for_sure
from derive.transcribe.notation import Notation, Stem
from derive.transcribe.shape_rules import SHAPES
from derive.transcribe.sizes import Dimensions, Ends
from derive.transcribe.statements import Definition
from derive.transcribe.unknown import Contradiction, Size, join


class Unclear(Exception):
    """Formulas that leave a shape open, or contradict each other, at a node."""

    def __init__(self, node: Node, message: str):
        super().__init__(message)
        self.node = node


def inferred(
    how: Notation,
    dimensions: Dimensions,
    laws: Mapping[Stem, Definition],
    functions: Mapping[str, Definition],
    starts: Mapping[Stem, Iterable[Definition]],
    doubt: list[Unclear],
) -> dict[Stem, tuple[str, ...]]:
    """The sizes of each name that no shape is given for, by their words; names left out are numbers.

    Letters without a range get theirs in `dimensions`, and `doubt` the contradiction, if the formulas hold one: the
    formulas themselves show it at its place, unless they all can be read. Errors: Unclear.
    """
    inference = Inference(how, dimensions, laws, functions, SHAPES)
    for stem, nodes in dimensions.given.items():
        inference.shapes[stem] = tuple(map(inference.sized, nodes))
    given = set(inference.shapes)
    lines = [(stem, law.right) for stem, law in laws.items()]
    lines += [(stem, each.right) for stem, several in starts.items() for each in several]
    try:
        _read(inference, lines)
    except Contradiction as found:
        if not dimensions.given and not any(map(vectors_for_sure, (right for _, right in lines))):
            return {}
        message = f"the shapes do not go together: {found}; give them, as in W \\in \\mathbb{{R}}^{{m \\times n}}"
        doubt.append(Unclear(inference.at, message))
    for stem, (node, kind) in inference.open.items():
        if stem not in inference.shapes and stem not in laws:
            raise Unclear(node, _OPEN[kind])
    for node in inference.several:
        if inference.shape(node) is None:
            raise Unclear(node, _SEVERAL)
    return _named(inference, {s: shape for s, shape in inference.shapes.items() if s not in given})


_SEVERAL = (
    r"this is a vector, and nothing says which of its factors is one; give the shapes, as in x \in \mathbb{R}^{n}"
)
_OPEN = {
    "weight": r"is this weight a number or a matrix? give its shape, as in w \in \mathbb{R}^{m \times n}",
    "greek": r"is this a number or a vector? give its shape, as in \mu \in \mathbb{R} or \mu \in \mathbb{R}^{n}",
    "small": r"is this a vector, the same for each row, or a matrix? give its shape, as in b \in \mathbb{R}^{k}",
}


def _read(inference: Inference, lines: Sequence[tuple[Stem, Node]]) -> None:
    """Reads all lines until nothing new is found."""
    for _ in range(6):
        before = len(inference.shapes)
        for stem, right in lines:
            inference.at = right
            shape = inference.shape(right)
            if shape:
                join(inference.shapes.setdefault(stem, shape), shape)
            elif shape == ():
                inference.shapes.setdefault(stem, ())
            elif stem in inference.shapes:
                inference.give(right, inference.shapes[stem])
        if before == len(inference.shapes):
            break


def _named(inference: Inference, shapes: Mapping[Stem, tuple[Size, ...]]) -> dict[Stem, tuple[str, ...]]:
    """Sizes without a word are called by the letter that runs over them, or the vector that has them: d_x of x."""
    for name, size in inference.letters.items():
        root = size.root()
        if not root.word and not root.parts:
            root.word = name.upper()
        inference.dimensions.letters[name] = Ends(None, None, name, _word(root))
    vectors = sorted((s for s in shapes if len(shapes[s]) == 1), key=lambda s: (s.base not in "xhyoz", len(s.word)))
    for stem in (*vectors, *shapes):
        for k, size in enumerate(shapes[stem]):
            root = size.root()
            if not root.word and not root.parts:
                root.word = f"d_{stem.word}{k + 1 if len(shapes[stem]) > 1 else ''}"
    return {stem: tuple(map(_word, shape)) for stem, shape in shapes.items()}


def _word(size: Size) -> str:
    root = size.root()
    return "+".join(map(_word, root.parts)) if root.parts else root.word
