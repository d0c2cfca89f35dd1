"""Makes, verifies and restores backups, as a step of a plan: `python -m pixel_tui.backups`.

Prints a line for each thing it does. Exits 0 if it was done, 1 if not.
"""

from pixel_tui.early_signals import end_on_interrupt

if __name__ == "__main__":
    end_on_interrupt()

import argparse
import os
import socket
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from pixel_tui.backups.aside import displaced_suffix
from pixel_tui.backups.deployment import DEPLOYMENT, RanImage, read_deployment
from pixel_tui.backups.holders import Holder
from pixel_tui.backups.made_here import MadeBackups
from pixel_tui.backups.make import Maker
from pixel_tui.backups.manifest import Item, Manifest, wanted_for_deployment
from pixel_tui.backups.outside import PREFIX as BIND
from pixel_tui.backups.ownership import Owners
from pixel_tui.backups.policy import policy_for
from pixel_tui.backups.postgres import Postgres, is_postgres
from pixel_tui.backups.resources import require_resources
from pixel_tui.backups.restorable import RestoreRoots
from pixel_tui.backups.restore import Restorer, wanted_for_restore
from pixel_tui.backups.retag import retag
from pixel_tui.backups.secret_copies import SecretCopies
from pixel_tui.backups.stack_view import SeenContainer, StackView
from pixel_tui.backups.still_covered import require_covered, require_intact
from pixel_tui.backups.store import BackupStore
from pixel_tui.backups.stored_reading import read_stored
from pixel_tui.backups.verification_record import write_verification
from pixel_tui.backups.verify import check_item, verify
from pixel_tui.backups.volumes import PREFIX, volume_folders
from pixel_tui.clock import SystemClock
from pixel_tui.environment.checks.masking import learn_secrets
from pixel_tui.errors import OperationError
from pixel_tui.humanize import size, span
from pixel_tui.settings import load_settings, state_folder
from pixel_tui.stack.compose.project_files import find_project_files
from pixel_tui.stack.programs.git_files import is_ignored
from pixel_tui.stack.programs.own_program import add_project_options, command_from
from pixel_tui.stack.programs.program import RealPrograms
from pixel_tui.stack.programs.step_program import run_step, say


def main(argv: Sequence[str] | None = None) -> int:
    """Run one verb; returns the exit code."""
    os.umask(0o077)
    arguments = _parser().parse_args(argv)
    return run_step(lambda: _Command(arguments).run(arguments.verb))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m pixel_tui.backups",
        description="Run the work of `pixel-tui backup`, without plan, lock and audit.",
    )
    verbs = ("make", "verify", "check", "restore", "roll-back")
    checks = ("check-resources", "check-covered", "check-volumes")
    parser.add_argument("verb", choices=(*verbs, *checks))
    parser.add_argument("id", nargs="?", default="", help="which backup")
    add_project_options(parser)
    parser.add_argument("--reason", default="", help="why a backup is made")
    parser.add_argument("--sparing", action="append", default=[], help="a backup to keep")
    parser.add_argument(
        "--without",
        action="append",
        default=[],
        help="a Postgres service, or a volume, to skip",
    )
    parser.add_argument("--gone", action="append", default=[], help="a volume that is removed")
    parser.add_argument(
        "--lost", action="append", default=[], help="one of them that is not in the backup"
    )
    parser.add_argument(
        "--stopping", action="append", default=[], help="the id of a container that is stopped"
    )
    parser.add_argument("--service", action="append", default=[], help="a service to start")
    parser.add_argument("--stays", action="append", default=[], help="a volume that did not exist")
    parser.add_argument("--salvage", action="store_true", help="accept an incomplete backup")
    parser.add_argument("--manifest", default="", help="the SHA-256 of the expected manifest")
    parser.add_argument(
        "--from-elsewhere", action="store_true", help="accept a backup that was not made here"
    )
    parser.add_argument(
        "--backup-first", action="store_true", help="reserve space for a backup as well"
    )
    return parser


