"""A regular expression that is compiled on first use.

Compiling those of the logs and the redactor took a twentieth of the start-up time, and most
starts paint the first frame without a line that needs them.
"""

import re
from collections.abc import Callable, Iterator
from functools import cached_property
from typing import AnyStr, Generic


class LatePattern(Generic[AnyStr]):
    """A lazy `re.compile(pattern, flags)`.

    Its methods are those of the compiled pattern, at no extra cost after the first use.

    Args:
        pattern: The expression.
        flags: As for `re.compile`.
    """

    def __init__(self, pattern: AnyStr, flags: re.RegexFlag = re.NOFLAG) -> None:
        self.pattern: AnyStr = pattern
        self._flags = flags

    @cached_property
    def compiled(self) -> re.Pattern[AnyStr]:
        """The compiled pattern."""
        return re.compile(self.pattern, self._flags)

    @cached_property
    def match(self) -> Callable[..., re.Match[AnyStr] | None]:
        """`re.Pattern.match`."""
        return self.compiled.match

    @cached_property
    def search(self) -> Callable[..., re.Match[AnyStr] | None]:
        """`re.Pattern.search`."""
        return self.compiled.search

    @cached_property
    def fullmatch(self) -> Callable[..., re.Match[AnyStr] | None]:
        """`re.Pattern.fullmatch`."""
        return self.compiled.fullmatch

    @cached_property
    def finditer(self) -> Callable[..., Iterator[re.Match[AnyStr]]]:
        """`re.Pattern.finditer`."""
        return self.compiled.finditer

    @cached_property
    def findall(self) -> Callable[[AnyStr], list[AnyStr]]:
        """`re.Pattern.findall`, for a pattern with at most one group."""
        return self.compiled.findall

    @cached_property
    def split(self) -> Callable[[AnyStr], list[AnyStr]]:
        """`re.Pattern.split`, for a pattern whose groups always match."""
        return self.compiled.split

    @cached_property
    def sub(self) -> Callable[[AnyStr | Callable[[re.Match[AnyStr]], AnyStr], AnyStr], AnyStr]:
        """`re.Pattern.sub`, for all matches."""
        return self.compiled.sub
