from typing import get_type_hints

from segmem.memory import Fifo, MemoryPolicy


def test_every_policy_answers_the_same_questions():
    for name in ("due", "slot_for", "recall"):
        asked, answered = getattr(MemoryPolicy, name), getattr(Fifo, name)
        assert get_type_hints(asked) == get_type_hints(answered)
    assert isinstance(Fifo().capacity, int)
