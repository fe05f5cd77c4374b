"""A model that tracks objects through a clip: prompted, walked, corrected, walked again."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

import torch
from einops import rearrange
from torch import Tensor

from segmem.core import Features, Prediction, Prompt
from segmem.core.errors import PromptError, UsageError
from segmem.core.prompt import check
from segmem.memory import CaseMemory, Entry, MemoryPolicy, Support
from segmem.nn.promptable import ABSENT
from segmem.ops.fit import plan, require_size, unfit
from segmem.ops.prepare import case_window
from segmem.predict.album import Album
from segmem.predict.compute import Compute
from segmem.predict.grid_prompts import require_read, to_batch
from segmem.predict.pins import Pin, Place, pin_from, seated
from segmem.predict.slices import Slices, adapters, looks_both_ways
from segmem.predict.tracking import Logits, Tracking, Visit
from segmem.predict.trail import Walk, time_of, turned
from segmem.prompted import PromptedSegmenter, logits_size
from segmem.state import State


class Tracker:
    """A model at work on clips. Holds nothing of them.

    Args:
        model: of any promptable method.
        compute: where it runs.
        cases: what is told of other cases on every frame; nothing is added to it.
    """

    def __init__(self, model: PromptedSegmenter, compute: Compute, cases: CaseMemory | None = None) -> None:
        self.model = model
        self.compute = compute
        self.cases = cases

    def begin(self, album: Album) -> Tracking:
        """A clip of which nothing was said yet."""
        window = (0.0, 255.0)
        if album.scan is not None:
            window = case_window(album.scan, self.model.spec.intensity, "volume")
        clip = Tracking(album, plan(album.size, self.model.spec.fit), window)
        if album.scan is not None and looks_both_ways(self.model):
            clip.slices = Slices(
                lambda part: self.model.encode_clip(self._ready(clip, part)[None])[0],
                album.scan,
                adapters(self.model),
            )
        return clip

    @torch.inference_mode()
    def hear(self, clip: Tracking, said: Prompt) -> None:
        """Answer a prompt; walks see it when they settle.

        On a frame that its object was not tracked on the object is segmented alone. Else memory is read as it was
        when the newest walk came there, with the prompts that are settled. Points mend what was answered before.

        Raises:
            PromptError: it cannot be meant.
        """
        check([said], clip.album.size, clip.album.length)
        require_read(self.model, [said])
        frame, one = int(said.frame), int(said.object)  # numpy's too
        self.features(clip, frame)
        anew = said.mask is not None or not self.model.network.mends
        earlier = None if anew else self.known(clip, frame, [one]).get(one)
        walk = clip.trail.covering(frame, one)
        before = replace(self._nothing_yet(clip), frame=frame)
        if walk is not None:
            pins = {place: pin for place, pin in clip.settled.items() if place[1] == one}
            before = self._seated(self._visit(clip, walk, frame).before, [one], pins, walk.step)
        with self.compute.autocast():
            features, before = self._seen(clip, frame, before)
            prompt = to_batch([said], clip.fit, logits_size(features), self.compute.device)
            if earlier is not None:
                prompt = replace(prompt, earlier=earlier * self.model.spec.temperature)
            prediction, after = self.model.step(
                features,
                before,
                prompt,
                recall=walk is not None,
                memorise=True,
            )
        clip.fresh[frame, one] = pin_from(after, said, _by_object(prediction)[one])
        if one not in clip.objects:
            clip.objects.append(one)

    def walk(self, clip: Tracking, start: int, step: int) -> Iterator[tuple[int, Logits]]:
        """From frame `start` forward (`step` 1) or backward (-1) to the clip's end, what is said of all objects.

        Raises:
            PromptError: there is no frame `start`.
            UsageError: what is settled has changed since the walk began.
        """
        self.features(clip, start)
        walk, state = self._set_out(clip, start, step)
        edition, frame = clip.edition, start
        while frame >= 0 and clip.album.at(frame) is not None:
            clip.trail.note(walk, state)
            logits, state = self._track(clip, frame, state)
            walk.came_to(state.frame, frame)
            said = {one: pin.logits for (t, one), pin in clip.settled.items() if t == frame}
            yield frame, logits | said
            if clip.edition != edition:
                raise UsageError("The prompts have changed since this propagation began. Begin another.")
            frame += step

    @torch.inference_mode()
    def known(self, clip: Tracking, frame: int, objects: Iterable[int]) -> Logits:
        """What was last said or tracked of `objects` on a frame; those of which nothing is known are not in it."""
        found = {}
        for one in objects:
            pin, walk = clip.pin(frame, one), clip.trail.covering(frame, one)
            if pin is not None:
                found[one] = pin.logits
            elif walk is not None:
                found[one] = self._visit(clip, walk, frame).logits[one]
        return found

    @torch.inference_mode()
    def large(self, clip: Tracking, logits: Mapping[int, Tensor]) -> Tensor:
        """(K, 1, H, W) of all objects in their order, at the clip's own size."""
        if not logits:
            size = (len(clip.objects), 1, *clip.fit.size)
            return torch.full(size, ABSENT, device=self.compute.device)
        absent = torch.full_like(next(iter(logits.values())), ABSENT)
        together = torch.cat([logits.get(one, absent) for one in clip.objects], dim=1)
        return rearrange(unfit(together, clip.fit), "1 k h w -> k 1 h w")

    @torch.inference_mode()
    def features(self, clip: Tracking, frame: int) -> Features:
        """Of one frame; those of the last one are kept.

        Raises:
            PromptError: the clip has no such frame.
            GeometryError: it is not of the size of the first.
        """
        if clip.seen is not None and clip.seen[0] == frame:
            return clip.seen[1]
        picture = clip.album.at(frame) if frame >= 0 else None
        if picture is None:
            raise PromptError(f"There is no frame {frame}: the clip ends before it.")
        require_size(picture, clip.fit, f"Frame {frame}")
        with self.compute.autocast():
            if clip.slices is None:
                features = self.model.encode(self._ready(clip, picture[None]))
            else:
                features = clip.slices.at(frame)
        clip.seen = (frame, features)
        return features

    def _nothing_yet(self, clip: Tracking) -> State:
        return State.start(clip.album.expected, self.cases)

    def _ready(self, clip: Tracking, frames: Tensor) -> Tensor:
        """(T, 3, H, W) as the network takes them, of frames (T, C, H, W)."""
        ready = self.model.prepare(frames.to(self.compute.device), clip.fit, clip.window)
        return ready.contiguous(memory_format=torch.channels_last)

    def _seen(self, clip: Tracking, frame: int, state: State) -> tuple[Features, State]:
        """Features of a frame on a walk, and the state that has seen it; those of an encoder that looks back along
        the walk are of that walk alone."""
        picture = clip.album.at(frame)
        if self.model.temporal is None or self.model.temporal.time != "causal" or picture is None:
            return self.features(clip, frame), state
        return self.model.encode_next(self._ready(clip, picture[None]), state)

    @torch.inference_mode()
    def _track(self, clip: Tracking, frame: int, state: State) -> tuple[Logits, State]:
        with self.compute.autocast():
            features, state = self._seen(clip, frame, state)
            prediction, after = self.model.step(features, state)
        return _by_object(prediction), after

    @torch.inference_mode()
    def _set_out(self, clip: Tracking, start: int, step: int) -> tuple[Walk, State]:
        """A walk from `start`, or the last one where it is the same and is only gone on with."""
        last = clip.trail.walks[-1] if clip.trail.walks else None
        if last is not None and (last.step, last.edition) == (step, clip.edition) and last.reaches(start):
            return last, self._reach(clip, last, last.time(start))
        before = replace(self._behind(clip, start, step), frame=time_of(start, step))
        state = self._seated(before, clip.objects, clip.settled, step)
        walk = Walk.begin(step, clip.edition, state)
        clip.trail.begin(walk)
        return walk, state

    def _behind(self, clip: Tracking, start: int, step: int) -> State:
        """What is remembered of the frames before `start`, of the newest walk that came through them."""
        walk = clip.trail.covering(start - step)
        if walk is None:
            return self._nothing_yet(clip)
        if walk.step == step:
            return self._reach(clip, walk, walk.time(start))
        # it came the other way: its memory, and its pointers, as they were when it had just gone so far
        first = walk.time(start - step)
        near = self._reach(clip, walk, min(walk.next, first + _reach(self.model.policy)))
        if self.model.pointer_policy is not None:
            far = self._reach(clip, walk, min(walk.next, first + _reach(self.model.pointer_policy)))
            near = replace(near, pointers=far.pointers)
        return turned(near)

    def _reach(self, clip: Tracking, walk: Walk, time: int) -> State:
        """The state of a walk before the frame of that time, walked to again."""
        state = walk.before(time)
        if (
            clip.visit is not None
            and clip.visit.walk is walk
            and state.frame < clip.visit.before.frame <= time
        ):
            state = clip.visit.before.fork()
        while state.frame < time:
            _, state = self._track(clip, walk.time(state.frame), state)
        return state

    def _visit(self, clip: Tracking, walk: Walk, frame: int) -> Visit:
        time = walk.time(frame)
        if clip.visit is None or clip.visit.walk is not walk or clip.visit.before.frame != time:
            before = self._reach(clip, walk, time)
            logits, _ = self._track(clip, frame, before.fork())
            clip.visit = Visit(walk, before, logits)
        return clip.visit

    def _seated(self, state: State, objects: list[int], pins: Mapping[Place, Pin], step: int) -> State:
        entries: dict[Place, tuple[Entry, Entry | None]] = {
            (time_of(frame, step), one): (pin.memory, pin.pointer) for (frame, one), pin in pins.items()
        }
        return seated(state, objects, entries, (self.model.policy, self.model.pointer_policy))


def _by_object(prediction: Prediction) -> Logits:
    return {one: prediction.logits[:, place : place + 1] for place, one in enumerate(prediction.objects, 1)}


def _reach(policy: MemoryPolicy) -> int:
    """Frames back to the last one that is read."""
    return policy.reach - 1 if isinstance(policy, Support) else policy.capacity
