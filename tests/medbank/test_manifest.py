from segmem.medbank.manifest import Manifest, Tally, modality_counts, task_counts


def tally() -> Tally:
    paths = {f"Liver_CT_2/image/{name}.png": name[:2] for name in ("p1_0", "p1_1", "p2_0")}
    return Tally(slices=paths, tasks=dict.fromkeys(paths, "Liver_CT_2"))


def counts():
    side = {path: "val" if "p2" in path else "train" for path in tally().slices}
    return task_counts([tally()], side)


def test_each_task_is_counted_by_images_sides_and_patients():
    (name, count), *others = counts().items()
    assert (name, others) == ("Liver_CT_2", [])
    assert (count.images, count.train, count.val, count.patients) == (3, 2, 1, 2)


def test_modalities_stand_beside_the_papers_counts(table):
    found = modality_counts(table, counts())
    assert (found["CT"].tasks, found["CT"].images, found["CT"].paper_images) == (1, 3, 34521)
    assert (found["Colonoscopy"].images, found["Colonoscopy"].paper_images) == (0, None)


def test_people_are_told_counts_leaks_and_overlaps(table):
    made = Manifest(
        segmem="0", split="released", seed=0, sources={}, missing=("Gone",), tasks=counts(),
        modalities=modality_counts(table, counts()), both_sides=2, overlaps=("A looks like B",), faults=(),
    )  # fmt: skip
    text = made.text()
    assert "2 patients are in train.txt and in val.txt" in text
    assert "not there: Gone" in text
    assert "A looks like B" in text
    assert "34521" in text
