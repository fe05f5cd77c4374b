"""From a preset's name, a file of changes and `key=value` pairs to checked settings."""

import re
import types
from collections.abc import Mapping, Sequence
from importlib import resources
from pathlib import Path
from typing import Any, TypeVar, Union, get_args, get_origin

import yaml
from pydantic import BaseModel, ValidationError

from segmem.core.errors import InputError, SettingsError, nearest
from segmem.train.settings import TrainSettings

Tree = dict[str, Any]


def preset_names() -> list[str]:
    """The presets that come with the package."""
    folder = resources.files("segmem.presets")
    return sorted(
        entry.name.removesuffix(".yaml") for entry in folder.iterdir() if entry.name.endswith(".yaml")
    )


def load_settings(
    preset: str | Path | None, config: Path | None = None, changes: Sequence[str] = ()
) -> TrainSettings:
    """Settings of a preset, changed first by a YAML file, then by `key=value` pairs.

    Args:
        preset: a name of `preset_names`, or a YAML file; None begins with the defaults.
        config: a YAML file of what is different; mappings are merged, lists replaced.
        changes: such as `seed=3`, `model.tmam.pool=2` or `stages.0.steps=400`; the value is YAML.

    Raises:
        SettingsError: an unknown preset or key (the nearest is named), or a bad value.
        InputError: a file that cannot be read.
    """
    tree = {} if preset is None else preset_tree(preset)
    if config is not None:
        tree = merged(tree, read_tree(config))
    return check(changed(tree, changes))


Checked = TypeVar("Checked", bound=BaseModel)


def check(tree: Mapping[str, Any]) -> TrainSettings:
    """Validated settings of a run.

    Raises:
        SettingsError: naming the key, what is wrong and, for an unknown key, the nearest one.
    """
    return check_as(TrainSettings, tree)


def check_as(kind: type[Checked], tree: Mapping[str, Any], where: str = "") -> Checked:
    """The same of another settings class; `where` names the file, for errors."""
    before = f"{where}: " if where else ""
    try:
        return kind.model_validate(tree)
    except ValidationError as fault:
        first = fault.errors()[0]
        place = ".".join(str(part) for part in first["loc"])
        if first["type"] == "extra_forbidden":
            hint = _nearest_key(kind, first["loc"])
            raise SettingsError(f"{before}Unknown setting {place!r}.{hint}") from None
        together = first["type"] == "value_error" and isinstance(first["input"], Mapping)
        if together or not place:  # values that do not go together say so themselves
            of = f"{place}: " if place else ""
            raise SettingsError(f"{before}{of}{first['msg'].removeprefix('Value error, ')}.") from None
        known = re.findall(r"'([^']*)'", str(first.get("ctx", {}).get("expected", "")))
        hint = nearest(str(first["input"]), known) if first["type"] == "literal_error" else ""
        raise SettingsError(
            f"{before}Setting {place!r} cannot be {first['input']!r}: {first['msg']}.{hint}"
        ) from None


def save_settings(settings: TrainSettings, path: Path) -> None:
    """Write every value, defaults included, as YAML that `load_settings` reads back."""
    text = yaml.safe_dump(settings.model_dump(mode="json"), sort_keys=False, allow_unicode=True)
    part = path.with_suffix(".part")
    part.write_text(text, encoding="utf-8")
    part.replace(path)


def preset_tree(preset: str | Path) -> Tree:
    """A preset's values as they are written, by name or YAML file.

    Raises:
        SettingsError, InputError: as `load_settings`.
    """
    if str(preset) in preset_names():
        text = resources.files("segmem.presets").joinpath(f"{preset}.yaml").read_text(encoding="utf-8")
        return _parsed(text, str(preset))
    if Path(preset).suffix in (".yaml", ".yml"):
        return read_tree(Path(preset))
    raise SettingsError(f"No preset {str(preset)!r}.{nearest(str(preset), preset_names())}")


def read_tree(path: Path) -> Tree:
    """A YAML file's values.

    Raises:
        InputError: it cannot be read.
        SettingsError: it is no YAML of keys with values.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as fault:
        raise InputError(f"{path}: settings cannot be read ({fault}). Give a YAML file.") from None
    return _parsed(text, str(path))


def _parsed(text: str, where: str) -> Tree:
    try:
        tree = yaml.safe_load(text)
    except yaml.YAMLError as fault:
        raise SettingsError(f"{where}: not YAML: {' '.join(str(fault).split())}.") from None
    if not isinstance(tree, dict):
        raise SettingsError(f"{where}: settings are keys with values, as in 'seed: 3'.")
    return tree


def merged(old: Tree, new: Tree) -> Tree:
    """The old values with the new ones over them; mappings are merged, lists replaced."""
    out = dict(old)
    for key, value in new.items():
        both = isinstance(value, dict) and isinstance(out.get(key), dict)
        out[key] = merged(out[key], value) if both else value
    return out


def changed(tree: Tree, changes: Sequence[str]) -> Tree:
    """Values with `key=value` pairs over them.

    Raises:
        SettingsError: a pair is no pair, or names no place.
    """
    for change in changes:
        tree = _changed(tree, change)
    return tree


def _changed(tree: Tree, change: str) -> Tree:
    key, equals, text = change.partition("=")
    if not equals or not key:
        raise SettingsError(f"{change!r} changes nothing; write key=value, as in seed=3.")
    try:
        value = yaml.safe_load(text)
    except yaml.YAMLError:
        raise SettingsError(f"{change!r}: {text!r} is no YAML value.") from None
    changed = _put(tree, key.split("."), value, key)
    assert isinstance(changed, dict)  # noqa: S101  the root is a mapping
    return changed


def _put(tree: Any, path: list[str], value: Any, key: str) -> Any:
    if not path:
        return value
    here, rest = path[0], path[1:]
    if isinstance(tree, list):
        if not here.isdecimal() or int(here) >= len(tree):
            raise SettingsError(f"{key}: {here!r} is no place of a list of {len(tree)}; places count from 0.")
        return [_put(old, rest, value, key) if i == int(here) else old for i, old in enumerate(tree)]
    known = tree if isinstance(tree, dict) else {}
    return {**known, here: _put(known.get(here), rest, value, key)}


def _nearest_key(kind: type[BaseModel], place: Sequence[int | str]) -> str:
    """The key nearest to the last part of `place`, among those its parent has."""
    owner: Any = kind
    for part in place[:-1]:
        if isinstance(part, str) and _is_settings(owner):
            owner = _plain(owner.model_fields[part].annotation)
    return nearest(str(place[-1]), list(owner.model_fields)) if _is_settings(owner) else ""


def _plain(annotation: Any) -> Any:
    """The settings class within `X | None` or `tuple[X, ...]`."""
    if get_origin(annotation) in (Union, types.UnionType, tuple):
        return next((_plain(arg) for arg in get_args(annotation) if _is_settings(_plain(arg))), annotation)
    return annotation


def _is_settings(kind: Any) -> bool:
    return isinstance(kind, type) and issubclass(kind, BaseModel)
