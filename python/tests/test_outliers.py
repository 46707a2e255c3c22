"""DenoisingOutlierDetector: scores of rows and cells, thresholds, frames and gaps, files, and what it refuses."""

import inspect
import json
import pickle
import re

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.exceptions import NotFittedError

import penstroke
from penstroke import DenoisingOutlierDetector, UnusualCell
from penstroke._detector import NAMES
from penstroke._penstroke import detector_defaults

QUICK = {"n_networks": 2, "hidden_layer_sizes": (24, 24), "n_steps": 60, "random_state": 0}
# Enough to learn how the columns hang together, and too few steps to learn single rows by heart.
LEARNED = {"n_networks": 1, "hidden_layer_sizes": (32, 32), "n_steps": 300, "learning_rate": 0.003, "random_state": 0}
N = 600
# The country of this row's payment was swapped with that of another row.
SWAPPED = 77


def columns(n=N):
    """Payments: the amount and the currency follow from the country; hours have gaps, and depend on nothing."""
    rng = np.random.default_rng(5)
    country = rng.choice(["chad", "fiji", "peru"], n)
    currency = np.array([{"chad": "franc", "fiji": "dollar", "peru": "sol"}[name] for name in country], dtype=object)
    amount = np.array([{"chad": 9.0, "fiji": 3.0, "peru": 6.0}[name] for name in country]) + 0.3 * rng.normal(size=n)
    hour = [None if row % 11 == 3 else int(hour) for row, hour in enumerate(rng.integers(0, 24, n))]
    country = country.astype(object)
    if n > SWAPPED:
        country[SWAPPED] = next(name for name in country if name != country[SWAPPED])
    return {"amount": amount.tolist(), "country": country.tolist(), "currency": currency.tolist(), "hour": hour}


@pytest.fixture
def frame():
    pandas = pytest.importorskip("pandas")
    return pandas.DataFrame(columns()).astype({"hour": "Int64"})


@pytest.fixture(scope="module")
def numbers():
    X = np.random.default_rng(2).normal(size=(200, 4))
    X[::9, 1] = np.nan
    return X


def test_a_swapped_cell_makes_its_row_the_most_unusual_and_is_named_first(frame):
    detector = DenoisingOutlierDetector(**LEARNED).fit(frame)
    assert detector.score_samples(frame).argmin() == SWAPPED
    cells = detector.explain(frame.iloc[[SWAPPED, 0]], n_cells=2)
    assert [len(row) for row in cells] == [2, 2]
    cell = cells[0][0]
    swapped, usual = frame["country"][SWAPPED], {"franc": "chad", "dollar": "fiji", "sol": "peru"}[frame["currency"][SWAPPED]]
    assert isinstance(cell, UnusualCell)
    assert (cell.feature, cell.value, cell.expected, cell.low, cell.high) == ("country", swapped, usual, None, None)
    assert 0.5 < cell.probability <= 1
    scores = detector.score_cells(frame)
    assert scores.shape == frame.shape
    np.testing.assert_array_equal(np.isnan(scores), frame.isna())
    assert scores[SWAPPED].argmax() == 1 and scores[SWAPPED, 1] == cell.score > 5 * np.nanmedian(scores)


def test_numbers_are_expected_within_a_range(frame):
    detector = DenoisingOutlierDetector(**LEARNED).fit(frame)
    wrong = frame[frame["country"] == "fiji"].iloc[[0]].assign(amount=9.0)
    cell = next(cell for cell in detector.explain(wrong, n_cells=4)[0] if cell.feature == "amount")
    assert cell.value == 9.0 and cell.probability is None
    assert cell.low <= 3.0 <= cell.high < 6 and abs(cell.expected - 3) < 1
    hours = [cell for row in detector.explain(frame.head(30), n_cells=4) for cell in row if cell.feature == "hour"]
    assert len(hours) == frame["hour"].head(30).notna().sum()
    assert all(0 <= cell.low <= cell.high <= 23 and 0 <= cell.expected <= 23 for cell in hours)


