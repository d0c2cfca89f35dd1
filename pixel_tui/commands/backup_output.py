"""The output of `pixel-tui backup list` and `verify`."""

from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path

from pixel_tui.backups.policy import Policy
from pixel_tui.backups.postgres import Postgres, is_postgres
from pixel_tui.backups.stack_view import StackView
from pixel_tui.backups.store import Backup, BackupStore
from pixel_tui.backups.verification_record import write_verification
from pixel_tui.backups.verify import verify
from pixel_tui.clock import Clock
from pixel_tui.errors import OperationError
from pixel_tui.humanize import age, size
from pixel_tui.redaction.redactor import redact
from pixel_tui.stack.compose.command import ComposeCommand
from pixel_tui.stack.model.json_value import JsonObject
from pixel_tui.stack.programs.program import RealPrograms
from pixel_tui.text import plain


def state_text(backup: Backup) -> str:
    """Return `verified`, `not verified` or `damaged`."""
    if backup.trouble:
        return "damaged"
    return "verified" if backup.verified else "not verified"


def as_json(backup: Backup) -> JsonObject:
    """Return a backup as JSON."""
    manifest = backup.manifest
    return {
        "id": backup.id,
        "folder": str(backup.folder),
        "created": manifest.created.isoformat() if manifest else None,
        "bytes": manifest.size if manifest else None,
        "items": len(manifest.items) if manifest else None,
        "reason": manifest.reason if manifest else "",
        "left_out": len(manifest.left_out) if manifest else None,
        "state": state_text(backup),
        "incomplete": manifest.incomplete if manifest else None,
        "missing": [
            {"what": plain(gap.what), "why": plain(gap.why)}
            for gap in (manifest.missing if manifest else ())
        ],
        "warnings": [plain(warning) for warning in (manifest.warnings if manifest else ())],
        "verified": backup.verification.time.isoformat() if backup.verification else None,
        "trouble": plain(backup.trouble),
    }


def as_table(backups: tuple[Backup, ...], now: datetime) -> str:
    """Return backups as a table, in the given order."""
    lines = [f"{'id':<19}  {'age':>7}  {'size':>8}  {'items':>5}  state"]
    for backup in backups:
        manifest = backup.manifest
        old = age((now - manifest.created).total_seconds()) if manifest else ""
        stored = size(manifest.size) if manifest else ""
        items = str(len(manifest.items)) if manifest else ""
        state = state_text(backup)
        details = backup.trouble or (manifest.reason if manifest else "")
        if manifest and manifest.incomplete:
            state = f"INCOMPLETE, {state}"
        text = f"{state}: {details}" if backup.trouble else f"{state}  {details}"
        lines.append(plain(f"{backup.id:<19}  {old:>7}  {stored:>8}  {items:>5}  {text}".rstrip()))
    return "\n".join(lines)


def verify_backup(
    backup_id: str,
    policy: Policy,
    command: ComposeCommand,
    environment: Mapping[str, str],
    clock: Clock,
    say: Callable[[str], None],
    *,
    record: bool,
) -> bool:
    """Verify a backup; returns whether it is intact.

    Args:
        backup_id: The backup; the newest one if empty.
        policy: The project's rules.
        command: The project's compose command.
        environment: The environment variables of this process.
        clock: The source of the verification's time.
        say: Called with a line per item.
        record: Whether to store the verification in the backup.

    Raises:
        OperationError: There is no such backup.
        FileError: A folder can't be read or written.
    """
    store = BackupStore(policy.root, former=policy.former, typed=command.typed)
    listed = store.list()
    if not backup_id and not listed:
        raise OperationError(
            "There is no backup yet.", hint=f"Make one with `{command.typed.pixel_tui} backup now`."
        )
    backup = store.find(backup_id or listed[0].id)
    servers: Mapping[str, Postgres] = {}
    if backup.manifest is not None:  # its servers can read dumps
        variables = {**environment, **command.environment}
        programs = RealPrograms(Path(command.directory), variables)
        servers = _servers(StackView(programs, command, backup.manifest.project), policy)
    verification = verify(backup, servers, clock, lambda line: say(plain(redact(line))))
    if record and backup.manifest is not None:
        write_verification(backup.folder, verification)
    found = "is intact" if verification.well else "is damaged"
    say(plain(f"The backup {backup.id} {found}{'' if record else ' (not recorded: read-only)'}."))
    return verification.well


def _servers(view: StackView, policy: Policy) -> dict[str, Postgres]:
    try:
        seen = view.containers()
    except OperationError:
        return {}  # the result of each dump says that it could not be read
    return {
        item.service: Postgres(view.programs, view.command, item.id)
        for item in seen
        if item.running and is_postgres(item, policy.postgres_images)
    }
