"""The page of `tfmix explore` as its users meet it, in a browser without a screen."""

import base64
import io
import os
import pathlib
import re
import shutil
import signal
import socket
import subprocess
import sys
import urllib.parse

import numpy as np
import pytest
from PIL import Image

pytestmark = [pytest.mark.browser, pytest.mark.slow]
ROOT = pathlib.Path(__file__).parents[2]
# Nothing that a browser asks of its maker's servers, and no GPU.
QUIET = [
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
]
WIDE, NARROW = {"width": 1280, "height": 900}, {"width": 390, "height": 844}
PATIENCE = 30_000  # milliseconds
RECORD = """where => {  // keeps each text that a part of the page has had in `said`
    const part = document.querySelector(where);
    window.said = [];
    new MutationObserver(() => window.said.push(part.innerText))
        .observe(part, {childList: true, subtree: true, characterData: true});
}"""
CAPTION, STATUS, DESCRIBED = "#picture figcaption", "#status", "#described"


@pytest.fixture(scope="module")
def server():
    """The program, ready; `url` is what it printed."""
    pytest.importorskip("gradio", reason="the page needs Gradio: pip install 'tfmix[explore]'")
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    command = ["-m", "zoo.explore", "--model=saved_models/gmgan_mnist", f"--port={port}"]
    quiet = os.environ | {"TF_CPP_MIN_LOG_LEVEL": "3"}
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    with subprocess.Popen([sys.executable, *command], **pipes, cwd=ROOT, env=quiet) as process:
        try:
            process.url = process.stdout.readline().strip()
            assert process.url == f"http://127.0.0.1:{port}", process.stderr.read()
            yield process
        finally:
            process.kill()


@pytest.fixture(scope="module")
def chromium():
    reason = "the page's tests need Playwright: pip install 'tfmix[dev]'"
    api = pytest.importorskip("playwright.sync_api", reason=reason)
    path = shutil.which("chromium")
    if path is None:
        pytest.skip("the page's tests need a browser: apt-get install chromium")
    api.expect.set_options(timeout=PATIENCE)
    with api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=QUIET)
        yield browser
        browser.close()


@pytest.fixture
def visit(server, chromium):
    """Opens the page; in the end, it said nothing amiss and asked no other machine."""
    wrong, contexts = [], []

    def note(request):
        url = urllib.parse.urlsplit(request.url)
        if url.scheme not in ("data", "blob") and url.hostname not in ("127.0.0.1", "localhost"):
            wrong.append(request.url)

    def visit(viewport=WIDE, **how):
        contexts.append(chromium.new_context(viewport=viewport, **how))
        page = contexts[-1].new_page()
        page.set_default_timeout(PATIENCE)
        page.on("console", lambda told: told.type == "error" and wrong.append(told.text))
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.on("request", note)
        page.goto(server.url)
        says(page, CAPTION, "gmgan_mnist: 80 images")
        return page

    yield visit
    for context in contexts:
        context.close()
    assert not wrong


@pytest.fixture
def page(visit):
    return visit()


def says(page, where="body", text=""):
    """Waits until a part of the page has a text in it."""
    from playwright.sync_api import expect

    expect(page.locator(where)).to_contain_text(text)


def source(page):
    return page.locator("#picture img").get_attribute("src")


def pick(page, label, option, *said):
    """Chooses an option, and waits as `says` does; so do the next two."""
    page.get_by_label(label, exact=True).click()
    page.get_by_role("option", name=option, exact=True).click()
    says(page, *said)


def set_to(page, label, value, *said):
    page.get_by_label(label, exact=True).fill(str(value))
    says(page, *said)


def press(page, button, *said):
    page.get_by_role("button", name=button).click()
    says(page, *said)


def drop(page, path):
    """Lets a file fall on the page, as from a file manager."""
    content = base64.b64encode(path.read_bytes()).decode()
    script = """async ([name, base64]) => {
      const content = await (await fetch(`data:;base64,${base64}`)).blob();
      const transfer = new DataTransfer();
      transfer.items.add(new File([content], name, {type: 'image/png'}));
      return transfer;
    }"""
    transfer = page.evaluate_handle(script, [path.name, content])
    page.dispatch_event("#own button", "drop", {"dataTransfer": transfer})


