"""The time to read a hostile file grows only with its length."""

import time

import pytest

from pixel_tui.environment.dotenv.document import DotenvDocument
from pixel_tui.environment.dotenv.values import read_values


@pytest.mark.parametrize(
    "line",
    [
        '# A="\n', "# A='\\'\n", 'A="x y\n', "A='x\n", 'A="" y z\n', "# ===\n", "# = \n", "A\n",
        'A="\\"\n', "A=${A:-\n", "A=${A:-{}\n", "export\n", "\r", "#", "${", "${A:-", "${A:-}", "}",
        "A=''", "\0", " #", "A=$A$A\n", "\\'", "\x0b",
    ],
    ids=repr,
)  # fmt: skip
def test_the_time_grows_linearly_with_the_length(line: str) -> None:
    def taken(times: int) -> float:
        data = ("A='\"" + line * times).encode()
        began = time.thread_time()
        read_values(DotenvDocument.parse(data), {})
        data = ("A=" + line * times).encode()
        read_values(DotenvDocument.parse(data), {})
        return time.thread_time() - began

    times = 1500
    # Ten times the length takes a hundred times as long where the time is quadratic.
    short = min(taken(times // 10) for _ in range(3))
    assert min(taken(times) for _ in range(3)) < 0.05 + 30 * short
