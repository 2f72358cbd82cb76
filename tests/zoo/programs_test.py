"""The programs as users meet them: what they leave, and one line for each mistake."""

import json
import pathlib
import shutil
import signal
import subprocess
import sys
import time

import keras
import numpy as np
import pytest
from PIL import Image

import tfmix

CONFIG = "--config=deligan_digits"
SMALL = [
    CONFIG,
    "--config.train_size=60",
    "--config.num_steps=4",
    "--config.checkpoint_every=2",
    "--config.sample_every=4",
    "--config.log_every=2",
    "--config.generator.width=4",
    "--config.discriminator.width=4",
    "--config.prior.num_components=4",
]

VALIDATED = [*SMALL, "--config.evaluate_every=2", "--config.validation_size=40"]


@pytest.fixture(scope="module")
def training(programs, tmp_path_factory):
    """What a small run printed, and its workdir."""
    workdir = tmp_path_factory.mktemp("trained") / "run"
    return programs.run("zoo.train", *VALIDATED, f"--workdir={workdir}"), workdir


@pytest.fixture(scope="module")
def trained(training):
    result, workdir = training
    assert result.code == 0, result.err
    return workdir


@pytest.fixture(scope="module")
def exported(programs, trained):
    out = trained.parent / "tiny"
    assert programs.run("zoo.export", f"--workdir={trained}", f"--out={out}").code == 0
    return out


@pytest.fixture
def pictures(tmp_path):
    """A folder of pictures, as a user has it."""
    folder = tmp_path / "pictures"
    folder.mkdir()
    for i in range(6):
        noise = np.random.default_rng(i).integers(0, 256, [20, 16 + i, 3], np.uint8)
        Image.fromarray(noise).save(folder / f"{i}.png")
    return folder


def refused(result, *said):
    """The mistake was answered in one line, with exit code 2 and no traceback."""
    assert result.code == 2, result
    assert len(result.err.splitlines()) == 1, result.err
    assert result.err.startswith("error: ")
    for each in said:
        assert each in result.err


def test_a_finished_workdir_says_so_and_is_left_alone(programs, trained):
    before = (trained / "model.keras").stat().st_mtime_ns
    result = programs.run("zoo.train", *VALIDATED, f"--workdir={trained}")
    assert result.code == 0
    assert "holds a finished run of 4 steps" in result.out
    assert (trained / "model.keras").stat().st_mtime_ns == before


def test_the_export_samples_like_the_run_it_came_from(programs, trained, exported, tmp_path):
    pictures = []
    for model in (trained, trained / "model.keras", exported, exported / "1"):
        out = tmp_path / f"{len(pictures)}.png"
        result = programs.run(
            "zoo.sample", f"--model={model}", "--num=9", "--seed=5", "--scale=0.7", f"--out={out}"
        )
        assert result.code == 0, result.err
        pictures.append(out.read_bytes())
    assert len(set(pictures)) == 1
    sampler = tfmix.models.Sampler  # what the file holds
    import keras

    loaded = keras.models.load_model(exported / "tiny.keras")
    assert type(loaded) is sampler
    assert loaded.describe()["provenance"]["config"]["dataset"] == "digits"
    zoomed = loaded.images(9, seed=5, scale=0.7).repeat(6, axis=1).repeat(6, axis=2)
    with Image.open(tmp_path / "0.png") as picture:
        np.testing.assert_array_equal(np.asarray(picture), tfmix.grid(zoomed)[..., 0])


def test_component_and_interpolation(programs, exported, tmp_path):
    import keras

    sampler = keras.models.load_model(exported / "tiny.keras")
    out = tmp_path / "way.png"
    result = programs.run(
        "zoo.sample", f"--model={exported}", "--interpolate=1,3", "--num=2", f"--out={out}"
    )
    assert result.code == 0, result.err
    with Image.open(out) as picture:
        way = np.asarray(picture)
    for component, left in ((1, 2), (3, 2 + 9 * 50)):
        ends = sampler.images(2, seed=0, component=component)[..., 0]
        np.testing.assert_array_equal(way[2:50:6, left : left + 48 : 6], ends[0])
        np.testing.assert_array_equal(way[52:100:6, left : left + 48 : 6], ends[1])


