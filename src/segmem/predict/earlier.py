"""A segmenter that starts from an earlier answer where it hears points: clicks that mend a mask (SAM2)."""

from torch import Tensor, nn

from segmem.nn.sam2_network import ObjectMasks
from segmem.prompted import PREVIOUS, PromptableNetwork, PromptedSegmenter


def mending(model: PromptedSegmenter, earlier: Tensor) -> PromptedSegmenter:
    """The same model, sharing every weight, whose points speak of the mask `earlier`.

    Args:
        model: any promptable segmenter.
        earlier: (1, 1, 4h, 4w) logits of the one object that will be prompted, as its network made them.
    """
    network = _Mending(model.network, earlier.clamp(-PREVIOUS, PREVIOUS))
    return PromptedSegmenter(network, model.policy, model.pointer_policy, model.spec, model.together).eval()


class _Mending(nn.Module):
    """A network whose decoder sees `earlier` beside any points."""

    def __init__(self, network: PromptableNetwork, earlier: Tensor) -> None:
        super().__init__()
        self.network = network
        self.earlier = earlier
        self.encode, self.alone, self.attend = network.encode, network.alone, network.attend
        self.mask_prompt, self.pointer = network.mask_prompt, network.pointer
        self.memorise, self.mask_size = network.memorise, network.mask_size
        self.memory_parameters = network.memory_parameters

    def decode(
        self,
        top: Tensor,
        skips: tuple[Tensor, ...],
        points: Tensor | None = None,
        mask: Tensor | None = None,
        multimask: bool = True,
    ) -> ObjectMasks:
        return self.network.decode(top, skips, points, mask if points is None else self.earlier, multimask)
