"""One row tried: its sheet in both languages, what is printed, and numbers against torch.autograd."""

from __future__ import annotations

from typing import Any

import torch
from coverage_of_torch.run import POINTS, SEEDS, close
from coverage_of_torch.table import drawn

from coverage_of_cookbook.formulas import Tensors, total
from coverage_of_cookbook.row import Identity
from coverage_of_cookbook.text import value
from derive import Solution
from derive.page.print.printer import printer

Array = torch.Tensor


def compare(row: Identity) -> None:
    """Errors: AssertionError where a number or a text differs, and any other."""
    solution = row.solution()
    solution.verify(points=POINTS).require()
    for lang in ("en", "zh"):
        assert solution.to_text(lang, check=False) and solution.to_latex(lang, check=False)
    found = printed(row, solution)
    assert found == row.prints, f"printed is {found}, and not {row.prints}"
    for seed in SEEDS:
        _compare(row, found, seed)


def printed(row: Identity, solution: Solution) -> str:
    """What the sheet prints: the gradient in matrices or, of a matrix, its Jacobian; else that of an element."""
    show = printer("text", solution.model.order)
    if row.second or ("Y" in solution.model.nodes and "U" in solution.model.nodes):
        one = solution.hessian(row.of).blocks[0][0] if row.second else solution.jacobian("Y", row.of)
        whole = row.prints.startswith("∂") or one.form is None
        return f"{show(one.symbol)} = {show(one.value)}" if whole else show(one.form.matrix)
    return show(solution.gradient(row.of) if row.by_element else solution.matrix(row.of))


def _compare(row: Identity, found: str, seed: int) -> None:
    """The printed text and the book's own, read as numbers, are the derivative that torch.autograd has."""
    given = drawn(row, seed)
    free = given[row.of].clone().requires_grad_(True)
    whole = free.tril() + free.tril(-1).mT if row.kept else free
    names = {**given, row.of: whole}
    made = row.say(Tensors(names))  # type: ignore[misc]
    names["L"] = made if made.numel() == 1 else total(given["U"].reshape(made.shape) * made)
    by_name = [n for n, v in names.items() if isinstance(v, torch.Tensor) and v.requires_grad and v is not whole]
    adjoints = torch.autograd.grad(names["L"].sum(), [names[n] for n in by_name], retain_graph=True, allow_unused=True)
    names |= {f"adjoint_{n}": a for n, a in zip(by_name, adjoints, strict=True) if a is not None}
    names["Y"] = made if made.numel() > 1 else names.get("Y", made)
    if row.kept:
        names["G"] = value(found, _detached(names))
    for text in (row.book or found, found):
        if text.startswith("∂") or (text is found and (row.kept or row.by_element)):
            continue
        right, truth = value(text, _detached(names)), _truth(row, names["L"], made, free)
        assert right.shape == truth.shape, f"{text} has the shape {tuple(right.shape)}, not {tuple(truth.shape)}"
        close(right, truth, text)


def _detached(names: dict[str, Any]) -> dict[str, Any]:
    return {n: v.detach() if isinstance(v, torch.Tensor) else v for n, v in names.items() if v is not None} | {
        n: v[:, None] for n, v in names.items() if isinstance(v, torch.Tensor) and v.ndim == 1
    }


def _truth(row: Identity, loss: Array, made: Array, free: Array) -> Array:
    """The gradient, the Jacobian or the Hessian; a vector is a column."""
    (first,) = torch.autograd.grad(loss.sum(), free, create_graph=True)
    if row.kept:
        return first + first.tril(-1).mT
    if row.second:
        return _rows(first, free).reshape(free.numel(), free.numel())
    if made.numel() == 1:
        return first.reshape(*free.shape, 1) if free.ndim == 1 else first.reshape(1, 1) if free.ndim == 0 else first
    return _rows(made, free).reshape(made.shape if free.ndim == 0 else (made.numel(), free.numel()))


def _rows(made: Array, free: Array) -> Array:
    """The derivatives of every entry."""
    return torch.stack([torch.autograd.grad(m, free, retain_graph=True)[0] for m in made.flatten()])
