"""The generated rules page is current."""

from tests.clinical.pathway_rules_page import PAGE, page


def test_the_page_says_what_the_content_and_the_tests_say() -> None:
    assert PAGE.read_text(encoding="utf-8") == page()
