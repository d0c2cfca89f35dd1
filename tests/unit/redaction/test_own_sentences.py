"""Sentences of the program itself, whose words the redactor must not take for secrets."""

from pathlib import Path

from pixel_tui.backups.secret_copies import SecretCopies
from pixel_tui.redaction.redactor import redact
from tests.builders.shown_strings import FILLED_IN, shown_strings

ROOT = Path(__file__).parents[3]
CODE = [ROOT / folder for folder in ("pixel_tui", "screens", "widgets")]
FORM = "KEY=value"
"""How a line of an environment file is written, which is shown next to such lines only."""
NOT_OURS = ("pixel_tui/demo/", "pixel_tui/redaction/")
"""Made-up log lines, and lists of the words of secrets."""


def test_no_message_of_the_program_is_masked() -> None:
    eaten = []
    for shown in shown_strings(CODE):
        text = shown.text.replace(FILLED_IN, "worker").replace(FORM, "")
        ours = not any(folder in shown.path for folder in NOT_OURS)
        if ours and " " in text and redact(text) != text:
            eaten.append(f"{shown} -> {redact(text)}")
    assert not eaten


def test_the_names_of_kept_files_stay(tmp_path: Path) -> None:
    names = ["secrets.env.before-x", "api.env.before-x"]
    (tmp_path / ".git").mkdir()
    copies = SecretCopies(ignored=lambda path: None if "api" in path.name else False)
    for name in names:
        (tmp_path / name).write_text("A=1\n")
        copies.keep(tmp_path / name.removesuffix(".before-x"), tmp_path / name, name)
    assert all(words in copies.words for words in names)
    assert redact(copies.words) == copies.words
