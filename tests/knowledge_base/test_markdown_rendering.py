"""Rendered Markdown: what is shown, what is linked, and what never gets through."""

import re
from html.parser import HTMLParser

import pytest

from knowledge_base.markdown.document import parse
from knowledge_base.markdown.links import Link
from knowledge_base.markdown.rendering import render
from knowledge_base.markdown.sanitising import TAGS

ATTACKS = [
    "<script>alert(1)</script>",
    "<SCRIPT SRC=//evil.example/x.js></SCRIPT>",
    "<scr<script>ipt>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "<img src='data:image/svg+xml;base64,PHN2Zz4='>",
    "![x](data:image/png;base64,AAAA)",
    '![x](x" onerror="alert(1))',
    "<svg onload=alert(1)><script>alert(1)</script></svg>",
    "<math><mtext><table><mglyph><style><img src=x onerror=alert(1)>",
    "<iframe src='javascript:alert(1)'></iframe>",
    "<iframe srcdoc='<script>alert(1)</script>'></iframe>",
    "<object data=x></object><embed src=x><base href=//evil.example>",
    "<form action=//evil.example><button formaction=javascript:alert(1)>x</button></form>",
    "<meta http-equiv=refresh content='0;url=javascript:alert(1)'>",
    "<link rel=stylesheet href=//evil.example/x.css>",
    "<style>@import '//evil.example/x.css';</style>",
    "<p style='background:url(javascript:alert(1))'>x</p>",
    "<a href='javascript:alert(1)'>x</a>",
    "<a href='jAvAsCrIpT&#58;alert(1)'>x</a>",
    "<a href=' java\tscript:alert(1)'>x</a>",
    "<a href='vbscript:msgbox(1)'>x</a>",
    "<a href='data:text/html,<script>alert(1)</script>'>x</a>",
    "[x](javascript:alert(1))",
    "[x](JaVaScRiPt:alert(1))",
    "[x](data:text/html;base64,PHNjcmlwdD4=)",
    "<javascript:alert(1)>",
    "[x]: javascript:alert(1)\n\n[x]",
    '[x](https://a.example "t\\" onmouseover=\\"alert(1)")',
    "<div onmouseover=alert(1)>x</div>",
    "<details open ontoggle=alert(1)>x</details>",
    "<video><source onerror=alert(1)></video>",
    "<noscript><p title='</noscript><img src=x onerror=alert(1)>'>",
    "<textarea autofocus onfocus=alert(1)>x</textarea>",
    "<input type=image src=x onerror=alert(1)>",
    "[[<img src=x onerror=alert(1)>]]",
    "[[note|<script>alert(1)</script>]]",
    '```"><script>alert(1)</script>\nx\n```',
    '!!! note "<script>alert(1)</script>"\n    x',
    "# <script>alert(1)</script>",
]
ATTRIBUTES = {"href", "src", "alt", "title", "rel", "class", "id", "type", "disabled", "open"}
SAFE_ADDRESS = re.compile(r"https?:|//|[^:]*$")


