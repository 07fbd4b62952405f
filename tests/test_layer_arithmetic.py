"""The arithmetic of layers: the catalogue's numbers, what does not fit, and random stacks beside torch and autograd."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from sympy import Expr, Integer, Rational, expand
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from derive import Layers
from derive.cli.main import run
from derive.errors import UsageError, VerificationError
from derive.language import LANGUAGES
from derive.layers.check.compare import checked
from derive.layers.claims import compared
from derive.layers.network import Network, said
from derive.layers.page import solution
from derive.layers.read import read_layers
from derive.layers.render import render
from derive.layers.said import in_chinese
from derive.layers.shape import Shape, read_shape
from derive.layers.size import size
from derive.page.blocks import Table
from derive.problems import layer_tasks, load_layers
from derive.sheet.blank import CELL
from derive.sheet.blank import exercise as blanked
from tests.random_layers import agreed

REFUSED = {
    "lstm 8|8x8x3": "it needs a sequence, length x width, and the shape here is 8x8x3",
    "gru 8 biases 3|8x3": "a gate has one bias, or two as torch keeps them: biases 2; found 3",
    "conv 8 3 biases 2|8x3": "conv has no biases",
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


def total(name: str, what: str = "parameters", at: int = 0) -> Expr:
    network = load_layers(name).networks[at]
    return getattr(network, what) if hasattr(network, what) else network.total(what)


def column(name: str, what: str, at: int = 0) -> list[int]:
    return [int(row.value(what)) for row in load_layers(name).networks[at].rows]


def shapes(name: str, at: int = 0) -> list[str]:
    return [said(row.output) for row in load_layers(name).networks[at].rows]


@pytest.mark.parametrize(
    "typed, chinese",
    [
        ("conv 32 7x7 stride 2 pad same nobias", "卷积 32 个 7×7，步幅 2，等长填充，无偏置"),
        ("tconv 16 4x4 outpad 1", "转置卷积 16 个 4×4，输出填充 1"),
        ("depthwise 3x3 dilation 2x1", "逐通道卷积 3×3，膨胀率 2×1"),
        ("pool 3 stride 2", "最大池化 3，步幅 2"),
        ("relu", "ReLU"),
    ],
)
def test_a_layer_is_named_in_chinese(typed: str, chinese: str) -> None:
    assert in_chinese(typed) == chinese


def test_catalogue_0_1() -> None:
    maps = ["120x120x32", "60x60x32", "56x56x64", "28x28x64", "24x24x64", "12x12x64", "3"]
    assert shapes("cnn-table") == maps
    assert column("cnn-table", "weights") == [7776, 0, 51200, 0, 102400, 0, 27648]
    assert column("cnn-table", "biases") == [32, 0, 64, 0, 64, 0, 3]


def test_catalogue_0_3_and_0_4() -> None:
    assert shapes("conv-output") == ["29x29x32"]
    assert total("one-by-one") == 17


def test_catalogue_1_3() -> None:
    changing = (0, 3, 4, 7, 8)  # the layers that are no activation and no normalisation
    assert [shapes("cnn-shapes")[n] for n in changing] == ["32x32x32", "16x16x32", "16x16x64", "8x8x64", "8x8x100"]
    assert [shapes("cnn-shapes", 1)[n].split("x")[0] for n in changing] == ["28", "14", "12", "6", "6"]
    assert set(shapes("cnn-shapes", 2)) == set(shapes("cnn-shapes"))
    assert [axis.size for axis in load_layers("cnn-shapes").networks[0].rows[-1].field or ()] == [12, 12]
    assert (total("cnn-shapes", at=3), total("cnn-shapes", at=4)) == (64010, 1010)


def test_catalogue_2_2() -> None:
    worked = [a + b for a, b in zip(column("alexnet", "weights"), column("alexnet", "biases"), strict=True) if a]
    assert worked == [34944, 307456, 885120, 663936, 442624, 37752832, 16781312, 4097000]
    assert (total("alexnet"), total("alexnet", "ungrouped")) == (60965224, 62378344)
    said = [row[-1].pick("en") for row in compared(load_layers("alexnet")).rows]
    assert said == [
        "agrees", "as if each kernel read all channels, 614400 + 256 = 614656", "agrees",
        "as many as 192 kernels have, not 384", "as many as 192 kernels have, not 256", "agrees", "agrees",
        "wrong arithmetic; it differs by 3000", "as if no layer had groups",
    ]  # fmt: skip


@pytest.mark.parametrize("odd", (3, 5, 7, 9))
def test_catalogue_3_1(odd: int) -> None:
    """A hand count for an odd kernel: k^2 C^2, (k - 1)/2 times 9 C^2, and the bottlenecks with C/4 inside."""
    k, c, h, w = (size(s, "") for s in "kCHW")
    one, many = Rational(odd**2), Rational(odd - 1, 2)
    weights = [1, one, 9 * many, Rational(1, 2) + one / 16, many * (Rational(1, 2) + Rational(9, 16))]
    for network, expected in zip(load_layers("kernel-sizes").networks, weights, strict=True):
        assert expand(network.parameters.subs(k, odd) - expected * c**2) == 0
        assert expand(network.total("multiply_adds").subs(k, odd) - expected * h * w * c**2) == 0
    fields = [network.rows[-1].field for network in load_layers("kernel-sizes").networks]
    assert [[axis.size for axis in field or ()] for field in fields] == [[1, 1], *[[k, k]] * 4]


def test_catalogue_4_6() -> None:
    c1, c3 = load_layers("lenet-connections").networks
    assert c1.rows[0].connections is not None and c1.rows[0].connections.value == 122304
    assert c3.parameters == 1516


def test_catalogue_4_10() -> None:
    assert total("vgg16", "activations") == 15237608
    assert total("vgg16", "weights") == 138344128
    assert [total("inception", "multiply_adds", at) for at in (0, 1)] == [1115684864, 397410304]


def test_catalogue_4_11_and_4_12() -> None:
    assert total("norm-parameters") == 660
    c, h, w = (size(s, "") for s in "CHW")
    for network, number in zip(load_layers("same-field").networks, (49, 14, 32, 27, Rational(39, 4)), strict=True):
        assert network.parameters == number * c**2
        assert network.total("multiply_adds") == number * h * w * c**2
        assert [axis.size for axis in network.rows[-1].field or ()] == [7, 7]


SHOWN = {
    "cnn-table": "120 × 120 × 32, 24 × 24 × 64, 9 · 9 · 3 · 32 = 7776, 51200, 102400, 9216 · 3 = 27648",
    "conv-output": "⌊(63 - 7)/2⌋ + 1 = 29, 29 × 29 × 32",
    "one-by-one": "17",
    "cnn-shapes": "8 × 8 × 100, 12 × 12, 64000, 64010, 1010",
    "alexnet": "307456, 614656, 442624, 331968, 4097000, 60965224, 62378344",
    "kernel-sizes": "9/2 C² (k - 1), k × k",
    "lenet-connections": "122304, 1516",
    "vgg16": "15237608, 138344128, 102760448",
    "inception": "1115684864, 397410304",
    "norm-parameters": "660",
    "cells": "D H + H + H², 4 (D H + H + H²), 3 (D H + H + H²), 3 T (D H + H²)",
    "same-field": "49 C², 14 C², 32 C², 27 C², 39/4 C², 39/4 H W C²",
}


def test_every_task_has_values_that_are_looked_for() -> None:
    assert set(SHOWN) == set(layer_tasks())


@pytest.mark.parametrize("name", layer_tasks())
def test_a_task_is_checked_and_printed_in_both_languages(name: str) -> None:
    task = load_layers(name)
    checks = tuple(checked(network, dict(task.values)) for network in task.networks)
    for lang in LANGUAGES:
        page = str(render(task, checks, "text", lang, "full"))
        assert ("Checked with torch" in page) == (lang == "en")
        assert task.title.pick(lang) in page
        assert not [value for value in SHOWN[name].split(", ") if value not in page]


def test_a_wrong_number_fails_the_check() -> None:
    """Each count and each receptive field is looked at: a row that says something else is refused."""
    network = Network(read_layers("conv 8 3x3 stride 2; pool 2"), read_shape("17x17x3"))
    first = network.rows[0]
    assert first.weights is not None and first.multiply_adds is not None and first.field is not None
    axis = first.field[0]
    wrong = {
        "the parameters": {"weights": first.weights._replace(value=first.weights.value + 1)},
        "the multiply-adds": {"multiply_adds": first.multiply_adds._replace(value=first.multiply_adds.value + 1)},
        "the output": {"output": Shape((Integer(9), Integer(8)), Integer(8))},
        "the gradient reaches": {"field": (axis._replace(end=axis.end + 1), axis)},
        "gradient reaches": {"field": (axis, axis._replace(jump=Integer(3)))},
    }
    for told, change in wrong.items():
        spoiled = Network(network.stack, network.input)
        vars(spoiled)["rows"] = (replace(first, **change), *network.rows[1:])
        with pytest.raises(VerificationError, match=told):
            checked(spoiled)


def test_a_sheet_of_several_tasks_has_tasks_on_layers(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "my.toml"
    file.write_text('[[problem]]\nname = "conv-output"\nmarks = 4\n\n[[problem]]\nname = "logistic"\n')
    assert run(["sheet", str(file), "--format", "text"]) == 0
    page = capsys.readouterr().out
    assert "⌊(63 - 7)/2⌋ + 1 = 29" in page and "Problem 1: Checked with torch" in " ".join(page.split())
    assert run(["sheet", str(file), "--format", "json"]) == 0
    assert '"layer": "1"' in capsys.readouterr().out
    file.write_text('[[problem]]\nname = "conv-output"\nnumbers = { a = 1 }\n')
    assert run(["sheet", str(file), "--format", "text"]) == 2
    assert "a task on layers has none" in capsys.readouterr().err


@pytest.mark.parametrize("seed", range(40))
def test_random_networks_agree_with_torch_and_autograd(seed: int) -> None:
    """`python -m tests.random_layers 500` does the same for 500."""
    assert agreed(seed).layers > 0


def residual(out: int, stride: int) -> str:
    """A block of ResNet-18: two convolutions, and beside them the input or, where the stride is 2, a convolution."""
    short = f"conv {out} 1x1 stride {stride} nobias; bn" if stride > 1 else ""
    body = f"conv {out} 3x3 stride {stride} pad 1 nobias; bn; relu; conv {out} 3x3 pad 1 nobias; bn"
    return f"sum[{body} | {short}]; relu"


RESNET = "conv 64 7x7 stride 2 pad 3 nobias; bn; relu; pool 3 stride 2 pad 1; " + "; ".join(
    residual(out, stride)
    for out, stride in ((64, 1), (64, 1), (128, 2), (128, 1), (256, 2), (256, 1), (512, 2), (512, 1))
) + "; gap; fc 1000"  # fmt: skip
TRANSFORMER = "sum[attention heads 8 | ]; ln; sum[linear 2048; relu; linear 512 | ]; ln"


class Residual(nn.Module):
    def __init__(self, inside: int, out: int, stride: int):
        super().__init__()
        self.first = nn.Conv2d(inside, out, 3, stride, 1, bias=False)
        self.second = nn.Conv2d(out, out, 3, 1, 1, bias=False)
        self.norms = nn.ModuleList([nn.BatchNorm2d(out), nn.BatchNorm2d(out)])
        self.short = nn.Identity() if stride == 1 else nn.Sequential(
            nn.Conv2d(inside, out, 1, stride, bias=False), nn.BatchNorm2d(out)
        )  # fmt: skip

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        inner = self.norms[1](self.second(self.norms[0](self.first(x)).relu()))
        return (inner + self.short(x)).relu()


def resnet() -> nn.Module:
    stages = ((64, 64, 1), (64, 64, 1), (64, 128, 2), (128, 128, 1), (128, 256, 2), (256, 256, 1), (256, 512, 2),
              (512, 512, 1))  # fmt: skip
    return nn.Sequential(
        nn.Conv2d(3, 64, 7, 2, 3, bias=False), nn.BatchNorm2d(64), nn.ReLU(), nn.MaxPool2d(3, 2, 1),
        *(Residual(*stage) for stage in stages), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(512, 1000),
    )  # fmt: skip


def alexnet() -> nn.Module:
    return nn.Sequential(
        nn.Conv2d(3, 96, 11, 4), nn.ReLU(), nn.MaxPool2d(3, 2), nn.Conv2d(96, 256, 5, padding=2, groups=2), nn.ReLU(),
        nn.MaxPool2d(3, 2), nn.Conv2d(256, 384, 3, padding=1), nn.ReLU(), nn.Conv2d(384, 384, 3, padding=1, groups=2),
        nn.ReLU(), nn.Conv2d(384, 256, 3, padding=1, groups=2), nn.ReLU(), nn.MaxPool2d(3, 2), nn.Flatten(),
        nn.Linear(9216, 4096), nn.Linear(4096, 4096), nn.Linear(4096, 1000),
    )  # fmt: skip


def vgg16() -> nn.Module:
    layers: list[nn.Module] = []
    before = 3
    for width, count in ((64, 2), (128, 2), (256, 3), (512, 3), (512, 3)):
        for _ in range(count):
            layers += [nn.Conv2d(before, width, 3, padding=1), nn.ReLU()]
            before = width
        layers.append(nn.MaxPool2d(2))
    return nn.Sequential(*layers, nn.Flatten(), nn.Linear(25088, 4096), nn.Linear(4096, 4096), nn.Linear(4096, 1000))


class Inception(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.branches = nn.ModuleList([
            nn.Conv2d(256, 128, 1), nn.Sequential(nn.Conv2d(256, 128, 1), nn.Conv2d(128, 192, 3, padding=1)),
            nn.Sequential(nn.Conv2d(256, 32, 1), nn.Conv2d(32, 96, 5, padding=2)),
            nn.Sequential(nn.MaxPool2d(3, 1, 1), nn.Conv2d(256, 64, 1)),
        ])  # fmt: skip

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return torch.cat([branch(x) for branch in self.branches], 1)


WHOLE = {
    "alexnet": (lambda: load_layers("alexnet").networks[0], alexnet, (1, 3, 227, 227)),
    "vgg16": (lambda: load_layers("vgg16").networks[0], vgg16, (1, 3, 224, 224)),
    "resnet-18": (lambda: made(RESNET, "224x224x3"), resnet, (1, 3, 224, 224)),
    "inception": (lambda: load_layers("inception").networks[1], Inception, (1, 256, 32, 32)),
    "transformer": (
        lambda: made(TRANSFORMER, "128x512"),
        lambda: nn.TransformerEncoderLayer(512, 8, 2048, batch_first=True),
        (1, 128, 512),
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", WHOLE)
def test_totals_are_those_of_whole_torch_modules(name: str) -> None:
    """The modules are written by hand, apart from the layers; torch counts a multiply-add as two operations."""
    ours, build, shape = WHOLE[name]
    before = torch.backends.mha.get_fastpath_enabled()
    torch.backends.mha.set_fastpath_enabled(False)
    try:
        with torch.device("meta"):
            module = build().eval()
            with FlopCounterMode(display=False) as counter:
                out = module(torch.zeros(shape))
    finally:
        torch.backends.mha.set_fastpath_enabled(before)
    network = ours()
    assert network.parameters == sum(p.numel() for p in module.parameters())
    assert 2 * network.total("multiply_adds") == counter.get_total_flops()
    assert network.output.count == out.numel()


def test_resnet_sees_435_inputs() -> None:
    """The receptive field that is published for ResNet-18 (Araujo et al., Distill 2019)."""
    network = made(RESNET.replace("; gap; fc 1000", ""), "224x224x3")
    assert [axis.size for axis in network.rows[-1].field or ()] == [435, 435]
    checked(network)


def made(layers: str, input: str) -> Network:
    return Network(read_layers(layers), read_shape(input))


MODULES = '''
import torch
from torch import nn
from torch.nn import functional as F


class Small(nn.Module):
    """Functions between modules, a branch, a module that is called twice, and a stem that is shared by name."""

    def __init__(self):
        super().__init__()
        self.stem = nn.Conv2d(3, 8, 5, stride=2, padding=2, bias=False)
        self.norm = nn.BatchNorm2d(8)
        self.twice = nn.Conv2d(8, 8, 3, padding=1, groups=2)
        self.head = nn.Linear(16, 10)

    def forward(self, x):
        x = F.max_pool2d(F.relu(self.norm(self.stem(x))), 2)
        y = x + self.twice(self.twice(x))
        return self.head(torch.cat([x, y], 1).mean((2, 3)))


class Odd(nn.Module):
    """A kind of module, a parameter and a function that are not known."""

    def __init__(self):
        super().__init__()
        self.scale = nn.Parameter(torch.ones(7))
        self.cell = nn.LSTM(7, 9, batch_first=True, bidirectional=True)
        self.head = nn.Linear(18, 2)

    def forward(self, x):
        return self.head(self.cell(x.transpose(1, 2) * self.scale)[0])


class Reader(nn.Module):
    def __init__(self):
        super().__init__()
        self.words = nn.Embedding(1000, 7)
        self.first, self.second = nn.LSTM(7, 9, batch_first=True), nn.GRU(9, 5, batch_first=True, bias=False)
        self.third = nn.RNN(5, 4, batch_first=True)
        self.head = nn.Linear(4, 2)

    def forward(self, x):
        states = self.third(self.second(self.first(self.words(x))[0])[0])[0]
        return self.head(states)


class Encoder(nn.Module):
    def __init__(self):
        super().__init__()
        self.words = nn.Embedding(1000, 64)
        self.layer = nn.TransformerEncoderLayer(64, 4, 128, batch_first=True)

    def forward(self, x):
        return self.layer(self.words(x))


resnet = None


class Attending(nn.Module):
    def __init__(self):
        super().__init__()
        self.cell = nn.TransformerEncoderLayer(16, 4, 32, batch_first=True)

    def forward(self, x):
        return self.cell(x)


class Mapped(nn.Sequential):
    def __init__(self):
        super().__init__(nn.Linear(16, 3))


class Ceiled(nn.Module):
    def __init__(self):
        super().__init__()
        self.first = nn.Sequential(nn.Conv2d(3, 8, 3), nn.PReLU(), nn.MaxPool2d(3, 2, ceil_mode=True))
        self.second = nn.Sequential(nn.PReLU(8), nn.AvgPool2d(2, ceil_mode=True))

    def forward(self, x):
        x = self.second(self.first(x))
        x = torch.nn.functional.max_pool2d(x, 3, 2, ceil_mode=True)
        return torch.nn.functional.avg_pool2d(x, 2, 2, 0, False, True)


class Lazy(nn.Sequential):
    def __init__(self):
        super().__init__(nn.LazyLinear(3))
'''


@pytest.fixture(scope="module")
def modules(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("own") / "my_model.py"
    file.write_text(MODULES)
    return file


def of_module(file: Path, name: str, input: str, capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    assert run(["layers", f"{file}:{name}", "--input", input, "--format", "json"]) == 0
    found: dict[str, Any] = json.loads(capsys.readouterr().out)
    return found


def test_a_module_with_branches_and_functions_is_read(modules: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The second call of a module has no parameters of its own; the mean over positions is a function that is read."""
    data = of_module(modules, "Small", "3x32x32", capsys)
    (network,) = data["networks"]
    typed = [layer["typed"].split(": ")[-1] for layer in network["layers"]]
    conv = "conv 8 3x3 pad 1 groups 2"
    assert typed == [
        "conv 8 5x5 stride 2 pad 2 nobias", "bn", "relu", "pool 2", conv, conv, "sum", "concat", "gap", "fc 10",
    ]  # fmt: skip
    assert network["totals"]["parameters"] == 3 * 8 * 25 + 16 + 8 * 4 * 9 + 8 + 170 and not data["unknown"]
    assert network["layers"][7]["field"][0] == {"size": 23, "jump": 4}  # 5, 5 + 2, 7 + 2 * 4, 15 + 2 * 4


