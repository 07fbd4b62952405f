"""What of torch's own list of derivatives can be written, derived and computed: `make coverage`."""
