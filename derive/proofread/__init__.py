"""What a page prints is read back, and compared with what was checked."""
