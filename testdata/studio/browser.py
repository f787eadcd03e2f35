# SPDX-License-Identifier: Apache-2.0
"""A real Chromium for a test script, by chromedriver (W3C WebDriver, 2018).

browser.py FILE start            start one; FILE keeps what finds it again
browser.py FILE open URL
browser.py FILE keys KEY...      press and release: j, Enter, Control+Enter
browser.py FILE type TEXT        a key for each character, into what has focus
browser.py FILE wait EXPRESSION  until it is true in the page; 30 s at most
browser.py FILE say EXPRESSION   print its value
browser.py FILE look WIDTH HEIGHT light|dark
browser.py FILE shot PNG light|dark   fails when it is blank, or not so
browser.py FILE errors           what the console complained of since
browser.py FILE end
"""
import base64
import json
import os
import signal
import socket
import struct
import subprocess
import sys
import time
import urllib.error
import urllib.request
import zlib

KEYS = {"Enter": "\ue007", "Escape": "\ue00c", "Tab": "\ue004",
        "Up": "\ue013", "Down": "\ue015", "Left": "\ue012",
        "Right": "\ue014", "Home": "\ue011", "End": "\ue010",
        "Backspace": "\ue003", "Control": "\ue009", "Shift": "\ue008",
        "Space": " "}


class Refused(Exception):
    pass


def ask(port, method, path, body=None):
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(
        f"http://127.0.0.1:{port}{path}", data, method=method,
        headers={"Content-Type": "application/json"})
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:
            return json.load(answer)["value"]
    except urllib.error.HTTPError as why:
        value = json.load(why)["value"]
        raise Refused(f"{value['error']}: {value['message'][:500]}") from None


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def start(file):
    port = free_port()
    driver = subprocess.Popen(
        ["chromedriver", f"--port={port}"], stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        start_new_session=True)
    options = {"args": ["--headless=new", "--no-sandbox", "--disable-gpu",
                        "--disable-dev-shm-usage", "--no-first-run",
                        "--window-size=1280,900"]}
    wanted = {"browserName": "chrome", "goog:chromeOptions": options,
              "goog:loggingPrefs": {"browser": "ALL"}}
    until = time.monotonic() + 30
    while True:
        try:
            session = ask(port, "POST", "/session",
                          {"capabilities": {"alwaysMatch": wanted}})
            break
        except (urllib.error.URLError, ConnectionError):
            if time.monotonic() > until or driver.poll() is not None:
                sys.exit("chromedriver does not answer")
            time.sleep(0.1)
    with open(file, "w", encoding="ascii") as out:
        json.dump({"pid": driver.pid, "port": port,
                   "id": session["sessionId"]}, out)


class Browser:
    def __init__(self, file):
        with open(file, encoding="ascii") as kept:
            self.kept = json.load(kept)

    def ask(self, method, path, body=None):
        return ask(self.kept["port"], method,
                   f"/session/{self.kept['id']}{path}", body)

    def devtools(self, command, **params):
        return self.ask("POST", "/goog/cdp/execute",
                        {"cmd": command, "params": params})

    def value(self, expression):
        return self.ask("POST", "/execute/sync", {
            "script": f"return ({expression});", "args": []})

    def open(self, url):
        self.ask("POST", "/url", {"url": url})

    def press(self, *chords):
        actions = []
        for chord in chords:
            names = [chord] if chord == "+" else chord.split("+")
            codes = [KEYS.get(name, name) for name in names]
            actions += [{"type": "keyDown", "value": c} for c in codes]
            actions += [{"type": "keyUp", "value": c}
                        for c in reversed(codes)]
        self.ask("POST", "/actions", {"actions": [
            {"type": "key", "id": "keyboard", "actions": actions}]})

    def keys(self, *chords):
        self.press(*chords)

    def type(self, text):
        self.ask("POST", "/actions", {"actions": [
            {"type": "key", "id": "keyboard", "actions": [
                {"type": how, "value": c}
                for c in text for how in ("keyDown", "keyUp")]}]})

    def wait(self, expression):
        until = time.monotonic() + 30
        while True:
            try:
                if self.value(expression):
                    return
                seen = "false"
            except Refused as why:
                seen = why
            if time.monotonic() > until:
                sys.exit(f"never true: {expression}\n{seen}\nfocus: "
                         + self.value("document.activeElement.outerHTML")[:200]
                         + "\nat the end of the page: "
                         + self.value("document.body.innerText")[-1500:])
            time.sleep(0.05)

    def say(self, expression):
        print(self.value(expression))

    def look(self, width, height, scheme):
        self.devtools("Emulation.setDeviceMetricsOverride", width=int(width),
                      height=int(height), deviceScaleFactor=1, mobile=False)
        self.devtools("Emulation.setEmulatedMedia", features=[
            {"name": "prefers-color-scheme", "value": scheme}])

    def shot(self, file, scheme):
        data = base64.b64decode(self.ask("GET", "/screenshot"))
        with open(file, "wb") as out:
            out.write(data)
        pixels = read_png(data)
        light = sum(sum(p) for p in pixels) / (3 * 255 * len(pixels))
        if len(set(pixels)) < 50:
            sys.exit(f"blank: only {len(set(pixels))} colours")
        if (light < 0.5) != (scheme == "dark"):
            sys.exit(f"not {scheme}: mean light {light:.2f}")

    def errors(self):
        lines = [line["message"] for line in
                 self.ask("POST", "/se/log", {"type": "browser"})
                 if line["level"] in ("SEVERE", "WARNING")]
        if lines:
            sys.exit("\n".join(lines))

    def end(self):
        try:
            self.ask("DELETE", "")
        finally:
            os.killpg(self.kept["pid"], signal.SIGTERM)


def predict(how, left, up, corner):
    if how == 4:
        by = left + up - corner
        near = [(abs(by - left), 0), (abs(by - up), 1), (abs(by - corner), 2)]
        return (left, up, corner)[min(near)[1]]
    return (0, left, up, (left + up) // 2)[how]


def read_png(data):
    """Pixels of an 8-bit RGB or RGBA one (PNG, third edition, 9)."""
    at, packed, head = 8, b"", None
    while at < len(data):
        size, kind = struct.unpack(">I4s", data[at:at + 8])
        part = data[at + 8:at + 8 + size]
        head = part if kind == b"IHDR" else head
        packed += part if kind == b"IDAT" else b""
        at += 12 + size
    width, height, _, colour = struct.unpack(">IIBB", head[:10])
    n = {2: 3, 6: 4}[colour]
    raw, row, pixels = zlib.decompress(packed), bytearray(width * n), []
    for y in range(height):
        begin = y * (width * n + 1)
        how, last = raw[begin], row
        row = bytearray(raw[begin + 1:begin + 1 + width * n])
        for i in range(len(row) if how else 0):
            left, corner = (row[i - n], last[i - n]) if i >= n else (0, 0)
            row[i] = (row[i] + predict(how, left, last[i], corner)) & 255
        pixels += [tuple(row[i:i + 3]) for i in range(0, len(row), n)]
    return pixels


def main(file, verb, *args):
    if verb == "start":
        start(file)
    else:
        getattr(Browser(file), verb)(*args)


try:
    main(*sys.argv[1:])
except Refused as refusal:
    sys.exit(str(refusal))
