// Adds keys, copy buttons and the theme switch. Every page works without it.
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
