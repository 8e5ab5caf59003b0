// Adds keys, copy buttons and the theme switch, and talks to passkeys, which
// browsers let only scripts do. Everything else works without it.
"use strict";
(() => {
  const $ = (selector) => document.querySelector(selector);
  const make = (tag, text) => Object.assign(document.createElement(tag), { textContent: text });

  // The exact time is shown in UTC; here the reader's own clock is known.
  const local = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "long" });
  for (const time of document.querySelectorAll("time[datetime]")) {
    time.title += "\n" + local.format(new Date(time.dateTime));
  }

  const themes = ["system", "light", "dark"];
  const theme = $("#theme");
  if (theme) {
    const root = document.documentElement;
    const show = () => theme.replaceChildren(make("span", "Theme: "), root.dataset.theme);
    theme.addEventListener("click", () => {
      const next = themes[(themes.indexOf(root.dataset.theme) + 1) % themes.length];
      root.dataset.theme = next;
      document.cookie = "theme=" + next + "; Path=/; Max-Age=31536000; SameSite=Lax";
      show();
    });
    show();
    theme.hidden = false;
  }

  for (const box of document.querySelectorAll("[data-copy]")) {
    const text = box.textContent.trim();
    const button = make("button", "Copy");
    button.type = "button";
    button.className = "copy";
    button.setAttribute("aria-live", "polite");
    button.addEventListener("click", async () => {
      try {
        await navigator.clipboard.writeText(text);
        button.textContent = "Copied";
      } catch {
        getSelection().selectAllChildren(box.querySelector("code") || box);
        button.textContent = "Selected";
      }
      setTimeout(() => { button.textContent = "Copy"; }, 2000);
    });
    box.append(button);
  }

  // The link of an invitation carries it behind the #, which is sent nowhere.
  // It goes into the form, and out of the address and the history.
  const invited = $("form[data-invitation]");
  if (invited && location.hash.length > 1) {
    invited.elements.invitation.value = location.hash.slice(1);
    history.replaceState(null, "", location.pathname);
    invited.requestSubmit();
  }

  // The collector says what to ask; the answer goes back with the form.
  let asking;
  const ask = async (form, quietly) => {
    const say = (text) => { if (!quietly) form.querySelector("[role=status]").textContent = text; };
    asking?.abort();
    asking = new AbortController();
    const { signal } = asking;
    say("");
    try {
      const response = await fetch(form.dataset.options, { method: "POST", signal });
      if (!response.ok) return say(await response.text());
      const asked = (await response.json()).publicKey;
      const answer = await (form.dataset.passkey === "create"
        ? navigator.credentials.create({ signal, publicKey: PublicKeyCredential.parseCreationOptionsFromJSON(asked) })
        : navigator.credentials.get({ signal, publicKey: PublicKeyCredential.parseRequestOptionsFromJSON(asked), ...(quietly && { mediation: "conditional" }) }));
      form.elements.answer.value = JSON.stringify(answer);
      form.submit();
    } catch (error) {
      if (error.name === "InvalidStateError") say("This device has a passkey for this account already.");
      else if (error.name !== "AbortError") say("No passkey was used. Try again, or take another way.");
    }
  };
  for (const form of document.querySelectorAll("form[data-passkey]")) {
    form.hidden = false;
    if (!window.PublicKeyCredential?.parseRequestOptionsFromJSON) {
      form.querySelector("button").disabled = true;
      form.querySelector("[role=status]").textContent = "This browser is too old for passkeys.";
      continue;
    }
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      ask(form, false);
    });
    // The browser offers passkeys where a name is typed.
    if (form.dataset.passkey === "get" && $("[autocomplete~=webauthn]")) {
      PublicKeyCredential.isConditionalMediationAvailable?.().then((can) => { if (can) ask(form, true); });
    }
  }

  for (const menu of document.querySelectorAll("details.menu")) {
    document.addEventListener("click", (event) => {
      if (!menu.contains(event.target)) menu.open = false;
    });
    menu.addEventListener("keydown", (event) => {
      if (event.key === "Escape" && menu.open) {
        menu.open = false;
        menu.querySelector("summary").focus();
      }
    });
  }

  // Boxes of a list: all of the page at once, and how many are chosen.
  const head = $("th.c-pick");
  if (head) {
    const boxes = [...document.querySelectorAll("td.c-pick input")];
    const all = document.createElement("input");
    all.type = "checkbox";
    all.setAttribute("aria-label", "Choose all on this page");
    const show = () => {
      const chosen = boxes.filter((box) => box.checked).length;
      all.checked = chosen === boxes.length;
      all.indeterminate = chosen > 0 && chosen < boxes.length;
      $("[data-chosen]").textContent = chosen ? " (" + chosen + ")" : "";
    };
    all.addEventListener("change", () => {
      for (const box of boxes) box.checked = all.checked;
      show();
    });
    for (const box of boxes) box.addEventListener("change", show);
    head.replaceChildren(all);
    show();
  }

  const keys = $("#keys");
  let help;
  const showHelp = () => {
    if (!help) {
      help = document.createElement("dialog");
      help.setAttribute("aria-labelledby", "help-title");
      const title = make("h2", "Keys");
      title.id = "help-title";
      const list = document.createElement("dl");
      const rows = [["/", "Search devices"], ["j", "Next row"], ["k", "Row before"], ["Enter", "Open the row"], ["?", "Show this"]];
      for (const [key, what] of rows) {
        const term = document.createElement("dt");
        term.append(make("kbd", key));
        list.append(term, make("dd", what));
      }
      const close = make("button", "Close");
      close.addEventListener("click", () => help.close());
      const off = make("button", "");
      const name = () => { off.textContent = localStorage.keys === "off" ? "Turn keys on" : "Turn keys off"; };
      off.addEventListener("click", () => {
        localStorage.keys = localStorage.keys === "off" ? "on" : "off";
        name();
      });
      name();
      help.append(title, list, close, " ", off);
      document.body.append(help);
    }
    help.showModal();
  };
  if (keys) {
    keys.hidden = false;
    keys.addEventListener("click", showHelp);
  }

  const step = (by) => {
    const rows = [...document.querySelectorAll("a.open")];
    const at = rows.indexOf(document.activeElement);
    const next = rows[at < 0 ? (by > 0 ? 0 : rows.length - 1) : at + by];
    if (next) {
      next.focus();
      next.scrollIntoView({ block: "nearest" });
    }
  };
  document.addEventListener("keydown", (event) => {
    if (localStorage.keys === "off") return;
    const typing = event.target.closest("input, textarea, select, dialog");
    if (typing || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "/") {
      const search = $("#q");
      if (search) { search.focus(); search.select(); } else { location.href = "/devices"; }
    } else if (event.key === "j") step(1);
    else if (event.key === "k") step(-1);
    else if (event.key === "?" && keys) showHelp();
    else return;
    event.preventDefault();
  });
})();
