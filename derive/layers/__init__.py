"""The arithmetic of layers: shapes, parameters, multiply-adds, activations and receptive fields of a network."""
