"""The arithmetic of layers: the catalogue's numbers, what does not fit, and random stacks beside torch and autograd."""

from __future__ import annotations

import pytest

from derive.cli.main import run

REFUSED = {
    "conv 8 5x5|4x4x3": "layer 1, conv 8 5x5: the kernel covers 5 and the map is 4 long there; take a smaller kernel",
    "conv 8 3x3 dilation 2|4x4x3": "covers 5 and the map is 4",
    "pool 2; pool 3|4x4x3": "layer 2, pool 3: the kernel covers 3 and the map is 2",
    "conv 8 3x3 groups 2|9x9x3": "2 groups do not divide the 3 channels of the input",
    "conv 9 3x3 groups 2|9x9x4": "2 groups do not divide the 9 channels of the output",
    "sum[conv 8 1x1 | conv 9 1x1]|9x9x4": "the branches end with 9x9x8, 9x9x9",
    "concat[conv 8 3x3 | ]|9x9x4": "the branches end with 7x7x8, 9x9x4",
    "attention heads 3|10x8": "3 heads do not divide the width 8",
    "attention|8x8x3": "it needs a sequence",
    "conv 8 3x3|16": "it needs a map",
    "con 8 3x3|9x9x3": "did you mean conv?",
    "conv 8|9x9x3": "type it as in conv 64 3x3",
    "conv 8 3x3 stride|9x9x3": "a number is missing after stride",
    "conv 8 3x3 pad same stride 2|9x9x3": "padding same needs stride 1",
    "fc 10 stride 2|9x9x3": "fc has no stride",
    "sum[conv 8 3x3 pad 1|9x9x3": "a bracket [ without its ]",
    "repeat n [conv 8 3x3]|9x9x8": "a number that is a letter needs a stack that keeps the shape",
    "pool 2 pad 2|9x9x3": "padding 2 is more than half of the window 2",
    "conv 0 3x3|9x9x3": "is no size",
    "|9x9x3": "no layers",
    "conv 8 3x3x3|9x9x3": "kernel has 3 sizes",
    "sum[conv 8 1x1 stride 2 | pool 2 ]|9x9x8": "the branches end with 5x5x8, 4x4x8",
}


@pytest.mark.parametrize("typed", REFUSED)
def test_what_does_not_fit_is_one_line(typed: str, capsys: pytest.CaptureFixture[str]) -> None:
    layers, _, input = typed.rpartition("|")
    assert run(["layers", layers, "--input", input]) == 2
    told = capsys.readouterr().err
    assert REFUSED[typed] in told and told.count("\n") == 1
