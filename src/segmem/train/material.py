"""The cases of a run, decoded: what is drawn from, what validates, and the grid that clips of them share."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from segmem.core.errors import InputError, SettingsError, nearest
from segmem.data.cache import Cache, CachedCase
from segmem.data.cases import LabelledCase
from segmem.data.classes import UNKNOWN
from segmem.data.drawn import drawn_cases
from segmem.data.features import Encoder, FeatureCache
from segmem.data.label_noise import with_noise
from segmem.data.sample import Source
from segmem.data.store import Store
from segmem.ops.fit import FitSettings
from segmem.train.held_out import parted_sources
from segmem.train.labelled_classes import hidden, labelled_classes
from segmem.train.listing import chosen_split, listed
from segmem.train.settings import DataSettings, SourceSettings, TrainSettings


@dataclass(frozen=True, slots=True)
class Material:
    """Attributes:
    sources: to draw training clips from.
    validation: cases kept aside.
    tests: held-out cases by the name of their source, where they are asked for.
    """

    sources: tuple[Source, ...]
    validation: tuple[CachedCase, ...]
    tests: Mapping[str, tuple[CachedCase, ...]] = field(default_factory=dict)

    def of(
        self, groups: tuple[str, ...], names: tuple[str, ...] = (), labels: bool = True
    ) -> tuple[Source, ...]:
        """The named sources with only the cases of `groups`; all, where none is named.

        Args:
            groups: of cases; none takes all.
            names: of sources; none takes all.
            labels: whether they are learnt from, so that sources for a gate alone are left out.

        Raises:
            SettingsError: there is no such source, none is left, or no training case is of these groups.
        """
        known = [source.name for source in self.sources]
        for name in names:
            if name not in known:
                raise SettingsError(f"stages: no source {name!r}.{nearest(name, known)}")
        among = tuple(
            source
            for source in self.sources
            if (not names or source.name in names) and not (labels and source.gate_only)
        )
        if not among:
            raise SettingsError(
                "stages: every source here is gate_only, and a stage learns labels. Name a source without it."
            )
        if not groups:
            return among
        kept = [
            replace(source, cases=[case for case in source.cases if case.group in groups]) for source in among
        ]
        found = tuple(source for source in kept if source.cases)
        if not found:
            known = sorted({case.group for source in among for case in source.cases})
            raise SettingsError(
                f"stages: no training case is of {', '.join(groups)}.{nearest(groups[0], known)}"
            )
        return found


def gather(
    settings: TrainSettings,
    data_root: Path,
    store: Store,
    model: Encoder | None,
    mark: str = "",
    device: str = "cpu",
    tell: Callable[[str], None] | None = None,
    tested: bool = False,
) -> Material:
    """Find, split and decode the cases; encode them too, where features are learnt from.

    Args:
        settings: of the run.
        data_root: what the sources' paths are relative to.
        store: where decoded cases are kept.
        model: encodes them; None: it learns from frames.
        mark: names its weights.
        device: where it is.
        tell: hears a line about each source whose frames are to be encoded, which may take minutes.
        tested: whether held-out cases are decoded too, to be measured on.

    Raises:
        InputError: no cases, or none with a label.
        SettingsError: a group that does not exist; or features are wanted of a network that learns from frames.
    """
    told = [labelled_classes(source, settings) for source in settings.data.sources]
    whole = [listed(source, data_root / source.path, tell) for source in settings.data.sources]
    parted = parted_sources(settings, whole)
    found = [part.kept for part in parted]
    split = chosen_split(settings, data_root, whole, found)
    spec = settings.model
    cache = Cache(store, spec.fit, spec.intensity, _names(settings), spec.volume)
    features = _features(settings, store, model, mark, device)
    sources: list[Source] = []
    validation: list[CachedCase] = []
    tests: dict[str, tuple[CachedCase, ...]] = {}
    for source, cases, part, tells in zip(settings.data.sources, found, parted, told, strict=True):
        meaning = hidden(source.label_map, tells, len(spec.classes))
        kept = _labelled(cache.open_all(_chosen(cases, split.train), meaning, source.every), source.path)
        kept = _noisy(settings, source, kept, tell)
        # what nobody drew would be counted as found in vain
        judges = tells is None and not source.gate_only
        aside = cache.open_all(_chosen(cases, split.validation) if judges else [], meaning, source.every)
        held = cache.open_all(part.held, meaning, source.every) if tested and judges else []
        if features is not None:
            assert model is not None  # noqa: S101  `_features` has seen to it
            if tell:
                tell(f"{source.path}: the frames of {len(kept + aside + held)} cases are encoded, once")
            kept = [features.open(case, model) for case in kept]
            aside = [features.open(case, model) for case in aside]
            held = [replace(features, moving=0).open(case, model) for case in held]
        validation += aside
        name = source.name or source.path
        tests[name] = (*tests.get(name, ()), *held)
        if kept:
            sources.append(Source(kept, source.weight, name, source.prompts, tells, source.gate_only))
    sources += _drawn(settings.data, cache)
    if not sources:
        raise InputError(f"{data_root}: nothing to train on. Name data.sources, or data.synthetic.")
    return Material(tuple(sources), tuple(validation), tests)


def grid_of(sources: Sequence[Source], fit: FitSettings) -> tuple[int, int]:
    """(H, W) of clips drawn from them: the smallest that holds every frame."""
    grids = [case.fit(fit).grid for source in sources for case in source.cases]
    return max(h for h, _ in grids), max(w for _, w in grids)


def _names(settings: TrainSettings) -> tuple[str, ...]:
    """Of the classes in labels: the model's, or any object's."""
    spec = settings.model
    learning = [stage for stage in settings.stages if stage.train != "gate"]
    classes = spec.method in ("tmam", "lapg") and not all(stage.one_object for stage in learning)
    return spec.classes if classes else tuple(f"object {one}" for one in range(UNKNOWN))


def _features(
    settings: TrainSettings, store: Store, model: Encoder | None, mark: str, device: str
) -> FeatureCache | None:
    wish = settings.data.features
    if wish is None:
        return None
    if model is None:
        raise SettingsError(
            f"data.features: a network of the method {settings.model.method} learns from frames. Leave it out (~)."
        )
    return FeatureCache(store, settings.model.fit, mark, wish.augment, wish.moving, settings.seed, device)


def _chosen(cases: list[LabelledCase], among: tuple[LabelledCase, ...]) -> list[LabelledCase]:
    wanted = {id(case) for case in among}
    return [case for case in cases if id(case) in wanted]


def _labelled(cases: list[CachedCase], where: str) -> list[CachedCase]:
    kept = [case for case in cases if case.labelled.any()]
    if cases and not kept:
        raise InputError(f"{where}: not one frame of its {len(cases)} cases has a label.")
    return kept


def _noisy(
    settings: TrainSettings,
    source: SourceSettings,
    cases: list[CachedCase],
    tell: Callable[[str], None] | None,
) -> list[CachedCase]:
    share = settings.data.noise if source.noise is None else source.noise
    if not share:
        return cases
    if tell:
        tell(
            f"{source.path}: the labels of {share:.0%} of {len(cases)} training cases are made wrong (noise)"
        )
    return with_noise(cases, share, settings.seed)


def _drawn(data: DataSettings, cache: Cache) -> list[Source]:
    made = data.synthetic
    if made is None:
        return []
    cases = drawn_cases(made.count, made.frames, made.size, made.first_seed, made.hard_share)
    return [Source(cache.open_all(cases), made.weight, "synthetic")]
