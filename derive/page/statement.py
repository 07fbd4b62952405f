r"""What an instructor types: words with LaTeX between dollars, in the little of Markdown that a statement needs.

Blank lines part paragraphs, and lines that begin with `-`, `*` or a number and a point are paragraphs of their own.
`**` and backquotes around words are dropped. A formula is read into pieces, so that it is the same in every format; a
command that no format knows is refused.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from derive.errors import UsageError
from derive.language import LANGUAGES, Text
from derive.page.print.pieces import parse
from derive.page.print.signs import ACCENTS, FONTS, OPERATORS, SIGNS, SPACES
from derive.page.print.typed import Typed, typed

LONGEST = 20_000  # characters of a statement
FORMULA = re.compile(r"\$\$(.+?)\$\$|(?<!\\)\$(.+?)(?<!\\)\$", re.DOTALL)
COMMAND = re.compile(r"\\([A-Za-z]+|.)", re.DOTALL)
STRUCTURES = {"frac", "tfrac", "sqrt", "left", "right", "not", "mathrel", "begin", "end"}
ENVIRONMENTS = {"cases", "pmatrix"}
SYMBOLS = set("{}%#&_$\\,;:! |")
ITEM = re.compile(r"\s*(?:[-*]|\d+[.)]|\([a-z0-9]\))\s")
MARKS = re.compile(r"\*\*|`")


def paragraphs(value: Any, key: str) -> tuple[Text, ...]:
    """The paragraphs of words, or of { en = ..., zh = ... }. Errors: UsageError, with the formula."""
    texts = value if isinstance(value, Mapping) else dict.fromkeys(LANGUAGES, value)
    if set(texts) != set(LANGUAGES) or not all(isinstance(text, str) for text in texts.values()):
        raise UsageError(f'{key}: expected words, as "...", or {{ en = "...", zh = "..." }}')
    each = {lang: [_runs(one, key) for one in _paragraphs(text, key)] for lang, text in texts.items()}
    if len({len(found) for found in each.values()}) > 1:
        counts = " and ".join(f"{len(found)} paragraphs in {lang}" for lang, found in each.items())
        raise UsageError(f"{key}: {counts}; write as many in one language as in the other")
    return tuple(_sentence(dict(zip(LANGUAGES, pair, strict=True))) for pair in zip(*each.values(), strict=True))


def _sentence(runs: Mapping[str, list[str | Typed]]) -> Text:
    """One paragraph in both languages."""
    values = {f"{lang}{n}": run for lang, own in runs.items() for n, run in enumerate(own)}
    en, zh = ("".join(f"{{{lang}{n}}}" for n in range(len(runs[lang]))) for lang in LANGUAGES)
    return Text(en, zh, values)


def _paragraphs(text: str, key: str) -> Iterator[str]:
    if len(text) > LONGEST:
        raise UsageError(f"{key}: {len(text)} characters; a statement has at most {LONGEST}")
    for block in re.split(r"\n\s*\n", text.strip()):
        lines: list[str] = []
        for line in block.splitlines():
            if lines and not ITEM.match(line):
                lines[-1] += f" {line.strip()}"
            else:
                lines.append(line.strip())
        yield from lines


def _runs(text: str, key: str) -> list[str | Typed]:
    """Words and formulas in turn."""
    found: list[str | Typed] = []
    end = 0
    for match in FORMULA.finditer(text):
        found += [_words(text[end : match.start()], key), _formula((match[1] or match[2]).strip(), key)]
        end = match.end()
    return [run for run in (*found, _words(text[end:], key)) if run != ""]


def _words(text: str, key: str) -> str:
    if re.search(r"(?<!\\)\$", text):
        raise UsageError(f"{key}: a dollar without another one, near {text.strip()[:40]!r}; write \\$ for the sign")
    return re.sub(r"^([-*])(?=\s)", "•", MARKS.sub("", text.replace(r"\$", "$")))


def _formula(latex: str, key: str) -> Typed:
    for name in COMMAND.findall(latex):
        known = {*SIGNS, *OPERATORS, *FONTS, *ACCENTS, *STRUCTURES, *(s[1:] for s in SPACES)}
        if name not in known and name not in SYMBOLS:
            raise UsageError(
                rf"{key}: the formula ${latex}$ has \{name}, which no format knows; write it in other words"
            )
    for name in re.findall(r"\\begin\s*\{(\w*\*?)\}", latex):
        if name not in ENVIRONMENTS:
            raise UsageError(
                rf"{key}: the formula ${latex}$ has \begin{{{name}}}; {', '.join(sorted(ENVIRONMENTS))} are known"
            )
    if not _balanced(latex):
        raise UsageError(f"{key}: the braces of the formula ${latex}$ do not match")
    try:
        parse(latex)
    except (IndexError, ValueError):
        raise UsageError(f"{key}: the formula ${latex}$ is not complete") from None
    return typed(latex)


def _balanced(latex: str) -> bool:
    depth = 0
    for sign in re.findall(r"\\.|[{}]", latex, re.DOTALL):
        depth += {"{": 1, "}": -1}.get(sign, 0)
        if depth < 0:
            return False
    pairs = ((r"\\left\b", r"\\right\b"), (r"\\begin\b", r"\\end\b"))
    return depth == 0 and all(len(re.findall(a, latex)) == len(re.findall(b, latex)) for a, b in pairs)
