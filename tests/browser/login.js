/* Who is let in: by user and password of the environment, and by the application's own login page. */
"use strict";
const assert = require("node:assert");
const http = require("node:http");
const { test } = require("./support.js");

const USER = { username: "ada", password: "lovelace: 1" };
const jobs = (world, note) => world.other.sql(`SELECT count(*) FROM sound_jobs WHERE note = '${note}'`);

async function create_job(page, base, note) {
    await page.goto(`${base}CreateJob?tableName=sound_jobs`);
    await page.getByLabel(/^Note/).fill(note);
    await page.getByRole("button", { name: "Create job" }).click();
    await page.getByText("The job was created.").waitFor();
}

test("BASIC_AUTH lets in whom the environment names, and nobody else", async (world) => {
    const app = world.other;
    app.environment.DASHBOARD_USER = USER.username;
    app.environment.DASHBOARD_PASSWORD = USER.password;
    const base = await app.dashboard_of("Admin/");
    const page = await world.page({ httpCredentials: USER });
    await page.goto(base);
    await page.getByRole("banner").getByText("ada", { exact: true }).waitFor();
    await create_job(page, base, "by the environment");
    assert.strictEqual(jobs(world, "by the environment"), "1");
    for (const httpCredentials of [undefined, { ...USER, password: "" }, { ...USER, username: "" }]) {
        const stranger = await world.page({ httpCredentials });
        const response = await stranger.request.get(base);
        assert.strictEqual(response.status(), 401);
        assert.doesNotMatch(await response.text(), /sound/i);
    }
});

/* The application's login page, on a server of its own: the right password opens a session. */
class LoginPage {
    constructor(app) {
        this.app = app;
        this.server = http.createServer((request, response) => this.answer(request, response));
    }
    async start() {
        await new Promise((done) => this.server.listen(0, "127.0.0.1", done));
        this.url = `http://127.0.0.1:${this.server.address().port}/login`;
    }
    async answer(request, response) {
        let form = "";
        for await (const part of request) form += part;
        if (new URLSearchParams(form).get("password") !== USER.password)
            return void response.writeHead(200, { "Content-Type": "text/html" }).end(
                "<h1>Who are you?</h1><form method=post><label>Password <input name=password></label> <button>Log in</button></form>");
        this.app.sql("INSERT INTO sessions (token, member) VALUES ('0123456789', 'grace')");
        response.writeHead(303, { Location: this.next, "Set-Cookie": "session=0123456789; HttpOnly; SameSite=Lax; Path=/" }).end();
    }
    end() {
        this.server.closeAllConnections();
        this.server.close();
    }
}

test("an application's own login page is where strangers are sent, and from where they come back", async (world) => {
    const app = world.other, login = new LoginPage(app);
    await login.start();
    app.environment.LOGIN_URL = login.url;
    const base = login.next = await app.dashboard_of("Members/");
    const page = await world.page({ httpCredentials: undefined });
    try {
        await page.goto(`${base}ListJob?tableName=sound_jobs`);
        assert.strictEqual(page.url(), login.url);
        await page.getByLabel("Password").fill(USER.password);
        await page.getByRole("button", { name: "Log in" }).click();
        await page.waitForURL(base);
        await page.getByRole("banner").getByText("grace", { exact: true }).waitFor();
        await create_job(page, base, "by a session");
        assert.strictEqual(jobs(world, "by a session"), "1");
        await page.getByRole("link", { name: "Overview" }).click();
        await page.getByRole("button", { name: "Live" }).waitFor();
        app.sql("DELETE FROM sessions");
        app.sql("DELETE FROM sound_jobs"); /* which an open page looks at, and no longer may */
        const barred = page.getByRole("button", { name: "Logged out" });
        await barred.waitFor();
        await barred.click();
        await page.getByRole("heading", { name: "Who are you?" }).waitFor();
    } finally {
        login.end();
    }
});
