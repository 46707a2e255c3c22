//! Stacks, classifiers, regressors and searches.

use super::check;

#[test]
fn stacks_and_classifiers_are_checked() {
    check(&[
        (
            "fit strokes --layers 3,4,5 --corruption none,masking:0.1 --out m",
            "--corruption: 2 values for 3 layers; give one value, or one for each layer",
        ),
        (
            "fit strokes --epochs 2,3 --out m",
            "--epochs: 2 values for 1 layer; give one value, or one for each layer",
        ),
        ("fit strokes --layers 3,0 --out m", "layer 2: --hidden: 0 units; at least 1 is needed"),
        ("fit strokes --layers 3 --epochs 0 --out m", "--epochs: 0; at least 1 is needed"),
        (
            "fit strokes --layers 3,4 --epochs 0,2 --end-to-end 3 --out m",
            "--epochs: 0 for some layers; give 0 for all layers, or at least 1 for each\n",
        ),
        ("finetune strokes --layers 3,0 --out m", "layer 2: hidden: 0 units; at least 1 is needed"),
        (
            "finetune strokes --samples 60 --layers 3 --patience 2 --valid 0 --out m",
            "--patience: needs samples set aside",
        ),
        ("fit strokes --samples 60 --layers 3,2 --from model --out m", "--hidden: is fixed by the weights"),
        ("finetune strokes --layers 3 --dropout 1 --out m", "--dropout: probability 1 is outside 0..1"),
        ("finetune strokes --layers 3 --max-norm 0 --out m", "--max-norm: 0 is not a finite number above 0"),
        ("finetune strokes --layers 3 --patience 0 --out m", "--patience: 0 epochs; at least 1 is needed"),
        (
            "finetune strokes --layers 3 --label-smoothing 2 --out m",
            "--label-smoothing: share 2 is outside 0..1",
        ),
        (
            "finetune strokes --layers 3 --pretrain 1 --pretrain-corruption none,none --out m",
            "--pretrain-corruption: 2 values for 1 layer; give one value, or one for each layer",
        ),
    ]);
}

#[test]
fn targets_predictions_and_searches_are_checked() {
    check(&[
        (
            "finetune rows.npy --layers 3 --targets few.npy --out m",
            "few.npy: 2 rows for 4 samples; give one row per sample, in their order",
        ),
        (
            "finetune rows.npy --layers 3 --targets nan.npy --out m",
            "nan.npy: row 1, column 0 (from 0) is NaN; every target must be finite",
        ),
        (
            "finetune rows.npy --layers 3 --targets absent --out m",
            "rows.npy: is not a table with columns of targets, and no file is named absent\n",
        ),
        ("finetune rows.npy --layers 3 --targets absent.npy --out m", "absent.npy: no such file or folder"),
        (
            "finetune rows.npy --from patches --targets few.npy --out m",
            "--targets: belong to whole samples, but the model was trained on patches of them\n",
        ),
        (
            "finetune rows.npy --layers 3 --targets few.npy --labels 3 --out m",
            "finetune: the argument '--targets <COLUMN,..|FILE>' cannot be used with '--labels <N>'",
        ),
        (
            "finetune rows.npy --layers 3 --targets few.npy --samples 3 --out m",
            "finetune: the argument '--targets <COLUMN,..|FILE>' cannot be used with '--samples <N>'",
        ),
        (
            "finetune rows.npy --layers 3 --targets few.npy --label-smoothing 0.1 --out m",
            "finetune: the argument '--targets <COLUMN,..|FILE>' cannot be used with '--label-smoothing <E>'",
        ),
        ("finetune rows.npy --layers 3 --out m", "rows.npy: has no labels; strokes, mnist"),
        ("finetune strokes --samples 60 --layers 3 --labels 90 --out m", "labels: 90 labels are 9 of class"),
        ("finetune strokes --from absent --out m", "absent: "),
        (
            "predict model strokes --out c.npy",
            "model: holds a model of kind \"autoencoder\", a classifier or a regressor is needed; train one with penstroke finetune",
        ),
        (
            "predict classes strokes --targets few.npy --out c.npy",
            "--targets: need a regressor, but the model is a classifier; leave it out\n",
        ),
        ("predict model strokes --out c.txt", "c.txt: the file name must end in .npy or .csv or .parquet"),
        (
            "encode model strokes --layer 2 --samples 9 --out c.npy",
            "--layer: 2 is not one of the model's layers, 1 to 1",
        ),
        (
            "encode model strokes --layer 0 --samples 9 --out c.npy",
            "--layer: 0 is not one of the model's layers, 1 to 1",
        ),
        ("search strokes --hidden 0 --out s", "--hidden: 0 units; at least 1 is needed"),
        ("search strokes --hidden 3,3 --out s", "--hidden: 3 is listed twice"),
        ("search strokes --budget 3 --out s", "--budget: \"3\" is not a time; examples are 90s, 10m and 2h"),
        (
            "search strokes --samples 60 --valid 1 --out s",
            "--valid: share 1 is not between 0 and 1; 0.1 is usual\n",
        ),
        ("search rows.npy --out s", "rows.npy: has no labels"),
        (
            "data make strokes -n 5 --out z.npy --labels z.npy",
            "--labels: is also the file of the samples; give another name\n",
        ),
        (
            "fit rows.npy --hidden 2 --epochs 1 --out -",
            "--out: a model cannot be written to standard output; give a file name\n",
        ),
        (
            "fit rows.npy --hidden 2 --epochs 1 --log - --out m",
            "--log: standard output is for the summary; give a file name\n",
        ),
        (
            "fit rows.npy --config a.toml --config b.toml --out m",
            "--config: is given twice; put all options into one file\n",
        ),
        (
            "fit rows.npy --hidden 2 --end-to-end 5 --out m",
            "fit: the argument '--hidden <N>' cannot be used with '--end-to-end <N>'",
        ),
        (
            "fit rows.npy --hidden 2 --emphasis -1,1 --out m",
            "--emphasis: weights -1 and 1 must be finite and at least 0",
        ),
        (
            "fit rows.npy --hidden 2 --corruption mask:0.05..0.6 --out m",
            "--corruption: mask needs a table with cells of several kinds; use masking:0.3 for pictures and arrays",
        ),
        ("search strokes --corruption none,none --out s", "--corruption: none is listed twice\n"),
        (
            "search strokes --samples 60 --out rows.npy",
            "rows.npy: already exists and is not a folder; give another name\n",
        ),
        ("search strokes --seeds 0 --out s", "--seeds: 0; at least 1 is needed"),
    ]);
}
