"""Adding the example's missing keys to a file."""

import time

from hypothesis import given
from hypothesis import strategies as st

from pixel_tui.environment.dotenv.document import DotenvDocument
from pixel_tui.environment.dotenv.from_example import merge_example, missing_keys

EXAMPLE = """\
# Copy this file to .env.
PIXEL_ROOT=/pixel

# ====================
# Database
# ====================
# Where it is
POSTGRES_URL=postgres://db
# How many
# connections at once
DB_POOL=5

# ---- Keys ----

# From platform.openai.com
OPENAI_API_KEY=your_openai_key_here
# GH_DEBUG=1
GH_TOKEN=ghp_your_token_here
"""


def of(text: str) -> DotenvDocument:
    return DotenvDocument.parse(text.encode())


def with_missing(text: str, keys: set[str] | None = None) -> str:
    return merge_example(of(text), of(EXAMPLE), keys).data.decode()


def test_missing_keys_are_in_the_examples_order() -> None:
    assert missing_keys(of("DB_POOL=1\n# GH_TOKEN=x\n"), of(EXAMPLE)) == (
        "PIXEL_ROOT",
        "POSTGRES_URL",
        "OPENAI_API_KEY",
    )


def test_a_key_goes_after_its_predecessor_with_its_comments() -> None:
    text = "# mine\nPOSTGRES_URL=postgres://other # why\n\nOTHER=1\n"
    assert with_missing(text, {"DB_POOL"}) == (
        "# mine\nPOSTGRES_URL=postgres://other # why\n"
        "# How many\n# connections at once\nDB_POOL=5\n"
        "\nOTHER=1\n"
    )


def test_a_key_without_a_predecessor_goes_to_the_end_of_its_section() -> None:
    text = "# === Database ===\nDB_POOL=1\n\n# === Other ===\nX=1\n"
    assert with_missing(text, {"POSTGRES_URL"}) == (
        "# === Database ===\nDB_POOL=1\n# Where it is\nPOSTGRES_URL=postgres://db\n"
        "\n# === Other ===\nX=1\n"
    )


def test_a_missing_section_is_added_at_the_end_with_its_banner() -> None:
    assert with_missing("X=1", {"GH_TOKEN", "OPENAI_API_KEY"}) == (
        "X=1\n\n# ---- Keys ----\n\n# From platform.openai.com\n"
        "OPENAI_API_KEY=your_openai_key_here\n# GH_DEBUG=1\nGH_TOKEN=ghp_your_token_here\n"
    )


def test_the_banner_comes_with_the_first_added_key() -> None:
    assert with_missing("X=1\n", {"DB_POOL"}) == (
        "X=1\n\n# ====================\n# Database\n# ====================\n"
        "# How many\n# connections at once\nDB_POOL=5\n"
    )


def test_an_empty_file_becomes_the_example_without_unrelated_comments() -> None:
    made = merge_example(of(""), of(EXAMPLE))
    assert missing_keys(made, of(EXAMPLE)) == ()
    assert made.sections == of(EXAMPLE).sections
    assert made.data.decode() == EXAMPLE


def test_line_ends_are_those_of_the_file() -> None:
    made = with_missing("DB_POOL=1\r\nX=1\r\n", {"PIXEL_ROOT", "POSTGRES_URL"})
    assert made.count("\r\n") == made.count("\n")


def test_nothing_missing_changes_nothing() -> None:
    assert with_missing(EXAMPLE.replace("your_openai", "sk")) == EXAMPLE.replace(
        "your_openai", "sk"
    )


def test_a_line_that_keys_share_is_added_once() -> None:
    example = of('A=1\nB="x"C=y\n')
    assert merge_example(of("A=2\n"), example).data == b'A=2\nB="x"C=y\n'


def test_a_long_example_is_merged_quickly() -> None:
    example = of("".join(f"# about it\nKEY_{number}=x\n" for number in range(5000)))
    began = time.thread_time()
    made = merge_example(of("A=1\n"), example)
    assert time.thread_time() - began < 3  # key by key: minutes
    assert made.data == b"A=1\n" + example.data


LINES = st.sampled_from(
    [
        "A=1",
        "B='x\ny'",
        "C=",
        "# A=1",
        "# note",
        "",
        "# === S ===",
        "# === T ===",
        "D=2",
        "export E=3",
    ]
)
FILES = st.tuples(st.lists(LINES, max_size=8), st.sampled_from(["\n", "\r\n"]), st.booleans()).map(
    lambda parts: of(parts[1].join(parts[0]) + (parts[1] if parts[2] else ""))
)


@given(FILES, FILES)
def test_existing_lines_stay_and_all_missing_keys_are_added(
    file: DotenvDocument, example: DotenvDocument
) -> None:
    made = merge_example(file, example)
    assert missing_keys(made, example) == ()
    for key in {entry.key for entry in file.entries}:
        before, after = file.entry(key), made.entry(key)
        assert (before and before.raw) == (after and after.raw)
    rest = iter(made.data.replace(b"\r", b"").split(b"\n"))
    for line in filter(None, file.data.replace(b"\r", b"").split(b"\n")):
        assert line in rest, line  # in the same order
    for key in missing_keys(file, example):
        first = next(entry for entry in example.entries if entry.key == key and not entry.commented)
        now = made.entry(key)
        assert now is not None
        assert now.written.replace("\r", "") == first.written.replace("\r", "")
