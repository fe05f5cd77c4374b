import threading

import pytest

from segmem.train.feed import feed


@pytest.mark.parametrize("loaders", [0, 1, 3])
def test_order_and_content_do_not_depend_on_the_threads(loaders):
    assert list(feed(lambda step: step * step, range(2, 12), loaders)) == [s * s for s in range(2, 12)]


def test_it_stays_a_few_steps_ahead_and_no_more():
    asked = []
    clips = feed(lambda step: asked.append(step) or step, range(100), 1)
    assert next(clips) == 0
    assert len(asked) <= 4
    clips.close()


def test_a_fault_reaches_the_training():
    def draw(step):
        if step == 2:
            raise OSError("disk gone")
        return step

    with pytest.raises(OSError, match="disk gone"):
        list(feed(draw, range(5), 1))


def test_leaving_early_leaves_no_thread():
    clips = feed(lambda step: step, range(100), 2)
    next(clips)
    clips.close()
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("clips")]
