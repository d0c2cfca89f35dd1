"""Secrets quoted by compose are masked. The messages are those of 2.40.3."""

from pathlib import Path

import pytest

from pixel_tui.redaction.known import known
from pixel_tui.redaction.redactor import MASK
from pixel_tui.stack.compose.command import ComposeCommand
from pixel_tui.stack.compose.compose_warnings import compose_warnings
from pixel_tui.stack.compose.message_masking import MessageMasker, failure_reason
from pixel_tui.stack.compose.written_secrets import ComposeInput
from pixel_tui.stack.model.program_output import ProgramOutput

SERVICE = "services:\n  a:\n    image: x\n    environment:\n"
FORMAT = "You may need to escape any $ with another $.\n"


def said_of(words: str, env: str = "", compose: str = SERVICE) -> str:
    """Return compose's message, masked for a project with these files."""
    files = ComposeInput(env, ".env"), ComposeInput(compose, "compose.yaml", sets_variables=False)
    return MessageMasker(files).mask(words)


def unset(name: str) -> str:
    """Return a warning in compose's format."""
    why = f'The \\"{name}\\" variable is not set. Defaulting to a blank string.'
    return f'time="2026-11-29T14:50:55Z" level=warning msg="{why}"\n'


@pytest.mark.parametrize(
    ("env", "words"),
    [
        ("DB_PASSWORD=Xy7pa${hunter22xQ\n", 'read /x/.env: Invalid template: "Xy7pa${hunter22xQ"'),
        ('DB_PASSWORD="Xy7pa${hunter22xQ"\n', 'Invalid template: "Xy7pa${hunter22xQ"'),
        ("DB_PASSWORD=X${hunt:-a${hunter22xQ}\n", 'Invalid template: "a${hunter22xQ"'),
        ("DB_PASSWORD='a\"${hunter22xQ'\n", 'Invalid template: "a\\"${hunter22xQ"'),
        ("DB_PASSWORD=Xy7pa$hunter22xQ\n", unset("hunter22xQ")),
        ("DB_PASSWORD=$hunter22xQ\n", unset("hunter22xQ")),
        ("A=1\nDB_PASSWORD=my pass $hunter22xQ # so\n", unset("hunter22xQ")),
        ("DB_PASSWORD=a${hunter22xQ}z\n", unset("hunter22xQ")),
        ("DB_URL=postgres://u:a$hunter22xQ@db/x\n", unset("hunter22xQ")),
        ("DB_URL=postgres://u:a${hunter22xQ}@db/x\n", unset("hunter22xQ")),
        (
            "#DB_PASSWORD=a$hunter22xQ\nDB_PASSWORD=a$hunter22xQ\n",
            unset("hunter22xQ"),
        ),
        (
            "DB_PASSWORD=Xy7${hunter22xQ:?zorkword}z\n",
            "read /x/.env: required variable hunter22xQ is missing a value: zorkword",
        ),
        (
            "DB_PASSWORD=Xy\nhunter22xQ+rest\n",
            'line 2: unexpected character "+" in variable name "hunter22xQ+rest"',
        ),
        (
            'DB_PASSWORD="Xy7hunter22xQ\nA=1\n',
            'line 3: unterminated quoted value "Xy7hunter22xQ',
        ),
        ("DB_PASSWORD=hunter22xQ\n", "invalid containerPort: hunter22xQ"),
        ("DB_PASSWORD=hunter22xQ\n", 'x.mem_limit: parsing "hunter22": invalid syntax'),
        ("DB_PASSWORD=hunter22xQ\n", "x.read_only: invalid boolean: hunter22xQ"),
        ("DB_PASSWORD=80:hunter22xQ\n", "invalid containerPort: hunter22xQ"),
        ("DB_PASSWORD=hunter22xQ\n", 'service "a" depends on undefined service "hunter22xQ": no'),
        ("DB_PASSWORD=hunter22xQ\n", 'interval: time: invalid duration "hunter22xQ"'),
    ],
)  # fmt: skip
def test_no_piece_of_a_secret_of_an_environment_file_is_quoted(env: str, words: str) -> None:
    shown = said_of(words, env)
    assert MASK in shown
    for piece in ("hunter22", "zorkword", "Xy7"):
        assert piece not in shown


