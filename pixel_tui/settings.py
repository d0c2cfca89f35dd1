"""Settings (flags, environment, file, defaults, in this order) and the remembered view.

The file is TOML (`docs/configuration.md`); what the console remembers itself (sorting, columns,
theme) is JSON in the state folder.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from pathlib import Path
from typing import Final

from platformdirs import PlatformDirs

from pixel_tui.errors import UsageError
from pixel_tui.files import is_pipe, read_regular, replace_file
from pixel_tui.json_reading import parse_json
from pixel_tui.toml_reading import parse_toml

APPLICATION: Final = "pixel-tui"
MAX_FILE_BYTES: Final = 1024 * 1024
ENVIRONMENT_READ_ONLY: Final = "PIXEL_TUI_READ_ONLY"
ENVIRONMENT_CONFIG: Final = "PIXEL_TUI_CONFIG"
THEMES: Final = ("pixel-dark", "pixel-light", "pixel-ansi")
_TRUE: Final = frozenset({"1", "true", "yes", "on"})
_FALSE: Final = frozenset({"", "0", "false", "no", "off"})


@dataclass(frozen=True, slots=True)
class BackupSettings:
    """The user's settings for backups."""

    folder: str = ""
    """Their folder, relative to the project's folder; empty: in this user's state folder."""
    keep: int = 14
    """How many backups to keep."""
    max_age_hours: float = 24.0
    """How old a verified backup may be for actions that delete data."""
    files: tuple[str, ...] = ()
    """Additional files, as patterns below the project's folder."""
    skip: tuple[str, ...] = ()
    """Folders below the project's folder, and volumes (`volume NAME`), that need no backup."""


@dataclass(frozen=True, slots=True)
class Settings:
    """The user's settings."""

    read_only: bool = False
    reveal_allowed: bool = False
    """Whether a read-only console may show secrets on request."""
    theme: str | None = None
    """None: the remembered theme, else one for the terminal."""
    usage_seconds: float = 2.0
    """Seconds between two rounds of stats."""
    log_tail: int = 1000
    """Lines of history that are loaded at first."""
    confirm_seconds: float = 120.0
    """How long an applied environment can be confirmed, in seconds."""
    keys: Mapping[str, str] = field(default_factory=dict)
    """Binding id to keys, comma-separated."""
    backup: BackupSettings = BackupSettings()

    @property
    def reveals(self) -> bool:
        """Whether secrets may be shown on request."""
        return self.reveal_allowed or not self.read_only


@dataclass(frozen=True, slots=True)
class Remembered:
    """What the console remembers of its view, for one project.

    Not the filter: one left on would hide a failing service in the next session.
    """

    sort_column: str = "service"
    sort_reverse: bool = False
    columns: tuple[str, ...] | None = None
    theme: str | None = None


def config_path(environment: Mapping[str, str]) -> Path:
    """Return the path of the settings file."""
    path = environment.get(ENVIRONMENT_CONFIG)
    return Path(path) if path else Path(PlatformDirs(APPLICATION).user_config_dir) / "settings.toml"


def state_folder() -> Path:
    """Return the folder for logs, job output, the audit trail and remembered views."""
    return Path(PlatformDirs(APPLICATION).user_state_dir)


def load_settings(
    environment: Mapping[str, str], *, read_only: bool = False, reveal_allowed: bool = False
) -> Settings:
    """Return the settings of this run.

    Args:
        environment: The variables of this process.
        read_only: The `--read-only` flag.
        reveal_allowed: The `--reveal-allowed` flag.

    Raises:
        UsageError: The file or a variable is invalid.
    """
    path = config_path(environment)
    settings = _from_file(path)
    flag = environment.get(ENVIRONMENT_READ_ONLY, "").strip().lower()
    if flag not in _TRUE | _FALSE:
        raise UsageError(
            f"{ENVIRONMENT_READ_ONLY} must be 1 or 0, not {flag}.", hint="Set it to 1 or 0."
        )
    return replace(
        settings,
        read_only=read_only or flag in _TRUE or settings.read_only,
        reveal_allowed=reveal_allowed,
    )


def _from_file(path: Path) -> Settings:
    if is_pipe(path):
        raise UsageError(
            "The settings file is a pipe.",
            on=str(path),
            hint="Replace it with a regular file.",
        )
    try:
        text = read_regular(path, MAX_FILE_BYTES).decode()
        raw = parse_toml(text)
    except FileNotFoundError:
        return Settings()
    except (OSError, ValueError) as error:  # ValueError: not UTF-8, or not TOML
        raise UsageError(
            f"The settings file can't be read: {error}.", on=str(path), hint="Fix or move it."
        ) from error
    known = {"read_only", "theme", "usage_seconds", "log_tail", "keys", "backup"}
    known.add("confirm_seconds")
    if unknown := sorted(set(raw) - known):
        raise _invalid(
            path, f"unknown setting {unknown[0]}", f"Known are {', '.join(sorted(known))}."
        )
    settings = Settings()
    if "read_only" in raw:
        settings = replace(settings, read_only=_boolean(path, "read_only", raw["read_only"]))
    if "theme" in raw:
        if raw["theme"] not in THEMES:
            raise _invalid(path, f"unknown theme {raw['theme']}", f"Known are {', '.join(THEMES)}.")
        settings = replace(settings, theme=raw["theme"])
    if "usage_seconds" in raw:
        settings = replace(
            settings, usage_seconds=_number(path, "usage_seconds", raw["usage_seconds"], 0.5, 3600)
        )
    if "log_tail" in raw:
        tail = _number(path, "log_tail", raw["log_tail"], 1, 100_000)
        settings = replace(settings, log_tail=int(tail))
    if "confirm_seconds" in raw:
        seconds = _number(path, "confirm_seconds", raw["confirm_seconds"], 1, 3600)
        settings = replace(settings, confirm_seconds=seconds)
    settings = replace(settings, backup=_backup(path, raw.get("backup", {})))
    return replace(settings, keys=_keys(path, raw.get("keys", {})))


