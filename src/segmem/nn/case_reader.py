"""What other cases say of an image: memory attention to their entries, through a projection that starts at zero."""

from typing import Literal, Protocol

import torch
from torch import Tensor, nn

from segmem.memory import Memory
from segmem.nn.feature_memory import resized

Enter = Literal["add", "replace"]


class CaseNetwork(Protocol):
    """A promptable network whose memory attention can look at entries of other cases."""

    def look_at_cases(self, top: Tensor, memory: Memory, code: Tensor) -> Tensor:
        """(B, W, h', w') of embeddings (B, C, h, w) that have looked at entries, told apart by `code` (Cm,)."""
        ...

    def case_tokens(self, tokens: Tensor) -> Tensor:
        """What `look_at_cases` reads of memory tokens (R, L, .)."""
        ...

    @property
    def case_widths(self) -> tuple[int, int, int]:
        """Channels of a memory token, of what has looked, and of the embedding."""
        ...


class CaseReader(nn.Module):
    """Memory attention to other cases, with the stream's own weights and a code of its own.

    Args:
        widths: `CaseNetwork.case_widths`.
        enter: `add`: a residual through a projection that starts at zero, so an untrained reader changes nothing.
            `replace`: the decoder is given what attention gives (the paper, and its released code).
    """

    def __init__(self, widths: tuple[int, int, int], enter: Enter = "add") -> None:
        super().__init__()
        memory_width, width, channels = widths
        self.enter = enter
        self.code = nn.Parameter(torch.zeros(memory_width))
        if enter == "add":
            nn.init.trunc_normal_(self.code, std=0.02)
            self.back = nn.Conv2d(width, channels, 1)
            nn.init.zeros_(self.back.weight)
            nn.init.zeros_(self.back.bias)  # type: ignore[arg-type]

    def forward(self, network: CaseNetwork, top: Tensor, memory: Memory) -> Tensor:
        """(B, C, h, w) that other cases say of embeddings (B, C, h, w), each of its own row of entries.

        What is added is said in the embedding's own size, an image's root mean square: what attention gives is about 1
        everywhere and LiteMedSAM's embedding about .1, which a few steps would else drown.
        """
        looked = network.look_at_cases(top, memory, self.code)
        if self.enter == "replace":
            return looked
        size = top.float().square().mean(dim=(1, 2, 3), keepdim=True).sqrt().to(top.dtype)
        return resized(self.back(looked), (top.shape[-2], top.shape[-1])) * size

    def into(self, attended: Tensor, told: Tensor, some: Tensor) -> Tensor:
        """What the decoder takes, of (R, C + ., h, w) that the stream gave; channels after C are left alone.

        Args:
            attended: of each row's object.
            told: (R, C, h, w) of its image, as `forward` gave it.
            some: (R,) whether anything was read.
        """
        own, rest = attended[:, : told.shape[1]], attended[:, told.shape[1] :]
        new = own + told if self.enter == "add" else told
        return torch.cat([torch.where(some[:, None, None, None], new.to(own.dtype), own), rest], dim=1)