@pytest.mark.parametrize(
    ("volumes", "shown"),
    [
        ('["${VOL}:/x:zz"]', "${VOL}:/x:zz (services.a.volumes of compose.yaml)"),
        ("\n      - $VOL:/x:zz", "${VOL}:/x:zz (services.a.volumes of compose.yaml)"),
        ("['${VOL:-/default}:/x:zz']", "${VOL}:/x:zz (services.a.volumes of compose.yaml)"),
        ('["other:/x:zz"]', MASK),
    ],
)
def test_a_refused_volume_is_quoted_as_written(volumes: str, shown: str) -> None:
    words = "invalid spec: /data/user:hunter22:/x:zz: too many colons"
    compose = f"services:\n  a:\n    image: x\n    volumes: {volumes}\n"
    said = said_of(words, "VOL=/data/user:hunter22\n", compose)
    assert said == f"invalid spec: {shown}: too many colons"


def test_a_volume_without_variables_is_quoted_completely() -> None:
    words = "invalid spec: /a:/b:/c:/d: too many colons"
    assert said_of(words, "", 'services:\n  a:\n    volumes: ["/a:/b:/c:/d"]\n') == words


@pytest.mark.parametrize(
    ("line", "words"),
    [
        (
            "DB_PASSWORD: pa${hunter22x",
            (f"invalid interpolation format for services.a.environment.DB_PASSWORD.\n{FORMAT}"
            "pa${hunter22x"),
        ),
        (
            "- DB_PASSWORD=pa${hunter22x",
            (f"invalid interpolation format for services.a.environment.[].\n{FORMAT}"
            "DB_PASSWORD=pa${hunter22x"),
        ),
        (
            "command: [redis-server, --requirepass, 'pa${hunter22x']",
            f"invalid interpolation format for services.a.command.[].\n{FORMAT}pa${{hunter22x",
        ),
        ("- DB_PASSWORD=pa$hunter22x", unset("hunter22x")),
        ('"DB_PASSWORD": "pa$hunter22x"', unset("hunter22x")),
        ("x: {A: 1, DB_PASSWORD: pa$hunter22x}", unset("hunter22x")),
        ("DB_PASSWORD: |\n        one\n        pa$hunter22x", unset("hunter22x")),
        ("DB_URL: postgres://u:pa$hunter22x@db/x", unset("hunter22x")),
        ("command: redis-cli -a pa$hunter22x ping", unset("hunter22x")),
        (
            "DB_PASSWORD: pa${hunter22x:?hunter22y}",
            ("error while interpolating services.a.environment.[]: required variable hunter22x is "
            "missing a value: hunter22y"),
        ),
        ("DB_PASSWORD: *hunter22x", "yaml: unknown anchor 'hunter22x' referenced"),
        ("", "yaml: unknown anchor 'hunter22x' referenced"),
        ("", 'Invalid template: "Xy7pa${hunter22xQ"'),
    ],
)  # fmt: skip
def test_no_piece_of_a_secret_of_a_compose_file_is_quoted(line: str, words: str) -> None:
    shown = said_of(words, compose=f"{SERVICE}      {line}\n")
    assert MASK in shown
    assert "hunter22" not in shown


@pytest.mark.parametrize(
    ("env", "line", "words"),
    [
        ("", "DB_PASSWORD: ${DB_PASS}", unset("DB_PASS")),
        ("", "DB_PASSWORD: $DB_PASS", unset("DB_PASS")),
        ("", "APP_SECRET: ${ONE}-${TWO}", unset("TWO")),
        ("", "A: ${hunter}", unset("hunter")),
        ("DB_PASSWORD=${OTHER}\n", "", unset("OTHER")),
        ("DB_PASSWORD=a-$BASE\n", "A: $BASE", unset("BASE")),
        (
            "HOST=${A_TOKEN:?very-secret}${X:?not here}\n",
            "",
            "required variable X is missing a value: not here",
        ),
        (
            "",
            "HOST: ${A_TOKEN:?set it first}",
            "required variable A_TOKEN is missing a value: set it first",
        ),
        ("NAME=Xy${oops\n", "", 'read /x/.env: Invalid template: "Xy${oops"'),
        ("", "<<: *common", "yaml: unknown anchor 'common' referenced"),
        ("DB_PASSWORD=redis-secret\n", "A: redis", 'service "redis" refers to undefined network x'),
        (
            "",
            "DB_PASSWORD: ${DB_PASSWORD:?set it first}",
            "required variable DB_PASSWORD is missing a value: set it first",
        ),
        (
            "",
            "A: x${oops",
            f"invalid interpolation format for services.a.environment.A.\n{FORMAT}x${{oops",
        ),
        (
            "",
            "ports: ['80${oops']",
            f"invalid interpolation format for services.a.ports.[].\n{FORMAT}80${{oops",
        ),
        ("", "secrets: [db_key]", 'service "a" refers to undefined secret db_key'),
        ("", "A: 1", "yaml: line 5: found character that cannot start any token"),
    ],
)  # fmt: skip
def test_other_messages_of_compose_are_unchanged(env: str, line: str, words: str) -> None:
    shown = said_of(words, env, f"{SERVICE}      {line}\n")
    assert compose_warnings(shown) == compose_warnings(words)
    assert shown == words or compose_warnings(words)


