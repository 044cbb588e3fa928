/* The default list: filters that stand in the address, sorting, pages by key, and changes of one, some and all. */
"use strict";
const assert = require("node:assert");
const { test, until } = require("./support.js");

const LIST = "ListJob?tableName=write_report_jobs";
const LATER = "'2199-01-01 00:00:00.000000'";
const count = (world, where) => Number(world.app.sql(`SELECT count(*) FROM write_report_jobs WHERE ${where}`));
const titles = (page) => page.locator("tbody td[data-label='Title']").allTextContents();

/* Reports that wait for a time to come, so that no worker changes them meanwhile. */
function add_reports(world, number, title, failed = false) {
    const values = Array.from({ length: number }, (_, i) =>
        `('${title} ${String(i).padStart(2, "0")}', ${i}, ${LATER}${failed ? `, 'job_status_failed', 'out of ${title} paper'` : ""})`);
    world.app.sql(`INSERT INTO write_report_jobs (title, shows_at_most, run_at${failed ? ", status, last_error" : ""}) VALUES ${values.join(", ")}`);
}

async function open_filter(page) {
    if (!await page.locator("details#filter").evaluate((element) => element.open)) await page.getByText("Filter", { exact: true }).click();
}

test("a list is narrowed by a column of its own, and the filter stands in the address", async (world) => {
    add_reports(world, 12, "Quarterly");
    add_reports(world, 3, "Broken", true);
    const page = await world.page();
    await page.goto(world.base + LIST);
    await open_filter(page);
    await page.getByLabel("Shows at most", { exact: true }).fill("7");
    await page.getByRole("button", { name: "Apply" }).click();
    await page.waitForURL(/where\.shows_at_most/);
    assert.deepStrictEqual(await titles(page), ["Quarterly 07"]);
    const shared = await world.page();
    await shared.goto(page.url());
    assert.deepStrictEqual(await titles(shared), ["Quarterly 07"]);
});

test("a list is narrowed by status and by words of the last error", async (world) => {
    const page = await world.page();
    await page.goto(world.base + LIST);
    await page.getByRole("navigation", { name: "Status" }).getByRole("link", { name: /^Failed/ }).click();
    await open_filter(page);
    await page.getByLabel("Last error").fill("BROKEN paper");
    await page.getByRole("button", { name: "Apply" }).click();
    await page.waitForURL(/error=/);
    assert.deepStrictEqual((await titles(page)).sort(), ["Broken 00", "Broken 01", "Broken 02"]);
    await page.getByRole("link", { name: /^Take away: Error/ }).click();
    await page.waitForURL((url) => !url.search.includes("error="));
});

test("a value that is none of the column's type is refused with a sentence", async (world) => {
    const page = await world.page();
    const response = await page.goto(`${world.base}${LIST}&where.shows_at_most=many`);
    assert.strictEqual(response.status(), 400);
    await page.getByText(/many/).first().waitFor();
});

test("a list is sorted by a header, and the other way by the same again", async (world) => {
    const page = await world.page();
    await page.goto(`${world.base}${LIST}&where.title=Quarterly&op.title=contains`);
    await page.getByRole("columnheader", { name: "Title" }).getByRole("link").click();
    await page.waitForURL(/sort=/);
    const down = await titles(page);
    assert.deepStrictEqual(down, [...down].sort().reverse());
    await page.getByRole("columnheader", { name: "Title" }).getByRole("link").click();
    await until("the other order", async () => (await titles(page))[0] === "Quarterly 00");
});

test("pages go on behind the last row, and lose none while jobs arrive", async (world) => {
    add_reports(world, 30, "Paged");
    const page = await world.page({ javaScriptEnabled: false }); /* or the first page would keep up to date */
    await page.goto(`${world.base}${LIST}&where.title=Paged&op.title=contains`);
    const first = await titles(page);
    assert.strictEqual(first.length, 25);
    add_reports(world, 4, "Paged too");
    await page.getByRole("link", { name: "Next" }).click();
    await page.waitForURL(/after=/);
    const all = [...first, ...await titles(page)];
    assert.strictEqual(new Set(all).size, all.length);
    assert.strictEqual(all.filter((title) => /^Paged \d/.test(title)).length, 30);
});

