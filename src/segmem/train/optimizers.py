"""The optimisers a stage can choose from, and what averaged weights ask of one that averages."""

from torch import nn
from torch.optim import AdamW, Optimizer

from segmem.train.settings import StageSettings

Groups = list[dict[str, object]]


def make_optimizer(stage: StageSettings, groups: Groups) -> Optimizer:
    """A fresh one, in training mode, over groups that bring their own learning rates."""
    if stage.optimizer == "adamw":
        return AdamW(groups, lr=stage.learning_rate, weight_decay=stage.weight_decay)
    from schedulefree import RAdamScheduleFree

    made: Optimizer = RAdamScheduleFree(groups, lr=stage.learning_rate, weight_decay=stage.weight_decay)
    made.train()  # type: ignore[attr-defined]
    return made


def to_average(optimizer: Optimizer) -> None:
    """Bring the weights to their average, where the optimiser keeps one; AdamW's are what they are."""
    if _averages(optimizer):
        optimizer.eval()  # type: ignore[attr-defined]


def to_training(optimizer: Optimizer) -> None:
    """Training mode again, once the weights are back at their former values."""
    if _averages(optimizer):
        for group in optimizer.param_groups:
            group["train_mode"] = True


def rate_of(optimizer: Optimizer) -> float:
    """The learning rate of the last step."""
    first = optimizer.param_groups[0]
    return float(first.get("scheduled_lr", first["lr"]))


def moved(optimizer: Optimizer) -> list[nn.Parameter]:
    """Every parameter that it moves."""
    return [parameter for group in optimizer.param_groups for parameter in group["params"]]


def _averages(optimizer: Optimizer) -> bool:
    return "train_mode" in optimizer.param_groups[0]