def test_a_report_is_written_and_shown(programs, exported, tmp_path):
    out = tmp_path / "report.json"
    result = programs.run(
        "zoo.evaluate", f"--model={exported}", "--seeds=0,1", "--cache=", f"--out={out}"
    )
    assert result.code == 0, result.err
    assert "fid500_digits" in result.out
    report = json.loads(out.read_text())
    assert report["model"]["provenance"]["config"]["num_steps"] == 4
    assert report["protocol"]["sampling_seeds"] == [0, 1]
    assert report["command"].startswith("python -m zoo.evaluate --model=")
    assert {"tensorflow", "keras"} <= set(report["versions"])
    page = (tmp_path / "report.md").read_text()
    assert "| fid500_digits |" in page
    assert "Left out: quality, diversity: it takes 256 real images of each class" in page
    assert "![Figures](report.png)" in page
    with Image.open(tmp_path / "report.png") as picture:
        assert min(picture.size) > 1000
    assert sum(map(sum, report["components"])) == 1000


def test_a_users_own_folder_trains_to_a_sample_grid(programs, pictures, tmp_path):
    result = programs.run(
        "zoo.train",
        *SMALL,
        "--config.train_size=0",
        f"--config.dataset=folder:{pictures}",
        "--config.image_size=12",
        f"--workdir={tmp_path / 'run'}",
    )
    assert result.code == 0, result.err
    assert (tmp_path / "run" / "samples" / "step_00000004.png").exists()


def test_real_mnist_trains(programs, tfds_dir, tmp_path):
    result = programs.run(
        "zoo.train",
        "--config=deligan_mnist",
        "--config.num_steps=2",
        "--config.generator.width=4",
        "--config.discriminator.width=4",
        f"--config.data_dir={tfds_dir}",
        f"--workdir={tmp_path / 'run'}",
    )
    assert result.code == 0, result.err
    assert (tmp_path / "run" / "model.keras").exists()


@pytest.mark.parametrize(
    ("flags", "said"),
    [
        (["--config.nosuch=1"], "no key 'nosuch'"),
        (["--config.train_size=many"], "train_size"),
        (["--config.dataset=nosuch"], "nosuch"),
        (["--config.dataset=folder:nowhere"], "nowhere"),
        (["--config.dataset=npz:nowhere.npz"], "nowhere.npz"),
        (["--config.train_size=5000"], "5000"),
        (["--config.prior.name=Cauchy"], "Cauchy"),
        (["--config.generator.depth=5"], "depth=5"),
        (["--config.optimizer.learning_rate=0.0"], "learning_rate"),
        (["--nosuchflag=1"], "nosuchflag"),
        (["stray"], "stray"),
        (["--config=zoo/configs/nosuch.py"], "nosuch.py"),
        (["--config.data_dir=nowhere", "--config.dataset=mnist"], "nowhere"),
    ],
)
def test_train_refuses_in_one_line_and_writes_nothing(programs, tmp_path, flags, said):
    workdir = tmp_path / "run"
    refused(programs.run("zoo.train", *SMALL, *flags, f"--workdir={workdir}"), said)
    assert not workdir.exists()


def test_train_needs_a_config(programs):
    refused(programs.run("zoo.train"), "--config")


def test_train_refuses_a_folder_without_images(programs, tmp_path):
    (tmp_path / "notes").mkdir()
    (tmp_path / "notes" / "readme.txt").write_text("no picture")
    flags = [f"--config.dataset=folder:{tmp_path / 'notes'}", "--config.image_size=8"]
    refused(programs.run("zoo.train", *SMALL, *flags, f"--workdir={tmp_path / 'run'}"), "notes")
    assert not (tmp_path / "run").exists()


