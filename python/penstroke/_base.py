"""Base classes: of all estimators, and of the two autoencoders."""

import json
from collections.abc import Callable
from typing import Any, Self, TypeAlias

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, ClassNamePrefixFeaturesOutMixin, TransformerMixin
from sklearn.utils.validation import check_array, check_is_fitted

from penstroke import _display, _parameters, _paths, _samples
from penstroke._penstroke import Model, check_layers
from penstroke._samples import SamplesLike
from penstroke._watch import Watch, watching

# Learned attributes that the compiled model does not hold.
BESIDE_THE_MODEL = ("n_features_in_", "feature_names_in_", "classes_")

# A training with a number of threads and a watch. It returns the model and the exception that stopped it, if any.
Training: TypeAlias = Callable[[int, Watch | None], tuple[Model, BaseException | None]]

# What a model computes from samples or codes, with a number of threads.
Applied: TypeAlias = Callable[[_samples.Samples, int], NDArray[Any]]


def is_learned(name: str) -> bool:
    """Whether an attribute was learned, by scikit-learn's naming convention."""
    return name in ("_model", "_seed") or name.endswith("_") and not name.startswith("_")


class Estimator(BaseEstimator):
    """A model of the library with the interface of scikit-learn."""

    _model: Model
    _seed: int
    n_features_in_: int
    feature_names_in_: NDArray[Any]

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        return tags

    def __sklearn_is_fitted__(self) -> bool:
        return hasattr(self, "_model")

    def __getstate__(self) -> dict[str, Any]:
        kept = ("_model", "_seed", *BESIDE_THE_MODEL)
        return {name: value for name, value in super().__getstate__().items() if name in kept or not is_learned(name)}

    def __setstate__(self, state: dict[str, Any]) -> None:
        super().__setstate__(state)
        if hasattr(self, "_model"):
            self._learned(json.loads(self._model.about()), self._tensors())

    def _rows(self, X: Any, reset: bool = False) -> _samples.Samples:
        return _samples.validated(self, X, reset)

    def _codes(self, X: Any) -> _samples.Samples:
        return _samples.rows(check_array(_samples.of_arrow(X), dtype=np.float32, order="C"))

    def _fitted(self) -> Model:
        """The model. `check_is_fitted` raises the error if there is none; it takes longer than encoding a small sample."""
        if not hasattr(self, "_model"):
            check_is_fitted(self)
        return self._model

    def _apply(self, apply: Applied, X: Any, checked: Callable[[Any], _samples.Samples]) -> NDArray[Any]:
        """The result of `apply` for X.

        The library checks a plain array much faster than scikit-learn, whose checks raise the error if it refuses the array.
        If features have names, scikit-learn's checks warn of samples without.
        """
        named = checked == self._rows and hasattr(self, "feature_names_in_")
        if _samples.is_plain(X) and not named:
            try:
                return apply(X, self._threads())
            except ValueError:
                pass
        return apply(checked(X), self._threads())

    def _threads(self) -> int:
        return _parameters.threads(self.n_jobs)

    def _forget(self) -> None:
        """Delete what an earlier `fit` learned, so that a `fit` that fails leaves nothing of it."""
        for name in [name for name in vars(self) if is_learned(name)]:
            delattr(self, name)

    def _run(self, train: Training, layers: int, layer: int = 1) -> tuple[Model, BaseException | None]:
        """Train layer `layer` of `layers` and those above, with progress."""
        with watching(self, layer, layers) as watch:
            return train(self._threads(), watch)

    def _take(self, model: Model, seed: int, raised: BaseException | None = None) -> Self:
        """Take the learned attributes from a model, then raise the exception that stopped its training, if any."""
        self._model, self._seed = model, seed
        self._learned(json.loads(model.about()), self._tensors())
        if raised is not None:
            raise raised
        return self

    def _tensors(self) -> dict[str, NDArray[np.float32]]:
        """Copies of the tensors, read-only because changing them would not change the model."""
        tensors = self._model.tensors()
        for values in tensors.values():
            values.setflags(write=False)
        return tensors

    def _learned(self, about: dict[str, Any], tensors: dict[str, NDArray[np.float32]]) -> None:
        raise NotImplementedError

    def save(self, path: _paths.Path) -> None:
        """Write a model file, which the command line can read too.

        It holds weights, configuration and history, but not the names of features, nor parameters such as `n_jobs` that do
        not affect the result. An error while writing leaves no partial file.

        Parameters
        ----------
        path : str or path-like
            Name of the file, usually with the extension ``.safetensors``.

        Raises
        ------
        NotFittedError
            Before :meth:`fit`.
        OSError
            If the file cannot be written: ``FileNotFoundError``, ``IsADirectoryError``, ``PermissionError`` or another.
        """
        check_is_fitted(self)
        self._model.save(_paths.writable(path))

    @classmethod
    def load(cls, path: _paths.Path) -> Self:
        """Read a model file.

        Parameters
        ----------
        path : str or path-like
            A file written by :meth:`save` or by the command line.

        Returns
        -------
        estimator : object
            A fitted estimator with the parameters in the file.

        Raises
        ------
        OSError
            If the file cannot be read: ``FileNotFoundError``, ``IsADirectoryError``, ``PermissionError`` or another.
        ValueError
            If it is not a model file, or holds another kind of model.
        """
        from penstroke._files import load

        estimator = load(path)
        if type(estimator) is not cls:
            kind = type(estimator).__name__
            raise ValueError(f"{_paths.text(path)}: holds a {kind}; read it with {kind}.load or penstroke.load")
        return estimator

    def to_onnx(
        self, path: _paths.Path, *, what: str | None = None, layer: int | None = None, input: str = "floats"
    ) -> None:
        """Write an ONNX file for other programs to run.

        Its input is called ``samples``. Its output is ``code`` for an encoder, ``reconstruction`` for a reconstruction, and
        ``class`` (the index of the most probable class) and ``probabilities`` for a classifier, and ``predictions`` for a regressor.

        Parameters
        ----------
        path : str or path-like
            Name of the file.
        what : {"encoder", "reconstruction", "classifier", "regressor"} or None, default=None
            The part of the model to write. None writes the encoder of an autoencoder or a stack, and all of a classifier or
            regressor.
        layer : int or None, default=None
            The hidden layer whose code an encoder returns, counted from 1; None takes the last.
        input : {"floats", "bytes", "prepared"}, default="floats"
            Type of the input: float32, as `X`; uint8; or, if the model file holds a preparation such as scaling, float32
            that is prepared already.

        Raises
        ------
        NotFittedError
            Before :meth:`fit`.
        ValueError
            If the model has no such part or layer.
        OSError
            If the file cannot be written.
        """
        check_is_fitted(self)
        what = _parameters.optional(_parameters.word)("what", what)
        layer = _parameters.optional(_parameters.integer)("layer", layer)
        self._model.to_onnx(_paths.writable(path), what, layer, _parameters.word("input", input))

    @property
    def _repr_html_(self) -> Any:
        # Raises if scikit-learn is set to show text only.
        diagram = super()._repr_html_
        return lambda: diagram() + _display.fitted(self)

    def _repr_mimebundle_(self, **kwargs: Any) -> dict[str, str]:
        bundle: dict[str, str] = super()._repr_mimebundle_(**kwargs)
        if "text/html" in bundle:
            bundle["text/html"] += _display.fitted(self)
        return bundle


