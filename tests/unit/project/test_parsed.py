"""What the tests of the tree parse it with."""

import ast
import gc

from tests.builders.parsed import parsed_text


class Complains:
    """Parses when it is collected, as the report of an error in a destructor does."""

    def __init__(self) -> None:
        self.itself = self

    def __del__(self) -> None:
        COLLECTED.append(ast.dump(ast.parse("a + b")))


COLLECTED: list[str] = []


def test_no_destructor_runs_while_a_text_is_parsed() -> None:
    gc.collect()
    Complains()
    thresholds = gc.get_threshold()
    gc.set_threshold(1)
    try:
        tree = parsed_text("x = [" + "(1, 2), " * 2000 + "]")
        during = len(COLLECTED)
    finally:
        gc.set_threshold(*thresholds)
    assert isinstance(tree.body[0], ast.Assign)
    assert during == 0
    gc.collect()
    assert len(COLLECTED) == 1
