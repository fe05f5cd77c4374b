"""The one number that makes probabilities mean what they say."""

import math

from torch import Tensor
from torch.nn import functional as F

RANGE = (0.05, 20.0)


def fit_temperature(logits: Tensor, truth: Tensor) -> float:
    """The T that minimises the negative log-likelihood of softmax(logits / T).

    Args:
        logits: (N, K).
        truth: (N,) class ids, or (N, K) probabilities.
    """
    from scipy.optimize import minimize_scalar

    wide = logits.double()
    target = truth.double() if truth.is_floating_point() else truth.long()

    def cost(log_t: float) -> float:
        return float(F.cross_entropy(wide / math.exp(log_t), target))

    found = minimize_scalar(cost, bounds=tuple(map(math.log, RANGE)), method="bounded")
    return float(math.exp(found.x))
