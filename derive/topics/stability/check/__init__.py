"""The claims about recurrences against measurements of autograd's adjoints."""