test("Retry of one job, and Delete, which asks first", async (world) => {
    const page = await world.page();
    await page.goto(`${world.base}${LIST}&where.title=Broken+00`);
    await page.getByRole("row", { name: /Broken 00/ }).getByRole("button", { name: /^Retry/ }).click();
    await until("the retry", () => count(world, "title = 'Broken 00' AND last_error = 'out of Broken paper' AND status = 'job_status_failed'") === 0);
    await page.goto(`${world.base}${LIST}&where.title=Broken+01`);
    await page.getByRole("row", { name: /Broken 01/ }).getByRole("button", { name: /^Delete/ }).click();
    await page.getByRole("heading", { level: 1, name: /^Delete job [0-9a-f]{8}\?$/ }).waitFor();
    assert.strictEqual(count(world, "title = 'Broken 01'"), 1);
    await page.getByRole("main").getByRole("button", { name: /^Delete job/ }).click();
    await page.getByText("The job was deleted.").waitFor();
    assert.match(page.url(), /where\.title=Broken(\+|%20)01/);
    assert.strictEqual(count(world, "title = 'Broken 01'"), 0);
});

test("Delete on a job's default page asks first, and Cancel leads back to it", async (world) => {
    const page = await world.page();
    const id = world.app.sql("SELECT id FROM write_report_jobs WHERE title = 'Broken 02'");
    const address = `${world.base}ViewJob?tableName=write_report_jobs&id=${id}`;
    await page.goto(address);
    await page.getByRole("main").getByRole("button", { name: "Delete" }).click();
    await page.getByRole("link", { name: "Cancel" }).click();
    await page.waitForURL(address);
    assert.strictEqual(count(world, "title = 'Broken 02'"), 1);
    await page.getByRole("main").getByRole("button", { name: "Delete" }).click();
    await page.getByRole("main").getByRole("button", { name: `Delete job ${id.slice(0, 8)}` }).click();
    await page.getByText("The job was deleted.").waitFor();
    assert.strictEqual(count(world, "title = 'Broken 02'"), 0);
});

test("the selected are deleted after the number was asked back, and no other", async (world) => {
    const page = await world.page();
    await page.goto(`${world.base}${LIST}&where.title=Quarterly&op.title=contains`);
    for (const name of [/Quarterly 03/, /Quarterly 05/]) await page.getByRole("row", { name }).getByRole("checkbox").check();
    await page.getByRole("button", { name: /^Delete selected/ }).click();
    await page.getByRole("heading", { level: 1 }).filter({ hasText: /\b2\b/ }).waitFor();
    assert.strictEqual(count(world, "title LIKE 'Quarterly%'"), 12);
    await page.getByRole("main").getByRole("button", { name: /^Delete/ }).click();
    await until("their end", () => count(world, "title LIKE 'Quarterly%'") === 10);
    assert.strictEqual(count(world, "title IN ('Quarterly 03', 'Quarterly 05')"), 0);
});

test("all that match are deleted after the number was asked back", async (world) => {
    const page = await world.page();
    await page.goto(`${world.base}${LIST}&where.title=Paged&op.title=contains`);
    await page.getByRole("button", { name: /^Delete all/ }).click();
    await page.getByRole("heading", { level: 1 }).filter({ hasText: "34" }).waitFor();
    assert.strictEqual(count(world, "title LIKE 'Paged%'"), 34);
    await page.getByRole("main").getByRole("button", { name: /^Delete/ }).click();
    await until("their end", () => count(world, "title LIKE 'Paged%'") === 0);
    assert.strictEqual(count(world, "title LIKE 'Quarterly%'"), 10);
});

/* ---- Changes that take several requests. On PostgreSQL, where a row can be slow to go without any work. ---- */

const MANY = 4000;

/* Each hundredth takes its time: no request deletes them all. */
function add_many(world) {
    const { app } = world;
    app.sql(`INSERT INTO write_report_jobs (title, shows_at_most, run_at)
             SELECT 'Many ' || i, i, timestamptz ${LATER} FROM generate_series(1, ${MANY}) AS n (i)`);
    app.sql("CREATE FUNCTION linger() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN PERFORM pg_sleep(0.08); RETURN OLD; END'");
    app.sql(`CREATE TRIGGER linger BEFORE DELETE ON write_report_jobs FOR EACH ROW WHEN (OLD.shows_at_most % 100 = 0)
             EXECUTE FUNCTION linger()`);
}

function forget_many(world) {
    world.app.sql("DROP TRIGGER linger ON write_report_jobs; DROP FUNCTION linger");
    world.app.sql("DELETE FROM write_report_jobs WHERE title LIKE 'Many %'");
}

const many_left = (world) => count(world, "title LIKE 'Many %'");

function test_many(name, fn) {
    if (!process.env.TEST_POSTGRES_URL) return;
    test(name, async (world) => {
        add_many(world);
        try {
            await fn(world);
        } finally {
            forget_many(world);
        }
    });
}

