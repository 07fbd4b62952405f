"""A page within a site: a link to the list, and, where no script runs, one to the page in the other language.

A page holds both languages and opens in one of them; in a site it stands twice, so that no script is needed for either.
"""

from __future__ import annotations

import re
from html import escape

from derive.language import LANGUAGES, Text

LIST = Text("All problems", "全部题目")
OTHER = {"en": "中文", "zh": "English"}  # what the link to the other language reads, in that language
LANG = re.compile(r'<html lang="\w+"')
TITLE = re.compile(r'(<title data-en="(.*?)" data-zh="(.*?)">).*?</title>')


def named(lang: str) -> str:
    """The file of a page, or of the list, in one language."""
    return "index.html" if lang == LANGUAGES[0] else f"index.{lang}.html"


def other(lang: str) -> str:
    """The other language."""
    return next(each for each in LANGUAGES if each != lang)


def placed(page: str, lang: str) -> str:
    """The page as it opens in that language, in a folder below the list."""
    page = LANG.sub(f'<html lang="{lang}"', page, count=1)
    page = TITLE.sub(lambda found: f"{found[1]}{found[2 + LANGUAGES.index(lang)]}</title>", page, count=1)
    page = page.replace("<noscript>", f"<noscript>{_turned(lang)}", 1)
    return page.replace("<main>", f'<nav class="home">{"".join(map(_home, LANGUAGES))}</nav>\n<main>', 1)


def _home(lang: str) -> str:
    return f'<span lang="{lang}"><a href="../{named(lang)}">{escape(LIST.pick(lang))}</a></span>'


def _turned(lang: str) -> str:
    to = other(lang)
    return f'<p><a href="{named(to)}" lang="{to}" hreflang="{to}">{escape(OTHER[lang])}</a></p>'
