/* Pages keep up to date by themselves, stand still when told to, and do without scripts. */
"use strict";
const assert = require("node:assert");
const { test, until } = require("./support.js");

const LIST = "ListJob?tableName=write_report_jobs&where.title=Live&op.title=contains";
const add = (world, title) => world.app.sql(`INSERT INTO write_report_jobs (title, run_at) VALUES ('${title}', '2199-01-01 00:00:00.000000')`);
const titles = (page) => page.locator("tbody td[data-label='Title']").allTextContents();

test("a job that comes and one that ends are shown without a reload", async (world) => {
    add(world, "Live 1");
    const page = await world.page();
    await page.goto(world.base + LIST);
    await page.evaluate(() => { window.is_same_page = true; });
    add(world, "Live 2");
    await until("the new job on the page", async () => (await titles(page)).includes("Live 2"));
    world.app.sql("UPDATE write_report_jobs SET run_at = created_at WHERE title = 'Live 1'");
    await page.getByRole("row", { name: /Live 1/ }).getByText("Succeeded").waitFor();
    assert.strictEqual(await page.evaluate(() => window.is_same_page), true);
});

test("what is selected and folded open stays while the page keeps up to date", async (world) => {
    const page = await world.page();
    await page.goto(world.base + LIST);
    await page.getByRole("row", { name: /Live 2/ }).getByRole("checkbox").check();
    add(world, "Live 3");
    await until("the new job on the page", async () => (await titles(page)).includes("Live 3"));
    assert.strictEqual(await page.getByRole("row", { name: /Live 2/ }).getByRole("checkbox").isChecked(), true);
});

test("what can be done with a job stays on its page while that keeps up to date", async (world) => {
    add(world, "Live 0");
    const page = await world.page();
    const id = world.app.sql("SELECT id FROM write_report_jobs WHERE title = 'Live 0'");
    await page.goto(`${world.base}ViewJob?tableName=write_report_jobs&id=${id}`);
    const buttons = () => page.getByRole("main").getByRole("button").allTextContents();
    const before = await buttons();
    assert.deepStrictEqual(before, ["Run now", "Run again", "Delete"]);
    world.app.sql(`UPDATE write_report_jobs SET title = 'Live zero' WHERE id = '${id}'`);
    await page.getByRole("cell", { name: "Live zero" }).waitFor();
    assert.deepStrictEqual(await buttons(), before);
    world.app.sql(`DELETE FROM write_report_jobs WHERE id = '${id}'`);
});

test("a paused page stands still, and catches up", async (world) => {
    const page = await world.page();
    await page.goto(world.base + LIST);
    await page.getByRole("button", { name: "Live" }).click();
    const paused = page.getByRole("button", { name: "Paused" });
    await paused.waitFor();
    const other = await world.page();
    await other.goto(world.base + LIST);
    add(world, "Live 4");
    await until("the new job on the page that is not paused", async () => (await titles(other)).includes("Live 4"));
    assert.ok(!(await titles(page)).includes("Live 4"));
    await paused.click();
    await until("the new job on the page", async () => (await titles(page)).includes("Live 4"));
});

test("the page of a job that is deleted elsewhere says that it is gone", async (world) => {
    const page = await world.page();
    const id = world.app.sql("SELECT id FROM write_report_jobs WHERE title = 'Live 4'");
    await page.goto(`${world.base}ViewJob?tableName=write_report_jobs&id=${id}`);
    await page.getByRole("button", { name: "Live" }).waitFor();
    world.app.sql(`DELETE FROM write_report_jobs WHERE id = '${id}'`);
    await page.getByRole("heading", { level: 1, name: "Not found" }).waitFor();
});

if (!process.env.TEST_POSTGRES_URL) /* no database has a part in it */
    test("a page says when the dashboard does not answer, and goes on when it does", async (world) => {
        const { app } = world;
        const first = app.processes.length, base = await app.dashboard();
        const page = await world.page();
        await page.goto(base + LIST);
        await page.getByRole("button", { name: "Live" }).waitFor();
        await app.stop(app.processes[first]);
        await page.getByRole("button", { name: "No answer" }).waitFor();
        await app.dashboard("--port", new URL(base).port);
        await page.getByRole("button", { name: "Live" }).waitFor();
        await app.stop(app.processes[first]);
    });

test("with JavaScript off a filter, a retry, a bulk change and a new job work", async (world) => {
    const page = await world.page({ javaScriptEnabled: false });
    const count = (where) => Number(world.app.sql(`SELECT count(*) FROM write_report_jobs WHERE ${where}`));
    await page.goto(`${world.base}CreateJob?tableName=write_report_jobs`);
    await page.getByLabel(/^Title/).fill("Live without script");
    await page.getByRole("button", { name: "Create job" }).click();
    await until("its success", () => count("title = 'Live without script' AND status = 'job_status_succeeded'") === 1);
    await page.goto(`${world.base}ListJob?tableName=write_report_jobs`);
    await page.locator("details#filter summary").click();
    await page.getByLabel("Title", { exact: true }).fill("Live without script");
    await page.getByRole("button", { name: "Apply" }).click();
    assert.deepStrictEqual(await titles(page), ["Live without script"]);
    await page.getByRole("row", { name: /Live without/ }).getByRole("button", { name: /^Retry/ }).click();
    await until("its second success", () => count("title = 'Live without script' AND attempts_count = 2 AND status = 'job_status_succeeded'") === 1);
    await page.goto(`${world.base}${LIST}`);
    await page.getByRole("button", { name: /^Delete all/ }).click();
    await page.getByRole("main").getByRole("button", { name: /^Delete/ }).click();
    await until("the end of all", () => count("title LIKE 'Live%'") === 0);
});

test("a read-only dashboard shows everything and changes nothing", async (world) => {
    const child = world.app.processes.length;
    const base = await world.app.dashboard("--read-only");
    const page = await world.page();
    for (const address of ["", "ListJob?tableName=write_report_jobs", "ListJob?tableName=initial_scrape_jobs"]) {
        assert.strictEqual((await page.goto(base + address)).status(), 200);
        assert.strictEqual(await page.getByRole("link", { name: "+ New Job" }).count(), 0);
    }
    const answer = await page.request.post(`${base}DeleteJob`, { form: { tableName: "write_report_jobs", id: "00000000-0000-4000-8000-000000000000" },
                                                                 headers: { Origin: new URL(base).origin } });
    assert.strictEqual(answer.status(), 403);
    await world.app.stop(world.app.processes[child]);
});
