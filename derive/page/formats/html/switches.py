"""The bar above a page: language, detail, folds, light and dark; and what is said where no script runs."""

from __future__ import annotations

from html import escape

from derive.language import Text
from derive.page.formats.html import words
from derive.page.formats.html.writer import Writer


def switches(writer: Writer, levels: bool, folds: bool) -> str:
    """The switches that this page has a use for, hidden until the script runs, without which they do nothing."""
    shown = [_choice(words.LANGUAGE, "lang", {"en": "EN", "zh": "中文"})]
    if levels:
        both = {"brief": writer.text(words.BRIEF), "full": writer.text(words.FULL)}
        shown.append(_choice(words.DETAIL, "detail", both))
    if folds:
        shown.append(f'<button type="button" data-fold aria-pressed="false">{writer.text(words.FOLD)}</button>')
    shown.append(f'<button type="button" data-theme{label(words.THEME)}>◐</button>')
    said = f'<span role="status" data-copied-en="{words.COPIED.en}" data-copied-zh="{words.COPIED.zh}"></span>'
    missing = f"<noscript><p>{escape(words.NO_SCRIPT.en)}</p><p>{escape(words.NO_SCRIPT.zh)}</p></noscript>"
    return f'<div class="switches" hidden>{said}{"".join(shown)}</div>\n{missing}\n'


def _choice(name: Text, key: str, values: dict[str, str]) -> str:
    """One of several: a button for each value of a setting."""
    buttons = (f'<button type="button" data-{key}="{value}">{shown}</button>' for value, shown in values.items())
    return f'<div role="group"{label(name)}>{"".join(buttons)}</div>'


def label(text: Text) -> str:
    """An accessible name in both languages; the script puts the right one into aria-label."""
    en, zh = escape(text.en), escape(text.zh)
    return f' aria-label="{en}" data-label-en="{en}" data-label-zh="{zh}"'
