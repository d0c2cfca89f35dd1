"""The findings of the environment checks."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pixel_tui.environment.checks.checked_file import all_checks
from pixel_tui.environment.checks.file_facts import FileFacts, GitState
from pixel_tui.environment.checks.finding import EnvironmentLevel
from pixel_tui.environment.checks.rules.unknown import variants
from pixel_tui.stack.compose.environment_uses import EnvironmentUses
from pixel_tui.text import is_harmless, plain
from tests.builders.environment_cases import (
    VALID,
    check_text,
    found,
    pixel_uses,
    rules,
    the_finding,
    use,
)

GOOGLE = "AIzaSyD-9tSrke72PouQMnMX-a7eZSW0jkFMBWY"
GEMINI = f"""\
OPENAI_API_KEY={GOOGLE}
OPENAI_BASE_URL=https://generativelanguage.googleapis.com/v1beta/openai
OPENAI_SMALL_MODEL=gemini-2.0-flash
OPENAI_LARGE_MODEL=gemini-2.5-flash
"""


def test_every_check_is_found_once() -> None:
    names = [check.__name__ for check in all_checks()]
    assert len(names) == len(set(names))
    assert {"faults", "expanded_values", "missing", "shapes", "linked_keys", "committed"} <= set(
        names
    )


def test_an_environment_with_all_required_keys_has_no_finding() -> None:
    assert found(check_text(VALID, uses=pixel_uses())) == []


def test_an_empty_file_of_another_project_has_no_finding() -> None:
    assert found(check_text("")) == []


# What compose refuses, and what it loses.


def test_syntax_that_compose_refuses_is_an_error_on_its_line() -> None:
    finding = the_finding(check_text("A=1\nB='it''s'\n"), "syntax")
    assert (finding.level, finding.line) == (EnvironmentLevel.ERROR, 2)
    assert finding.message
    assert finding.hint


def test_a_value_that_compose_refuses_to_expand_is_an_error() -> None:
    finding = the_finding(check_text("A=${NOPE:?set it first}\n"), "refused")
    assert (finding.level, finding.key, finding.line) == (EnvironmentLevel.ERROR, "A", 1)
    assert "set it first" in finding.message


def test_a_refused_secret_is_not_repeated() -> None:
    finding = the_finding(check_text("A_TOKEN=ab${NOPE:?cdefgh}\n"), "refused")
    assert "cdefgh" not in finding.message + finding.hint


def test_composes_message_is_reported_if_nothing_else_explains_it() -> None:
    refused = FileFacts(refusal=plain("services.api.image must be a string"))
    assert "must be a string" in the_finding(check_text("A=1\n", facts=refused), "refused").message
    assert "refused" not in rules(check_text("A='x\n", facts=refused))


def test_a_secret_that_compose_quotes_is_masked() -> None:
    refused = FileFacts(refusal=plain("invalid hostPort: hunter22"))
    messages = the_finding(check_text("A_TOKEN=hunter22\n", facts=refused), "refused").message
    assert messages == "invalid hostPort: ********"


def test_a_secret_that_is_cut_at_a_dollar_is_an_error_with_a_hint() -> None:
    finding = the_finding(check_text("DB_PASSWORD=pa$word\n"), "dollar")
    assert finding.level is EnvironmentLevel.ERROR
    assert "single quotes" in finding.hint
    assert finding.fix is None


def test_any_other_cut_value_has_a_fix() -> None:
    finding = the_finding(check_text("PRICE=5$each\n"), "dollar")
    assert (finding.level, finding.fix) == (EnvironmentLevel.WARNING, "5$each")


@pytest.mark.parametrize(
    "text",
    ["A=x\nB=$A/y\n", "B=${A:-d}\n", "DB_PASSWORD='pa$word'\n", "B=x$\n", 'DB_PASSWORD="pa\\$w"\n'],
)
def test_a_dollar_that_loses_nothing_has_no_finding(text: str) -> None:
    assert "dollar" not in rules(check_text(text))


def test_a_reference_to_a_key_further_down_is_a_warning() -> None:
    finding = the_finding(check_text("A=x$B\nB=1\n"), "dollar")
    assert (finding.level, finding.key) == (EnvironmentLevel.WARNING, "A")
    assert "further down" in finding.message


def test_a_secret_with_a_substituted_variable_is_a_warning() -> None:
    assert (
        the_finding(check_text("word=x\nDB_PASSWORD=pa$word\n"), "dollar").level
        is EnvironmentLevel.WARNING
    )


@pytest.mark.parametrize(
    "text",
    [
        "word=x\nDB_PASSWORD=${word}\n",
        "word=x\nDB_PASSWORD=$word\n",
        "DB_PASSWORD=k3J9sLq0ZpX7vB2n\nDATABASE_URL=postgres://u:$DB_PASSWORD@db/x\n",
    ],
)
def test_a_secret_that_refers_to_a_key_on_purpose_has_no_finding(text: str) -> None:
    assert "dollar" not in rules(check_text(text))


@pytest.mark.parametrize("text", ["NAME= # the name\n", "NAME=x\t# the name\n"])
def test_a_comment_in_a_value_is_found(text: str) -> None:
    finding = the_finding(check_text(text), "comment")
    assert (finding.level, finding.key) == (EnvironmentLevel.WARNING, "NAME")
    assert finding.fix == text.partition("=")[2].partition("#")[0].strip()


@pytest.mark.parametrize("text", ["NAME=x # note\n", "NAME=x#y\n", "NAME='# x'\n", "NAME=#fff\n"])
def test_a_real_comment_or_a_colour_has_no_finding(text: str) -> None:
    assert found(check_text(text)) == []


def test_a_value_without_a_key_is_found_on_its_line() -> None:
    assert found(check_text("A=1\n=x\n")) == [("warning", "nameless", "", 2)]


# What is not filled in, and what is missing.


@pytest.mark.parametrize(
    "value",
    [
        "your_openrouter_key_here",
        "ghp_your_token_here",
        "your_nostr_private_key_hex",
        "<your-google-gemini-api-key>",
        "changeme",
        "CHANGE_ME",
        "xxxxxxxx",
    ],
)
def test_a_placeholder_is_found(value: str) -> None:
    finding = the_finding(check_text(f"SOME_KEY={value}\n"), "placeholder")
    assert (finding.level, finding.line) == (EnvironmentLevel.WARNING, 1)


@pytest.mark.parametrize("value", ["somewhere", "there", "postgres", "xx", "yours", "heresy"])
def test_a_word_that_resembles_a_placeholder_is_not_one(value: str) -> None:
    assert "placeholder" not in rules(check_text(f"NAME={value}\n"))


def test_the_placeholder_of_a_required_key_is_an_error_with_its_purpose() -> None:
    text = VALID.replace("npk_0123456789", "your_nakapay_key_here")
    finding = the_finding(check_text(text, uses=pixel_uses()), "placeholder")
    assert (finding.level, finding.key, finding.line) == (
        EnvironmentLevel.ERROR,
        "NAKAPAY_API_KEY",
        3,
    )
    assert "Lightning payments" in finding.message


def test_the_shape_of_a_placeholder_is_not_checked() -> None:
    assert rules(check_text("NOSTR_PRIVATE_KEY=your_nostr_private_key_hex\n")) == {"placeholder"}


def test_a_secret_from_the_example_is_public() -> None:
    example = "POSTGRES_PASSWORD=sandbox-only\nNAME=x\n"
    assert the_finding(check_text(example, example=example), "published").key == "POSTGRES_PASSWORD"


def test_required_keys_that_are_missing_or_empty_are_errors() -> None:
    text = VALID.replace("GH_TOKEN=", "# GH_TOKEN=").replace("npk_0123456789", "")
    assert found(check_text(text, uses=pixel_uses())) == [
        ("error", "missing", "GH_TOKEN", 0),
        ("error", "empty", "NAKAPAY_API_KEY", 3),
    ]


def test_another_project_needs_no_key_of_the_pixel_stack() -> None:
    uses = EnvironmentUses(services=(plain("shop"),), hosts=frozenset({"shop"}))
    assert rules(check_text("NAME=x\n", uses=uses, example="NAME=\n")) == set()


def test_the_pixel_stack_is_recognized_by_its_keys_without_compose() -> None:
    example = "NAKAPAY_API_KEY=\nNOSTR_PRIVATE_KEY=\nSYNTROPY_MODEL=\n"
    assert "missing" in rules(check_text("NAME=x\n", example=example))


def test_a_missing_key_that_compose_requires_is_an_error() -> None:
    uses = EnvironmentUses(
        services=(plain("shop"),), references={"TAG": (use("shop", "image", required=True),)}
    )
    finding = the_finding(check_text("A=1\n", uses=uses), "missing")
    assert (finding.level, finding.key) == (EnvironmentLevel.ERROR, "TAG")
    assert "shop image" in finding.message


def test_an_empty_value_is_enough_if_compose_only_requires_it_to_be_set() -> None:
    asked = replace(use("api", "image", required=True), may_be_empty=True)
    assert "empty" not in rules(check_text("K=\n", uses=pixel_uses(K=(asked,))))
    assert (
        the_finding(check_text(VALID, uses=pixel_uses(K=(asked,))), "missing").level
        is EnvironmentLevel.ERROR
    )
    strict = use("web", "image", required=True)
    assert "empty" in rules(check_text("K=\n", uses=pixel_uses(K=(asked, strict))))


@pytest.mark.parametrize("use_of", [{"required": True}, {"bare": True}])
def test_a_key_that_an_included_file_sets_is_not_missing(use_of: dict[str, bool]) -> None:
    uses = pixel_uses(SUB_TAG=(use("api", "image", **use_of),))
    assert any(finding.key == "SUB_TAG" for finding in check_text("", uses=uses).findings)
    around = FileFacts(set_elsewhere=frozenset({"SUB_TAG"}))
    seen = check_text("", uses=uses, facts=around)
    assert not any(finding.key == "SUB_TAG" for finding in seen.findings)


def test_an_unset_reference_is_a_warning_unless_it_is_empty_on_purpose() -> None:
    uses = EnvironmentUses(
        services=(plain("shop"),), references={"TAG": (use("shop", "image", bare=True),)}
    )
    assert found(check_text("", uses=uses)) == [("warning", "missing", "TAG", 0)]
    assert found(check_text("TAG=\n", uses=uses)) == []
    exported = FileFacts(exported=frozenset({"TAG"}))
    assert found(check_text("", uses=uses, facts=exported)) == []


def test_a_duplicate_is_reported_with_the_line_in_effect() -> None:
    seen = check_text("A=1\nB=2\nA=3\n")
    assert found(seen) == [("warning", "duplicate", "A", 1)]
    assert "line 3" in seen.findings[0].message
    assert found(check_text("A=1\nA=1\n")) == [("info", "duplicate", "A", 1)]


# What nobody knows.


def test_an_unknown_key_is_info_and_a_misspelled_one_a_warning() -> None:
    seen = check_text("LOG_LEVEL=x\nHTTP_PROT=1\n", example="HTTP_PORT=80\n")
    assert found(seen) == [
        ("warning", "unknown", "HTTP_PROT", 2),
        ("info", "unknown", "LOG_LEVEL", 1),
    ]
    assert "HTTP_PORT" in seen.findings[0].message


def test_a_key_that_another_one_uses_is_known() -> None:
    uses = pixel_uses(COMPOSE_URL=(use("api", "environment.URL"),))
    text = "DEVICE=cpu\nCOMPOSE_PROFILES=${DEVICE}\nHOST_NAME=x\nCOMPOSE_URL=http://${HOST_NAME}/\n"
    assert "unknown" not in rules(check_text(text, uses=uses))
    assert "unknown" in rules(check_text("DEVICE=cpu\n", uses=uses))
    seen = check_text("NAME_OF_IT=changeme\nCOMPOSE_URL=http://$NAME_OF_IT/\n", uses=uses)
    assert "remove" not in the_finding(seen, "placeholder").hint


def test_a_key_is_not_a_misspelling_of_one_that_is_set() -> None:
    seen = check_text("HTTP_PORT=80\nHTTP_PORTS=81\n", example="HTTP_PORT=80\n")
    assert found(seen) == [("info", "unknown", "HTTP_PORTS", 2)]


def test_no_key_is_unknown_without_a_source_of_keys() -> None:
    assert "unknown" not in rules(check_text("ANYTHING=1\n"))


@pytest.mark.parametrize("key", ["COMPOSE_PROJECT_NAME", "DOCKER_HOST", "BUILDKIT_PROGRESS"])
def test_a_key_that_compose_itself_reads_is_known(key: str) -> None:
    assert "unknown" not in rules(check_text(f"{key}=x\n", example="A=\n"))


@pytest.mark.parametrize("slip", ["HTTP_POR", "HTTP_PORRT", "HTTP_PART", "HTTP_PROT", "TTP_PORT"])
def test_one_typing_error_is_recognized(slip: str) -> None:
    assert set(variants(slip)) & set(variants("HTTP_PORT"))


# Shapes.


@pytest.mark.parametrize(
    ("line", "rule"),
    [
        ("OPENAI_BASE_URL=api.example.org", "url"),
        ("OPENAI_BASE_URL=https:/api.example.org", "url"),
        ("OPENAI_BASE_URL='https://a b'", "url"),
        ("OPENAI_BASE_URL=https://", "url"),
        ("OPENAI_BASE_URL=https://https://a.org", "url"),
        ("OPENAI_BASE_URL=https://a.org:port/", "url"),
        ("OPENAI_BASE_URL=https://a.org:99999/", "url"),
        ("OPENAI_BASE_URL=https://[::1/", "url"),
        ("OPENAI_BASE_URL=ftp://a.org", "url"),
        ("POSTGRES_URL=mysql://u:p@db/x", "url"),
        ("POSTGRES_URL='postgres://u:p/w@db/x'", "url"),
        ("USE_OPENAI_EMBEDDING=ture", "boolean"),
        ("NOSTR_REPLY_ENABLE=maybe", "boolean"),
        ("WORKER_TIMEOUT_SECONDS=45m", "number"),
        ("DOCKER_GID=docker", "number"),
        ("NOSTR_PRIVATE_KEY=12ab", "hex"),
        (f"NOSTR_PRIVATE_KEY={'g' * 64}", "hex"),
        ("GH_TOKEN=token", "token"),
        ("TELEGRAM_BOT_TOKEN=123456789", "token"),
        ("OPENAI_API_KEY='sk-abcdefghijkl mnopqrstuv'", "token"),
        ("NOSTR_RELAYS=relay.example.org", "token"),
    ],
)
def test_a_value_of_the_wrong_shape_is_found(line: str, rule: str) -> None:
    seen = check_text(f"{line}\n")
    assert rule in rules(seen)
    assert the_finding(seen, rule).key == line.partition("=")[0]


@pytest.mark.parametrize(
    "line",
    [
        "OPENAI_BASE_URL=https://api.example.org:8443/v1?x=1#y",
        "OPENAI_BASE_URL=http://[::1]:80/",
        "POSTGRES_URL=postgresql://u:p%2Fw@db:5432/x?sslmode=disable",
        "DATABASE_URL=file:./pixels.db",
        "USE_OPENAI_EMBEDDING=TRUE",
        "WORKER_TIMEOUT_SECONDS=2700",
        f"NOSTR_PRIVATE_KEY={'0aF' * 21}0",
        f"NOSTR_PRIVATE_KEY=nsec1{'q' * 58}",
        f"GH_TOKEN=github_pat_{'a1B' * 12}",
        "NOSTR_RELAYS=wss://relay.example.org,wss://nostr.example.net",
        "NOSTR_POST_INTERVAL=3600",
    ],
)
def test_a_value_of_the_right_shape_has_no_finding(line: str) -> None:
    assert found(check_text(f"{line}\n")) == []


def test_quotes_and_spaces_around_a_value_have_a_fix() -> None:
    assert the_finding(check_text("WORKER_TIMEOUT_SECONDS=\"'2700 '\"\n"), "number").fix == "2700"


@pytest.mark.parametrize(
    ("line", "model", "rule"),
    [
        ("HTTP_PORT=eighty", "HTTP_PORT=80", "port"),
        ("HTTP_PORT=80000", "HTTP_PORT=80", "port"),
        ("DEBUG=of", "DEBUG=false", "boolean"),
        ("LIMIT=ten", "LIMIT=10", "number"),
        ("HOME_PAGE=example.org", "HOME_PAGE=https://example.com", "url"),
    ],
)
def test_without_a_catalogue_the_example_defines_the_shape(
    line: str, model: str, rule: str
) -> None:
    assert (
        the_finding(check_text(f"{line}\n", example=f"{model}\n"), rule).level
        is EnvironmentLevel.WARNING
    )


# Keys that belong together.


def test_the_guides_gemini_set_up_has_no_finding() -> None:
    assert found(check_text(GEMINI)) == []


@pytest.mark.parametrize("base", ["", "OPENAI_BASE_URL=https://api.openai.com/v1\n"])
def test_googles_key_needs_googles_address(base: str) -> None:
    finding = the_finding(
        check_text(f"OPENAI_API_KEY={GOOGLE}\n{base}", uses=pixel_uses()), "gemini-base"
    )
    assert (finding.level, finding.key) == (EnvironmentLevel.ERROR, "OPENAI_BASE_URL")
    assert finding.fix == "https://generativelanguage.googleapis.com/v1beta/openai"


def test_googles_address_needs_googles_key() -> None:
    text = GEMINI.replace(GOOGLE, "sk-proj-0123456789abcdefghij")
    assert rules(check_text(text)) == {"gemini-key"}


def test_gemini_has_none_of_openais_models() -> None:
    finding = the_finding(
        check_text(GEMINI.replace("gemini-2.0-flash", "gpt-4o-mini")), "gemini-model"
    )
    assert (finding.key, finding.line, finding.fix) == (
        "OPENAI_SMALL_MODEL", 3, "gemini-2.0-flash"
    )  # fmt: skip


def test_an_unused_model_is_not_required_for_gemini() -> None:
    text = VALID + GEMINI.replace("OPENAI_LARGE_MODEL=gemini-2.5-flash\n", "")
    finding = the_finding(check_text(text, uses=pixel_uses()), "gemini-model")
    assert (finding.key, finding.line) == ("OPENAI_LARGE_MODEL", 0)


def test_openais_key_has_none_of_geminis_models() -> None:
    text = "OPENAI_API_KEY=sk-proj-0123456789abcdefghij\nOPENAI_SMALL_MODEL=gemini-2.0-flash\n"
    assert rules(check_text(text)) == {"openai-model"}
    assert rules(check_text(f"{text}OPENAI_BASE_URL=https://router.example.org/v1\n")) == set()


# Addresses.


@pytest.mark.parametrize(
    "host", ["localhost:3000", "127.0.0.1:3000", "127.1.2.3", "[::1]:3000", "0.0.0.0:80"]
)
def test_a_public_address_must_not_be_localhost(host: str) -> None:
    assert the_finding(check_text(f"NEXT_PUBLIC_API_URL=http://{host}/api\n"), "localhost").hint


def test_a_public_address_has_no_finding() -> None:
    assert found(check_text("NEXT_PUBLIC_API_URL=https://localhost.example.org/api\n")) == []


def test_a_database_on_an_unknown_host_is_an_error_that_lists_the_services() -> None:
    finding = the_finding(
        check_text("POSTGRES_URL=postgresql://u:p@pg:5432/x\n", uses=pixel_uses()), "host"
    )
    assert finding.level is EnvironmentLevel.ERROR
    assert "`pg`" in finding.message
    assert "postgres" in finding.hint


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "[::1]"])
def test_a_database_on_localhost_is_an_error(host: str) -> None:
    text = f"POSTGRES_URL=postgresql://u:p@{host}:5432/x\n"
    assert (
        "the container itself" in the_finding(check_text(text, uses=pixel_uses()), "host").message
    )


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "pg"])
def test_a_service_on_another_network_may_use_unknown_hosts(host: str) -> None:
    text = f"POSTGRES_URL=postgresql://u:p@{host}:5432/x\n"
    joined = replace(pixel_uses(), joined=frozenset({"agent"}), reaching_out=frozenset({"agent"}))
    assert "host" not in rules(check_text(text, uses=joined))
    both = {"POSTGRES_URL": (use("api", "environment.POSTGRES_URL"),)}
    assert "host" in rules(check_text(text, uses=replace(joined, references=both)))


def test_on_an_external_network_unknown_hosts_are_allowed_but_not_localhost() -> None:
    uses = replace(pixel_uses(), reaching_out=frozenset({"agent"}))
    url = "POSTGRES_URL=postgresql://u:p@{}:5432/x\n"
    assert "host" not in rules(check_text(url.format("pg"), uses=uses))
    assert "host" in rules(check_text(url.format("localhost"), uses=uses))


@pytest.mark.parametrize("host", ["postgres", "POSTGRES", "db.example.org", "10.0.0.7"])
def test_a_database_on_a_service_or_on_another_machine_has_no_finding(host: str) -> None:
    text = f"{VALID}POSTGRES_URL=postgresql://u:p@{host}:5432/x\n"
    assert found(check_text(text, uses=pixel_uses())) == []


def test_the_host_of_a_database_is_not_checked_without_a_project() -> None:
    assert found(check_text("POSTGRES_URL=postgresql://u:p@pg:5432/x\n")) == []


def test_the_group_of_the_engines_socket_is_compared() -> None:
    facts = FileFacts(socket_group=998)
    assert the_finding(check_text("DOCKER_GID=999\n", facts=facts), "socket-group").fix == "998"
    assert found(check_text("DOCKER_GID=998\n", facts=facts)) == []
    assert found(check_text("DOCKER_GID=999\n")) == []


# Who else has it.


def test_secrets_that_every_user_can_read_are_a_warning() -> None:
    assert found(check_text("A_TOKEN=abc\n", facts=FileFacts(mode=0o644))) == [
        ("warning", "readable", "", 0)
    ]
    assert found(check_text("A_TOKEN=abc\n", facts=FileFacts(mode=0o640))) == []
    assert found(check_text("NAME=abc\n", facts=FileFacts(mode=0o644))) == []
    assert rules(check_text("NAME=abc\n", facts=FileFacts(mode=0o666))) == {"writable"}


@pytest.mark.parametrize(
    ("state", "level"),
    [
        (GitState.TRACKED, "error"),
        (GitState.COMMITTED_ONCE, "warning"),
        (GitState.UNTRACKED, "warning"),
    ],
)
def test_secrets_in_git_or_not_ignored_are_found(state: GitState, level: str) -> None:
    facts = FileFacts(git=state)
    assert found(check_text("A_TOKEN=abc\n", facts=facts)) == [(level, "git", "", 0)]


@pytest.mark.parametrize("state", [GitState.UNKNOWN, GitState.OUTSIDE, GitState.IGNORED])
def test_a_file_that_git_ignores_has_no_finding(state: GitState) -> None:
    assert found(check_text("A_TOKEN=abc\n", facts=FileFacts(git=state))) == []


def test_an_example_with_placeholders_may_be_in_git() -> None:
    text = "A_TOKEN=your_token_here\nNAME=x\nB_SECRET=\n"
    assert "git" not in rules(check_text(text, facts=FileFacts(git=GitState.TRACKED)))


def test_a_key_that_the_shell_sets_too_is_a_warning() -> None:
    uses = EnvironmentUses(services=(plain("a"),), references={"TAG": (use("a", "image"),)})
    facts = FileFacts(exported=frozenset({"TAG", "OTHER"}))
    assert the_finding(check_text("TAG=1\nOTHER=1\n", uses=uses, facts=facts), "shadowed").key == (
        "TAG"
    )


# What never happens.

KEYS = st.sampled_from([
    *("OPENAI_API_KEY", "OPENAI_BASE_URL", "OPENAI_SMALL_MODEL", "POSTGRES_URL", "DATABASE_URL"),
    *("DOCKER_GID", "NEXT_PUBLIC_API_URL", "NOSTR_PRIVATE_KEY", "NOSTR_X_ENABLE", "GH_TOKEN"),
    *("A_SECRET", "NAME", "HTTP_PORT"),
])  # fmt: skip
SECRET_KEYS = st.sampled_from(
    ["GH_TOKEN", "OPENAI_API_KEY", "NOSTR_PRIVATE_KEY", "A_SECRET", "POSTGRES_PASSWORD"]
)
HOSTILE = st.one_of(
    st.text(max_size=60),
    st.sampled_from(
        [
            "\x1b]0;owned\x07",
            "[bold red]x[/]",
            "https://[",
            "postgres://u:p@[::1",
            "\u202egnp.exe",
            "${A:?[/]}",
            "a" * 200_000,
            "https://" + "a" * 50_000 + "@",
            "'" * 5000,
            "\ud800",
        ]
    ),
)
ALL_FACTS = FileFacts(
    mode=0o666, git=GitState.TRACKED, socket_group=998, exported=frozenset({"TAG"})
)


@settings(deadline=None, max_examples=150)
@given(st.lists(st.tuples(KEYS, HOSTILE, st.sampled_from(["", "'", '"'])), max_size=6))
def test_no_value_breaks_a_check_or_the_terminal(
    lines: list[tuple[str, str, str]],
) -> None:
    text = "\n".join(f"{key}={quote}{value}{quote}" for key, value, quote in lines)
    seen = check_text(
        text.encode("utf-8", "surrogatepass"),
        example="HTTP_PORT=80\nNAME=true\n",
        uses=pixel_uses(TAG=(use("api", "image", required=True),)),
        facts=ALL_FACTS,
    )
    for finding in seen.findings:
        assert is_harmless(finding.message + finding.hint)
        assert len(finding.message + finding.hint) < 2000


SECRET_LETTERS = st.text(alphabet="qjxzQJXZ$#'\"\\ @:/-_.{}?", min_size=9, max_size=40)


@settings(deadline=None, max_examples=300)
@given(
    st.sampled_from(
        ["GH_TOKEN", "OPENAI_API_KEY", "NOSTR_PRIVATE_KEY", "A_SECRET", "POSTGRES_PASSWORD"]
    ),
    SECRET_LETTERS,
    st.sampled_from(["", "'", '"']),
)
def test_no_finding_contains_a_secret(key: str, value: str, quote: str) -> None:
    seen = check_text(f"{key}={quote}{value}{quote}\n", uses=pixel_uses(), facts=ALL_FACTS)
    row = next(row for row in seen.rows if row.key == key)
    messages = " ".join(f"{item.message} {item.hint} {item.fix or ''}" for item in seen.findings)
    for part in (value, row.written, row.effective or ""):
        assert len(part.strip()) < 6 or part.strip() not in messages


@settings(deadline=None, max_examples=200)
@given(SECRET_LETTERS.filter(lambda text: len(text.strip("'\"\\ ")) > 5))
def test_no_finding_contains_the_password_of_a_url(password: str) -> None:
    text = f"POSTGRES_URL='postgres://user:{password}@nowhere:5432/x'\n"
    seen = check_text(text, uses=pixel_uses(), facts=ALL_FACTS)
    messages = " ".join(f"{item.message} {item.hint} {item.fix or ''}" for item in seen.findings)
    assert password not in messages
