from segmem.cli.options import aside


def test_an_aside_is_in_nobody_s_pipe(capsys):
    aside("a line")
    assert capsys.readouterr() == ("", "a line\n")
