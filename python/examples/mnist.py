"""Compares a linear classifier of MNIST on pixels and on codes: `mnist.py FOLDER`, where FOLDER holds the four `.gz` files."""

import gzip
import pathlib
import sys

import numpy as np
from sklearn.linear_model import LogisticRegression

from penstroke import DenoisingAutoencoder

N_LABELLED = 2_000


def read(path):
    """Reads an IDX file of bytes. The fourth byte is the number of dimensions, whose sizes follow."""
    content = gzip.decompress(path.read_bytes())
    shape = np.frombuffer(content, ">u4", count=content[3], offset=4)
    return np.frombuffer(content, np.uint8, offset=4 + 4 * len(shape)).reshape(shape[0], -1)


def main(folder):
    parts = [read(folder / f"{part}-ubyte.gz") for part in ("train-images-idx3", "train-labels-idx1")]
    images, labels = parts[0], parts[1].ravel()
    test = [read(folder / f"{part}-ubyte.gz") for part in ("t10k-images-idx3", "t10k-labels-idx1")]
    test_images, test_labels = test[0], test[1].ravel()
    # The autoencoder trains on all images, as bytes; the classifier on a few labelled ones.
    model = DenoisingAutoencoder(n_components=500, corruption="masking:0.25", max_iter=5, random_state=0).fit(images)

    def accuracy(of):
        classifier = LogisticRegression(max_iter=100).fit(of(images[:N_LABELLED]), labels[:N_LABELLED])
        return classifier.score(of(test_images), test_labels)

    pixels, code = accuracy(lambda images: images / np.float32(255)), accuracy(model.transform)
    print(f"{N_LABELLED} labels, accuracy on 10000 test images: pixels {pixels:.4f}, code {code:.4f}")
    return pixels, code


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1]))
