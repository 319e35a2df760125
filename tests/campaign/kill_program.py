"""A campaign that its test kills: prints the key of every job once its result is in the store.

Arguments: store, model, number of jobs per target, targets...
"""

from __future__ import annotations

import sys
from pathlib import Path

from harness.campaign.runner import Campaign
from harness.measure.job import Job
from harness.store import Store
from targets.catalogue import load_catalogue


def main(database: str, model: str, count: str, *targets: str) -> None:
    catalogue = load_catalogue()
    jobs = [
        Job(Path(model), catalogue.target(name), check_inputs=1, repeats=3, seed=seed)
        for seed in range(int(count))
        for name in targets
    ]
    with (
        Store.open(database) as store,
        Campaign.opened("killed", jobs, store, label="of the test") as campaign,
    ):
        for outcome in campaign.run(2, lambda _job, _what: None):
            said = f"{outcome.job.target.name} {outcome.job.seed}"
            print(
                f"failed {said}: {outcome.error}" if outcome.error else f"done {said}", flush=True
            )


if __name__ == "__main__":
    main(*sys.argv[1:])
