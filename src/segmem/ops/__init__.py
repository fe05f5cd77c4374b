"""Pure tensor functions: the model's grid and back, intensities, augmentation, drawing."""
