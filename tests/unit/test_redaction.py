"""Secrets are recognised by name and by shape, and never shown."""

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
