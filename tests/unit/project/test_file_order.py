"""The order of the test files: long ones first, and both kinds of work all the time."""

from pathlib import Path

from tests.file_order import order_files

ROOT = Path("/tests")


def ordered(**counts: int) -> list[str]:
    paths = {ROOT / name.replace("_in_", "/"): count for name, count in counts.items()}
    return [str(path.relative_to(ROOT)) for path in order_files(paths, ROOT)]


def test_the_longest_file_of_a_kind_comes_first() -> None:
    assert ordered(engine_in_a=1, engine_in_b=9, engine_in_c=5) == [
        "engine/b", "engine/c", "engine/a",
    ]  # fmt: skip


def test_files_of_both_kinds_take_turns_to_the_end() -> None:
    found = ordered(
        engine_in_a=4, engine_in_b=4, terminal_in_c=4, terminal_in_d=4,
        ui_in_a=5, ui_in_b=5, unit_in_c=100, unit_in_d=100,
    )  # fmt: skip
    kinds = ["waits" if name.startswith(("engine", "terminal")) else "computes" for name in found]
    assert all({kinds[at], kinds[at + 1]} == {"waits", "computes"} for at in range(0, 8, 2))


def test_the_soak_begins_before_files_of_many_more_tests() -> None:
    counts = {ROOT / "terminal/test_soak.py": 1, ROOT / "terminal/test_demo.py": 29}
    assert [path.name for path in order_files(counts, ROOT)] == ["test_soak.py", "test_demo.py"]


def test_a_single_file_and_an_unknown_folder_have_their_place() -> None:
    assert ordered(unit_in_a=1) == ["unit/a"]
    assert ordered(new_in_a=1, engine_in_a=1, unit_in_b=3) == ["engine/a", "new/a", "unit/b"]
