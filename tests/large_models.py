"""Models that grow: a chain of layers, a unit with many weights, a product of many matrices under one sum."""

from functools import reduce

from sympy import Add, Mul, Sum, tanh

from derive.graph import Graph

LETTERS = "abcdfghijkmnpqrsu"


def layers(count: int) -> Graph:
    """h_k = tanh(w_k h_{k-1}), each layer with a name of its own, L = h^2/2."""
    g = Graph("A chain of layers")
    last = reduce(lambda h, k: g.node(f"h{k}", tanh(g.parameter(f"w{k}") * h)), range(1, count + 1), g.input("x"))
    g.loss("L", last**2 / 2)
    return g


def weights(count: int) -> Graph:
    """L = tanh(w_1 x_1 + w_2 x_2 + ...), every weight a parameter of its own."""
    g = Graph("Many parameters")
    terms = [g.parameter(f"w{k}") * g.input(f"x{k}") for k in range(1, count + 1)]
    g.loss("L", tanh(g.node("z", Add(*terms))))
    return g


def letters(count: int) -> Graph:
    """L = (sum over all letters of v_a A_ab B_bc ...)^2: as many letters under one sum as asked for."""
    g = Graph("Many letters under one sum")
    sizes = [g.size(f"N{k}") for k in range(1, count + 1)]
    at = [g.index(letter, size) for letter, size in zip(LETTERS, sizes, strict=False)]
    factors = [g.parameter(f"w{k}", sizes[k - 1], sizes[k])[at[k - 1], at[k]] for k in range(1, count)]
    g.loss("L", Sum(Mul(g.input("v", sizes[0])[at[0]], *factors), *at) ** 2)
    return g
