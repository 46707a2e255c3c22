"""What all estimators of this package have in common, and what the two autoencoders have."""

import json
from collections.abc import Callable
from typing import Any, Self, TypeAlias

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, ClassNamePrefixFeaturesOutMixin, TransformerMixin
from sklearn.utils.validation import check_array, check_is_fitted

from penstroke import _display, _parameters, _paths, _samples
from penstroke._parameters import in_words_of_parameters
from penstroke._penstroke import Model, check_layers
from penstroke._samples import SamplesLike
from penstroke._watch import Watch, watching

# Rows that are restored at a time where only a number each is wanted.
AT_ONCE = 4096

# Of what is learned, that which the model itself does not hold.
BESIDE_THE_MODEL = ("n_features_in_", "feature_names_in_", "classes_")

# A training with so many threads that tells this watch: the model, and what was raised meanwhile.
Training: TypeAlias = Callable[[int, Watch | None], tuple[Model, BaseException | None]]


def is_learned(name: str) -> bool:
    """Whether an attribute tells what was learned, as scikit-learn spells it."""
    return name in ("_model", "_seed") or name.endswith("_") and not name.startswith("_")


class Estimator(BaseEstimator):
    """A model of the library behind scikit-learn's interface."""

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

    def _threads(self) -> int:
        return _parameters.threads(self.n_jobs)

    def _forget(self) -> None:
        """Whatever comes of it, training anew leaves nothing of before."""
        for name in [name for name in vars(self) if is_learned(name)]:
            delattr(self, name)

    def _run(
        self, train: Training, layers: int, names: dict[str, str], layer: int = 1
    ) -> tuple[Model, BaseException | None]:
        """Trains `layers`, from `layer` on, shows how it goes, and names parameters where that fails."""
        with watching(self, layer, layers) as told, in_words_of_parameters(names):
            return train(self._threads(), told)

    def _take(self, model: Model, seed: int, raised: BaseException | None = None) -> Self:
        """Everything that is learned, out of a model; then what was raised meanwhile is."""
        self._model, self._seed = model, seed
        self._learned(json.loads(model.about()), self._tensors())
        if raised is not None:
            raise raised
        return self

    def _tensors(self) -> dict[str, NDArray[np.float32]]:
        """Copies, in which a change would change nothing."""
        tensors = self._model.tensors()
        for values in tensors.values():
            values.setflags(write=False)
        return tensors

    def _learned(self, about: dict[str, Any], tensors: dict[str, NDArray[np.float32]]) -> None:
        raise NotImplementedError

    def save(self, path: _paths.Path) -> None:
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
            If the file cannot be written; by its cause ``FileNotFoundError``, ``IsADirectoryError``, ``PermissionError`` and
            the like.
        """
        check_is_fitted(self)
        self._model.save(_paths.writable(path))

    @classmethod
    def load(cls, path: _paths.Path) -> Self:
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
            If the file cannot be read; by its cause ``FileNotFoundError``, ``IsADirectoryError``, ``PermissionError`` and the
            like.
        ValueError
            If it is no model file, or that of another kind of model.
        """
        from penstroke._files import load

        estimator = load(path)
        if type(estimator) is not cls:
            kind = type(estimator).__name__
            raise ValueError(f"{_paths.text(path)}: holds a model of {kind}; read it with {kind}.load or penstroke.load")
        return estimator

    def to_onnx(
        self, path: _paths.Path, *, what: str | None = None, layer: int | None = None, input: str = "floats"
    ) -> None:
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
        what = _parameters.optional(_parameters.word, "what", what)
        layer = _parameters.optional(_parameters.integer, "layer", layer)
        input, path = _parameters.word("input", input), _paths.writable(path)
        with in_words_of_parameters():
            self._model.to_onnx(path, what, layer, input)

    @property
    def _repr_html_(self) -> Any:
        # Raises where scikit-learn shows text alone.
        diagram = super()._repr_html_
        return lambda: diagram() + _display.fitted(self)

    def _repr_mimebundle_(self, **kwargs: Any) -> dict[str, str]:
        bundle: dict[str, str] = super()._repr_mimebundle_(**kwargs)
        if "text/html" in bundle:
            bundle["text/html"] += _display.fitted(self)
        return bundle


class Autoencoder(ClassNamePrefixFeaturesOutMixin, TransformerMixin, Estimator):
    """One autoencoder, or several on top of one another."""

    # The library's options that its estimators call otherwise.
    _names: dict[str, str]

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        # Whatever comes in, the engine computes in single precision.
        tags.transformer_tags.preserves_dtype = ["float32"]
        return tags

    def transform(self, X: SamplesLike) -> NDArray[np.float32]:
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
        return self._model.encode(rows, self._threads())

    def inverse_transform(self, X: SamplesLike) -> NDArray[np.float32]:
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

    def reconstruct(self, X: SamplesLike) -> NDArray[np.float32]:
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

    def score_samples(self, X: SamplesLike) -> NDArray[np.float64]:
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
            some = np.ascontiguousarray(_samples.some(rows, start, start + AT_ONCE))
            errors = self._model.reconstruct(some, self._threads()) - some
            scores.append(-np.square(errors, dtype=np.float64).sum(axis=1))
        return np.concatenate(scores)

    def score(self, X: SamplesLike, y: object = None) -> float:
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

    def _configs(self, seed: int, **changes: Any) -> list[str]:
        """The configuration of every layer."""
        raise NotImplementedError

    def _checked(self, seed: int, **changes: Any) -> list[str]:
        """The same, with all mistakes that show without samples."""
        configs = self._configs(seed, **changes)
        with in_words_of_parameters(self._names):
            check_layers(configs)
        return configs

    def _fit(self, X: Any, **changes: Any) -> Self:
        raise NotImplementedError

    def _partial_fit(self, X: Any) -> Self:
        """One epoch, on which nothing is set aside and which nothing ends early."""
        once = {"epochs": 1, "valid": 0.0, "patience": None, "tolerance": 0.0}
        if not hasattr(self, "_model"):
            return self._fit(X, **once)
        configs = self._checked(self._seed, **once)
        rows = self._rows(X)
        model, raised = self._run(
            lambda threads, told: self._model.train_on(configs, rows, threads, told), len(configs), self._names
        )
        # A stack that was interrupted lacks the layers above.
        return self._take(model if raised is None else self._model, self._seed, raised)

    @property
    def _n_features_out(self) -> int:
        return int(json.loads(self._model.about())["n_hidden"][-1])
