"""The page of zoo.explore; `page` and `answers` alone know Gradio."""
