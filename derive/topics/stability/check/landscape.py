"""The measure of a condition as a function of the parameters, for plots of regions.

All sizes are 1: the norm of a 1 x 1 matrix is the absolute value of its entry, so that a norm can be a coordinate of a
plot like any other parameter.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from sympy import Expr, Integer, Symbol

from derive.chain.derivation import Derivation
from derive.check.torch_backend import TorchBackend
from derive.evaluate.kernels import Kernels
from derive.evaluate.store import Store
from derive.topics.stability.check.norms import measure
from derive.topics.stability.conditions import Analysis


class Landscape:
    """Evaluates the measures of one analysis at many parameters at once."""

    def __init__(self, derivation: Derivation, analysis: Analysis):
        self.kernels = Kernels(TorchBackend(), dict.fromkeys(derivation.model.sizes, Integer(1)), derivation.loss)
        self.where: Mapping[Symbol, Expr] = dict(analysis.where)

    def at(self, expr: Expr, numbers: Mapping[str, tuple[Any, int]]) -> Any:
        """The value of a measure, shape (points,).

        `numbers` gives for each name an array of shape (points,) and the number of indices that the name has.
        """
        store, points = Store(self.kernels.backend), 1
        for name, (values, axes) in numbers.items():
            array = torch.as_tensor(np.asarray(values, dtype=float))
            points = max(points, array.numel())
            store.put(name, array.reshape(*[1] * axes, -1), [(1, 1)] * axes)
        found = measure(Integer(1) * expr, store, self.kernels, self.where, points)
        return found.numpy()
