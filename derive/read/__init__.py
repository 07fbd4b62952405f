"""LaTeX as people write it becomes a typed tree with places in the source. This room knows no model and no sympy."""
