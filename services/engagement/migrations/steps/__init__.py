"""What several revisions do alike. A step never changes: a database may have any of them ahead."""
