"""Pieces of Python text: strings, tuples, dictionaries, and whether a word stands in a text."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping

from derive.code.printer import INDENT, WIDTH


def quoted(text: str) -> str:
    """Write a Python string in double quotes."""
    return json.dumps(text)


def tuple_of(words: Iterable[str]) -> str:
    """Write a tuple of strings."""
    words = tuple(words)
    inner = ", ".join(map(quoted, words))
    return f"({inner},)" if len(words) == 1 else f"({inner})"


def dictionary(head: str, pairs: Mapping[str, str], depth: int = 1) -> list[str]:
    """Write the lines of a dictionary of variables, on one line where it fits."""
    rows = [f"{quoted(name)}: {text}" for name, text in pairs.items()]
    line = f"{INDENT * depth}{head}{{{', '.join(rows)}}}"
    inner = [f"{INDENT * (depth + 1)}{row}," for row in rows]
    return [line] if len(line) <= WIDTH else [f"{INDENT * depth}{head}{{", *inner, INDENT * depth + "}"]


def has_word(name: str, text: str) -> bool:
    """True if the name stands in the text, as a word and not as an attribute."""
    return re.search(rf"(?<![\w.'\"]){re.escape(name)}(?![\w'\"])", text) is not None


def documented(lines: Iterable[str]) -> str:
    """Write a docstring; indented lines keep their blanks. Whatever a title holds, it stays inside the quotes."""
    safe = "\n".join(" ".join(x.split()) if x[:1] != " " else x for x in lines)
    return '"""' + safe.replace("\\", "\\\\").replace('"', "'") + '\n"""'
