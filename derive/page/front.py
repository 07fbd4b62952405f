"""What an instructor puts on a sheet: title, course, author, date, paper and language, by options or from a TOML file.

    [sheet]
    title = "Homework 3: recurrent networks"      # or { en = "...", zh = "..." }
    author = ["A. Turing", "K. Gödel"]
    course = "CS 101"
    date = 2027-01-31                             # or "today", or any words
    paper = "letter"                              # or "a4"
    lang = "zh"                                   # or "en"

Words are plain words: every format escapes them, and nothing in them is markup.
"""

from __future__ import annotations

import datetime
import os
import unicodedata
from collections.abc import Callable, Iterator, Mapping
from os import PathLike
from pathlib import Path
from typing import Any, NamedTuple

from derive.errors import UsageError
from derive.language import LANGUAGES, Text
from derive.page.blocks import Title
from derive.page.look import PAPERS

FILE = "derive.toml"  # is read where it stands in the working directory
MOST, LONGEST = 1 << 16, 300  # bytes of a file, characters of a line
MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
    "December",
)  # fmt: skip
NOTHING = Text("", "")  # the line is left out, whatever a file says


class Front(NamedTuple):
    """What is wished of a sheet's head and paper; None where nothing is wished."""

    title: Text | None = None
    subtitle: Text | None = None
    author: Text | None = None
    course: Text | None = None
    date: Text | None = None
    paper: str | None = None
    lang: str | None = None

    def before(self, other: Front) -> Front:
        """These wishes, and the other ones where there is none here."""
        return other._replace(**{key: wish for key, wish in self._asdict().items() if wish is not None})

    def head(self, title: Title) -> Title:
        """The head of a sheet with what is wished in it."""
        subtitle = title.subtitle if self.subtitle is None else None if self.subtitle is NOTHING else self.subtitle
        byline = {k: None if (line := getattr(self, k)) is NOTHING else line for k in ("author", "course", "date")}
        named = title.title if self.title in (None, NOTHING) else self.title
        return title._replace(title=named, subtitle=subtitle, **byline)


def front(wishes: Mapping[str, Any], called: Callable[[str], str] = str) -> Front:
    """Wishes by key; `called` names a key as the user wrote it. Errors: UsageError for an unknown key or a wrong value.

    >>> front({"paper": "letter", "date": "2027-01-31"}).date.pick("en")
    '31 January 2027'
    """
    for key in wishes:
        if key not in Front._fields:
            raise UsageError(f"{called(key)}: unknown; a sheet has {', '.join(Front._fields)}")
    return Front(**{key: READERS.get(key, words)(value, called(key)) for key, value in wishes.items()})


def found(path: str | PathLike[str] | None = None) -> Front:
    """The [sheet] table of a file, or of `derive.toml` in the working directory if there is one. Errors: UsageError."""
    if path is None:
        return read(FILE) if os.path.isfile(FILE) else Front()
    return read(path)


def read(path: str | PathLike[str]) -> Front:
    """The [sheet] table of a TOML file. Errors: UsageError, one line that names the file and the key."""
    import tomllib

    try:
        with Path(path).open("rb") as file:
            raw = file.read(MOST + 1)
        if len(raw) > MOST:
            raise UsageError(f"{path}: more than {MOST} bytes; a sheet's file holds a few lines")
        whole = tomllib.loads(raw.decode("utf-8"))
    except OSError as error:
        raise UsageError(f"{path}: cannot be read ({error.strerror})") from None
    except (ValueError, RecursionError) as error:
        raise UsageError(f"{path}: no TOML ({error})") from None
    for key, value in whole.items():
        if key != "sheet" or not isinstance(value, dict):
            raise UsageError(f"{path}: {key!r} is not the table [sheet]; write title = ... below a line [sheet]")
    return front(whole.get("sheet", {}), lambda key: f"{path}: {key}")


def words(value: Any, key: str) -> Text:
    """A line of the head: words, or { en = ..., zh = ... }. Errors: UsageError."""
    if isinstance(value, Mapping) and set(value) == set(LANGUAGES):
        lines = {lang: line(each, key) for lang, each in value.items()}
        if all(lines.values()):
            return Text("{en}", "{zh}", lines)
    elif isinstance(value, str):
        text = line(value, key)
        return Text("{en}", "{en}", {"en": text}) if text else NOTHING
    raise UsageError(f'{key}: expected words, as "...", or {{ en = "...", zh = "..." }}, found {shown(value)}')


def people(value: Any, key: str) -> Text:
    """One author, or a list of them. Errors: UsageError."""
    if isinstance(value, (list, tuple)) and value:
        return Text("{en}", "{en}", {"en": [line(each, key) for each in value]})
    return words(value, key)


def line(value: Any, key: str) -> str:
    """One line of plain words: any white space is one space, control characters are dropped. Errors: UsageError."""
    if not isinstance(value, str):
        raise UsageError(f"{key}: expected words in quotes, found {shown(value)}")
    kept = "".join(_kept(value))
    text = " ".join(kept.split())
    if len(text) > LONGEST:
        raise UsageError(f"{key}: {len(text)} characters; a line has at most {LONGEST}")
    return text


def _kept(text: str) -> Iterator[str]:
    return (c for c in text if c.isspace() or unicodedata.category(c) not in ("Cc", "Cf", "Cs"))


def date(value: Any, key: str) -> Text:
    """A day, as a date, as "2027-01-31" or as "today"; other words stand as they are. Errors: UsageError."""
    if value == "today":
        value = datetime.date.today()
    if isinstance(value, str):
        try:
            value = datetime.date.fromisoformat(value.strip())
        except ValueError:
            return words(value, key)
    if isinstance(value, datetime.date):
        english = f"{value.day} {MONTHS[value.month - 1]} {value.year}"
        return Text("{en}", "{zh}", {"en": english, "zh": f"{value.year} 年 {value.month} 月 {value.day} 日"})
    return words(value, key)


def one_of(known: tuple[str, ...]) -> Callable[[Any, str], str]:
    """A reader of a word among known ones."""

    def read_word(value: Any, key: str) -> str:
        if value not in known:
            raise UsageError(f"{key} {shown(value)}: choose one of {', '.join(known)}")
        return str(value)

    return read_word


def shown(value: Any) -> str:
    """A value in a message, cut where it is long."""
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:60]}..."


READERS: dict[str, Callable[[Any, str], Any]] = {
    "author": people, "date": date, "paper": one_of(tuple(PAPERS)), "lang": one_of(LANGUAGES),
}  # fmt: skip
