"""The title of the environment screen."""

from pathlib import Path

from screens.environment.file_status import file_title


def test_a_long_path_is_cut_in_the_middle_so_that_the_filter_is_shown() -> None:
    path = Path("/srv/stacks/production/pixel/deploy/environments/.env.production")

    def title(width: int) -> str:
        return file_title(path, "2 of 3", "token", (), problems_only=True, width=width).plain

    assert title(200) == f"Environment 2 of 3 · {path} · filter: token · problems only"
    assert title(74).startswith("Environment 2 of 3 · /srv")
    assert title(74).endswith("roduction · filter: token · problems only")
    assert len(title(74)) == 74
    assert "…" in title(10)
