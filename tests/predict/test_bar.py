from rich.progress import Task
from rich.text import Text

from segmem.predict.bar import Rate, make_bar


def test_a_rate_is_unknown_before_two_frames_and_then_told():
    bar = make_bar()
    bar.add_task("v", total=10)
    task: Task = bar.tasks[0]
    assert Rate().render(task) == Text("- FPS")
    bar.start_task(task.id)
    clock = iter(range(100))
    bar.get_time = lambda: float(next(clock))
    for _ in range(4):
        bar.advance(task.id, 5)
    assert "5.0 FPS" in str(Rate().render(task))


def test_a_case_s_name_is_not_read_as_markup():
    bar = make_bar()
    bar.add_task("case [bold]7[/bold]", total=3)
    with bar.console.capture() as shown:
        bar.console.print(bar.make_tasks_table(bar.tasks))
    assert "[bold]" in shown.get()
