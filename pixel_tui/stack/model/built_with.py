"""The build arguments of an image, from its history or from our record of the build. Pure.

The history has them in the commands that could use them: `RUN |2 A=x B=y /bin/sh -c ...` with
BuildKit, `|2 A=x B=y /bin/sh -c ...` with the builder before it. It has no arguments of an earlier
stage, and no value of an argument that no command could use. Arguments of builds started here are
in our own record (`build_record.py`).
"""

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from pixel_tui.late_pattern import LatePattern
from pixel_tui.stack.model.build_record import BuildRecord, build_mark
from pixel_tui.stack.model.fingerprints import Fingerprints, fingerprint
from pixel_tui.stack.model.json_value import JsonObject, Node
from pixel_tui.stack.model.snapshot import NO_BUILD, BuildState
from pixel_tui.text import plain

BAKED_PREFIXES: Final = ("NEXT_PUBLIC_", "NUXT_PUBLIC_", "REACT_APP_", "VITE_")
"""Variables that a build writes into the program: a new value needs a new image."""

_COMMAND = LatePattern(r"(?:RUN )?\|(\d+) (.*)", re.DOTALL)
_DECLARED = LatePattern(r"(?:/bin/sh -c #\(nop\)\s+)?ARG ([A-Za-z_][A-Za-z0-9_]*)")


@dataclass(frozen=True, slots=True)
class KnownBuild:
    """The build arguments of an image, to be compared with those of a build now."""

    arguments: Fingerprints = ()
    complete: bool = False
    """Whether these are all arguments; if not, there may have been more."""


NOTHING_BUILT: Final[Mapping[str, KnownBuild]] = {}


def is_baked(name: str) -> bool:
    """Return whether a build writes the value of this variable into the program."""
    return name.startswith(BAKED_PREFIXES)


def arguments_of(service: Node) -> dict[str, str]:
    """Return the build arguments of a service in the resolved model, as a build gets them."""
    return {
        name: item.raw.replace("$$", "$")
        for name, item in service["build"]["args"].members()
        if isinstance(item.value, str)
    }


def argument_values(config: JsonObject) -> frozenset[tuple[str, str]]:
    """Return every build argument of a resolved model as (name, value)."""
    services = Node(config)["services"].members()
    return frozenset(pair for _, item in services for pair in arguments_of(item).items())


def built_with(
    histories: Mapping[str, Fingerprints],
    records: Mapping[str, BuildRecord],
    wanted: Collection[tuple[str, str]],
) -> dict[str, KnownBuild]:
    """Return the known build arguments by image id; a record takes precedence over a history.

    Args:
        histories: Image id to the arguments in its history.
        records: Image id to the record of a build here.
        wanted: The arguments (name, value) of builds now. A record has only hashes, so its
            values are recognised by being equal to one of these.
    """
    found = {image_id: KnownBuild(arguments) for image_id, arguments in histories.items()}
    for image_id, record in records.items():
        equal = {
            (name, build_mark(record.key, name, value)): fingerprint(value)
            for name, value in wanted
            if name in record.arguments
        }
        arguments = sorted(
            (plain(name), equal.get((name, mark), "")) for name, mark in record.arguments.items()
        )
        found[image_id] = KnownBuild(tuple(arguments), complete=True)
    return found


def build_state(
    arguments: Fingerprints, images: Iterable[str], built: Mapping[str, KnownBuild]
) -> BuildState:
    """Compare what a service's images were built with to what a build would get now.

    A history has only some of the arguments, so only those that a build is known to write into
    the program (`is_baked`) are compared with it. A record has all of them.

    Args:
        arguments: The service's build arguments.
        images: The ids of its images.
        built: What is known of images; one that was not read yet is missing, and is skipped.
    """
    wanted = dict(arguments)
    found = [(item, dict(item.arguments)) for image_id in images if (item := built.get(image_id))]
    if not found:
        return NO_BUILD
    other, unknown = set(), set()
    for item, has in found:
        if item.complete:
            other |= {name for name in {*wanted, *has} if wanted.get(name) != has.get(name)}
            continue
        baked = {name for name in wanted if is_baked(name)}
        other |= {name for name in baked & set(has) if wanted[name] != has[name]}
        unknown |= baked - set(has)
    same = {name for name, mark in wanted.items() if all(has.get(name) == mark for _, has in found)}
    return BuildState(tuple(sorted(other)), tuple(sorted(unknown)), tuple(sorted(same)))


def build_arguments(history: Iterable[JsonObject]) -> Mapping[str, str]:
    """Return the values of build arguments, only those that can be parsed for certain.

    Args:
        history: `GET /images/{name}/history`, newest first.
    """
    commands = [Node(item)["CreatedBy"].raw for item in history]
    declared = {match[1] for command in commands if (match := _DECLARED.match(command))}
    found: dict[str, str] = {}
    for command in commands:
        match = _COMMAND.match(command)
        if match is not None:
            for name, value in _values(match[2], int(match[1]), declared).items():
                found.setdefault(name, value)
    return found


def _values(words: str, count: int, declared: set[str]) -> Mapping[str, str]:
    """Parse `A=x y B=z /bin/sh -c ...`; values are not quoted, so split at the declared names."""
    if not declared:
        return {}
    names = "|".join(re.escape(name) for name in sorted(declared, key=len, reverse=True))
    marks = list(re.finditer(rf"(?:^|(?<= ))({names})=", words))[:count]
    if len(marks) != count or marks[0].start() != 0:
        return {}
    ends = [mark.start() - 1 for mark in marks[1:]]
    # The path of the shell follows the last value.
    shell = words.find(" /", marks[-1].end())
    ends.append(shell if shell >= 0 else len(words))
    return {mark[1]: words[mark.end() : end] for mark, end in zip(marks, ends, strict=True)}
