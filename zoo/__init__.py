"""Programs over the library: flags in, files out."""
