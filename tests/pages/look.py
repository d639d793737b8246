"""Looks at what Chromium made of a page: look.py silent|page NAME [ADDRESS TEXT…]

    silent    nothing in it ran, and nothing was asked of anybody
    page      that, and it is a page of ours: none but our elements, a picture of it that shows something, and these texts
"""

import pathlib
import struct
import sys
import urllib.parse
import zlib
from html.parser import HTMLParser

ELEMENTS = set(
    "html head meta title link body a header form label input button main footer p h1 h2 h3 h4 h5 h6 ul ol li span nav div"
    " article aside section dl dt dd pre code strong em del blockquote br hr table thead tbody tr th td sub sup".split()
)
VOID = {"meta", "link", "input", "br", "hr"}
INLINE = {"a", "strong", "em", "code", "span", "del", "sub", "sup"}


class Page(HTMLParser):
    def __init__(self, text):
        super().__init__()
        self.elements, self.words, self.title, self.inside = [], [], "", []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attributes):
        self.elements.append((tag, dict(attributes)))
        self.part(tag)
        if tag not in VOID:
            self.inside.append(tag)

    def handle_endtag(self, tag):
        self.part(tag)
        while tag in self.inside and self.inside.pop() != tag:
            pass

    def part(self, tag):
        if tag not in INLINE:
            self.words.append(" ")

    def handle_data(self, data):
        if "title" in self.inside:
            self.title += data
        else:
            self.words.append(data)

    def text(self):
        """As it is read: spaces are one space."""
        return " ".join("".join(self.words).split())


def check(holds, *what):
    if not holds:
        sys.exit("look: " + " ".join(map(str, (NAME, *what))))


def marked(page):
    return page.title == "ran" or any("data-ran" in attributes for _, attributes in page.elements)


def is_ours(page, url):
    for tag, attributes in page.elements:
        check(tag in ELEMENTS, "has an element", tag, attributes)
        for name, value in attributes.items():
            check(not name.startswith("on") and name not in ("style", "src", "srcdoc", "ping"), "has", tag, attributes)
            check(name != "http-equiv", "has", tag, attributes)
            if name in ("href", "action"):
                scheme = urllib.parse.urlsplit(value).scheme
                # One without a scheme is ours: from the root, and of this very host.
                own = value.startswith("/") and not value.startswith("//") or value.startswith("#")
                check(scheme in ("http", "https", "mailto") or (not scheme and own), "leads to", value)
    forms = [attributes.get("action") for tag, attributes in page.elements if tag == "form"]
    check(forms == ["/"], "has forms", forms)
    sheets = [attributes.get("href", "") for tag, attributes in page.elements if tag == "link"]
    check(len(sheets) == 1 and sheets[0].startswith("/style-"), "loads", sheets)
    article = [a["href"] for _, a in page.elements if "href" in a and a.get("rel") == "nofollow noopener noreferrer"]
    check(all(urllib.parse.urlsplit(to).netloc for to in article), "has links of a README to", article)


def shows_something(path):
    data = path.read_bytes()
    check(data[:8] == b"\x89PNG\r\n\x1a\n", "is no PNG")
    width, height = struct.unpack(">II", data[16:24])
    check((width, height) == (1280, 1600), "is", width, "by", height)
    at, packed = 8, b""
    while at < len(data):
        (length,) = struct.unpack(">I", data[at : at + 4])
        if data[at + 4 : at + 8] == b"IDAT":
            packed += data[at + 8 : at + 8 + length]
        at += length + 12
    line = len(zlib.decompress(packed)) // height
    rows = zlib.decompress(packed)
    drawn = sum(any(rows[row * line + 1 : (row + 1) * line]) for row in range(height))
    # A row that is like the one above it is packed as nothing but zeros: text is not, and an empty page is nothing else.
    check(len(data) > 8000 and drawn > 50, "shows nothing:", len(data), "bytes,", drawn, "rows")


WHAT, NAME, *rest = sys.argv[1:]
page = Page(pathlib.Path(f"{NAME}.dom").read_text(encoding="utf-8"))
heard = pathlib.Path(f"{NAME}.heard").read_text(encoding="utf-8")
print(f"{NAME}: {len(page.elements)} elements, title {page.title!r}, the other end heard {len(heard.splitlines())} times")
check(page.elements, "is empty")
check(not marked(page), "ran")
# No policy can forbid to connect in advance, only what is asked then; our own pages do not even connect.
silence = {"b''"} if WHAT == "silent" else set()
check(silence.issuperset(heard.splitlines()), "was heard of:", heard)
if WHAT == "page":
    url, *texts = rest
    check(page.title and page.title != "quiet", "has the title", page.title)
    is_ours(page, url)
    for text in texts:
        check(" ".join(text.split()) in page.text(), f"does not say {text!r}:", page.text())
    shows_something(pathlib.Path(f"{NAME}.png"))
