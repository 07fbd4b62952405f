"""Gradient descent on the data of a problem, with the derived gradients."""