async function delete_many(world, page) {
    await page.goto(`${world.base}${LIST}&where.title=Many&op.title=contains`);
    await page.getByRole("button", { name: /^Delete all/ }).click();
    await page.getByRole("heading", { level: 1, name: "Delete 4,000 jobs?" }).waitFor();
    await page.getByRole("main").getByRole("button", { name: /^Delete/ }).click();
}

test_many("a change that takes several requests goes on by itself", async (world) => {
    const page = await world.page();
    const went_on = [];
    page.on("request", (request) => /&changed=/.test(request.postData() || "") && went_on.push(request));
    await delete_many(world, page);
    await page.getByText("4,000 jobs were deleted.").waitFor();
    assert.ok(went_on.length > 0);
    assert.strictEqual(many_left(world), 0);
});

test_many("without JavaScript it goes on by Continue, and says how far it is", async (world) => {
    const page = await world.page({ javaScriptEnabled: false });
    const deleted = page.getByText("4,000 jobs were deleted."), next = page.getByRole("button", { name: "Continue" });
    let pages = 0;
    await delete_many(world, page);
    for (;; pages++) {
        await deleted.or(next).waitFor();
        if (await deleted.isVisible()) break;
        const left = many_left(world);
        assert.ok(left > 0 && left < MANY);
        await page.getByText(`${(MANY - left).toLocaleString("en")} of 4,000 done.`).waitFor();
        await next.click();
    }
    assert.ok(pages > 0);
    assert.strictEqual(many_left(world), 0);
});

test_many("Stop here leaves the rest as it is", async (world) => {
    const page = await world.page();
    const going_on = new Promise((done) => {
        page.route("**/DeleteJob", (route) => {
            if (!/&changed=/.test(route.request().postData())) return route.continue();
            return route.fulfill({ status: 204 }).then(done); /* with which the page stays */
        });
    });
    await delete_many(world, page);
    await going_on;
    await page.getByRole("link", { name: "Stop here" }).click();
    await page.waitForURL(/ListJob.*where\.title=Many/);
    const left = many_left(world);
    assert.ok(left > 0 && left < MANY);
    await page.getByText(`All ${left.toLocaleString("en")} that match:`).waitFor();
});

test("a running job is neither retried nor deleted, and the page says so", async (world) => {
    world.archive.hold("grateful-shed");
    const { app } = world;
    app.sql("INSERT INTO initial_scrape_jobs (band_id) SELECT id FROM bands WHERE collection = 'grateful-shed'");
    const running = () => app.sql("SELECT id FROM initial_scrape_jobs WHERE status = 'job_status_running'");
    const id = await until("a running job", running);
    const page = await world.page();
    await page.goto(`${world.base}ViewJob?tableName=initial_scrape_jobs&id=${id}`);
    await page.getByRole("button", { name: "Delete" }).click();
    await page.getByText(/running/).first().waitFor();
    assert.strictEqual(running(), id);
    world.archive.release("grateful-shed");
    await until("its success", () => app.sql(`SELECT status FROM initial_scrape_jobs WHERE id = '${id}'`) === "job_status_succeeded");
});

test("a job's default page shows its columns, what it printed, and each attempt", async (world) => {
    const { app } = world;
    const band = app.sql("SELECT id FROM bands WHERE collection = 'moths-and-lamps'");
    app.sql(`INSERT INTO write_report_jobs (title, band_id) VALUES ('Told', '${band}')`);
    await until("its success", () => count(world, "title = 'Told' AND status = 'job_status_succeeded'") === 1);
    const page = await world.page();
    await page.goto(`${world.base}ViewJob?tableName=write_report_jobs&id=${app.sql("SELECT id FROM write_report_jobs WHERE title = 'Told'")}`);
    await page.getByText("Told, for everybody").first().waitFor({ state: "attached" });
    await page.getByRole("main").getByRole("link", { name: /Moths & Lamps|[0-9a-f]{8}/ }).first().click();
    await page.waitForURL(/ViewRecord\?tableName=bands/);
    await page.getByText("moths-and-lamps").waitFor();
});

test("lists, jobs and the overview are JSON at the same address", async (world) => {
    const page = await world.page();
    const json = async (address) => {
        const response = await page.request.get(world.base + address, { headers: { Accept: "application/json" } });
        assert.match(response.headers()["content-type"], /application\/json/);
        return response.json();
    };
    assert.strictEqual((await json("")).job_types.length, 3);
    const list = await json(`${LIST}&where.title=Quarterly&op.title=contains`);
    assert.strictEqual(list.matching.count, 10);
    assert.strictEqual(list.jobs.length, 10);
    assert.ok(await json(`ViewJob?tableName=write_report_jobs&id=${list.jobs[0].id}`));
    assert.ok((await json("CreateJob?tableName=write_report_jobs")).fields.length >= 7);
});
