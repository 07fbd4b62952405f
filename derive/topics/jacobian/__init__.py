"""The Jacobian of one node with respect to another, path by path."""
