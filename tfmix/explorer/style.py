"""How the page looks: the machine's own fonts, small images in whole pixels, narrow or dark too."""

FONTS = {"font": ["system-ui", "sans-serif"], "font_mono": ["ui-monospace", "monospace"]}

CSS = """
.gradio-container { max-width: 1120px !important; margin: 0 auto !important; }
h1 { font-size: 1.3rem; } h2 { font-size: 1.1rem; } h3 { font-size: 0.95rem; }
#status p, #described p { margin: 0; min-height: 1.5em; font-size: 0.9rem; }
#status .busy::before, #described .busy::before { content: "⏳ "; }
#status .error, #described .error { color: #b91c1c; font-weight: 600; }
.dark #status .error, .dark #described .error { color: #fca5a5; }
#near .tab-like-container, #near .min_value, #near .max_value { display: none; }
:focus-visible { outline: 3px solid #3b82f6 !important; outline-offset: 2px; }

figure { margin: 0; } figcaption { font-size: 0.85rem; opacity: 0.85; }
.picture img, .own img, .nearest img { image-rendering: pixelated; display: block; }
.picture .named { display: flex; }
.picture img { max-width: 100%; min-width: 0; height: auto; align-self: flex-start; }
.picture ol {
  display: grid; grid-auto-rows: 1fr; list-style: none; margin: 0; padding: 0 0.6rem 0 0;
  font-size: 0.8rem; line-height: 1.1; text-align: right; flex: none;
}
.picture ol:empty { display: none; }
.picture li { display: flex; flex-direction: column; justify-content: center; }
.picture li small { opacity: 0.75; }
.picture figcaption { margin-top: 0.5rem; }
.picture a { white-space: nowrap; }
#curve { background: var(--block-background-fill); }
#code h2 { display: flex; justify-content: space-between; margin: 0 0 0.4rem; }
#code button {
  padding: 0.1rem 0.7rem; border-radius: 4px; font-size: 0.85rem; font-weight: normal;
  border: 1px solid var(--border-color-primary);
}
#code pre {
  margin: 0; padding: 0.6rem; white-space: pre-wrap; overflow-wrap: anywhere; font-size: 0.8rem;
  font-family: var(--font-mono); border: 1px solid var(--border-color-primary);
}
.curve img { width: 100%; max-width: 24rem; display: block; margin: 0 auto; }
.curve figcaption { padding: 0 0.75rem 0.5rem; }
.own { display: flex; gap: 1rem; align-items: center; flex-wrap: wrap; }
.nearest {
  display: grid; grid-template-columns: repeat(auto-fill, minmax(8.5rem, 1fr)); gap: 1rem;
}
.nearest figcaption { overflow-wrap: anywhere; }
@media (max-width: 640px) { .picture ol > li > span > span { display: none; } }
"""
