"""The commands by name; each module has `run(argv)`, which gives the exit status. Any other word is a problem's name.

A module is imported when its command is asked for: starting up is most of what a short command costs.
"""

COMMANDS = {
    "list": "derive.cli.listing",
    "check": "derive.cli.checking",
    "doctor": "derive.cli.doctor",
    "code": "derive.cli.code",
    "graph": "derive.cli.graph",
    "plot": "derive.cli.plotting",
}
