"""How an object shows itself in a notebook: its `_repr_markdown_` returns shown(self); derive/notebook.py says what."""

from __future__ import annotations

from typing import Any


def shown(thing: Any) -> str:
    """The object as Markdown with formulas, as JupyterLab, VS Code and GitHub read it."""
    from derive.notebook import markdown  # upward, and the only place: what shows an object knows all that it shows

    return markdown(thing)
