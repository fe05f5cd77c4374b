from labelled import decoded
from nano import nano
from segmem.train.temperature import validation_pixels


def test_pixels_come_from_labelled_frames_with_their_labels():
    case = decoded("a", 4, labelled=[1, 3])
    logits, labels = validation_pixels(nano(), [case], False, None, pixels=400)
    assert logits.shape == (len(labels), 3)
    assert 380 <= len(labels) <= 450
    assert 0.2 < float((labels == 1).float().mean()) < 0.3
