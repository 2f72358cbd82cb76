"""What a signature says when it refuses its inputs."""

import re


def reason(message: str) -> str:
    """Takes "Wanted ... Received: ..." out of what TensorFlow wraps around it.

    Args:
        message: Of an InvalidArgument.

    Returns:
        The reason in one line, or the message as it is where a signature did not give it.
    """
    said = re.search(r"\[(Wanted .*Received:)\] (.*)", message)
    return " ".join(said.groups()) if said else message
