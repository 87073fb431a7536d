"""The title of a document, and names of files and folders made readable."""

import posixpath
import re

from knowledge_base.markdown.targets import FOLDER_PAGES, without_suffix

MAX_TITLE_LENGTH = 255
_SEPARATORS = re.compile(r"[\s_-]+")


def choose_title(path: str, navigation_title: str, first_heading: str) -> str:
    """The title of a document that states none itself, 1 to 255 characters.

    The title in the site's navigation, else the first level 1 heading, else the name of the file;
    for `index` and `README` the name of their folder.
    """
    for candidate in (navigation_title, first_heading, readable_name(_telling_part(path))):
        if title := fit(candidate, MAX_TITLE_LENGTH):
            return title
    return posixpath.basename(path)[:MAX_TITLE_LENGTH]


def readable_name(name: str) -> str:
    """`being_on-call` as `Being On Call`; words that hold a capital stay as they are."""
    words = _SEPARATORS.sub(" ", name).split()
    return " ".join(word[:1].upper() + word[1:] if word.islower() else word for word in words)


def fit(text: str, limit: int) -> str:
    """`text` as one line of at most `limit` characters."""
    return " ".join(text.replace("\0", "").split())[:limit].rstrip()


def _telling_part(path: str) -> str:
    folder, _, name = without_suffix(path).rpartition("/")
    return posixpath.basename(folder) if folder and name.lower() in FOLDER_PAGES else name