class _Command:
    """Runs the verbs."""

    def __init__(self, arguments: argparse.Namespace) -> None:
        self._arguments = arguments
        directory = arguments.directory.absolute()
        command = command_from(arguments)
        environment = {**os.environ, **command.environment}
        learn_secrets(command, environment)
        # Before a restore, because another compose file may name other files.
        files = find_project_files(command, environment)
        self._environment_files = (*files.environment, *files.services)
        self._clock = SystemClock()
        self._policy = policy_for(directory, load_settings(environment).backup, state_folder())
        self._store = BackupStore(
            self._policy.root, former=self._policy.former, typed=command.typed
        )
        self._environment = environment
        self._view = StackView(RealPrograms(directory, environment), command, arguments.project)

    def run(self, verb: str) -> None:
        {
            "make": self._make,
            "verify": self._verify,
            "check": self._check,
            "restore": self._restore,
            "roll-back": self._roll_back,
            "check-resources": self._check_resources,
            "check-covered": self._check_covered,
            "check-volumes": self._check_volumes,
        }[verb]()

    def _maker(self) -> Maker:
        return Maker(
            self._view,
            self._policy,
            self._clock,
            host=socket.gethostname(),
            say=say,
            environment=self._environment,
        )

    def _make(self) -> None:
        maker = self._maker()
        made = maker.make(reason=self._arguments.reason, sparing=frozenset(self._arguments.sparing))
        where = self._policy.root / made.id
        say(f"{size(made.size)} in {span(made.seconds)}: {where}")
        if not made.incomplete:
            return
        names = [gap.what for gap in made.missing]
        more = f" and {len(names) - 3} more" if len(names) > 3 else ""
        words = f"The backup {made.id} is INCOMPLETE: {', '.join(names[:3])}{more}."
        if self._arguments.salvage:
            say(words)
        else:
            hint = "Each MISSING line says why."
            if any(name.startswith(PREFIX) for name in names):
                hint += " Root can read volumes; add those without data to `skip`."
            if any(name.startswith(BIND) for name in names):
                hint += " Add bind mounts that need no backup to `skip`."
            raise OperationError(words, hint=hint)

    def _verify(self) -> None:
        backup = self._store.find(self._arguments.id)
        verification = verify(backup, self._servers(self._read_containers()), self._clock, say)
        if backup.manifest is not None:
            write_verification(backup.folder, verification)
        if not verification.well:
            raise OperationError(
                f"The backup {backup.id} is damaged: {'; '.join(verification.problems[:3])}."
            )
        say(f"The backup {backup.id} is intact.")

    def _check(self) -> None:
        folder, manifest = self._find_backup()
        also_needed = []
        if self._arguments.backup_first:
            also_needed.append((self._policy.root / folder.name, self._maker().required_bytes()))
        restorer = self._restorer(folder, self._volumes(manifest))
        stopping = self._arguments.stopping
        restorer.check(manifest, self._wanted, also_needed=also_needed, stopping=stopping)

    def _restore(self) -> None:
        folder, manifest = self._find_backup()
        restorer = self._restorer(folder, self._volumes(manifest), self._running)
        restorer.restore(manifest, self._wanted)

    def _find_backup(self) -> tuple[Path, Manifest]:
        """Return the folder and the manifest of the backup to restore."""
        backup = self._store.find(self._arguments.id)
        if backup.manifest is None:
            raise OperationError(backup.trouble)
        digest = backup.manifest.digest
        if self._arguments.manifest not in {"", digest}:
            raise OperationError(
                "The backup has changed since the plan was made.",
                on=backup.id,
                hint="Check who can write to its folder, and make the plan again.",
            )
        if not self._arguments.from_elsewhere and not self._made_here(digest):
            raise OperationError(
                "This user did not make that backup here.",
                on=backup.id,
                hint="Make the plan again: it asks for a word to confirm a backup from elsewhere.",
            )
        return backup.folder, backup.manifest

    def _made_here(self, digest: str) -> bool:
        return MadeBackups(self._policy.state_folder).is_recorded(digest)

    def _wanted(self, item: Item) -> bool:
        left_alone = {item.server, item.volume} & set(self._arguments.without)
        return wanted_for_restore(item) and not left_alone

    def _volumes(self, manifest: Manifest) -> Mapping[str, Path]:
        names = {item.volume for item in manifest.items if item.volume and self._wanted(item)}
        if not names:
            return {}
        return volume_folders(self._view, self._view.containers(), names).folders

    def _roll_back(self) -> None:
        folder, manifest = self._find_backup()
        images: list[RanImage] = []
        for item in (item for item in manifest.items if item.path == DEPLOYMENT):
            if trouble := check_item(folder, item, {})[0]:
                raise OperationError(
                    f"Nothing was changed: the saved deployment is damaged: {trouble}."
                )
            images += read_deployment(folder).images
        self._restorer(folder).restore(manifest, wanted_for_deployment)
        retag(self._view, images, say)

    def _running(self) -> Sequence[Holder]:
        """Return the running containers that must stop: not the target servers, nor this one."""
        serving = {item.id for item in self._view.containers() if self._serves(item)}
        return [
            holder for holder in self._view.running() if holder.id not in serving and not holder.own
        ]

    def _restorer(
        self,
        folder: Path,
        volumes: Mapping[str, Path] | None = None,
        running: Callable[[], Sequence[Holder]] | None = None,
    ) -> Restorer:
        seen = self._read_containers()
        binds = tuple(source for item in seen for source in item.binds)
        roots = RestoreRoots(self._policy.project, self._policy.root, volumes or {}, binds)
        return Restorer(
            folder,
            roots,
            self._servers(seen),
            mark=displaced_suffix(self._clock.now()),
            say=say,
            state_folder=self._policy.state_folder,
            running=running,
            owners=Owners(self._view),
            secrets=SecretCopies(
                self._environment_files, lambda path: is_ignored(path, self._environment)
            ),
        )

    def _check_resources(self) -> None:
        """Check that `up` finds the networks and volumes that it needs."""
        require_resources(self._view, self._arguments.service)
        say("Networks and volumes match the files.")

    def _check_covered(self) -> None:
        """Check that the backup for a wipe still covers the volumes."""
        backup = self._store.find(self._arguments.id)
        _, manifest = self._find_backup()
        require_intact(backup, manifest)
        lost = frozenset(self._arguments.lost)
        names = [name for name in self._arguments.gone if name not in lost]
        if names:
            require_covered(names, manifest, read_stored(self._view, self._policy, names), lost)
        say(f"The backup {backup.id} is complete, and has what the plan says.")

    def _check_volumes(self) -> None:
        """Check that exactly the volumes that a plan named are gone."""
        existing = set(self._view.all_volumes())
        remaining = sorted(set(self._arguments.gone) & existing)
        lost = sorted(set(self._arguments.stays) - existing)
        if remaining or lost:
            words = [f"not removed: {', '.join(remaining)}"] if remaining else []
            words += [f"removed by mistake: {', '.join(lost)}"] if lost else []
            raise OperationError(f"The volumes are not as planned: {'; '.join(words)}.")
        for name in self._arguments.gone:
            say(f"volume     {name}  is gone")

    def _read_containers(self) -> Sequence[SeenContainer]:
        try:
            return self._view.containers()
        except OperationError as error:
            say(str(error))
            return ()

    def _servers(self, seen: Sequence[SeenContainer]) -> dict[str, Postgres]:
        return {
            item.service: Postgres(self._view.programs, self._view.command, item.id)
            for item in seen
            if self._serves(item)
        }

    def _serves(self, item: SeenContainer) -> bool:
        return item.running and is_postgres(item, self._policy.postgres_images)


if __name__ == "__main__":
    sys.exit(main())
