"""The chain rule, and the lines that lead from it to the form of the textbook."""
