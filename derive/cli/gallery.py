"""`derive gallery`: problems, tasks on layers, sheets and one's own files as one folder of static pages."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from concurrent.futures import as_completed
from functools import partial
from pathlib import Path

from derive.cli import gallery_entry, options
from derive.cli.assignment import shipped
from derive.cli.cores import processes
from derive.cli.gallery_entry import GROUPS, called
from derive.errors import DeriveError, UsageError, VerificationError
from derive.language import LANGUAGES
from derive.page.formats.html.gallery import Entry, index
from derive.page.formats.html.site import named
from derive.page.typesetting.files import write
from derive.problems import layer_tasks, names

Made = tuple[Entry | None, str, int]


def run(argv: Sequence[str]) -> int:
    """Write the site. Errors: UsageError for an unknown problem or a folder that cannot be written."""
    given = options.parse(options.gallery_parser(), argv)
    wished = tuple(dict.fromkeys(given.what)) or (*names(), *layer_tasks(), *shipped())
    folders: dict[str, str] = {}
    for typed in wished:
        gallery_entry.known(typed)  # what is unknown is refused before any work
        if (first := folders.setdefault(called(typed), typed)) != typed:
            raise UsageError(
                f"gallery: {first} and {typed} would have one name, {called(typed)}; rename one of the files"
            )
    site = Path(given.output)
    gallery_entry.folder(site)
    entries = _all(wished, site, not given.no_check)
    for lang in LANGUAGES:
        groups = {key: title.pick(lang) for key, title in GROUPS.items()}
        write(index([entries[w] for w in wished], groups, lang, not given.no_check).encode(), str(site / named(lang)))
    print(f"{site / named(LANGUAGES[0])}")
    return 0


def _all(wished: Sequence[str], site: Path, check: bool) -> dict[str, Entry]:
    """Every entry by what was typed, made on all cores; what takes longest is begun first."""
    entries: dict[str, Entry] = {}
    order = sorted(wished, key=lambda typed: typed not in shipped())
    with processes(len(wished)) as pool:
        jobs = {pool.submit(partial(_made, typed, site, check)): typed for typed in order}
        for count, done in enumerate(as_completed(jobs), 1):
            entry, failed, status = done.result()
            if entry is None:
                raise (VerificationError if status == 1 else UsageError)(f"{jobs[done]}: {failed}")
            entries[jobs[done]] = entry
            if sys.stderr.isatty():
                print(f"\r{count} of {len(wished)}: {jobs[done]:<30}", end="", file=sys.stderr, flush=True)
    return entries


def _made(typed: str, site: Path, check: bool) -> Made:
    """The entry, or what is wrong, which goes from one process to the other as words."""
    try:
        return gallery_entry.made(typed, site, check), "", 0
    except DeriveError as error:
        return None, str(error).removeprefix(f"{typed}: "), error.exit_status
