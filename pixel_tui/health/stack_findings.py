"""Derives the findings about a stack as a whole, which often explain others. Pure."""

from collections.abc import Iterable

from pixel_tui.health.finding import Finding, Severity
from pixel_tui.stack.compose.files import FILE_NAMES, OVERRIDE_NAMES
from pixel_tui.stack.model.label_model import CONFIG_FILES, ENVIRONMENT_FILE, label_values
from pixel_tui.stack.model.project import Project
from pixel_tui.stack.model.snapshot import StackSnapshot
from pixel_tui.text import NO_TEXT, plain


def stack_findings(snapshot: StackSnapshot) -> tuple[Finding, ...]:
    """Return the findings about the stack as a whole."""
    project = snapshot.project
    if project is None:
        return _labels_finding(snapshot)
    found = []
    if snapshot.other_names:
        names = ", ".join(snapshot.other_names)
        found.append(
            stack_finding(
                Severity.BROKEN,
                f"No container belongs to project {project.name}: those of this folder belong to "
                f"{names}.",
                f"Start pixel-tui with -p {snapshot.other_names[0]}. Two projects would conflict "
                "over ports and volumes.",
            )
        )
    if project.moved:
        found.append(
            stack_finding(
                Severity.WARNING,
                f"Compose now uses {project.moved}, but pixel-tui still shows the project of "
                f"{', '.join(project.files)}.",
                "COMPOSE_FILE or the folder has changed. Restart pixel-tui: until then it shows "
                "and changes the old project.",
            )
        )
    if (finding := unknown_profiles(project)) is not None:
        found.append(finding)
    found += _file_mismatch(snapshot, project)
    if project.left_out:
        words = f"Compose uses only the active profiles: {project.left_out}."
        hint = "Other services have no sync; their containers are shown."
        found.append(stack_finding(Severity.NOTE, words, hint))
    return tuple(found)


def _file_mismatch(snapshot: StackSnapshot, project: Project) -> list[Finding]:
    """Return the finding that containers were created with files that were not named.

    File names are compared instead of paths, because a folder may have several paths.
    """
    if project.adopted:
        options = [f"-f {file}" for file in project.files]
        options += [f"--env-file {file}" for file in project.env_files]
        return [
            stack_finding(
                Severity.NOTE,
                f"Using the files of the containers: {' '.join(options)}.",
                "Use -f or --env-file for other files.",
            )
        ]
    regular = [item for service in snapshot.services for item in service.regular]
    # A file with a default name does not prove that -f was used, and may have been renamed.
    usual = FILE_NAMES + OVERRIDE_NAMES
    known = _base_names((*project.files, *project.env_files, *usual))
    made = (*label_values(regular, CONFIG_FILES), *label_values(regular, ENVIRONMENT_FILE))
    other = [path for label in made for path in label.split(",") if path]
    unread = [path for path in dict.fromkeys(other) if not _base_names((path,)) <= known]
    if not unread:
        return []
    return [
        stack_finding(
            Severity.WARNING,
            f"Containers were created with {', '.join(unread)}, which is not used here.",
            "Start pixel-tui with the same -f and --env-file, or `up` changes their configuration.",
        )
    ]


def _base_names(paths: Iterable[str]) -> set[str]:
    return {path.rsplit("/", 1)[-1] for path in paths}


def unknown_profiles(project: Project) -> Finding | None:
    """Return the finding that requested profiles do not exist."""
    known = {profile for spec in project.services for profile in spec.profiles}
    unknown = [name for name in project.profiles if name not in known and name != "*"]
    if not unknown:
        return None
    there = f"Known profiles: {', '.join(sorted(known))}." if known else "No service has profiles."
    return stack_finding(
        Severity.WARNING,
        f"COMPOSE_PROFILES or --profile names {', '.join(unknown)}, which no service has.",
        f"{there} Fix it in the environment or in .env.",
    )


def _labels_finding(snapshot: StackSnapshot) -> tuple[Finding, ...]:
    """Return the finding that the project is derived from labels, and where it was created."""
    model = snapshot.by_labels
    if model is None or not snapshot.services:
        return ()
    files = f" with {', '.join(model.files)}" if model.files else ""
    origin = f" They were created in {model.directory}{files}." if model.directory else ""
    return (
        stack_finding(
            Severity.NOTE,
            f"Shown from the labels of the containers.{origin}",
            "Start, stop and restart work on these containers.",
        ),
    )


def stack_finding(severity: Severity, what: str, hint: str) -> Finding:
    """Create a finding about the stack as a whole."""
    return Finding(NO_TEXT, severity, plain(what), NO_TEXT, plain(hint))