def test_a_row_is_scored_alike_alone_and_among_others_and_by_any_threads(frame):
    detector = DenoisingOutlierDetector(**QUICK, n_jobs=1).fit(frame)
    scores, cells = detector.score_samples(frame), detector.score_cells(frame)
    alone = [detector.score_samples(frame.iloc[[row]])[0] for row in range(8)]
    np.testing.assert_array_equal(alone, scores[:8])
    np.testing.assert_array_equal(detector.score_cells(frame.iloc[[3]])[0], cells[3])
    assert detector.explain(frame.iloc[[3]])[0] == detector.explain(frame)[3]
    np.testing.assert_array_equal(detector.set_params(n_jobs=2).score_samples(frame), scores)
    other = DenoisingOutlierDetector(**QUICK, n_jobs=2).fit(frame)
    assert other._model.to_bytes() == detector._model.to_bytes()


def test_frames_of_all_libraries_and_any_order_give_the_same_scores(frame):
    scores = DenoisingOutlierDetector(**QUICK).fit(frame).score_samples(frame)
    for other in (pytest.importorskip("polars").DataFrame(columns()), pytest.importorskip("pyarrow").table(columns())):
        np.testing.assert_array_equal(DenoisingOutlierDetector(**QUICK).fit(other).score_samples(other), scores)
    swapped = frame[["hour", "currency", "amount", "country"]].iloc[::-1]
    np.testing.assert_array_equal(DenoisingOutlierDetector(**QUICK).fit(swapped).score_samples(swapped)[::-1], scores)
    array = np.array(list(columns().values()), dtype=object).T
    # The names x0 to x3 are in the order of the frame's, so the networks are the same.
    np.testing.assert_array_equal(DenoisingOutlierDetector(**QUICK).fit(array).score_samples(array), scores)


def test_a_missing_cell_adds_nothing_and_a_row_without_cells_is_usual(numbers):
    detector = DenoisingOutlierDetector(**QUICK).fit(numbers)
    assert detector.score_samples(np.full((1, 4), np.nan))[0] == pytest.approx(-1, abs=1e-9)
    far = numbers[[1]].copy()
    far[0, 2] = 50.0
    gone = far.copy()
    gone[0, 2] = np.nan
    assert detector.score_samples(far)[0] < 5 * detector.score_samples(gone)[0] < 0
    marked = np.where(np.isnan(numbers), -999, numbers)
    other = DenoisingOutlierDetector(**QUICK, missing_values=-999).fit(marked)
    np.testing.assert_array_equal(other.score_samples(marked), detector.score_samples(numbers))


def test_columns_without_values_and_of_names_have_no_cell_scores(frame):
    frame.insert(1, "empty", np.nan)
    frame["name"] = [f"customer {row}" for row in range(len(frame))]
    with pytest.warns(UserWarning) as told:
        detector = DenoisingOutlierDetector(**QUICK).fit(frame)
    told = [str(warning.message) for warning in told]
    assert any("X: without any value and left out: empty" in message for message in told)
    assert any("name" in message for message in told)
    scores = detector.score_cells(frame)
    assert scores.shape == (N, 6)
    assert np.isnan(scores[:, [1, 5]]).all() and not np.isnan(scores[:, [0, 2, 3]]).any()
    assert {cell.feature for row in detector.explain(frame, n_cells=9) for cell in row} == {"amount", "country", "currency", "hour"}


def test_numbers_that_are_categories_keep_their_values():
    X = np.column_stack([np.arange(60) % 3, np.arange(60) % 3 * 10.0])
    detector = DenoisingOutlierDetector(**QUICK, categorical_features=[0]).fit(X)
    assert detector.schema_[0]["categories"] == ["0", "1", "2"]
    found = {cell.expected for row in detector.explain(X, n_cells=2) for cell in row if cell.feature == "x0"}
    assert found <= {0.0, 1.0, 2.0} and all(isinstance(value, float) for value in found)
    with pytest.raises(ValueError, match="categorical_features: 5 is outside the indices 0 to 1"):
        DenoisingOutlierDetector(categorical_features=[5]).fit(X)


def test_new_categories_are_told_and_count_as_missing(frame):
    detector = DenoisingOutlierDetector(**QUICK).fit(frame)
    new, missing = frame.copy(), frame.copy()
    new.loc[0, "country"], missing.loc[0, "country"] = "mali", None
    expected = detector.score_samples(missing)
    for method in (detector.score_samples, detector.score_cells, detector.explain, detector.predict, detector.share_above):
        with pytest.warns(UserWarning, match="column country: 1 cell holds a category not seen in training") as told:
            method(new)
        assert told[0].filename == __file__
    with pytest.warns(UserWarning):
        np.testing.assert_array_equal(detector.score_samples(new), expected)


