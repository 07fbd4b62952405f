"""The shapes that follow from the formulas, and what their sizes are called."""

from __future__ import annotations

from collections.abc import Mapping

from derive.transcribe.inference import Inference
from derive.transcribe.notation import Notation, Stem
from derive.transcribe.occurrences import written
from derive.transcribe.shape_rules import SHAPES
from derive.transcribe.sizes import Dimensions
from derive.transcribe.statements import Definition
from derive.transcribe.unknown import Contradiction, Size, join


def inferred(
    how: Notation, dimensions: Dimensions, laws: Mapping[Stem, Definition], functions: Mapping[str, Definition]
) -> dict[Stem, tuple[str, ...]]:
    """The sizes of each name that no shape is given for, by their words; names left out are numbers."""
    inference = Inference(how, laws, functions, SHAPES)
    words: dict[str, Size] = {}
    for stem, nodes in dimensions.given.items():
        inference.shapes[stem] = tuple(words.setdefault(written(n), Size(written(n))) for n in nodes)
    given = set(inference.shapes)
    try:
        for _ in range(6):
            before = len(inference.shapes)
            for stem, law in laws.items():
                shape = inference.shape(law.right)
                if shape is not None:
                    join(inference.shapes.setdefault(stem, shape), shape)
                elif stem in inference.shapes:
                    inference.give(law.right, inference.shapes[stem])
            if before == len(inference.shapes):
                break
    except Contradiction:
        return {}
    return _named({s: shape for s, shape in inference.shapes.items() if s not in given})


def _named(shapes: Mapping[Stem, tuple[Size, ...]]) -> dict[Stem, tuple[str, ...]]:
    """Sizes without a word are called by the vector that has them: d_x of x, d_h of h."""
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
