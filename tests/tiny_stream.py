"""A preset of a promptable network that learns in seconds, and tasks for it."""

PRESET = {
    "model": {
        "method": "litemedsam",
        "input": "any",
        "classes": ["background", "object"],
        "litemedsam": {"reads_masks": True},
        "fit": {"longest": 64, "multiple": 64},
        "intensity": {"scale": "frame"},
    },
    "data": {"features": {"moving": 0}, "split_seed": 0},
    "stages": [
        {
            "name": "images",
            "steps": 9,
            "batch": 2,
            "optimizer": "adamw",
            "learning_rate": 0.0003,
            "prompted": {"parts": ["prompts", "decoder"], "loss": "sam2"},
        }
    ],
    "precision": "32-true",
    "checkpoint_every": 2,
    "loaders": 0,
}


def tasks(*names: str, steps: int = 6) -> list[dict[str, object]]:
    return [{"name": name, "steps": steps, "source": {"path": name, "held_out": 0.25}} for name in names]
