"""The rows: section 2 of the book, and the other formulas in sympy's tests."""
