"""Norms of adjoints against distance, and regions of parameters where gradients explode or vanish."""
