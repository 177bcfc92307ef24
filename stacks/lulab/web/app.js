// The pages of LuLab: log in, meetings with their summaries, one recording with all that came of it.

const WORDS = {
  en: {
    language: "中文", leave: "Log out", logIn: "Log in", email: "E-mail", password: "Password",
    lead: "What was said, in short.", meetings: "Meetings", search: "Search",
    none: "No recording yet. They come by themselves when a meeting was recorded.",
    nothing: "Nothing speaks of that.", waiting: "Being fetched", stored: "Being written down",
    done: "Ready", host: "Host", summary: "Summary", transcript: "Transcript", told: "Who was told",
    download: "Download", back: "All meetings", mail: "Mail", sms: "Short message", feishu: "Feishu",
    wrong_credentials: "The address or the password is wrong.", not_found: "There is no such recording.",
    too_many_requests: "Too often. Wait a moment.", offline: "The server cannot be reached.",
    problem: "That did not work.", minutes: "min",
  },
  zh: {
    language: "English", leave: "退出", logIn: "登录", email: "邮箱", password: "密码",
    lead: "会上说了什么，一看便知。", meetings: "会议", search: "搜索",
    none: "还没有录制。会议录制完成后会自动出现在这里。",
    nothing: "没有相关的会议。", waiting: "正在获取", stored: "正在转写",
    done: "已完成", host: "主持人", summary: "纪要", transcript: "转写", told: "已通知",
    download: "下载", back: "全部会议", mail: "邮件", sms: "短信", feishu: "飞书",
    wrong_credentials: "邮箱或密码不正确。", not_found: "没有这个录制。",
    too_many_requests: "操作过于频繁，请稍候。", offline: "无法连接服务器。",
    problem: "操作没有成功。", minutes: "分钟",
  },
};
const LOOK_AGAIN_MS = 3000;

let language = recalled() ?? (navigator.language.startsWith("zh") ? "zh" : "en");
let token = "";
let user = null;
let timer;

const page = document.querySelector("#page");
const say = (word) => WORDS[language][word] ?? WORDS[language].problem;

class Refusal extends Error {
  constructor(status, code) {
    super(code);
    this.status = status;
    this.code = code;
  }
}

async function fetched(method, path, value) {
  const headers = { "Content-Type": "application/json" };
  if (token) headers.Authorization = `Bearer ${token}`;
  const body = value === undefined ? null : JSON.stringify(value);
  const response = await fetch(path, { method, headers, body, credentials: "same-origin" }).catch(() => {
    throw new Refusal(0, "offline");
  });
  const text = await response.text();
  if (response.ok) return text ? JSON.parse(text) : undefined;
  let code = "problem";
  try {
    code = JSON.parse(text).error.code;
  } catch {
    // the proxy answers in other shapes
  }
  throw new Refusal(response.status, code);
}

/** Calls the API; exchanges the token once where it has ended. */
async function call(method, path, value) {
  try {
    return await fetched(method, path, value);
  } catch (error) {
    if (error.status !== 401 || !(await renewed())) throw error;
    return fetched(method, path, value);
  }
}

async function renewed() {
  try {
    remember(await fetched("POST", "/api/auth/refresh"));
    return true;
  } catch {
    remember(null);
    return false;
  }
}

function remember(answer) {
  token = answer?.accessToken ?? "";
  user = answer?.user ?? null;
  mark(Boolean(answer));
  frame();
}

/** Scripts cannot see the cookie; a mark beside it spares newcomers a request that must fail. */
function mark(kept) {
  try {
    if (kept) localStorage.setItem("session", "1");
    else localStorage.removeItem("session");
  } catch {
    // then the request is made
  }
}

function element(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === "function") made.addEventListener(name, value);
    else if (value === true) made.setAttribute(name, "");
    else if (value !== false) made.setAttribute(name, value);
  }
  made.append(...children);
  return made;
}

function frame() {
  document.documentElement.lang = language === "zh" ? "zh-CN" : "en";
  document.querySelector("#language").textContent = say("language");
  document.querySelector("#who").textContent = user ? user.name || user.email : "";
  const leave = document.querySelector("#leave");
  leave.textContent = say("leave");
  leave.hidden = !user;
}

function when(iso) {
  const form = { dateStyle: "medium", timeStyle: "short" };
  return new Intl.DateTimeFormat(language === "zh" ? "zh-CN" : "en-GB", form).format(new Date(iso));
}

function length(entry) {
  return `${Math.max(1, Math.round((new Date(entry.endedAt) - new Date(entry.startedAt)) / 60000))} ${say("minutes")}`;
}

function problem(error) {
  return element("p", { class: "problem", role: "alert" }, say(error.code));
}