def test_seed_and_scale_change_the_picture_and_bring_it_back(page):
    first = source(page)
    for label, there, back in (
        ("Seed", 5, 0),
        ("range slider for Seeds 0 to 999", 5, 0),
        ("range slider for Scale", 0.5, 1),
        ("number input for Scale", 0.5, 1),
    ):
        name = "seed" if "Seed" in label else "scale"
        set_to(page, label, there, CAPTION, f"{name} {there}")
        assert source(page) != first
        set_to(page, label, back, CAPTION, f"{name} {back}")
        assert source(page) == first
    press(page, "Next", CAPTION, "seed 1,")
    press(page, "Random")
    page.wait_for_function(f"!document.querySelector('{CAPTION}').innerText.includes('seed 1,')")
    set_to(page, "Seed", 1, CAPTION, "seed 1,")
    press(page, "Previous", CAPTION, "seed 0,")
    assert source(page) == first


def test_the_measured_curve_stands_beside_the_scale(page):
    says(page, "#curve", "Measured at scale 1, the nearest: quality")
    before = page.locator("#curve img").get_attribute("src")
    said = "Measured at scale 0.25, the nearest: quality"
    set_to(page, "number input for Scale", 0.3, "#curve", said)
    assert page.locator("#curve img").get_attribute("src") != before


def test_each_model_has_its_own_controls(page):
    first = source(page)
    assert not page.get_by_label("Class").is_visible()
    pick(page, "Model", "deligan_digits", CAPTION, "deligan_digits: 80 images")
    says(page, "#curve", "Nothing was measured along scale.")
    set_to(page, "range slider for First row", 40, "#picture ol", "component 40")
    pick(page, "Model", "supervised_gmgan_mnist", CAPTION, "supervised_gmgan_mnist: 80 images")
    says(page, "#picture ol", "class 9")
    pick(page, "Class", "7", CAPTION, "8 images, one row per component")
    assert page.locator("#picture li").all_inner_texts() == ["component 7\nclass 7"]
    page.get_by_label("Interpolate").check()  # which has components at its ends, and no class
    page.get_by_label("Class").wait_for(state="hidden")
    page.get_by_label("Interpolate").uncheck()
    page.get_by_label("Class").wait_for(state="visible")
    pick(page, "Model", "acgan_mnist", CAPTION, "80 images, one row per class")
    assert not page.get_by_label("Interpolate").is_visible()
    pick(page, "Model", "gmgan_mnist", CAPTION, "gmgan_mnist: 80 images, one row per component")
    assert source(page) == first


def test_it_says_that_it_computes_and_the_last_wish_counts(page):
    page.evaluate(RECORD, STATUS)  # on a busy machine a look every second may come too late
    pick(page, "Model", "pixelcnn_mnist", STATUS, "Drew 16 images")
    said = "Drawing 16 images, pixel by pixel, which takes a while…"
    assert any(said in each for each in page.evaluate("said"))
    assert page.locator(f"{STATUS} [aria-live=polite]").inner_text()
    for seed in range(1, 6):
        set_to(page, "Seed", seed)
    said = "gmgan_mnist: 80 images, one row per component, seed 5, scale 1.0"
    pick(page, "Model", "gmgan_mnist", CAPTION, said)
    says(page, STATUS, "Drew 80 images")


def test_interpolations_go_between_two_components(page):
    first = source(page)
    page.get_by_label("Interpolate").check()
    says(page, CAPTION, "64 images interpolated from component 0 to 19")
    pick(page, "To component", "3", CAPTION, "from component 0 to 3")
    set_to(page, "range slider for Images in a row", 5, CAPTION, "40 images")
    says(page, "#code pre", ".interpolate(0, 3, num=8, steps=5")
    page.get_by_label("Interpolate").uncheck()
    says(page, CAPTION, "80 images, one row per component")
    assert source(page) == first


def test_wrong_numbers_are_answered_and_the_page_lives_on(page):
    for label, value, received in (
        ("Seed", "1.5", "1.5"),
        ("Seed", "2147483648", "seed=2147483648"),
        ("Seed", "", "none"),
        ("number input for Scale", "5", "5"),
        ("number input for Scale", "", "none"),
    ):
        set_to(page, label, value, STATUS, f"Received: {received}.")
        set_to(page, label, 1, STATUS, "Drew 80 images")


