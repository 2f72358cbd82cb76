"""The page of `tfmix explore`; `page` and `handlers` alone know Gradio."""
