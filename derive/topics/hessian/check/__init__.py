"""Second derivatives against those of torch.autograd."""
