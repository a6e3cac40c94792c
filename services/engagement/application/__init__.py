"""What engagement is asked to do, one function per file."""
