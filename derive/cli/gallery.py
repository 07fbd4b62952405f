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
from derive.cli.gallery_entry import GROUPS, Wanted, wanted
from derive.errors import DeriveError, UsageError, VerificationError
from derive.language import LANGUAGES
from derive.page.formats.html.gallery import Entry, index
from derive.page.formats.html.site import named
from derive.page.typesetting.files import write
from derive.problems import layer_tasks, names

Made = tuple[Entry | None, str, int]


def run(argv: Sequence[str]) -> int:
    """Write the site; the list has what could be made. Its exit status is that of the worst entry.

    Errors: UsageError for an unknown problem or a folder that cannot be written, and what stopped every entry.
    """
    given = options.parse(options.gallery_parser(), argv)
    typed = tuple(dict.fromkeys(given.what)) or (*names(), *layer_tasks(), *shipped())
    wishes = [wish for word in typed for wish in wanted(word)]  # what is unknown is refused before any work
    folders: dict[str, Wanted] = {}
    for wish in wishes:
        if (first := folders.setdefault(wish.called, wish)) != wish:
            raise UsageError(
                f"gallery: {first} and {wish} would have one name, {wish.called}; rename one of the {_things(wish)}"
            )
    site = Path(given.output)
    gallery_entry.folder(site)
    entries, status = _all(wishes, site, not given.no_check)
    if not entries:
        raise (VerificationError if status == 1 else UsageError)(f"gallery: nothing could be made; {site} has no list")
    for lang in LANGUAGES:
        groups = {key: title.pick(lang) for key, title in GROUPS.items()}
        found = [entries[wish] for wish in wishes if wish in entries]
        write(index(found, groups, lang, not given.no_check).encode(), str(site / named(lang)))
    print(f"{site / named(LANGUAGES[0])}")
    return status


def _things(wish: Wanted) -> str:
    return "files" if wish.graph is None else "graphs"


def _all(wishes: Sequence[Wanted], site: Path, check: bool) -> tuple[dict[Wanted, Entry], int]:
    """The entries that could be made, on all cores, and the exit status; what takes longest is begun first.

    Of one that could not be made a line on standard error says why, and the others go on.
    """
    entries: dict[Wanted, Entry] = {}
    statuses = {0}
    with processes(len(wishes)) as pool:
        order = sorted(wishes, key=lambda wish: wish.typed not in shipped())
        jobs = {pool.submit(partial(_made, wish, site, check)): wish for wish in order}
        for count, done in enumerate(as_completed(jobs), 1):
            entry, failed, status = done.result()
            statuses.add(status)
            if entry is not None:
                entries[jobs[done]] = entry
            elif sys.stderr is not None:
                print(f"derive: {jobs[done]} is left out: {failed}", file=sys.stderr)
            if sys.stderr is not None and sys.stderr.isatty():
                print(f"\r{count} of {len(wishes)}: {jobs[done]!s:<30}", end="", file=sys.stderr, flush=True)
    return entries, 1 if 1 in statuses else max(statuses)


def _made(wish: Wanted, site: Path, check: bool) -> Made:
    """The entry, or what is wrong, which goes from one process to the other as words in one line."""
    try:
        return gallery_entry.made(wish, site, check), "", 0
    except DeriveError as error:
        said = " ".join(str(error).split())
        for name in (str(wish), wish.typed):  # the line begins with it
            said = said.removeprefix(f"{name}: ").removeprefix(f"{name}, ")
        return None, said, error.exit_status
