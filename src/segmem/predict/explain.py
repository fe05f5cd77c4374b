"""Which entries of other cases a frame used, and with what weight."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import torch

from segmem.core import Features
from segmem.io.formats import case_name
from segmem.io.outputs import write_json_atomic
from segmem.memory.bank_file import Record
from segmem.nn.attention_shares import watching
from segmem.prompted import PromptedSegmenter
from segmem.state import State

INSIDE = "explain.json"  # in a folder of outputs


@dataclass(slots=True)
class Explanation:
    """Of one case: what each frame used, the same for all objects, since entries are found by the image.

    Attributes:
        records: of the bank's entries, by slot.
        frames: by number; each a list of entries, the fittest first.
    """

    records: Mapping[int, Record]
    frames: dict[int, list[dict[str, object]]] = field(default_factory=dict)

    @torch.inference_mode()
    def note(
        self, model: PromptedSegmenter, features: Features, state: State, frame: int, rough: bool = False
    ) -> None:
        """What a frame that is about to be segmented reads; `rough`: something on it begins from a rough mask."""
        across = model.across
        hears = across is not None and (across.tell == "all" or rough)
        found = across.find(features.top, state) if across is not None and hears else None
        if across is None or found is None:
            self.frames[frame] = []
            return
        network = model.get_submodule("network")
        with watching(network, found.slot.shape[1]) as shares:
            across.look(model.network, features.top, state)
        share = shares.mean()[0].tolist()
        self.frames[frame] = [
            {
                "entry": slot,
                "score": round(score, 5),
                "attention": round(part, 5),
                **self.records.get(slot, Record()).model_dump(mode="json"),
            }
            for slot, score, part in zip(found.slot[0].tolist(), found.score[0].tolist(), share, strict=True)
        ]

    def write(self, output: Path) -> Path:
        """As JSON in the folder `output`, or beside the file of that name; where it was written."""
        path = output / INSIDE if output.is_dir() else beside(output)
        listed = [{"frame": number, "entries": self.frames[number]} for number in sorted(self.frames)]
        write_json_atomic(path, {"frames": listed})
        return path


def beside(output: Path) -> Path:
    """Where the explanation of an output file is: `liver.nii.gz` has `liver.explain.json`."""
    return output.with_name(f"{case_name(output)}.{INSIDE}")
