"""What people write from habit of Python, numpy and torch, and what is written here: the end of an error's line."""

from __future__ import annotations

import re

from sympy import Basic

import derive

FAMILY = "IndexedBase"  # sympy's name of a vector or a matrix, which no author has met
OTHER = {"sum": "Sum", "prod": "Product", "max": "amax", "min": "amin", "abs": "Abs"}
SIZES = "a size has its own name, as in D = g.size('D'): write D"
AXIS = "say over which index: Sum(X[n, d], d), softmax(z[n, c], c)"
CONDITION = "a condition is no number: write Piecewise((z, z > 0), (0, True)), or Heaviside(z) for 1 where z > 0"
BRANCH = "a formula has no value yet: write Max(a, b), relu(z) or Piecewise((a, z > 0), (b, True))"
PARTS = "a vector is not filled: a part that differs is a branch, Piecewise((1, Eq(i, 1)), (w[i], True))"
ARRAYS = "a formula is no array: write it in the words of derive, as in `from derive import exp, tanh, Sum, mean`"
NAMED = "only a name has an index: give it one, as in r = g.define('r', y - v), then r[i]"
NO_WORDS = "a formula is multiplied by a number or a formula, not by words in quotes"
NOTHING = "None is no number and no formula: write the value"

INDICES = "it is written with indices, as docs/language.md shows"
NO_METHODS = {
    "backward": "derive takes the gradients by itself: the file ends with g.loss",
    "grad": "derive takes the gradients by itself: the file ends with g.loss",
    "item": "a formula is a number already, and has no value yet: leave .item() out",
    "detach": "what is a constant for the gradient is stop(x), by from derive import stop",
    "pow": "a power is x**2", "square": "a power is x**2", "add": "a sum is a + b", "mul": "elementwise it is a * b",
    "argmax": "the place of the largest is a quantity of its own: t = g.positions('t', N, among=C)",
    "cumsum": f"{INDICES}: Sum(x[j], (j, 1, i))", "reshape": f"a shape is what the indices say; {INDICES}",
    "view": f"a shape is what the indices say; {INDICES}", "flatten": f"{INDICES}; Sum(X) is over all elements",
    "unsqueeze": "a new axis is x[:, None]", "squeeze": f"a shape is what the indices say; {INDICES}",
    "expand": "an axis of length 1 stretches by itself", "permute": INDICES, "repeat": INDICES,
}  # fmt: skip

# How an error reads, and the advice.
HABITS = (
    (r"truth value of Relational", BRANCH),
    (r"unexpected keyword argument '(axis|dim|keepdims?)'", AXIS),
    (r"'\w+' object is not iterable", "over all elements it is Sum(x), amax(x), mean(x); over an index Sum(x[i], i)"),
    (rf"object of type '{FAMILY}' has no len", SIZES),
    (r"unsupported operand type.*'(Strict)?(Greater|Less)Than'", CONDITION),
    (r"'(Add|Mul|Pow|Product)' object is not subscriptable", NAMED),
    (r"EOF when reading a line", "the program asks for input, and there is none here: put the value into the file"),
    (r"Concatenation operation is not implemented", ARRAYS),
    (r"can't multiply sequence by non-int", NO_WORDS),
    (r"unsupported operand type.* 'NoneType'", NOTHING),
    (rf"'{FAMILY}' object does not support item assignment", PARTS),
    (r"expression to float|does not support ufuncs|ufunc does not support|must be Tensor", ARRAYS),
)


def advice(error: BaseException, text: str) -> str:
    """What to write instead of a line that failed; empty where nothing is known."""
    if isinstance(error, AttributeError) and isinstance(error.obj, Basic):
        return SIZES if error.name in ("shape", "size") else _method(str(error.name))
    if isinstance(error, TypeError) and "'NoneType' object is not subscriptable" in str(error) and ".shape" in text:
        return SIZES
    return next((told for pattern, told in HABITS if re.search(pattern, str(error))), "")


def _method(name: str) -> str:
    if name in NO_METHODS:
        return NO_METHODS[name]
    word = OTHER.get(name, name)
    if hasattr(derive, word):
        return f"it is a word here, {word}({'a, b' if word == 'dot' else 'x'}), by from derive import {word}"
    return "a formula has no such method; docs/language.md lists the words"
