"""Training with threads, forks and interruptions, and its memory."""

import multiprocessing
import os
import signal
import subprocess
import sys
import textwrap
import threading
import time

import numpy as np
import pytest

import penstroke
from penstroke import DenoisingAutoencoder, DenoisingClassifier


def model(**parameters):
    return DenoisingAutoencoder(**{"n_components": 20, "max_iter": 4, "random_state": 0} | parameters)


def test_ctrl_c_keeps_what_has_been_learned():
    X = np.random.default_rng(0).random((20_000, 100), dtype=np.float32)
    long = DenoisingAutoencoder(n_components=50, max_iter=300, tol=None, random_state=0, n_jobs=2)
    main, begun = threading.get_ident(), []

    def interrupt(event):
        # As a terminal does on Ctrl-C, once training runs.
        if event.epoch == 1:
            begun.append(time.monotonic())
            signal.pthread_kill(main, signal.SIGINT)

    long.callbacks = interrupt
    # A shell makes background processes ignore SIGINT, and Python inherits that.
    handler = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        with pytest.raises(KeyboardInterrupt):
            long.fit(X)
    finally:
        signal.signal(signal.SIGINT, handler)
    assert begun and long.transform(X[:5]).shape == (5, 50) and 1 <= long.n_iter_ < 300
    long.callbacks = None
    long.partial_fit(X[:1000])


@pytest.fixture(scope="module")
def large():
    """Models that take seconds to apply to the samples, which are returned with their codes."""
    few = np.random.default_rng(0).random((2, 2000), dtype=np.float32)
    fitted = DenoisingAutoencoder(5000, max_iter=1, random_state=0).fit(few)
    classifier = DenoisingClassifier((5000,), max_iter=1, pretrain_max_iter=0, random_state=0).fit(few, [0, 1])
    return fitted, classifier, np.tile(few, (5000, 1)), np.tile(fitted.transform(few), (5000, 1))


@pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="needs a timer that raises a signal")
@pytest.mark.parametrize("method", ["transform", "inverse_transform", "reconstruct", "score", "predict", "corrupt"])
def test_ctrl_c_ends_whatever_runs(large, method):
    fitted, classifier, X, codes = large
    calls = {
        "inverse_transform": lambda: fitted.inverse_transform(codes),
        "predict": lambda: classifier.predict(X),
        "corrupt": lambda: [penstroke.corrupt(X, "gaussian:0.1", random_state=k) for k in range(10_000)],
    }
    handler = signal.signal(signal.SIGALRM, signal.default_int_handler)
    try:
        signal.setitimer(signal.ITIMER_REAL, 0.1)
        with pytest.raises(KeyboardInterrupt):
            calls.get(method, lambda: getattr(fitted, method)(X))()
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, handler)
    # Nothing of it stays behind.
    assert fitted.transform(X[:2]).shape == (2, 5000)


def test_other_threads_run_while_a_model_trains():
    X = np.random.default_rng(0).random((20_000, 100), dtype=np.float32)
    stop, counted = threading.Event(), []

    def count():
        while not stop.is_set():
            counted.append(1)
            time.sleep(0.001)

    counter = threading.Thread(target=count)
    trained = []
    trainer = threading.Thread(
        target=lambda: trained.append(DenoisingAutoencoder(200, max_iter=5, random_state=0, n_jobs=1).fit(X))
    )
    counter.start()
    trainer.start()
    trainer.join()
    stop.set()
    counter.join()
    assert trained and len(counted) > 10


def test_models_train_in_several_threads_at_once(digits):
    alone, results = model().fit(digits[0]), [None] * 4

    def work(k):
        results[k] = model().fit(digits[0])._model.to_bytes()

    threads = [threading.Thread(target=work, args=(k,)) for k in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert results == [alone._model.to_bytes()] * 4


def fit_again(bytes_):
    """Train in a process that was forked after training."""
    X = np.random.default_rng(0).random((500, 20), dtype=np.float32)
    return DenoisingAutoencoder(8, max_iter=3, random_state=0, n_jobs=2).fit(X)._model.to_bytes() == bytes_


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system cannot fork")
def test_a_forked_process_trains_to_the_same_bytes():
    X = np.random.default_rng(0).random((500, 20), dtype=np.float32)
    parent = DenoisingAutoencoder(8, max_iter=3, random_state=0, n_jobs=2).fit(X)._model.to_bytes()
    with multiprocessing.get_context("fork").Pool(2) as pool:
        assert pool.map_async(fit_again, [parent] * 4).get(timeout=300) == [True] * 4


@pytest.mark.skipif(sys.platform != "linux", reason="the address space is read from /proc")
def test_an_array_in_c_order_is_not_copied():
    # The peak of mapped addresses, not of resident memory, which a busy system may swap out.
    program = textwrap.dedent("""
        import sys
        import numpy as np
        from penstroke import DenoisingAutoencoder, DenoisingClassifier

        def peak():
            with open("/proc/self/status") as status:
                return next(int(line.split()[1]) * 1024 for line in status if line.startswith("VmPeak:"))

        kind = sys.argv[1]
        X = np.zeros((200_000, 256), np.uint8 if kind == "bytes" else np.float32)
        X[:, :128] = 1
        y = np.arange(len(X)) % 2
        if kind == "classifier":
            # Every third sample has no label.
            y[::3] = -1

        def work(X, y):
            if kind == "classifier":
                DenoisingClassifier(4, pretrain_max_iter=1, max_iter=1, batch_size=1000, n_jobs=1).fit(X, y)
            else:
                DenoisingAutoencoder(4, max_iter=1, n_jobs=1).fit(X[:, ::-1] if kind == "copied" else X).transform(X)

        # The first training maps threads and buffers once.
        work(X[:1000], y[:1000])
        before = peak()
        work(X, y)
        print((peak() - before) / X.nbytes)
    """)

    def growth(kind):
        done = subprocess.run([sys.executable, "-c", program, kind], capture_output=True, text=True, check=True)
        return float(done.stdout)

    # Codes take 1.6 % of 205 MB; a copy would take 100 %.
    assert growth("floats") < 0.1
    # Codes take 6.3 % of 51 MB; floats would take 400 %.
    assert growth("bytes") < 0.2
    assert growth("copied") > 0.9
    assert growth("classifier") < 0.1
