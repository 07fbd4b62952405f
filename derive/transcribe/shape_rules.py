"""What each kind of node says of the shapes in it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from derive.read.tree import (
    Added,
    Bars,
    Big,
    Bracketed,
    Call,
    Fraction,
    Multiplied,
    Node,
    Number,
    Root,
    Scripted,
    Symbol,
    Words,
)
from derive.transcribe.inference import Inference
from derive.transcribe.looks import capital, greek, is_row, plain
from derive.transcribe.occurrences import FUNCTION_LETTERS, Occurrence, occurrence, places, written
from derive.transcribe.rewritten import INDICATOR
from derive.transcribe.unknown import Contradiction, Shape, Size


def _name(inference: Inference, node: Node) -> Shape:
    found = occurrence(node)
    if found is None:
        return _raised(inference, node)
    shape = inference.of(found)
    if found.power is not None and shape is None and written(found.power) == "-1" and capital(node):
        return inference.give(node, (size := Size(), size))
    if found.power is not None and (capital(node) or (shape is not None and len(shape) == 2)):
        return shape
    if found.power is not None:
        inference.number(found.power)
        if found.base == "e":
            return ()
        if shape is None:
            inference.give(node, ())
        elif len(shape) == 1:
            raise Contradiction("a power of a vector")
    return shape[::-1] if found.transposed and shape and len(shape) == 2 else shape


def _raised(inference: Inference, node: Node) -> Shape:
    assert isinstance(node, Scripted)
    if isinstance(node.base, Bars):
        return _bars(inference, node.base)
    shape = inference.shape(node.base)
    if is_row(node):
        return shape[::-1] if shape and len(shape) == 2 else shape
    if node.below is not None and not isinstance(node.below, Words):
        return inference.within(shape or (), tuple(places(node.below))) if shape else ()
    if node.above is not None and shape is not None and len(shape) == 1:
        raise Contradiction("a power of a vector")
    if node.above is not None and shape is None:
        inference.give(node.base, ())
    return shape


def _bars(inference: Inference, node: Bars) -> Shape:
    if node.strokes == 1:
        inference.shape(node.body)
        if isinstance(node.body, Symbol | Scripted) and capital(node.body) and inference.shape(node.body) is None:
            return ()
    elif inference.shape(node.body) is None:
        inference.give(node.body, (Size(), Size()) if capital(node.body) else (Size(),))
    return ()


def _multiplied(inference: Inference, node: Multiplied) -> Shape:
    factors = list(node.factors)
    signs = list(node.signs)
    k = 1
    while k < len(factors):  # a function with its bracket is one factor
        found = occurrence(factors[k - 1])
        behind = factors[k]
        if isinstance(behind, Bracketed) and not signs[k] and found is not None and _function(inference, found, behind):
            name = Symbol(factors[k - 1].start, factors[k - 1].end, found.base)
            whole: Node = Call(node.start, node.end, name, behind, False)
            factors[k - 1 : k + 1], signs[k - 1 : k + 1] = [whole], [signs[k - 1]]
        else:
            k += 1
    turned = next((k for k in range(1, len(factors) - 1) if is_row(factors[k]) and not is_row(factors[k + 1])), None)
    if turned is not None and not any(signs[1:]):  # a x^T b is a times the number x^T b
        rest = replace(node, factors=tuple(factors[turned:]), signs=tuple(signs[turned:]))
        if _multiplied(inference, rest) == ():
            factors[turned:], signs[turned:] = [Number(node.start, node.end, "1")], [""]
    shape, before, row = inference.shape(factors[0]), factors[0], is_row(factors[0])
    for sign, factor in zip(signs[1:], factors[1:], strict=True):
        if sign in ("odot", "circ", "*"):
            shape = inference.together(before, shape, factor)
        elif sign == "/":
            inference.number(factor)
        elif sign == "cdot" and shape and len(shape) == 1 and not row:
            other = inference.shape(factor)
            if other is None and not greek(factor):
                other = inference.give(factor, shape)
            shape = () if other else shape
        else:
            shape = inference.product(before, shape, factor, row)
            row = shape != () and (row or is_row(factor)) and len(shape or "1") == 1
        before = factor
    return shape


def _function(inference: Inference, found: Occurrence, behind: Bracketed) -> bool:
    stem, _ = inference.how.split(found)
    if found.base in inference.functions:
        return True
    known = stem in inference.shapes or stem in inference.laws or behind.brackets != "()"
    return not known and not found.places and found.base in FUNCTION_LETTERS


def _call(inference: Inference, node: Call) -> Shape:
    function = node.function.base if isinstance(node.function, Scripted) else node.function
    name = getattr(function, "name", "").lower()
    if name == INDICATOR:
        return ()
    items = node.argument.items if isinstance(node.argument, Bracketed) else (node.argument,)
    if (made := inference.functions.get(getattr(function, "name", ""))) is not None:
        return inference.applied(made, items)
    shape = inference.equal(items)
    if "softmax" in name and shape is None:
        shape = inference.give(items[0], (Size(),))
    if name in ("det", "logdet", "tr") and shape is None and capital(plain(items[0])):
        inference.give(plain(items[0]), (size := Size(), size))
    if name in ("det", "logdet", "tr", "trace") and shape and len(shape) == 2:
        shape[0].join(shape[1])
    return () if name in ("det", "tr", "trace", "logdet", "logsumexp", "mean", "var") else shape


def _fraction(inference: Inference, node: Fraction) -> Shape:
    inference.number(node.denominator)
    return inference.shape(node.numerator)


def _bracketed(inference: Inference, node: Bracketed) -> Shape:
    if len(node.items) == 1:
        return inference.shape(node.items[0])
    if node.brackets == "[]":
        for item in node.items:
            if inference.shape(item) is None:
                inference.give(item, (Size(),))
        vectors = [shape for item in node.items if (shape := inference.shape(item))]
        return (inference.joined(tuple(shape[0].root() for shape in vectors)),)
    return ()


SHAPES: dict[type, Callable[[Inference, Any], Shape]] = {
    Symbol: _name,
    Scripted: _name,
    Added: lambda inference, node: inference.equal(node.terms),
    Multiplied: _multiplied,
    Fraction: _fraction,
    Root: lambda inference, node: inference.shape(node.body),
    Bars: _bars,
    Bracketed: _bracketed,
    Call: _call,
    Big: lambda inference, node: inference.shape(node.body),
}
