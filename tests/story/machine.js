/* A new machine, and Ada, who sits at it and is not root: what she types, and the files that she saves. The machine is the
   root ROOT that tools/fresh-root made; it has what was installed in it. */
"use strict";
const { spawn } = require("node:child_process");
const fs = require("node:fs");
const path = require("node:path");

const HOME = "/home/ada";
const LIMIT_MS = 120000;
const ROOT_LIMIT_MS = 600000; /* of what root does: hundreds of packages come over the network */
const SHELL = ["LANG=C.UTF-8", "TERM=dumb", "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"];

/* A process, and what it has said. */
class Terminal {
    constructor(child) {
        this.child = child;
        this.said = "";
        this.waiting = new Set();
        this.ended = new Promise((done) => child.on("close", (code, signal) => done(signal || code)));
        for (const stream of [child.stdout, child.stderr])
            stream.setEncoding("utf8").on("data", (text) => { this.said += text; this.look(); });
        this.ended.then(() => { this.is_over = true; this.look(); });
    }
    look() {
        for (const wake of this.waiting) wake();
    }
    mark() {
        return this.said.length;
    }
    /* The first match in what it said since the mark, as soon as it is there. */
    wait(pattern, since = 0) {
        return new Promise((resolve, reject) => {
            const finish = (settle, value) => { clearTimeout(limit); this.waiting.delete(look); settle(value); };
            const fail = (why) => finish(reject, new Error(`${pattern} did not come, ${why}; its last words:\n${this.said.slice(-3000)}`));
            const limit = setTimeout(() => fail(`within ${LIMIT_MS / 1000} s`), LIMIT_MS);
            const look = () => {
                const match = pattern.exec(this.said.slice(since));
                if (match) finish(resolve, match);
                else if (this.is_over) fail("and it has ended");
            };
            this.waiting.add(look);
            look();
        });
    }
    async stop(signal) {
        if (!this.is_over) this.child.kill(signal);
        return this.ended;
    }
}

class Machine {
    constructor(root) {
        this.root = root;
        this.terminals = [];
    }
    /* Runs without a shell between, so that the process that was started is the one that is stopped. */
    start(user, folder, environment, ...command) {
        const who = user === "root" ? [] : [`--userspec=${user}:${user}`];
        const where = folder ? ["-C", folder] : [];
        const terminal = new Terminal(spawn("chroot", [...who, this.root, "/usr/bin/env", "-i", ...where, ...environment, ...command],
                                            { stdio: ["ignore", "pipe", "pipe"] }));
        this.terminals.push(terminal);
        return terminal;
    }
    /* A line in a shell: how it ended and all that it said. */
    async type(line, folder = HOME) {
        return this.run("ada", folder, line, LIMIT_MS);
    }
    async as_root(line) {
        const began = Date.now();
        const done = await this.run("root", "/", line, ROOT_LIMIT_MS);
        if (done.code !== 0) throw new Error(`${line} ended with ${done.code} after ${(Date.now() - began) / 1000} s:\n${done.said.slice(-3000)}`);
        return done.said;
    }
    async run(user, folder, line, limit_ms) {
        const home = user === "root" ? "/root" : HOME;
        const terminal = this.start(user, folder, [...SHELL, `HOME=${home}`, `USER=${user}`, "DEBIAN_FRONTEND=noninteractive"], "sh", "-c", line);
        const limit = setTimeout(() => terminal.stop("SIGKILL"), limit_ms);
        const code = await terminal.ended;
        clearTimeout(limit);
        return { code, said: terminal.said };
    }
    open(folder, ...command) {
        return this.start("ada", folder, [...SHELL, `HOME=${HOME}`, "USER=ada"], ...command);
    }
    /* With no environment, in /. */
    bare(...command) {
        return this.start("ada", null, [], ...command);
    }
    /* What was written since, anywhere but there. */
    begin() {
        fs.writeFileSync(this.place("/began"), "");
    }
    async written_outside(folder) {
        const apart = ["/proc", "/sys", "/dev", folder].map((name) => `-path ${name}`).join(" -o ");
        return (await this.as_root(`find / \\( ${apart} \\) -prune -o ! -type d -newer /began -print`)).split("\n").filter(Boolean);
    }
    /* The command lines of all that Ada runs. */
    processes() {
        const { uid } = fs.statSync(this.place(HOME));
        return fs.readdirSync("/proc").filter((name) => /^\d+$/.test(name)).flatMap((pid) => {
            try {
                return fs.statSync(`/proc/${pid}`).uid === uid ? [fs.readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " ")] : [];
            } catch {
                return []; /* it has ended meanwhile */
            }
        });
    }
    place(file) {
        return path.join(this.root, file);
    }
    read(file) {
        return fs.readFileSync(this.place(file), "utf8");
    }
    /* As editors do: a new file in the place of the one before. */
    save(file, text) {
        const { uid, gid } = fs.statSync(path.dirname(this.place(file)));
        const draft = `${this.place(file)}~`;
        fs.writeFileSync(draft, text);
        fs.chownSync(draft, uid, gid);
        fs.renameSync(draft, this.place(file));
    }
    link(target, file) {
        fs.symlinkSync(target, this.place(file));
    }
    edit(file, before, after) {
        const text = this.read(file);
        if (!text.includes(before)) throw new Error(`no ${before} in ${file}:\n${text}`);
        this.save(file, text.replace(before, () => after));
    }
    async end() {
        for (const terminal of this.terminals) await terminal.stop("SIGKILL");
    }
}

module.exports = { HOME, LIMIT_MS, Machine };
