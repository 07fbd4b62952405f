"""The named rules by which one line of a derivation follows from the line before."""
