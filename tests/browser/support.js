/* What the tests stand on: the Attics example with its own database, archive, worker and dashboard; a browser; TAP. */
"use strict";
const { execFileSync, spawn } = require("node:child_process");
const fs = require("node:fs");
const http = require("node:http");
const os = require("node:os");
const path = require("node:path");
const { chromium } = require(path.join(process.env.MODULES, "playwright-core"));

const ROOT = path.resolve(__dirname, "../..");
const BUILD = path.resolve(process.argv[2]);
const LIMIT_MS = 30000;
const POSTGRES = process.env.TEST_POSTGRES_URL;
const AXE = fs.readFileSync(path.join(process.env.MODULES, "axe-core/axe.min.js"), "utf8");

/* ---- TAP ---- */

const tests = [];
const test = (name, fn) => tests.push({ name, fn });

/* What was wanted stands at its beginning, what a command said last at its end. */
function said_of(error) {
    const lines = String(error.stack || error).split("\n");
    return lines.length <= 40 ? lines : [...lines.slice(0, 15), "[...]", ...lines.slice(-25)];
}

async function run_tests(world) {
    let failed = 0;
    for (const [index, { name, fn }] of tests.entries()) {
        const began = Date.now();
        let error = null;
        try {
            await fn(world);
        } catch (raised) {
            error = raised;
        }
        await world.close_pages();
        console.log(`${error ? "not ok" : "ok"} ${index + 1} - ${name}`);
        if (process.env.TIMES) console.log(`# ${Date.now() - began} ms`);
        if (error) {
            failed++;
            for (const line of said_of(error)) console.log(`# ${line}`);
        }
    }
    console.log(`1..${tests.length}`);
    return failed;
}

/* Waits for the condition, with a limit. */
async function until(what, condition) {
    const end = Date.now() + LIMIT_MS;
    for (;;) {
        const value = await condition();
        if (value) return value;
        if (Date.now() > end) throw new Error(`${what} did not happen within ${LIMIT_MS / 1000} s`);
        await new Promise((done) => setTimeout(done, 20));
    }
}

/* ---- Processes ---- */

/* An archive whose answers can be held back: a job that waits for one is running for as long as a test wants. */
class Archive {
    constructor() {
        this.held = new Map();
        this.years = Array.from({ length: 30 }, (_, i) => 1960 + i); /* of each band's shows */
        this.server = http.createServer((request, response) => this.answer(request.url.slice(1), response));
    }
    async start() {
        await new Promise((done) => this.server.listen(0, "127.0.0.1", done));
        this.url = `http://127.0.0.1:${this.server.address().port}`;
    }
    answer(collection, response) {
        if (this.held.has(collection)) return void this.held.get(collection).push(response);
        if (collection === "nobody") return void response.writeHead(404).end();
        const shows = this.years.map((year, i) => `<li><time>${year}-05-08</time> Hall ${i}</li>`);
        response.end(shows.join("\n"));
    }
    hold(collection) {
        this.held.set(collection, []);
    }
    release(collection) {
        const waiting = this.held.get(collection) || [];
        this.held.delete(collection);
        for (const response of waiting) this.answer(collection, response);
    }
}

