"""A regular expression that is compiled when it is first used.

Compiling those of the logs and of the redactor took a twentieth of a start, and most starts
show their first picture without a line that needs them.
"""

import re
from collections.abc import Callable, Iterator
from functools import cached_property
from typing import AnyStr, Generic


class LatePattern(Generic[AnyStr]):
    """Stands for `re.compile(pattern, flags)`.

    Its methods are those of the compiled pattern, and cost no more once they were used.

    Args:
        pattern: The expression.
        flags: As `re.compile` takes them.
    """

    def __init__(self, pattern: AnyStr, flags: re.RegexFlag = re.NOFLAG) -> None:
        self.pattern: AnyStr = pattern
        self._flags = flags

    @cached_property
    def compiled(self) -> re.Pattern[AnyStr]:
        """The pattern itself."""
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
        """`re.Pattern.findall`, of a pattern with one group at most."""
        return self.compiled.findall

    @cached_property
    def split(self) -> Callable[[AnyStr], list[AnyStr]]:
        """`re.Pattern.split`, by a pattern whose groups always take part."""
        return self.compiled.split

    @cached_property
    def sub(self) -> Callable[[AnyStr | Callable[[re.Match[AnyStr]], AnyStr], AnyStr], AnyStr]:
        """`re.Pattern.sub`, for all that match."""
        return self.compiled.sub
