"""The bar above a page: language, detail, folds, light and dark; and what is said where no script runs."""

from __future__ import annotations

from html import escape

from derive.language import Text
from derive.page.formats.html.writer import Writer
from derive.page.sentences import WHICH

LANGUAGE = Text("Language", "语言")
DETAIL = Text("Detail", "详略")
BRIEF = Text("Brief", "简略")
FULL = Text("Full", "完整")
FOLD = Text("Fold steps", "折叠步骤")
ANSWERS = Text("Hide results", "隐藏结果")
SETTINGS = Text("Settings", "设置")
SHOW = Text("Show", "显示")
COPY = Text("Copy the LaTeX of this line", "复制本行的 LaTeX")
COPIED_LINE = Text("LaTeX copied", "LaTeX 已复制")
THEME = Text("Light or dark", "明暗")
CONTENTS = Text("Contents", "目录")
LINK = Text("Link to this place", "此处的链接")
COPIED = Text("Link copied", "链接已复制")
NO_SCRIPT = Text(
    "JavaScript is off, so this page has no buttons. Nothing is loaded from the network.",
    "JavaScript 已关闭，本页不显示按钮。本页不从网络加载任何内容。",
)


def switches(writer: Writer, levels: bool, folds: bool, which: bool) -> str:
    """The switches that this page has a use for, hidden until the script runs, without which they do nothing; `which`
    asks for the rule of each line that is left out."""
    shown = [_choice(LANGUAGE, "lang", {"en": "EN", "zh": "中文"})]
    if levels:
        both = {"brief": writer.text(BRIEF), "full": writer.text(FULL)}
        shown.append(_choice(DETAIL, "detail", both))
    if folds:
        shown.append(f'<button type="button" data-fold aria-pressed="false">{writer.text(FOLD)}</button>')
    shown.append(f'<button type="button" data-answers aria-pressed="false">{writer.text(ANSWERS)}</button>')
    shown.append(f'<button type="button" data-theme{label(THEME)}>◐</button>')
    said = '<span role="status"></span>'
    missing = f"<noscript><p>{writer.text(NO_SCRIPT)}</p></noscript>"
    bar = f'<div class="switches" role="region"{label(SETTINGS)} hidden>{said}{"".join(shown)}</div>'
    return f"{bar}\n{_template(writer, which)}\n{missing}\n"


def _template(writer: Writer, which: bool) -> str:
    """What the script puts at each line: a button that shows it, what is asked of it, and a button that copies it."""
    asked = f'<span class="which">{writer.text(WHICH)}</span>' if which else ""
    return (
        f'<template><button type="button" class="reveal" aria-expanded="false">{writer.text(SHOW)}</button>'
        f'{asked}<button type="button" class="copy"{label(COPY)}></button>'
        f'<span data-said="link">{writer.text(COPIED)}</span><span data-said="line">{writer.text(COPIED_LINE)}</span>'
        "</template>"
    )


def _choice(name: Text, key: str, values: dict[str, str]) -> str:
    """A group of buttons, one for each value of a setting."""
    buttons = (f'<button type="button" data-{key}="{value}">{shown}</button>' for value, shown in values.items())
    return f'<div role="group"{label(name)}>{"".join(buttons)}</div>'


def label(text: Text) -> str:
    """An accessible name in both languages; the script puts the right one into aria-label."""
    en, zh = escape(text.en), escape(text.zh)
    return f' aria-label="{en}" data-label-en="{en}" data-label-zh="{zh}"'
