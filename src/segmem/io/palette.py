"""256 distinct colours for label maps: index 0 is black, the next ones can be told apart by the colour-blind."""

from colorsys import hsv_to_rgb

_SAFE = (
    (0, 0, 0),
    (230, 159, 0),
    (86, 180, 233),
    (0, 158, 115),
    (240, 228, 66),
    (0, 114, 178),
    (213, 94, 0),
    (204, 121, 167),
    (153, 153, 153),
    (136, 34, 85),
    (221, 204, 187),
)
_GOLDEN = 0.618033988749895


def _colours() -> tuple[tuple[int, int, int], ...]:
    found = dict.fromkeys(_SAFE)
    step = 0
    while len(found) < 256:
        red, green, blue = hsv_to_rgb(step * _GOLDEN % 1, 0.9 - 0.2 * (step % 3), 1.0 - 0.15 * (step % 4))
        found.setdefault((round(red * 255), round(green * 255), round(blue * 255)))
        step += 1
    return tuple(found)


PALETTE = _colours()
