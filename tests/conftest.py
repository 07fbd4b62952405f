"""Options of the test suite, and what holds for all of its files."""

import os

# The workers share the cores, and torch's threads wait for one another by turning in circles: with two threads in each
# of two workers the suite takes twice the processor time. It holds for the commands that tests start, too.
os.environ.setdefault("OMP_NUM_THREADS", "1")
# Sympy would load flint, which the judge needs, for its own numbers; commands do without, and so do tests.
os.environ.setdefault("SYMPY_GROUND_TYPES", "python")
# Workers are told that a page has 80 columns, and a single process is not: every page is as wide as a pipe.
os.environ["COLUMNS"] = "100"


def pytest_addoption(parser):
    """`pytest tests/test_sheets.py --renew` writes the golden files anew; read the difference before committing it.

    `make gallery && pytest tests/test_gallery.py --site output/site` opens every page of the gallery.
    """
    parser.addoption("--site", help="the folder of a whole gallery, to be tried instead of a small one")
    parser.addoption("--renew", action="store_true", help="write tests/golden anew instead of comparing with it")
