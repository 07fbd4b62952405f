"""Options of the test suite."""


def pytest_addoption(parser):
    """`pytest tests/test_sheets.py --renew` writes the golden files anew; read the difference before committing it."""
    parser.addoption("--renew", action="store_true", help="write tests/golden anew instead of comparing with it")
