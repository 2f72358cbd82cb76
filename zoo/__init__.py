"""The papers' experiments: configs, benchmarks, results, and the programs by name."""

import tfmix_cli

tfmix_cli.import_quietly()
