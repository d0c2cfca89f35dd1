"""Whether our reading of generated files and values is compose's, counted."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from pixel_tui.environment.dotenv.document import DotenvDocument, Quoting
from pixel_tui.environment.dotenv.values import read_values
from tests.engine.compose_reading import Answer, ComposeReading, Refusal

_VALUES_A_FILE = 20
_BEFORE = {
    Quoting.NONE: b"%s=old # note\r\n",
    Quoting.SINGLE: b"export %s = 'old\nvalue'#note\n",
    Quoting.DOUBLE: b'%s: "old"\t\n',
}


@dataclass(slots=True)
class Agreement:
    """What came of a comparison."""

    agreed: int = 0
    """Read by both, with the same values."""
    refused: int = 0
    """Refused by both."""
    missed: list[bytes] = field(default_factory=list)
    """Compose refuses what we take."""
    invented: list[bytes] = field(default_factory=list)
    """Compose takes what we refuse."""
    different: list[tuple[bytes, object, object]] = field(default_factory=list)
    """The file, what we read in it, what compose does."""

    @property
    def wrong(self) -> int:
        """How many do not agree."""
        return len(self.missed) + len(self.invented) + len(self.different)

    def add(self, data: bytes, ours: Answer, theirs: Answer) -> None:
        """Count one file."""
        if isinstance(ours, Refusal):
            if isinstance(theirs, Refusal):
                self.refused += 1
            else:
                self.invented.append(data)
        elif isinstance(theirs, Refusal):
            self.missed.append(data)
        elif ours == theirs:
            self.agreed += 1
        else:
            self.different.append((data, ours, theirs))


def our_answer(data: bytes, environment: Mapping[str, str]) -> Answer:
    """Our reading in the form of compose's."""
    document = DotenvDocument.parse(data)
    readings = read_values(document, environment)
    reasons = [fault.message for fault in document.faults]
    reasons += [reading.refusal for reading in readings.values() if reading.refusal]
    if reasons:
        return Refusal(reasons[0])
    return {key: reading.value for key, reading in readings.items() if reading.value is not None}


def compare_documents(
    compose: ComposeReading,
    documents: Sequence[bytes],
    environment: Mapping[str, str],
    *,
    refused: int | None = None,
) -> Agreement:
    """Read them as files of services.

    Args:
        compose: The real one.
        documents: The files.
        environment: The variables of the process.
        refused: So many of those that we refuse are asked compose for, which takes each alone;
            None for all of them.
    """
    agreement = Agreement()
    ours = [our_answer(data, environment) for data in documents]
    taken = [place for place, answer in enumerate(ours) if not isinstance(answer, Refusal)]
    answers = compose.as_env_files([documents[place] for place in taken])
    for place, theirs in zip(taken, answers, strict=True):
        agreement.add(documents[place], ours[place], theirs)
    not_taken = [place for place, answer in enumerate(ours) if isinstance(answer, Refusal)]
    for place in not_taken[:refused]:
        agreement.add(documents[place], ours[place], compose.as_env_file(documents[place]))
    return agreement


def compare_project_files(
    compose: ComposeReading, documents: Sequence[bytes], environment: Mapping[str, str]
) -> Agreement:
    """Read them as the project's own `.env`, where the process comes first."""
    agreement = Agreement()
    for data in documents:
        ours = our_answer(data, environment)
        keys = sorted({entry.key for entry in DotenvDocument.parse(data).entries if entry.key})
        if not isinstance(ours, Refusal):
            ours = {key: value for key, value in ours.items() if key} | {
                key: environment[key] for key in keys if key in environment
            }
        agreement.add(data, ours, compose.as_project_file(data, keys))
    return agreement


def compare_values(compose: ComposeReading, values: Sequence[str]) -> Agreement:
    """Write each value into a file in the place of another one, and have compose read it."""
    agreement = Agreement()
    files: list[bytes] = []
    wanted: list[dict[str, str]] = []
    for start in range(0, len(values), _VALUES_A_FILE):
        chosen = {
            f"V{place}": value
            for place, value in enumerate(values[start : start + _VALUES_A_FILE], start)
        }
        files.append(_written(chosen))
        wanted.append(chosen)
    for data, chosen, theirs in zip(files, wanted, compose.as_env_files(files), strict=True):
        if isinstance(theirs, Refusal):
            agreement.missed.append(data)
            continue
        for key, value in chosen.items():
            agreement.add(data, {key: value}, {key: theirs.get(key, "")})
    return agreement


def _written(values: Mapping[str, str]) -> bytes:
    ways = list(_BEFORE.values())
    lines = [ways[place % len(ways)] % key.encode() for place, key in enumerate(values)]
    document = DotenvDocument.parse(b"".join(lines))
    for key, value in values.items():
        entry = document.entry(key)
        if entry is None:
            raise AssertionError(f"{key} is lost")
        document = document.with_value(entry, value)
    return document.data
