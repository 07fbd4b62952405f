"""Expectations, variances and covariances, derived step by step from the moments that are declared."""
