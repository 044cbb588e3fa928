/* The case study: bands in the table, a job's own page, its form, run again and retry. */
"use strict";
const assert = require("node:assert");
const { test, until } = require("./support.js");

const scrape_jobs = (world, status) =>
    Number(world.app.sql(`SELECT count(*) FROM initial_scrape_jobs WHERE status = 'job_status_${status}'`));
const section = (page) => page.getByRole("region", { name: "Initial scrape jobs", exact: true });

test("the jobs of the script run, and all but the band that the archive does not know succeed", async (world) => {
    await until("the end of the jobs", () => scrape_jobs(world, "succeeded") === 4 && scrape_jobs(world, "failed") === 1);
    assert.strictEqual(world.app.sql("SELECT count(*) FROM shows"), "120");
});

test("the dashboard is found by the link of the user's own layout", async (world) => {
    const page = await world.page();
    await page.goto(`${world.base}ListJob?tableName=write_report_jobs`);
    await page.getByRole("navigation", { name: "Attics" }).getByRole("link", { name: "Jobs" }).click();
    await page.waitForURL("**/jobs/ListJobs");
    await page.getByRole("heading", { level: 1, name: "Overview" }).waitFor();
});

test("the overview shows the bands of scrape jobs, under the headers of the view", async (world) => {
    const page = await world.page();
    await page.goto(world.base);
    const table = section(page).getByRole("table");
    assert.deepStrictEqual(await table.getByRole("columnheader").allTextContents(),
                           ["Band", "Updated at", "Status", "Action", "Action"]);
    const bands = await table.locator("tbody tr td:first-child").allTextContents();
    assert.deepStrictEqual(bands.sort(), ["Grateful Shed", "Leftover Sandwich Orchestra", "Moths & Lamps",
                                          "Nobody You Know", "The Attic Doors"]);
});

test("an empty job list shows every table of jobs, the listed ones first", async (world) => {
    const page = await world.page();
    await page.goto(world.base);
    const tabs = page.getByRole("navigation", { name: "Job types" }).getByRole("link");
    assert.deepStrictEqual(await tabs.allTextContents(),
                           ["Overview", "Initial scrape jobs", "Tally shows jobs", "Write report jobs"]);
});

test("a job's own page shows its band and why it failed", async (world) => {
    const page = await world.page();
    await page.goto(world.base);
    await section(page).getByRole("row", { name: /Nobody You Know/ }).getByRole("link", { name: "Show" }).click();
    const row = (name) => page.getByRole("row", { name }).getByRole("cell");
    assert.strictEqual(await row(/^Band/).textContent(), "Nobody You Know");
    assert.strictEqual(await row(/^Status/).textContent(), "Failed");
    assert.match(await row(/^Last error/).textContent(), /nobody: The requested URL returned error: 404/);
});

test("a new job is made by choosing a band, and runs", async (world) => {
    const page = await world.page();
    const before = scrape_jobs(world, "succeeded");
    await page.goto(world.base);
    await section(page).getByRole("link", { name: "+ New Job" }).click();
    await page.getByLabel("Band").selectOption("Moths & Lamps");
    await page.getByRole("button", { name: "Run" }).click();
    await page.getByText("The job was created.").waitFor();
    await until("the job's success", () => scrape_jobs(world, "succeeded") === before + 1);
});

test("Retry and Run again each make a job for the same band", async (world) => {
    const page = await world.page();
    const of_doors = () => Number(world.app.sql("SELECT count(*) FROM initial_scrape_jobs j JOIN bands b ON b.id = j.band_id WHERE b.name = 'The Attic Doors'"));
    await page.goto(world.base);
    await section(page).getByRole("row", { name: /The Attic Doors/ }).getByRole("button", { name: "Retry" }).click();
    await until("the first job", () => of_doors() === 2);
    await page.goto(`${world.base}ListJob?tableName=initial_scrape_jobs`);
    await page.getByRole("row", { name: /The Attic Doors/ }).first().getByRole("link", { name: "Show" }).click();
    await page.getByRole("button", { name: "Run again" }).click();
    await until("the second job", () => of_doors() === 3);
});

