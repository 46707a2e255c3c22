"""The type hints of the package, checked by mypy."""

import subprocess
import sys
import textwrap

import pytest

from conftest import ROOT

pytest.importorskip("mypy")


def mypy(folder, *words):
    options = ["--config-file", ROOT / "pyproject.toml", "--cache-dir", folder / "cache"]
    return subprocess.run([sys.executable, "-m", "mypy", *options, *words], capture_output=True, text=True).stdout


def test_the_package_passes_mypy(tmp_path):
    assert mypy(tmp_path, "-p", "penstroke").startswith("Success")


def test_mypy_infers_results_and_finds_mistakes(tmp_path):
    program = tmp_path / "program.py"
    program.write_text(
        textwrap.dedent("""\
            import numpy as np
            from penstroke import DenoisingAutoencoder, DenoisingClassifier, DenoisingRegressor, Event, StackedDenoisingAutoencoder, corrupt, TableImputer, pool

            X = np.zeros((10, 4), dtype=np.float32)

            def enough(event: Event) -> bool:
                return event.loss < 1.0

            model = DenoisingAutoencoder(3, emphasis=(1.0, 0.5), image_shape=(2, 2), callbacks=[enough, print])
            reveal_type(model.fit(X).transform(corrupt(X)))
            stack = StackedDenoisingAutoencoder([3, 2], corruption=["none", "masking:0.1"], learning_rate=0.1)
            reveal_type(stack.fit(X).layers_[0].components)
            reveal_type(DenoisingClassifier().fit(X, [0, 1] * 5).predict(X))
            reveal_type(DenoisingRegressor((3,), dropout=0.1).fit(X, X[:, 0], sample_weight=X[:, 1]).predict(X))
            DenoisingAutoencoder("3")
            DenoisingAutoencoder.load("file").transform(X, 3)
            reveal_type(pool(TableImputer(n_imputations=2, missing_values=-1).fit(X).sample(X), mean="x0").terms[0].estimate)
            TableImputer(n_steps="many")
        """)
    )
    lines = [line.split(":", 2)[1:] for line in mypy(tmp_path, program).splitlines() if line.startswith(str(program))]
    found = {int(number): text for number, text in lines if "note: See" not in text}
    assert set(found) == {10, 12, 13, 14, 15, 16, 17, 18}
    assert all("numpy.ndarray" in found[number] for number in (10, 12, 13, 14))
    assert 'expected "int"' in found[15] and "Too many arguments" in found[16]
    assert "float" in found[17] and 'expected "int"' in found[18]
