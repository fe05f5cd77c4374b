from segmem.medbank.sides import on_both, sides

SLICES = {f"p{patient}_{number}": f"p{patient}" for patient in range(20) for number in range(10)}


def test_a_tenth_of_the_patients_validates_and_none_is_on_both_sides():
    side = sides(SLICES, "patient", 0)
    assert on_both(SLICES, side) == []
    assert sum(value == "val" for value in side.values()) == 20
    assert side == sides(SLICES, "patient", 0) != sides(SLICES, "patient", 1)


def test_by_image_a_tenth_of_the_slices_validates_and_patients_leak():
    side = sides(SLICES, "released", 0)
    assert sum(value == "val" for value in side.values()) == 20
    assert len(on_both(SLICES, side)) > 5


def test_a_single_patient_trains():
    assert set(sides({"a": "p", "b": "p"}, "patient", 0).values()) == {"train"}


def test_of_two_patients_one_validates():
    assert sorted(sides({"a": "p", "b": "q"}, "patient", 0).values()) == ["train", "val"]
