"""Try one row: its sheet, and its generated code beside torch.

A row counts only if its sheet is checked and made in both languages, and if the generated code for numpy and for torch
gives the gradients that torch's own function has, at random sizes and numbers.
"""

from __future__ import annotations

import types
from collections.abc import Callable
from functools import cache
from types import SimpleNamespace
from typing import Any, NamedTuple

import torch

from coverage_of_torch.table import Row, drawn, spec

SEEDS = (1, 2, 3)
FURTHER = range(4, 16)  # tried while a gradient has been 0 at all of them, as that of a bound that nothing has reached
POINTS = 1000  # of the check of each sheet; the numbers of the generated code come beside them
NEAR = 1e-9


class Result(NamedTuple):
    """What became of one row: nothing is said against it where `failure` is empty."""

    row: Any
    failure: str = ""


def result(row: Any, by: Callable[[Any], None] | None = None) -> Result:
    """Try one row, by a comparison of its own where there is one. Errors: none, whatever happens is its failure."""
    if row.why:
        return Result(row, row.why)
    try:
        (by or compare)(row)
    except Exception as error:  # whatever it is, the row does not count
        return Result(row, f"{type(error).__name__}: {str(error).splitlines()[0] if str(error) else ''}")
    return Result(row)


def compare(row: Row) -> None:
    """The sheet, and the code of both targets. Errors: AssertionError where a number differs, and any other."""
    modules, silent = generated(row.leaves, row.write), {name for name, _, _ in spec(row.leaves)}
    for seed in (*SEEDS, *FURTHER):
        if seed in SEEDS or silent:
            for target, module in modules.items():
                silent -= _compare(row, module, target, seed)


@cache
def generated(leaves: str, write: Any) -> dict[str, Any]:
    """The code of both targets, of a model whose sheet was checked and printed; rows of one model share it."""
    solution = Row("model", leaves, write).solution()
    solution.verify(points=POINTS).require()
    for lang in ("en", "zh"):
        assert solution.to_text(lang, check=False) and solution.to_latex(lang, check=False)
    modules = {target: types.ModuleType("generated") for target in ("numpy", "torch")}
    for target, module in modules.items():
        exec(solution.to_code(target), module.__dict__)
    return modules


def _compare(row: Row, module: Any, target: str, seed: int) -> set[str]:
    """The leaves whose gradients are not 0, or are not compared. Errors: AssertionError where a number differs."""
    given = drawn(row, seed)
    names = [name for name, _, _ in spec(row.leaves)]
    arrays = {n: given[n].numpy() if target == "numpy" else given[n] for n in names}
    sizes = {n: given[n] for n in module.SIZES}
    loss, truth = theirs(row, given)
    if loss is not None:
        close(module.forward(**arrays, **sizes)["L"], loss, "the value")
    found = module.backward(**arrays, **sizes)
    for name, expected in truth.items():
        close(found[name], expected, f"the gradient of {name}")
    return {name for name in names if name not in truth or bool(truth[name].any())}


def theirs(row: Row, given: dict[str, Any]) -> tuple[Any, dict[str, torch.Tensor]]:
    """The loss and the gradients as torch has them: from autograd, or from the formula of the row."""
    if row.slopes is not None:
        slopes = row.slopes(SimpleNamespace(**given))
        return slopes.pop("L", None), {name: slope.reshape(given[name].shape) for name, slope in slopes.items()}
    wanted = [name for name, _, _ in spec(row.leaves) if name != "u" and given[name].is_floating_point()]
    tensors = {n: given[n].clone().requires_grad_() for n in wanted}
    assert row.by_torch is not None
    loss = row.by_torch(SimpleNamespace(**{**given, **tensors}))
    found = torch.autograd.grad(loss, list(tensors.values()), allow_unused=True, materialize_grads=True)
    return loss, dict(zip(wanted, found, strict=True))


def close(found: Any, truth: torch.Tensor, what: str) -> None:
    """Errors: AssertionError where the largest difference is not small beside the largest number."""
    found, truth = torch.as_tensor(found, dtype=torch.float64).detach(), truth.detach()
    assert found.shape == truth.shape, f"{what} has another shape"
    scale = max(1.0, float(truth.abs().max()) if truth.numel() else 0.0)
    error = float((found - truth).abs().max()) if truth.numel() else 0.0
    assert error <= NEAR * scale, f"{what} differs by {error:.1e}"
