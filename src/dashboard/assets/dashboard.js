/* What the pages do by themselves where scripts run: they keep up to date, remember light or dark, count what is
   selected, and go on with a change in steps. Without it everything is there, and a reload brings what is new. */
"use strict";
(() => {
    const root = document.documentElement;
    const read = (key) => { try { return localStorage.getItem(key); } catch { return null; } };
    const write = (key, value) => { try { value ? localStorage.setItem(key, value) : localStorage.removeItem(key); } catch { /* private mode */ } };

    /* ---- Light and dark. At once, before anything is painted. ---- */

    const themes = [null, "light", "dark"];
    const names = { null: "Automatic", light: "Light", dark: "Dark" };
    const apply_theme = (theme) => { theme ? root.dataset.theme = theme : delete root.dataset.theme; };
    const stored_theme = () => themes.includes(read("errand-theme")) ? read("errand-theme") : null;
    apply_theme(stored_theme());

    function set_up_theme() {
        const button = document.querySelector("[data-errand-theme]");
        if (!button) return;
        const show = () => {
            button.textContent = names[stored_theme()];
            button.title = "Colours: " + names[stored_theme()].toLowerCase();
            button.setAttribute("aria-label", button.title + ". Change");
        };
        button.hidden = false;
        button.addEventListener("click", () => {
            const next = themes[(themes.indexOf(stored_theme()) + 1) % themes.length];
            write("errand-theme", next);
            apply_theme(next);
            show();
        });
        show();
    }

    /* ---- Making one tree like another, touching only what differs, so that focus, selection, what is folded open and
       what is being typed stay as they are. ---- */

    /* Asked of the attributes: a field called "id" or "attributes" takes the place of its form's own property. */
    const id_of = (node) => node.nodeType === Node.ELEMENT_NODE ? node.getAttribute("id") : null;
    const key_of = (node) => id_of(node) ? node.nodeName + "#" + id_of(node) : null;
    const is_like = (a, b) => a.nodeType === b.nodeType && a.nodeName === b.nodeName && key_of(a) === key_of(b);
    /* What the user has done to an element, which the server knows nothing of. */
    const is_users = (element, name) =>
        (name === "open" && element.nodeName === "DETAILS") ||
        (["value", "checked", "selected"].includes(name) && ["INPUT", "OPTION"].includes(element.nodeName) && element.type !== "hidden") ||
        (name === "hidden" && element.hasAttribute("data-errand-all"));

    function morph_attributes(from, to) {
        for (const name of to.getAttributeNames()) {
            const value = to.getAttribute(name);
            if (!is_users(from, name) && from.getAttribute(name) !== value) from.setAttribute(name, value);
        }
        for (const name of from.getAttributeNames()) {
            if (!is_users(from, name) && !to.hasAttribute(name)) from.removeAttribute(name);
        }
    }

    function morph(from, to) {
        if (from.nodeType !== Node.ELEMENT_NODE) {
            if (from.nodeValue !== to.nodeValue) from.nodeValue = to.nodeValue;
            return;
        }
        if (from.isEqualNode(to)) return;
        morph_attributes(from, to);
        if (from.nodeName !== "TEXTAREA" && from.nodeName !== "SELECT") morph_children(from, to);
    }

    /* Elements with an id are found again wherever they have gone to; others by their place. */
    function morph_children(from, to) {
        const keyed = new Map();
        for (const child of from.childNodes) {
            if (key_of(child)) keyed.set(key_of(child), child);
        }
        const wanted = new Set([...to.childNodes].map(key_of).filter(Boolean));
        let at = from.firstChild;
        for (const next of [...to.childNodes]) {
            while (at && key_of(at) && !wanted.has(key_of(at))) {
                const gone = at;
                at = at.nextSibling;
                gone.remove();
            }
            const known = key_of(next) && keyed.get(key_of(next));
            if (known && known !== at) from.insertBefore(known, at);
            if (known) {
                if (known === at) at = at.nextSibling;
                morph(known, next);
            } else if (at && !key_of(at) && is_like(at, next)) {
                const same = at;
                at = at.nextSibling;
                morph(same, next);
            } else {
                from.insertBefore(document.importNode(next, true), at);
            }
        }
        while (at) {
            const gone = at;
            at = at.nextSibling;
            gone.remove();
        }
    }

    /* ---- Up to date ---- */

    const LEAST_MS = 1000;   /* between two looks */
    const REST_MS = 30000;   /* a look without an event: times pass, too */
    const POLL_MS = 5000;    /* where there is no stream */

    function set_up_live(main) {
        const button = document.querySelector("[data-errand-live]");
        let paused = read("errand-paused") === "1", source = null, timer = 0, last = 0;
        let busy = false;    /* the page is being asked for */
        let changed = false; /* since it was asked for */
        let lost = false;    /* there is no stream */
        let stale = false;   /* the last look failed */
        let barred = false;  /* and would have to log in: another page was the answer, or none without a password */

        const state = () => paused ? "paused" : barred ? "barred" : stale ? "stale" : lost ? "polling" : "live";
        const words = {
            paused: ["Paused", "The page stands still. Press to go on."],
            barred: ["Logged out", "The dashboard no longer shows this page, as if nobody were logged in. Press to load it again."],
            stale: ["No answer", "The dashboard does not answer; it is asked again. Press to pause."],
            polling: ["Live", "The page keeps up to date. Press to pause."],
            live: ["Live", "The page keeps up to date. Press to pause."],
        };

        function show() {
            if (!button) return;
            button.hidden = false;
            button.dataset.state = state();
            [button.textContent, button.title] = words[state()];
            button.setAttribute("aria-pressed", String(paused));
        }

        function plan(delay) {
            clearTimeout(timer);
            if (!paused) timer = setTimeout(look, Math.max(delay, last + LEAST_MS - Date.now()));
        }

        async function look() {
            if (busy || document.hidden) return plan(REST_MS);
            busy = true;
            changed = false;
            last = Date.now();
            try {
                /* No page that looks is sent elsewhere: who is, is sent to a login. */
                const response = await fetch(location.href, { headers: { Accept: "text/html" }, cache: "no-store", redirect: "manual" });
                barred = response.type === "opaqueredirect" || response.status === 401 || response.status === 403;
                if (!barred && !response.ok && response.status !== 404) throw new Error(String(response.status)); /* 404: it was deleted */
                const page = new DOMParser().parseFromString(barred ? "" : await response.text(), "text/html");
                const fresh = page.getElementById(main.id);
                if (fresh && !paused) {
                    morph(main, fresh);
                    count_selected();
                }
                barred ||= !fresh;
                stale = false;
            } catch {
                stale = true;
                barred = false;
            }
            busy = false;
            show();
            plan(changed ? 0 : !barred && (stale || lost) ? POLL_MS : REST_MS);
        }

        function listen() {
            if (!window.EventSource || paused || document.hidden) return;
            source = new EventSource(main.dataset.errandEvents);
            source.addEventListener("change", () => { changed = true; plan(0); });
            source.addEventListener("open", () => {
                if (lost) plan(0); /* what came meanwhile */
                lost = false;
                show();
            });
            /* Each try to reach it anew is an error, too: the look that is planned stays. */
            source.addEventListener("error", () => {
                if (lost) return;
                lost = true;
                show();
                plan(POLL_MS);
            });
        }

        function stop() {
            if (source) source.close();
            source = null;
            clearTimeout(timer);
        }

        function start() {
            stop();
            listen();
            plan(source ? REST_MS : POLL_MS);
            show();
        }

        if (button) button.addEventListener("click", () => {
            if (barred && !paused) return location.reload();
            paused = !paused;
            write("errand-paused", paused ? "1" : null);
            paused ? stop() : (start(), plan(0));
            show();
        });
        /* A page that nobody sees holds no connection; browsers allow six to a server in all its tabs. */
        document.addEventListener("visibilitychange", () => { document.hidden ? stop() : (start(), plan(0)); });
        window.addEventListener("pagehide", stop);
        window.addEventListener("pageshow", (event) => { if (event.persisted) start(); });
        start();
    }

    /* ---- Selecting ---- */

    const boxes = () => [...document.querySelectorAll("input[name=selected]")];

    function count_selected() {
        const chosen = boxes().filter((box) => box.checked).length;
        const all = document.querySelector("[data-errand-all]");
        if (all) {
            all.hidden = false;
            all.checked = chosen > 0 && chosen === boxes().length;
            all.indeterminate = chosen > 0 && chosen < boxes().length;
        }
        const label = document.querySelector("[data-errand-selected]");
        if (label) label.textContent = chosen ? chosen + " selected:" : "Selected:";
        for (const button of document.querySelectorAll("[data-errand-bulk]")) button.disabled = chosen === 0;
    }

    function set_up_selection() {
        document.addEventListener("change", (event) => {
            if (event.target.matches("[data-errand-all]")) {
                for (const box of boxes()) box.checked = event.target.checked;
            }
            if (event.target.matches("[data-errand-all], input[name=selected]")) count_selected();
        });
        count_selected();
    }

    /* ---- The rest ---- */

    /* What was just done is said once: a reload, or the next look, is about the page. */
    function forget_notice() {
        const address = new URL(location.href);
        for (const key of ["created", "retried", "deleted", "running", "missing", "refused"]) address.searchParams.delete(key);
        if (address.href !== location.href) history.replaceState(null, "", address);
    }

    /* Where there are more job types than the bar is wide, the open one may stand outside. */
    function show_tab() {
        const tab = document.querySelector(".errand-nav [aria-current]"), bar = tab && tab.closest("ul");
        if (bar) bar.scrollLeft = tab.offsetLeft - (bar.clientWidth - tab.offsetWidth) / 2;
    }

    /* Empty fields have no place in the address. */
    function set_up_filter() {
        document.addEventListener("submit", (event) => {
            if (!event.target.matches(".filter form")) return;
            for (const field of event.target.elements) {
                const value = event.target.elements["where." + field.name.slice(3)];
                const is_idle = field.name.startsWith("op.") && value && !value.value && !field.value.includes("null");
                if (field.name && (!field.value || is_idle)) field.disabled = true;
            }
        });
    }

    document.addEventListener("DOMContentLoaded", () => {
        const main = document.getElementById("errand-page");
        set_up_theme();
        show_tab();
        set_up_selection();
        set_up_filter();
        setTimeout(forget_notice, 10000);
        if (main && main.dataset.errandEvents) set_up_live(main);
        const next = document.querySelector("[data-errand-continue]");
        if (next) setTimeout(() => next.form.requestSubmit(next), 100);
    });
})();
