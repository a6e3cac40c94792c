"""``python -m services.assessment``."""

from services.assessment.adapters.cli import app

if __name__ == "__main__":
    app()
