"""``python -m services.treatment``."""

from services.treatment.adapters.cli import app

if __name__ == "__main__":
    app()
