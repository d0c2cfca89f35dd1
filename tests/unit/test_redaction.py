"""Secrets are recognised by name and by shape, and never shown."""

import time

import pytest

from pixel_tui.redaction import MASK, is_secret_name, mask_value, redact


@pytest.mark.parametrize(
    "name",
    [
        "GH_TOKEN", "OPENAI_API_KEY", "NAKAPAY_WEBHOOK_SECRET", "POSTGRES_PASSWORD",
        "NOSTR_PRIVATE_KEY", "INSTAGRAM_PASSWORD", "TWITTER_API_SECRET_KEY", "db_passwd",
        "SECRET_KEY", "AWS_ACCESS_KEY_ID", "session-cookie",
    ],
)  # fmt: skip
def test_names_of_secrets_are_recognised(name: str) -> None:
    assert is_secret_name(name)
    assert mask_value(name, "not-a-real-value") == MASK


@pytest.mark.parametrize(
    "name", ["PATH", "HOME", "NODE_ENV", "KEYBOARD", "TOKENIZER_PATH", "MONKEY", "SSL_KEY_FILE"]
)
def test_ordinary_names_are_not(name: str) -> None:
    assert not is_secret_name(name)
    assert mask_value(name, "plain") == "plain"


def test_an_empty_secret_is_shown_as_empty() -> None:
    assert mask_value("GH_TOKEN", "") == ""


@pytest.mark.parametrize(
    ("text", "secret"),
    [
        ("postgres://app:hunter2fake@db:5432/x", "hunter2fake"),
        ("curl -H 'Authorization: Bearer abcdef0123456789fake'", "abcdef0123456789fake"),
        ("GH_TOKEN=ghp_fakefakefakefakefakefake node", "ghp_fakefakefakefakefakefake"),
        ('{"api_key": "fake-value-here"}', "fake-value-here"),
        ("ValueError: PASSWORD=hunter2-fake-secret is wrong", "hunter2-fake-secret"),
        ("server --password fake-word --port 80", "fake-word"),
        ("key sk-fakefakefakefakefake0000 used", "sk-fakefakefakefakefake0000"),
    ],
)
def test_secrets_inside_text_are_masked(text: str, secret: str) -> None:
    shown = redact(text)
    assert secret not in shown
    assert MASK in shown


def test_text_without_secrets_is_left_alone() -> None:
    text = "GET /health?x=1 200 12ms user=ana --port 80 in the non-secret mode of key-token sets"
    assert redact(text) == text


def test_the_file_that_a_build_misses_is_no_secret() -> None:
    said = 'failed to compute cache key: "/version" not found: not found'
    assert redact(said) == said
    assert "hunter2" not in redact('cache key: "PASSWORD=hunter2" key: "hunter2"')


@pytest.mark.parametrize(
    "text",
    ["a" * 100_000, "a=" * 20_000, "--" + "a" * 100_000, "1a" * 50_000, "https://" + "a" * 50_000],
    ids=["word", "assignments", "flag", "digits", "url"],
)
def test_a_long_word_takes_no_time_to_speak_of(text: str) -> None:
    began = time.thread_time()
    assert redact(text) == text
    assert time.thread_time() - began < 2  # where it was looked at from each letter: minutes


def test_what_stands_behind_a_name_that_is_no_secret_is_looked_at_as_well() -> None:
    assert redact("error: x = API_KEY= abc") == f"error: x = API_KEY= {MASK}"
    assert redact("1PASSWORD=abc -PASSWORD=abc") == f"1PASSWORD={MASK} -PASSWORD={MASK}"
