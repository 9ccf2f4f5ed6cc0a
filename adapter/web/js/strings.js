// What the page says, in English and Urdu. Names that hosts and tests rely on
// (CONTRACT: accessible names) are the English ones.

const en = {
  // The frame of the page.
  title: "AI Task Assistant",
  language: "Language",
  dark: "Dark mode",
  history: "History",
  new: "New chat",
  retry: "Retry",
  cancel: "Cancel",
  save: "Save",
  more: "Show more",
  reload: "Reload",
  "error.load": "The page could not be loaded as a whole.",
  // The conversation.
  conversation: "Conversation",
  you: "You",
  assistant: "Assistant",
  "speaker.orchestrator": "Orchestrator",
  "speaker.urdu": "Urdu Specialist",
  latest: "Latest message",
  copy: "Copy",
  copied: "Copied.",
  "copy.failed": "The browser did not allow copying.",
  good: "Good response",
  bad: "Bad response",
  sources: "Sources",
  tasks: "Tasks",
  image: "Generated image",
  "image.making": "Making the image",
  "image.elsewhere": "The image lies elsewhere and is not loaded.",
  "item.broken": "This part of the conversation cannot be shown.",
  "thread.untitled": "New Chat",
  "thread.closed": "This conversation is closed.",
  // The steps of an answer.
  steps: "Steps",
  "steps.count": "{count} steps",
  "thought.for": "Thought for {seconds} s",
  "step.loading": "in progress",
  "step.complete": "done",
  "step.search": "Web search",
  "step.thought": "Thought",
  // Widgets.
  "widget.more": "Show {count} more",
  "widget.choose": "Choose…",
  "widget.details": "Details",
  "widget.open": "Open",
  "widget.image": "Image",
  "widget.table": "Table",
  "widget.chart": "Chart",
  // Questions with a form.
  questions: "Questions",
  submit: "Submit",
  skip: "Skip",
  skipped: "Skipped",
  "answer.own": "Your own answer",
  "answer.other": "{question}: your own answer",
  // Where one writes.
  message: "Message",
  send: "Send",
  stop: "Stop",
  attach: "Attach",
  tools: "Tools",
  files: "Files",
  "files.remove": "Remove {name}",
  "files.many": "At most {count} files go with a message.",
  "files.large": "{name} is larger than {size} MiB.",
  "files.empty": "{name} is empty.",
  "files.failed": "{name} was not uploaded. {why}",
  // What is going on.
  answering: "Answering…",
  stopping: "Stopping…",
  reconnecting: "The connection was lost. Looking for the answer…",
  online: "You are online again.",
  // Earlier conversations.
  "history.search": "Search conversations",
  "history.none": "No conversations yet.",
  "history.notFound": "Nothing was found.",
  rename: "Rename",
  "rename.thread": "Rename {title}",
  "thread.title": "Title",
  delete: "Delete",
  "delete.thread": "Delete {title}",
  "delete.question": "Delete this conversation?",
  "delete.text": "“{title}” and all its messages will be gone. Your tasks stay.",
  // What is amiss.
  "error.answer": "The answer failed.",
  "error.signedOut": "You are not signed in.",
  "error.offline": "You are offline. What you write is kept here.",
  "error.unreachable": "The server cannot be reached. Try again in a moment.",
  "error.limit": "You have reached the limit for now. Try again in {seconds} s.",
  "error.limitSoon": "You have reached the limit for now. Try again later.",
  "error.busy": "This conversation is still being answered. Try again when the answer is there.",
  "error.gone": "This conversation is no longer there.",
  "error.refused": "The server did not accept this.",
  "error.page": "Something went wrong in this page. Reloading it may help.",
  "signedOut.title": "You are not signed in",
  "signedOut.text": "Sign in to see your tasks and conversations.",
  "signedOut.noLink": "Sign in where you usually do, then reload this page.",
  signIn: "Sign in",
};

