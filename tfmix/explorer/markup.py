"""The HTML of what the page shows: pictures with the names of their rows, lines of words."""

import base64
import html

import numpy as np

import tfmix
from tfmix.explorer import curve, drawing
from tfmix.explorer.nearest import COUNT, Neighbour

_WIDTH = 520  # CSS pixels that a picture is enlarged to at most, by a whole factor
_SMALL = 84  # the same of a single image
_LIKELY = 3  # clusters named for a picture
_WORD = {"component": "component", "label": "class"}


def status(text: str, kind: str = "done") -> str:
    """A line that says what is going on; `kind` is `"busy"`, `"done"` or `"error"`."""
    return f'<p class="{kind}">{html.escape(text)}</p>'


def png(model, drawn: drawing.Rows, images: np.ndarray) -> bytes:
    """The picture, of uint8 [N, H, W, C] of an `Opened`, as a file that tells how it was made."""
    facts = {"model": model.title, **drawn.facts, "tfmix": tfmix.__version__}
    facts["python"] = drawing.line(model, drawn)
    return tfmix.pictures.encode_png(tfmix.grid(images, columns=drawn.columns), facts)


def picture(model, drawn: drawing.Rows, images: np.ndarray) -> str:
    """The picture of `png`, the names of its rows beside it, below what it is and its download."""
    file = _uri(png(model, drawn, images))
    named = [f"{_WORD.get(name, name)} {value}" for name, value in drawn.how.items()]
    caption = html.escape(f"{model.title}: {', '.join([str(drawn), *named])}")
    rows = "".join(_row_name(model, drawn.by, row) for row in drawn.of)
    width = tfmix.grid(images, columns=drawn.columns).shape[1]
    name = html.escape(f"{model.title}_seed{drawn.how['seed']}.png")
    return f"""<figure class="picture">
<div class="named"><ol aria-hidden="true">{rows}</ol>
<img src="{file}" alt="{caption}" style="width: {width * max(1, _WIDTH // width)}px"></div>
<figcaption>{caption}. <a download="{name}" href="{file}">Download PNG</a></figcaption>
</figure>"""


def python(line: str) -> str:
    """The line of Python, with a button that copies it."""
    return (
        "<h2>The same picture in Python <button>Copy</button></h2>"
        f'<pre tabindex="0">{html.escape(line)}</pre>'
    )


def measured(report: dict | None, scale: float) -> str:
    """The measured curve, and in words what it has next to a scale."""
    words, svg = curve.describe(report, scale), curve.draw(report, scale)
    alt = "Quality and diversity along scale"
    image = f'<img src="{_uri(svg, "svg+xml")}" alt="{alt}">' if svg else ""
    return f'<figure class="curve">{image}<figcaption>{html.escape(words)}</figcaption></figure>'


def neighbours(
    model, seen: np.ndarray, probabilities: np.ndarray | None, found: list[Neighbour]
) -> str:
    """What the model makes of a picture: its cluster, and the images nearest to it.

    Args:
        model: An `Opened`.
        seen: The picture as the model sees it, uint8 [H, W, C].
        probabilities: Of the components that it may come from [K]; None: there is no clusterer.
        found: From `Pool.nearest`.
    """
    if probabilities is None:
        cluster = (
            "No clusterer came with this model. For a model with components, "
            "tfmix export --cluster_samples=20000 makes one."
        )
    else:
        likely = np.argsort(-probabilities, kind="stable")[:_LIKELY]
        rest = ", ".join(f"{each} ({probabilities[each]:.0%})" for each in likely[1:])
        cluster = f"Cluster {likely[0]} ({probabilities[likely[0]]:.0%}); next {rest}."
    origins = [_origin(model, each) for each in found]
    named = zip(found, origins, strict=True)
    images = "".join(_small(each.image, made, f"Generated, {made}") for each, made in named)
    return f"""<div class="own">
{_small(seen, "as the model sees it", "Your picture as the model sees it")}
<p>{html.escape(cluster)}</p></div>
<h3>Nearest of {COUNT:,} images of the model, by {html.escape(model.pool.by)}</h3>
<div class="nearest">{images}</div>"""


def _row_name(model, by: str, row: int) -> str:
    classes = model.component_to_class
    note = f"<small>class {classes[row]}</small>" if by == "component" and classes else ""
    return f"<li><span><span>{_WORD[by]} </span>{row}</span>{note}</li>"


def _origin(model, each: Neighbour) -> str:
    component = [f"component {each.component}"] if model.components > 1 else []
    label = [f"class {each.label}"] if model.classes else []
    return ", ".join([f"seed {each.seed}", *component, *label])


def _small(image: np.ndarray, caption: str, alt: str) -> str:
    png = tfmix.pictures.encode_png(image)
    width = image.shape[1] * max(1, _SMALL // image.shape[1])
    return (
        f'<figure><img src="{_uri(png)}" alt="{html.escape(alt)}" style="width: {width}px">'
        f"<figcaption>{html.escape(caption)}</figcaption></figure>"
    )


def _uri(content: bytes, kind: str = "png") -> str:
    return f"data:image/{kind};base64,{base64.b64encode(content).decode()}"
