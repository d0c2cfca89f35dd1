"""Words that are names stay readable, even if they are the value of a secret as well."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pixel_tui.redaction.known import MASK, known, mask_known
from pixel_tui.redaction.redactor import (
    forget_secrets,
    mask_value,
    redact,
    remember_secret,
    spare_names,
)
from pixel_tui.redaction.spared_words import SparedWords
from pixel_tui.stack.model.json_value import JsonObject
from pixel_tui.stack.model.parse_container import parse_container, parse_listed
from pixel_tui.stack.model.parse_project import parse_project
from pixel_tui.stack.model.source import ResolvedProject
from pixel_tui.text import plain

WORD = "pixelsecret"


def is_masked(word: str = WORD) -> bool:
    masked = MASK in redact(f"open {word} failed")
    assert masked == (MASK.encode() in mask_known(f"open {word} failed".encode()))
    return masked


@pytest.mark.parametrize(
    "key", ["DB_USER", "PGUSER", "POSTGRES_DB", "mysqlDatabase", "db.host", "APP_NAME", "USERNAME"]
)
@pytest.mark.parametrize("secret_first", [True, False])
def test_the_value_of_a_key_that_is_a_name_is_spared(key: str, secret_first: bool) -> None:
    settings = [("DB_PASSWORD", WORD), (key, WORD)]
    for name, value in settings if secret_first else settings[::-1]:
        assert mask_value(name, value) == (WORD if name == key else MASK)
    assert not is_masked()


def test_a_word_of_a_name_is_spared_and_a_part_of_a_url_is_not() -> None:
    remember_secret(WORD)
    mask_value("DATABASE", f"postgres://app:{WORD}@db/app")
    assert is_masked()
    mask_value("DB_HOST", f"{WORD}.internal")
    assert not is_masked()


def test_a_word_is_common_if_several_keys_have_it() -> None:
    for word in ("midnight", "midnight7"):
        remember_secret(word)
        mask_value("THEME", word)
        mask_value("THEME", word)
        assert is_masked(word)
        mask_value("STYLE", word)
    assert not is_masked("midnight")
    assert is_masked("midnight7")


def test_the_key_of_a_secret_spares_nothing() -> None:
    for key in ("DB_PASSWORD", "ROOT_PASSWORD", "USER_PASSWORD", "API_TOKEN"):
        mask_value(key, WORD)
    assert is_masked()


PROJECT: JsonObject = {
    "name": "my-stack",
    "services": {
        "theservice": {"image": "registry.example.org:5000/the-team/theimage:theversion"},
        "x": {"image": "x", "container_name": "thecontainer"},
    },
    "networks": {"thenetwork": {"name": "project_net"}, "n": {"name": "some-net"}},
    "volumes": {"thevolume": {"name": "project_vol"}, "v": {"name": "some-vol"}},
}
WORDS = (
    "my-stack theservice the-team theimage theversion thecontainer thenetwork some-net "
    "thevolume some-vol thefolder"
)


@pytest.mark.parametrize("word", WORDS.split())
def test_the_names_of_a_project_are_spared(word: str) -> None:
    remember_secret(word)
    assert is_masked(word)
    parse_project(ResolvedProject(PROJECT, frozenset(), "/srv/thefolder"), {})
    assert not is_masked(word)


LABELS: JsonObject = {
    "com.docker.compose.project": "my-stack",
    "com.docker.compose.service": "theservice",
    "com.docker.compose.project.working_dir": "/srv/thefolder",
}


@pytest.mark.parametrize("word", ["my-stack", "theservice", "thefolder", "theimage", "once-off"])
def test_the_names_of_a_container_are_spared(word: str) -> None:
    for listed in (False, True):
        forget_secrets()
        remember_secret(word)
        assert is_masked(word)
        if listed:
            names: JsonObject = {"Names": ["/once-off"], "Image": "theimage:1", "Labels": LABELS}
            parse_listed(names, plain("it is refused"))
        else:
            parse_container(
                {"Name": "/once-off", "Config": {"Image": "theimage:1", "Labels": LABELS}}
            )
        assert not is_masked(word)


def test_a_container_shows_its_own_names_and_hides_the_password() -> None:
    container = parse_container(
        {
            "Name": f"/{WORD}-db-1",
            "Config": {"Env": [f"DB_PASSWORD={WORD}", f"DB_NAME={WORD}"], "Labels": LABELS},
            "Mounts": [{"Type": "volume", "Name": "thevolume"}],
            "NetworkSettings": {"Networks": {"thenetwork": {}}},
        }
    )
    shown = {entry.name: entry.value for entry in container.environment}
    assert shown == {"DB_PASSWORD": MASK, "DB_NAME": WORD}
    for word in ("thevolume", "thenetwork", WORD):
        remember_secret(word)
        assert not is_masked(word)


def test_the_number_of_kept_words_is_bounded() -> None:
    spared = SparedWords()
    for at in range(0, 2 * SparedWords.MAX_WORDS, 100):
        spared.add_names(f"name-{number}" for number in range(at, at + 100))
        for number in range(at, at + 100):
            spared.add_setting("DB_USER", f"the user {number}")
            spared.add_setting("THEME", f"theme{'abcdefghij'[number % 10] * (number // 10)}")
    assert not spared.is_spared("name-1")
    assert spared.is_spared(f"name-{2 * SparedWords.MAX_WORDS - 1}")
    assert not spared.is_spared("the user 1")
    assert spared.is_spared(f"the user {2 * SparedWords.MAX_WORDS - 1}")


_WORDS = st.from_regex(r"[a-z]{8,10}", fullmatch=True)


@given(
    st.lists(_WORDS, min_size=1, max_size=4, unique=True),
    st.lists(st.tuples(st.integers(0, 3), st.sampled_from(["{}", "/srv/{}", "{}-web-1", "x:{}"]))),
    st.data(),
)
def test_a_spared_word_is_never_masked_whatever_came_first(
    values: list[str], names: list[tuple[int, str]], data: st.DataObject
) -> None:
    forget_secrets()
    steps = [*values, *((form.format(values[at % len(values)]),) for at, form in names)]
    for step in data.draw(st.permutations(steps)):
        if isinstance(step, str):
            remember_secret(step)
        else:
            before, shown = known.revision, mask_known(" ".join(values).encode())
            spare_names(step)
            changed = mask_known(" ".join(values).encode()) != shown
            assert (known.revision != before) is changed
    spared = {values[at % len(values)] for at, _ in names}
    expected = " ".join(value if value in spared else MASK for value in values)
    assert mask_known(" ".join(values).encode()).decode() == expected
    assert redact(" ".join(values)) == expected
