import pytest

from segmem.core.errors import SettingsError, UsageError
from segmem.train.claim import claim
from segmem.train.presets import load_settings


def test_a_new_run_gets_its_settings_saved(tmp_path, settings):
    claim(settings, tmp_path / "run", resume=False)
    assert load_settings(tmp_path / "run" / "settings.yaml") == settings


def test_a_folder_with_a_run_is_not_overwritten(tmp_path, settings):
    claim(settings, tmp_path, resume=False)
    with pytest.raises(UsageError, match=r"holds a run already\. Go on with --resume"):
        claim(settings, tmp_path, resume=False)


def test_nothing_to_resume_is_said_so(tmp_path, settings):
    with pytest.raises(UsageError, match="no run to resume"):
        claim(settings, tmp_path, resume=True)


def test_a_resumed_run_keeps_what_decides_the_result(tmp_path, settings):
    claim(settings, tmp_path, resume=False)
    claim(settings.model_copy(update={"threads": 3, "log_every": 9}), tmp_path, resume=True)
    with pytest.raises(SettingsError, match="begun with another 'seed'"):
        claim(settings.model_copy(update={"seed": 7}), tmp_path, resume=True)
