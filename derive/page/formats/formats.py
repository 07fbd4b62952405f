"""The formats by name."""

from __future__ import annotations

# Each format is the module of its name here, and the notation that its formulas are written in.
FORMATS = {"tex": "latex", "pdf": "latex", "text": "text", "json": "", "html": "latex", "markdown": "latex"}
