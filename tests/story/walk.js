/* From nothing to a job that has run, as README and guide tell it, on a new machine: the packages, errand new, errand dev,
   its page in a browser, an editor; on SQLite, then on PostgreSQL; then the worker alone, as a machine starts it. */
"use strict";
const assert = require("node:assert");
const fs = require("node:fs");
const path = require("node:path");
const { Browser, ROOT, main, run_tests, test, violations } = require("../browser/support.js");
const { HOME, LIMIT_MS, Machine } = require("./machine.js");

const DOCUMENTS = ["README.md", "docs/guide.md"].map((file) => fs.readFileSync(path.join(ROOT, file), "utf8")).join("\n");

/* A command that nobody told her of Ada would not type. */
function told(line) {
    assert.ok(DOCUMENTS.includes(line), `neither README nor guide tells of ${line}`);
    return line;
}

class World extends Browser {
    async start() {
        this.machine = new Machine(process.env.ROOT);
        await super.start();
    }
    async end() {
        await super.end();
        await this.machine.end();
    }
}

/* ---- What Ada does at the page ---- */

async function at(world, address) {
    const page = await world.page();
    page.setDefaultTimeout(LIMIT_MS);
    await page.goto(new URL(address, world.url).href);
    return page;
}

const tab = (page, name) => page.getByRole("navigation", { name: "Pages", exact: true }).getByRole("link", { name, exact: true }).click();

/* Fills in the form under this heading; what is shown then is the preview, or what is wrong. */
async function fill(page, heading, fields) {
    const form = page.locator("section").filter({ has: page.getByRole("heading", { name: heading, exact: true }) });
    for (const [label, value] of Object.entries(fields)) {
        const field = form.getByLabel(new RegExp(`^${label}`));
        await (await field.evaluate((element) => element.tagName) === "SELECT" ? field.selectOption(value) : field.fill(value));
    }
    await form.getByRole("button", { name: "Preview" }).click();
}

const preview = (page) => page.locator("#preview pre, main [role=alert]").first().textContent();
const generate = (page) => page.getByRole("button", { name: "Generate" }).click();
const is_up_to_date = (page) => page.getByRole("heading", { level: 1, name: "Up to date" }).waitFor();

/* Changes something, and waits until it was noticed, built, and is in use. */
async function until_built(world, sign, change) {
    const since = world.dev.mark();
    await change();
    await world.dev.wait(new RegExp(`${sign}[^]*build +\\| up to date`), since);
}

/* To everybody: light and wide, dark and narrow. */
async function is_well_made(page) {
    const found = [];
    for (const [colorScheme, width] of [["light", 1440], ["dark", 360]]) {
        await page.emulateMedia({ colorScheme });
        await page.setViewportSize({ width, height: 800 });
        await page.evaluate(() => Promise.all(document.getAnimations().map((animation) => animation.finished.catch(() => {})))); /* of the colours; or cut short by new ones */
        found.push(...(await violations(page)).map((line) => `${page.url()}, ${colorScheme}: ${line}`));
        if (await page.evaluate(() => document.documentElement.scrollWidth > window.innerWidth)) found.push(`${page.url()} is wider than ${width} pixels`);
    }
    assert.deepStrictEqual(found, []);
}

/* ---- The machine ---- */

test("the packages bring all that an application is built with", async ({ machine }) => {
    const folder = machine.place("/root/errand/build-deb");
    fs.mkdirSync(folder, { recursive: true });
    for (const name of fs.readdirSync(process.env.PACKAGES).filter((name) => name.endsWith(".deb")))
        fs.copyFileSync(path.join(process.env.PACKAGES, name), path.join(folder, name));
    await machine.as_root("apt-get -q update");
    await machine.as_root(`cd /root/errand && ${told("apt install ./build-deb/*.deb")} -y`);
    await machine.as_root("id ada || useradd --create-home ada");
    assert.match((await machine.type("errand --version")).said, /^errand \d/);
});

/* ---- The story ---- */

