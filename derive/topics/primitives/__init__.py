"""A model written in given primitive operations, and what backpropagation must keep of it."""