def test_train_leaves_a_truncated_picture_out_and_says_so(programs, pictures, tmp_path):
    whole = (pictures / "3.png").read_bytes()
    (pictures / "3.png").write_bytes(whole[: len(whole) // 2])
    flags = [f"--config.dataset=folder:{pictures}", "--config.image_size=8"]
    flags += ["--config.train_size=0", f"--workdir={tmp_path / 'run'}"]
    result = programs.run("zoo.train", *SMALL, *flags)
    assert result.code == 0, result.err
    assert f"warning: 1 of 6 pictures in {pictures} cannot be read" in result.out
    assert "left out: 3.png (" in result.out


def test_train_refuses_a_workdir_of_another_config(programs, trained):
    before = (trained / "config.json").read_bytes()
    result = programs.run("zoo.train", *VALIDATED, "--config.seed=7", f"--workdir={trained}")
    refused(result, "another seed")
    assert (trained / "config.json").read_bytes() == before


def test_train_refuses_a_read_only_workdir(programs, tmp_path):
    workdir = tmp_path / "run"
    workdir.mkdir()
    workdir.chmod(0o555)
    refused(programs.run("zoo.train", *SMALL, f"--workdir={workdir}"), "read-only")
    assert not list(workdir.iterdir())


def test_divergence_exits_with_1_and_one_line(programs, tmp_path):
    result = programs.run(
        "zoo.train",
        *SMALL,
        "--config.num_steps=60",
        "--config.optimizer.learning_rate=1e38",
        f"--workdir={tmp_path / 'run'}",
    )
    assert result.code == 1
    assert len(result.err.splitlines()) == 1
    assert "Training stopped at step" in result.err


@pytest.mark.parametrize(
    ("flags", "said"),
    [
        (["--component=4"], "component lies in [0, 4)"),
        (["--label=1"], "knows no classes"),
        (["--scale=-1"], "scale"),
        (["--num=0"], "num"),
        (["--seed=4294967296"], "seed"),
        (["--interpolate=1"], "--interpolate=3,7"),
        (["--interpolate=1,9"], "component lies in [0, 4)"),
        (["--interpolate=1,2", "--component=3"], "takes no --component"),
        (["--interpolate=-1,2"], "at least 0"),
        (["--num=1000000"], "num"),
        (["--out=samples.jpg"], ".png"),
        (["--model=nosuch"], "nosuch"),
    ],
)
def test_sample_refuses_in_one_line(programs, exported, tmp_path, flags, said):
    out = tmp_path / "samples.png"
    refused(programs.run("zoo.sample", f"--model={exported}", f"--out={out}", *flags), said)
    assert not out.exists()


@pytest.mark.parametrize("program", ["zoo.sample", "zoo.evaluate"])
def test_half_a_model_is_refused_in_one_line(programs, exported, tmp_path, program):
    half = tmp_path / "half.keras"
    whole = (exported / "tiny.keras").read_bytes()
    half.write_bytes(whole[: len(whole) // 2])
    out = tmp_path / ("out.png" if program == "zoo.sample" else "out.json")
    refused(programs.run(program, f"--model={half}", f"--out={out}"), "half.keras")
    assert not out.exists()


@pytest.mark.parametrize(
    ("flags", "said"),
    [
        (["--dataset=nosuch"], "nosuch"),
        (["--dataset=folder:tests"], "folder"),
        (["--seeds=0,0"], "all different"),
        (["--seeds=a"], "--seeds"),
        (["--num=1"], "At least 2 images"),
        (["--extractor=nosuch"], "cifar10, digits"),
        (["--compare=a,b"], "either --model=NAME or --compare A B C"),
        (["stray"], "stray"),
        (["--out=report.txt"], ".json"),
    ],
)
def test_evaluate_refuses_in_one_line(programs, exported, tmp_path, flags, said):
    out = tmp_path / "report.json"
    flags = [f"--model={exported}", f"--out={out}", *flags]
    refused(programs.run("zoo.evaluate", *flags), said)
    assert not out.exists()


def test_export_refuses_what_is_no_workdir(programs, tmp_path):
    out = tmp_path / "model"
    refused(programs.run("zoo.export", f"--workdir={tmp_path}", f"--out={out}"), "no checkpoint")
    assert not out.exists()


def test_a_shipped_model_is_exported_anew(programs, tmp_path):
    out, shipped = tmp_path / "deligan_digits", tfmix.loading.find("deligan_digits").parent
    done = programs.run("zoo.export", "--model=deligan_digits", f"--out={out}")
    assert done.code == 0, done.err
    assert (out / "README.md").read_text() == (shipped / "README.md").read_text()
    assert (out / "1" / "saved_model.pb").exists()
    first, second = (keras.models.load_model(d / "deligan_digits.keras") for d in (shipped, out))
    np.testing.assert_array_equal(first.sample(3, seed=1), second.sample(3, seed=1))


def test_an_export_does_not_lose_the_clusterer(programs, tmp_path):
    out, shipped = tmp_path / "gmgan_mnist", tfmix.loading.find("gmgan_mnist").parent
    shutil.copytree(shipped, out)
    refused(programs.run("zoo.export", f"--model={out}", f"--out={out}"), "has a clusterer")
    assert not (out / "2").exists()


@pytest.mark.parametrize(
    ("flags", "said"),
    [
        ([], "Exactly one of"),
        (["--model=nowhere"], "There is no model"),
        (["--model={exported}/1"], "is a SavedModel alone"),
        (["--model={exported}", "--best"], "Leave it out"),
        (["--model={trained}"], "is the folder of a run: --workdir="),
        (["--model="], "by its name or its path. Received: nothing"),
        (["--model={exported}", "--out="], "names a folder. Received: nothing"),
    ],
)
def test_export_refuses_in_one_line(programs, trained, exported, tmp_path, flags, said):
    flags = [flag.format(exported=exported, trained=trained) for flag in flags]
    done = programs.run("zoo.export", f"--out={tmp_path / 'out'}", *flags)
    assert (done.code, said in done.err, done.err.count("\n")) == (2, True, 1), done.err
    assert not (tmp_path / "out").exists()


def test_the_best_model_is_exported_where_the_run_kept_one(programs, training, trained, tmp_path):
    assert "Step 4: val_kid" in training[0].out
    workdir, out = tmp_path / "run", tmp_path / "best"
    flags = [f"--workdir={workdir}", f"--out={out}", "--best"]
    shutil.copytree(trained, workdir)
    record = {**json.loads((workdir / "best.json").read_text()), "step": 2}
    for path in workdir.glob("best.*"):
        path.unlink()  # as in a run that is not evaluated
    refused(programs.run("zoo.export", *flags), "--best", "evaluate")
    assert not out.exists()
    # The second step is the best, whichever was.
    (workdir / "best.json").write_text(json.dumps(record))
    shutil.copy(workdir / "checkpoints" / "step_00000002.keras", workdir / "best.keras")
    result = programs.run("zoo.export", *flags)
    assert result.code == 0, result.err
    import keras

    best, model = (
        keras.models.load_model(path) for path in (out / "best.keras", workdir / "best.keras")
    )
    np.testing.assert_array_equal(best.sample(3, seed=1), model.sample(3, seed=1))
    provenance = best.describe()["provenance"]
    assert (provenance["step"], provenance["validation"]) == (2, record)
    card = (out / "README.md").read_text()
    assert "2 of 4 steps of 50 images, the best of the run by KID" in card


def test_the_card_of_a_run_that_was_stopped_says_how_far_it_came(programs, trained, tmp_path):
    workdir = tmp_path / "run"
    shutil.copytree(trained, workdir)
    config = json.loads((workdir / "config.json").read_text())
    (workdir / "config.json").write_text(json.dumps({**config, "num_steps": 9}))
    out = tmp_path / "model"
    assert programs.run("zoo.export", f"--workdir={workdir}", f"--out={out}").code == 0
    assert "4 of 9 steps" in (out / "README.md").read_text()


def test_a_bare_name_is_never_looked_up_in_the_current_folder(programs, exported, tmp_path):
    shutil.copytree(exported, tmp_path / "here")
    done = subprocess.run(
        [sys.executable, "-m", "zoo.sample", "--model=here"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 2
    assert "There is no model at" in done.stderr
    assert len(done.stderr.splitlines()) == 1


def catches(pid, signum):
    """Whether a process has set a handler for a signal, as Linux tells."""
    status = pathlib.Path(f"/proc/{pid}/status").read_text()
    (caught,) = (line.split()[1] for line in status.splitlines() if line.startswith("SigCgt"))
    return int(caught, 16) >> (signum - 1) & 1


@pytest.mark.parametrize(("signum", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_before_training_ends_in_one_line(tmp_path, signum, code):
    command = [sys.executable, "-m", "zoo.train", *SMALL, f"--workdir={tmp_path / 'run'}"]
    process = subprocess.Popen(
        command,
        stderr=subprocess.PIPE,
        text=True,
        # A shell starts what runs in its background with SIGINT ignored, and so would this.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )
    while not catches(process.pid, signal.SIGTERM):
        time.sleep(0.05)
    time.sleep(0.5)  # into the import of the library, which takes seconds
    process.send_signal(signum)
    assert process.communicate()[1] == f"error: Stopped by {signum.name}.\n"
    assert process.returncode == code
    assert not (tmp_path / "run").exists()


def test_help_shows_the_programs_purpose():
    done = subprocess.run(
        [sys.executable, "-m", "zoo.train", "--help"], capture_output=True, text=True
    )
    assert done.returncode == 0
    assert "--workdir" in done.stdout
