"""The solution sheet: its sections in order."""