def test_the_download_is_what_its_line_makes(visit, monkeypatch):
    page = visit(permissions=["clipboard-read", "clipboard-write"])
    set_to(page, "number input for Scale", 0.7, CAPTION, "scale 0.7")
    press(page, "Copy", "#code button", "Copied")
    line = page.evaluate("navigator.clipboard.readText()")
    with page.expect_download() as download:
        page.get_by_role("link", name="Download PNG").click()
    assert download.value.suggested_filename == "gmgan_mnist_seed0.png"
    monkeypatch.chdir(ROOT)
    names = {}
    exec(line, names)
    with Image.open(io.BytesIO(pathlib.Path(download.value.path()).read_bytes())) as file:
        np.testing.assert_array_equal(np.asarray(file), names["picture"][..., 0])
        assert file.text["python"] == line


def test_a_picture_of_ones_own(page, tmp_path):
    noise = np.random.default_rng(0).integers(0, 256, [40, 30, 3], np.uint8)
    Image.fromarray(noise).save(tmp_path / "noise.png")
    for name in ("words.txt", "words.png"):
        (tmp_path / name).write_text("no picture")
        page.set_input_files("#own input[type=file]", tmp_path / name)
        says(page, DESCRIBED, f"{name} cannot be read as a picture")
        page.get_by_label("Clear").click()
    drop(page, tmp_path / "noise.png")
    says(page, DESCRIBED, "Drawing images to compare with: ")
    says(page, DESCRIBED, "Nearest of 1,000 images of the model, by features of extractor mnist")
    says(page, DESCRIBED, "Cluster ")
    captions = page.locator(".nearest figcaption").all_inner_texts()
    assert len(captions) == 8
    assert all(re.fullmatch(r"seed -?\d+, component \d+", caption) for caption in captions)
    assert all(image.get_attribute("alt") for image in page.locator("img").all())
    pick(page, "Model", "dcgan_mnist", DESCRIBED, "No clusterer came with this model")
    pick(page, "Model", "deligan_digits", DESCRIBED, "by features of extractor digits")


def test_the_keyboard_is_enough(page):
    reached = []

    def tab_to(name):
        for _ in range(40):
            page.keyboard.press("Tab")
            label, outline = page.evaluate(
                "(() => { const at = document.activeElement; return ["
                "at.getAttribute('aria-label') || at.labels?.[0]?.innerText || at.innerText,"
                "parseFloat(getComputedStyle(at).outlineWidth)]; })()"
            )
            assert label
            assert outline > 0, label  # the focus is seen
            reached.append(label.strip())
            if name in label:
                return
        raise AssertionError(f"Tab does not reach {name}: {reached}")

    def type_key(key, said):
        page.keyboard.press(key)
        says(page, CAPTION, said)

    tab_to("Model")
    tab_to("Interpolate")
    type_key("Space", "from component 0 to 19")
    type_key("Space", "one row per component")
    page.get_by_label("To component").wait_for(state="hidden")  # else Tab stops there once more
    tab_to("Next")
    type_key("Enter", "seed 1,")
    tab_to("range slider for Scale")
    type_key("ArrowRight", "scale 1.05")
    for name in ("Download PNG", "Copy", "Click to upload"):
        tab_to(name)
    for _ in range(len(reached)):
        page.keyboard.press("Shift+Tab")
        if page.evaluate("document.activeElement.getAttribute('aria-label')") == "Model":
            break
    page.keyboard.press("ArrowDown")
    type_key("Enter", "pixelcnn_mnist: 16 images")


def test_a_narrow_screen_needs_no_scrolling_sideways(visit, tmp_path):
    page = visit(NARROW, color_scheme="dark")
    Image.new("L", (9, 9)).save(tmp_path / "black.png")
    page.set_input_files("#own input[type=file]", tmp_path / "black.png")
    says(page, DESCRIBED, "Nearest of 1,000 images")
    page.get_by_label("Interpolate").check()
    says(page, CAPTION, "from component 0 to 19")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_sigterm_ends_it(server):  # the last: there is no server after it
    server.send_signal(signal.SIGTERM)
    out, err = server.communicate(timeout=30)
    assert (server.returncode, out, err) == (143, "", "error: Stopped by SIGTERM.\n")
