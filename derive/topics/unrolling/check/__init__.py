"""What runs torch: the graph that it records, and the comparison of the two derivations."""
