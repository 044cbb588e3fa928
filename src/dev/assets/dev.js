// Keeps the page up to date: asks once a second whether something changed, and puts the new content in place.
"use strict";
{
    const page = document.getElementById("errand-page");
    const at_end = (log) => log.scrollTop + log.clientHeight >= log.scrollHeight - 4;
    const to_end = (log) => { log.scrollTop = log.scrollHeight; };
    let version = null;

    function show(text) {
        const fresh = new DOMParser().parseFromString(text, "text/html").getElementById("errand-page");
        const focused = document.activeElement?.closest("#errand-page button") !== null;
        const places = new Map([...page.querySelectorAll(".log")].map((log) => [log.id, at_end(log) ? null : log.scrollTop]));
        page.replaceChildren(...fresh.childNodes);
        for (const log of page.querySelectorAll(".log")) {
            const place = places.get(log.id) ?? null;
            place === null ? to_end(log) : log.scrollTop = place;
        }
        if (focused)
            page.querySelector("button")?.focus();
    }

    async function ask() {
        try {
            const answer = await fetch("/", { headers: version ? { "If-None-Match": version } : {}, cache: "no-store" });
            if (answer.status === 200) {
                version = answer.headers.get("ETag");
                show(await answer.text());
            }
        } catch {
            // The server is being started again; the page stays as it was.
        }
        setTimeout(ask, 1000);
    }

    page.querySelectorAll(".log").forEach(to_end);
    setTimeout(ask, 1000);
}
