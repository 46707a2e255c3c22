//! Generated scenes with the statistics of natural images: dead leaves.
