"""What two or more processes must agree on, and nothing else."""
