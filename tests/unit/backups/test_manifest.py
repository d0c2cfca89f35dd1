"""Writing and reading a manifest, and what is refused."""

import json
import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pixel_tui.backups.manifest import Item, ItemKind, Manifest, is_backup_id, relative_path
from pixel_tui.backups.manifest_file import as_bytes, from_bytes
from tests.builders.backups import DIGEST, manifest
from tests.builders.open_database import VALUES


def item(path: str = "files/a", source: str = "a", kind: ItemKind = ItemKind.FILE) -> Item:
    return Item(kind, source, path, 3, DIGEST, {"mode": "0644"})


class TestManifest:
    def test_a_written_manifest_is_read_back(self) -> None:
        written = manifest(items=(item(),), tools={"sqlite": "3"}, reason="why")
        assert from_bytes(as_bytes(written)) == written

    @pytest.mark.parametrize(
        "path",
        ["/etc/passwd", "../x", "a/../../x", "a/..", "", ".", "a//b", "./a", "a\0b", "a/"],
    )
    @pytest.mark.parametrize("name", ["path", "source"])
    def test_a_path_out_of_the_folder_is_refused(self, path: str, name: str) -> None:
        content = json.loads(as_bytes(manifest(items=(item(),))))
        content["items"][0][name] = path
        with pytest.raises(ValueError, match="not a path"):
            from_bytes(json.dumps(content).encode())

    @pytest.mark.parametrize("name", ["path", "source"])
    def test_an_impossible_file_name_is_refused(self, name: str) -> None:
        content = json.loads(as_bytes(manifest(items=(item(),))))
        content["items"][0][name] = "files/\ud800"
        with pytest.raises(ValueError, match="surrogates not allowed"):
            from_bytes(json.dumps(content).encode())

    @pytest.mark.parametrize("size", [-1, 10**30, 10**400, True, 1.5, "1"])
    def test_an_impossible_size_is_refused(self, size: object) -> None:
        content = json.loads(as_bytes(manifest(items=(item(),))))
        content["items"][0]["bytes"] = size
        with pytest.raises(ValueError, match="the size"):
            from_bytes(json.dumps(content).encode())

    @pytest.mark.parametrize("items", [None, {}, "x", 1])
    def test_a_manifest_without_a_list_of_items_is_refused(self, items: object) -> None:
        content = json.loads(as_bytes(manifest(items=(item(),)))) | {"items": items}
        with pytest.raises(ValueError, match="no list of items"):
            from_bytes(json.dumps(content).encode())

    @given(st.text())
    def test_an_accepted_path_stays_below_its_folder(self, text: str) -> None:
        try:
            path = relative_path(text)
        except ValueError:
            return
        normal = os.path.normpath(f"/srv/backup/{path}")
        assert normal.startswith("/srv/backup/")

    @given(VALUES)
    def test_any_content_is_read_or_refused(self, value: object) -> None:
        for key in ("id", "created", "items", "seconds", "left_out", "version"):
            content = json.loads(as_bytes(manifest(items=(item(),))))
            content[key] = value
            try:
                assert isinstance(from_bytes(json.dumps(content).encode()), Manifest)
            except (ValueError, OverflowError):
                continue

    @given(st.binary(max_size=200))
    def test_other_bytes_are_refused(self, content: bytes) -> None:
        with pytest.raises(ValueError):  # noqa: PT011  each way of being none has its words
            from_bytes(content)

    @pytest.mark.parametrize("text", ["..", "20260301-120000/..", "20260301-1200001", "x", ""])
    def test_an_id_must_be_a_time(self, text: str) -> None:
        assert not is_backup_id(text)
