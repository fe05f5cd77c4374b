"""`segmem demo`: the shipped models on cases whose answer is known."""


def test_the_demo_segments_well_and_leaves_what_it_promises(segmem, tmp_path):
    ran = segmem("demo", "-o", "demo")
    assert (ran.code, ran.err) == (0, "")
    for name in ("overlay.mp4", "strip.png", "manifest.json", "demo_hippocampus.nii.gz"):
        assert (tmp_path / "demo" / name).stat().st_size > 0
        assert name in ran.out
