"""A server on this machine that stands for every other host: it writes down what comes in, and has the pages of the proof.

beacon.py FOLDER: appends a line for each connection to FOLDER/heard, and serves

    /raw      attack.html, as a careless server would
    /policy   attack.html, under the policy in FOLDER/policy
    /bare     a page of our server, FOLDER/bare, without its policy
    others    a picture of one pixel, with which everything that is loaded is content
"""

import pathlib
import socketserver
import sys

FOLDER = pathlib.Path(sys.argv[1])
PIXEL = b"<svg xmlns='http://www.w3.org/2000/svg' width='1' height='1'/>"
# The addresses that the proof itself visits, and what browsers ask of every host.
OWN = {"/raw", "/policy", "/bare", "/favicon.ico"}


class Answer(socketserver.StreamRequestHandler):
    timeout = 5

    def handle(self):
        try:
            first = self.rfile.readline(4096)
            lines = [first]
            while first.endswith(b"\r\n") and lines[-1].strip():
                lines.append(self.rfile.readline(4096))
        except TimeoutError:
            first = b""
        words = first.decode("latin-1").split()
        path = words[1] if len(words) == 3 else ""
        # A page of ours asks for its style wherever it stands.
        if path not in OWN and not path.startswith("/style-"):
            with open(FOLDER / "heard", "a", encoding="utf-8") as heard:
                heard.write(f"{first!r}\n")
        if not path:
            # A greeting of TLS, or a connection that says nothing: to be heard of is all an attacker wants.
            return
        kind, policy, body = "image/svg+xml", "", PIXEL
        if path in OWN:
            kind = "text/html; charset=utf-8"
            name = "bare" if path == "/bare" else "attack.html"
            body = (FOLDER / name).read_bytes() if path != "/favicon.ico" else b""
        if path == "/policy":
            policy = f"Content-Security-Policy: {(FOLDER / 'policy').read_text().strip()}\r\n"
        head = f"HTTP/1.1 200 OK\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\n{policy}Connection: close\r\n\r\n"
        self.wfile.write(head.encode() + body)


class Server(socketserver.ThreadingTCPServer):
    daemon_threads = True
    request_queue_size = 128


with Server(("127.0.0.1", 0), Answer) as server:
    print(f"at http://127.0.0.1:{server.server_address[1]}/", flush=True)
    server.serve_forever()
