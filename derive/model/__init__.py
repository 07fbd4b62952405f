"""What an author writes: nodes and their definitions, the order of computation, what is refused."""
