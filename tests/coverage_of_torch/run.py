"""Count the operations of torch's list that can be written, and write `docs/coverage.md`: make coverage.

A row counts only if its sheet is checked and made in both languages, and if the generated code for numpy and for torch
gives the gradients that torch's own function has, at random sizes and numbers.
"""

from __future__ import annotations

import sys
import types
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any, NamedTuple

import torch

from coverage_of_torch.names import left_out, listed, operations
from coverage_of_torch.rows import ROWS
from coverage_of_torch.table import Row, drawn, spec

PAGE = Path(__file__).parents[2] / "docs" / "coverage.md"
SEEDS = (1, 2, 3)
NEAR = 1e-9


class Result(NamedTuple):
    """What became of one row: nothing is said against it where `failure` is empty."""

    row: Row
    failure: str = ""


def result(row: Row) -> Result:
    """Try one row. Errors: none, whatever happens is its failure."""
    if row.why:
        return Result(row, row.why)
    try:
        compare(row)
    except Exception as error:  # whatever it is, the row does not count
        return Result(row, f"{type(error).__name__}: {str(error).splitlines()[0] if str(error) else ''}")
    return Result(row)


def compare(row: Row) -> None:
    """The sheet, and the code of both targets. Errors: AssertionError where a number differs, and any other."""
    solution = row.solution()
    solution.verify().require()
    for lang in ("en", "zh"):
        assert solution.to_text(lang, check=False) and solution.to_latex(lang, check=False)
    for target in ("numpy", "torch"):
        module = types.ModuleType("generated")
        exec(solution.to_code(target), module.__dict__)
        for seed in SEEDS:
            _compare(row, module, target, seed)


def _compare(row: Row, module: Any, target: str, seed: int) -> None:
    given = drawn(row, seed)
    names = [name for name, _, _ in spec(row.leaves)]
    wanted = [n for n in names if n != "u" and given[n].is_floating_point()]
    tensors = {n: given[n].clone().requires_grad_(n in wanted) for n in names}
    assert row.by_torch is not None
    loss = row.by_torch(SimpleNamespace(**{**given, **tensors}))
    truth = torch.autograd.grad(loss, [tensors[n] for n in wanted], allow_unused=True, materialize_grads=True)
    arrays = {n: given[n].numpy() if target == "numpy" else given[n] for n in names}
    sizes = {n: given[n] for n in module.SIZES}
    close(module.forward(**arrays, **sizes)["L"], loss, "the value")
    found = module.backward(**arrays, **sizes)
    for name, expected in zip(wanted, truth, strict=True):
        close(found[name], expected, f"the gradient of {name}")


def close(found: Any, truth: torch.Tensor, what: str) -> None:
    """Errors: AssertionError where the largest difference is not small beside the largest number."""
    found, truth = torch.as_tensor(found, dtype=torch.float64), truth.detach()
    assert found.shape == truth.shape, f"{what} has another shape"
    scale = max(1.0, float(truth.abs().max()) if truth.numel() else 0.0)
    error = float((found - truth).abs().max()) if truth.numel() else 0.0
    assert error <= NEAR * scale, f"{what} differs by {error:.1e}"


def results(names: Sequence[str] = ()) -> list[Result]:
    """One result for every operation of the list, or for some."""
    rows = {row.name: row for row in ROWS}
    return [result(rows.get(n, Row(n, why="no row yet"))) for n in names or operations()]


def report(found: Iterable[Result]) -> Iterator[str]:
    """The page, as lines."""
    found = list(found)
    directly = [r.row.name for r in found if not r.failure and not r.row.form]
    other = [r.row for r in found if not r.failure and r.row.form]
    missing = [r for r in found if r.failure]
    out = left_out()
    yield "# What of torch's list of derivatives can be written"
    yield ""
    version = torch.__version__.partition("+")[0]
    yield f"The list is `torchgen/packaged/autograd/derivatives.yaml` of torch {version}. This page is written by"
    yield "`make coverage`: a model is written by hand for every operation (`tests/coverage_of_torch/rows`), derived,"
    yield "checked, printed in both languages, and its generated code for numpy and torch is compared with torch's own"
    yield "function, forward and backward, at random sizes and numbers."
    yield ""
    yield "| | |"
    yield "|---|---|"
    yield f"| names in the list | {len(listed())} |"
    yield f"| operations of deep learning among them | {len(found)} |"
    yield f"| written, derived and equal to torch | {len(directly) + len(other)} |"
    yield f"| of these by their own definition | {len(directly)} |"
    yield f"| of these in another form | {len(other)} |"
    yield f"| not yet | {len(missing)} |"
    yield ""
    yield "## By their own definition"
    yield ""
    yield from wrapped(directly)
    yield ""
    yield "## In another form"
    yield ""
    for form in dict.fromkeys(r.form for r in other):
        yield f"- {form}: {', '.join(f'`{r.name}`' for r in other if r.form == form)}"
    yield ""
    yield "## Not yet"
    yield ""
    for why in dict.fromkeys(r.failure for r in missing):
        yield f"- {why}: {', '.join(f'`{r.row.name}`' for r in missing if r.failure == why)}"
    yield ""
    yield "## No operations of deep learning, or none of their own"
    yield ""
    for why in dict.fromkeys(out.values()):
        yield f"- {why}: {', '.join(f'`{n}`' for n, reason in out.items() if reason == why)}"


def wrapped(names: Sequence[str]) -> Iterator[str]:
    """Names in lines."""
    line = ""
    for name in names:
        if len(line) + len(name) > 110:
            yield line
            line = ""
        line += f"`{name}` "
    yield line


def main(argv: Sequence[str]) -> int:
    """Try the rows named, or all; with all the page is written. The exit status is 1 where a row with a model fails."""
    found = results(argv)
    for r in found:
        if r.failure and (argv or not r.row.why):
            print(f"{r.row.name}: {r.failure}")
    good = [r for r in found if not r.failure]
    print(f"{len(good)} of {len(found)} operations, {sum(not r.row.form for r in good)} by their own definition")
    if not argv:
        PAGE.write_text("\n".join(line.rstrip() for line in report(found)) + "\n", encoding="utf-8")
    return int(any(r.failure and not r.row.why for r in found))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
