/* docs/images/: overview, list, job and new job, of jobs that have really run; light and dark, on a wide screen, a tablet and a phone. */
"use strict";
const fs = require("node:fs");
const path = require("node:path");
const { ROOT, main, until } = require("./support.js");

/* For how long the example works before it is shown: an hour's graph of one minute is none. */
const MINUTES = Number(process.env.MINUTES || 8);

/* More at some times than at others, as people come. */
async function work_a_while(app) {
    const end = Date.now() + MINUTES * 60000;
    for (let i = 0; Date.now() < end; i++) {
        for (let n = Math.round(2 + 2 * Math.sin(i / 7)); n >= 0; n--) app.run("build/bin/Script/AddReports");
        if (i % 5 === 0) app.sql("INSERT INTO initial_scrape_jobs (band_id) SELECT id FROM bands");
        await new Promise((done) => setTimeout(done, 5000 + 4000 * Math.cos(i / 11)));
    }
}

async function run_jobs(world) {
    const { app } = world;
    world.archive.years = Array.from({ length: 120 }, (_, i) => Math.round(1979 + 6 * Math.sin(i) + 5 * Math.sin(i * i)));
    const worker = app.start("build/bin/RunJobs");
    app.run("build/bin/Script/AddBands");
    const left = (table) => app.sql(`SELECT count(*) FROM ${table} WHERE status NOT IN ('job_status_succeeded', 'job_status_failed')`);
    await until("the end of the scrape jobs", () => left("initial_scrape_jobs") === "0");
    await work_a_while(app);
    app.run("build/bin/Script/AddReports");
    await until("the end of the reports", () => left("write_report_jobs") === "0" && left("tally_shows_jobs") === "0");
    await until("the figures", () => Number(app.sql("SELECT sum(count) FROM errand_stats")) >= 40);
    app.sql("INSERT INTO write_report_jobs (title, run_at) VALUES ('Shows of the year', '2199-01-01 00:00:00.000000')");
    world.archive.hold("grateful-shed");
    app.sql("INSERT INTO initial_scrape_jobs (band_id) SELECT id FROM bands WHERE collection = 'grateful-shed'");
    await until("a job that runs", () => app.sql("SELECT count(*) FROM initial_scrape_jobs WHERE status = 'job_status_running'") === "1");
    return worker;
}

main(async (world) => {
    await run_jobs(world);
    const base = await world.app.dashboard();
    const failed = world.app.sql("SELECT id FROM write_report_jobs WHERE status = 'job_status_failed' LIMIT 1");
    const pages = {
        overview: "ListJobs",
        list: "ListJob?tableName=write_report_jobs",
        job: `ViewJob?tableName=write_report_jobs&id=${failed}`,
        "new-job": "CreateJob?tableName=write_report_jobs",
    };
    const folder = path.join(ROOT, "docs/images");
    fs.mkdirSync(folder, { recursive: true });
    for (const colorScheme of ["light", "dark"])
        for (const [size, width, height] of [["wide", 1440, 900], ["middle", 768, 1024], ["narrow", 360, 740]]) {
            const page = await world.page({ colorScheme, viewport: { width, height } });
            for (const [name, address] of Object.entries(pages)) {
                await page.goto(base + address);
                await page.screenshot({ path: path.join(folder, `${name}-${size}-${colorScheme}.png`), fullPage: name !== "list" });
            }
            await world.close_pages();
        }
    world.archive.release("grateful-shed");
    return 0;
});
