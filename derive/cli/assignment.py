"""`derive sheet 0` or `derive sheet my.toml`: several tasks as one document, with solutions or without."""

from __future__ import annotations

import argparse
import os
import random
import sys
from collections.abc import Sequence
from concurrent.futures import as_completed
from functools import partial
from pathlib import Path
from typing import NamedTuple

from derive import problems
from derive.cli import options, progress_line
from derive.cli.assignment_file import File, load
from derive.cli.assignment_task import made
from derive.cli.cores import cores, processes
from derive.cli.delivery import deliver, ending, format_of, not_to_a_terminal
from derive.cli.sheet import blanked, front_of
from derive.errors import DeriveError, UsageError
from derive.language import LANGUAGES, Text
from derive.page import sentences as say
from derive.page import terminal
from derive.page.blocks import Title
from derive.page.formats.formats import DETAILS, ENGINES, FORMATS
from derive.page.front import Front
from derive.page.terminal import Page
from derive.page.typesetting.files import write
from derive.sheet.assignment import Assignment, Task, render
from derive.topics.worked.numbers_as_typed import whole

UNTITLED = Text("Problem sheet {name}", "习题 {name}")
MOST_SEED = 10**9


class Wish(NamedTuple):
    """One sheet that is asked for, in all its languages and formats; it can be sent to another process."""

    typed: str
    langs: tuple[str | None, ...]
    formats: tuple[str, ...]
    detail: str
    engine: str
    seed: int
    shuffle: bool
    blank: int | None
    front: Front
    check: bool

    @property
    def name(self) -> str:
        """What its files are called, before language and format."""
        stem = Path(self.typed).stem
        seed = f"-{self.seed}" if self.seed else ""
        return (
            f"{f'sheet-{stem}' if self.typed in shipped() else stem}{seed}{'-blank' if self.blank is not None else ''}"
        )


def shipped() -> dict[str, Path]:
    """The sheets that come along, by name."""
    folders = [Path(folder) / "sheets" for folder in problems.__path__]
    return {path.stem: path for folder in folders for path in sorted(folder.glob("*.toml"))}


def run(argv: Sequence[str]) -> int:
    """Print a sheet, or write it to a file, or many into a folder. Errors: UsageError, VerificationError."""
    given = options.parse(options.assignment_parser(tuple(shipped())), argv)
    wishes = [_wish(typed, given) for typed in dict.fromkeys(given.what)]
    for wish in wishes:
        _path(wish.typed)
    count = len(wishes) * len(wishes[0].langs) * len(wishes[0].formats)
    if count > 1 or _is_folder(given.output):
        _all(wishes, Path(given.output or "output"))
        return 0
    (wish,) = wishes
    if FORMATS[wish.formats[0]].binary:
        not_to_a_terminal(wish.formats[0].upper(), given.output)
    with progress_line.shown(wish.langs[0] or LANGUAGES[0]):
        _, content = next(iter(contents(wish, to_terminal=given.output is None)))
    deliver(content, given.output)
    return 0


def _wish(typed: str, given: argparse.Namespace) -> Wish:
    """What is asked for. Errors: UsageError."""
    output = None if _is_folder(given.output) else given.output
    asked = [None] if given.format is None else given.format.split(",")
    given.format = ",".join(format_of(each and each.strip(), output, FORMATS, "tex") for each in asked)
    formats = _words(given.format, "format", tuple(FORMATS))
    langs = _words(given.lang, "lang", LANGUAGES) if given.lang is not None else (None,)
    options.one_of("detail", given.detail, DETAILS)
    options.one_of("engine", given.engine or ENGINES[0], ENGINES)
    if given.engine is not None and "pdf" not in formats:
        raise UsageError(f"--engine sets a PDF; add --format pdf (the format is {given.format})")
    given = argparse.Namespace(
        **vars(given) | {"lang": None, "format": formats[-1]}
    )  # as the head of one sheet reads it
    return Wish(
        typed, langs, formats, given.detail, given.engine or ENGINES[0], whole(given.seed, "--seed", MOST_SEED, 0),
        given.shuffle, blanked(given), front_of(given), not given.no_check,
    )  # fmt: skip


def _words(text: str, what: str, known: tuple[str, ...]) -> tuple[str, ...]:
    """Words with commas between them. Errors: UsageError."""
    found = tuple(dict.fromkeys(word.strip() for word in text.split(",")))
    for word in found:
        options.one_of(what, word, known)
    return found


