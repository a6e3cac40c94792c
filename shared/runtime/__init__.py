"""The plumbing every service stands on. It knows nothing clinical."""
