"""How an object shows itself in a notebook: its `_repr_markdown_` returns shown(self).

What shows an object knows everything that it shows, so it lies above all of it: derive/__init__.py sets the renderer.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

renderer: Callable[[Any], str] | None = None
plain_renderer: Callable[[Any], str] | None = None


def shown(thing: Any) -> str:
    """The object as Markdown with formulas, as JupyterLab, VS Code and GitHub read it."""
    assert renderer is not None, "importing any module of derive loads derive/__init__.py, which sets it"
    return renderer(thing)


def bundle(thing: Any) -> dict[str, str]:
    """The object in the forms that a front end chooses among: Markdown where it typesets, text in a terminal."""
    assert plain_renderer is not None, "as above"
    return {"text/markdown": shown(thing), "text/plain": plain_renderer(thing)}
