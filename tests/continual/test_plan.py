from pathlib import Path

import pytest
import yaml

from segmem.continual.plan import load_stream, run_settings
from segmem.core.errors import SettingsError

TASK = {"name": "a", "source": {"path": "p"}, "steps": 7}


def written(tmp_path, **values):
    path = tmp_path / "stream.yaml"
    path.write_text(yaml.safe_dump({"tasks": [TASK], **values}))
    return path


def test_each_task_is_a_stage_that_draws_from_its_own_source(stream):
    made = run_settings(stream(seed=3))
    assert [stage.name for stage in made.stages] == ["first", "second"]
    assert [stage.sources for stage in made.stages] == [("first",), ("second",)]
    assert [source.name for source in made.data.sources] == ["first", "second"]
    assert made.data.sources[0].prompts.jitter == 20
    assert made.seed == 3


def test_joint_is_one_stage_of_all_sources_and_as_many_steps(stream):
    (stage,) = run_settings(stream(strategy="joint")).stages
    assert (stage.steps, stage.sources) == (12, ("first", "second"))


def test_stage_and_settings_are_changed_by_the_stream(stream):
    made = run_settings(stream(stage={"batch": 5}, settings={"data": {"test_limit": 2}, "threads": 1}))
    assert {stage.batch for stage in made.stages} == {5}
    assert made.data.test_limit == 2
    assert made.data.features.moving == 0
    assert made.threads == 1


def test_the_presets_own_sources_and_validation_are_left_out():
    from segmem.continual.settings import StreamSettings

    made = run_settings(StreamSettings.model_validate({"tasks": [TASK]}))
    assert [source.path for source in made.data.sources] == ["p"]
    assert made.data.validation == ()
    assert made.model.name == "samed2-litemedsam"


def test_pairs_change_a_stream_file(tmp_path):
    made = load_stream(written(tmp_path), ["strategy=bank", "tasks.0.steps=3", "bank.capacity=9"])
    assert (made.strategy, made.tasks[0].steps, made.bank.capacity) == ("bank", 3, 9)


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"strategy": "banc"}, r"stream\.yaml: Setting 'strategy' cannot be 'banc'.* Did you mean 'bank'\?"),
        ({"strategyy": "bank"}, r"Unknown setting 'strategyy'\. Did you mean 'strategy'\?"),
        ({"ewc": {"wieght": 2}}, r"Unknown setting 'ewc\.wieght'\. Did you mean 'weight'\?"),
        ({"tasks": [TASK, TASK]}, r"stream\.yaml: task 'a' is named twice"),
        ({"tasks": [{**TASK, "sauce": 1}]}, r"Unknown setting 'tasks\.0\.sauce'\. Did you mean 'source'\?"),
    ],
)
def test_what_a_stream_cannot_say_is_answered_clearly(tmp_path, values, words):
    with pytest.raises(SettingsError, match=words):
        load_stream(written(tmp_path, **values))


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"preset": "nano"}, "Tasks are learnt by promptable"),
        ({"preset": "samed2-litemedsm"}, "Did you mean 'samed2-litemedsam'"),
        ({"settings": {"devices": 2}}, "one process"),
        ({"stage": {"bach": 2}}, r"stages\.0\.bach.*Did you mean 'batch'"),
    ],
)
def test_a_run_that_cannot_be_is_refused(stream, values, words):
    with pytest.raises(SettingsError, match=words):
        run_settings(stream(**values))


def test_noise_goes_to_every_task_and_a_limit_to_its_own(tmp_path):
    other = {"name": "b", "source": {"path": "q", "noise": 0.0}}
    path = written(tmp_path, tasks=[TASK, other])
    made = run_settings(load_stream(path, ["settings.data.noise=0.4", "tasks.0.source.limit=4"]))
    assert made.data.noise == 0.4
    assert [source.noise for source in made.data.sources] == [None, 0.0]
    assert [source.limit for source in made.data.sources] == [4, None]


STREAMS = Path(__file__).parents[2] / "benchmarks" / "continual"


@pytest.mark.parametrize("path", sorted(STREAMS.glob("*.yaml")), ids=lambda path: path.stem)
def test_the_streams_that_come_with_the_project_are_valid(path):
    stream = load_stream(path)
    assert len(run_settings(stream).data.sources) == len(stream.tasks)


@pytest.mark.parametrize("name", ["seven", "few_shot"])
def test_the_streams_that_come_with_the_project_can_be_learnt_by_reading_other_cases(name):
    path = STREAMS / f"{name}.yaml"
    changes = [
        "strategy=memory",
        "preset=samed2-litemedsam-cases",
        "stage.prompted.parts=[prompts, decoder, attention, cases]",
    ]
    made = run_settings(load_stream(path, changes))
    assert made.model.samed2.cases.capacity == 640
    assert all("cases" in stage.prompted.parts for stage in made.stages)
