"""A file of weights: whether it can be read without running it, and whether a network knows its tensors."""

import warnings
from pathlib import Path
from typing import Any

from segmem.core.errors import FormatError, MissingExtraError, SegmemError, UsageError
from segmem.doctor.finding import Code, Finding, Looked
from segmem.doctor.reading import EXTRA, TEXT, reason, unreadable
from segmem.io.checkpoint import SUFFIXES

UNREADABLE = Code(
    "weights-unreadable",
    "fault",
    "The file is no whole file of weights.",
    "A download was cut short, or a web page was saved in its place.",
    "Download it again and compare its checksum.",
)
CODE = Code(
    "weights-run-code",
    "fault",
    "To restore the file, code that it brings would have to run.",
    "That code could do anything. Nothing of it has been run.",
    "Where it was made, save only the state_dict: torch.save(model.state_dict(), ...).",
)
MISFIT = Code(
    "weights-misfit",
    "fault",
    "The tensors are not those of a network that segmem knows.",
    "It is of another architecture or version, or lacks a part.",
    "See what is missing; --partial takes what fits, and what is fresh must be trained.",
)
NOT_FINITE = Code(
    "weights-not-finite",
    "fault",
    "Weights are NaN or infinite.",
    "Every output of such a network is NaN.",
    "Take an earlier checkpoint of the training, which has diverged.",
)
PICKLED = Code(
    "weights-pickled",
    "note",
    "The weights are a pickle of torch.save.",
    "segmem reads only tensors from it; other programs may run what it holds.",
    "Convert it: segmem convert weights SOURCE TARGET.safetensors.",
)
MEMORY = Code(
    "memory-of-a-patient",
    "note",
    "The file is the memory of an interrupted run.",
    "It holds what a model remembers of a patient's frames.",
    "Continue the run with --resume, or delete it; do not share it.",
)
_RUNS = ("pickle can run code", "would have to run", "holds a program")


def examine(path: Path, where: str) -> Looked:
    """Facts and findings of a file of weights, or of the list of several. Nothing in it is executed."""
    from segmem.io.hub import read_weights

    closed = unreadable(path, where)
    if closed is not None and closed.code != TEXT.code:
        return Looked({}, [closed])
    try:
        tensors = read_weights(path)
    except FormatError as error:
        text = reason(error, path)
        return Looked({}, [(CODE if any(t in text for t in _RUNS) else UNREADABLE).at(where, text)])
    facts: dict[str, Any] = {
        "tensors": len(tensors),
        "parameters": sum(int(tensor.numel()) for tensor in tensors.values()),
    }
    found = []
    bad = [n for n, t in tensors.items() if t.is_floating_point() and not bool(t.isfinite().all())]
    if bad:
        found.append(NOT_FINITE.at(where, f"{len(bad)} tensors, the first is {bad[0]}"))
    if path.suffix.lower() in SUFFIXES:
        found.append(PICKLED.at(where, f"it ends in {path.suffix}"))
    return Looked(facts, [*found, *_of_network(path, where, facts)])


def _of_network(path: Path, where: str, facts: dict[str, Any]) -> list[Finding]:
    from segmem.io.tensors import read_header
    from segmem.methods.load import assemble, read_model

    header = read_header(path) if path.suffix.lower() == ".safetensors" else {}
    if "training" in header:
        facts["model"] = "a checkpoint to resume a training from"
        return []
    if "mark" in header:
        facts["model"] = "the memory of an interrupted run"
        return [MEMORY.at(where, f"it has {facts['tensors']} tensors")]
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            spec, tensors = read_model(path)
            assemble(spec, tensors, path)
    except MissingExtraError as error:
        return [EXTRA.at(where, str(error))]
    except UsageError as error:  # of a network that its user must bring
        facts["model"] = reason(error, path)
        return []
    except SegmemError as error:
        return [MISFIT.at(where, reason(error, path))]
    facts.update(
        {"model": spec.name, "method": spec.method, "input": spec.input, "classes": list(spec.classes)}
    )
    return []
