"""Jacobians and gradients that torch.autograd computes."""

from __future__ import annotations

from collections.abc import Sequence

import torch

Array = torch.Tensor


def jacobian(of: Array, wrt: Array) -> Array:
    """All partial derivatives at every point, one row of the first at a time."""
    rows = [gradients([row], [wrt], [torch.ones_like(row)])[0] for row in of.reshape(-1, of.shape[-1])]
    found = torch.stack(rows) if rows else torch.zeros((0, *wrt.shape), dtype=of.dtype)
    return found.reshape(*of.shape[:-1], *wrt.shape)


def variable(value: Array, points: int, shape: Sequence[int] | None = None) -> Array:
    """The same numbers as a new variable that depends on nothing, with `points` points; `shape` is that of the rest."""
    rest = value.shape[:-1] if shape is None else shape
    return value.detach().expand(*rest, points).clone().requires_grad_()


def linked(value: Array) -> Array:
    """The same numbers as a variable of its own: a view, through which what came before is still reached."""
    return value.view_as(value) if value.requires_grad else value.detach().clone().requires_grad_()


def gradients(of: Sequence[Array], wrt: Sequence[Array], weights: Sequence[Array]) -> list[Array]:
    """autograd's answer, zeros where nothing is used."""
    pairs = [(a, w) for a, w in zip(of, weights, strict=True) if a.requires_grad]
    if not pairs:
        return [torch.zeros_like(v) for v in wrt]
    weighted = torch.stack([(a * w).sum() for a, w in pairs]).sum()  # given cotangents, torch would import a compiler
    seen = torch.autograd.grad(weighted, wrt, allow_unused=True, retain_graph=True)
    return [torch.zeros_like(v) if g is None else g for v, g in zip(wrt, seen, strict=True)]
