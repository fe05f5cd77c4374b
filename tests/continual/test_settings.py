import pytest
from pydantic import ValidationError

from segmem.continual.settings import StreamSettings

TASK = {"name": "a", "source": {"path": "a"}}


def test_a_task_that_is_named_twice_is_refused():
    with pytest.raises(ValidationError, match="task 'a' is named twice"):
        StreamSettings.model_validate({"tasks": [TASK, {**TASK, "source": {"path": "b"}}]})


def test_a_task_is_prompted_by_a_box_that_is_up_to_20_of_1024_pixels_loose():
    (task,) = StreamSettings.model_validate({"tasks": [TASK]}).tasks
    assert (task.prompts.box, task.prompts.jitter, task.prompts.given) == (1, 20, 0)


def test_a_stream_without_tasks_is_refused():
    with pytest.raises(ValidationError):
        StreamSettings.model_validate({"tasks": []})
