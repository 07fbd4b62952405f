"""A finished page is read back: every formula that stands on it is one that was checked, whole and in its place."""
