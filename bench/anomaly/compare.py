"""Means of measures over tables and seeds, and penstroke against each peer."""

import math
import warnings

from common import interval

MODES = ("unsupervised", "normal")
MEASURES = ("auc_roc", "auc_pr")


def by_table(results, mode, measure, method, seeds):
    """For each table that has every seed, the values by seed."""
    found = {}
    for result in results:
        if result["mode"] == mode and method in result[measure]:
            found.setdefault(result["table"], {})[result["seed"]] = result[measure][method]
    return {table: [values[seed] for seed in range(seeds)] for table, values in found.items() if len(values) == seeds}


def table_means(results, mode, measure, method, seeds):
    return {table: sum(values) / seeds for table, values in by_table(results, mode, measure, method, seeds).items()}


def mean_over_tables(results, mode, measure, method, seeds):
    """The mean over tables of the mean over seeds, and its 95 % interval over seeds."""
    columns = list(zip(*by_table(results, mode, measure, method, seeds).values()))
    return interval([sum(column) / len(column) for column in columns]) if columns else (None, None)


def line_of(results, mode, method, seeds):
    mine = [result for result in results if result["mode"] == mode]
    line = {"tables": len(by_table(results, mode, "auc_roc", method, seeds))}
    for measure in MEASURES:
        line[measure], line[f"{measure}_interval"] = mean_over_tables(results, mode, measure, method, seeds)
    line["seconds"] = sum(result["seconds"].get(method, 0) for result in mine)
    line["failed"] = sum(method in result["failed"] for result in mine)
    return line


def signed_rank(differences):
    """The two-sided p-value of Wilcoxon's signed-rank test by SciPy (differences of zero are left out; exact for few tables)."""
    from scipy.stats import wilcoxon

    if not any(differences):
        return 1.0
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found = float(wilcoxon(differences, alternative="two-sided").pvalue)
    return 1.0 if math.isnan(found) else found


def holm(values):
    """p-values corrected for their number by Holm (1979)."""
    corrected, most = {}, 0.0
    for at, name in enumerate(sorted(values, key=values.get)):
        most = max(most, min(1.0, (len(values) - at) * values[name]))
        corrected[name] = most
    return corrected


def against_peers(results, mode, methods, seeds):
    """For each measure and peer: in how many tables penstroke is better, the mean difference, and the p-values."""
    found = {}
    for measure in MEASURES:
        ours = table_means(results, mode, measure, "penstroke", seeds)
        pairs = {}
        for peer in methods:
            theirs = table_means(results, mode, measure, peer, seeds)
            differences = [ours[table] - theirs[table] for table in ours if table in theirs]
            if peer != "penstroke" and differences:
                pairs[peer] = {"tables": len(differences), "better": sum(each > 0 for each in differences),
                               "worse": sum(each < 0 for each in differences), "difference": sum(differences) / len(differences),
                               "p": signed_rank(differences)}
        for peer, value in holm({peer: pair["p"] for peer, pair in pairs.items()}).items():
            pairs[peer]["p_holm"] = value
        found[measure] = pairs
    return found


def summary_of(results, modes, methods, seeds):
    return {mode: {"methods": {method: line_of(results, mode, method, seeds) for method in methods},
                   "penstroke_against": against_peers(results, mode, methods, seeds)} for mode in modes}


def print_means(lines):
    print(f"{'method':12} {'AUC-ROC, %':24} {'AUC-PR, %':24} {'tables':>6} {'seconds':>8} {'failed':>6}")
    for method, line in lines.items():
        cells = [shown(line[measure], line[f"{measure}_interval"]) for measure in MEASURES]
        print(f"{method:12} {cells[0]:24} {cells[1]:24} {line['tables']:6} {line['seconds']:8.1f} {line['failed']:6}")


def shown(value, ends):
    if value is None:
        return "-"
    return f"{value:.2f}" + (f" ({ends[0]:.2f} to {ends[1]:.2f})" if ends else "")


def print_tables(results, mode, methods, seeds, measure):
    found = {method: table_means(results, mode, measure, method, seeds) for method in methods}
    names = list(dict.fromkeys(result["table"] for result in results if result["mode"] == mode))
    print(f"{'':18}" + "".join(f"{method:>12}" for method in methods))
    for name in names:
        print(f"{name:18}" + "".join(f"{found[method][name]:12.1f}" if name in found[method] else f"{'-':>12}" for method in methods))


def print_against(pairs):
    print(f"{'penstroke against':18} {'better':>10} {'worse':>6} {'mean difference':>16} {'p':>8} {'p, Holm':>8}")
    for peer, pair in pairs.items():
        better = f"{pair['better']} of {pair['tables']}"
        print(f"{peer:18} {better:>10} {pair['worse']:6} {pair['difference']:+16.2f} {pair['p']:8.4f} {pair['p_holm']:8.4f}")


def print_all(results, modes, methods, seeds):
    names = {"auc_roc": "AUC-ROC", "auc_pr": "AUC-PR"}
    for mode, found in summary_of(results, modes, methods, seeds).items():
        print(f"\n{mode}")
        print_means(found["methods"])
        for measure in MEASURES:
            print(f"\n{mode}, {names[measure]} of each table, %, mean over seeds")
            print_tables(results, mode, methods, seeds, measure)
            if found["penstroke_against"][measure]:
                print()
                print_against(found["penstroke_against"][measure])
