#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""soak.py SUBO [SECONDS] - mixed load at 80 % of what the server can do, with a
swap of the bundle each second and clients that misbehave all the time.

No request of a good client may fail, and memory may not grow.  The last line is
"ok", or says what was wrong; SOAK_SERVER_ENV adds NAME=VALUE for the server."""
import os
import random
import re
import shutil
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import threading
import time

SUBO = sys.argv[1]
SECONDS = int(sys.argv[2]) if len(sys.argv) > 2 else 60
WAT = """(module
  (import "env" "return_result" (func $result (param i32 i32 i32)))
  (memory (export "memory") %d)
  (data (i32.const 16) "%s")
  (func (export "allocate") (param i32) (result i32) (i32.const 1024))
  (func (export "deallocate") (param i32 i32))
  (func (export "run_e") (param i32 i32 i32) %s))
"""
SAY = "(call $result (i32.const 16) (i32.const 8) (local.get 2))"
BACK = "(call $result (local.get 0) (local.get 1) (local.get 2))"
SPIN = "(loop $l (br $l))"
DIRECTIVE = """identifier: com.example.soak
appVersion: v1.0.%d
atmoVersion: v0.4.8
handlers:
  - {type: request, method: GET, resource: /say, steps: [{fn: say}]}
  - {type: request, method: POST, resource: /back, steps: [{fn: back}]}
  - {type: request, method: GET, resource: /spin, steps: [{fn: spin}]}
  - type: request
    method: GET
    resource: /group/:n
    steps:
      - group: [{fn: say, as: a}, {fn: back, as: b}]
      - fn: say
        as: c
    response: c
