"""The letters of the formulas: sizes before a layer and after it, kernel, stride, padding, and counts."""

from __future__ import annotations

from sympy import Expr, Symbol

from derive.layers.layer import Layer, Sizes
from derive.layers.shape import AXES

BELOW = {"H": "h", "W": "w", "L": "", "D": "d"}


def letter(name: str) -> Symbol:
    """A positive whole number by its name."""
    return Symbol(name, integer=True, positive=True)


C_IN, C_OUT, N_IN, N_OUT = letter("C_in"), letter("C_out"), letter("N_in"), letter("N_out")
GROUPS, PER_GROUP, ROWS, WIDTH, LENGTH = letter("g"), letter("c"), letter("V"), letter("d"), letter("L")
WEIGHTS, BIASES, MULTIPLY_ADDS, NUMBERS, CONNECTIONS = (letter(f"n_{below}") for below in "wbmac")
FIELD_IN, FIELD_OUT, JUMP_IN, JUMP_OUT = letter("r_in"), letter("r_out"), letter("j_in"), letter("j_out")


def length(axis: int, rank: int, end: str) -> Symbol:
    """H_in, W_out, ...: a length along an axis before or after a layer."""
    return letter(f"{AXES[rank][axis]}_{end}")


def lengths(rank: int, end: str) -> tuple[Symbol, ...]:
    """All of them."""
    return tuple(length(axis, rank, end) for axis in range(rank))


def along(stem: str, axis: int, rank: int, sizes: Sizes = (), always: bool = False) -> Symbol:
    """k_h, s, p, d: with the letter of the axis where the axes differ, or always."""
    differ = always or len(set(sizes)) > 1
    below = BELOW[AXES[rank][axis]] if differ else ""
    return letter(f"{stem}_{below}" if below else stem)


def kernels(layer: Layer, rank: int) -> dict[Symbol, Expr]:
    """The sizes of the kernel by their letters."""
    return {along("k", a, rank, always=True): layer.along(layer.kernel, a) for a in range(rank)}


ORDER = (
    *(f"{axis}_{end}" for end in ("in", "out") for axis in ("L", "D", "H", "W")), "V", "L", "N_in", "p", "p_h", "p_w",
    "m", "m_h", "m_w", "q", "q_h", "q_w", "k", "k_d", "k_h", "k_w", "C_in", "c", "d", "d_h", "d_w", "s", "s_h", "s_w",
    "g", "o", "o_h", "o_w", "C_out", "N_out", "r_in", "j_in",
)  # fmt: skip