function story(database, options, more) {
    const folder = `${HOME}/${database}`, shop = `${folder}/shop`, job = `${shop}/Web/Job/Greet.c`;
    let is_over = false; /* what follows a step that failed would fail as well, slowly */
    const it = (behaviour, body) => test(`${database}: ${behaviour}`, async (world) => {
        assert.ok(!is_over, "a step before this one failed");
        is_over = true;
        await body(world);
        is_over = false;
    });

    it("errand new makes an application, once", async (world) => {
        const { machine } = world;
        await machine.type(`mkdir ${folder}`);
        machine.begin();
        world.began = Date.now();
        const first = await machine.type(told("errand new shop"), folder);
        assert.strictEqual(first.code, 0, first.said);
        const again = await machine.type("errand new shop", folder);
        assert.deepStrictEqual(again, { code: 1, said: "errand: the folder shop is not empty\n" });
    });

    more.before?.(it, shop);

    it("errand dev builds it, and its page says so", async (world) => {
        world.dev = world.machine.open(shop, ...told(["errand dev", ...options].join(" ")).split(" "));
        world.url = (await world.dev.wait(/development server is at (http:\/\/localhost:\d+\/)/))[1];
        await world.dev.wait(/The database is +\S+/);
        const page = await at(world, "/");
        await is_up_to_date(page);
        await is_well_made(page);
    });

    it("a job is generated on the page, from its diff", async (world) => {
        const page = await at(world, "/");
        await tab(page, "Codegen");
        await fill(page, "Background Job", { Name: "Greet", Columns: "name:text" });
        const diff = await preview(page);
        assert.match(diff, /^\+CREATE TABLE greet_jobs \($/m);
        assert.match(diff, /^\+\+\+ b\/Web\/Job\/Greet\.c$/m);
        assert.ok(!fs.existsSync(world.machine.place(job)));
        await is_well_made(page);
        await until_built(world, "created table greet_jobs[^]*link build/bin/RunJobs", () => generate(page));
        await tab(page, "Start");
        await is_up_to_date(page);
    });

    it("its perform is edited and runs; the row and what was printed stand in the dashboard", async (world) => {
        await until_built(world, "worker was built anew", () =>
            world.machine.edit(job, "    (void)ctx, (void)job;\n    puts(\"Hello World!\");\n",
                               "    (void)ctx;\n    printf(\"Hello %s!\\n\", job->name);\n"));
        const page = await at(world, "/");
        await tab(page, "Dashboard");
        await page.getByRole("region", { name: "Greet jobs" }).getByRole("link", { name: "+ New Job" }).click();
        await page.getByLabel(/^Name/).fill("Ada <3");
        await page.getByRole("button", { name: "Create job" }).click();
        await page.getByText("The job was created.").waitFor();
        await world.dev.wait(/Hello Ada <3!/);
        console.log(`# ${database}: ${((Date.now() - world.began) / 1000).toFixed(1)} s from errand new to the first job`);
        await page.goto(new URL("/jobs/", world.url).href);
        const row = page.getByRole("region", { name: "Greet jobs" }).locator("tbody").getByRole("row");
        await row.filter({ hasText: "Succeeded" }).getByRole("link").first().click();
        assert.strictEqual(await page.locator(".attempts pre").textContent(), "Hello Ada <3!\n");
        assert.strictEqual(await page.getByRole("row", { name: /^Name/ }).getByRole("cell").textContent(), "Ada <3");
    });

    it("a compile error is shown with file and line, while what ran goes on, until it is mended", async (world) => {
        const page = await at(world, "/");
        const line = world.machine.read(job).split("\n").findIndex((text) => text.includes("printf")) + 1;
        world.machine.edit(job, "job->name);", "job->nmae);");
        await page.getByRole("alert").filter({ hasText: "The build failed" }).waitFor();
        assert.match(await page.locator(".problems li").first().textContent(),
                     new RegExp(`^Web/Job/Greet\\.c:${line}:\\d+: error: .*nmae`));
        assert.match(await page.locator("#program-0").textContent(), /runs, process \d+/);
        await is_well_made(page);
        world.machine.edit(job, "job->nmae);", "job->name);");
        await is_up_to_date(page);
        assert.strictEqual(await page.locator(".problems").count(), 0);
    });

    it("an error in the schema is shown with its line", async (world) => {
        const page = await at(world, "/");
        const schema = `${shop}/Application/Schema.sql`, line = world.machine.read(schema).split("\n").indexOf("CREATE TABLE greet_jobs (") + 1;
        world.machine.edit(schema, "CREATE TABLE greet_jobs", "CREATE TABEL greet_jobs");
        await page.getByText(`Application/Schema.sql:${line}:`).first().waitFor();
        world.machine.edit(schema, "CREATE TABEL greet_jobs", "CREATE TABLE greet_jobs");
        await is_up_to_date(page);
    });

    it("a column is added on the page, and a job from the command line has it", async (world) => {
        const page = await at(world, "/");
        await tab(page, "Schema");
        await is_well_made(page);
        await fill(page, "Add a column", { Table: "greet_jobs", Name: "times", Type: "int", Default: "2" });
        assert.match(await preview(page), /^\+ +times \w+ DEFAULT 2 NOT NULL/m);
        await until_built(world, "added column greet_jobs.times[^]*worker was built anew", () => generate(page));
        await until_built(world, "worker was built anew", () =>
            world.machine.edit(job, "    printf(", "    for (int i = 0; i < job->times; i++)\n        printf("));
        const since = world.dev.mark();
        const done = await world.machine.type(`${told("errand enqueue")} greet name=Bob times=3`, shop);
        assert.strictEqual(done.code, 0, done.said);
        await world.dev.wait(/(Hello Bob![^]*){3}/, since);
    });

    it("a table is added on the page, and rows of it are added and deleted", async (world) => {
        const page = await at(world, "/");
        await tab(page, "Schema");
        await fill(page, "Add a table", { Name: "notes", Columns: "title:text\nstars:int?" });
        assert.match(await preview(page), /^\+ +title TEXT NOT NULL,\n\+ +stars INT/m);
        await until_built(world, "created table notes", () => generate(page));
        await tab(page, "Data");
        await page.getByRole("link", { name: "notes", exact: true }).click();
        await page.getByRole("link", { name: "+ New row" }).click();
        await page.getByLabel(/^title/).fill("Bread <fresh>");
        await is_well_made(page);
        await page.getByRole("button", { name: "Add row" }).click();
        await page.getByText("The row was added.").waitFor();
        assert.strictEqual(await page.getByRole("row", { name: /^title/ }).getByRole("cell").textContent(), "Bread <fresh>");
        await is_well_made(page);
        await page.getByRole("link", { name: "notes", exact: true }).click();
        await is_well_made(page);
        await page.getByRole("link", { name: "Delete row 1" }).click();
        await is_well_made(page);
        await page.getByRole("button", { name: "Delete row" }).click();
        await page.getByText("There is no row.").waitFor();
        await tab(page, "Data");
        await is_well_made(page);
    });

    it("a script is generated on the page, and one that was edited makes a job", async (world) => {
        const page = await at(world, "/"), script = "build/bin/Script/GreetCleo";
        const found = database === "PostgreSQL" ? "GreetCleo: the database is that of the errand dev that runs: postgresql:.*\n" : "";
        await tab(page, "Codegen");
        await fill(page, "Script", { Name: "GreetCleo" });
        await until_built(world, `link ${script}`, () => generate(page));
        assert.match((await world.machine.type(script, shop)).said, new RegExp(`^${found}Hello World!\n$`));
        await until_built(world, `link ${script}`, () =>
            world.machine.edit(`${shop}/Application/Script/GreetCleo.c`, "    (void)ctx;\n    puts(\"Hello World!\");\n",
                               "    GreetJob job = GreetJob_new();\n    job.name = \"Cleo\";\n    GreetJob_create(ctx, &job);\n"));
        const since = world.dev.mark();
        const edited = await world.machine.type(script, shop);
        assert.strictEqual(edited.code, 0);
        assert.match(edited.said, new RegExp(`^${found}$`));
        await world.dev.wait(/(Hello Cleo![^]*){2}/, since);
    });

    it("what is no name is refused beside the form, with why", async (world) => {
        const page = await at(world, "/Codegen");
        for (const heading of ["Background Job", "Script"])
            for (const [name, why] of [["../../evil", /is no name for a/], ["/tmp/evil", /is no name for a/], ["a$(touch evil)", /is no name for a/],
                                       ["int", /is a keyword/], ["x".repeat(80), /is longer than/], ["Greet", heading === "Script" ? null : /is taken/]]) {
                if (!why) continue;
                await fill(page, heading, { Name: name });
                assert.match(await page.getByRole("alert").textContent(), why);
                assert.strictEqual(await page.locator("#preview").count(), 0);
            }
        await is_well_made(page);
        world.machine.link(`${HOME}/elsewhere`, `${shop}/Linked`);
        const linked = await world.machine.type("errand generate job Far --application Linked", shop);
        assert.match(linked.said, /symbolic link/);
    });

    it("Ctrl-C ends all of it", async (world) => {
        assert.strictEqual(await world.dev.stop("SIGINT"), 0, world.dev.said.slice(-3000));
        assert.deepStrictEqual(world.machine.processes(), []);
    });

    more.after?.(it, shop);

    it("nothing was written outside of the application", async ({ machine }) => {
        assert.deepStrictEqual(await machine.written_outside(shop), []);
    });
}

/* ---- The worker as a machine starts it ---- */

function bare_worker(it, shop) {
    it("the worker is built by itself, and finds its database with no environment at all", async ({ machine }) => {
        const worker = `${shop}/build/bin/RunJobs`;
        fs.rmSync(machine.place(worker));
        const made = await machine.type(told("make build/bin/RunJobs"), shop);
        assert.strictEqual(made.code, 0, made.said);
        await machine.type("errand enqueue greet name=Dora", shop);
        const running = machine.bare(worker, "--verbose");
        await running.wait(/(Hello Dora![^]*){2}/);
        assert.strictEqual(await running.stop("SIGTERM"), 0, running.said);
        assert.match((await machine.type("errand status", shop)).said, /greet_jobs/);
    });

    it("where there is none it says which, and how one is made", async ({ machine }) => {
        await machine.type("mv build/app.db build/away.db", shop);
        const running = machine.bare(`${shop}/build/bin/RunJobs`);
        assert.strictEqual(await running.ended, 1);
        assert.match(running.said, new RegExp(`${shop}/build/app.db.*errand db create`));
        await machine.type("mv build/away.db build/app.db", shop);
    });
}

function without_postgresql(it, shop) {
    it("where it is not installed errand dev says what brings it, and that does", async (world) => {
        const { machine } = world;
        const dev = machine.open(shop, "errand", "dev", "--postgres");
        assert.strictEqual(await dev.ended, 1);
        assert.match(dev.said, /`apt install postgresql` brings them/);
        await machine.as_root(`${told("apt install postgresql")} -y`);
        machine.begin();
        world.began = Date.now();
    });
}

story("SQLite", [], { after: bare_worker });
story("PostgreSQL", ["--postgres"], { before: without_postgresql });

main(run_tests, new World());
