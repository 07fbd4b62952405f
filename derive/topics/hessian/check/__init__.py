"""Second derivatives against torch.func."""
