"""`derive completion SHELL`: a script by which a shell completes commands, problems, options and their values.

It is written once and asks nothing of derive afterwards: a TAB that starts Python would take a second.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import NamedTuple

from derive.cli import COMMANDS, options
from derive.cli.grade import grade_parser
from derive.cli.options import NONE
from derive.cli.plotting import plot_parser
from derive.errors import UsageError
from derive.problems import layer_tasks, load, names

NAMING = {"": options.problem_parser, "code": options.code_parser, "graph": options.graph_parser, "plot": plot_parser}
NAMING["grade"] = grade_parser
NAMED = (*filter(None, NAMING), "check", "gallery")  # followed by the name of a problem
ALONE: dict[str, Callable[[], options.Parser]] = {
    "list": options.list_parser, "check": options.check_parser, "gallery": options.gallery_parser,
    "layers": options.layers_parser, "solve": partial(options.problem_parser, "", NONE),
    "sheet": partial(options.assignment_parser, ()),
}  # fmt: skip
SHELLS = ("bash", "zsh", "fish")
HOW = """A script for the shell. bash: derive completion bash > ~/.local/share/bash-completion/completions/derive;
zsh: derive completion zsh > ~/.derive-completion and `source ~/.derive-completion` in .zshrc, after compinit; fish:
derive completion fish > ~/.config/fish/completions/derive.fish. Write it anew after an upgrade."""


class Option(NamedTuple):
    """An option as it is typed, and the words that it takes, where these are listed."""

    flag: str
    values: tuple[str, ...]


def run(argv: Sequence[str]) -> int:
    """Print the script. Errors: UsageError for another shell."""
    parser = options.Parser(prog="derive completion", description=HOW)
    parser.add_argument("shell", metavar="|".join(SHELLS))
    shell = options.parse(parser, argv).shell
    if shell not in SHELLS:
        raise UsageError(f"completion {shell!r}: choose one of {', '.join(SHELLS)}")
    print("\n".join(_fish() if shell == "fish" else _bash(shell)))
    return 0


def _options(parser: options.Parser) -> list[Option]:
    """The options of a parser; the values are those that its help lists with strokes between them."""
    found = []
    for action in parser._actions:
        listed = str(action.metavar or "")
        values = tuple(listed.split("|")) if "|" in listed else ()
        found += [Option(flag, values) for flag in action.option_strings]
    return found


def _places() -> Iterator[tuple[str, str, list[Option]]]:
    """Each command with each problem, and the options there; the sheet is the command without a name."""
    for name in names():
        problem = load(name)
        yield from ((command, name, _options(parser(name, problem))) for command, parser in NAMING.items())


def _bash(shell: str) -> Iterator[str]:
    """bash's function, which zsh understands too."""
    if shell == "zsh":
        yield "autoload -U +X bashcompinit && bashcompinit"
    yield from (
        "_derive() {",
        '  local cur="${COMP_WORDS[COMP_CWORD]}" prev="${COMP_WORDS[COMP_CWORD-1]}" at="${COMP_WORDS[1]}" words=""',
        '  case "$at" in',
        f'    {"|".join(filter(None, NAMING))}) at="$at ${{COMP_WORDS[2]}}";;',
        "  esac",
        '  case "$COMP_CWORD $at" in',
        f'    "1 "*) words="{" ".join([*names(), *layer_tasks(), *COMMANDS, "--help", "--version"])}";;',
        f'    {"|".join(f"2?{c}*" for c in NAMED)}) words="{" ".join(names())}";;',
        '    "2 completion") words="' + " ".join(SHELLS) + '";;',
        "  esac",
        '  case "$at" in',
    )
    for command, name, found in _places():
        yield from _case(_quoted(f"{command} {name}".strip()), found)
    for command, alone in ALONE.items():
        yield from _case(command, _options(alone()))
    yield from _case('*.py|*.tex|*.md|"code "*|"graph "*|"plot "*|-', _options(options.problem_parser("", NONE)))
    yield from (
        "  esac",
        '  COMPREPLY=($(compgen -W "$words" -- "$cur"))',
        '  [[ ${#COMPREPLY[@]} -eq 0 || $COMP_CWORD -le 2 ]] && COMPREPLY+=($(compgen -f -- "$cur"))',
        "}",
        "complete -o filenames -F _derive derive",
    )


def _case(pattern: str, found: Sequence[Option]) -> Iterator[str]:
    """The words where the line begins so: values behind an option that has some, else options behind a dash."""
    yield f"    {pattern})"
    yield '      case "$prev" in'
    yield from (f'        {o.flag}) words="{" ".join(o.values)}";;' for o in found if o.values)
    yield f'        *) [[ $cur == -* ]] && words="{" ".join(o.flag for o in found)}";;'
    yield "      esac;;"


def _quoted(words: str) -> str:
    return f'"{words}"'


def _fish() -> Iterator[str]:
    """One line for each option of each problem, and for the words at the beginning."""
    first = "-n __fish_is_first_arg"
    yield f"complete -c derive {first} -a '{' '.join(names())}' -d problem"
    yield from (f"complete -c derive -f {first} -a {c} -d {_said(row.help)}" for c, row in COMMANDS.items())
    yield f"complete -c derive -n '__fish_seen_subcommand_from {' '.join(NAMED)}' -a '{' '.join(names())}'"
    yield f"complete -c derive -f -n '__fish_seen_subcommand_from completion' -a '{' '.join(SHELLS)}'"
    yield r"function __derive_own; string match -qr '\.(py|tex|md)$' -- (commandline -opc); end"
    yield from _lines("__derive_own", _options(options.problem_parser("", NONE)))
    for command, name, found in _places():
        words = [word for word in (command, name) if word]
        yield from _lines("; and ".join(f"__fish_seen_subcommand_from {word}" for word in words), found)
    for command, alone in ALONE.items():
        yield from _lines(f"__fish_seen_subcommand_from {command}", _options(alone()))


def _lines(seen: str, found: Sequence[Option]) -> Iterator[str]:
    for option in found:
        dashes, word = ("-l", option.flag[2:]) if option.flag.startswith("--") else ("-s", option.flag[1:])
        values = f" -x -a '{' '.join(option.values)}'" if option.values else ""
        yield f"complete -c derive -n '{seen}' {dashes} {word}{values}"


def _said(text: str) -> str:
    return "'" + text.replace("'", "") + "'"
