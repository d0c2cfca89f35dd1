"""The text of a ledger: everything except the changed task stays exactly the same."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pixel_tui.ledger.file.document import EMPTY, LedgerInvalid, parse_document
from pixel_tui.ledger.file.json_edit import members_of, with_members
from pixel_tui.ledger.reading.task import parse_task
from tests.builders.ledger_document import SCALARS, VALUES
from tests.builders.ledger_files import ONE, THREE, TWO, parsed, task, text

OBJECTS = st.dictionaries(st.text(max_size=8), VALUES, max_size=5)


@st.composite
def written(draw: st.DrawFn, value: Any) -> str:
    """Serialize a value with random white space, escapes and number formats."""

    def space() -> str:
        return draw(st.sampled_from(["", "", " ", "\n", "\n    ", "\t", " \r\n"]))

    def write(item: Any) -> str:
        if isinstance(item, dict):
            members = [f"{space()}{write(key)}{space()}:{space()}{write(inner)}{space()}"
                       for key, inner in item.items()]  # fmt: skip
            return f"{{{','.join(members) or space()}}}"
        if isinstance(item, list):
            return f"[{','.join(space() + write(inner) + space() for inner in item) or space()}]"
        if isinstance(item, str):
            return json.dumps(item, ensure_ascii=draw(st.booleans()) or not _writable(item))
        if isinstance(item, int) and not isinstance(item, bool):
            forms = [str(item), f"{item}.0", f"{item}e0", f"{item}E+2"]
            return draw(st.sampled_from(forms + (["-0"] if item == 0 else [])))
        return json.dumps(item)

    return write(value)


def _writable(item: str) -> bool:
    return not any("\ud800" <= char <= "\udfff" for char in item)


@st.composite
def files(draw: st.DrawFn) -> bytes:
    tasks = draw(st.lists(OBJECTS | SCALARS, max_size=5))
    before = draw(OBJECTS.map(lambda found: {k: v for k, v in found.items() if k != "tasks"}))
    mark = draw(st.sampled_from(["", "\ufeff"]))
    end = draw(st.sampled_from(["", "\n"]))
    return f"{mark}{draw(written({**before, 'tasks': tasks, 'z': 1}))}{end}".encode()


@settings(max_examples=40)
@given(files())
def test_parsing_and_joining_gives_the_exact_file(raw: bytes) -> None:
    document = parsed(raw)
    assert document.content == raw
    assert len(document.entries) == len(json.loads(raw.decode("utf-8-sig"))["tasks"])


@settings(max_examples=40)
@given(files(), st.data())
def test_a_change_keeps_every_other_byte(raw: bytes, data: st.DataObject) -> None:
    document = parsed(raw)
    if not document.entries:
        return
    index = data.draw(st.integers(0, len(document.entries) - 1))
    before = sum(len(entry.gap + entry.raw) for entry in document.entries[:index])
    begin = len(document.head) + before + len(document.entries[index].gap)
    end = begin + len(document.entries[index].raw)
    after = document.replaced(index, b'{"new": 1}')
    assert after == raw[:begin] + b'{"new": 1}' + raw[end:]


@settings(max_examples=40)
@given(files(), OBJECTS)
def test_a_task_is_added_at_the_end_and_the_rest_stays(raw: bytes, new: Any) -> None:
    before = parsed(raw)
    after = parsed(before.appended(new))
    assert [entry.raw for entry in after.entries[:-1]] == [entry.raw for entry in before.entries]
    assert (after.head, after.tail.strip()) == (before.head, before.tail.strip())
    assert json.loads(after.entries[-1].raw) == json.loads(json.dumps(new))


@settings(max_examples=40)
@given(files(), files())
def test_unchanged_tasks_are_not_built_again(old: bytes, new: bytes) -> None:
    document = parsed(old)
    for raw in (new, old):
        again = _parse_counting(raw, document)[0]
        assert again.items == parsed(raw).items
        assert again.content == raw


def _parse_counting(raw: bytes, previous: Any) -> Any:
    built = []

    def build(found: bytes, value: Any) -> Any:
        built.append(found)
        return parse_task(found, value)

    return parse_document(raw, build, previous), built


@pytest.mark.parametrize("changed", [0, 1, 2])
def test_only_the_changed_task_is_parsed_again(changed: int) -> None:
    ids = (ONE, TWO, THREE)
    before = parsed(text(*(task(name) for name in ids)))
    tasks = [task(name, "running" if at == changed else "pending") for at, name in enumerate(ids)]
    assert len(_parse_counting(text(*tasks), before)[1]) == 1
    removed = [item for at, item in enumerate(tasks) if at != changed]
    assert _parse_counting(text(*removed), before)[1] == []
    assert len(_parse_counting(text(task("9" * 36), *removed), before)[1]) == 1


@given(OBJECTS, st.text(max_size=8), SCALARS, st.data())
def test_members_are_changed_added_and_removed_in_place(
    value: Any, name: str, new: Any, data: st.DataObject
) -> None:
    raw = data.draw(written(value)).encode()
    expected = members_of(raw)
    changed = with_members(raw, changed={name: new})
    if name.isascii():
        assert members_of(changed) == {**expected, name: new}
    for gone in [key for key in value if key.isascii()]:
        left = members_of(with_members(raw, changed={}, removed=frozenset({gone})))
        assert left == {key: inner for key, inner in expected.items() if key != gone}


def test_numbers_escapes_and_order_survive_a_change() -> None:
    raw = b'{"b": 1.0, "a": 1e3, "big": 123456789012345678901234567890, "z": -0, "s": "\\u00e9\\/"}'
    changed = with_members(raw, changed={"a": "x"})
    assert changed == raw.replace(b"1e3", b'"x"')


def test_bytes_that_are_not_utf8_survive_a_change() -> None:
    raw = text(task(payload={"task": "?"})).replace(b"?", b"\xff\xc3")
    document = parsed(raw)
    assert document.content == raw
    assert document.items[0].headline == "\ufffd\ufffd"


def test_a_new_task_is_formatted_like_the_file() -> None:
    assert parsed(EMPTY).appended({"id": "x"}) == (
        b'{\n  "version": 1,\n  "tasks": [\n    {\n      "id": "x"\n    }\n  ]\n}'
    )
    assert parsed(text(task())).appended(task(TWO)) == text(task(), task(TWO))
    assert parsed(text(task(), task(TWO))).appended(task(THREE)) == text(
        task(), task(TWO), task(THREE)
    )
    assert parsed(b'{"version":1,"tasks":[{"id":"a"}]}').appended({"id": "b"}) == (
        b'{"version":1,"tasks":[{"id":"a"},{"id":"b"}]}'
    )


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"\0" * 40,
        b"[]",
        b"{}",
        b'{"version": 1}',
        b'{"tasks": {}}',
        b'{"tasks": [] } x',
        b'{"tasks": [1 2]}',
        b'{"tasks": [1,]}',
        b'{"tasks": [NaN]}',
        b'{"tasks": [}',
        b'{"tasks" []}',
        b'{"tasks": ' + b"[" * 100_000,
        text(task())[:-1],
        text(task(), task(TWO))[:-60],
        text(task(), task(TWO))[:300],
    ],
)
def test_an_invalid_ledger_is_refused_with_a_reason(raw: bytes) -> None:
    with pytest.raises(LedgerInvalid):
        parsed(raw)


@given(st.binary(max_size=60))
def test_no_bytes_raise_anything_else(raw: bytes) -> None:
    for content in (raw, b'{"tasks": [' + raw + b"]}"):
        try:
            document = parsed(content)
        except LedgerInvalid:
            continue
        assert document.content == content


def test_every_truncated_ledger_is_invalid() -> None:
    raw = text(task(), task(TWO, output="é 🚀"))
    for length in range(len(raw)):
        with pytest.raises(LedgerInvalid):
            parsed(raw[:length])


def test_tasks_longer_than_a_window_are_read() -> None:
    tasks = [task(output="x" * 300_000), task(TWO, output="é" * 700_000), task(THREE)]
    raw = json.dumps({"version": 1, "tasks": tasks}, ensure_ascii=False).encode()
    document = parsed(raw)
    assert [item.id for item in document.items] == [ONE, TWO, THREE]
    assert document.content == raw
