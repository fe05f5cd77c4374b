from contextlib import nullcontext

import pytest

from segmem.core.errors import InputError, SettingsError, UsageError
from segmem.train.claim import claim, claimed
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


def test_a_run_that_cannot_begin_leaves_its_folder_free(tmp_path, settings):
    run = tmp_path / "run"
    for expected in (False, False, True):  # mistaken twice, then right
        with pytest.raises(InputError) if not expected else nullcontext(), claimed(settings, run, False):
            assert (run / "settings.yaml").is_file()
            if not expected:
                raise InputError("no such data")
        assert run.exists() == expected


def test_what_else_is_in_the_folder_stays(tmp_path, settings):
    (tmp_path / "cache").mkdir()
    with pytest.raises(InputError), claimed(settings, tmp_path, resume=False):
        raise InputError("no such data")
    assert [path.name for path in tmp_path.iterdir()] == ["cache"]


def test_a_resumed_run_that_cannot_go_on_stays_a_run(tmp_path, settings):
    claim(settings, tmp_path, resume=False)
    with pytest.raises(InputError), claimed(settings, tmp_path, resume=True):
        raise InputError("its data is gone")
    assert (tmp_path / "settings.yaml").is_file()
