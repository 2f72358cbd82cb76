"""What a signature says when it refuses its inputs."""

import re


def reason(message: str) -> str:
    """Takes "Wanted ... Received: ..." out of the message of an InvalidArgument, in one line.

    A message that is no refusal of a signature comes back as it is.
    """
    said = re.search(r"\[(Wanted .*Received:)\] (.*)", message)
    return " ".join(said.groups()) if said else message
