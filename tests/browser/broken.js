/* Views that fail take nothing with them: the rest of the page stands, and the next page comes. */
"use strict";
const assert = require("node:assert");
const path = require("node:path");
const { Application, test, until } = require("./support.js");

let app, base, id;

test("a section that fails says so in its place, and the others stand", async (world) => {
    app = world.broken = new Application(path.join(__dirname, "app"), "broken");
    app.sql("INSERT INTO broken_jobs DEFAULT VALUES");
    app.sql("INSERT INTO sound_jobs (note) VALUES ('here')");
    id = app.sql("SELECT id FROM broken_jobs");
    base = await app.dashboard();
    const page = await world.page();
    await page.goto(base);
    await page.getByText("the section has <no> idea").waitFor();
    assert.strictEqual(await page.locator(".half-written").count(), 0);
    await page.getByRole("region", { name: "Sound jobs", exact: true }).getByRole("row").nth(1).waitFor();
});

for (const [what, address, words] of [
    ["a list", () => "ListJob?tableName=broken_jobs", /page_view failed.*a_table_that_is_not_there/],
    ["a job's own page", () => `ViewJob?tableName=broken_jobs&id=${id}`, /detail_view failed.*a transaction was left open/],
    ["a form", () => "CreateJob?tableName=broken_jobs", /new_job_view failed.*larger than 16 MiB/],
]) {
    test(`${what} that fails says so in its place`, async (world) => {
        const page = await world.page();
        const response = await page.goto(base + address());
        assert.strictEqual(response.status(), 200);
        await page.getByRole("alert").filter({ hasText: words }).waitFor();
        await page.getByRole("navigation", { name: "Job types" }).waitFor();
    });
}

test("a view that crashes ends its process, and the next page is served by another", async (world) => {
    const page = await world.page();
    await page.goto(`${base}ListJob?tableName=crashing_jobs`).catch(() => null);
    await until("the next page", async () => (await page.goto(base).catch(() => null))?.status() === 200);
    await app.end();
});
