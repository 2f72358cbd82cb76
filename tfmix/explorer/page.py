"""The page: its controls, how they are wired to `handlers`, and the server."""

import functools
import threading

import gradio as gr

from tfmix.explorer import drawing, handlers, seed_field, style

_SPOKEN = "element.setAttribute('role', 'status'); element.setAttribute('aria-live', 'polite');"
_COPY = """element.addEventListener('click', async (event) => {
  if (!event.target.matches('button')) return;
  await navigator.clipboard.writeText(element.querySelector('pre').textContent);
  event.target.textContent = 'Copied';
});"""
# One computation at a time: in the order in which they were asked for, so that the last one stays.
_IN_TURN = {"concurrency_id": "model", "concurrency_limit": 1, "show_progress": "hidden"}


def serve(names: list[str], first: str, *, host: str, port: int) -> None:
    """Serves the page until an exception, such as a signal's, ends it.

    Args:
        names: Models to pick from, as --model takes them.
        first: The one that is open at the beginning.
        host: Address to listen at.
        port: Likewise.

    Raises:
        ValueError: The first model cannot be shown.
        OSError: Nothing can listen there.
    """
    handlers.opened(first)
    page = build(names if first in names else [first, *names], first)
    theme = gr.themes.Default(primary_hue="blue", neutral_hue="gray", **style.FONTS)
    look = {"theme": theme, "css": style.CSS, "footer_links": [], "show_error": True}
    how = {"share": False, "prevent_thread_lock": True, "quiet": True, "ssr_mode": False}
    page.launch(server_name=host, server_port=port, **look, **how)
    try:
        print(f"http://{host}:{port}", flush=True)
        threading.Event().wait()
    finally:
        page.close(verbose=False)


def build(names: list[str], first: str) -> gr.Blocks:
    """Lays the page out and wires it; arguments as of `serve`."""
    slider = functools.partial(gr.Slider, min_width=120, buttons=[])
    button = functools.partial(gr.Button, size="sm", min_width=60)
    words = functools.partial(gr.HTML, padding=False)
    with gr.Blocks(title="tfmix explorer", analytics_enabled=False) as page:
        words("<h1>tfmix explorer</h1>")
        with gr.Row():
            with gr.Column(scale=3, min_width=280):
                model = gr.Dropdown(names, value=first, label="Model", filterable=False)
                interpolate = gr.Checkbox(label="Interpolate between two components", visible=False)
                with gr.Group(visible=False) as ends:
                    with gr.Row():
                        start = gr.Dropdown([0], value=0, label="From component", min_width=90)
                        end = gr.Dropdown([0], value=0, label="To component", min_width=90)
                    steps = slider(
                        *handlers.STEPS, drawing.COLUMNS, step=1, label="Images in a row"
                    )
                label = gr.Dropdown([("any", -1)], value=-1, label="Class", visible=False)
                row = slider(0, 10, 0, step=drawing.PAGE, label="First row", visible=False)
                with gr.Group():
                    with gr.Row():
                        seed = gr.Number(0, label="Seed", step=1, min_width=110)
                        small = f"Seeds 0 to {seed_field.NEAR}"
                        near = slider(0, seed_field.NEAR, 0, step=1, label=small, elem_id="near")
                    with gr.Row():
                        before, after = button("◀ Previous"), button("Next ▶")
                        random_seed = button("Random")
                temperature = slider(
                    *handlers.SCALES, 1, step=0.05, label="Temperature", visible=False
                )
                with gr.Group():
                    scale = slider(*handlers.SCALES, 1, step=0.05, label="Scale")
                    curve = gr.HTML(elem_id="curve")
            with gr.Column(scale=5, min_width=320):
                status = words(elem_id="status", js_on_load=_SPOKEN)
                picture = words(elem_id="picture")
                code = words(elem_id="code", js_on_load=_COPY)
                words("<h2>A picture of your own</h2>")
                file = gr.File(label="Drop a picture", height=140, elem_id="own")
                described = words(elem_id="described", js_on_load=_SPOKEN)

        settings = [model, interpolate, seed, scale, temperature, label, row, start, end, steps]
        shown = [status, picture, code, curve]
        # As it comes: of an empty field Gradio would say no more than that it failed.
        draws = {"fn": handlers.draw, "inputs": settings, "outputs": shown, "preprocess": False}
        controls = [interpolate, ends, label, row, start, end, scale, temperature]
        moved = [each.input for each in settings[1:]]
        gr.on(moved, **draws, **_IN_TURN, trigger_mode="always_last")
        adapt = {"fn": handlers.adapt, "inputs": model, "outputs": [status, *controls]}
        look = {"fn": handlers.look, "inputs": [model, file], "outputs": described}
        page.load(**adapt, **_IN_TURN).then(**draws, **_IN_TURN)
        # Not input: a drop-down list has that whenever the focus leaves it.
        model.change(**adapt, **_IN_TURN).then(**draws, **_IN_TURN).then(**look, **_IN_TURN)
        interpolate.input(handlers.show_ends, [model, interpolate], [ends, label, row], queue=False)
        near.input(int, near, seed, queue=False, trigger_mode="always_last").then(
            **draws, **_IN_TURN, trigger_mode="always_last"
        )
        seed.input(seed_field.near, seed, near, queue=False)
        moves = (seed_field.before, seed_field.after, seed_field.anywhere)
        for pressed, move in zip((before, after, random_seed), moves, strict=True):
            moving = pressed.click(move, seed, [seed, near], queue=False)
            moving.then(**draws, **_IN_TURN, trigger_mode="always_last")
        gr.on([file.upload, file.clear], **look, **_IN_TURN, trigger_mode="always_last")
    return page
