"""What compose says of an environment is told without what is secret in it."""

from pixel_tui.redaction import MASK
from pixel_tui.stack.candidate import without_secrets


def test_a_secret_that_begins_as_another_is_masked_whole() -> None:
    written = "A_TOKEN=abcd\n  export B_TOKEN='abcd-efgh'\nNAME=pixel\n"
    said = without_secrets("pixel can't use abcd-efgh, nor abcd", written)
    assert said == f"pixel can't use {MASK}, nor {MASK}"