/** @type {Record<string, string>} */
const ur = {
  // The frame of the page.
  title: "اے آئی ٹاسک معاون",
  language: "زبان",
  dark: "گہرا رنگ",
  history: "سابقہ گفتگو",
  new: "نئی گفتگو",
  retry: "دوبارہ کوشش",
  cancel: "منسوخ",
  save: "محفوظ کریں",
  more: "مزید دکھائیں",
  reload: "دوبارہ کھولیں",
  "error.load": "صفحہ پورا نہیں کھل سکا۔",
  // The conversation.
  conversation: "گفتگو",
  you: "آپ",
  assistant: "معاون",
  "speaker.orchestrator": "منتظم",
  "speaker.urdu": "اردو ماہر",
  latest: "تازہ ترین پیغام",
  copy: "نقل کریں",
  copied: "نقل ہو گیا۔",
  "copy.failed": "براؤزر نے نقل کی اجازت نہیں دی۔",
  good: "اچھا جواب",
  bad: "برا جواب",
  sources: "ماخذ",
  tasks: "کام",
  image: "بنائی گئی تصویر",
  "image.making": "تصویر بن رہی ہے",
  "image.elsewhere": "تصویر کہیں اور ہے اور نہیں دکھائی جاتی۔",
  "item.broken": "گفتگو کا یہ حصہ نہیں دکھایا جا سکتا۔",
  "thread.untitled": "نئی گفتگو",
  "thread.closed": "یہ گفتگو بند ہے۔",
  // The steps of an answer.
  steps: "مراحل",
  "steps.count": "{count} مراحل",
  "thought.for": "{seconds} سیکنڈ سوچا",
  "step.loading": "جاری ہے",
  "step.complete": "مکمل",
  "step.search": "ویب تلاش",
  "step.thought": "غور",
  // Widgets.
  "widget.more": "مزید {count} دکھائیں",
  "widget.choose": "منتخب کریں…",
  "widget.details": "تفصیل",
  "widget.open": "کھولیں",
  "widget.image": "تصویر",
  "widget.table": "جدول",
  "widget.chart": "چارٹ",
  // Questions with a form.
  questions: "سوالات",
  submit: "بھیجیں",
  skip: "چھوڑ دیں",
  skipped: "چھوڑ دیا",
  "answer.own": "اپنا جواب",
  "answer.other": "{question}: اپنا جواب",
  // Where one writes.
  message: "پیغام",
  send: "بھیجیں",
  stop: "روکیں",
  attach: "فائل لگائیں",
  tools: "اوزار",
  files: "فائلیں",
  "files.remove": "{name} ہٹائیں",
  "files.many": "ایک پیغام کے ساتھ زیادہ سے زیادہ {count} فائلیں ہو سکتی ہیں۔",
  "files.large": "{name} کا حجم {size} MiB سے زیادہ ہے۔",
  "files.empty": "{name} خالی ہے۔",
  "files.failed": "{name} اپ لوڈ نہیں ہوئی۔ {why}",
  // What is going on.
  answering: "جواب دیا جا رہا ہے…",
  stopping: "روکا جا رہا ہے…",
  reconnecting: "رابطہ ٹوٹ گیا۔ جواب تلاش کیا جا رہا ہے…",
  online: "آپ دوبارہ آن لائن ہیں۔",
  // Earlier conversations.
  "history.search": "گفتگو میں تلاش",
  "history.none": "ابھی کوئی گفتگو نہیں۔",
  "history.notFound": "کچھ نہیں ملا۔",
  rename: "نام بدلیں",
  "rename.thread": "نام بدلیں: {title}",
  "thread.title": "عنوان",
  delete: "حذف کریں",
  "delete.thread": "حذف کریں: {title}",
  "delete.question": "یہ گفتگو حذف کریں؟",
  "delete.text": "”{title}“ اور اس کے تمام پیغامات ختم ہو جائیں گے۔ آپ کے کام باقی رہیں گے۔",
  // What is amiss.
  "error.answer": "جواب نہیں بن سکا۔",
  "error.signedOut": "آپ سائن ان نہیں ہیں۔",
  "error.offline": "آپ آف لائن ہیں۔ آپ کا لکھا یہاں محفوظ ہے۔",
  "error.unreachable": "سرور سے رابطہ نہیں ہو رہا۔ ذرا بعد دوبارہ کوشش کریں۔",
  "error.limit": "فی الحال حد پوری ہو گئی۔ {seconds} سیکنڈ بعد دوبارہ کوشش کریں۔",
  "error.limitSoon": "فی الحال حد پوری ہو گئی۔ بعد میں دوبارہ کوشش کریں۔",
  "error.busy": "اس گفتگو کا جواب ابھی جاری ہے۔ جواب مکمل ہونے پر دوبارہ کوشش کریں۔",
  "error.gone": "یہ گفتگو اب موجود نہیں۔",
  "error.refused": "سرور نے یہ قبول نہیں کیا۔",
  "error.page": "اس صفحے میں کچھ غلط ہو گیا۔ صفحہ دوبارہ کھولنے سے مدد مل سکتی ہے۔",
  "signedOut.title": "آپ سائن ان نہیں ہیں",
  "signedOut.text": "اپنے کام اور گفتگو دیکھنے کے لیے سائن ان کریں۔",
  "signedOut.noLink": "جہاں آپ عموماً سائن ان کرتے ہیں وہاں سائن ان کریں، پھر یہ صفحہ دوبارہ کھولیں۔",
  signIn: "سائن ان کریں",
};

const tables = { en, ur };

/** Words of the server that stand in the conversation as they are, in English. */
const serverWords = {
  "Create task": "کام بنائیں", "List tasks": "کاموں کی فہرست", "Get task": "کام دیکھیں", "Update task": "کام میں تبدیلی",
  "Delete task": "کام حذف کریں", "Complete or reopen task": "کام مکمل یا نامکمل کریں", "Task statistics": "کاموں کے اعداد و شمار",
  Delete: "حذف کریں", done: "مکمل", high: "اہم",
};

/** @type {"en" | "ur"} */
let current = "en";

/** Languages with their own names, for the switch. */
export const languages = { en: "English", ur: "اردو" };

export const language = () => current;

/** @param {string} code */
export function setLanguage(code) {
  current = code in tables ? /** @type {"en" | "ur"} */ (code) : "en";
}

/**
 * Says something in the language of the page: `t("thread.deleted", {title})`
 * fills `{title}` in.
 * @param {keyof typeof en & string} key
 * @param {Record<string, string | number>} [values]
 */
export function t(key, values = {}) {
  return (tables[current][key] ?? en[key] ?? key).replace(/\{(\w+)\}/g, (whole, name) => String(values[name] ?? whole));
}

/** A known word of the server's in the language of the page, any other text as it is. */
export const translated = (text) => (current === "ur" && Object.hasOwn(serverWords, text) ? serverWords[text] : text);
