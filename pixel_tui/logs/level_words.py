"""The words for log levels, and an expression for where they are in a line. Pure."""

from typing import Final

WORDS: Final = {
    word.encode(): level
    for level, words in {
        "TRACE": "trace trc trce finest finer silly",
        "DEBUG": "debug dbg dbug debu debug1 debug2 debug3 debug4 debug5 verbose fine d d1 d2 d3",
        "INFO": "info inf information informational notice note log system default http i",
        "WARN": "warn warning wrn deprecated w",
        "ERROR": "error err erro eror fail failure severe e",
        "FATAL": "fatal critical crit alert emerg emergency panic dpanic ftl fata pani f",
    }.items()
    for word in words.split()
} | {b"fatal error": "FATAL", b"parse error": "ERROR"}
"""Level words, in lower case, and the names of their levels."""

_ONLY_AS_A_VALUE: Final = frozenset(
    b"note log system default http fine silly d d1 d2 d3 i w e f".split()
)
"""Words that count only as the value of a key or in brackets, not at the start of a line."""
_ONLY_WITH_A_COLON: Final = frozenset(b"fail failure deprecated alert panic verbose".split())


def _any_of(words: list[bytes]) -> bytes:
    ordered = sorted(words, key=lambda word: (-len(word), word))
    return b"(?:" + b"|".join(word.replace(b" ", rb"\ ") for word in ordered) + b")"


_STAMP: Final = rb"""(?:
    \d{4}[-/.]\d\d[-/.]\d\d(?:[T\ ]\ ?\d\d:\d\d(?::\d\d)?(?:[.,]\d{1,9})?
        (?:\ ?(?:Z|UTC|GMT|[A-Z]{3,4}(?=\ \[)|[+-]\d\d:?\d\d))?)?
    |\d\d?[-/\ ](?:\d\d|[A-Z][a-z]{2})[-/\ ]\d{4}[:,\ ]\ ?\d\d?:\d\d:\d\d(?:[.,]\d{1,9})?
        (?:\ (?:[AP]M|UTC|[+-]\d{4}))?
    |(?:[A-Z][a-z]{2}\ )?[A-Z][a-z]{2}\ [\d\ ]\d\ \d\d:\d\d:\d\d(?:\.\d{1,9})?(?:\ \d{4})?
    |\d\d?:\d\d(?::\d\d)?(?:[.,]\d{1,9})?\ ?(?:[AP]M)?Z?
    |\d{10}(?:\d{3})?(?:\.\d{1,9})?(?=\s)
    |\d\.\d{1,17}e\+\d\d(?=\s)
)"""
"""A timestamp, in the formats that programs write at the start of a line."""

STAMP_PATTERN: Final = rb"[\[(<]?" + _STAMP + rb"(?![\w])"
"""A line that starts with a timestamp, for `re.VERBOSE`."""


ERROR_ITSELF: Final = rb"""
    (?:Uncaught\ |Unhandled\ )?[\w$.\\]{5,200}+(?:(?<=Error)|(?<=Exception))
    (?:\ \[\w{1,60}\])?(?::\s|:?$)
"""
"""A line that starts with an error's name: `TypeError: x`, `java.io.IOException: x`."""


def head_pattern() -> bytes:
    """Return an expression, to use with `match`, for a line that starts with a level.

    Groups: `word` and `value` (see `WORDS`), `klog` and `ruby` (a letter), `redis`
    (a mark), `syslog` (a number). What precedes a level is skipped without backtracking, so
    that the time is linear in the length of the line.
    """
    bare = [word for word in WORDS if word not in _ONLY_AS_A_VALUE | _ONLY_WITH_A_COLON]
    upper = _any_of([word.upper() for word in bare])
    spoken = _any_of([word for word in WORDS if word not in _ONLY_AS_A_VALUE])
    boxed = _any_of([word for word in WORDS if len(word) > 2])
    value = _any_of(list(WORDS))
    return (
        rb"""(?:
    (?P<klog>[IWEFD])\d{4}\ \d\d:\d\d:\d\d
    |(?P<ruby>[DIWEF]),\ \[\d{4}-
    |\d{1,9}:[MSCX]\ \d\d\ [A-Z][a-z]{2}\ \d{4}\ [\d:.]{8,15}\ (?P<redis>[.*\#-])(?=\ )
    |<(?P<syslog>\d{1,3})>
    |(?:(?>
        [\ \t]+
        |(?=\d|[A-Z][a-z]{2}\ )"""
        + _STAMP
        + rb"""(?!\w)
        |\d{1,9}(?=\s+[\[(<-])
        |[\x80-\xff]+
        |[\[(<](?=["""
        + rb"\s]*"
        + _STAMP
        + rb""")
        |\[[^\[\]]{0,80}\]:?|\([^()]{1,60}\):?|\{[^{}]{0,60}\}
        |[\])>|,;:*-]+
        |PHP(?=\ )
        |[\w./:@-]{1,64}+(?:
            =(?:"(?:[^"\\]|\\.)*+"|[^\s"]*+)(?=\s|$)
            |\ -(?=\ )
            |\s{0,40}+\|(?=\s)
            |\[\d{1,9}\]:?(?=\s)
            |(?=\ [\w./-]{1,60}+\[\d{1,9}\]:))
        |\w{1,60}+(?:(?:\.\w{1,60}+)++:?|@\w{1,60}+)(?=\s)
    )){0,200}?(?:
        (?=[A-Z]{3})(?P<upper>"""
        + upper
        + rb""")(?=\s(?!\s*/)|$|/\w|!|\(|\[\d)
        |(?P<log>LOG|NOTICE)(?=:\s)
        |(?=[A-Za-z]{3,13}+[1-5]?(?:\ [Ee]rror)?\ {0,4}[:\]>|])(?P<spoken>(?i:"""
        + spoken
        + rb"""))\ {0,4}(?::(?!:)|(?=[\]>|]))
        |[\[<(]\s*(?:[^\[\]<>()\s]{1,30}[:/]|[^\[\]<>()/]{1,30}/)?(?P<boxed>(?i:"""
        + boxed
        + rb"""))\s*[\]>)]
        |(?=[LlSs][\w.]{2,9}=)(?i:level|lvl|severity|log\.level|loglevel|levelname)=["']?(?P<value>(?i:"""
        + value
        + rb"""|\d{1,2}))(?![\w.])
    ))"""
    )
