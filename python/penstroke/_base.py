"""What all estimators of this package have in common, and what the two autoencoders have."""

import json
import warnings

import numpy as np
from sklearn.base import BaseEstimator, ClassNamePrefixFeaturesOutMixin, TransformerMixin
from sklearn.utils.validation import check_array, check_is_fitted

from penstroke import _display, _samples
from penstroke._parameters import in_words_of_parameters, threads

# Rows that are restored at a time where only a number each is wanted.
AT_ONCE = 4096


class Estimator(BaseEstimator):
    """A model of the library behind scikit-learn's interface."""

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        return tags

    def _rows(self, X, reset=False):
        return _samples.validated(self, X, reset)

    def _threads(self):
        return threads(self.n_jobs)

    def save(self, path):
        """Write the model file, which is also the command line's.

        It holds weights, configuration and history, but neither names of features nor parameters that concern only this
        machine. It appears whole or not at all.

        Parameters
        ----------
        path : str or path-like
            Its extension is usually ``.safetensors``.

        Raises
        ------
        NotFittedError
            If there is nothing to write yet.
        OSError
            If the file cannot be written.
        """
        check_is_fitted(self)
        self._model.save(path)

    @classmethod
    def load(cls, path):
        """Read a model file.

        Parameters
        ----------
        path : str or path-like
            What :meth:`save` or the command line has written.

        Returns
        -------
        estimator : object
            Fitted, with the parameters that the file tells.

        Raises
        ------
        OSError
            If the file cannot be read.
        ValueError
            If it is no model file, or that of another kind of model.
        """
        from penstroke._files import load

        estimator = load(path)
        if type(estimator) is not cls:
            kind = type(estimator).__name__
            raise ValueError(f"{path}: holds a model of {kind}; read it with {kind}.load or penstroke.load")
        return estimator

    def to_onnx(self, path, *, what=None, layer=None, input="floats"):
        """Write an ONNX file, which other programs run.

        Its input is called ``samples``, its outputs are ``code``, ``reconstruction``, or ``class``, the number of the most
        probable class, and ``probabilities``.

        Parameters
        ----------
        path : str or path-like
        what : {"encoder", "reconstruction", "classifier"} or None, default=None
            None: the encoder of an autoencoder or a stack, and all of a classifier.
        layer : int or None, default=None
            The hidden layer whose code an encoder gives, from 1; None: the last.
        input : {"floats", "bytes", "prepared"}, default="floats"
            What is fed to it: float32, as `X`; uint8; or float32 that is prepared already, where the model file tells of a
            preparation.

        Raises
        ------
        NotFittedError
            If there is nothing to write yet.
        ValueError
            If the model has no such part or layer.
        OSError
            If the file cannot be written.
        """
        check_is_fitted(self)
        with in_words_of_parameters():
            self._model.to_onnx(path, what, layer, input)

    def _warn_of_preparation(self, path):
        if json.loads(self._model.about())["prepared"]:
            warnings.warn(
                f"{path}: the samples it was trained on had been cut, encoded or scaled; pass samples prepared in the same way",
                stacklevel=4,
            )

    @property
    def _repr_html_(self):
        # Raises where scikit-learn shows text alone.
        diagram = super()._repr_html_
        return lambda: diagram() + _display.fitted(self)

    def _repr_mimebundle_(self, **kwargs):
        bundle = super()._repr_mimebundle_(**kwargs)
        if "text/html" in bundle:
            bundle["text/html"] += _display.fitted(self)
        return bundle


class Autoencoder(ClassNamePrefixFeaturesOutMixin, TransformerMixin, Estimator):
    """One autoencoder, or several on top of one another."""

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        # Whatever comes in, the engine computes in single precision.
        tags.transformer_tags.preserves_dtype = ["float32"]
        return tags

    def transform(self, X):
        """Codes of clean samples.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)

        Returns
        -------
        X_new : ndarray of shape (n_samples, n_components), float32
            The activations of the hidden units, of a stack those of the top layer.

        Raises
        ------
        NotFittedError
            Before :meth:`fit`.
        ValueError
            If samples have another number of features, or values that are not finite.
        """
        check_is_fitted(self)
        rows = self._rows(X)
        return self._model.encode(rows, None, self._threads())

    def inverse_transform(self, X):
        """Reconstructions that belong to codes.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_components)
            Codes, as :meth:`transform` gives them.

        Returns
        -------
        X_original : ndarray of shape (n_samples, n_features), float32
        """
        check_is_fitted(self)
        codes = check_array(_samples.of_arrow(X), dtype=np.float32, order="C")
        with in_words_of_parameters():
            return self._model.decode(_samples.rows(codes), self._threads())

    def reconstruct(self, X):
        """Samples, taken as they are, through encoder and decoder.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)
            Clean or damaged samples.

        Returns
        -------
        X_restored : ndarray of shape (n_samples, n_features), float32
            Of uint8, which is read as value / 255, in these units.
        """
        check_is_fitted(self)
        rows = self._rows(X)
        return self._model.reconstruct(rows, self._threads())

    def score_samples(self, X):
        """How well each sample is reconstructed; low values are unusual samples.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)

        Returns
        -------
        scores : ndarray of shape (n_samples,)
            Minus the squared error of the reconstruction, summed over features, whatever loss was trained.
        """
        check_is_fitted(self)
        rows = self._rows(X)
        n, scores = _samples.n_rows(rows), []
        for start in range(0, n, AT_ONCE):
            some = _samples.rows(_samples.some(rows, start, start + AT_ONCE))
            errors = self._model.reconstruct(some, self._threads()) - some
            scores.append(-np.square(errors, dtype=np.float64).sum(axis=1))
        return np.concatenate(scores)

    def score(self, X, y=None):
        """The mean of :meth:`score_samples`.

        It is taken without corruption, so a model trained with less of it scores higher: to choose a corruption, score what
        the codes are for.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)
        y : ignored

        Returns
        -------
        score : float
            Higher is better; at most 0.
        """
        return float(self.score_samples(X).mean())

    def _take(self, model, seed):
        """Everything that is learned, out of a model."""
        self._model, self._seed = model, seed
        self._learned(json.loads(model.about()), model.tensors())
        return self

    @property
    def _n_features_out(self):
        return json.loads(self._model.about())["n_hidden"][-1]
