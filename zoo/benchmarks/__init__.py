"""Programs that measure the library."""
