"""Backups as actions see them, and their plans."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from pixel_tui.backups.holders import Volume
from pixel_tui.backups.manifest import Item, ItemKind, LeftOut, Manifest
from pixel_tui.backups.store import Backup
from pixel_tui.backups.verification_record import VerificationResult
from pixel_tui.operations.actions import plan_action
from pixel_tui.operations.planning.facts import BackupComparison, Facts
from pixel_tui.operations.planning.plan import Plan
from pixel_tui.stack.model.snapshot import StackSnapshot
from pixel_tui.text import plain
from tests.builders.actions import (
    COMMAND,
    NOW,
    TROUBLE,
    running,
)

ID = "20260301-100000"


DIGEST = "0" * 64


def item(kind: ItemKind, source: str) -> Item:
    details = {"volumes": ["pixel_held"]} if kind is ItemKind.POSTGRES else {}
    return Item(kind, source, f"{kind.value}/{source}", 2_000_000, DIGEST, details)  # type: ignore[arg-type]


def past(*, verified: bool = True, hours: float = 2, **changes: object) -> BackupComparison:
    made = Manifest(
        id=ID,
        project="pixel",
        engine="docker",
        host="host",
        created=NOW - timedelta(hours=hours),
        seconds=1,
        items=(item(ItemKind.SQLITE, "data/pixels.db"), item(ItemKind.POSTGRES, "postgres")),
        left_out=(LeftOut("volume pixel_cache", "its content is not copied"),),
        digest=DIGEST,
    )
    made = replace(made, **changes)  # type: ignore[arg-type]
    backup = Backup(ID, Path("/b"), made, VerificationResult(NOW) if verified else None)
    return BackupComparison(backup, made_here=True)


def facts(*backups: BackupComparison, **changes: object) -> Facts:
    known = Facts(
        read_at=NOW,
        backup_trouble=plain(""),
        backups=backups,
        max_age_hours=24,
        volumes=(Volume("pixel_held", "pixel"),),
        holders=(),
    )
    return replace(known, **changes)  # type: ignore[arg-type]


def plan(name: str, known: Facts, *targets: str, stack: StackSnapshot | None = None) -> Plan:
    return plan_action(name, targets, stack or running(), COMMAND, now=NOW, facts=known)


def refused(stack: StackSnapshot) -> StackSnapshot:
    """The same stack with a project that compose refuses."""
    orphans = tuple(replace(service, spec=None) for service in stack.services)
    return replace(stack, project=None, project_trouble=TROUBLE, services=orphans)
