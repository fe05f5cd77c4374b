from segmem.continual.strategy import Naive


def test_naive_costs_nothing_and_keeps_nothing(tmp_path):
    naive = Naive()
    assert naive.before_task(None, 0) is None
    assert naive.loss(None, None) is None
    assert naive.after_task(None, 0) is None
