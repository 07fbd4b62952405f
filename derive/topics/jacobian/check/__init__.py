"""A Jacobian against torch.autograd."""