def test_what_is_not_known_is_listed(modules: Path, capsys: pytest.CaptureFixture[str]) -> None:
    data = of_module(modules, "Odd", "7x10", capsys)
    assert [line.split(";")[0] for line in data["unknown"]] == [
        "cell (LSTM): it has several layers, two directions or a projection", "scale",
        "functions between the modules: transpose",
    ]  # fmt: skip
    assert [layer["weights"] for layer in data["networks"][0]["layers"]] == [36]


def test_recurrent_layers_are_read_with_both_biases_that_torch_keeps(
    modules: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Parameters and multiply-adds of each, by hand: gates (D H + H^2), twice gates H, and 11 steps."""
    data = of_module(modules, "Reader", "11", capsys)
    (network,) = data["networks"]
    cells = network["layers"][1:4]
    assert [c["typed"].split(": ")[-1] for c in cells] == ["lstm 9 biases 2", "gru 5 nobias", "rnn 4 biases 2"]
    maps = [4 * (7 * 9 + 81), 3 * (9 * 5 + 25), 5 * 4 + 16]
    assert [c["weights"] for c in cells] == maps and [c["biases"] for c in cells] == [8 * 9, 0, 2 * 4]
    assert [c["multiply_adds"] for c in cells] == [11 * n for n in maps] and not data["unknown"]


def test_a_gate_has_one_bias_unless_two_are_asked_for() -> None:
    """As on paper and as in torch, where nn.LSTM has b_ih and b_hh."""
    one, two = (Layers("11x5").lstm(7, **biases) for biases in ({}, {"biases": 2}))
    maps = 4 * (5 * 7 + 49)
    assert (one.parameters, two.parameters) == (maps + 28, maps + 56)
    assert two.parameters == sum(p.numel() for p in nn.LSTM(5, 7).parameters())
    for network in (one, two):
        assert "Checked with torch" in str(network.to("text"))


def test_a_transformer_block_is_read(modules: Path, capsys: pytest.CaptureFixture[str]) -> None:
    data = of_module(modules, "Encoder", "16", capsys)
    (network,) = data["networks"]
    with torch.device("meta"):
        count = sum(p.numel() for p in nn.TransformerEncoderLayer(64, 4, 128).parameters())
    assert network["totals"]["parameters"] == 64000 + count and not data["unknown"]


@pytest.mark.parametrize(("name", "field"), [("Attending", 7), ("Mapped", 1)])
def test_a_sequence_has_its_features_last(
    name: str, field: int, modules: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """7 positions of 16 features: attention reads all positions, a map at each of them one."""
    (network,) = of_module(modules, name, "7x16", capsys)["networks"]
    assert network["input"] == [7, 16] and network["layers"][0]["field"][0]["size"] == field


def test_lengths_rounded_up_and_slopes_are_read(modules: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """30 - 2 = 28, ceil(25/2) + 1 = 14, ceil(12/2) + 1 = 7, ceil(4/2) + 1 = 3, floor(1/2) + 1 = 1; slopes 1 and 8."""
    data = of_module(modules, "Ceiled", "3x30x30", capsys)
    layers = data["networks"][0]["layers"]
    assert not data["unknown"] and [layer["typed"].split(": ")[-1] for layer in layers] == [
        "conv 8 3x3", "prelu", "pool 3 stride 2 ceil", "prelu 8", "avgpool 2 ceil", "pool 3 stride 2 ceil", "avgpool 2",
    ]  # fmt: skip
    assert [layer["output"][0] for layer in layers] == [28, 28, 14, 14, 7, 3, 1]
    assert [layer["weights"] for layer in layers] == [216, 1, 0, 8, 0, 0, 0]


@pytest.mark.parametrize(
    ("typed", "length", "after"),
    [
        ("pool 2 ceil", 5, 3),
        ("pool 3 stride 2 ceil", 6, 3),  # ceil(3/2) + 1 = 3
        ("pool 1 stride 3 ceil", 6, 2),  # ceil(5/3) + 1 = 3, but the third window would begin at 6
        ("avgpool 2 pad 1 ceil", 5, 3),  # ceil(5/2) + 1 = 4, but the fourth would begin at 6 = 5 + 1
        ("avgpool 2 pad 1 ceil", 6, 4),
    ],
)
def test_a_window_behind_the_input_is_left_out(typed: str, length: int, after: int) -> None:
    assert made(typed, f"{length}x1").output.spatial == (after,)
    words = typed.split()
    pool = nn.MaxPool1d if words[0] == "pool" else nn.AvgPool1d
    stride, pad = (int(words[words.index(w) + 1]) if w in words else None for w in ("stride", "pad"))
    assert pool(int(words[1]), stride, pad or 0, ceil_mode=True)(torch.zeros(1, 1, length)).shape[-1] == after


def test_letters_that_leave_a_last_window_open_are_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    for typed, input, told in (
        ("pool 1 stride 3 ceil", "HxWxC", "depend on the letters"),
        ("prelu 3", "4x4x8", "3 slopes for 8 channels"),
        ("conv 4 3x3 ceil", "8x8x3", "has no ceil"),
    ):
        assert run(["layers", typed, "--input", input]) == 2
        assert told in capsys.readouterr().err
    assert run(["layers", "pool 3 stride 2 ceil; prelu C", "--input", "HxWxC", "--format", "text"]) == 0


def test_a_lazy_layer_is_one_line(modules: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["layers", f"{modules}:Lazy", "--input", "7x16"]) == 2
    told = capsys.readouterr().err
    assert "lazy layer" in told and told.count("\n") == 1


def test_sums_stand_in_brackets_and_signs_are_read(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["layers", "conv N 3×3", "--input", "HxNxE", "--format", "text", "--no-check"]) == 0
    assert "(H - 2) × (N - 2) × N" in capsys.readouterr().out


def test_no_bias_has_no_connection_and_axes_have_names(capsys: pytest.CaptureFixture[str]) -> None:
    typed = ["layers", "conv 4 3x5 nobias", "--input", "9x9x3", "--format", "text", "--detail", "full"]
    assert run(typed) == 0
    page = capsys.readouterr().out
    assert "3 · 5 · 3 · 4 · 7 · 5 = 6300" in page
    assert "Receptive field along H:" in page and "Receptive field along W:" in page
    assert run(["layers", "conv 4 3", "--input", "9x3", "--format", "text", "--no-check"]) == 0
    assert "width" not in capsys.readouterr().out


NO_MODULE = {
    "Smal": "has no 'Smal'; there are Small, Odd, Reader, Encoder, Attending, Mapped, Ceiled, Lazy",
    "": "has Small, Odd, Reader, Encoder, Attending, Mapped, Ceiled, Lazy; name one, as in my_model.py:Net",
    "resnet": "has no 'resnet'",
}


@pytest.mark.parametrize("name", NO_MODULE)
def test_a_module_that_is_not_there_is_one_line(name: str, modules: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["layers", f"{modules}:{name}", "--input", "3x8x8"]) == 2
    told = capsys.readouterr().err
    assert NO_MODULE[name] in told and told.count("\n") == 1


def test_an_input_that_a_module_refuses_is_one_line(modules: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["layers", f"{modules}:Small", "--input", "4x32x32"]) == 2
    told = capsys.readouterr().err
    assert "the module cannot be run with an input of 4x32x32" in told and told.count("\n") == 1


def test_the_builder_says_what_is_typed() -> None:
    """The parameters by hand: 3 * 9 * 8 + 8, then 8 * 3 * 8 + 8 in a branch, then 8 * 10 + 10."""
    net = Layers("32x32x3").conv(8, 3, pad=1).sum(Layers().conv(8, (1, 3), pad=(0, 1)), Layers()).gap().fc(10)
    assert net.typed == "conv 8 3 pad 1; sum[conv 8 1x3 pad 0x1 | ]; gap; fc 10"
    assert net.parameters == 224 + 200 + 90
    assert Layers((9, 9, "C")).repeat(2, Layers().conv("C", 3, pad="same", bias=False)).multiply_adds == 2 * 9 * 81 * (
        size("C", "") ** 2
    )
    for wrong in (lambda: net.con(8, 3), lambda: Layers().conv(8, 3).network, lambda: net.conv(8)):
        with pytest.raises((AttributeError, UsageError)):
            wrong()


LETTERS = (
    "pool k|HxWxC", "conv 8 kxk dilation d pad p|HxWxC", "conv n 1; attention heads h|9xn", "linear 4|9x9x3",
    "repeat (k-1)/2 [conv C kxk pad same]|HxWxC", "repeat n [conv C 3 pad same groups g]; fc 5|LxC",
    "repeat n [repeat m [relu]]; gap; fc 3|HxWxC", "embedding V d; sum[attention heads 4 | ]; linear 4*d|n",
)  # fmt: skip


@pytest.mark.parametrize("typed", LETTERS)
def test_letters_get_numbers_that_fit(typed: str) -> None:
    """The totals in letters, with the numbers put in, are those of the network with these numbers, and torch's."""
    layers, _, input = typed.rpartition("|")
    found = checked(made(layers, input))
    assert found.layers > 0


def test_tasks_on_layers_are_checked_by_name(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["check", "conv-output"]) == 0
    assert "1 layers and 2 receptive fields compared with torch: ok" in capsys.readouterr().out
    assert run(["code", "alexnet"]) == 2 and "derive alexnet prints it" in capsys.readouterr().err
    assert run(["alexnet", "--plots"]) == 2 and "has none" in capsys.readouterr().err
    assert run(["cnn-table", "--blank", "--format", "text"]) == 0
    page = capsys.readouterr().out
    assert "CONV-9-32" in page and "7776" not in page and "120" not in page


def test_an_exercise_has_the_table_with_empty_cells() -> None:
    task = load_layers("cnn-table")
    shown = [b for b in blanked(solution(task, "brief"), 0, False) if isinstance(b, Table)]
    assert [row[0].pick("en") for row in shown[0].rows][1:3] == ["1. CONV-9-32", "2. POOL-2"]
    assert {cell for row in shown[0].rows for cell in row[1:]} == {CELL}


def test_a_network_on_features_has_no_positions() -> None:
    """fc 10 on 5 features: 60 parameters, and no receptive field to speak of."""
    text = Layers("5").fc(10).to("text")
    assert "60 parameters" in text and "receptive field of one number" not in text
