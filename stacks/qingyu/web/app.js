// The page: who is writing, which documents and conversations there are, and the one that is open.

import { documents, enter, leave, refreshed, talks } from "./api.js";
import { button, element, field } from "./parts.js";
import { Talk } from "./talk.js";
import { language, switchLanguage, told, words } from "./words.js";

const LOOK_AGAIN = 700; // milliseconds, while a document is being indexed
const $ = (id) => document.getElementById(id);
let inside = false;
let open = null; // {kind: "document" | "talk", id}

function complain(error) {
  $("alert").textContent = error ? told(error) : "";
  $("alert").hidden = !error;
  if (error?.code === "unauthenticated") show(false);
}

async function tried(act) {
  complain(null);
  try {
    await act();
  } catch (error) {
    complain(error);
  }
}

// ------------------------------------------------------------------------------- the door

function door(way = "login") {
  const w = words();
  const email = element("input", { type: "email", required: true, autocomplete: "email" });
  const password = element("input", {
    type: "password", required: true, minLength: 10,
    autocomplete: way === "login" ? "current-password" : "new-password",
  });
  const other = way === "login" ? "register" : "login";
  const form = element("form", { className: "door" },
    element("p", { className: "welcome", textContent: w.welcome }),
    field(w.email, email), field(w.password, password),
    element("button", { className: "main", textContent: way === "login" ? w.enter : w.register }),
    button(way === "login" ? w.toRegister : w.toEnter, () => $("page").replaceChildren(door(other)), "quiet"));
  form.onsubmit = (event) => {
    event.preventDefault();
    tried(async () => {
      await enter(way, email.value, password.value);
      show(true);
    });
  };
  return form;
}

// -------------------------------------------------------------------------------- the desk

function desk() {
  const w = words();
  return element("div", { className: "desk" },
    element("aside", {},
      shelf("documents", w.documents, add(w.newDocument, () => openDocument(null))),
      shelf("talks", w.conversations, add(w.newTalk, beginTalk))),
    element("main", { id: "open" }, element("p", { className: "empty", textContent: w.empty })));
}

function add(what, act) {
  return Object.assign(button(words().add, act, "add"), { ariaLabel: what, title: what });
}

function shelf(id, title, adding) {
  return element("section", { ariaLabel: title },
    element("h2", { textContent: title }), adding, element("ul", { id }));
}

async function listDocuments() {
  const w = words();
  const found = await documents.all();
  const items = found.map((each) => element("li", {},
    entry("document", each.id, each.title, () => openDocument(each.id),
      element("span", { className: `tag ${each.index.state}`, textContent: w[each.index.state] }))));
  $("documents")?.replaceChildren(...(items.length ? items : [element("li", { className: "none", textContent: w.noDocuments })]));
  if (found.some((each) => each.index.state === "waiting")) setTimeout(() => inside && tried(listDocuments), LOOK_AGAIN);
}

async function listTalks() {
  const w = words();
  const found = await talks.all();
  const items = found.map((each) => element("li", {},
    entry("talk", each.id, each.title || w.untitled, () => openTalk(each.id))));
  $("talks")?.replaceChildren(...(items.length ? items : [element("li", { className: "none", textContent: w.noTalks })]));
}

function entry(kind, id, title, act, tag) {
  const made = element("button", { type: "button", className: "entry", onclick: act }, element("span", { textContent: title }), tag);
  made.setAttribute("aria-current", String(open?.kind === kind && open.id === id));
  return made;
}

async function refresh() {
  await Promise.all([listDocuments(), listTalks()]);
}

// ------------------------------------------------------------------------------ what is open

function openDocument(id) {
  return tried(async () => {
    const w = words();
    const there = id ? await documents.one(id) : null;
    const title = element("input", { value: there?.title ?? "", required: true, maxLength: 200 });
    const text = element("textarea", { value: there?.text ?? "", required: true, maxLength: 200000 });
    const form = element("form", { className: "document" }, field(w.title, title), field(w.text, text),
      element("div", { className: "actions" },
        there ? button(w.remove, () => removeDocument(id), "quiet") : null,
        element("button", { className: "main", textContent: w.save })));
    form.onsubmit = (event) => {
      event.preventDefault();
      tried(async () => {
        const kept = id ? await documents.change(id, title.value, text.value) : await documents.add(title.value, text.value);
        await openDocument(kept.id);
      });
    };
    open = { kind: "document", id };
    $("open").replaceChildren(form);
    await refresh();
  });
}

function removeDocument(id) {
  return tried(async () => {
    await documents.remove(id);
    open = null;
    show(true);
  });
}

function openTalk(id) {
  return tried(async () => {
    open = { kind: "talk", id };
    const remove = button(words().remove, () => tried(async () => {
      await talks.remove(id);
      open = null;
      show(true);
    }), "quiet");
    $("open").replaceChildren(await new Talk(id, () => tried(listTalks)).opened(), remove);
    await refresh();
    document.querySelector(".composer textarea")?.focus();
  });
}

function beginTalk() {
  return tried(async () => openTalk((await talks.begin()).id));
}

// ------------------------------------------------------------------------------------- all

function show(entered) {
  inside = entered;
  const w = words();
  document.documentElement.lang = language();
  $("language").textContent = w.language;
  $("leave").textContent = w.leave;
  $("leave").hidden = !inside;
  $("page").replaceChildren(inside ? desk() : door());
  if (inside) tried(refresh);
}

$("language").onclick = () => {
  switchLanguage();
  complain(null);
  const again = open;
  show(inside);
  if (inside && again?.kind === "talk") openTalk(again.id);
  if (inside && again?.kind === "document" && again.id) openDocument(again.id);
};
$("leave").onclick = () => tried(async () => {
  await leave();
  open = null;
  show(false);
});
show(false);
tried(async () => {
  if (await refreshed()) show(true);
});
