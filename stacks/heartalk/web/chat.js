// The chat page: one conversation, its answers shown while they are written.

const WORDS = {
  en: {
    other: "中文", send: "Send", hint: "Ask something", empty: "What would you like to talk about?",
    simple: "answered directly", reasoning: "answered after reasoning", cached: "remembered",
    thoughts: "Reasoning", again: (seconds) => `Too many questions. Try again in ${seconds} s.`,
    broken: "The answer broke off. Ask again.", away: "The service cannot be reached.",
    noGuests: "Guests are not admitted here. Put your token behind #token= in the address.",
  },
  zh: {
    other: "English", send: "发送", hint: "想聊点什么", empty: "想聊点什么？",
    simple: "直接回答", reasoning: "推理后回答", cached: "来自缓存",
    thoughts: "推理过程", again: (seconds) => `提问太频繁，请 ${seconds} 秒后再试。`,
    broken: "回答中断了，请重新提问。", away: "无法连接服务。",
    noGuests: "此处不接待访客。请在地址后加上 #token=您的令牌。",
  },
};
const at = (id) => document.getElementById(id);
const turns = [];
let language = localStorage.language || (navigator.language.startsWith("zh") ? "zh" : "en");
let token = new URLSearchParams(location.hash.slice(1)).get("token") || sessionStorage.token;

function speak() {
  const words = WORDS[language];
  document.documentElement.lang = language === "zh" ? "zh-CN" : "en";
  at("language").textContent = words.other;
  at("send").textContent = words.send;
  at("question").placeholder = words.hint;
  at("question").ariaLabel = words.hint;
  if (!turns.length) {
    at("talk").replaceChildren(element("p", "empty", words.empty));
  }
}

function element(name, kind, text = "") {
  const made = document.createElement(name);
  made.className = kind;
  made.textContent = text;
  return made;
}

async function admitted() {
  if (token) return token;
  const answer = await fetch("/api/v1/auth/guest", { method: "POST" });
  if (!answer.ok) throw new Error(WORDS[language].noGuests);
  token = (await answer.json()).token;
  sessionStorage.token = token;
  return token;
}

// The events of a stream; one that ends without `done` was cut.
async function* events(response) {
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  for (;;) {
    const { value, done } = await reader.read();
    if (done) return;
    const blocks = (rest + value).split("\n\n");
    rest = blocks.pop();
    for (const block of blocks) {
      const [, name, data] = /^event: (\w+)\ndata: (.*)$/s.exec(block) || [];
      if (name) yield { name, data: JSON.parse(data) };
    }
  }
}

async function asked(card) {
  const words = WORDS[language];
  const response = await fetch("/api/v1/chat/generate", {
    method: "POST",
    headers: { authorization: `Bearer ${await admitted()}`, "content-type": "application/json" },
    body: JSON.stringify({ messages: turns.slice(-40), stream: true }),
  });
  if (response.status === 401) {
    token = "";
    delete sessionStorage.token;
  }
  if (response.status === 429) throw new Error(words.again(response.headers.get("retry-after")));
  if (!response.ok) throw new Error((await response.json()).error.message);
  const thoughts = element("details", "");
  const said = element("div", "");
  thoughts.append(element("summary", "", words.thoughts), element("div", ""));
  card.append(said);
  for await (const { name, data } of events(response)) {
    if (name === "error") break;
    if (name === "done") return finish(card, said, data);
    if (data.reasoning) {
      if (!thoughts.isConnected) card.prepend(thoughts);
      thoughts.lastChild.textContent += data.reasoning;
    }
    said.textContent += data.content || "";
    at("talk").scrollTop = at("talk").scrollHeight;
  }
  throw new Error(words.broken);
}

function finish(card, said, answer) {
  const words = WORDS[language];
  said.textContent = answer.content;
  card.append(element("small", "", words[answer.route] + (answer.cached ? ` · ${words.cached}` : "")));
  turns.push({ role: "assistant", content: answer.content });
}

async function ask(event) {
  event.preventDefault();
  const question = at("question").value.trim();
  if (!question) return;
  if (!turns.length) at("talk").replaceChildren();
  turns.push({ role: "user", content: question });
  const card = element("article", "");
  at("talk").append(element("article", "mine", question), card);
  at("question").value = "";
  at("send").disabled = true;
  try {
    await asked(card);
  } catch (error) {
    turns.pop();
    card.classList.add("broken");
    card.append(element("div", "", error instanceof TypeError ? WORDS[language].away : error.message));
  } finally {
    at("send").disabled = false;
    at("talk").scrollTop = at("talk").scrollHeight;
    at("question").focus();
  }
}

at("ask").addEventListener("submit", ask);
at("question").addEventListener("keydown", (event) => {
  if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
    event.preventDefault();
    at("ask").requestSubmit();
  }
});
at("language").addEventListener("click", () => {
  language = language === "zh" ? "en" : "zh";
  localStorage.language = language;
  speak();
});
speak();
at("question").focus();
