/* Views that fail take nothing with them: the default view follows, the rest of the page stands, the next page comes. */
"use strict";
const assert = require("node:assert");
const { test, until, violations } = require("./support.js");

let base, id;

test("a section that fails says so in its place, and the default one and the others stand", async (world) => {
    const app = world.other;
    app.sql("INSERT INTO broken_jobs DEFAULT VALUES");
    app.sql("INSERT INTO sound_jobs (note) VALUES ('here')");
    id = app.sql("SELECT id FROM broken_jobs");
    base = await app.dashboard();
    const page = await world.page();
    await page.goto(base);
    await page.getByText("the section has <no> idea").waitFor();
    assert.strictEqual(await page.locator(".half-written").count(), 0);
    for (const name of ["Broken jobs", "Sound jobs"])
        await page.getByRole("region", { name, exact: true }).getByRole("row").nth(1).waitFor();
    assert.deepStrictEqual(await violations(page), []);
});

for (const [what, address, heading, words, follows] of [
    ["a list", () => "ListJob?tableName=broken_jobs", "Broken jobs", /page_view failed.*a_table_that_is_not_there/,
     (page) => page.locator(`#job-${id}`)],
    ["a job's own page", () => `ViewJob?tableName=broken_jobs&id=${id}`, /^Job /, /detail_view failed.*a transaction was left open/,
     (page) => page.getByRole("button", { name: "Run again" })],
    ["a form", () => "CreateJob?tableName=broken_jobs", "New job", /new_job_view failed.*larger than 16 MiB/,
     (page) => page.getByRole("button", { name: "Create job" })],
]) {
    test(`${what} that fails says so in its place, above the default one`, async (world) => {
        for (const colorScheme of ["light", "dark"]) {
            const page = await world.page({ colorScheme });
            const response = await page.goto(base + address());
            assert.strictEqual(response.status(), 200);
            await page.getByRole("alert").filter({ hasText: words }).waitFor();
            await page.getByRole("heading", { level: 1, name: heading }).waitFor();
            await page.getByRole("navigation", { name: "Job types" }).waitFor();
            await follows(page).waitFor();
            assert.deepStrictEqual(await violations(page), []);
        }
    });
}

test("a job that crashed says how, with its backtrace folded, and how long it waited and took", async (world) => {
    const app = world.other;
    app.start("build/bin/RunJobs");
    app.sql("INSERT INTO crashing_jobs DEFAULT VALUES");
    await until("its failure", () => app.sql("SELECT status FROM crashing_jobs") === "job_status_failed");
    const page = await world.page();
    await page.goto(`${base}ViewJob?tableName=crashing_jobs&id=${app.sql("SELECT id FROM crashing_jobs")}`);
    await page.getByRole("region", { name: "Last error" }).getByText("killed by SIGABRT").first().waitFor();
    const backtrace = page.locator("#backtrace pre");
    await until("the record of its attempt", async () => (await page.reload(), await backtrace.count()) === 1);
    assert.strictEqual(await backtrace.isVisible(), false);
    await page.locator("#backtrace summary").click();
    assert.match(await backtrace.textContent(), /abort/);
    const facts = await page.locator(".facts dt").allTextContents();
    assert.deepStrictEqual(facts, ["Status", "Attempts", "Waited", "Last attempt took"]);
    assert.deepStrictEqual(await violations(page), []);
});

test("a view that crashes ends its process, and the next page is served by another", async (world) => {
    const page = await world.page();
    await page.goto(`${base}ListJob?tableName=crashing_jobs`).catch(() => null);
    await until("the next page", async () => (await page.goto(base).catch(() => null))?.status() === 200);
});
