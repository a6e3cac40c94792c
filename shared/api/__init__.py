"""Bodies that cross HTTP between processes, one module per owner."""
