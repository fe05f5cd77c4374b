"""Generalized Dice focal loss of logits, over labelled frames only."""

import warnings

import torch
from torch import Tensor, nn

from segmem.train.marginal import marginal


class LabelledLoss(nn.Module):
    """MONAI's generalized Dice focal loss; what nobody labelled counts nothing."""

    def __init__(self) -> None:
        super().__init__()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # MONAI's own, at import
            from monai.losses.dice import GeneralizedDiceFocalLoss

            self.measure = GeneralizedDiceFocalLoss(softmax=True, to_onehot_y=True)

    def forward(self, logits: Tensor, labels: Tensor, told: Tensor | None = None) -> Tensor:
        """Mean over frames.

        Args:
            logits: (N, K, H, W) of the labelled frames; softmax is taken here, once.
            labels: (N, H, W) class ids.
            told: (N, K) bool, classes that a frame's labels tell, background among them; None: all.

        Returns:
            A scalar; zero, with a gradient of zeros, where N is 0.
        """
        if logits.shape[0] == 0:
            return logits.sum()
        logits = logits.float() if told is None else marginal(logits.float(), told)
        loss: Tensor = self.measure(logits, labels[:, None].to(torch.int64))
        return loss