class Autoencoder(ClassNamePrefixFeaturesOutMixin, TransformerMixin, Estimator):
    """An autoencoder or a stack of them."""

    _phase: _parameters.Phase

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        # The engine computes in single precision, whatever the type of the input.
        tags.transformer_tags.preserves_dtype = ["float32"]
        return tags

    def transform(self, X: SamplesLike) -> NDArray[np.float32]:
        """Encode samples.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)
            Samples; they are not corrupted.

        Returns
        -------
        X_new : ndarray of shape (n_samples, n_components), float32
            Codes: the activations of the hidden units, for a stack those of the top layer.

        Raises
        ------
        NotFittedError
            Before :meth:`fit`.
        ValueError
            If samples have a different number of features, or values that are not finite.
        """
        return self._apply(self._fitted().encode, X, self._rows)

    def inverse_transform(self, X: SamplesLike) -> NDArray[np.float32]:
        """Decode codes.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_components)
            Codes, as returned by :meth:`transform`.

        Returns
        -------
        X_original : ndarray of shape (n_samples, n_features), float32
            Reconstructions of the samples.
        """
        return self._apply(self._fitted().decode, X, self._codes)

    def reconstruct(self, X: SamplesLike) -> NDArray[np.float32]:
        """Encode and decode samples, without corrupting them.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)
            Clean or corrupted samples.

        Returns
        -------
        X_restored : ndarray of shape (n_samples, n_features), float32
            Reconstructions. For uint8 samples, which are read as value / 255, they have the scale of value / 255.
        """
        return self._apply(self._fitted().reconstruct, X, self._rows)

    def score_samples(self, X: SamplesLike) -> NDArray[np.float64]:
        """Score how well each sample is reconstructed; unusual samples have low scores.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)
            Samples; they are not corrupted.

        Returns
        -------
        scores : ndarray of shape (n_samples,)
            Negative squared error of the reconstruction, summed over features, whatever the training loss was.
        """
        return self._apply(self._fitted().scores, X, self._rows)

    def score(self, X: SamplesLike, y: object = None) -> float:
        """The mean of :meth:`score_samples`.

        Samples are not corrupted for the score, so a model trained with less corruption scores higher. To choose a
        corruption, score the task that uses the codes.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)
            Samples to score.
        y : ignored

        Returns
        -------
        score : float
            Higher is better; at most 0.
        """
        return float(self.score_samples(X).mean())

    def _checked(self, seed: int, **changes: Any) -> list[str]:
        """The configurations, after every check that needs no samples."""
        configs = self._phase.configs(self, seed, **changes)
        check_layers(configs, self._phase.names)
        return configs

    def _fit(self, X: Any, **changes: Any) -> Self:
        raise NotImplementedError

    def _partial_fit(self, X: Any) -> Self:
        """Train for one epoch at a constant rate, without validation samples and without early stopping."""
        once = {"epochs": 1, "valid": 0.0, "patience": None, "tolerance": 0.0, "schedule": "constant"}
        names = self._phase.names
        if not hasattr(self, "_model"):
            return self._fit(X, **once)
        configs = self._checked(self._seed, **once)
        rows = self._rows(X)
        model, raised = self._run(
            lambda threads, watch: self._model.train_on(configs, names, rows, threads, watch), len(configs)
        )
        # An interrupted stack lacks its upper layers, so the old model is kept.
        return self._take(model if raised is None else self._model, self._seed, raised)

    @property
    def _n_features_out(self) -> int:
        return self._model.n_outputs()