@pytest.mark.parametrize("share", [0.05, 0.1, 0.25, 0.5])
def test_contamination_is_the_share_of_outliers_among_the_learned_rows(numbers, share):
    detector = DenoisingOutlierDetector(**QUICK, contamination=share)
    labels = detector.fit_predict(numbers)
    assert (labels == -1).sum() == share * len(numbers)
    assert set(labels) == {-1, 1}
    np.testing.assert_array_equal(detector.predict(numbers), labels)
    decision = detector.decision_function(numbers)
    np.testing.assert_array_equal(decision, detector.score_samples(numbers) - detector.offset_)
    np.testing.assert_array_equal(decision < 0, labels == -1)


def test_an_automatic_threshold_lies_above_most_rows(numbers):
    detector = DenoisingOutlierDetector(**QUICK).fit(numbers)
    scores = -detector.score_samples(numbers)
    # 3 robust standard deviations of the logarithms; 0.6745 is the upper quartile of normal numbers.
    above = np.quantile(np.log(scores), 0.75) - np.median(np.log(scores))
    threshold = np.median(scores) * np.exp(3 * above / 0.6744897501960817)
    assert detector.offset_ == pytest.approx(-threshold)


def test_shares_are_those_of_the_learned_rows(numbers):
    detector = DenoisingOutlierDetector(**QUICK).fit(numbers)
    scores = detector.score_samples(numbers)
    shares = [np.mean(scores < score) for score in scores]
    np.testing.assert_array_equal(detector.share_above(numbers), shares)
    assert detector.share_above(np.full((1, 4), 100.0)) == [0.0]


def test_novelty_learns_all_rows_and_trim_says_how_many_are_left_out(numbers):
    trims = {"default": {}, "novelty": {"novelty": True}, "0.1": {"trim": 0.1}, "0": {"trim": 0.0}, "both": {"novelty": True, "trim": 0.1}}
    models = {name: DenoisingOutlierDetector(**QUICK, **parameters).fit(numbers) for name, parameters in trims.items()}
    bytes_ = {name: model._model.to_bytes() for name, model in models.items()}
    assert bytes_["default"] == bytes_["0.1"] == bytes_["both"] != bytes_["novelty"] == bytes_["0"]
    # Both predict on new rows, and both have fit_predict.
    new = np.vstack([numbers[1], [50.0] * 4])
    for model in models.values():
        assert model.predict(new).tolist() == [1, -1]
    assert len(models["novelty"].fit_predict(numbers)) == len(numbers)


def test_files_and_pickles_give_the_same_scores(frame, tmp_path):
    detector = DenoisingOutlierDetector(**QUICK).fit(frame)
    scores, cells = detector.score_samples(frame), detector.explain(frame)
    detector.save(tmp_path / "m")
    for read in (pickle.loads(pickle.dumps(detector)), penstroke.load(tmp_path / "m"), DenoisingOutlierDetector.load(tmp_path / "m")):
        assert type(read) is DenoisingOutlierDetector
        np.testing.assert_array_equal(read.score_samples(frame), scores)
        assert read.explain(frame) == cells
        assert (read.offset_, read.schema_, read.history_) == (detector.offset_, detector.schema_, detector.history_)
        np.testing.assert_array_equal(read.feature_names_in_, list(frame))
        np.testing.assert_array_equal(clone(read).fit(frame).score_samples(frame), scores)
    with pytest.raises(ValueError, match="does not hold a detector of outliers; read it with penstroke.load"):
        penstroke.TableImputer(n_networks=1, n_steps=5).fit(frame).save(tmp_path / "i")
        DenoisingOutlierDetector.load(tmp_path / "i")
    with pytest.raises(ValueError, match="does not hold an imputer"):
        penstroke.TableImputer.load(tmp_path / "m")


def test_attributes_tell_of_the_training(numbers):
    detector = DenoisingOutlierDetector(**QUICK).fit(numbers)
    assert [column["name"] for column in detector.schema_] == ["x0", "x1", "x2", "x3"]
    # Two networks of each kind.
    assert len(detector.history_) == 4
    assert all(np.isfinite(network["train_loss"]).all() and network["train_loss"] for network in detector.history_)
    assert detector.n_features_in_ == 4 and not hasattr(detector, "feature_names_in_")
    with pytest.raises(ValueError):
        detector.set_params(trim=2.0).fit(numbers)
    with pytest.raises(NotFittedError):
        detector.score_samples(numbers)


