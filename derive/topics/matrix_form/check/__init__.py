"""Matrix forms by an evaluator of their own, against torch.autograd."""
