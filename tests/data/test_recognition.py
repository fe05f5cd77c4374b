from segmem.data.recognition import Recognition, counted


def test_it_is_true_where_something_was_found():
    assert Recognition("masks/ beside images/")
    assert not Recognition(lacks="has images/, but no masks/")
    assert not Recognition()


def test_one_and_many():
    assert [counted(n, "video") for n in (0, 1, 2)] == ["0 videos", "1 video", "2 videos"]
    assert counted(2, "entry", "entries") == "2 entries"
