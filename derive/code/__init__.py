"""Code from a derivation: a program as data, and one printer for each target."""
