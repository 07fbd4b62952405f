"""What torch says of the same layers: shapes and parameters, operations, and what a gradient reaches."""
