from typing import get_type_hints

import pytest

from segmem.memory import Fifo, MemoryPolicy, Support


@pytest.mark.parametrize("policy", [Fifo, Support])
def test_every_policy_answers_the_same_questions(policy):
    for name in ("due", "slot_for", "recall"):
        asked, answered = getattr(MemoryPolicy, name), getattr(policy, name)
        assert get_type_hints(asked) == get_type_hints(answered)
    assert isinstance(policy().capacity, int)
