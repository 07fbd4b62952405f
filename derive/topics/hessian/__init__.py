"""Second derivatives of the loss: blocks, products with a vector, proofs that they are positive semidefinite."""
