"""The matrix view: a typed algebra of matrices as data, read from expressions in index notation."""