/* An application in a folder of its own, with a database, and what was started of it. */
class Application {
    constructor(source, name) {
        this.folder = fs.mkdtempSync(path.join(os.tmpdir(), "errand-browser."));
        this.processes = [];
        fs.cpSync(source, this.folder, { recursive: true, filter: (file) => path.basename(file) !== "build" });
        this.url = POSTGRES ? POSTGRES.replace(/\/[^/]*$/, `/${name}`) : `sqlite:${this.folder}/app.db`;
        this.environment = { ...process.env, DATABASE_URL: this.url, ERRAND: BUILD };
        for (const name of ["MAKEFLAGS", "MAKELEVEL"]) delete this.environment[name];
        this.run("make", "--no-print-directory", "all", "db");
    }
    run(command, ...args) {
        return execFileSync(command, args, { cwd: this.folder, env: this.environment, encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });
    }
    /* Rows as lines, cells with | between. */
    sql(statement) {
        return (POSTGRES ? this.run("psql", "-XAtq", "-c", statement, this.url)
            : this.run("sqlite3", "-cmd", ".timeout 10000", this.url.slice("sqlite:".length), statement)).trim();
    }
    start(command, ...args) {
        const log = fs.openSync(path.join(this.folder, `${path.basename(command)}-${this.processes.length}.log`), "w");
        const child = spawn(path.join(this.folder, command), args, { env: this.environment, stdio: ["ignore", "pipe", log] });
        this.processes.push(child);
        return child;
    }
    async dashboard(...args) {
        return this.dashboard_of("", ...args);
    }
    /* The one of a folder's FrontController.c: "Admin/". */
    async dashboard_of(front, ...args) {
        const child = this.start(`build/bin/${front}RunDashboard`, "--port", "0", ...args);
        let said = "";
        child.stdout.on("data", (text) => { said += text; });
        return until("the start of the dashboard", () => (/ at (http\S+\/)\n/.exec(said) || [])[1]);
    }
    async stop(child) {
        const ended = new Promise((done) => child.exitCode === null && child.signalCode === null ? child.on("exit", done) : done());
        child.kill("SIGTERM");
        await ended;
        this.processes = this.processes.filter((other) => other !== child);
    }
    async end() {
        for (const child of [...this.processes]) await this.stop(child);
        fs.rmSync(this.folder, { recursive: true, force: true });
    }
}

/* ---- The browser ---- */

class Browser {
    constructor(httpCredentials) {
        this.httpCredentials = httpCredentials;
        this.contexts = [];
    }
    async start() {
        this.browser = await chromium.launch({
            executablePath: process.env.CHROMIUM || "/usr/bin/chromium",
            args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
                   "--disable-component-update", "--disable-sync"],
        });
    }
    /* A page of its own, as a person that was never here has it. */
    async page(options = {}) {
        const context = await this.browser.newContext({ httpCredentials: this.httpCredentials, viewport: { width: 1440, height: 900 }, ...options });
        context.setDefaultTimeout(LIMIT_MS);
        this.contexts.push(context);
        return context.newPage();
    }
    async close_pages() {
        for (const context of this.contexts.splice(0)) await context.close();
    }
    async end() {
        if (this.browser) await this.browser.close();
    }
}

const LOGIN = { username: "attics", password: "attics" };

class World extends Browser {
    constructor() {
        super(LOGIN);
    }
    async start() {
        this.archive = new Archive();
        await this.archive.start();
        this.app = new Application(path.join(ROOT, "examples/attics"), "attics");
        this.app.environment.ARCHIVE_URL = this.archive.url;
        await super.start();
    }
    /* Another application, for what the example does not show: views that fail, other ways to log in. */
    get other() {
        this.other_app ??= new Application(path.join(__dirname, "app"), "other");
        return this.other_app;
    }
    async end() {
        await super.end();
        for (const app of [this.app, this.other_app]) await app?.end();
        this.archive.server.closeAllConnections();
        this.archive.server.close();
    }
}

/* What axe has to say against a page, one line each. */
async function violations(page) {
    await page.evaluate(AXE);
    const found = await page.evaluate(() => window.axe.run(document, { resultTypes: ["violations"] }));
    return found.violations.flatMap(({ id, nodes }) => nodes.map((node) => `${id}: ${node.html.slice(0, 150)} ${(node.failureSummary || "").split("\n")[1] || ""}`));
}

async function main(body, world = new World()) {
    let failed = 1;
    try {
        await world.start();
        failed = await body(world);
    } catch (error) {
        console.log(`Bail out! ${error.stack}\n${error.stderr || ""}`);
    } finally {
        await world.end();
    }
    process.exitCode = failed ? 1 : 0;
}

module.exports = { Application, Browser, LIMIT_MS, LOGIN, ROOT, main, run_tests, test, until, violations };