def _backup(path: Path, value: object) -> BackupSettings:
    if not isinstance(value, dict):
        raise _invalid(path, "backup is not a table", "Use [backup] and lines like keep = 14.")
    settings = BackupSettings()
    known = {item.name for item in fields(BackupSettings)}
    if unknown := sorted(set(value) - known):
        raise _invalid(
            path, f"unknown setting backup.{unknown[0]}", f"Known are {', '.join(sorted(known))}."
        )
    if "folder" in value:
        folder = value["folder"]
        if not isinstance(folder, str) or not folder.strip() or folder.strip(" /.") == "":
            raise _invalid(
                path, "backup.folder is not a folder", 'Use folder = "/srv/backups/pixel".'
            )
        settings = replace(settings, folder=folder)
    if "keep" in value:
        keep = int(_number(path, "backup.keep", value["keep"], 1, 10_000))
        settings = replace(settings, keep=keep)
    if "max_age_hours" in value:
        hours = _number(path, "backup.max_age_hours", value["max_age_hours"], 0, 24 * 365)
        settings = replace(settings, max_age_hours=hours)
    if "files" in value:
        patterns = _project_paths(path, "files", value["files"], '["data/*.json"]')
        settings = replace(settings, files=patterns)
    if "skip" in value:
        settings = replace(
            settings, skip=_project_paths(path, "skip", value["skip"], '["data/cache"]')
        )
    return settings


def _project_paths(path: Path, name: str, value: object, example: str) -> tuple[str, ...]:
    """Return paths or patterns, which must be below the project's folder."""
    texts = value if isinstance(value, list) else [None]
    if any(
        not isinstance(item, str) or not item or item.startswith("/") or ".." in item
        for item in texts
    ):
        what = "patterns" if name == "files" else "folders"
        raise _invalid(
            path,
            f"backup.{name} must be {what} below the project's folder",
            f"Use {name} = {example}.",
        )
    return tuple(map(str, texts))


def _boolean(path: Path, name: str, value: object) -> bool:
    if not isinstance(value, bool):
        raise _invalid(path, f"{name} is not true or false", f"Use {name} = true.")
    return value


def _number(path: Path, name: str, value: object, low: float, high: float) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not low <= value <= high:
        raise _invalid(path, f"{name} is not a number from {low:g} to {high:g}", f"Change {name}.")
    return float(value)


def _keys(path: Path, value: object) -> dict[str, str]:
    if not isinstance(value, dict):
        raise _invalid(
            path, "keys is not a table", 'Use [keys] and lines like "table.sort" = "f2".'
        )
    keys = {}
    for name, key in _flatten(value):
        if not isinstance(key, str) or not key.strip():
            raise _invalid(path, f"the key of {name} is not a string", f'Use "{name}" = "f2".')
        keys[name] = key
    return keys


def _flatten(table: Mapping[str, object], prefix: str = "") -> list[tuple[str, object]]:
    """Flatten nested tables: `table.sort = "o"` without quotes is a table in a table in TOML."""
    pairs: list[tuple[str, object]] = []
    for name, value in table.items():
        if isinstance(value, dict):
            pairs += _flatten(value, f"{prefix}{name}.")
        else:
            pairs.append((f"{prefix}{name}", value))
    return pairs


def _invalid(path: Path, what: str, hint: str) -> UsageError:
    return UsageError(f"The settings file has a mistake: {what}.", on=str(path), hint=hint)


class Memory:
    """What the console remembers between two runs, by project.

    A file that can't be read is ignored: its content is not worth a failure.
    """

    def __init__(self, folder: Path, project: str) -> None:
        safe = "".join(char if char.isalnum() or char in "-_." else "_" for char in project)
        self._path = folder / "remembered" / f"{safe or 'default'}.json"

    def load(self) -> Remembered:
        """Return what was saved last, or defaults."""
        try:
            raw = parse_json(read_regular(self._path, MAX_FILE_BYTES).decode())
            if not isinstance(raw, dict):
                return Remembered()
            columns, theme = raw.get("columns"), raw.get("theme")
            return Remembered(
                sort_column=str(raw.get("sort_column", "service")),
                sort_reverse=raw.get("sort_reverse") is True,
                columns=tuple(map(str, columns)) if isinstance(columns, list) else None,
                theme=theme if isinstance(theme, str) and theme in THEMES else None,
            )
        except (OSError, ValueError):
            return Remembered()

    def save(self, remembered: Remembered) -> None:
        """Save this.

        Raises:
            FileError: The state folder can't be written.
        """
        replace_file(self._path, json.dumps(asdict(remembered), indent=2).encode(), reserve=False)
