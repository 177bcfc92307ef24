// Every word on the page, in both languages.

const WORDS = {
  en: {
    language: "中文", leave: "Log out", email: "E-mail", password: "Password",
    enter: "Log in", register: "Register", toRegister: "New here?", toEnter: "I have an account",
    welcome: "Write with your own documents at hand.",
    add: "New", documents: "Documents", newDocument: "New document", noDocuments: "Nothing written yet.",
    title: "Title", text: "Text", save: "Save", remove: "Delete", saved: "Saved",
    waiting: "indexing", ready: "ready", failed: "not indexed",
    conversations: "Conversations", newTalk: "New conversation", untitled: "New conversation",
    noTalks: "Ask something about your documents.",
    ask: "Ask", draft: "Draft", askHint: "Answers from your documents, with sources.",
    draftHint: "Writes a new text; your documents are its material.",
    yourMessage: "Your message", send: "Send", stop: "Stop", sources: "Sources",
    writing: "Writing…", broken: "The answer broke off here.",
    empty: "Choose a document or a conversation, or begin one.",
    problem: {
      unauthenticated: "Please log in again.", wrong_credentials: "Address or password is wrong.",
      email_taken: "There is an account with this address.", unavailable: "That does not answer now; try again in a moment.",
      overloaded: "Too much at once; try again in a moment.", network: "There is no connection.",
      too_many_requests: "Too often; wait a little.", rate_limited: "Too often; wait a little.",
      too_large: "That is too large.", model_refused: "The model will not write that.",
    },
    other: "That did not work: ",
  },
  zh: {
    language: "English", leave: "退出", email: "邮箱", password: "密码",
    enter: "登录", register: "注册", toRegister: "还没有账号？", toEnter: "已有账号",
    welcome: "带着自己的资料写作。",
    add: "新建", documents: "文档", newDocument: "新建文档", noDocuments: "还没有文档。",
    title: "标题", text: "正文", save: "保存", remove: "删除", saved: "已保存",
    waiting: "索引中", ready: "已就绪", failed: "索引失败",
    conversations: "对话", newTalk: "新建对话", untitled: "新对话",
    noTalks: "就文档提个问题吧。",
    ask: "提问", draft: "写作", askHint: "依据您的文档回答，并注明出处。",
    draftHint: "写一段新文字，以您的文档为素材。",
    yourMessage: "您的消息", send: "发送", stop: "停止", sources: "出处",
    writing: "正在写……", broken: "回答在此中断。",
    empty: "选择或新建一篇文档、一个对话。",
    problem: {
      unauthenticated: "请重新登录。", wrong_credentials: "邮箱或密码不正确。",
      email_taken: "该邮箱已注册。", unavailable: "暂时没有响应，请稍后再试。",
      overloaded: "请求过多，请稍后再试。", network: "网络不通。",
      too_many_requests: "过于频繁，请稍候。", rate_limited: "过于频繁，请稍候。",
      too_large: "内容过大。", model_refused: "模型拒绝写这段内容。",
    },
    other: "操作失败：",
  },
};

let chosen = localStorage.getItem("language") ?? (navigator.language.startsWith("zh") ? "zh" : "en");

export function words() {
  return WORDS[chosen];
}

export function language() {
  return chosen === "zh" ? "zh-CN" : "en";
}

export function switchLanguage() {
  chosen = chosen === "zh" ? "en" : "zh";
  localStorage.setItem("language", chosen);
}

export function told(problem) {
  return words().problem[problem.code] ?? words().other + problem.message;
}