class Elements(HTMLParser):
    """Collects every start tag."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))


def elements(html: str) -> list[tuple[str, dict[str, str | None]]]:
    """(tag, attributes) of every element, as a browser would see them."""
    parser = Elements()
    parser.feed(html)
    return parser.found


@pytest.mark.parametrize("attack", ATTACKS)
def test_attacks_do_not_get_through(attack: str) -> None:
    html = render(f"before\n\n{attack}\n\nafter", lambda link: "javascript:alert(1)")

    for tag, attributes in elements(html):
        assert tag in TAGS
        assert set(attributes) <= ATTRIBUTES
        assert SAFE_ADDRESS.match(attributes.get("href") or "")
        assert SAFE_ADDRESS.match(attributes.get("src") or "")
    assert "<!--" not in html
    assert html.startswith("<p>before</p>\n")


def test_text_fields_cannot_be_smuggled_in() -> None:
    assert elements(render("<input type=password name=p value=x>")) == [
        ("input", {"type": "checkbox", "disabled": ""})
    ]


def test_headings_carry_exactly_the_anchors_of_the_table_of_contents() -> None:
    content = (
        '# A\n\n# A\n\n## Ü?\n\n#\n\n<h2 id="a">raw</h2>\n\n<i id="x">y</i>\n\nS\n=\n\n- # L\n'
    )

    html = render(content)

    assert re.findall(r'id="([^"]*)"', html) == [h.anchor for h in parse(content).headings]
    assert re.findall(r'id="([^"]*)"', html) == ["a", "a-1", "ü", "section-4", "l"]


def test_tables_task_lists_code_and_footnotes_are_rendered() -> None:
    html = render(
        "| a |\n|--:|\n| 1 |\n\n- [x] done\n- [ ] open\n\n```python\nx\n```\n\n"
        "f[^n] g[^n]\n\n[^n]: note"
    )

    assert '<td align="right">1</td>' in html
    assert [attributes for tag, attributes in elements(html) if tag == "input"] == [
        {"type": "checkbox", "checked": "checked", "disabled": ""},
        {"type": "checkbox", "disabled": ""},
    ]
    assert '<code class="language-python">x\n</code>' in html
    assert '<a href="#fn:1" id="fnref:1" rel="noopener nofollow">[1]</a>' in html
    assert '<a href="#fn:1" id="fnref:1:1" rel="noopener nofollow">[1]</a>' in html
    assert '<li id="fn:1"><p>note <a href="#fnref:1" rel="noopener nofollow">↩</a>' in html


def test_links_carry_rel() -> None:
    assert render("[x](https://x.org)") == (
        '<p><a href="https://x.org" rel="noopener nofollow">x</a></p>\n'
    )


def resolve(link: Link) -> str | None:
    return {"note": "/sops/1/", "note.md": "/sops/1/"}.get(link.target)


@pytest.mark.parametrize(
    ("content", "html"),
    [
        ("[[note|N]]", '<a class="wikilink" href="/sops/1/" rel="noopener nofollow">N</a>'),
        ("[[note#A b|N]]", '<a class="wikilink" href="/sops/1/#a-b" rel="noopener nofollow">N</a>'),
        ("[[note#^x]]", '<a class="wikilink" href="/sops/1/" rel="noopener nofollow">note#^x</a>'),
        ("[[#A b]]", '<a class="wikilink" href="#a-b" rel="noopener nofollow">#A b</a>'),
        ("[x](note.md#A)", '<a href="/sops/1/#a" rel="noopener nofollow">x</a>'),
        ("[[gone]]", '<span class="dangling-link">gone</span>'),
        ("[x](gone.md) [y](#z)", '<span class="dangling-link">x</span> '
         '<a href="#z" rel="noopener nofollow">y</a>'),
    ],
)  # fmt: skip
def test_links_are_resolved(content: str, html: str) -> None:
    assert render(content, resolve) == f"<p>{html}</p>\n"


def test_without_a_resolver_relative_links_stay_and_wikilinks_dangle() -> None:
    assert render("[x](a.md) [[b]]") == (
        '<p><a href="a.md" rel="noopener nofollow">x</a> <span class="dangling-link">b</span></p>\n'
    )


@pytest.mark.parametrize(
    "raw",
    [
        "<div>" * 200_000,
        "<ul><li>" * 100_000,
        "<div><img title='</div>'>" * 11_000,
        "<div></div>" * 11_000,
    ],
)
def test_raw_html_nested_beyond_reason_is_shown_as_text(raw: str) -> None:
    html = render(raw)

    assert "<div>" not in html
    assert "<ul>" not in html
    assert html.startswith("&lt;")


def test_ordinary_raw_html_stays() -> None:
    raw = "<table><tr><td>a</td></tr></table>\n" * 300

    assert render(raw).count("<td>a</td>") == 300
