"""What the service does, one use case a file; each runs in the transaction of its caller."""
