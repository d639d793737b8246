#!/usr/bin/env python3
"""A second client of the registry, written from docs/REGISTRY.md and docs/PACKAGE.md alone.

    second_client.py REGISTRY NAMESPACE/NAME[@REQUIREMENT] FOLDER [--key KEY]

It chooses a version, verifies everything those documents demand of a reader, unpacks into FOLDER (which must not exist) and prints
what it got as JSON. --key is a key known from elsewhere, as from a lock: the namespace's history of keys has to hold it. It remembers
nothing between runs, asks for no other package, and needs nothing but Python 3.11. What is refused exits with 5, anything else with 1.
"""
import argparse, base64, datetime, hashlib, json, os, re, struct, sys, tomllib, unicodedata
import urllib.error, urllib.parse, urllib.request, zlib

MIB = 1 << 20
PART, DIGEST = r"[a-z0-9]+(?:-[a-z0-9]+)*", r"sha256:[0-9a-f]{64}"
DEVICE = re.compile(r"(con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³]|conin\$|conout\$|clock\$)", re.I)
UNSEEN = re.compile(  # PACKAGE.md, "Paths"
    "[\0-\x1f\x7f-\x9f\u2028\u2029\xad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f"
    "\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff]")


class Refused(Exception):
    pass


def check(holds, why):
    if not holds:
        raise Refused(why)


def sha256(data):
    return hashlib.sha256(data).digest()


def digest(data):
    return "sha256:" + sha256(data).hex()


# ---- Ed25519 (RFC 8032), strictly: one spelling of everything, no point of small order -----------------------------------------

P, L = 2**255 - 19, 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, -1, P) % P


def add(p, q):
    (x, y, z, t), (u, v, w, s) = p, q
    a, b, c, d = (y - x) * (v - u) % P, (y + x) * (v + u) % P, 2 * t * s * D % P, 2 * z * w % P
    e, f, g, h = b - a, d - c, d + c, b + a
    return e * f % P, g * h % P, f * g % P, e * h % P


def times(n, p):
    q = (0, 1, 1, 0)
    for bit in bin(n)[2:]:
        q = add(q, q)
        q = add(q, p) if bit == "1" else q
    return q


def encode(p):
    i = pow(p[2], -1, P)
    x, y = p[0] * i % P, p[1] * i % P
    return (y | (x & 1) << 255).to_bytes(32, "little")


