"""The commands by name; each module has `run(argv)`, which gives the exit status. Any other word is a problem's name.

A module is imported when its command is asked for: starting up is most of what a short command costs.
"""

COMMANDS = {
    "list": "derive.commands.listing",
    "check": "derive.commands.checking",
    "doctor": "derive.commands.doctor",
    "code": "derive.commands.code",
    "graph": "derive.commands.graph",
    "plot": "derive.commands.plotting",
}