test("Delete on a job's own page deletes it", async (world) => {
    const page = await world.page();
    const id = world.app.sql("SELECT id FROM initial_scrape_jobs WHERE status = 'job_status_failed'");
    await page.goto(`${world.base}ViewJob?tableName=initial_scrape_jobs&id=${id}`);
    await page.getByRole("button", { name: "Delete" }).click();
    await until("its end", () => world.app.sql(`SELECT count(*) FROM initial_scrape_jobs WHERE id = '${id}'`) === "0");
});

test("the overview shows the worker, what it runs, and for how long", async (world) => {
    const { app } = world;
    world.archive.hold("grateful-shed");
    app.sql("INSERT INTO initial_scrape_jobs (band_id) SELECT id FROM bands WHERE collection = 'grateful-shed'");
    const id = await until("a running job", () => app.sql("SELECT id FROM initial_scrape_jobs WHERE status = 'job_status_running'"));
    const page = await world.page();
    await page.goto(world.base);
    const worker = page.getByRole("region", { name: "Workers", exact: true }).getByRole("row").nth(1);
    await worker.getByText("alive").waitFor();
    await worker.getByRole("cell", { name: new RegExp(`Initial scrape jobs ${id.slice(0, 8)} for [0-9.]+ (ms|s)`) }).waitFor();
    world.archive.release("grateful-shed");
    await worker.getByRole("cell", { name: "nothing" }).waitFor();
});

test("a list with rows of its own is narrowed by status, and all that match are tried again", async (world) => {
    const { app } = world;
    const page = await world.page();
    app.sql("INSERT INTO initial_scrape_jobs (band_id) SELECT id FROM bands WHERE collection = 'nobody'");
    await until("its failure", () => scrape_jobs(world, "failed") === 1);
    await page.goto(world.base);
    await section(page).getByRole("link", { name: /^Failed/ }).click();
    await page.getByRole("row", { name: /Nobody You Know/ }).waitFor();
    assert.strictEqual(await page.locator("tbody tr").count(), 1);
    await page.getByRole("button", { name: "Retry all" }).click();
    await page.getByRole("button", { name: "Retry 1 job" }).click();
    await page.getByText("The job is to run again.").waitFor();
    await until("its third attempt", () => app.sql("SELECT max(attempts_count) FROM initial_scrape_jobs") === "3");
});

test("a list with rows of its own goes on page by page", async (world) => {
    const { app } = world;
    world.archive.hold("grateful-shed");
    for (let i = 0; i < 30; i++) app.sql("INSERT INTO initial_scrape_jobs (band_id, run_at) SELECT id, '2199-01-01 00:00:00.000000' FROM bands WHERE collection = 'grateful-shed'");
    const page = await world.page();
    await page.goto(`${world.base}ListJob?tableName=initial_scrape_jobs`);
    assert.strictEqual(await page.locator("tbody tr").count(), 25);
    await page.getByRole("link", { name: "Next" }).click();
    await page.waitForURL(/after=/);
    assert.strictEqual(await page.getByRole("link", { name: "Next" }).count(), 0);
    await page.getByRole("link", { name: "Previous" }).click();
    await page.waitForURL(/before=/);
    assert.strictEqual(await page.locator("tbody tr").count(), 25);
    app.sql("DELETE FROM initial_scrape_jobs WHERE run_at > '2198-01-01 00:00:00.000000'");
    world.archive.release("grateful-shed");
});

test("a section of one's own draws a graph, with its numbers for those who cannot see it", async (world) => {
    const page = await world.page();
    world.app.sql("INSERT INTO tally_shows_jobs DEFAULT VALUES");
    await until("the tally", () => world.app.sql("SELECT count(*) FROM year_tallies") === "30");
    await page.goto(world.base);
    await page.getByRole("img", { name: "Shows in the archive by year" }).waitFor();
    const tallies = page.getByRole("region", { name: "Tallies" });
    assert.strictEqual(await tallies.locator("svg rect").count(), 30);
    assert.strictEqual(await tallies.getByRole("row", { name: /1975/ }).getByRole("cell").textContent(), "4");
});