def decode(data):
    n = int.from_bytes(data, "little")
    y, sign = n & (1 << 255) - 1, n >> 255
    xx = (y * y - 1) * pow(D * y * y + 1, -1, P) % P
    x = pow(xx, (P + 3) // 8, P)
    if (x * x - xx) % P:
        x = x * pow(2, (P - 1) // 4, P) % P
    check(y < P and (x * x - xx) % P == 0 and not (x == 0 and sign), "no point of the curve")
    x = P - x if x & 1 != sign else x
    p = (x, y, 1, x * y % P)
    check(encode(times(8, p)) != encode((0, 1, 1, 0)), "a point of small order")
    return p


BASE = decode((4 * pow(5, -1, P) % P).to_bytes(32, "little"))


def verifies(key, signature, message):
    r, s = signature[:32], int.from_bytes(signature[32:], "little")
    k = int.from_bytes(hashlib.sha512(r + key + message).digest(), "little") % L
    a = decode(key)
    decode(r)
    minus_a = (P - a[0], a[1], 1, P - a[3])
    return s < L and encode(add(times(s, BASE), times(k, minus_a))) == r


# ---- keys, notes, key sets -----------------------------------------------------------------------------------------------------


def base64_strict(text):
    try:
        data = base64.b64decode(text, validate=True)
    except ValueError:
        raise Refused(f"no base64: {text}")
    check(base64.b64encode(data).decode() == text, f"base64 in another spelling: {text}")
    return data


class Key:
    """A C2SP verifier key."""

    def __init__(self, line):
        match = re.fullmatch(r"([!-*,-~]{1,128})\+([0-9a-f]{8})\+([A-Za-z0-9+/]+=*)", line)
        check(match, f"no key: {line}")
        self.line, self.name, data = line, match[1], base64_strict(match[3])
        self.hash, self.key = sha256(self.name.encode() + b"\n" + data)[:4], data[1:]
        check(len(data) == 33 and data[0] == 1 and self.hash.hex() == match[2], f"no key: {line}")
        decode(self.key)


def fields(text):
    """A JSON object with no field twice."""

    def pairs(found):
        check(len(dict(found)) == len(found), "a field is there twice")
        return dict(found)

    try:
        value = json.loads(text, object_pairs_hook=pairs)
    except ValueError as error:
        raise Refused(f"no JSON: {error}")
    check(isinstance(value, dict), "no object")
    return value


def known(value):
    check(value["v"] == 1, "a later format")
    return value


class Note:
    def __init__(self, data, what):
        check(data is not None, f"{what} is missing")
        try:
            text = data.decode()
        except ValueError:
            raise Refused(f"{what}: not UTF-8")
        lines = text.split("\n")
        check(len(lines) >= 3 and lines[1] == "" and lines[-1] == "" and len(lines) - 3 <= 32, f"{what} is no note")
        check(not any(c < " " for c in text if c != "\n"), f"{what}: control characters")
        self.signed, self.lines = (lines[0] + "\n").encode(), []
        check(len(self.signed) <= 65537, f"{what} is too long")
        self.value, self.digest = known(fields(lines[0])), digest(self.signed)
        for line in lines[2:-1]:
            match = re.fullmatch("— ([!-*,-~]{1,128}) ([A-Za-z0-9+/]+=*)", line)
            check(match, f"{what}: no signature: {line}")
            self.lines.append((match[1], base64_strict(match[2])))

    def signed_by(self, key):
        ours = [data for name, data in self.lines if name == key.name and data[:4] == key.hash]
        return bool(ours) and all(len(data) == 68 and verifies(key.key, data[4:], self.signed) for data in ours)


def key_sets(get, namespace):
    """All sets of a namespace, from the first; each follows the one before it."""
    sets = []
    while len(sets) < 1000:
        number = len(sets) + 1
        what = f"v1/namespaces/{namespace}/{number}.note"
        data = get(what, MIB // 8)
        if data is None:
            break
        note = Note(data, what)
        value, before = note.value, sets[-1] if sets else None
        note.keys = [Key(line) for line in value.get("keys", [])]
        revoked = value.get("revoked", [])
        check(value.get("namespace") == namespace and value.get("number") == number, f"{what} is another set")
        check(1 <= len(note.keys) <= 16 and all(key.name == namespace for key in note.keys), f"{what}: wrong keys")
        both = value["keys"] + revoked
        check(len(set(both)) == len(both), f"{what}: a key is there twice")
        check(any(map(note.signed_by, note.keys)), f"{what} is not signed by a key of its own")
        check(value.get("previous") == (before and before.digest), f"{what} does not name the set before it")
        if before:
            check(any(map(note.signed_by, before.keys)), f"{what} is not signed by a key of the set before it")
            check(set(before.value.get("revoked", [])) <= set(revoked), f"{what}: a revoked key is back")
        sets.append(note)
    return sets


# ---- a registry ----------------------------------------------------------------------------------------------------------------


class SameOrigin(urllib.request.HTTPRedirectHandler):
    max_redirections = 3

    def redirect_request(self, request, answer, code, message, headers, to):
        origin = lambda address: urllib.parse.urlsplit(address)[:2]
        check(origin(request.full_url) == origin(to), f"a redirect to another place: {to}")
        return super().redirect_request(request, answer, code, message, headers, to)


def reader(place):
    """A function that gets a file of a registry: its bytes, or None where it is missing."""

    def from_folder(path, limit):
        try:
            with open(os.path.join(place, path), "rb") as file:
                data = file.read(limit + 1)
        except FileNotFoundError:
            return None
        check(len(data) <= limit, f"{path} is longer than {limit} bytes")
        return data

    def from_server(path, limit):
        try:
            with opener.open(place.rstrip("/") + "/" + path, timeout=30) as answer:
                data = answer.read(limit + 1)
        except urllib.error.HTTPError as error:
            if error.code in (404, 410):
                return None
            raise
        check(len(data) <= limit, f"{path} is longer than {limit} bytes")
        return data

    opener = urllib.request.build_opener(SameOrigin)
    if not over_network(place):
        return from_folder
    here = urllib.parse.urlsplit(place)
    check(here.scheme == "https" or here.hostname in ("localhost", "127.0.0.1", "::1"), f"plain http to another machine: {place}")
    return from_server


def over_network(place):
    return re.match("https?://", place) is not None


def check_state(config):
    """What the registry says of when it last looked after itself."""
    if config.get("key") is None or config.get("state") is None:
        return
    key, note = Key(config["key"]), Note(config["state"].encode(), "state")
    check(key.name == config["origin"] == note.value.get("origin"), "the state is another registry's")
    check(note.signed_by(key), "the state is not signed by the registry's key")
    said = datetime.datetime.strptime(note.value["time"], "%Y-%m-%dT%H:%M:%S%z")
    age = datetime.datetime.now(datetime.timezone.utc) - said
    if not datetime.timedelta(days=-1) <= age <= datetime.timedelta(days=14):
        print(f"warning: the registry vouched for what it serves at {said}", file=sys.stderr)


# ---- versions ------------------------------------------------------------------------------------------------------------------


def version(text):
    number, piece = r"(0|[1-9][0-9]*)", r"(?:0|[1-9][0-9]*|[0-9]*[a-z-][0-9a-z-]*)"
    match = re.fullmatch(rf"{number}\.{number}\.{number}(?:-({piece}(?:\.{piece})*))?", text)
    check(match and len(text) <= 64, f"no version: {text}")
    pre = tuple((0, int(p), "") if p.isdigit() else (1, 0, p) for p in (match[4] or "").split(".") if p)
    return (*map(int, match.group(1, 2, 3)), not pre, pre)


def requirement(text):
    """A requirement as Cargo writes it, as (operator, numbers, pre-release) of each part; `1.2` is `^1.2` and `1.*` is `~1`."""
    parts = []
    for part in text.split(","):
        number = r"(?:\.([0-9]+|[*xX]))?"
        match = re.fullmatch(rf"\s*(\^|~|=|>=|<=|>|<|)\s*([0-9]+|[*xX]){number}{number}(-[0-9A-Za-z.-]+)?\s*", part)
        check(match, f"no requirement: {text}")
        given = [int(n) for n in match.group(2, 3, 4) if n and n.isdigit()]
        wild = any(n and not n.isdigit() for n in match.group(2, 3, 4))
        parts.append((match[1] or ("~" if wild else "^"), given, match[5] or ""))
    return parts


def satisfies(wanted, text):
    """Whether every part holds; a pre-release only where a part names one of the same three numbers."""
    found, named = version(text), False
    for op, given, pre in requirement(wanted):
        full = (given + [0, 0, 0])[:3]
        low = version(".".join(map(str, full)) + pre)
        named |= bool(pre) and found[:3] == low[:3]
        last = len(given) - 1
        step = {"^": next((i for i, n in enumerate(given) if n), last), "~": min(1, last)}.get(op, last)
        high = (*(full[:step] + [full[step] + 1, 0, 0])[:3], False, ()) if given else (1 << 64, 0, 0, False, ())
        exact = op == "=" and len(given) == 3
        above = found > low if len(given) == 3 else found >= high
        holds = {"=": found == low if exact else low <= found < high, ">": above, "<=": not above, ">=": found >= low, "<": found < low}
        if not holds.get(op, low <= found < high):
            return False
    return found[3] or named


def reference(text):
    """`name@requirement`, in a form that can be compared; without a namespace `scaffold/` is meant."""
    if text is None:
        return None
    name, _, wanted = text.partition("@")
    return name if "/" in name else "scaffold/" + name, requirement(wanted or "*")


# ---- archives ------------------------------------------------------------------------------------------------------------------


def check_path(path):
    parts = path.split("/")
    check(len(path.encode()) <= 1024 and len(parts) <= 32, f"too long a path: {path}")
    check(unicodedata.normalize("NFC", path) == path, f"a path that is not NFC: {path!r}")
    check(not UNSEEN.search(path), f"a character that cannot be seen: {path!r}")
    check(not re.search(r'[\\:*?"<>|]|%2e|%2f|%5c|%00', path, re.I), f"a character that is refused: {path}")
    for part in parts:
        check(part not in ("", ".", "..") and len(part.encode()) <= 255 and part[-1] not in ". " and part[0] != "~", f"a path: {path}")
        check(not DEVICE.fullmatch(part.split(".")[0].rstrip()), f"a device of Windows: {path}")
        short = re.fullmatch(r"([^.~]+~[0-9]+)(?:\.(.*))?", part)
        check(not (short and len(short[1].encode()) <= 8 and len((short[2] or "").encode()) <= 3), f"a short name of Windows: {path}")
        check(fold(part) != ".git", f"git's own folder: {path}")


def fold(path):
    return unicodedata.normalize("NFC", unicodedata.normalize("NFD", path).lower().upper().lower())


def unpack(archive):
    """The files of an archive: path -> (executable, bytes)."""
    check(len(archive) <= 64 * MIB and archive[:8] == b"\x1f\x8b\x08\0\0\0\0\0", "no gzip as it has to be")
    limit = min(64 * MIB, max(MIB, 20 * len(archive)))
    inflate = zlib.decompressobj(-15)
    try:
        tar = inflate.decompress(archive[10:], limit + 1)
    except zlib.error as error:
        raise Refused(f"no gzip: {error}")
    check(len(tar) <= limit, "the archive unpacks to too much")
    check(inflate.eof and inflate.unused_data == struct.pack("<II", zlib.crc32(tar), len(tar)), "gzip does not end as it has to")
    check(len(tar) % 512 == 0 and len(tar) >= 1024 and not any(tar[-1024:]), "tar does not end as it has to")
    files, folders, last, at, count = {}, set(), b"", 0, 0
    while at < len(tar) - 1024:
        h = tar[at : at + 512]

        def text(start, length):
            data, _, rest = h[start : start + length].partition(b"\0")
            check(not any(rest), "a field of tar with more behind its end")
            return data

        def number(start, length):
            match = re.fullmatch(rb"([0-7]+)[\0 ]+", h[start : start + length])
            check(match, "a number of tar that is none")
            return int(match[1], 8)

        check(h[257:265] == b"ustar\x0000" and not any(h[500:]), "no ustar")
        check(number(148, 8) == sum(h[:148]) + 8 * 32 + sum(h[156:]), "a header of tar that does not add up")
        name, prefix = text(0, 100), text(345, 155)
        raw, folder, mode, size = prefix + b"/" + name if prefix else name, h[156:157] == b"5", number(100, 8), number(124, 12)
        check(folder or h[156:157] == b"0", f"neither file nor folder: {raw!r}")
        check(mode == 0o755 or mode == 0o644 and not folder, f"a mode that is refused: {raw!r}")
        check(not (number(108, 8) or number(116, 8) or number(136, 12)), f"an owner or a time: {raw!r}")
        check(not (text(157, 100) or text(265, 32) or text(297, 32)), f"a name of a link or an owner: {raw!r}")
        check(all(not any(h[i : i + 8]) or number(i, 8) == 0 for i in (329, 337)), f"a device: {raw!r}")
        check(raw.endswith(b"/") == folder and not (folder and size), f"a folder that is none: {raw!r}")
        raw, at, count = raw.rstrip(b"/") if folder else raw, at + 512, count + 1
        check(raw > last and count <= 10_000, f"out of order, twice, or too many: {raw!r}")
        try:
            last, path = raw, raw.decode()
        except ValueError:
            raise Refused(f"a path that is not UTF-8: {raw!r}")
        check_path(path)
        data, end = tar[at : at + size], at + -(-size // 512) * 512
        check(end <= len(tar) - 1024 and not any(tar[at + size : end]), f"a file that does not end as it has to: {path}")
        folders.update(path.rsplit("/", n)[0] for n in range(1, path.count("/") + 1))
        at = end
        if folder:
            folders.add(path)
        else:
            files[path] = (mode == 0o755, data)
    check(not folders & set(files), "a path that is a file and a folder")
    check(len({fold(p) for p in [*files, *folders]}) == len(files) + len(folders), "two paths that are one on some disks")
    return files


def tree(files):
    lines = [f"{'755' if x else '644'} {sha256(data).hex()} {path}\n" for path, (x, data) in sorted(files.items(), key=lambda f: f[0].encode())]
    return digest(("scaffold-tree 1\n" + "".join(lines)).encode())


def imports(component):
    """The names a component imports, read from its sections."""
    check(component[:8] == b"\0asm\x0d\0\x01\0", "generator.wasm is no component")
    at, names = 8, []

    def number():
        nonlocal at
        value = shift = 0
        while True:
            byte = component[at]
            value, shift, at = value | (byte & 127) << shift, shift + 7, at + 1
            if byte < 128:
                return value

    try:
        while at < len(component):
            section, at = component[at], at + 1
            size = number()
            end = at + size
            if section == 10:
                for _ in range(number()):
                    check(component[at] in (0, 1), "an import that is not known")
                    at += 1
                    length = number()
                    name, at = component[at : at + length].decode(), at + length
                    kind, at = component[at], at + 1
                    if kind == 3:  # a type of the interface before, under a name: no permission
                        check(component[at] == 0 and ":" not in name, f"{name} is imported as what it is not")
                        at += 1
                    else:
                        check(kind == 5, f"{name} is no interface")
                        names.append(name)
                    number()
                check(at == end, "imports that do not end as they have to")
            at = end
    except (IndexError, ValueError):
        raise Refused("generator.wasm cannot be read")
    return sorted(names)


def check_contents(files, release):
    """The package is what the release says it is."""
    check("scaffold.toml" in files, "no scaffold.toml")
    try:
        manifest = tomllib.loads(files["scaffold.toml"][1].decode())
        package = manifest["package"]
    except (ValueError, KeyError) as error:
        raise Refused(f"scaffold.toml: {error}")
    engine = package.get("engine")
    relations = lambda said: sorted(reference(f"{name}@{wanted}") for name, wanted in said.items())
    for field, stated, found in (
        *((field, release[field], package[field]) for field in ("name", "version", "kind", "summary")),
        ("keywords", release.get("keywords", []), package.get("keywords", [])),
        ("engine", reference(release.get("engine")), reference(engine)),
        *((field, release.get(field, []), manifest.get(field, [])) for field in ("reads", "writes")),
        *((field, relations(release.get(field, {})), relations(manifest.get(field, {}))) for field in ("requires", "conflicts")),
    ):
        check(stated == found, f"{field}: the registry says {stated}, the package {found}")
    check(("generator.wasm" in files) == (engine is None), "a component or an engine, not both and not neither")
    found = imports(files["generator.wasm"][1]) if engine is None else []
    check(all(re.fullmatch(r"scaffold:generator/[a-z-]+@0\.1\.0", name) for name in found), f"imports beside the contract: {found}")


# ---- the whole way -------------------------------------------------------------------------------------------------------------


def fetch(place, name, wanted, key):
    get = reader(place)
    data = get("v1/config.json", MIB // 16)
    check(data is not None, f"no registry at {place}")
    config = known(fields(data))
    if over_network(place):
        check_state(config)

    data = get(f"v1/index/{name}", 4 * MIB)
    check(data is not None, f"no package {name} in {place}")
    lines = [line for line in map(fields, data.decode().splitlines()) if line["v"] == 1]  # a later format is passed over
    check(len({line["version"] for line in lines}) == len(lines), "a version is in the index twice")
    check(all(line["name"] == name for line in lines), "the index is another package's")
    fitting = [line for line in lines if line.get("yanked") is None and satisfies(wanted, line["version"])]
    check(fitting, f"no version of {name} fits {wanted}")
    index = max(fitting, key=lambda line: version(line["version"]))

    note = Note(get(f"v1/releases/{name}/{index['version']}.note", MIB // 8), "the statement")
    release = note.value
    for field in set(index) - {"yanked", "security"}:
        check(release.get(field) == index[field], f"{field}: the index says {index[field]}, the author {release.get(field)}")

    namespace, signer = name.split("/")[0], None
    number = release.get("keys", 0)
    if number or note.lines or over_network(place):
        sets = key_sets(get, namespace)
        check(1 <= number <= len(sets), "not signed, or by keys that nobody has put")
        check(key is None or any(one.line == key for s in sets for one in s.keys), f"{key} never spoke for {namespace}")
        revoked = sets[-1].value.get("revoked", [])
        signer = next((one.line for one in sets[number - 1].keys if one.line not in revoked and note.signed_by(one)), None)
        check(signer, "the statement is not signed by a key of its namespace")

    check(re.fullmatch(DIGEST, release["blob"]), f"no digest: {release['blob']}")
    blob = release["blob"].removeprefix("sha256:")
    archive = get(f"v1/blobs/sha256/{blob[:2]}/{blob}", min(release["size"], 64 * MIB))
    check(archive is not None and len(archive) == release["size"] and digest(archive) == release["blob"], "another archive")
    files = unpack(archive)
    check(tree(files) == release["tree"], "the archive holds something else")
    check_contents(files, release)
    return release, signer, files


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("registry")
    parser.add_argument("package")
    parser.add_argument("folder")
    parser.add_argument("--key")
    asked = parser.parse_args()
    name, _, wanted = asked.package.partition("@")
    check(re.fullmatch(f"{PART}/{PART}", name) and all(len(p) <= 64 and not DEVICE.fullmatch(p) for p in name.split("/")), f"no name: {name}")
    release, signer, files = fetch(asked.registry, name, wanted or "*", asked.key)
    os.mkdir(asked.folder)
    for path, (executable, data) in files.items():
        path = os.path.join(asked.folder, *path.split("/"))
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "xb") as file:
            file.write(data)
        os.chmod(path, 0o755 if executable else 0o644)
    print(json.dumps({"name": name, "version": release["version"], "blob": release["blob"], "tree": release["tree"],
                      "signer": signer, "files": sorted(files)}, indent=1))


if __name__ == "__main__":
    try:
        main()
    except (Refused, KeyError, TypeError, AttributeError, ValueError) as why:  # what has another shape than it must is refused as well
        print(f"refused: {why if isinstance(why, Refused) else repr(why)}", file=sys.stderr)
        sys.exit(5)
