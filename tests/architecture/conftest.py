"""In CI nothing may be skipped, so what needs Compose is not gathered where there is none."""

import os

import pytest

from tests.architecture.rendering import can_render

pytest.register_assert_rewrite("tests.architecture.hardening")

LEFT_OUT = bool(os.environ.get("TESTS_MAY_NOT_SKIP")) and not can_render()
collect_ignore = ["test_compose_rendered.py"] if LEFT_OUT else []
"""``.ci/run`` says so, as it does when there is no engine for the containers."""
