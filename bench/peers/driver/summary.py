"""What the runs say: whether all train alike, medians, ratios of pairs, and the table.

A run is {"configuration", "participant", "round", "answer"}, the last as a participant printed it.
"""

import statistics

from .configurations import CONFIGURATIONS, N_SAMPLES
from .participants import PARTICIPANTS, PENSTROKE

# Losses of one epoch, averaged over rounds, may differ by this share from the participants' median. Other generators draw other
# weights, orders and masks: between seeds of one participant an epoch's loss moves by up to 0.6 % (base). A masking probability
# of 0.30 for 0.25 moves it by 7 %, a learning rate a tenth lower by 3 %.
LOSS_TOLERANCE = 0.02


class Disagreement(Exception):
    """Somebody trained something else."""


def of(runs, configuration, participant=None):
    """The answers to one configuration, by round; of every participant, or of one."""
    return [
        run
        for run in runs
        if run["configuration"] == configuration and participant in (None, run["participant"])
    ]


def samples_per_second(answer):
    """Over the median of the timed epochs."""
    return answer.get("samples_per_epoch", N_SAMPLES) / statistics.median(answer["epoch_seconds"])


def mean_losses(runs):
    """Of each epoch, averaged over runs."""
    return [statistics.fmean(losses) for losses in zip(*(run["answer"]["losses"] for run in runs))]


def check_agreement(runs, tolerance=LOSS_TOLERANCE):
    """Raises unless the losses of all who train the same network agree at every epoch."""
    for configuration in ordered(run["configuration"] for run in runs):
        losses = {}
        for participant in ordered(run["participant"] for run in of(runs, configuration)):
            if PARTICIPANTS[participant].same_network and CONFIGURATIONS[configuration].task == "train":
                losses[participant] = mean_losses(of(runs, configuration, participant))
        if len({len(each) for each in losses.values()}) > 1:
            raise Disagreement(f"{configuration}: participants report different numbers of epochs: {losses}")
        for epoch, values in enumerate(zip(*losses.values())):
            middle = statistics.median(values)
            for participant, loss in zip(losses, values):
                # Written so that a loss that is not a number disagrees.
                if not abs(loss / middle - 1) <= tolerance:
                    raise Disagreement(
                        f"{configuration}: {participant} has a mean loss of {loss:.4f} in timed epoch {epoch + 1}, "
                        f"the participants' median is {middle:.4f}; more than {tolerance:.0%} apart, so it does not train "
                        "the same network on the same data with the same schedule, and no speed is compared"
                    )


def best_peer(runs, configuration):
    """The peer with the highest median speed that does the very same, or None."""
    peers = [
        name
        for name in ordered(run["participant"] for run in of(runs, configuration))
        if name != PENSTROKE and PARTICIPANTS[name].same_network
    ]
    return max(peers, key=lambda name: median_speed(runs, configuration, name), default=None)


def median_speed(runs, configuration, participant):
    speeds = [samples_per_second(run["answer"]) for run in of(runs, configuration, participant)]
    return statistics.median(speeds) if speeds else None


def paired_ratios(runs, configuration, peer):
    """Penstroke's speed over the peer's, in each round that has both."""
    ours, theirs = (
        {run["round"]: samples_per_second(run["answer"]) for run in of(runs, configuration, name)}
        for name in (PENSTROKE, peer)
    )
    return [ours[number] / theirs[number] for number in sorted(ours.keys() & theirs.keys())]


def table(runs):
    """Markdown: median samples a second, and Penstroke's ratio to the best peer with its least and greatest round."""
    names = [name for name in PARTICIPANTS if any(run["participant"] == name for run in runs)]
    titles = [f"{name} ¹" if not PARTICIPANTS[name].same_network else name for name in names]
    rows = [["configuration", *titles, "best peer", "ratio (least to most)"]]
    for configuration in ordered(run["configuration"] for run in runs):
        speeds = [median_speed(runs, configuration, name) for name in names]
        peer = best_peer(runs, configuration)
        ratios = paired_ratios(runs, configuration, peer) if peer else []
        ratio = f"{statistics.median(ratios):.2f} ({min(ratios):.2f} to {max(ratios):.2f})" if ratios else ""
        cells = ["" if speed is None else f"{speed / 1000:.1f}" for speed in speeds]
        rows.append([configuration, *cells, peer or "", ratio])
    return markdown(rows)


def costs(runs):
    """Markdown: seconds before the first timed epoch (compiling and the warm-up epoch included) and peak memory, base network."""
    rows = [["participant", "version", "set-up, s", "peak memory, MB"]]
    for name in PARTICIPANTS:
        answers = [run["answer"] for run in of(runs, "base", name)]
        if answers:
            middle = lambda key: statistics.median(answer.get(key) or 0 for answer in answers)
            version = answers[0].get("version", "")
            rows.append([name, version, f"{middle('setup_seconds'):.1f}", f"{middle('peak_rss_bytes') / 1e6:.0f}"])
    return markdown(rows) if len(rows) > 1 else ""


def markdown(rows):
    lines = ["| " + " | ".join(row) + " |" for row in rows]
    return "\n".join([lines[0], "| --- " * len(rows[0]) + "|", *lines[1:]])


def ordered(values):
    """Each once, in the order of first appearance."""
    return list(dict.fromkeys(values))
