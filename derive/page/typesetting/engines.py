"""The TeX of the system, and whether it has what a page needs."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path
from typing import NamedTuple

from derive.errors import UsageError
from derive.page.typesetting.confinement import environment
from derive.page.typesetting.needs import Needs

ADVICE = {
    "pdflatex": "Debian: texlive-latex-recommended texlive-pictures lmodern",
    "xelatex": "Debian: texlive-xetex texlive-lang-chinese lmodern",
}


class Engine(NamedTuple):
    """A TeX program and where it is."""

    program: str
    path: str


def chosen(needs: Needs) -> Engine:
    """The engine of a page, if it lacks nothing. Errors: UsageError with what to install."""
    engine = system(needs.program)
    lacks = missing(engine, needs.files) if engine is not None else ()
    if engine is not None and not lacks:
        return engine
    found = f"{needs.program} lacks {', '.join(lacks[:4])}" if lacks else f"there is no {needs.program}"
    raise UsageError(f"no TeX for this page: {found} ({ADVICE[needs.program]}); --engine typst needs none")


def system(program: str) -> Engine | None:
    """The program on the PATH. XeTeX's output needs its own driver beside it."""
    path, driver = shutil.which(program), shutil.which("xdvipdfmx")
    found = path is not None and (program != "xelatex" or driver is not None) and shutil.which("kpsewhich") is not None
    return Engine(program, path) if found and path is not None else None


def missing(engine: Engine, files: tuple[str, ...]) -> tuple[str, ...]:
    """The files that the system's kpsewhich does not find, in the environment in which TeX will run."""
    program = shutil.which("kpsewhich") or "kpsewhich"
    done = subprocess.run(
        [program, *files], env=environment(), stdin=subprocess.DEVNULL, capture_output=True, timeout=30
    )
    held = {Path(line).name for line in done.stdout.decode(errors="replace").splitlines()}
    return tuple(file for file in files if file not in held)


def version(engine: Engine) -> str:
    """The first line that the program says of itself."""
    done = subprocess.run([engine.path, "--version"], env=environment(), capture_output=True, timeout=30)
    return done.stdout.decode(errors="replace").split("\n")[0].strip()
