"""What a browser asks for: fetch side by side, hand to a presenter, render. Nothing is decided."""
