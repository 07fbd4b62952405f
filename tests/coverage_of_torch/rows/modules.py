"""The modules of torch.nn that torch itself lists for its tests, each beside a model written by hand."""

from __future__ import annotations

import re
from importlib.util import find_spec
from pathlib import Path

from coverage_of_torch.rows import module_layers, module_sequences, module_transformers, module_units
from coverage_of_torch.table import Row

DRAWN = "its windows begin at places that are drawn at random"


def listed() -> tuple[str, ...]:
    """The modules of `module_db`, in their order."""
    found = find_spec("torch.testing._internal.common_modules")
    assert found is not None and found.origin is not None
    return tuple(re.findall(r"ModuleInfo\(torch\.nn\.(\w+)", Path(found.origin).read_text(encoding="utf-8")))


ROWS = (
    *module_units.ROWS,
    *module_layers.ROWS,
    *module_sequences.ROWS,
    *module_transformers.ROWS,
    Row("FractionalMaxPool2d", why=DRAWN),
    Row("FractionalMaxPool3d", why=DRAWN),
)
