"""What every process of the command line does first, because it lives for seconds only."""

from __future__ import annotations

import gc
import importlib
import os
import sys
from types import ModuleType
from typing import Any


def as_a_command() -> None:
    """Do without what costs a short life more than it gives."""
    gc.disable()  # collecting garbage costs more than the garbage
    os.environ.setdefault("OMP_NUM_THREADS", "1")  # the arrays are small: threads cost more than they compute
    os.environ.setdefault("SYMPY_GROUND_TYPES", "python")  # sympy would load flint, for numbers that are small here
    _without_tensors()


def _without_tensors() -> None:
    """Spare a command sympy's abstract tensors.

    Add loads them, and the group theory that they need, for one question: is a term a tensor? Here none is. Whatever
    else is asked of the module is asked of the real one.
    """
    absent = ModuleType("sympy.tensor.tensor")
    absent.TensExpr = absent.TensAdd = type("NoTensor", (), {})  # type: ignore[attr-defined]
    absent.__getattr__ = _real  # type: ignore[method-assign, assignment]
    sys.modules.setdefault(absent.__name__, absent)


def _real(name: str) -> Any:
    """A name of sympy's tensor module, which is loaded after all."""
    if name.startswith("__"):  # what the import system asks of any module
        raise AttributeError(name)
    del sys.modules["sympy.tensor.tensor"]
    return getattr(importlib.import_module("sympy.tensor.tensor"), name)