"""


def build(root, n):
    for name, body, text in (("say", SAY, f"{n:08d}"), ("back", BACK, ""),
                             ("spin", SPIN, "")):
        os.makedirs(f"{root}/{name}", exist_ok=True)
        with open(f"{root}/{name}/.runnable.yml", "w") as f:
            f.write(f"name: {name}\nlang: wat\n")
        with open(f"{root}/{name}/lib.wat", "w") as f:
            f.write(WAT % (4, text, body))
    with open(f"{root}/Directive.yaml", "w") as f:
        f.write(DIRECTIVE % n)
    subprocess.run([SUBO, "build", "--quiet", root], check=True,
                   stdout=subprocess.DEVNULL)
    return f"{root}/runnables.wasm.zip"


SEEDS = [
    b"GET / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    b"POST /back HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
    b"POST /back HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nshort",
    b"GET /say HTTP/1.1\nHost: x\n\n",
    b"GET /say HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
    b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
    b"GET /%00 HTTP/1.1\r\nHost: x\r\n\r\n",
    b"GET /say HTTP/1.1\r\nHost: x\r\nX: " + b"y" * 70000 + b"\r\n\r\n",
    b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    b"GET /spin HTTP/1.1\r\nHost: x\r\n\r\n",
    b"GET /say HTTP/1.1\r\nHost: x\r\n\r\n" * 100,
]


class Bad(threading.Thread):
    """Clients that send rubbish, go away, or take their time."""

    def __init__(self, port):
        super().__init__(daemon=True)
        self.port, self.stop, self.slow, self.done = port, False, [], 0

    def one(self):
        s = socket.create_connection(("127.0.0.1", self.port), 5)
        data = random.choice(SEEDS)
        how = random.randrange(4)
        if how == 0:
            data = data[:random.randrange(len(data))]
        s.sendall(data)
        if how == 1:
            s.shutdown(socket.SHUT_WR)
        if how == 2:
            s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                         struct.pack("ii", 1, 0))
        if how == 3 and len(self.slow) < 200:
            self.slow.append(s)
            return
        s.settimeout(0.01)
        try:
            s.recv(1000)
        except OSError:
            pass
        s.close()

    def run(self):
        while not self.stop:
            try:
                self.one()
                self.done += 1
            except OSError:
                pass
            for s in list(self.slow):
                if random.random() < 0.01:
                    self.slow.remove(s)
                    s.close()
            time.sleep(0.01)


def rss(pid):
    with open(f"/proc/{pid}/status") as f:
        return int(re.search(r"VmRSS:\s+(\d+)", f.read()).group(1)) / 1024


def h2load(port, seconds, rate, urls):
    """Good clients: (done, failed)."""
    argv = ["h2load", "--h1", "-c32", "-t1", f"-D{seconds}", "-i", urls]
    if rate:
        argv.append(f"--rps={max(rate // 32, 1)}")
    out = subprocess.run(argv, capture_output=True, text=True).stdout
    m = re.search(r"(\d+) total, \d+ started, (\d+) done, (\d+) succeeded, "
                  r"(\d+) failed, (\d+) errored, (\d+) timeout", out)
    if not m:
        raise SystemExit(f"h2load printed no totals:\n{out}")
    done, good, failed, errored, late = (int(m.group(i)) for i in range(2, 7))
    return done, failed + late, out


def main():
    tmp = tempfile.mkdtemp()
    root, live = f"{tmp}/app", f"{tmp}/live.wasm.zip"
    versions = []
    for i in range(4):
        path = f"{tmp}/v{i}.zip"
        shutil.copy(build(root, i), path)
        versions.append(path)
    shutil.copy(versions[0], live)
    env = dict(os.environ, **dict(
        x.split("=", 1) for x in os.environ.get("SOAK_SERVER_ENV", "").split()))
    p = subprocess.Popen([SUBO, "serve", live, "--host", "127.0.0.1", "--port",
                          "0", "--log", "none", "--timeout", "300ms"],
                         stderr=subprocess.PIPE, text=True, env=env)
    port = None
    said = []
    for line in p.stderr:
        said.append(line)
        found = re.search(r"http://127\.0\.0\.1:(\d+)", line)
        if found:
            port = int(found.group(1))
            break
    if not port:
        raise SystemExit("".join(said))
    threading.Thread(target=lambda: said.extend(p.stderr), daemon=True).start()
    urls = f"{tmp}/urls"
    base = f"http://127.0.0.1:{port}"
    with open(urls, "w") as f:
        f.write(f"{base}/say\n{base}/group/1\n{base}/say\n{base}/health\n")
    done, failed, _ = h2load(port, 5, 0, urls)
    rate = int(done / 5 * 0.8)
    bad = Bad(port)
    bad.start()
    stop = threading.Event()
    swaps = [0]

    def swap():
        while not stop.wait(1):
            swaps[0] += 1
            shutil.copy(versions[swaps[0] % 4], live + ".new")
            os.rename(live + ".new", live)
            p.send_signal(signal.SIGHUP)

    threading.Thread(target=swap, daemon=True).start()
    total, wrong, sizes, begin = 0, 0, [], time.monotonic()
    while time.monotonic() - begin < SECONDS:
        n, f, out = h2load(port, min(20, SECONDS), rate, urls)
        total, wrong = total + n, wrong + f
        if p.poll() is not None:
            raise SystemExit(f"soak: the server ended with {p.returncode}: "
                             + "".join(said)[-3000:])
        sizes.append(rss(p.pid))
        print(f"soak: {time.monotonic() - begin:5.0f} s, {total} done, {wrong} "
              f"failed, {swaps[0]} swaps, {bad.done} bad clients, "
              f"{sizes[-1]:.0f} MiB", flush=True)
    stop.set()
    bad.stop = True
    bad.join()
    p.send_signal(signal.SIGTERM)
    code = p.wait(60)
    faults = []
    if wrong:
        faults.append(f"{wrong} good requests failed")
    if code != 0:
        faults.append(f"the server exited with {code}: {''.join(said)[-2000:]}")
    settled = sizes[len(sizes) // 4:]
    if len(settled) > 3 and settled[-1] > min(settled) * 1.1 + 4:
        faults.append(f"memory grew: {settled[0]:.0f} to {settled[-1]:.0f} MiB")
    if not swaps[0]:
        faults.append("nothing was swapped")
    shutil.rmtree(tmp)
    print("soak:", "; ".join(faults) or "ok", f"({rate} a second)")
    return 1 if faults else 0


sys.exit(main())
