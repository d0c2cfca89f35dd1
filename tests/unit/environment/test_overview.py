"""The overview of all keys of an environment."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pixel_tui.environment.checks.catalogue import Shape, load_catalogue, parse_catalogue
from pixel_tui.environment.checks.checked_file import check_input
from pixel_tui.environment.checks.file_facts import FileFacts
from pixel_tui.environment.checks.overview import KeyRow, KeyState, KeyUseKind, Overview, key_row
from pixel_tui.environment.checks.secrecy import is_secret, looks_random
from pixel_tui.environment.dotenv.document import DotenvDocument
from pixel_tui.environment.dotenv.values import read_values
from pixel_tui.stack.compose.environment_uses import EnvironmentUses
from pixel_tui.text import plain
from tests.builders.environment_cases import PATH, VALID, check_text, pixel_uses, use

EXAMPLE = """\
# ============
# Web
# ============
HTTP_PORT=80
SITE_NAME=your_site_here

# ============
# Mail
# ============
MAIL_HOST=
# MAIL_DEBUG=true
"""


def row(seen: Overview, key: str) -> KeyRow:
    (found,) = (item for item in seen.rows if item.key == key)
    return found


def states(seen: Overview) -> dict[str, str]:
    return {item.key: item.state.value for item in seen.rows}


def test_each_key_has_its_state() -> None:
    text = "HTTP_PORT=80\nSITE_NAME=your_site_here\nMAIL_HOST=\nODD=1\nTWICE=1\nTWICE=2\n#OFF=1\n"
    assert states(check_text(text, example=f"{EXAMPLE}MISSING=\nTWICE=\n")) == {
        "HTTP_PORT": "set",
        "SITE_NAME": "placeholder",
        "MAIL_HOST": "empty",
        "ODD": "unknown",
        "TWICE": "duplicate",
        "OFF": "commented out",
        "MISSING": "missing",
    }


def test_the_states_are_counted() -> None:
    seen = check_text("HTTP_PORT=80\nODD=1\n", example=EXAMPLE)
    assert seen.totals[KeyState.SET] == 1
    assert seen.totals[KeyState.MISSING] == 2
    assert seen.totals[KeyState.UNKNOWN] == 1


def test_keys_are_grouped_by_banners_and_missing_ones_by_the_example() -> None:
    text = EXAMPLE.replace("SITE_NAME=your_site_here\n", "")
    seen = check_text(text, example=EXAMPLE)
    assert [(item.section, item.key) for item in seen.rows] == [
        ("Web", "HTTP_PORT"),
        ("Web", "SITE_NAME"),
        ("Mail", "MAIL_HOST"),
        ("Mail", "MAIL_DEBUG"),
    ]


def test_without_banners_the_catalogue_groups_the_keys() -> None:
    seen = check_text(f"{VALID}NOSTR_RELAYS=wss://a\n", uses=pixel_uses())
    assert row(seen, "GH_TOKEN").section == "GitHub"
    assert row(seen, "NOSTR_PRIVATE_KEY").section == "Nostr"
    sections = list(dict.fromkeys(item.section for item in seen.rows))
    assert len(sections) == len({*sections})


def test_missing_required_keys_come_first_in_their_group() -> None:
    seen = check_text("", uses=pixel_uses())
    group = [item.key for item in seen.rows if item.section == "AI provider"]
    assert group[0] == "OPENAI_API_KEY"
    assert row(seen, "OPENAI_API_KEY").required


def test_a_row_has_the_users_and_the_purpose_of_its_key() -> None:
    uses = pixel_uses(GH_TOKEN=(use("syntropy", "environment.GH_TOKEN"),))
    found = row(check_text(VALID, uses=uses), "GH_TOKEN")
    assert [(item.service, item.how, item.where) for item in found.uses] == [
        ("syntropy", KeyUseKind.INTERPOLATION, "environment.GH_TOKEN"),
        ("agent", KeyUseKind.ENV_FILE, ""),
    ]
    assert "Syntropy" in found.purpose


def test_a_row_has_the_written_and_the_effective_value() -> None:
    found = row(check_text("A=x$B\nC='x'\n"), "A")
    assert (found.written, found.effective, found.differs) == ("x$B", "x", True)
    assert not row(check_text("A=x$B\nC='x'\n"), "C").differs


def test_a_row_has_its_findings() -> None:
    seen = check_text("A=x$B\nC=x\n")
    assert [item.rule for item in row(seen, "A").findings] == ["dollar"]
    assert row(seen, "C").findings == ()


def test_the_keys_of_a_project_without_a_profile_come_from_its_own_files() -> None:
    uses = EnvironmentUses(services=(plain("shop"),), references={"TAG": (use("shop", "image"),)})
    assert states(check_text("", uses=uses, example="HTTP_PORT=80\n")) == {
        "HTTP_PORT": "missing",
        "TAG": "missing",
    }


def test_a_bare_key_is_missing_if_the_shell_does_not_set_it() -> None:
    assert states(check_text("A\nB=1\n")) == {"A": "missing", "B": "set"}
    assert states(check_text("A\nB=1\n", environment={"A": "x"})) == {"A": "set", "B": "set"}


TEXTS = st.lists(
    st.sampled_from(
        [
            *("GH_TOKEN=x", "A=$B", "HTTP_PORT=eighty", "SITE_NAME=your_site_here", "A=1", "ODD"),
            *("#MAIL_HOST=x", "OPENAI_API_KEY=AIzaSyD-9tSrke72PouQMnMX-a7eZSW0jkFMBWY", "B='"),
            *("OPENAI_BASE_URL=https://generativelanguage.googleapis.com/v1beta/openai", "=x"),
        ]
    ),
    max_size=8,
).map("\n".join)


@settings(deadline=None, max_examples=150)
@given(TEXTS)
def test_a_single_row_equals_the_row_of_the_overview(text: str) -> None:
    document = DotenvDocument.parse(text.encode())
    example = DotenvDocument.parse(EXAMPLE.encode())
    whole = check_text(text, example=EXAMPLE, uses=pixel_uses())
    for item in whole.rows:
        file = check_input(
            document,
            read_values(document, {}),
            example,
            load_catalogue(),
            pixel_uses(),
            FileFacts(path=PATH),
            keys=(item.key,),
        )
        assert key_row(item.key, file) == item


# The catalogue.


def test_the_catalogue_has_the_keys_that_the_guide_requires() -> None:
    required = {name for name, known in load_catalogue().keys.items() if known.required}
    assert required == {"GH_TOKEN", "OPENAI_API_KEY", "NAKAPAY_API_KEY", "TELEGRAM_BOT_TOKEN"}


def test_every_key_of_the_catalogue_has_a_group_and_a_purpose() -> None:
    catalogue = load_catalogue()
    for known in [*catalogue.keys.values(), *(known for _, known in catalogue.patterns)]:
        assert known.group
        assert known.purpose
        assert known.pattern is None or known.description
        assert known.shape is not Shape.TOKEN or known.pattern


def test_an_exact_name_comes_before_a_pattern() -> None:
    catalogue = load_catalogue()
    assert catalogue.find("NOSTR_RELAYS") is catalogue.keys["NOSTR_RELAYS"]
    pattern = catalogue.find("NOSTR_REPLY_ENABLE")
    assert pattern is not None
    assert pattern.shape is Shape.BOOLEAN
    assert catalogue.find("NOTHING") is None


def test_a_profile_without_an_environment_is_an_empty_catalogue() -> None:
    catalogue = parse_catalogue({})
    assert catalogue.find("A") is None
    assert not catalogue.is_placeholder("your_key_here")
    assert not catalogue.is_tool_key("COMPOSE_FILE")


# Secrets.


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("GH_TOKEN", "x"),
        ("TWITTER_API_SECRET_KEY", "x"),
        ("SMTP_PASSWORD", "x"),
        ("DISCORD_BOT", "fakeWord0123fakeWord0123fake"),
        ("GPG_PASSPHRASE", "A035C8C19219BA821ECEA86B64E628F8D684696D"),
        ("ANYTHING", "AIzaSyD-9tSrke72PouQMnMX-a7eZSW0jkFMBWY"),
        ("ANYTHING", "redis://:hunter2@cache:6379"),
        ("NEXT_PUBLIC_X", "ghp_0123456789abcdefghijABCDEFGHIJ012345"),
        ("ANYTHING", "k3J9sLq0ZpX7vB2nM5tR8wY1"),
        ("ANYTHING", "d5f0b6c7e8a90112d5f0b6c7e8a90112"),
        ("ANYTHING", "dGhpcyBpcyBhIHNlY3JldCBvZiBtaW5lIDEyMw=="),
    ],
)
def test_a_secret_is_recognized_by_its_name_its_form_or_its_randomness(
    key: str, value: str
) -> None:
    assert is_secret(key, value, load_catalogue())


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("NEXT_PUBLIC_BITCOIN_ADDRESS", "bc1qxy2kgdygjrsqtzq2n0yrf2493p83kkfjhx0wlh"),
        ("OPENAI_BASE_URL", "https://generativelanguage.googleapis.com/v1beta/openai"),
        ("SYNTROPY_MODEL", "anthropic/claude-3.5-sonnet-20241022"),
        ("PIXEL_ROOT", "/home/pixel/pixel/releases/2026-01-01"),
        ("HOST", "postgres-15-primary.example.org"),
        ("NOSTR_RELAYS", "wss://relay.example.org"),
        ("GPG_KEY", "A035C8C19219BA821ECEA86B64E628F8D684696D"),
        ("DISCORD_BOT", "enabled-for-all-channels"),
        ("EMPTY", ""),
    ],
)
def test_text_by_people_is_not_secret(key: str, value: str) -> None:
    assert not is_secret(key, value, load_catalogue())


def test_a_broken_entry_is_secret_as_it_may_contain_others() -> None:
    assert row(check_text("NAME='x\nA_TOKEN=abc\n"), "NAME").secret


@given(st.text(alphabet="0123456789abcdef", min_size=32, max_size=64))
def test_most_random_keys_are_recognized(digits: str) -> None:
    if len(set(digits)) > 9 and not digits.isdigit() and not digits.isalpha():
        assert looks_random(digits) or digits.count(max(digits, key=digits.count)) > 8


def test_fatal_findings_come_before_missing_keys() -> None:
    uses = EnvironmentUses(
        services=(plain("shop"),),
        references={"TAG": (use("shop", "image", required=True),)},
    )
    seen = check_text('A=1\nB="never closed\n', uses=uses)
    assert [item.rule for item in seen.findings if item.level == "error"] == ["syntax", "missing"]
    refused = check_text("A=x${B:?not so}\n", uses=uses)
    assert [item.rule for item in refused.findings][:2] == ["refused", "missing"]
