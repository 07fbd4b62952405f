"""A program that reads untrusted input: its environment, its bounds, and its end.

TeX is a programming language. Unconfined it reads any file (`\\input{/etc/passwd}`), may run commands, and can run for
ever. Here it sees an empty folder and its own trees, and no variable of the user's that could widen them.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

from derive.errors import UsageError
from derive.page.typesetting.landlock import locked

SECONDS = 60
MEGABYTE = 1 << 20
BOUNDS = {"RLIMIT_FSIZE": 64 * MEGABYTE, "RLIMIT_AS": 4096 * MEGABYTE, "RLIMIT_CPU": SECONDS, "RLIMIT_CORE": 0}
KEPT = ("PATH", "SYSTEMROOT", "SOURCE_DATE_EPOCH")  # everything else, TEXINPUTS and HOME above all, stays outside


def environment(folder: Path | None = None) -> dict[str, str]:
    """The variables of a confined program: paranoid about files, at home in its own folder."""
    home = str(folder) if folder is not None else tempfile.gettempdir()
    own = dict.fromkeys(("HOME", "USERPROFILE", "TMPDIR", "TEMP", "TMP"), home)
    trees = dict.fromkeys(("TEXMFHOME", "TEXMFVAR", "TEXMFCONFIG"), os.path.join(home, ".texmf"))
    rules = {"openin_any": "p", "openout_any": "p", "shell_escape": "f", "max_print_line": "10000"}
    return {key: os.environ[key] for key in KEPT if key in os.environ} | own | trees | rules | {"LC_ALL": "C.UTF-8"}


def run(command: Sequence[str], folder: Path, seconds: float = SECONDS) -> int:
    """The exit status of a program, run in `folder` without input or output.

    Errors: UsageError if it takes too long; then it and whatever it started are ended.
    """
    with locked(command[0], folder) as lock:
        process = subprocess.Popen(
            command,
            cwd=folder,
            env=environment(folder),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
            preexec_fn=_bounds(lock),
        )
    try:
        return process.wait(seconds)
    except subprocess.TimeoutExpired:
        raise UsageError(f"TeX did not finish within {seconds:g} seconds and was stopped") from None
    finally:
        _end(process)


def _bounds(lock: Callable[[], None] | None) -> Callable[[], None] | None:
    """What bounds memory, time, the size of a file and what is seen of the disk, where the system can."""
    try:
        import resource
    except ImportError:
        return None  # Windows: the time limit remains

    limits = [(getattr(resource, name), value) for name, value in BOUNDS.items()]

    def bound() -> None:
        for kind, value in limits:
            hard = resource.getrlimit(kind)[1]
            most = value if hard == resource.RLIM_INFINITY else min(value, hard)
            resource.setrlimit(kind, (most, most))
        if lock is not None:
            lock()

    return bound


def _end(process: subprocess.Popen[bytes]) -> None:
    """End a program and every process of its group; they have a group of their own."""
    if hasattr(os, "killpg"):
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
    elif process.poll() is None:
        process.kill()
    process.wait()
