"""A model at given numbers: values, adjoints, and a step of gradient descent."""
