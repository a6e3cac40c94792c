"""The repositories over SQL, one file per aggregate."""
