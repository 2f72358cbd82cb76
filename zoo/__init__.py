"""The papers' experiments: configs, benchmarks and results, and the programs by their names here."""

import tfmix_cli

tfmix_cli.import_quietly()
