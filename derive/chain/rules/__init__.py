"""The named rules by which one line of a derivation follows from the line before, one file each.

`pipeline.RULES` is the table of contents. Each rule shows in its docstring what it does: the line before, the line
after, and the reason. There i, j, k are indices from 1 to n, u and v are families, a, b and c are numbers. These
examples are run as tests.
"""
