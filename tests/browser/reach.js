/* Everybody reaches everything: axe has nothing to say against any page, and a keyboard is enough. */
"use strict";
const assert = require("node:assert");
const { test, until, violations } = require("./support.js");

function pages(world) {
    const id = (table) => world.app.sql(`SELECT id FROM ${table} ORDER BY created_at DESC LIMIT 1`);
    return {
        overview: "",
        "default list": "ListJob?tableName=write_report_jobs",
        "list with a filter": "ListJob?tableName=write_report_jobs&status=failed&where.title=a&op.title=contains",
        "list of a TABLE_VIEWABLE": "ListJob?tableName=initial_scrape_jobs",
        "default page of a job": `ViewJob?tableName=write_report_jobs&id=${id("write_report_jobs")}`,
        "job's page of one's own": `ViewJob?tableName=initial_scrape_jobs&id=${id("initial_scrape_jobs")}`,
        "default form": "CreateJob?tableName=write_report_jobs",
        "form of one's own": "CreateJob?tableName=initial_scrape_jobs",
        record: `ViewRecord?tableName=bands&id=${world.app.sql("SELECT id FROM bands LIMIT 1")}`,
        "page that is not there": "ListJob?tableName=pg_class",
    };
}

test("a report that failed stands among the jobs", async (world) => {
    const { app } = world;
    app.sql("INSERT INTO write_report_jobs (title, since) VALUES ('Of nothing', '2100-01-01')");
    await until("its failure", () => app.sql("SELECT status FROM write_report_jobs WHERE title = 'Of nothing'") === "job_status_failed");
});

/* Each page is looked at light and wide, and dark and narrow; in between, those alone that hold the most, and on one
   database: what is drawn does not depend on it. */
const WHOLE = ["light 1440", "dark 360"];
const FULLEST = ["overview", "list with a filter", "default page of a job", "default form"];
const is_looked_at = (look) => !process.env.TEST_POSTGRES_URL || WHOLE.includes(look);

for (const colorScheme of ["light", "dark"])
    for (const width of [1440, 768, 360].filter((width) => is_looked_at(`${colorScheme} ${width}`)))
        test(`axe finds nothing on the pages, ${colorScheme}, ${width} pixels wide`, async (world) => {
            const page = await world.page({ colorScheme, viewport: { width, height: 800 } });
            const found = [];
            const whole = WHOLE.includes(`${colorScheme} ${width}`);
            for (const [name, address] of Object.entries(pages(world)).filter(([name]) => whole || FULLEST.includes(name))) {
                await page.goto(world.base + address);
                await page.evaluate(() => document.querySelectorAll("details").forEach((folded) => { folded.open = true; }));
                found.push(...(await violations(page)).map((line) => `${name}: ${line}`));
                if (await page.evaluate(() => document.documentElement.scrollWidth > window.innerWidth)) found.push(`${name}: wider than the window`);
            }
            assert.deepStrictEqual(found, []);
        });

for (const colorScheme of ["light", "dark"])
    test(`axe finds nothing on what answers a form, ${colorScheme}`, async (world) => {
        const page = await world.page({ colorScheme });
        await page.goto(`${world.base}CreateJob?tableName=write_report_jobs`);
        await page.getByLabel(/^Title/).fill("Of nobody");
        await page.getByLabel(/^Readers/).fill("{ no json");
        await page.getByRole("button", { name: "Create job" }).click();
        await page.locator("[aria-invalid=true]").waitFor();
        assert.deepStrictEqual(await violations(page), []);
        await page.goto(`${world.base}ListJob?tableName=write_report_jobs&status=failed`);
        await page.getByRole("button", { name: "Delete all…" }).click();
        await page.getByRole("link", { name: "Cancel" }).waitFor();
        assert.deepStrictEqual(await violations(page), []);
    });

if (!process.env.TEST_POSTGRES_URL)
    test("on a phone a list is sorted and selected by its head, and nothing that one presses is out of sight", async (world) => {
        const page = await world.page({ viewport: { width: 360, height: 740 } });
        const is_in_sight = async (locator) => {
            const box = await locator.boundingBox();
            return box.x >= 0 && box.x + box.width <= 360;
        };
        await page.goto(`${world.base}ListJob?tableName=write_report_jobs`);
        assert.ok(await is_in_sight(page.getByRole("navigation", { name: "Job types" }).getByRole("link", { name: "Write report jobs" })));
        assert.ok((await page.getByRole("checkbox", { name: /^Select job/ }).first().boundingBox()).y < 500);
        assert.ok(await page.getByRole("button", { name: "Retry all…" }).isVisible());
        await page.getByRole("checkbox", { name: "Select all jobs of this page" }).check();
        assert.ok(await page.getByRole("button", { name: "Retry selected" }).isVisible());
        assert.ok(!await page.getByRole("button", { name: "Retry all…" }).isVisible());
        const boxes = page.getByRole("checkbox", { name: /^Select job/ });
        assert.ok(await boxes.count() > 0);
        assert.strictEqual(await page.getByText(`${await boxes.count()} selected:`).count(), 1);
        await page.getByRole("main").getByRole("link", { name: "Title", exact: true }).click();
        await page.waitForURL(/sort=title/);
        await page.goto(world.base);
        const scrapes = page.getByRole("region", { name: "Initial scrape jobs", exact: true });
        assert.ok(await is_in_sight(scrapes.getByRole("button", { name: "Retry" }).first()));
    });

/* Tabs on until the element has the focus; it must be seen there. */
async function tab_to(page, locator) {
    for (let i = 0; i < 200; i++) {
        await page.keyboard.press("Tab");
        if (await locator.evaluate((element) => element === document.activeElement)) return;
    }
    throw new Error("Tab does not lead there");
}

test("a keyboard alone skips to the page, opens a form, makes a job", async (world) => {
    const page = await world.page();
    await page.goto(`${world.base}ListJob?tableName=write_report_jobs`);
    await tab_to(page, page.getByRole("link", { name: "+ New Job" }));
    const outline = await page.evaluate(() => getComputedStyle(document.activeElement).outlineStyle + getComputedStyle(document.activeElement).boxShadow);
    assert.notStrictEqual(outline, "nonenone");
    await page.keyboard.press("Enter");
    await page.getByRole("heading", { level: 1, name: "New job" }).waitFor();
    await tab_to(page, page.getByLabel(/^Title/));
    await page.keyboard.type("By keyboard");
    await page.keyboard.press("Enter");
    await until("the job's success", () => world.app.sql("SELECT count(*) FROM write_report_jobs WHERE title = 'By keyboard' AND status = 'job_status_succeeded'") === "1");
});

test("relative times carry the exact time and its zone", async (world) => {
    const page = await world.page();
    await page.goto(world.base);
    const time = page.locator("main time").first();
    assert.match(await time.getAttribute("title"), /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC$/);
    assert.ok(!Number.isNaN(Date.parse(await time.getAttribute("datetime"))));
});
