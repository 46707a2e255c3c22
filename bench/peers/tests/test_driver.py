"""What the driver concludes from answers. Run from the folder above: python3 -m unittest discover tests."""

import sys
import unittest
import unittest.mock
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from driver import measure, participants, summary
from driver.configurations import CONFIGURATIONS, Schedule


def made(participant, seconds, losses=(15.8, 13.5), configuration="base", number=0):
    answer = {"epoch_seconds": list(seconds), "losses": list(losses), "samples_per_epoch": 60_000}
    return {"configuration": configuration, "participant": participant, "round": number, "answer": answer}


class Agreement(unittest.TestCase):
    def test_losses_apart_by_less_than_the_tolerance_agree(self):
        summary.check_agreement([made("penstroke", [1], [15.8, 13.5]), made("jax", [1], [15.9, 13.6])])

    def test_a_loss_beyond_the_tolerance_is_refused_with_its_name_and_epoch(self):
        runs = [made("penstroke", [1], [15.8, 14.0]), made("jax", [1]), made("burn", [1])]
        with self.assertRaisesRegex(summary.Disagreement, "base: penstroke .* timed epoch 2"):
            summary.check_agreement(runs)

    def test_a_loss_that_is_no_number_is_refused(self):
        for order in [1, -1]:
            with self.assertRaises(summary.Disagreement):
                summary.check_agreement([made("penstroke", [1], [float("nan")]), made("jax", [1], [15.8])][::order])

    def test_a_missing_epoch_is_refused(self):
        with self.assertRaisesRegex(summary.Disagreement, "numbers of epochs"):
            summary.check_agreement([made("penstroke", [1], [15.8]), made("jax", [1])])

    def test_another_network_is_not_compared(self):
        runs = [made("penstroke", [1]), made("scikit-learn", [0.1], [48.0, 40.0])]
        summary.check_agreement(runs)
        self.assertIsNone(summary.best_peer(runs, "base"))

    def test_configurations_are_compared_with_themselves_alone(self):
        summary.check_agreement([made("jax", [1]), made("jax", [1], [22.3, 19.4], "masking-0.5")])


class Ratios(unittest.TestCase):
    def test_the_speed_is_over_the_median_epoch(self):
        self.assertEqual(summary.samples_per_second(made("jax", [1.0, 9.0, 2.0])["answer"]), 30_000)

    def test_ratios_pair_runs_of_one_round_with_the_best_peer(self):
        speeds = {"penstroke": [1.0, 2.0, 1.0], "jax": [2.0, 3.0, 4.0], "burn": [9.0, 9.0, 1.0]}
        runs = [made(name, [s], number=i) for name, all in speeds.items() for i, s in enumerate(all)]
        self.assertEqual(summary.best_peer(runs, "base"), "jax")
        self.assertEqual(summary.paired_ratios(runs, "base", "jax"), [2.0, 1.5, 4.0])
        row = summary.table(runs).splitlines()[2]
        self.assertEqual(row, "| base | 60.0 | 20.0 | 6.7 | jax | 2.00 (1.50 to 4.00) |")

    def test_the_table_stands_without_penstroke(self):
        self.assertIn("| base | 30.0 | jax |  |", summary.table([made("jax", [2.0])]))


class Disturbance(unittest.TestCase):
    STAT = "cpu  {} 0 100 {} 50 0 0 {} 0 0\ncpu0 1 2 3\n"

    def test_what_others_and_the_hypervisor_took_is_foreign(self):
        before = measure.ProcessorTime.parse(self.STAT.format(1000, 5000, 0), 100)
        after = measure.ProcessorTime.parse(self.STAT.format(1700, 5200, 100), 100)
        # 10 s passed on all processors, 8 of them busy, 6 of those our own.
        self.assertAlmostEqual(measure.foreign_share(before, after, 6.0), 0.2)

    def test_unknown_stays_unknown(self):
        self.assertIsNone(measure.foreign_share(None, None, 1.0))

    def test_a_users_variables_do_not_reach_a_peer(self):
        with unittest.mock.patch.dict("os.environ", {"OMP_NUM_THREADS": "1", "HOME": "/home"}):
            self.assertNotIn("OMP_NUM_THREADS", measure.environment({}))
            self.assertEqual(measure.environment({"OMP_X": "2"})["OMP_X"], "2")
            self.assertEqual(measure.environment({})["HOME"], "/home")


class Processes(unittest.TestCase):
    def test_an_answer_is_read_and_its_disturbance_added(self):
        found = measure.measure("it", [sys.executable, "-c", "print('{\"losses\": []}')"], {})
        self.assertEqual(found["losses"], [])
        self.assertIn("foreign_share", found)

    def test_a_failure_tells_what_the_process_said(self):
        with self.assertRaisesRegex(measure.Failed, "it failed with exit code 1:\nno data"):
            measure.measure("it", [sys.executable, "-c", "raise SystemExit('no data')"], {})

    def test_what_is_not_json_is_a_failure(self):
        with self.assertRaisesRegex(measure.Failed, "was to answer with JSON"):
            measure.measure("it", [sys.executable, "-c", "print('hello')"], {})

    def test_every_participant_is_given_the_same_work(self):
        places = participants.Places(Path("/data"), Path("/environments"), Path("/penstroke"))
        schedule = Schedule(seed=7)
        for configuration in CONFIGURATIONS.values():
            for participant in participants.PARTICIPANTS.values():
                words, _ = participant.command(configuration, schedule, places)
                for option in ("hidden", "batch", "optimizer", "learning_rate", "precision"):
                    given = words[words.index("--" + option.replace("_", "-")) + 1]
                    self.assertEqual(given, str(getattr(configuration, option)), participant.name)
                self.assertEqual("--untied" in words, configuration.untied)
                self.assertEqual(words[words.index("--seed") + 1], "7")


if __name__ == "__main__":
    unittest.main()
