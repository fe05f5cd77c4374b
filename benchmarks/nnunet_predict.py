"""nnU-Net's own prediction, one case after the other on the threads it is given; runs in nnU-Net's environment.

    python nnunet_predict.py MODEL_FOLDER INPUT_FOLDER OUTPUT_FOLDER DEVICE THREADS

Its command takes as many threads as the machine has cores, whatever it may use of them.
"""

import sys
from pathlib import Path

import torch
from nnunetv2.inference.predict_from_raw_data import nnUNetPredictor


def main() -> None:
    model, source, target, device, threads = sys.argv[1:]
    torch.set_num_threads(int(threads))
    Path(target).mkdir(parents=True, exist_ok=True)
    predictor = nnUNetPredictor(
        device=torch.device(device), perform_everything_on_device=device == "cuda", allow_tqdm=False
    )
    predictor.initialize_from_trained_model_folder(model, ("all",), "checkpoint_final.pth")
    predictor.predict_from_files_sequential(source, target, save_probabilities=False, overwrite=True)


if __name__ == "__main__":
    main()