function entryPage(trouble) {
  const submit = async (event) => {
    event.preventDefault();
    const told = new FormData(event.currentTarget);
    const button = event.currentTarget.querySelector("button");
    button.disabled = true;
    try {
      remember(await fetched("POST", "/api/auth/login", Object.fromEntries(told)));
      await show();
    } catch (error) {
      entryPage(error);
    }
  };
  const field = (name, type, hint) =>
    element("label", {}, say(name), element("input", { name, type, autocomplete: hint, required: true }));
  page.replaceChildren(
    element(
      "form",
      { class: "card entry", submit },
      element("h1", {}, say("logIn")),
      element("p", { class: "quiet" }, say("lead")),
      field("email", "email", "username"),
      field("password", "password", "current-password"),
      ...(trouble ? [problem(trouble)] : []),
      element("button", { class: "main", type: "submit" }, say("logIn")),
    ),
  );
}

function card(entry) {
  return element(
    "li",
    {},
    element(
      "a",
      { class: "card meeting", href: `#/recordings/${entry.id}` },
      element(
        "header",
        {},
        element("h2", {}, entry.subject),
        element("span", { class: `tag ${entry.state}` }, say(entry.state)),
      ),
      element("p", { class: "quiet" }, `${when(entry.startedAt)} · ${length(entry)} · ${entry.host}`),
      element("p", {}, entry.summary),
    ),
  );
}

async function listPage() {
  const list = element("ul", { class: "list" });
  const search = element("input", { type: "search", placeholder: say("search"), "aria-label": say("search") });
  const fill = async () => {
    const words = search.value.trim();
    const { meetings } = await call("GET", `/api/meetings?q=${encodeURIComponent(words)}`);
    const nothing = element("li", { class: "card quiet" }, say(words ? "nothing" : "none"));
    list.replaceChildren(...(meetings.length ? meetings.map(card) : [nothing]));
    again(fill);
  };
  search.addEventListener("input", () => void fill());
  await fill();
  page.replaceChildren(element("div", { class: "head" }, element("h1", {}, say("meetings")), search), list);
}

async function recordingPage(id) {
  const { meeting, transcript, notifications } = await call("GET", `/api/recordings/${id}`);
  const source = `/api/recordings/${id}/content`;
  const medium = meeting.mediaType.startsWith("video/") ? "video" : "audio";
  const part = (word, ...content) => element("section", { class: "card" }, element("h2", {}, say(word)), ...content);
  const told = notifications.map((each) =>
    element("li", { title: when(each.sentAt) }, `${say(each.channel)} · ${each.recipient}`),
  );
  page.replaceChildren(
    element(
      "div",
      { class: "head" },
      element(
        "div",
        {},
        element("h1", {}, meeting.subject),
        element("p", { class: "quiet" }, `${when(meeting.startedAt)} · ${length(meeting)} · ${say("host")}: ${meeting.host}`),
      ),
      element("a", { class: "button", href: "#/" }, say("back")),
    ),
    element(
      "div",
      { class: "detail" },
      ...(meeting.state === "waiting"
        ? [element("p", { class: "card quiet" }, say("waiting"))]
        : [
            element(
              "section",
              { class: "card" },
              element(medium, { src: source, controls: true, preload: "metadata" }),
              element("p", {}, element("a", { class: "button", href: source, download: true }, say("download"))),
            ),
          ]),
      ...(meeting.summary ? [part("summary", element("p", {}, meeting.summary))] : []),
      ...(told.length ? [part("told", element("ul", { class: "told" }, ...told))] : []),
      ...(transcript ? [part("transcript", element("p", {}, transcript))] : []),
    ),
  );
  if (meeting.state !== "done" || notifications.length < 3) again(() => recordingPage(id));
}

/** Looks again after a while, as long as the same page is shown. */
function again(look) {
  const where = location.hash;
  clearTimeout(timer);
  timer = setTimeout(() => {
    if (location.hash === where && user) look().catch(() => again(look));
  }, LOOK_AGAIN_MS);
}

async function show() {
  clearTimeout(timer);
  frame();
  if (!user) return entryPage();
  const found = /^#\/recordings\/([0-9a-f-]{36})$/.exec(location.hash);
  try {
    await (found ? recordingPage(found[1]) : listPage());
  } catch (error) {
    if (user) page.replaceChildren(problem(error));
    else entryPage();
  }
}

function recalled() {
  try {
    return ["en", "zh"].find((one) => one === localStorage.getItem("language"));
  } catch {
    return undefined;
  }
}

document.querySelector("#language").addEventListener("click", () => {
  language = language === "en" ? "zh" : "en";
  try {
    localStorage.setItem("language", language);
  } catch {
    // a browser that keeps nothing still shows the choice
  }
  void show();
});
document.querySelector("#leave").addEventListener("click", async () => {
  await fetched("POST", "/api/auth/logout").catch(() => undefined);
  remember(null);
  location.hash = "#/";
  await show();
});
addEventListener("hashchange", () => void show());

frame();
let known = true;
try {
  known = localStorage.getItem("session") !== null;
} catch {
  // then the request is made
}
if (known) await renewed();
await show();
