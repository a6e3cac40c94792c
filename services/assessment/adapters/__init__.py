"""What connects the subject to the world: HTTP, events, SQL, content files, the terminal."""