def test_few_rows_are_refused_or_told(numbers):
    with pytest.raises(ValueError, match="at least 10 samples are needed"):
        DenoisingOutlierDetector(**QUICK).fit(numbers[:9])
    with pytest.warns(UserWarning, match="10 rows are few to learn from; with fewer than 20, scores tell little"):
        DenoisingOutlierDetector(**QUICK).fit(numbers[:10])


def test_defaults_are_those_of_the_library():
    defaults = json.loads(detector_defaults())
    config = DenoisingOutlierDetector(random_state=0)._config()
    assert config == {option: defaults[option] for option in config}
    assert set(defaults) - set(NAMES) == {"levels", "mask"}
    parameters = inspect.signature(DenoisingOutlierDetector).parameters
    assert set(NAMES.values()) <= set(parameters)


def test_progress_is_shown(numbers, capsys):
    DenoisingOutlierDetector(**QUICK | {"n_steps": 2000}, verbose=1).fit(numbers)
    err = capsys.readouterr().err
    assert "2 networks" in err and "loss" in err and err.endswith("\n")


MISTAKES = [
    ({"n_networks": 0}, ValueError, "n_networks: 0 is below 1"),
    ({"n_networks": 1.5}, TypeError, "n_networks: 1.5 is not an integer"),
    ({"contamination": 0.0}, ValueError, "contamination: 0.0 is neither 'auto' nor a share above 0 and at most 0.5"),
    ({"contamination": 0.6}, ValueError, "contamination: 0.6 is neither 'auto' nor a share above 0 and at most 0.5"),
    ({"contamination": "some"}, ValueError, "contamination: 'some' is neither 'auto' nor a share above 0 and at most 0.5"),
    ({"contamination": None}, TypeError, "contamination: None is not a number"),
    ({"contamination": np.nan}, ValueError, "contamination: nan is not a finite number"),
    ({"novelty": 1}, TypeError, "novelty: 1 is neither True nor False"),
    ({"trim": 1.0}, ValueError, "trim: 1 is outside 0..1"),
    ({"trim": -0.1}, ValueError, "trim: -0.1 is outside 0..1"),
    ({"trim": "none"}, TypeError, "trim: 'none' is not a number"),
    ({"hidden_layer_sizes": ()}, ValueError, "hidden_layer_sizes: no layers; at least 1 is needed"),
    ({"hidden_layer_sizes": (8, 0)}, ValueError, "hidden_layer_sizes: 0 is below 1"),
    ({"learning_rate": 0.0}, ValueError, "learning_rate: 0 is not a finite number above 0"),
    ({"weight_decay": -1.0}, ValueError, "weight_decay: -1 is not a finite number of at least 0"),
    ({"n_steps": 0}, ValueError, "n_steps: 0 is below 1"),
    ({"batch_size": 0}, ValueError, "batch_size: 0 is below 1"),
    ({"random_state": "x"}, TypeError, "random_state: 'x' is not an integer, a RandomState or None"),
    ({"n_jobs": 0}, ValueError, "n_jobs: 0 is not allowed"),
    ({"verbose": -1}, ValueError, "verbose: -1 is below 0"),
]


@pytest.mark.parametrize(("changes", "error", "message"), MISTAKES, ids=str)
def test_wrong_parameters_are_refused(numbers, changes, error, message):
    with pytest.raises(error, match=re.escape(message)):
        DenoisingOutlierDetector(**QUICK | changes).fit(numbers)


def test_wrong_tables_are_refused(frame, numbers):
    detector = DenoisingOutlierDetector(**QUICK).fit(frame)
    with pytest.raises(ValueError, match="column 'amount' holds 'much' in row 0"):
        detector.score_samples(frame.head(1).astype({"amount": object}).assign(amount="much"))
    with pytest.raises(ValueError, match="feature names"):
        detector.predict(frame[["amount", "country", "currency"]])
    with pytest.raises(ValueError, match="infinity"):
        DenoisingOutlierDetector(**QUICK).fit(np.where(numbers > 2, np.inf, numbers))
    with pytest.raises(ValueError, match="only missing values"):
        DenoisingOutlierDetector(**QUICK).fit(np.full((20, 2), np.nan))
    with pytest.raises(ValueError, match="n_cells: 0 is below 1"):
        detector.explain(frame, n_cells=0)
    for method in ("predict", "score_samples", "decision_function", "score_cells", "explain", "share_above", "save"):
        with pytest.raises(NotFittedError):
            getattr(DenoisingOutlierDetector(), method)(frame)
