/* The default new-job form: a field for each column, errors beside it, nothing entered is lost. */
"use strict";
const assert = require("node:assert");
const { test, until } = require("./support.js");

const FORM = "CreateJob?tableName=write_report_jobs";

test("the form has a field of the fitting kind for each column", async (world) => {
    const page = await world.page();
    await page.goto(world.base + FORM);
    const kind = (label) => page.getByLabel(label).evaluate((field) => field.type);
    assert.strictEqual(await kind(/^Title/), "text");
    assert.strictEqual(await kind(/^Shows at most/), "number");
    assert.strictEqual(await kind(/^With venues/), "checkbox");
    assert.strictEqual(await kind(/^Since/), "date");
    assert.strictEqual(await kind(/^Format/), "select-one");
    assert.strictEqual(await kind(/^Band/), "select-one");
    assert.strictEqual(await kind(/^Readers/), "textarea");
    assert.ok((await page.getByLabel(/^Band/).locator("option").allTextContents()).some((text) => /Grateful Shed/.test(text)));
});

test("what is wrong is said beside its field, and what was entered stays", async (world) => {
    const page = await world.page();
    await page.goto(world.base + FORM);
    await page.getByLabel(/^Title/).fill("With <bad> readers");
    await page.getByLabel(/^Readers/).fill("{ no json");
    await page.getByRole("button", { name: "Create job" }).click();
    const readers = page.getByLabel(/^Readers/);
    await page.locator("[aria-invalid=true]").waitFor();
    assert.strictEqual(await readers.getAttribute("aria-invalid"), "true");
    const error = page.locator(`#${await readers.getAttribute("aria-describedby")}`);
    assert.match(await error.textContent(), /JSON/i);
    assert.strictEqual(await readers.inputValue(), "{ no json");
    assert.strictEqual(await page.getByLabel(/^Title/).inputValue(), "With <bad> readers");
    await readers.fill('["Ada"]');
    await page.getByRole("button", { name: "Create job" }).click();
    await page.getByText("The job was created.").waitFor();
    await until("its success", () => world.app.sql("SELECT count(*) FROM write_report_jobs WHERE title = 'With <bad> readers' AND status = 'job_status_succeeded'") === "1");
});

test("a form of one's own shows what was refused beside its field", async (world) => {
    const page = await world.page();
    await page.goto(`${world.base}CreateJob?tableName=initial_scrape_jobs`);
    await page.getByLabel("Band").evaluate((select) => { select.options[0].value = "00000000-0000-4000-8000-000000000000"; });
    await page.getByRole("button", { name: "Run" }).click();
    await page.getByText("there is no such band").waitFor();
});

test("a token that is not the user's own is refused, and nothing changes", async (world) => {
    const page = await world.page();
    const before = world.app.sql("SELECT count(*) FROM tally_shows_jobs");
    await page.goto(`${world.base}CreateJob?tableName=tally_shows_jobs`);
    await page.locator("input[name=errand_token]").first().evaluate((field) => { field.value = "x" + field.value.slice(1); });
    const answer = page.waitForResponse((response) => response.request().method() === "POST");
    await page.getByRole("button", { name: "Create job" }).click();
    assert.strictEqual((await answer).status(), 403);
    assert.strictEqual(world.app.sql("SELECT count(*) FROM tally_shows_jobs"), before);
});

test("without a password nobody is let in", async (world) => {
    for (const httpCredentials of [undefined, { username: "attics", password: "wrong" }]) {
        const page = await world.page({ httpCredentials });
        const response = await page.request.get(world.base);
        assert.strictEqual(response.status(), 401);
        assert.match(response.headers()["www-authenticate"], /^Basic /);
    }
});
