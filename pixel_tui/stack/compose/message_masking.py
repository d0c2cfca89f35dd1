"""Masks the secrets that compose quotes in its messages. All of its messages pass through here.

Compose quotes a piece of what it can't parse: a template, the name after a `$`, an anchor. If a
password contains such a character, that is a piece of the password, which is in no list of values.
So the piece is searched in the files that compose reads. If it is part of a secret's value, or is
not found, it is masked, and the key and line are shown instead.
"""

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from typing import Final

from pixel_tui.redaction.known import masked_text
from pixel_tui.redaction.redactor import (
    MASK,
    is_secret_name,
    masked_value,
    redact,
    remember_secret,
)
from pixel_tui.stack.compose.command import ComposeCommand, remote_refusal
from pixel_tui.stack.compose.project_files import find_project_files
from pixel_tui.stack.compose.written_secrets import (
    ComposeInput,
    WrittenSecret,
    public_text,
    read_inputs,
    resolved_secrets,
    secrets_in,
)
from pixel_tui.stack.compose.written_specs import source_text
from pixel_tui.stack.model.program_output import ProgramOutput

SHORTEST_SECRET: Final = 4
"""Masking shorter values or pieces would mask half of any message."""

NO_VARIABLES: Final[Mapping[str, str]] = {}
_UNDEFINED = re.compile(r"(?P<head>\bundefined \w+ )(?P<piece>[^\s\"'*]+)(?=: )")
_WARNING = re.compile(r'(?P<head>level=\w+ msg=)"(?P<text>(?:[^"\\]|\\.)*)"')
_ESCAPED = re.compile(r"\\(.)", re.DOTALL)
_TEMPLATE = re.compile(r"(?P<head>Invalid template: )\"(?P<piece>.*)\"", re.DOTALL)
_FORMAT = re.compile(
    r"(?P<head>invalid interpolation format for (?P<path>\S+)\.\s+"
    r"You may need to escape any \$ with another \$\.\s+)(?P<piece>.+)",
    re.DOTALL,
)
_ANCHOR = re.compile(r"(?P<head>unknown anchor )'(?P<piece>[^']*)'")
_ODD_NAME = re.compile(r"(?P<head>\bin variable name )\"(?P<piece>.*)\"", re.DOTALL)
_UNSET = re.compile(r"(?P<head>\bThe )\"(?P<piece>[^\"]*)\"(?= variable is not set)")
_REQUIRED = re.compile(
    r"(?P<head>\brequired variable )(?P<piece>\S+)(?P<why> is missing a value(?:: .*)?)", re.DOTALL
)
_QUOTED = re.compile(r"(?<!\w)(?P<quote>[\"'])(?P<piece>[^\"'\n]+)(?P=quote)")
_SPEC = re.compile(r"(?P<head>\binvalid spec: )(?P<piece>\S.*)(?=: )")
_LAST = re.compile(r"(?P<head>: )(?P<piece>[^\s\"'*]+)$")
_SPOKEN_LISTS: Final = frozenset({"command", "entrypoint", "test", "args", "environment", "labels"})
"""Lists whose items may be secrets without a key that says so."""


def failure_reason(
    said: ProgramOutput, command: ComposeCommand, environment: Mapping[str, str]
) -> str:
    """Return why compose failed, for one that was run as one of several programs."""
    words = MessageMasker(read_inputs(find_project_files(command, environment)), environment)
    shown = words.mask(said.errors.decode("utf-8", "replace"))
    return remote_refusal(said.reason) or replace(said, errors=shown.encode()).reason


