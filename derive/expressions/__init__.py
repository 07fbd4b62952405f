"""What formulas are made of: indices, ranges, functions, products, matrices. Nothing here knows a model."""