def test_a_masked_piece_is_replaced_by_its_key_and_line() -> None:
    env = "A=1\nDB_PASSWORD=Xy7pa$hunter22xQ\n"
    (warning,) = compose_warnings(said_of(unset("hunter22xQ"), env))
    assert warning == (
        f"The {MASK} (DB_PASSWORD, line 2 of .env) variable is not set. "
        "Defaulting to a blank string."
    )


def test_a_secret_with_another_as_prefix_is_masked_completely() -> None:
    written = "A_TOKEN=abcd\n  export B_TOKEN='abcd-efgh'\nNAME=pixel\n"
    said = said_of("pixel can't use abcd-efgh, nor abcd", written)
    assert said == f"pixel can't use {MASK}, nor {MASK}"


def test_a_masked_piece_is_masked_everywhere_from_then_on() -> None:
    said_of(unset("hunter22xQ"), "DB_PASSWORD=Xy7pa$hunter22xQ\n")
    assert known.mask("up: hunter22xQ") == f"up: {MASK}"


def test_the_failure_reason_of_a_program_has_no_secret(tmp_path: Path) -> None:
    (tmp_path / "compose.yaml").write_text(SERVICE)
    (tmp_path / ".env").write_text("DB_PASSWORD=Xy7pa${hunter22xQ\n")
    words = b'failed to read .env: Invalid template: "Xy7pa${hunter22xQ"\n'
    command = ComposeCommand(directory=str(tmp_path))
    shown = failure_reason(ProgramOutput(1, b"", words), command, {})
    where = "DB_PASSWORD, line 1 of .env"
    assert shown == f"failed to read .env: Invalid template: {MASK} ({where})"


@pytest.mark.parametrize(
    ("env", "value"),
    [
        ("DB_PASSWORD=Sup3r-S3cret-77\n", "Sup3r-S3cret-77"),
        ("DB_PASSWORD=Sup3r-S3cret-77 # why\n", "Sup3r-S3cret-77"),
        ("DB_PASSWORD='Sup3r-S3cret-77' # why\n", "Sup3r-S3cret-77"),
        ("A=Sup3r\nDB_PASSWORD=${A}-S3cret-77\n", "Sup3r-S3cret-77"),
        ("DB_PASSWORD=${OWN}-S3cret-77\n", "Sup3r-S3cret-77"),
        ('DB_PASSWORD="Sup3r-\\"S3cret"\n', 'Sup3r-"S3cret'),
        ('DB_PASSWORD="Sup3r-\\$S3cret"\n', "Sup3r-$S3cret"),
    ],
)
@pytest.mark.parametrize(
    "words",
    [
        "invalid hostPort: {}",
        "invalid spec: {}:bad:zz:yy: too many colons",
        'service "a" refers to undefined volume {}: invalid compose project',
        "open /srv/p/{}: no such file or directory",
    ],
)
def test_an_interpolated_secret_is_masked_as_compose_read_it(
    env: str, value: str, words: str
) -> None:
    files = [ComposeInput(env, ".env")]
    said = MessageMasker(files, {"OWN": "Sup3r"}).mask(words.format(value))
    assert MASK in said
    assert "Sup3r" not in said
    assert "S3cret" not in said


def test_a_piece_of_a_secret_is_masked_as_an_undefined_name() -> None:
    words = 'service "a" refers to undefined volume Sup3r.S3cret/Value: invalid compose project'
    said = said_of(words, "DB_PASSWORD=Sup3r.S3cret/Value:77\n")
    assert said.startswith(f'service "a" refers to undefined volume {MASK} (DB_PASSWORD, line 1')
