"""How much a reader takes in: what is longer is refused at once, in one line, before any work."""

CHARACTERS = 20_000
BYTES = 4 * CHARACTERS + 1  # of a file: what is longer is refused by the reader
TOKENS = 6_000
DEPTH = 60
DIGITS = 60
POWER = 1000  # the largest power that is written out
