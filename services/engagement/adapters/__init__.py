"""How engagement meets the world: HTTP, events, rows, content files."""