class MessageMasker:
    """Masks secrets in compose's messages.

    Args:
        files: The files that compose reads.
        environment: Compose's environment variables.
    """

    def __init__(
        self, files: Iterable[ComposeInput], environment: Mapping[str, str] = NO_VARIABLES
    ) -> None:
        self._files = tuple(files)
        self._environment = environment

    def mask(self, messages: str) -> str:
        """Return compose's standard error with secrets masked."""
        if not messages.strip():
            return messages
        parts, at = list[str](), 0
        for found in _WARNING.finditer(messages):
            text = _ESCAPED.sub(lambda sign: {"n": "\n", "t": "\t"}.get(sign[1], sign[1]), found[2])
            shown = json.dumps(self._mask_text(text), ensure_ascii=False)
            parts += self._mask_text(messages[at : found.start()]), found["head"], shown
            at = found.end()
        return "".join((*parts, self._mask_text(messages[at:])))

    def _mask_text(self, text: str) -> str:
        text = _TEMPLATE.sub(lambda found: self._mask_piece(found, unknown=True), text)
        text = _SPEC.sub(self._show_source, text)
        text = _ANCHOR.sub(lambda found: self._mask_piece(found, "*", unknown=True), text)
        text = _ODD_NAME.sub(lambda found: f"{found['head']}{MASK}", text)
        text = _UNSET.sub(lambda found: self._mask_piece(found, "$", "${"), text)
        text = _REQUIRED.sub(self._mask_required, text)
        text = _FORMAT.sub(self._mask_at_path, text)
        text = masked_text(text)  # as Go quotes them too
        for value in self._values:
            if value in text:
                text = masked_value(text, value)
        text = _UNDEFINED.sub(self._mask_piece, _QUOTED.sub(self._mask_piece, text))
        return redact(_LAST.sub(self._mask_piece, text))

    def _mask_piece(self, found: re.Match[str], *signs: str, unknown: bool = False) -> str:
        """Mask a quoted piece if it is part of a secret.

        Args:
            found: The match with the piece.
            signs: What may precede it in a file; if empty, it may be anywhere in a value.
            unknown: Whether to mask it also if it is in no file.
        """
        piece = found["piece"]
        secret = self._secret_with(piece, signs)
        if secret is None and not (unknown and not self._is_public(piece)):
            return found.group()
        head = found.groupdict().get("head", "")
        if secret is None:
            return f"{head}{MASK}"
        remember_secret(piece)
        return f"{head}{MASK} ({secret.where})"

    def _mask_required(self, found: re.Match[str]) -> str:
        secret = self._secret_with(found["piece"], ("$", "${"))
        if secret is None:
            return found.group()
        return f"{found['head']}{MASK} ({secret.where}) is missing a value"

    def _mask_at_path(self, found: re.Match[str]) -> str:
        *before, last = found["path"].split(".")
        listed = last == "[]" and before[-1:] and before[-1] in _SPOKEN_LISTS
        name, _, value = found["piece"].partition("=") if listed else (last, "", "value")
        if listed and value and re.fullmatch(r"[\w.\-]+", name):
            secret = is_secret_name(name)
            return f"{found['head']}{name}={MASK}" if secret else found.group()
        if listed or is_secret_name(last):
            return f"{found['head']}{MASK}"
        return self._mask_piece(found)

    def _show_source(self, found: re.Match[str]) -> str:
        """Show a volume as written in the compose file, because its variables may be secrets."""
        return f"{found['head']}{source_text(found['piece'], self._files) or MASK}"

    def _secret_with(self, piece: str, signs: Iterable[str] = ()) -> WrittenSecret | None:
        """Return the secret that contains this piece; None if there is none."""
        written = [f"{sign}{piece}" for sign in signs] or [piece]
        if not signs and len(piece) < SHORTEST_SECRET:
            return None
        secrets = (item for item in self._secrets if any(part in item.raw for part in written))
        found = next(secrets, None)
        return None if found is None or self._is_public(piece) else found

    def _is_public(self, piece: str) -> bool:
        """Return whether it occurs as a word outside of secrets."""
        return bool(re.search(rf"(?<!\w){re.escape(piece)}(?!\w)", self._public))

    @cached_property
    def _by_file(self) -> Sequence[tuple[ComposeInput, Sequence[WrittenSecret]]]:
        return [(file, secrets_in(file)) for file in self._files]

    @cached_property
    def _secrets(self) -> Sequence[WrittenSecret]:
        return [secret for _, secrets in self._by_file for secret in secrets]

    @cached_property
    def _values(self) -> tuple[str, ...]:
        # The longest first: if one is the prefix of another, the rest would be left unmasked.
        values = {item.value for item in self._secrets}
        values.update(resolved_secrets(self._files, self._environment))
        long = (value for value in values if len(value) >= SHORTEST_SECRET)
        return tuple(sorted(long, key=len, reverse=True))

    @cached_property
    def _public(self) -> str:
        return "\n".join(public_text(file, secrets) for file, secrets in self._by_file)
