"""Layers as they are typed: "conv 32 9x9; pool 2; fc 10", with branches and repeats in square brackets."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from difflib import get_close_matches
from typing import Any

from sympy import Expr

from derive.errors import UsageError
from derive.layers.layer import GATES, ONE, ZERO, Branches, Layer, Node, Repeat, Sizes, Stack
from derive.layers.size import number, size

MOST = 2000  # layers
DEEP = 20  # brackets within each other
NAMED = re.compile(r"([\w.\- ]{1,40}?)\s*:\s*(.+)", re.DOTALL)
SHORT = re.compile(r"(CONV|POOL|FC)-(\d+)(?:-(\d+))?", re.IGNORECASE)  # CONV-9-32: 32 kernels of 9 x 9
GROUP = re.compile(r"(sum|concat|repeat\s+\S+)\s*\[(.*)\]", re.DOTALL)

ACTIVATIONS = (
    "relu", "relu6", "sigmoid", "tanh", "gelu", "silu", "elu", "softplus", "softmax", "leaky_relu", "hardswish", "mish",
)  # fmt: skip
WORDS = {
    "conv": "conv", "depthwise": "conv", "tconv": "tconv", "deconv": "tconv", "pool": "maxpool", "maxpool": "maxpool",
    "avgpool": "avgpool", "fc": "fc", "dense": "fc", "linear": "linear", "bn": "bn", "batchnorm": "bn",
    **{kind: kind for kind in GATES},
    "ln": "ln", "layernorm": "ln", "dropout": "dropout", "embedding": "embedding", "attention": "attention",
    "prelu": "prelu", "gap": "gap", "flatten": "flatten", "identity": "identity",
    **dict.fromkeys(ACTIVATIONS, "activation"),
}  # fmt: skip


def read_layers(typed: str) -> Stack:
    """The network that is typed. Errors: UsageError for a word that is not known or a number that is missing."""
    stack = _stack(typed, 0)
    if not stack:
        raise UsageError('no layers; type them with semicolons between them, as in "conv 32 9x9; pool 2; fc 10"')
    return stack


def _stack(typed: str, depth: int) -> Stack:
    if depth > DEEP:
        raise UsageError(f"more than {DEEP} brackets within each other")
    parts = [part.strip() for part in split(typed.replace("\n", ";"), ";")]
    if len(parts) > MOST:
        raise UsageError(f"{len(parts)} layers; at most {MOST} are read")
    return tuple(_node(part, depth) for part in parts if part)


def split(typed: str, sign: str) -> list[str]:
    """Parts between signs that stand outside of every bracket. Errors: UsageError for brackets that do not pair."""
    parts, depth = [""], 0
    for letter in typed:
        depth += {"[": 1, "]": -1}.get(letter, 0)
        if depth < 0:
            raise UsageError(f"a bracket ] without its [ in {_cut(typed)!r}")
        if letter == sign and depth == 0:
            parts.append("")
        else:
            parts[-1] += letter
    if depth:
        raise UsageError(f"a bracket [ without its ] in {_cut(typed)!r}")
    return parts


def _cut(typed: str) -> str:
    return typed if len(typed) <= 60 else f"{typed[:60]}..."


def _node(typed: str, depth: int) -> Node:
    name, body = "", typed
    named = NAMED.fullmatch(typed)
    if named and "[" not in named[1]:
        name, body = named[1].strip(), named[2].strip()
    group = GROUP.fullmatch(body)
    if group is None:
        if "[" in body:
            raise UsageError(
                f"{_cut(body)!r}: brackets follow sum, concat or repeat 3, as in sum[conv 64 3x3 pad 1 | ]"
            )
        return replace(_layer(body), name=name)
    word, inner = group[1], group[2]
    if word.startswith("repeat"):
        return Repeat(size(word.split()[1], typed), _stack(inner, depth + 1))
    branches = tuple(_stack(branch, depth + 1) for branch in split(inner, "|"))
    if len(branches) < 2:
        raise UsageError(f"{_cut(body)!r}: branches stand with | between them; an empty one is the input itself")
    return Branches(word, branches, name)


def _layer(typed: str) -> Layer:
    short = SHORT.fullmatch(typed)
    if short:
        return replace(_layer(_long(typed, *short.groups())), typed=typed)
    word, *rest = typed.split()
    kind = WORDS.get(word.lower())
    if kind is None:
        near = get_close_matches(word.lower(), WORDS, n=1)
        hint = f"did you mean {near[0]}?" if near else f"there are {', '.join(WORDS)}"
        raise UsageError(f"{_cut(typed)!r}: no layer {word!r}; {hint}")
    plain, options = _parted(rest, typed)
    made = READERS.get(kind, _nothing)(word.lower(), plain, typed)
    return _with_options(replace(made, kind=kind, typed=" ".join(typed.split())), options, typed)


def _long(typed: str, word: str, first: str, second: str | None) -> str:
    """CONV-9-32 as conv 32 9x9: the kernel stands first there."""
    if word.upper() == "CONV":
        if second is None:
            raise UsageError(f"{typed!r}: CONV-9-32 is a convolution with 32 kernels of 9 x 9; the number is missing")
        return f"conv {second} {first}"
    if second is not None:
        raise UsageError(f"{typed!r}: {word}-{first} has one number")
    return f"{word.lower()} {first}"


# words and options

FLAGS = ("nobias", "ceil")
OPTIONS = ("stride", "pad", "padding", "dilation", "groups", "outpad", "heads", "wiring", "biases")


def _parted(rest: list[str], typed: str) -> tuple[list[str], dict[str, str]]:
    """The plain numbers of a layer, and its options by name. Errors: UsageError."""
    plain, options, at = [], dict[str, str](), 0
    while at < len(rest):
        word = rest[at].lower()
        if word in OPTIONS:
            if at + 1 == len(rest):
                raise UsageError(f"{typed!r}: a number is missing after {word}")
            if word in options:
                raise UsageError(f"{typed!r}: {word} is given twice")
            options[word] = rest[at + 1]
            at += 2
            continue
        if word in FLAGS:
            options[word] = ""
        else:
            plain.append(rest[at])
        at += 1
    return plain, options


def _with_options(layer: Layer, options: dict[str, str], typed: str) -> Layer:
    changes: dict[str, Any] = {}
    for word, value in options.items():
        field, reader = READ_OPTION[word]
        if layer.kind not in ALLOWED[field]:
            raise UsageError(f"{typed!r}: {layer.kind} has no {word}")
        changes[field] = reader(value, typed)
        if changes[field] is None and layer.kind != "conv":
            raise UsageError(f"{typed!r}: padding same is for convolutions; give the padding as a number")
    return replace(layer, **changes)


def _sizes(least: int) -> Callable[[str, str], Sizes]:
    def reader(value: str, typed: str) -> Sizes:
        return tuple(number(part, repr(typed), least) for part in re.split("[xX×]", value))

    return reader


def _padding(value: str, typed: str) -> Sizes | None:
    return None if value == "same" else _sizes(0)(value, typed)


def _size(value: str, typed: str) -> Expr:
    return size(value, repr(typed))


def _wiring(value: str, typed: str) -> tuple[tuple[Expr, Expr], ...]:
    """6*3+6*4: six maps that read three maps each, and six that read four."""
    pairs = [part.split("*") for part in value.split("+")]
    if any(len(pair) != 2 for pair in pairs):
        raise UsageError(f"{typed!r}: wiring is maps*reads with + in between, as in wiring 6*3+9*4+1*6")
    return tuple((_size(maps, typed), _size(reads, typed)) for maps, reads in pairs)


def _biases(value: str, typed: str) -> Expr:
    if value not in ("1", "2"):
        raise UsageError(f"{typed!r}: a gate has one bias, or two as torch keeps them: biases 2; found {value}")
    return size(value, repr(typed))


READ_OPTION: dict[str, tuple[str, Callable[[str, str], Any]]] = {
    "stride": ("stride", _sizes(1)), "pad": ("padding", _padding), "padding": ("padding", _padding),
    "dilation": ("dilation", _sizes(1)), "groups": ("groups", _size), "outpad": ("output_padding", _sizes(0)),
    "heads": ("heads", _size), "biases": ("biases", _biases),
    "wiring": ("wiring", _wiring), "nobias": ("bias", lambda value, typed: False),
    "ceil": ("ceil", lambda value, typed: True),
}  # fmt: skip
ALLOWED = {
    "stride": ("conv", "tconv", "maxpool", "avgpool"), "padding": ("conv", "tconv", "maxpool", "avgpool"),
    "dilation": ("conv", "tconv", "maxpool"), "groups": ("conv", "tconv"), "output_padding": ("tconv",),
    "heads": ("attention",), "wiring": ("conv",), "bias": ("conv", "tconv", "fc", "linear", "attention", *GATES),
    "biases": tuple(GATES), "ceil": ("maxpool", "avgpool"),
}  # fmt: skip


def _take(plain: list[str], least: int, most: int, typed: str, form: str) -> list[str]:
    if not least <= len(plain) <= most:
        raise UsageError(f"{typed!r}: type it as in {form}")
    return plain


def _conv(word: str, plain: list[str], typed: str) -> Layer:
    if word == "depthwise":
        (kernel,) = _take(plain, 1, 1, typed, "depthwise 3x3 pad 1")
        return Layer("conv", None, _sizes(1)(kernel, typed), groups=ZERO)
    channels, kernel = _take(plain, 2, 2, typed, f"{word} 64 3x3 stride 1 pad 1")
    return Layer("conv", _size(channels, typed), _sizes(1)(kernel, typed))


def _pool(word: str, plain: list[str], typed: str) -> Layer:
    (kernel,) = _take(plain, 1, 1, typed, f"{word} 2, or {word} 3 stride 2 pad 1")
    sizes = _sizes(1)(kernel, typed)
    return Layer("maxpool", None, sizes, stride=sizes)


def _units(word: str, plain: list[str], typed: str) -> Layer:
    (units,) = _take(plain, 1, 1, typed, f"{word} 10")
    return Layer("fc", _size(units, typed))


def _embedding(word: str, plain: list[str], typed: str) -> Layer:
    rows, channels = _take(plain, 2, 2, typed, "embedding 30000 512, rows and width")
    return Layer("embedding", _size(channels, typed), rows=_size(rows, typed))


def _attention(word: str, plain: list[str], typed: str) -> Layer:
    heads = _take(plain, 0, 1, typed, "attention heads 8")
    return Layer("attention", heads=_size(heads[0], typed) if heads else ONE)


def _cell(word: str, plain: list[str], typed: str) -> Layer:
    (units,) = _take(plain, 1, 1, typed, f"{word} 64")
    return Layer(word, _size(units, typed))


def _prelu(word: str, plain: list[str], typed: str) -> Layer:
    """A slope for all numbers, or one for each of so many channels."""
    slopes = _take(plain, 0, 1, typed, "prelu, or prelu 64 with a slope for each of 64 channels")
    return Layer("prelu", rows=_size(slopes[0], typed) if slopes else ONE)


def _nothing(word: str, plain: list[str], typed: str) -> Layer:
    _take(plain, 0, 1 if word in ("dropout", "leaky_relu", "elu") else 0, typed, word)
    return Layer("identity")


READERS: dict[str, Callable[[str, list[str], str], Layer]] = {
    "conv": _conv, "tconv": _conv, "maxpool": _pool, "avgpool": _pool, "fc": _units, "linear": _units,
    "embedding": _embedding, "prelu": _prelu, "attention": _attention, **dict.fromkeys(GATES, _cell),
}  # fmt: skip
