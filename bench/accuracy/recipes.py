"""What each line of the tables trains. `at_most` is the error, in per cent, that the line is held against.

These are usual values; none was chosen by its result yet. A better choice comes from validation samples, by `penstroke search`.
"""

# 50,000 to train and 10,000 to choose the epoch by, as in the published tables.
MNIST = {"source": "mnist", "kind": "classify"}
SPLIT = {"valid": 1 / 6}
LAYER = {"epochs": 15, "batch": 128, "valid": 0}
TUNING = {"epochs": 30, "batch": 128}


def mnist(layers, corruption, at_most, fit=None, finetune=None):
    return {**MNIST, "layers": layers, "at_most": at_most,
            "fit": {**LAYER, "corruption": corruption, **(fit or {})},
            "finetune": {**TUNING, **SPLIT, **(finetune or {})}}


def variation(name, corruption, at_most, fit=None, finetune=None):
    """Own regenerations of the sets of 2007; they have a validation part of their own."""
    source = name if name in ("rect", "rect-img", "convex") else f"mnist-{name}"
    return {"source": source, "kind": "classify", "layers": "1000,1000,1000", "at_most": at_most,
            "fit": {**LAYER, "epochs": 60, "corruption": corruption, **(fit or {})},
            "finetune": {**TUNING, "epochs": 60, **(finetune or {})}}


RECIPES = {
    "mnist-1-masking": mnist("1000", "masking:0.25", 1.57),
    "mnist-1-gaussian": mnist("1000", "gaussian:0.3", 1.18),
    "mnist-3": mnist("1000,1000,1000", "masking:0.25", 1.20),
    "mnist-3-dropout": mnist("1000,1000,1000", "masking:0.25", 0.95,
                             finetune={"dropout": 0.5, "corruption": "dropout:0.2", "max-norm": 3, "epochs": 100}),
    "basic": variation("basic", "masking:0.1", 2.84),
    "rot": variation("rot", "masking:0.25", 8.76),
    "bg-rand": variation("bg-rand", "masking:0.4", 8.52),
    "bg-img": variation("bg-img", "masking:0.25", 16.68),
    "bg-img-rot": variation("bg-img-rot", "masking:0.25", 43.76),
    "rect": variation("rect", "masking:0.1", 1.99),
    "rect-img": variation("rect-img", "masking:0.25", 21.59),
    "convex": variation("convex", "masking:0.1", 18.41),
}
RECIPES["rot-linear"] = {**RECIPES["rot"], "kind": "linear", "at_most": 10.0, "probe": {}, "finetune": None}
for n_labels in (100, 1000):
    RECIPES[f"mnist-{n_labels}-labels"] = {
        **mnist("1000", "masking:0.25", None, finetune={"epochs": 100}), "kind": "few-labels", "labels": n_labels}
