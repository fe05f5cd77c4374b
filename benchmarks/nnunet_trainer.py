"""nnU-Net's own trainer with a budget of seconds; `benchmarks/nnunet.py` puts it into nnU-Net's environment.

On a CPU the seconds are those of its cores, so that another process takes nothing from the budget.

Everything but the length of the run is nnU-Net's: network, patches, augmentation, loss, optimiser. The learning rate
falls as its polynomial does, over the seconds in place of the epochs, so that the schedule ends when the budget does.
Nothing of segmem is imported here: this file runs where only nnU-Net is installed.
"""

import json
import os
from pathlib import Path
from time import perf_counter, process_time
from typing import Any

import torch
from nnunetv2.training.nnUNetTrainer.nnUNetTrainer import nnUNetTrainer

POWER = 0.9  # of nnU-Net's polynomial learning rate
SAVE_EVERY = 600.0  # seconds of the budget


class SegmemBudgetTrainer(nnUNetTrainer):
    """Trains for SEGMEM_SECONDS after the data is unpacked, then saves `checkpoint_final.pth` and `budget.json`.

    Every ten minutes it saves what a run with SEGMEM_RESUME=1 goes on from, the seconds spent with it.
    """

    def run_training(self) -> None:
        torch.set_num_threads(int(os.environ["OMP_NUM_THREADS"]))  # nnU-Net took as many as there are cores
        budget = float(os.environ["SEGMEM_SECONDS"])
        clock = perf_counter if self.device.type == "cuda" else process_time  # a CPU may be shared
        self.on_train_start()
        latest, progress = (
            Path(self.output_folder) / name for name in ("checkpoint_latest.pth", "spent.json")
        )
        before, steps, losses = 0.0, 0, []
        if os.environ.get("SEGMEM_RESUME") == "1" and progress.is_file():
            self.load_checkpoint(str(latest))
            before, steps = json.loads(progress.read_text())
        self.network.train()
        begun = clock() - before
        saved = before
        while (spent := clock() - begun) * (steps + 1) < budget * max(1, steps):  # one more fits in
            for group in self.optimizer.param_groups:
                group["lr"] = self.initial_lr * (1 - spent / budget) ** POWER
            losses.append(float(self.train_step(next(self.dataloader_train))["loss"]))
            steps += 1
            if spent - saved > SAVE_EVERY:
                saved = clock() - begun
                self.save_checkpoint(str(latest))
                progress.write_text(json.dumps([saved, steps]))
        self.save_checkpoint(str(Path(self.output_folder) / "checkpoint_final.pth"))
        about: dict[str, Any] = {
            "iterations": steps,
            "seconds": round(clock() - begun, 1),
            "batch": int(self.batch_size),
            "patch": [int(side) for side in self.configuration_manager.patch_size],
            "parameters": sum(p.numel() for p in self.network.parameters()),
            "loss_of_last_20": sum(losses[-20:]) / max(1, len(losses[-20:])),
        }
        (Path(self.output_folder) / "budget.json").write_text(json.dumps(about, indent=2) + "\n")

    def perform_actual_validation(self, save_probabilities: bool = False) -> None:
        """Nothing: with fold `all` it would predict the training cases."""
