from segmem.memory.bank_file import CaseBank, Encoder, Record
from segmem.memory.bank_table import as_numbers, as_text

ENCODER = Encoder(name="nano", sha256="abcdef0123456789", input_size=(64, 96))


def test_a_line_an_entry_under_what_made_them():
    record = Record(
        task="spleen", modality="CT", class_name="spleen", case="0f" * 8, confidence=0.91234, time=0
    )
    lines = as_text(CaseBank(None, (record, Record()), ENCODER)).splitlines()
    assert lines[0] == "2 entries of nano (abcdef01) at 64 x 96"
    assert lines[1] == "tasks: - 1, spleen 1"
    assert lines[3].split() == ["0", "spleen", "CT", "spleen", "0f" * 8, "0.912", "1970-01-01", "00:00"]
    assert lines[4].split()[:5] == ["1", "-", "-", "-", "-"]


def test_an_empty_bank_says_so():
    assert as_text(CaseBank(None, (), ENCODER)).splitlines()[1:] == ["tasks: none"]


def test_numbers_are_all_but_the_tensors():
    told = as_numbers(CaseBank(None, (Record(task="a"),), ENCODER))
    assert told["entries"][0]["task"] == "a"
    assert told["encoder"]["input_size"] == [64, 96]
