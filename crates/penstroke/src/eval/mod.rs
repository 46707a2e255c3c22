//! Measuring what was learned: probe, PCA, the best linear denoiser, filter statistics.