def _path(typed: str) -> Path:
    """The file of a sheet. Errors: UsageError."""
    known = shipped()
    if typed in known:
        return known[typed]
    if typed.endswith(".py") and Path(typed).is_file():
        raise UsageError(
            f"{typed} is a model and no sheet; derive {typed} prints it, and in a sheet, my_sheet.toml, a task with "
            f'file = "{Path(typed).name}" has it'
        )
    if not typed.endswith(".toml"):
        raise UsageError(f"no sheet {typed!r}; there are {', '.join(known)}, or name a file of your own, my_sheet.toml")
    return Path(typed)


def _is_folder(output: str | None) -> bool:
    return output is not None and (output.endswith(("/", os.sep)) or Path(output).is_dir())


class Derived(NamedTuple):
    """A sheet that was derived and checked: its file, where it stands, and its tasks in order."""

    file: File
    path: Path
    tasks: tuple[Task, ...]


def derived(wish: Wish) -> Derived:
    """Derive the tasks of a sheet. Errors: UsageError, VerificationError."""
    path = _path(wish.typed)
    file = load(path, wish.typed if wish.typed.endswith(".toml") else f"sheet {wish.typed}")
    tasks = [made(asked, path.parent, f"{wish.seed}/{n}", wish.check) for n, asked in enumerate(file.tasks)]
    if wish.shuffle:
        random.Random(wish.seed).shuffle(tasks)
    return Derived(file, path, tuple(tasks))


def written(wish: Wish, sheet: Derived, format: str, lang: str | None, page: Page = terminal.PLAIN) -> str | bytes:
    """A sheet in one format and language, which its file may say."""
    front = wish.front.before(sheet.file.head(wish.blank is not None))
    varies = wish.shuffle or any(asked.varies for asked in sheet.file.tasks)
    under = say.VERSION(number=str(wish.seed)) if varies else say.DERIVED if wish.blank is None else None
    whole = Assignment(Title(UNTITLED(name=sheet.path.stem), under), sheet.file.intro, sheet.tasks)
    return render(whole, format, lang or _lang(wish, sheet), wish.detail, page, wish.engine, front, wish.blank)


def _lang(wish: Wish, sheet: Derived) -> str:
    return wish.front.before(sheet.file.head(False)).lang or LANGUAGES[0]


def contents(wish: Wish, to_terminal: bool = False) -> Sequence[tuple[str, str | bytes]]:
    """The files of a sheet, each with its name, derived and checked once. Errors: UsageError, VerificationError."""
    sheet = derived(wish)
    page = terminal.page(sys.stdout) if to_terminal else terminal.PLAIN
    return [
        (f"{wish.name}.{lang or _lang(wish, sheet)}{ending(format)}", written(wish, sheet, format, lang, page))
        for lang in wish.langs
        for format in wish.formats
    ]


def _into(wish: Wish, folder: Path) -> list[str]:
    """Write the files of a sheet into a folder, and return their names."""
    found = contents(wish)
    for name, content in found:
        write(
            content if isinstance(content, bytes) else content.encode("utf-8", "backslashreplace"), str(folder / name)
        )
    return [name for name, _ in found]


def _all(wishes: Sequence[Wish], folder: Path) -> None:
    """Write many sheets, on all cores, and say which one is done."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UsageError(f"-o {folder}: no folder can be made there ({error.strerror})") from None
    if min(cores(), len(wishes)) == 1:
        for n, wish in enumerate(wishes, 1):
            _say(n, len(wishes), _into(wish, folder), folder)
        return
    with processes(len(wishes)) as pool:
        jobs = [pool.submit(partial(_told, wish, folder)) for wish in wishes]
        for n, done in enumerate(as_completed(jobs), 1):
            names, failed = done.result()
            if failed is not None:
                raise UsageError(failed)
            _say(n, len(wishes), names, folder)


def _told(wish: Wish, folder: Path) -> tuple[list[str], str | None]:
    """The names of the files, or what is wrong, which goes from one process to the other as words."""
    try:
        return _into(wish, folder), None
    except DeriveError as error:
        return [], str(error)


def _say(number: int, count: int, names: Sequence[str], folder: Path) -> None:
    print(f"{number} of {count}: {', '.join(str(folder / name) for name in names)}", file=sys.stderr, flush=True)
