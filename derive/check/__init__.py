"""Is it true? Every derived adjoint and every printed line against torch.autograd; only here is torch imported."""
